//! The conversation's items: what was said, in order, and how much of it was heard.
//!
//! The latest are at hand; those further back are packed. Whoever changes one of these unpacks all
//! of them, and every item that comes then packs a page again.

mod page;
mod reaching;
#[cfg(test)]
mod tests;
mod words;

use std::sync::Arc;

use media::Position;
use signaling::event::{Content, Item, ItemKind, ItemStatus, Role};

use super::input::Generation;
use super::output::Memory;
use super::speech::{Speech, span};
use crate::archive::event::Outcome;
use page::Page;
pub use words::{content_bytes, remembered};
use words::{role, text};

/// Spoken answers of which it is remembered how they sound. A client that says how much it played
/// speaks of the last one, or of what it hurried over just before.
pub const REMEMBERED: usize = 8;

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

#[derive(Debug)]
struct Entry {
    item: Arc<Item>,
    /// How a spoken answer sounds, so that it can be cut by time.
    speech: Option<Spoken>,
    cut: bool,
    /// Where the coach said it.
    span: Option<(Position, Position)>,
    /// What became of the client's silences in it, and of the one after it.
    silences: Vec<Outcome>,
}

/// A spoken answer.
#[derive(Debug)]
pub struct Spoken {
    /// The attempt, under which its sound is accounted.
    pub generation: Generation,
    /// How it sounds.
    pub speech: Speech,
    /// How many samples of it were sent at most.
    sent: u64,
}

impl Entry {
    fn new(item: Arc<Item>) -> Self {
        Self {
            item,
            speech: None,
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
        let mut latest = self.entries.iter().rev();
        let last = latest.find(|entry| !unheard(entry));
        last.is_some_and(|entry| role(&entry.item) == Some(Role::User) && !entry.text().is_empty())
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

    /// Remembers how a spoken answer sounds, and how much of it was heard if it was cut off. Of
    /// more than [`REMEMBERED`] the earliest is forgotten: this is its attempt.
    pub fn spoken(
        &mut self,
        id: &str,
        generation: Generation,
        speech: Speech,
        heard: Option<u64>,
    ) -> Option<Generation> {
        let at = self.reach(id)?;
        self.entries[at].speech = Some(Spoken {
            generation,
            sent: speech.sent_samples(),
            speech,
        });
        if let Some(samples) = heard {
            self.cut(at, samples);
        }
        let spoken = self.entries.iter_mut().rev();
        let mut spoken = spoken.filter(|entry| entry.speech.is_some());
        let forgotten = spoken.nth(REMEMBERED)?.speech.take()?;
        Some(forgotten.generation)
    }

    /// Cuts a spoken answer to what was heard, in samples at 24 kHz. Whether it is one that is
    /// remembered.
    pub fn truncate(&mut self, id: &str, samples: u64) -> bool {
        let at = self
            .find(id)
            .filter(|at| self.entries[*at].speech.is_some());
        if let Some(at) = at {
            self.cut(at, samples);
        }
        at.is_some()
    }

    /// How many samples of a spoken answer were sent; `None` if it is none that is remembered.
    #[must_use]
    pub fn sent(&self, id: &str) -> Option<u64> {
        self.speech(id).map(|spoken| spoken.sent)
    }

    /// How a spoken answer sounds; `None` if the item is none that is remembered.
    #[must_use]
    pub fn speech(&self, id: &str) -> Option<&Spoken> {
        self.entries[self.find(id)?].speech.as_ref()
    }

    /// The spoken answers with their attempts, the last first.
    pub fn spoken_last(&self) -> impl Iterator<Item = (&str, Generation)> {
        let latest = self.entries.iter().rev();
        latest.filter_map(|entry| {
            let spoken = entry.speech.as_ref()?;
            Some((&*entry.item.id, spoken.generation))
        })
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

    /// How the last spoken answer sounds.
    #[must_use]
    pub fn last_speech(&self) -> Option<&Speech> {
        let mut latest = self.entries.iter().rev();
        latest.find_map(|entry| entry.speech.as_ref().map(|spoken| &spoken.speech))
    }

    /// The coach's last message.
    #[must_use]
    pub fn last_of_coach(&self) -> Option<String> {
        let mut latest = self.entries.iter().rev();
        let found = latest.find(|entry| role(&entry.item) == Some(Role::User));
        found.map(|entry| entry.item.id.clone())
    }

    /// Whether the AI client has said anything.
    #[must_use]
    pub fn has_answer(&self) -> bool {
        let assistant = |entry: &Entry| role(&entry.item) == Some(Role::Assistant);
        let mut packed = self.pages.iter().flat_map(Page::open);
        self.entries.iter().any(assistant) || packed.any(|entry| assistant(&entry))
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

    fn cut(&mut self, at: usize, samples: u64) {
        let entry = &mut self.entries[at];
        let Some(spoken) = &entry.speech else { return };
        let heard = spoken.speech.heard(samples.min(spoken.sent));
        entry.cut = true;
        let item = Arc::make_mut(&mut entry.item);
        item.status = ItemStatus::Incomplete;
        if let ItemKind::Message { content, .. } = &mut item.kind {
            for part in content {
                if let Content::OutputAudio { transcript, .. } = part {
                    *transcript = Some(heard.clone());
                }
            }
        }
        let id = item.id.clone();
        self.mark(&id);
    }
}

/// A length of sound in whole milliseconds.
#[must_use]
pub fn ms(samples: u64) -> u64 {
    span(samples).as_millis() as u64
}
