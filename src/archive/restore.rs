//! A conversation as its log leaves it: what a session that is resumed goes on from.

use signaling::event::{Content, Item, ItemKind, ItemStatus, Role, Session};

use super::event::{Event, Said, Speaker};

/// The state of a conversation, entry by entry.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Restored {
    /// The configuration in force; `None` before the first.
    pub session: Option<Box<Session>>,
    /// The AI client that it makes.
    pub client_id: Option<String>,
    /// What was said and typed, in order.
    pub items: Vec<Item>,
    /// What was heard of the client last, by item.
    heard: Vec<(String, String)>,
}

impl Restored {
    /// The next entry of the log.
    pub(super) fn apply(&mut self, event: Event) {
        match event {
            Event::Configured { session, client_id } => {
                self.session = Some(session);
                self.client_id = client_id;
            }
            Event::Item { item, after } => self.put(item, after.as_deref()),
            Event::ItemRemoved { item_id } => self.items.retain(|item| item.id != item_id),
            Event::Said(Said {
                item_id,
                speaker: Speaker::Client,
                text,
                ..
            }) => {
                self.heard.retain(|(id, _)| *id != item_id);
                self.heard.push((item_id, text));
            }
            _ => {}
        }
    }

    fn put(&mut self, item: Item, after: Option<&str>) {
        let place = |id: &str| self.items.iter().position(|item| item.id == id);
        if let Some(index) = place(&item.id) {
            self.items[index] = item;
            return;
        }
        let index = match after {
            None => 0,
            // What it followed may have been deleted since.
            Some(before) => place(before).map_or(self.items.len(), |index| index + 1),
        };
        self.items.insert(index, item);
    }

    /// Settles what a cut-off process left in the air: an answer that was being spoken ends with
    /// what was heard of it, one that had not begun to sound never was.
    pub(super) fn settled(mut self) -> Self {
        let heard = std::mem::take(&mut self.heard);
        self.items.retain_mut(|item| {
            if item.status != ItemStatus::InProgress {
                return true;
            }
            item.status = ItemStatus::Incomplete;
            let ItemKind::Message { role, content } = &mut item.kind else {
                return false;
            };
            if *role != Role::Assistant {
                return true;
            }
            let words = heard.iter().find(|(id, _)| *id == item.id);
            for part in content.iter_mut() {
                if let Content::OutputAudio { transcript, .. } = part {
                    *transcript = words.map(|(_, text)| text.clone());
                }
            }
            content.iter().any(|part| match part {
                Content::OutputAudio { transcript, .. } => {
                    transcript.as_ref().is_some_and(|text| !text.is_empty())
                }
                _ => true,
            })
        });
        self
    }
}
