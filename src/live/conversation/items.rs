//! The conversation's items: what was said, in order, and how much of it was heard.
//!
//! The latest are at hand; those further back are packed. Whoever changes one of these unpacks all
//! of them, and every item that comes then packs a page again.

mod page;
mod reaching;
mod spoken;
#[cfg(test)]
mod tests;
mod words;

use std::collections::VecDeque;
use std::sync::Arc;

use media::Position;
use signaling::event::{Content, Item, ItemKind, ItemStatus, Role};

use super::output::Memory;
use super::speech::span;
use crate::archive::event::Outcome;
use page::Page;
use spoken::Spoken;
pub use words::{content_bytes, remembered};
use words::{role, text};

/// Silences of one item that are remembered.
const MOST_SILENCES: usize = 8;

/// The items in order.
#[derive(Debug, Default)]
pub struct Items {
    conversation: String,
    /// Those further back, in order.
    pages: Vec<Page>,
    /// The latest.
    entries: Vec<Entry>,
    /// The last spoken answers, the latest last.
    spoken: VecDeque<Spoken>,
    changes: Vec<Change>,
}

/// What became of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// It entered the conversation, or changed.
    Put(String),
    /// It was removed.
    Removed(String),
}

#[derive(Clone, Debug)]
struct Entry {
    item: Arc<Item>,
    cut: bool,
    /// Where the coach said it.
    span: Option<(Position, Position)>,
    /// What became of the client's silences in it, and of the one after it.
    silences: Vec<Outcome>,
}

impl Entry {
    fn new(item: Arc<Item>) -> Self {
        Self {
            item,
            cut: false,
            span: None,
            silences: Vec::new(),
        }
    }

    fn text(&self) -> String {
        match &self.item.kind {
            ItemKind::Message { content, .. } => text(content),
            _ => String::new(),
        }
    }

    fn remembered(&self) -> Option<Memory> {
        remembered(&self.item, self.cut)
    }

    /// What it leaves in memory, and after it what became of silences.
    fn remember(&self, memory: &mut Vec<Memory>) {
        memory.extend(self.remembered());
        let silences = self.silences.iter();
        memory.extend(silences.map(|outcome| Memory::Silence(*outcome)));
    }
}

impl Items {
    /// Names the conversation.
    pub fn name(&mut self, id: String) {
        self.conversation = id;
    }

    /// The conversation's id.
    #[must_use]
    pub fn conversation(&self) -> &str {
        &self.conversation
    }

    /// The last item's id.
    #[must_use]
    pub fn last(&self) -> Option<String> {
        let last = self.entries.last().map(|entry| entry.item.id.clone());
        last.or_else(|| self.last_packed())
    }

    /// The item before the one named.
    #[must_use]
    pub fn before(&self, id: &str) -> Option<String> {
        match self.find(id) {
            Some(0) => self.last_packed(),
            Some(at) => Some(self.entries[at - 1].item.id.clone()),
            None if self.has(id) => {
                let packed = self.pages.iter().flat_map(Page::open);
                let earlier = packed.take_while(|entry| entry.item.id != id);
                earlier.last().map(|entry| entry.item.id.clone())
            }
            None => None,
        }
    }

    /// Whether there is such an item.
    #[must_use]
    pub fn has(&self, id: &str) -> bool {
        self.read(id, |_| ()).is_some()
    }

    /// The item.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<Arc<Item>> {
        self.read(id, |entry| entry.item.clone())
    }

    /// How many items there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.pages.iter().map(Page::len).sum::<usize>() + self.entries.len()
    }

    /// How much they hold, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let kinds = self.entries.iter().map(|entry| &entry.item.kind);
        let packed: usize = self.pages.iter().map(Page::bytes).sum();
        packed + kinds.map(content_bytes).sum::<usize>()
    }

    /// Adds an item at the end.
    pub fn push(&mut self, item: Arc<Item>) {
        self.mark(&item.id);
        self.entries.push(Entry::new(item));
        self.pack();
    }

    /// Adds an item that there was before the connection was cut. An answer that is not complete
    /// was cut off then.
    pub fn restore(&mut self, item: Arc<Item>) {
        let cut = item.status == ItemStatus::Incomplete && role(&item) == Some(Role::Assistant);
        let entry = Entry::new(item);
        self.entries.push(Entry { cut, ..entry });
    }

    /// Whether the coach spoke last, and nothing of an answer to it was heard.
    #[must_use]
    pub fn owes_answer(&self) -> bool {
        let unheard =
            |entry: &Entry| role(&entry.item) == Some(Role::Assistant) && entry.text().is_empty();
        let asks =
            |entry: &Entry| role(&entry.item) == Some(Role::User) && !entry.text().is_empty();
        if let Some(last) = self.entries.iter().rfind(|entry| !unheard(entry)) {
            return asks(last);
        }
        let mut packed = self.pages.iter().rev();
        let last = packed.find_map(|page| page.open().into_iter().rfind(|entry| !unheard(entry)));
        last.is_some_and(|last| asks(&last))
    }

    /// Adds an item at the front (`None`) or after another. Whether there is such another.
    pub fn insert(&mut self, item: Arc<Item>, after: Option<&str>) -> bool {
        let at = match after {
            None => {
                self.unpack();
                0
            }
            Some(id) => match self.reach(id) {
                Some(at) => at + 1,
                None => return false,
            },
        };
        self.mark(&item.id);
        self.entries.insert(at, Entry::new(item));
        true
    }

    /// Puts a newer state of an item in its place.
    pub fn replace(&mut self, item: Arc<Item>) {
        if let Some(at) = self.reach(&item.id) {
            self.mark(&item.id);
            self.entries[at].item = item;
        }
    }

    /// Removes an item. Whether there was one.
    pub fn remove(&mut self, id: &str) -> bool {
        let Some(at) = self.reach(id) else {
            return false;
        };
        self.entries.remove(at);
        self.spoken.retain(|spoken| !spoken.is(id));
        self.changes
            .retain(|change| !matches!(change, Change::Put(put) if put == id));
        self.changes.push(Change::Removed(id.to_owned()));
        true
    }

    /// What became of which items since this was last asked.
    pub fn changes(&mut self) -> Vec<Change> {
        std::mem::take(&mut self.changes)
    }

    fn mark(&mut self, id: &str) {
        let marked = |change: &Change| matches!(change, Change::Put(put) if put == id);
        if !self.changes.iter().any(marked) {
            self.changes.push(Change::Put(id.to_owned()));
        }
    }

    /// Remembers where the coach said it.
    pub fn said(&mut self, id: &str, from: Position, to: Position) {
        if let Some(at) = self.reach(id) {
            self.entries[at].span = Some((from, to));
        }
    }

    /// Where the coach said it.
    #[must_use]
    pub fn span(&self, id: &str) -> Option<(Position, Position)> {
        self.read(id, |entry| entry.span).flatten()
    }

    /// Puts what was understood (or corrected) into a message of the coach.
    pub fn understood(&mut self, id: &str, text: &str) -> bool {
        let Some(at) = self.reach(id) else {
            return false;
        };
        self.mark(id);
        let item = Arc::make_mut(&mut self.entries[at].item);
        let ItemKind::Message {
            role: Role::User,
            content,
        } = &mut item.kind
        else {
            return false;
        };
        for part in content.iter_mut() {
            match part {
                Content::InputAudio { transcript, .. } => {
                    *transcript = Some(text.to_owned());
                    return true;
                }
                Content::InputText { text: old } => {
                    text.clone_into(old);
                    return true;
                }
                _ => {}
            }
        }
        false
    }

    /// Whether something of the AI client was heard after this item.
    #[must_use]
    pub fn answered(&mut self, id: &str) -> bool {
        let Some(at) = self.reach(id) else {
            return false;
        };
        self.entries[at + 1..]
            .iter()
            .any(|later| role(&later.item) == Some(Role::Assistant) && !later.text().is_empty())
    }

    /// The words of a message.
    #[must_use]
    pub fn text(&self, id: &str) -> Option<String> {
        self.read(id, Entry::text)
    }

    /// The coach's last message.
    #[must_use]
    pub fn last_of_coach(&self) -> Option<String> {
        let by_coach = |entry: &Entry| role(&entry.item) == Some(Role::User);
        if let Some(last) = self.entries.iter().rfind(|entry| by_coach(entry)) {
            return Some(last.item.id.clone());
        }
        let page = self.pages.iter().rfind(|page| page.holds(Role::User))?;
        let last = page.open().into_iter().rfind(by_coach)?;
        Some(last.item.id.clone())
    }

    /// Whether the AI client has said anything.
    #[must_use]
    pub fn has_answer(&self) -> bool {
        let mut latest = self.entries.iter().rev();
        latest.any(|entry| role(&entry.item) == Some(Role::Assistant))
            || self.pages.iter().any(|page| page.holds(Role::Assistant))
    }

    /// What an item leaves in memory.
    #[must_use]
    pub fn remembered(&self, id: &str) -> Option<Memory> {
        self.read(id, Entry::remembered).flatten()
    }

    /// Whether a later message of the coach follows.
    #[must_use]
    pub fn followed(&mut self, id: &str) -> bool {
        let Some(at) = self.reach(id) else {
            return false;
        };
        self.entries[at + 1..]
            .iter()
            .any(|entry| role(&entry.item) == Some(Role::User))
    }

    /// What a client may remember: words that were said and heard, in order.
    #[must_use]
    pub fn memory(&self) -> Vec<Memory> {
        let mut memory = Vec::new();
        for entry in self.pages.iter().flat_map(Page::open) {
            entry.remember(&mut memory);
        }
        for entry in &self.entries {
            entry.remember(&mut memory);
        }
        memory
    }

    /// Remembers what became of a silence of the client's. Whether there is such an item, with
    /// room for it.
    pub fn silence(&mut self, id: &str, outcome: Outcome) -> bool {
        let Some(at) = self.reach(id) else {
            return false;
        };
        let silences = &mut self.entries[at].silences;
        let room = silences.len() < MOST_SILENCES;
        if room {
            silences.push(outcome);
        }
        room
    }
}

/// A length of sound in whole milliseconds.
#[must_use]
pub fn ms(samples: u64) -> u64 {
    span(samples).as_millis() as u64
}
