//! What was said, in order, as the event log tells it.
//!
//! It is a record: a line stays when its item is deleted from the conversation. The AI client forgets
//! it then, also when the session is resumed, but it was said and heard. To be rid of what was said,
//! the session is deleted.

use std::collections::BTreeMap;

use super::event::{Entry, Event, Said, Silence};
use super::parts::breaks;
use super::shapes::{PartInfo, Transcript};

/// Builds a transcript from the log's entries, in their order.
#[derive(Debug, Default)]
pub(super) struct Transcriber {
    /// What was said last for each item, with the place where the item came first.
    lines: BTreeMap<String, (usize, Said)>,
    silences: Vec<Silence>,
    /// The latest time in the log.
    latest_ms: u64,
}

impl Transcriber {
    /// The next entry.
    pub(super) fn entry(&mut self, entry: Entry) {
        match entry.event {
            Event::Said(said) => self.said(said),
            Event::Silence(silence) => self.silences.push(silence),
            _ => {}
        }
        self.latest_ms = self.latest_ms.max(entry.at_ms);
    }

    fn said(&mut self, mut said: Said) {
        said.to_ms = said.to_ms.max(said.from_ms);
        let count = self.lines.len();
        let place = self
            .lines
            .get(&said.item_id)
            .map_or(count, |(place, _)| *place);
        self.lines.insert(said.item_id.clone(), (place, said));
    }

    /// The transcript of a session with these parts.
    pub(super) fn finish(mut self, session_id: &str, parts: &[PartInfo]) -> Transcript {
        let mut lines: Vec<(usize, Said)> = self.lines.into_values().collect();
        // Nothing was understood, or heard.
        lines.retain(|(_, line)| !line.text.trim().is_empty());
        lines.sort_by_key(|(place, line)| (line.from_ms, *place));
        let lines: Vec<Said> = lines.into_iter().map(|(_, line)| line).collect();
        self.silences.sort_by_key(|silence| silence.from_ms);
        let spoken = lines.iter().map(|line| line.to_ms).max().unwrap_or(0);
        let lasted = parts.iter().map(|part| part.to_ms).max().unwrap_or(0);
        Transcript {
            session_id: session_id.to_owned(),
            length_ms: lasted.max(self.latest_ms).max(spoken),
            lines,
            silences: self.silences,
            breaks: breaks(parts),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::event::Speaker;
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
        assert_eq!(transcript.length_ms, 3500);
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
