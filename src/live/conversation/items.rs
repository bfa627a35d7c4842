//! The conversation's items: what was said, in order, and how much of it was heard.

use std::sync::Arc;

use media::Position;
use signaling::event::{Content, Item, ItemKind, ItemStatus, Role};

use super::input::Generation;
use super::output::Memory;
use super::speech::{Speech, span};
use crate::archive::event::Outcome;

/// Silences of one item that are remembered.
const MOST_SILENCES: usize = 8;

/// The items in order.
#[derive(Debug, Default)]
pub struct Items {
    conversation: String,
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
        self.entries.last().map(|entry| entry.item.id.clone())
    }

    /// The item before the one named.
    #[must_use]
    pub fn before(&self, id: &str) -> Option<String> {
        let at = self.find(id)?;
        Some(self.entries[at.checked_sub(1)?].item.id.clone())
    }

    /// Whether there is such an item.
    #[must_use]
    pub fn has(&self, id: &str) -> bool {
        self.find(id).is_some()
    }

    /// The item.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Arc<Item>> {
        self.find(id).map(|at| &self.entries[at].item)
    }

    /// How many items there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// How much they hold, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let kinds = self.entries.iter().map(|entry| &entry.item.kind);
        kinds.map(content_bytes).sum()
    }

    /// Adds an item at the end.
    pub fn push(&mut self, item: Arc<Item>) {
        self.mark(&item.id);
        self.entries.push(Entry::new(item));
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
        let unheard = |at: &usize| {
            role(&self.entries[*at].item) == Some(Role::Assistant) && self.text_of(*at).is_empty()
        };
        let last = (0..self.entries.len()).rev().find(|at| !unheard(at));
        last.is_some_and(|at| {
            role(&self.entries[at].item) == Some(Role::User) && !self.text_of(at).is_empty()
        })
    }

    /// Adds an item at the front (`None`) or after another. Whether there is such another.
    pub fn insert(&mut self, item: Arc<Item>, after: Option<&str>) -> bool {
        let at = match after {
            None => 0,
            Some(id) => match self.find(id) {
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
        if let Some(at) = self.find(&item.id) {
            self.mark(&item.id);
            self.entries[at].item = item;
        }
    }

    /// Removes an item. Whether there was one.
    pub fn remove(&mut self, id: &str) -> bool {
        let Some(at) = self.find(id) else {
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

    /// Remembers how a spoken answer sounds, and how much of it was heard if it was cut off.
    pub fn spoken(&mut self, id: &str, generation: Generation, speech: Speech, heard: Option<u64>) {
        let Some(at) = self.find(id) else { return };
        self.entries[at].speech = Some(Spoken {
            generation,
            sent: speech.sent_samples(),
            speech,
        });
        if let Some(samples) = heard {
            self.cut(at, samples);
        }
    }

    /// Cuts a spoken answer to what was heard, in samples at 24 kHz. Whether it is one.
    pub fn truncate(&mut self, id: &str, samples: u64) -> bool {
        let at = self
            .find(id)
            .filter(|at| self.entries[*at].speech.is_some());
        if let Some(at) = at {
            self.cut(at, samples);
        }
        at.is_some()
    }

    /// How many samples of a spoken answer were sent; `None` if it is none.
    #[must_use]
    pub fn sent(&self, id: &str) -> Option<u64> {
        self.speech(id).map(|spoken| spoken.sent)
    }

    /// How a spoken answer sounds; `None` if the item is none.
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
        if let Some(at) = self.find(id) {
            self.entries[at].span = Some((from, to));
        }
    }

    /// Where the coach said it.
    #[must_use]
    pub fn span(&self, id: &str) -> Option<(Position, Position)> {
        self.entries[self.find(id)?].span
    }

    /// Puts what was understood (or corrected) into a message of the coach.
    pub fn understood(&mut self, id: &str, text: &str) -> bool {
        let Some(at) = self.find(id) else {
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
    pub fn answered(&self, id: &str) -> bool {
        let Some(at) = self.find(id) else {
            return false;
        };
        (at + 1..self.entries.len()).any(|later| {
            let role = role(&self.entries[later].item);
            role == Some(Role::Assistant) && !self.text_of(later).is_empty()
        })
    }

    /// The words of a message.
    #[must_use]
    pub fn text(&self, id: &str) -> Option<String> {
        self.find(id).map(|at| self.text_of(at))
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
        let mut latest = self.entries.iter().rev();
        latest.any(|entry| role(&entry.item) == Some(Role::Assistant))
    }

    /// What an item leaves in memory.
    #[must_use]
    pub fn remembered(&self, id: &str) -> Option<Memory> {
        self.memory_of(self.find(id)?)
    }

    /// Whether a later message of the coach follows.
    #[must_use]
    pub fn followed(&self, id: &str) -> bool {
        let Some(at) = self.find(id) else {
            return false;
        };
        self.entries[at + 1..]
            .iter()
            .any(|entry| role(&entry.item) == Some(Role::User))
    }

    /// What a client may remember: words that were said and heard, in order.
    #[must_use]
    pub fn memory(&self) -> Vec<Memory> {
        let with_silences = |at: usize| {
            let silences = self.entries[at].silences.iter();
            let silences = silences.map(|outcome| Memory::Silence(*outcome));
            self.memory_of(at).into_iter().chain(silences)
        };
        (0..self.entries.len()).flat_map(with_silences).collect()
    }

    /// Remembers what became of a silence of the client's. Whether there is such an item, with
    /// room for it.
    pub fn silence(&mut self, id: &str, outcome: Outcome) -> bool {
        let Some(at) = self.find(id) else {
            return false;
        };
        let silences = &mut self.entries[at].silences;
        let room = silences.len() < MOST_SILENCES;
        if room {
            silences.push(outcome);
        }
        room
    }

    fn memory_of(&self, at: usize) -> Option<Memory> {
        let entry = &self.entries[at];
        remembered(&entry.item, entry.cut)
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

    fn text_of(&self, at: usize) -> String {
        match &self.entries[at].item.kind {
            ItemKind::Message { content, .. } => text(content),
            _ => String::new(),
        }
    }

    fn find(&self, id: &str) -> Option<usize> {
        // Nearly everything concerns the last few items.
        self.entries.iter().rposition(|entry| entry.item.id == id)
    }
}

/// What an item leaves in memory.
#[must_use]
pub fn remembered(item: &Item, cut: bool) -> Option<Memory> {
    let memory = match &item.kind {
        ItemKind::Message { role, content } => {
            let text = text(content);
            if text.is_empty() {
                return None;
            }
            match role {
                Role::System => Memory::System(text),
                Role::User => Memory::Coach(text),
                Role::Assistant => Memory::Client { text, cut },
            }
        }
        ItemKind::FunctionCall {
            name,
            call_id,
            arguments,
        } => Memory::Call {
            call_id: call_id.clone(),
            name: name.clone(),
            arguments: arguments.clone(),
        },
        ItemKind::FunctionCallOutput { call_id, output } => Memory::CallOutput {
            call_id: call_id.clone(),
            output: output.clone(),
        },
    };
    Some(memory)
}

/// A length of sound in whole milliseconds.
#[must_use]
pub fn ms(samples: u64) -> u64 {
    span(samples).as_millis() as u64
}

/// How much an item holds, in bytes.
pub fn content_bytes(kind: &ItemKind) -> usize {
    let bytes = |part: &Content| match part {
        Content::InputText { text } | Content::OutputText { text } => text.len(),
        Content::InputAudio { audio, transcript } | Content::OutputAudio { audio, transcript } => {
            audio.as_ref().map_or(0, bytes::Bytes::len) + transcript.as_ref().map_or(0, String::len)
        }
        Content::InputImage { image_url, .. } => image_url.len(),
    };
    match kind {
        ItemKind::Message { content, .. } => content.iter().map(bytes).sum(),
        ItemKind::FunctionCall {
            name, arguments, ..
        } => name.len() + arguments.len(),
        ItemKind::FunctionCallOutput { output, .. } => output.len(),
    }
}

fn role(item: &Item) -> Option<Role> {
    match &item.kind {
        ItemKind::Message { role, .. } => Some(*role),
        _ => None,
    }
}

fn text(content: &[Content]) -> String {
    let texts = content.iter().filter_map(|part| match part {
        Content::InputText { text } | Content::OutputText { text } => Some(text.as_str()),
        Content::InputAudio { transcript, .. } | Content::OutputAudio { transcript, .. } => {
            transcript.as_deref()
        }
        Content::InputImage { .. } => None,
    });
    texts
        .filter(|text| !text.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}
