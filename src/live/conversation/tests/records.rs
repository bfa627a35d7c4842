//! What holds of everything that is recorded, whatever was scripted: the items can be rebuilt of
//! it, every voice that starts stops, and words stand in order where they were said.

use std::collections::{BTreeMap, BTreeSet};

use signaling::event::Item;

use super::super::Conversation;
use crate::archive::event::{Entry, Event, Outcome, Said, Speaker};

/// Reads the entries of one connection, which began with these items. Returns the items that it
/// ends with.
pub fn check_records<'a>(
    machine: &Conversation,
    past: &[Item],
    entries: impl Iterator<Item = &'a Entry>,
) -> Vec<Item> {
    let mut records = Records {
        items: past.to_vec(),
        ..Records::default()
    };
    for entry in entries {
        assert!(entry.at_ms >= records.at_ms, "{entry:?} goes back");
        records.at_ms = entry.at_ms;
        records.read(&entry.event);
    }
    records.compare(machine);
    records.items
}

#[derive(Default)]
struct Records {
    at_ms: u64,
    items: Vec<Item>,
    configured: bool,
    responses: BTreeSet<String>,
    sounding: Option<String>,
    paused: bool,
    /// The coach has just stepped into a silence.
    broken: bool,
    said: BTreeMap<String, Said>,
    turns: BTreeSet<String>,
}

impl Records {
    fn read(&mut self, event: &Event) {
        if !std::mem::replace(&mut self.configured, true) {
            assert!(matches!(event, Event::Configured { .. }));
        }
        match event {
            Event::Item { item, after } => self.put(item, after.as_deref()),
            Event::ItemRemoved { item_id } => {
                let before = self.items.len();
                self.items.retain(|item| item.id != *item_id);
                assert_eq!(self.items.len() + 1, before, "{item_id} was not there");
            }
            Event::Said(said) => self.said(said),
            Event::Speech { from_ms, to_ms } => assert!(from_ms <= to_ms),
            Event::TurnEnded {
                item_id,
                from_ms,
                to_ms,
            } => {
                assert!(from_ms <= to_ms);
                assert!(self.turns.insert(item_id.clone()), "{item_id} ended twice");
            }
            Event::ResponseStarted { response_id } => {
                assert!(self.responses.insert(response_id.clone()));
            }
            Event::ResponseEnded { response_id, .. } => {
                assert!(self.responses.remove(response_id), "{response_id} ended");
            }
            Event::VoiceStarted { response_id } => {
                assert!(self.responses.contains(response_id));
                assert_eq!(self.sounding.replace(response_id.clone()), None);
            }
            Event::VoiceStopped { response_id } => {
                assert_eq!(self.sounding.take().as_ref(), Some(response_id));
            }
            Event::Silence(silence) => {
                assert!(silence.from_ms <= silence.to_ms, "{silence:?}");
                let known = self.items.iter().any(|item| item.id == silence.item_id);
                assert!(known, "{silence:?}");
                self.broken = silence.outcome == Outcome::Broken;
            }
            Event::BargeIn { thinking, .. } => {
                let broken = std::mem::take(&mut self.broken);
                assert_eq!(*thinking, broken, "stepped into no silence");
            }
            Event::Paused => assert!(!std::mem::replace(&mut self.paused, true)),
            Event::Resumed => assert!(std::mem::replace(&mut self.paused, false)),
            _ => {}
        }
    }

    fn put(&mut self, item: &Item, after: Option<&str>) {
        let place = |id: &str| self.items.iter().position(|item| item.id == id);
        match (place(&item.id), after) {
            (Some(known), after) => {
                let before = known.checked_sub(1).map(|at| self.items[at].id.as_str());
                assert_eq!(before, after, "{} moved", item.id);
                self.items[known] = item.clone();
            }
            (None, None) => self.items.insert(0, item.clone()),
            (None, Some(after)) => {
                let at = place(after).unwrap_or_else(|| panic!("{after} is unknown"));
                self.items.insert(at + 1, item.clone());
            }
        }
    }

    fn said(&mut self, said: &Said) {
        assert!(said.from_ms <= said.to_ms, "{said:?}");
        let words: Vec<&str> = said.words.iter().map(|word| word.text.as_str()).collect();
        if said.typed {
            assert!(words.is_empty());
        } else if !words.is_empty() {
            let text: Vec<&str> = said.text.split_whitespace().collect();
            assert_eq!(words.join(" "), text.join(" "));
        }
        assert!(said.words.iter().all(|word| word.from_ms <= word.to_ms));
        assert!(said.words.is_sorted_by_key(|word| word.from_ms), "{said:?}");
        if said.speaker == Speaker::Client && !said.typed {
            let within = |ms: u64| (said.from_ms..=said.to_ms).contains(&ms);
            let stands = |at: (u64, u64)| within(at.0) && within(at.1);
            assert!(
                said.words
                    .iter()
                    .all(|word| stands((word.from_ms, word.to_ms)))
            );
        }
        self.said.insert(said.item_id.clone(), said.clone());
    }

    fn compare(&self, machine: &Conversation) {
        let now: Vec<&Item> = self.items.iter().collect();
        assert_eq!(now.len(), machine.items.len());
        for item in now {
            assert_eq!(machine.items.get(&item.id).as_deref(), Some(item));
            // What the archive says was said is what is remembered.
            let Some(said) = self.said.get(&item.id) else {
                continue;
            };
            let sounds = self.sounding.is_some() || machine.answer.is_some();
            if said.speaker == Speaker::Coach || !sounds {
                let open = machine.unsettled.iter().any(|turn| turn.item_id == item.id);
                let text = machine.items.text(&item.id);
                assert!(open || text.as_deref() == Some(&*said.text), "{said:?}");
            }
        }
        let running = usize::from(machine.answer.is_some());
        assert_eq!(self.responses.len(), running);
        assert_eq!(self.sounding.is_some(), machine.sounding.is_some());
        assert_eq!(self.paused, machine.paused);
    }
}
