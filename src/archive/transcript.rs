//! What was said, in order, as the event log tells it.

use std::collections::BTreeMap;

use super::event::{Entry, Event, Said};
use super::shapes::{Break, Transcript};

/// Builds a transcript from the log's entries, in their order.
#[derive(Debug, Default)]
pub(super) struct Transcriber {
    /// What was said last for each item, with the place where the item came first.
    lines: BTreeMap<String, (usize, Said)>,
    breaks: Vec<Break>,
    /// The latest time in the log.
    latest_ms: u64,
    /// Where the part before ended.
    left_ms: Option<u64>,
}

impl Transcriber {
    /// The next entry.
    pub(super) fn entry(&mut self, entry: Entry) {
        match entry.event {
            Event::Connected { part, .. } => {
                // The log of a part that was cut off has no end until it is finished.
                let from_ms = self.left_ms.take().unwrap_or(self.latest_ms);
                let to_ms = entry.at_ms;
                if part > 1 && from_ms < to_ms {
                    self.breaks.push(Break { from_ms, to_ms });
                }
            }
            Event::Disconnected { .. } => self.left_ms = Some(entry.at_ms),
            Event::Said(said) => self.said(said),
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

    /// The transcript of a session that lasts at least `length_ms`.
    pub(super) fn finish(self, session_id: &str, length_ms: u64) -> Transcript {
        let mut lines: Vec<(usize, Said)> = self.lines.into_values().collect();
        // Nothing was understood, or heard.
        lines.retain(|(_, line)| !line.text.trim().is_empty());
        lines.sort_by_key(|(place, line)| (line.from_ms, *place));
        let lines: Vec<Said> = lines.into_iter().map(|(_, line)| line).collect();
        let spoken = lines.iter().map(|line| line.to_ms).max().unwrap_or(0);
        Transcript {
            session_id: session_id.to_owned(),
            length_ms: length_ms.max(self.latest_ms).max(spoken),
            lines,
            breaks: self.breaks,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

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

    fn connected(part: u32) -> Event {
        Event::Connected {
            part,
            transport: "websocket".to_owned(),
            engines: json!({}),
            wall: 0,
        }
    }

    fn disconnected() -> Event {
        Event::Disconnected {
            reason: "lost".to_owned(),
        }
    }

    fn transcript(events: Vec<(u64, Event)>) -> Transcript {
        let mut transcriber = Transcriber::default();
        for (at_ms, event) in events {
            transcriber.entry(Entry { at_ms, event });
        }
        transcriber.finish("sess_1", 0)
    }

    #[test]
    fn the_last_word_on_an_item_counts_and_lines_stand_by_their_beginnings() {
        let transcript = transcript(vec![
            (0, connected(1)),
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
        assert_eq!(transcript.breaks, []);
    }

    #[test]
    fn times_without_a_connection_are_breaks() {
        let transcript = transcript(vec![
            (0, connected(1)),
            (5000, disconnected()),
            (8000, connected(2)),
            // This part was killed, and is not finished yet.
            (9000, said("a", Speaker::Coach, 8200, "Hello?")),
            (20_000, connected(3)),
            (21_000, disconnected()),
        ]);
        let breaks = [(5000, 8000), (9000, 20_000)];
        assert_eq!(
            transcript.breaks,
            breaks.map(|(from_ms, to_ms)| Break { from_ms, to_ms })
        );
    }
}
