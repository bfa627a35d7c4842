//! What was said, in order, as the event log tells it.
//!
//! It is a record: a line stays when its item is deleted from the conversation. The AI client forgets
//! it then, also when the session is resumed, but it was said and heard. To be rid of what was said,
//! the session is deleted.

use std::collections::BTreeMap;

use super::event::{Entry, Event, Said, Silence, Speaker};
use super::parts::{breaks, length_ms};
use super::shapes::{PartInfo, Transcript};

/// Builds a transcript from the log's entries, in their order.
#[derive(Debug, Default)]
pub(super) struct Transcriber {
    /// What was said last for each item, with the place where the item came first.
    lines: BTreeMap<String, (usize, Said)>,
    silences: Vec<Silence>,
    /// Of what is read now: whether somebody listened to it, if it was heard afterwards.
    heard_afterwards: Option<bool>,
}

impl Transcriber {
    /// The next entry.
    pub(super) fn entry(&mut self, entry: Entry) {
        match entry.event {
            Event::Said(said) => self.said(said),
            Event::Silence(silence) => self.silences.push(silence),
            Event::HeardAfterwards { recognised, .. } => self.heard_afterwards = Some(recognised),
            Event::Connected { .. } => self.heard_afterwards = None,
            _ => {}
        }
    }

    fn said(&mut self, mut said: Said) {
        said.to_ms = said.to_ms.max(said.from_ms);
        // Where somebody listened and understood nothing, nothing was said.
        said.afterwards = said.speaker == Speaker::Coach
            && (self.heard_afterwards)
                .is_some_and(|recognised| !recognised || !said.text.trim().is_empty());
        let mut place = self.lines.len();
        if let Some((known, before)) = self.lines.get(&said.item_id) {
            place = *known;
            // Who corrects it over another connection does not know when it was spoken.
            if said.typed && said.from_ms == said.to_ms && before.from_ms < before.to_ms {
                (said.from_ms, said.to_ms) = (before.from_ms, before.to_ms);
            }
        }
        self.lines.insert(said.item_id.clone(), (place, said));
    }

    /// The transcript of a session with these parts.
    pub(super) fn finish(mut self, session_id: &str, parts: &[PartInfo]) -> Transcript {
        let mut lines: Vec<(usize, Said)> = self.lines.into_values().collect();
        // Nothing was understood, or heard.
        lines.retain(|(_, line)| line.afterwards || !line.text.trim().is_empty());
        lines.sort_by_key(|(place, line)| (line.from_ms, *place));
        let lines: Vec<Said> = lines.into_iter().map(|(_, line)| line).collect();
        self.silences.sort_by_key(|silence| silence.from_ms);
        Transcript {
            session_id: session_id.to_owned(),
            length_ms: length_ms(parts),
            lines,
            silences: self.silences,
            breaks: breaks(parts),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(item: &str, speaker: Speaker, from_ms: u64, text: &str) -> Event {
        Event::Said(Said {
            item_id: item.to_owned(),
            speaker,
            from_ms,
            to_ms: from_ms + 500,
            text: text.to_owned(),
            words: Vec::new(),
            cut: false,
            typed: false,
            afterwards: false,
        })
    }

    fn transcript(events: Vec<(u64, Event)>) -> Transcript {
        let mut transcriber = Transcriber::default();
        for (at_ms, event) in events {
            transcriber.entry(Entry { at_ms, event });
        }
        transcriber.finish("sess_1", &[])
    }

    #[test]
    fn the_last_word_on_an_item_counts_and_lines_stand_by_their_beginnings() {
        let transcript = transcript(vec![
            (3000, said("b", Speaker::Client, 2000, "Well, I think so.")),
            (3100, said("a", Speaker::Coach, 100, "How our you?")),
            (3200, said("c", Speaker::Coach, 2500, "")),
            (3300, said("a", Speaker::Coach, 100, "How are you?")),
            (3400, said("b", Speaker::Client, 2000, "Well,")),
            (3500, said("d", Speaker::Coach, 2000, "At once.")),
        ]);
        let lines: Vec<(&str, &str)> = transcript
            .lines
            .iter()
            .map(|line| (line.item_id.as_str(), line.text.as_str()))
            .collect();
        assert_eq!(
            lines,
            [("a", "How are you?"), ("b", "Well,"), ("d", "At once.")]
        );
    }

    #[test]
    fn what_was_spoken_stays_so_over_whichever_connection_it_is_corrected() {
        let typed = |item: &str, at_ms, text: &str| {
            let event = said(item, Speaker::Coach, at_ms, text);
            let Event::Said(mut said) = event else {
                panic!("{event:?}");
            };
            (said.to_ms, said.typed) = (at_ms, true);
            (at_ms, Event::Said(said))
        };
        let transcript = transcript(vec![
            (900, said("a", Speaker::Coach, 100, "How our you?")),
            (2000, said("b", Speaker::Client, 1500, "Fine.")),
            typed("c", 2500, "Really?"),
            typed("a", 61_000, "How is she?"),
            typed("a", 62_000, "How are you?"),
        ]);
        let line = |line: &Said| (line.text.clone(), line.from_ms, line.to_ms, line.typed);
        let lines: Vec<_> = transcript.lines.iter().map(line).collect();
        let expected = [
            ("How are you?".to_owned(), 100, 600, true),
            ("Fine.".to_owned(), 1500, 2000, false),
            ("Really?".to_owned(), 2500, 2500, true),
        ];
        assert_eq!(lines, expected);
    }

    #[test]
    fn what_was_heard_afterwards_says_so_and_what_could_not_be_understood_then_is_not_hidden() {
        for recognised in [true, false] {
            let heard = Event::HeardAfterwards {
                from_ms: 100,
                to_ms: 3000,
                recognised,
                wall: 0,
            };
            let connected = Event::Connected {
                part: 2,
                transport: "websocket".to_owned(),
                engines: serde_json::Value::Null,
                wall: 0,
            };
            let transcript = transcript(vec![
                (900, said("a", Speaker::Coach, 100, "How are you?")),
                (3000, heard),
                (3000, said("b", Speaker::Client, 1000, "Fine.")),
                (3000, said("c", Speaker::Coach, 2000, "And how")),
                (3000, said("d", Speaker::Coach, 2600, "")),
                (9000, connected),
                (9900, said("e", Speaker::Coach, 9100, "Again?")),
            ]);
            let lines = transcript.lines.iter();
            let lines: Vec<_> = lines
                .map(|line| (&*line.item_id, line.afterwards))
                .collect();
            let mut expected = vec![("a", false), ("b", false), ("c", true), ("e", false)];
            if !recognised {
                expected.insert(3, ("d", true));
            }
            assert_eq!(lines, expected);
        }
    }

    #[test]
    fn what_was_said_stays_on_record_when_its_item_is_deleted() {
        let removed = Event::ItemRemoved {
            item_id: "a".to_owned(),
        };
        let transcript = transcript(vec![
            (900, said("a", Speaker::Coach, 100, "Forget that.")),
            (2000, removed),
        ]);
        let lines = transcript.lines.iter().map(|line| line.text.as_str());
        assert_eq!(lines.collect::<Vec<_>>(), ["Forget that."]);
    }
}
