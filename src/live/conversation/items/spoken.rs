//! The last spoken answers: how they sound, so that they can be cut by time.

use std::sync::Arc;

use signaling::event::{Content, ItemKind, ItemStatus};

use super::Items;
use crate::archive::event::REMEMBERED;
use crate::live::conversation::input::Generation;
use crate::live::conversation::speech::Speech;

/// A spoken answer.
#[derive(Debug)]
pub struct Spoken {
    /// The item.
    id: String,
    /// The attempt, under which its sound is accounted.
    pub generation: Generation,
    /// How it sounds.
    pub speech: Speech,
    /// How many samples of it were sent at most.
    sent: u64,
}

impl Spoken {
    pub(super) fn is(&self, id: &str) -> bool {
        self.id == id
    }
}

impl Items {
    /// Remembers how a spoken answer sounds, and how much of it was heard if it was cut off. Of
    /// more than [`REMEMBERED`] the earliest is forgotten: this is its attempt.
    pub fn spoken(
        &mut self,
        id: &str,
        generation: Generation,
        speech: Speech,
        heard: Option<u64>,
    ) -> Option<Generation> {
        if !self.has(id) {
            return None;
        }
        self.spoken.retain(|spoken| !spoken.is(id));
        self.spoken.push_back(Spoken {
            id: id.to_owned(),
            generation,
            sent: speech.sent_samples(),
            speech,
        });
        if let Some(samples) = heard {
            self.truncate(id, samples);
        }
        let forgotten = self.spoken.len() > REMEMBERED;
        let forgotten = forgotten.then(|| self.spoken.pop_front()).flatten()?;
        Some(forgotten.generation)
    }

    /// Cuts a spoken answer to what was heard, in samples at 24 kHz. Whether it is one that is
    /// remembered.
    pub fn truncate(&mut self, id: &str, samples: u64) -> bool {
        let Some(spoken) = self.speech(id) else {
            return false;
        };
        let heard = spoken.speech.heard(samples.min(spoken.sent));
        let Some(at) = self.reach(id) else {
            return false;
        };
        let entry = &mut self.entries[at];
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
        self.mark(id);
        true
    }

    /// How many samples of a spoken answer were sent; `None` if it is none that is remembered.
    #[must_use]
    pub fn sent(&self, id: &str) -> Option<u64> {
        self.speech(id).map(|spoken| spoken.sent)
    }

    /// How a spoken answer sounds; `None` if the item is none that is remembered.
    #[must_use]
    pub fn speech(&self, id: &str) -> Option<&Spoken> {
        self.spoken.iter().rfind(|spoken| spoken.is(id))
    }

    /// The spoken answers with their attempts, the last first.
    pub fn spoken_last(&self) -> impl Iterator<Item = (&str, Generation)> {
        let latest = self.spoken.iter().rev();
        latest.map(|spoken| (&*spoken.id, spoken.generation))
    }

    /// How the last spoken answer sounds.
    #[must_use]
    pub fn last_speech(&self) -> Option<&Speech> {
        self.spoken.back().map(|spoken| &spoken.speech)
    }
}
