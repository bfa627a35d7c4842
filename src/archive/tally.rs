//! What the list of sessions shows of each: how many turns the coach took, and how often the
//! client was interrupted.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::event::{Event, Said, Speaker};

/// Counts what happens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// Fingerprints of the coach's items: spoken turns, and typed ones.
    turns: HashSet<u64>,
    interruptions: u32,
}

impl Tally {
    pub(super) fn count(&mut self, event: &Event) {
        match event {
            Event::TurnEnded { item_id, .. }
            | Event::Said(Said {
                item_id,
                speaker: Speaker::Coach,
                ..
            }) => {
                let mut print = DefaultHasher::new();
                item_id.hash(&mut print);
                self.turns.insert(print.finish());
            }
            // Who steps into a silence speaks over nothing.
            Event::BargeIn { thinking, .. } => self.interruptions += u32::from(!thinking),
            _ => {}
        }
    }

    pub(super) fn turns(&self) -> u32 {
        u32::try_from(self.turns.len()).unwrap_or(u32::MAX)
    }

    pub(super) const fn interruptions(&self) -> u32 {
        self.interruptions
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_counts_once_however_often_it_is_corrected() {
        let said = |item: &str, speaker| {
            Event::Said(Said {
                item_id: item.to_owned(),
                speaker,
                from_ms: 0,
                to_ms: 1,
                text: "Hello.".to_owned(),
                words: Vec::new(),
                cut: false,
                typed: false,
                afterwards: false,
            })
        };
        let ended = Event::TurnEnded {
            item_id: "a".to_owned(),
            from_ms: 0,
            to_ms: 1,
        };
        let mut tally = Tally::default();
        for event in [
            ended,
            said("a", Speaker::Coach),
            said("a", Speaker::Coach),
            said("b", Speaker::Client),
            said("c", Speaker::Coach),
            Event::BargeIn {
                response_id: None,
                thinking: false,
            },
            Event::BargeIn {
                response_id: None,
                thinking: true,
            },
        ] {
            tally.count(&event);
        }
        assert_eq!((tally.turns(), tally.interruptions()), (2, 1));
    }
}
