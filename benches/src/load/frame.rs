//! WebSocket frames (RFC 6455 section 5): written masked with zeros, so that one message can be
//! shared by all sessions; read as they come.

/// A message with text.
pub const TEXT: u8 = 1;
/// The end of a connection.
pub const CLOSE: u8 = 8;
/// Asks whether we are there.
pub const PING: u8 = 9;
/// Says that we are.
pub const PONG: u8 = 10;

/// The longest message that is read.
const LONGEST: usize = 16 << 20;

/// A text message as a client writes it.
#[must_use]
pub fn text_frame(text: &str) -> Vec<u8> {
    client_frame(TEXT, text.as_bytes())
}

/// A frame as a client writes it. The mask is zero, which the rules allow and which leaves the
/// payload as it is.
#[must_use]
pub fn client_frame(opcode: u8, payload: &[u8]) -> Vec<u8> {
    const MASKED: u8 = 0x80;
    let mut frame = Vec::with_capacity(payload.len() + 14);
    frame.push(0x80 | opcode);
    match payload.len() {
        short @ 0..=125 => frame.push(MASKED | short as u8),
        middle @ 126..=65_535 => {
            frame.push(MASKED | 126);
            frame.extend((middle as u16).to_be_bytes());
        }
        long => {
            frame.push(MASKED | 127);
            frame.extend((long as u64).to_be_bytes());
        }
    }
    frame.extend([0; 4]);
    frame.extend_from_slice(payload);
    frame
}

/// What a server wrote, put together from what was read.
#[derive(Debug, Default)]
pub struct Reader {
    buffer: Vec<u8>,
    /// Bytes of the buffer that were taken.
    taken: usize,
    /// A message of which more is to come.
    begun: Option<(u8, Vec<u8>)>,
}

/// A whole message or control frame.
#[derive(Debug, PartialEq, Eq)]
pub struct Message {
    /// [`TEXT`], [`PING`], [`CLOSE`] and so on.
    pub opcode: u8,
    /// What is in it.
    pub payload: Vec<u8>,
}

/// The server does not keep to the rules.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("no WebSocket frame of a server")]
pub struct Broken;

impl Reader {
    /// Adds bytes that were read.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.taken == self.buffer.len() {
            self.buffer.clear();
        } else if self.taken > 64 * 1024 {
            self.buffer.drain(..self.taken);
        } else {
            self.buffer.extend_from_slice(bytes);
            return;
        }
        self.taken = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// The next message, if it is whole.
    ///
    /// # Errors
    /// If it is none, or too long.
    pub fn message(&mut self) -> Result<Option<Message>, Broken> {
        loop {
            let Some((first, payload)) = self.frame()? else {
                return Ok(None);
            };
            let (last, opcode) = (first & 0x80 != 0, first & 0x0f);
            match (opcode, last) {
                (0, _) => {
                    let (opcode, mut whole) = self.begun.take().ok_or(Broken)?;
                    whole.extend(payload);
                    if whole.len() > LONGEST {
                        return Err(Broken);
                    }
                    if last {
                        let payload = whole;
                        return Ok(Some(Message { opcode, payload }));
                    }
                    self.begun = Some((opcode, whole));
                }
                (_, true) => return Ok(Some(Message { opcode, payload })),
                (_, false) => self.begun = Some((opcode, payload)),
            }
        }
    }

    fn frame(&mut self) -> Result<Option<(u8, Vec<u8>)>, Broken> {
        let bytes = self.buffer.get(self.taken..).unwrap_or_default();
        let [first, second, rest @ ..] = bytes else {
            return Ok(None);
        };
        if second & 0x80 != 0 {
            return Err(Broken);
        }
        let (length, head) = match second & 0x7f {
            126 => match rest.first_chunk() {
                Some(length) => (usize::from(u16::from_be_bytes(*length)), 4),
                None => return Ok(None),
            },
            127 => match rest.first_chunk() {
                Some(length) => (u64::from_be_bytes(*length) as usize, 10),
                None => return Ok(None),
            },
            short => (usize::from(short), 2),
        };
        if length > LONGEST {
            return Err(Broken);
        }
        let Some(payload) = bytes.get(head..head + length) else {
            return Ok(None);
        };
        let frame = (*first, payload.to_vec());
        self.taken += head + length;
        Ok(Some(frame))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A frame as a server writes it: ours without mask.
    fn served(first: u8, payload: &[u8]) -> Vec<u8> {
        let mut frame = client_frame(first & 0x0f, payload);
        let mask = frame.len() - payload.len() - 4;
        frame.drain(mask..mask + 4);
        (frame[0], frame[1]) = (first, frame[1] & 0x7f);
        frame
    }

    fn read(reader: &mut Reader) -> Option<(u8, usize)> {
        let message = reader.message().unwrap()?;
        Some((message.opcode, message.payload.len()))
    }

    #[test]
    fn messages_of_every_length_come_whole_however_they_are_cut() {
        let lengths = [0, 125, 126, 65_535, 65_536];
        let mut wire = Vec::new();
        for length in lengths {
            wire.extend(served(0x81, &vec![7; length]));
        }
        for step in [1, 1000, wire.len()] {
            let mut reader = Reader::default();
            let mut seen = Vec::new();
            for bytes in wire.chunks(step) {
                reader.push(bytes);
                while let Some((opcode, length)) = read(&mut reader) {
                    assert_eq!(opcode, TEXT);
                    seen.push(length);
                }
            }
            assert_eq!(seen, lengths);
        }
    }

    #[test]
    fn a_message_in_parts_may_have_a_ping_between_them() {
        let mut reader = Reader::default();
        reader.push(&served(0x01, b"one "));
        reader.push(&served(0x89, b"?"));
        reader.push(&served(0x80, b"two"));
        assert_eq!(read(&mut reader), Some((PING, 1)));
        let message = reader.message().unwrap().unwrap();
        assert_eq!(message.payload, b"one two");
        assert_eq!(read(&mut reader), None);
    }

    #[test]
    fn a_masked_or_endless_frame_is_refused() {
        let mut reader = Reader::default();
        reader.push(&client_frame(TEXT, b"masked"));
        assert_eq!(reader.message(), Err(Broken));
        let mut reader = Reader::default();
        reader.push(&[0x81, 127, 0xff, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(reader.message(), Err(Broken));
    }
}
