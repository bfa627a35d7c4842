//! RTP headers of the audio we send: the clock runs on through silence (RFC 3550, RFC 7587).

use rtc::rtp::{Header, Packet};

use crate::link::OutputAudio;

/// The outgoing stream's identity and position.
#[derive(Debug)]
pub(super) struct OutgoingRtp {
    ssrc: u32,
    sequence: u16,
    /// The RTP timestamp of position 0 of the output timeline.
    origin: u32,
}

impl OutgoingRtp {
    /// Identity and first numbers are random by RFC 3550 section 5.1; `random` supplies them.
    pub(super) fn new(random: u128) -> Self {
        Self {
            ssrc: (random >> 64) as u32,
            sequence: (random >> 32) as u16,
            origin: random as u32,
        }
    }

    pub(super) fn ssrc(&self) -> u32 {
        self.ssrc
    }

    /// The next packet. Numbers follow each other without a gap, so that silence never counts
    /// as loss, while the timestamp takes the time that passed.
    pub(super) fn next(&mut self, audio: &OutputAudio, payload_type: u8) -> Packet {
        let header = Header {
            version: 2,
            marker: audio.first,
            payload_type,
            sequence_number: self.sequence,
            timestamp: self.origin.wrapping_add(audio.at as u32),
            ssrc: self.ssrc,
            ..Header::default()
        };
        self.sequence = self.sequence.wrapping_add(1);
        Packet {
            header,
            payload: audio.payload.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::link::PartIds;

    fn audio(at: u64, first: bool) -> OutputAudio {
        OutputAudio {
            part: Arc::new(PartIds {
                response_id: "resp_1".into(),
                item_id: "item_1".into(),
                output_index: 0,
                content_index: 0,
            }),
            payload: bytes::Bytes::from_static(&[0xf8, 0xff, 0xfe]),
            at,
            first,
        }
    }

    #[test]
    fn time_passes_in_silence_but_numbers_do_not_skip() {
        let mut stream = OutgoingRtp::new(u128::MAX);
        let a = stream.next(&audio(0, true), 111).header;
        let b = stream.next(&audio(960, false), 111).header;
        let c = stream.next(&audio(480_960, true), 111).header;
        assert_eq!(
            [a.sequence_number, b.sequence_number, c.sequence_number],
            [u16::MAX, 0, 1]
        );
        assert_eq!(b.timestamp.wrapping_sub(a.timestamp), 960);
        assert_eq!(c.timestamp.wrapping_sub(b.timestamp), 480_000);
        assert_eq!([a.marker, b.marker, c.marker], [true, false, true]);
        assert_eq!((a.ssrc, a.payload_type, a.version), (u32::MAX, 111, 2));
    }

    #[test]
    fn the_clock_wraps() {
        let mut stream = OutgoingRtp::new(0);
        let at = u64::from(u32::MAX) + 961;
        assert_eq!(stream.next(&audio(at, false), 111).header.timestamp, 960);
    }
}
