//! Who you talk to: the AI clients, what they bring, and what they say next.

#[cfg(test)]
mod answers;
mod choose;
mod cues;
#[cfg(test)]
mod following;
pub mod gallery;
mod hidden;
mod memory;
pub mod moves;
mod parse;
pub mod prompt;
mod questions;
pub mod recognise;
#[cfg(test)]
mod robustness;
#[cfg(test)]
mod scripted;
pub mod sentences;
pub mod sheet;
pub mod spoken;
pub mod state;
mod vocabulary;
mod words;

pub use gallery::{Card, Gallery};
pub use moves::{Move, Topic, Understood};
pub use recognise::Recogniser;
pub use sentences::SentenceSplitter;
pub use sheet::{Difficulty, Fact, Line, Sheet, SheetError};
pub use spoken::SpokenFilter;
pub use state::{Cause, Dimension, State, StateStep};

use crate::providers::llm::Prompt;
use choose::Chooser;
use memory::Memory;

/// One message of the session as it was heard: the only thing that a client remembers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// The coach said this, as the recogniser understood it.
    Coach(String),
    /// The client was heard to say this; cut short where the coach interrupted.
    Client(String),
}

/// A sentence to speak.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence {
    /// The words, with white space at the ends so that sentences join; `[pause 800]` in them is a
    /// silence of so many milliseconds.
    pub text: String,
    /// Silence before it, in milliseconds.
    pub pause_before_ms: u32,
}

/// What the client says next, and what moved inside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// What to speak, in order.
    pub sentences: Vec<Sentence>,
    /// Which authored lines these are.
    pub line_ids: Vec<String>,
    /// What the coach's last turn changed; empty if the coach was silent.
    pub steps: Vec<StateStep>,
    /// Where the client stands now.
    pub state: State,
    /// What the coach's last turn was taken for; `None` if the coach was silent.
    pub heard_as: Option<(Move, Option<Topic>)>,
}

impl Reply {
    /// The words alone, without silences.
    pub fn text(&self) -> String {
        sentences::without_pauses(
            &self
                .sentences
                .iter()
                .map(|s| s.text.trim())
                .collect::<Vec<_>>()
                .join(" "),
        )
    }
}

/// The clients' minds: recognises what the coach does and finds what the client says. Immutable;
/// one serves all sessions.
#[derive(Clone, Debug)]
pub struct Practice {
    recogniser: Recogniser,
    shared: Vec<Line>,
}

impl Practice {
    /// Reads the lines that all clients share.
    pub fn load() -> Result<Self, SheetError> {
        let shared =
            Sheet::parse_shared("clients/shared.toml", include_str!("clients/shared.toml"))?;
        Ok(Self {
            recogniser: Recogniser::load()?,
            shared,
        })
    }

    /// What the client says next without a language model. A function of what was heard alone:
    /// the same history and seed give the same words. With an empty history, or when the client
    /// spoke last, it is what they say into the coach's silence.
    pub fn reply(&self, sheet: &Sheet, history: &[Heard], seed: u64) -> Reply {
        let memory = self.recall(sheet, history);
        Chooser::new(sheet, &self.shared, memory, seed).reply()
    }

    /// What a language model is told to speak for the client: who they are, how they feel now,
    /// what is unlocked and nothing beyond, and the session as it was heard.
    pub fn prompt(&self, sheet: &Sheet, history: &[Heard]) -> Prompt {
        let memory = self.recall(sheet, history);
        prompt::build(sheet, &memory, history)
    }

    /// The client's state after the session so far, with every step that led there.
    pub fn state(&self, sheet: &Sheet, history: &[Heard]) -> (State, Vec<StateStep>) {
        let memory = self.recall(sheet, history);
        (memory.state, memory.steps)
    }

    fn recall<'a>(&'a self, sheet: &'a Sheet, history: &'a [Heard]) -> Memory<'a> {
        Memory::recall(&self.recogniser, sheet, &self.shared, history)
    }

    /// What the coach's words are taken for.
    pub fn understand(&self, text: &str) -> Understood {
        self.recogniser.understand(text, "", false)
    }
}
