//! Server-sent events out of the chunks of a response, whatever the chunks cut apart.
//!
//! The rules are the "event stream interpretation" of the WHATWG HTML standard, section 9.2.6,
//! with two additions: an event has a longest size, and one that is whole but for its closing
//! blank line still counts when the stream ends, since several servers stop there.

/// One event. Its id and retry time mean nothing to a single request and are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// The `event` field; empty if there was none.
    pub name: String,
    /// The `data` fields, joined by line feeds.
    pub data: String,
}

/// An event was longer than allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an event is longer than {limit} bytes")]
pub struct TooLong {
    /// What would have been allowed.
    pub limit: usize,
}

/// Takes bytes and gives events.
#[derive(Debug)]
pub struct Decoder {
    limit: usize,
    /// The line being read.
    line: Vec<u8>,
    /// The event being read.
    event: Event,
    has_data: bool,
    /// The last byte was a carriage return, so a line feed now belongs to it.
    after_return: bool,
    first_line: bool,
}

impl Decoder {
    /// A decoder for events of at most `limit` bytes.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            line: Vec::new(),
            event: Event::default(),
            has_data: false,
            after_return: false,
            first_line: true,
        }
    }

    /// Takes the next bytes and appends the events that they complete.
    ///
    /// # Errors
    ///
    /// [`TooLong`], after which the decoder must not be used further.
    pub fn feed(&mut self, bytes: &[u8], events: &mut Vec<Event>) -> Result<(), TooLong> {
        let mut rest = bytes;
        while let Some(&first) = rest.first() {
            if std::mem::take(&mut self.after_return) && first == b'\n' {
                rest = &rest[1..];
                continue;
            }
            let end = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let part = &rest[..end.unwrap_or(rest.len())];
            let held = self.line.len() + self.event.data.len() + self.event.name.len();
            if held + part.len() > self.limit {
                return Err(TooLong { limit: self.limit });
            }
            self.line.extend_from_slice(part);
            let Some(end) = end else { break };
            self.after_return = rest[end] == b'\r';
            rest = &rest[end + 1..];
            self.end_line(events);
        }
        Ok(())
    }

    /// Takes the end of the stream; gives the event that only lacks its blank line.
    pub fn finish(&mut self) -> Option<Event> {
        let mut events = Vec::new();
        self.end_line(&mut events);
        self.end_event(&mut events);
        events.pop()
    }

    fn end_line(&mut self, events: &mut Vec<Event>) {
        let line = std::mem::take(&mut self.line);
        // Only whole lines are decoded, so a character is never cut.
        let text = String::from_utf8_lossy(&line);
        let mut text = text.as_ref();
        if std::mem::take(&mut self.first_line) {
            text = text.strip_prefix('\u{feff}').unwrap_or(text);
        }
        if text.is_empty() {
            self.end_event(events);
        } else {
            let (field, value) = text.split_once(':').unwrap_or((text, ""));
            let value = value.strip_prefix(' ').unwrap_or(value);
            match field {
                "data" => {
                    if std::mem::replace(&mut self.has_data, true) {
                        self.event.data.push('\n');
                    }
                    self.event.data.push_str(value);
                }
                "event" => value.clone_into(&mut self.event.name),
                // Comments have an empty name; other fields mean nothing here.
                _ => {}
            }
        }
        self.line = line;
        self.line.clear();
    }

    fn end_event(&mut self, events: &mut Vec<Event>) {
        let event = std::mem::take(&mut self.event);
        if std::mem::take(&mut self.has_data) && !event.data.is_empty() {
            events.push(event);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decode<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> Vec<Event> {
        let mut decoder = Decoder::new(1 << 16);
        let mut events = Vec::new();
        for chunk in chunks {
            decoder.feed(chunk, &mut events).unwrap();
        }
        events.extend(decoder.finish());
        events
    }

    fn data(text: &str) -> Vec<String> {
        let events = decode([text.as_bytes()]);
        events.into_iter().map(|event| event.data).collect()
    }

    #[test]
    fn the_examples_of_the_standard() {
        assert_eq!(data("data: YHOO\ndata: +2\ndata: 10\n\n"), ["YHOO\n+2\n10"]);
        assert_eq!(
            data(
                ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n"
            ),
            ["first event", "second event", " third event"]
        );
        assert_eq!(data("data\n\ndata\ndata\n\n"), ["\n"]);
        assert_eq!(data("data:test\n\ndata: test\n\n"), ["test", "test"]);
    }

    #[test]
    fn names_marks_and_ends_of_every_kind() {
        let events = decode([b"\xef\xbb\xbfevent: ping\r\ndata: 1\r\r\ndata: 2".as_slice()]);
        let expected = [("ping", "1"), ("", "2")].map(|(name, data)| Event {
            name: name.to_owned(),
            data: data.to_owned(),
        });
        assert_eq!(events, expected);
    }

    #[test]
    fn an_endless_line_is_refused_and_so_are_endless_lines() {
        let mut events = Vec::new();
        let mut decoder = Decoder::new(100);
        assert!(decoder.feed(&[b'x'; 100], &mut events).is_ok());
        assert!(decoder.feed(b"x", &mut events).is_err());
        let mut decoder = Decoder::new(100);
        let fed = (0..30).try_for_each(|_| decoder.feed(b"data: abcdef\n", &mut events));
        assert_eq!(fed, Err(TooLong { limit: 100 }));
    }

    /// Written from the standard without streaming, to compare with.
    fn reference(text: &str) -> Vec<String> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let mut events = Vec::new();
        let mut data: Vec<String> = Vec::new();
        for line in text.split('\n').chain([""]) {
            if line.is_empty() {
                let event = std::mem::take(&mut data).join("\n");
                if !event.is_empty() {
                    events.push(event);
                }
            } else if let Some(value) = line.strip_prefix("data:") {
                data.push(value.strip_prefix(' ').unwrap_or(value).to_owned());
            } else if line == "data" {
                data.push(String::new());
            }
        }
        events
    }

    proptest! {
        #[test]
        fn any_cut_gives_the_same_events(
            text in "(data: ?|data|event:|:|é|😀|x|\r|\n|\r\n|\n\n|\u{feff}){0,40}",
            cuts in prop::collection::vec(1_usize..5, 0..60),
        ) {
            let mut chunks = Vec::new();
            let mut rest = text.as_bytes();
            for cut in cuts {
                let (chunk, more) = rest.split_at(cut.min(rest.len()));
                chunks.push(chunk);
                rest = more;
            }
            chunks.push(rest);
            let events: Vec<_> = decode(chunks).into_iter().map(|event| event.data).collect();
            prop_assert_eq!(&events, &data(&text));
            prop_assert_eq!(events, reference(&text));
        }

        #[test]
        fn any_bytes_are_borne(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            decode([bytes.as_slice()]);
        }
    }
}
