//! Who you talk to: the AI clients, what they bring, and what they say next.

mod again;
#[cfg(test)]
mod answers;
mod choose;
mod cues;
mod danger;
mod dice;
#[cfg(test)]
mod following;
mod forms;
pub mod gallery;
mod gist;
mod inner;
#[cfg(test)]
mod leaking;
pub mod listing;
mod locked;
mod memory;
#[cfg(test)]
mod misfits;
pub mod moves;
#[cfg(test)]
mod ordinary;
mod own;
mod parse;
pub mod pausing;
pub mod prompt;
mod questions;
mod reaction;
mod reading;
pub mod recognise;
#[cfg(test)]
mod robustness;
#[cfg(test)]
mod scripted;
pub mod sentences;
pub mod sheet;
mod small;
pub mod spoken;
pub mod state;
mod tender;
pub mod triggers;
pub mod unfinished;
#[cfg(test)]
mod unplaced;
mod vocabulary;
mod words;
mod world;

pub use gallery::{Card, Gallery};
pub use gist::gist;
pub use inner::Inner;
pub use memory::{Memory, Past};
pub use moves::{Move, Topic, Understood};
pub use pausing::{Pacer, Thinking};
pub use recognise::Recogniser;
pub use sentences::SentenceSplitter;
pub use sheet::{Difficulty, Fact, FactKind, Line, Sheet, SheetError, SheetErrors};
pub use spoken::SpokenFilter;
pub use state::{Cause, Dimension, State, StateStep};
pub use triggers::Trigger;

use crate::providers::llm::Prompt;
use choose::Chooser;
use memory::Minds;
use moves::Context;

/// One message of the session as it was heard: the only thing that a client remembers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Heard {
    /// The coach said this, as the recogniser understood it.
    Coach(String),
    /// The client was heard to say this.
    Client {
        /// The words, as far as they were heard.
        text: String,
        /// Whether there was more, and the coach spoke over it.
        cut: bool,
    },
    /// What the coach did with a silence. Stands after the client's words that it belongs to.
    Silence(Silence),
}

#[cfg(test)]
impl Heard {
    /// The coach said this.
    fn coach(text: &str) -> Self {
        Self::Coach(text.to_owned())
    }

    /// The client said this, and nobody spoke over it.
    fn client(text: &str) -> Self {
        let (text, cut) = (text.to_owned(), false);
        Self::Client { text, cut }
    }

    /// This was heard of the client before the coach spoke over the rest.
    fn cut(text: &str) -> Self {
        let (text, cut) = (text.to_owned(), true);
        Self::Client { text, cut }
    }
}

/// What became of a silence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Silence {
    /// The coach waited: until the client, who was thinking, went on, or for long enough after
    /// the client had said all.
    Held,
    /// The coach stepped in while the client was thinking.
    Broken,
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

/// What the client says next, and what moved inside. Reads as its [`Inner`], too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// What to speak, in order.
    pub sentences: Vec<Sentence>,
    /// Which authored lines these are.
    pub line_ids: Vec<String>,
    /// What moved inside.
    pub inner: Inner,
}

impl std::ops::Deref for Reply {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.inner
    }
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

/// What of a session a model is sent.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sent<'a> {
    /// The messages that are sent word for word.
    pub recent: &'a [Heard],
    /// What the client remembers of those before.
    pub notes: &'a str,
}

/// What a language model is asked to say for a client.
#[derive(Clone, Debug)]
pub struct Briefing {
    /// What it is told.
    pub prompt: Prompt,
    /// Where what it says pauses.
    pub pacer: Pacer,
    /// What moved inside the client.
    pub inner: Inner,
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
    pub fn load() -> Result<Self, SheetErrors> {
        let shared =
            Sheet::parse_shared("clients/shared.toml", include_str!("clients/shared.toml"))?;
        Ok(Self {
            recogniser: Recogniser::load()?,
            shared,
        })
    }

    /// What the client remembers of a session. A function of what was heard alone; the session's
    /// `past` makes it quick.
    pub fn recall(&self, sheet: &Sheet, past: &mut Past, history: &[Heard]) -> Memory {
        let minds = Minds {
            recogniser: &self.recogniser,
            shared: &self.shared,
        };
        past.recall(&minds, sheet, history)
    }

    /// What the client says next without a language model: the same memory and seed give the same
    /// words. If nothing was said, or the client spoke last, it is what they say into the coach's
    /// silence.
    pub fn reply(&self, sheet: &Sheet, memory: &Memory, seed: u64) -> Reply {
        Chooser::new(sheet, &self.shared, memory, seed).reply()
    }

    /// What the client says after a silence that is theirs: thinks aloud, if a question waits for
    /// an answer. To anything else the silence is the answer.
    pub fn muse(&self, sheet: &Sheet, memory: &Memory, seed: u64) -> Reply {
        Chooser::new(sheet, &self.shared, memory, seed).muse()
    }

    /// What a language model is told to speak for the client: who they are, how they feel now,
    /// what is unlocked and nothing beyond, and the session as it was heard.
    pub fn brief(&self, sheet: &Sheet, memory: &Memory, sent: Sent<'_>, seed: u64) -> Briefing {
        Briefing {
            prompt: prompt::build(sheet, memory, sent),
            pacer: memory.pacer(sheet, seed),
            inner: memory.inner(sheet),
        }
    }

    /// What the coach's words are taken for.
    pub fn understand(&self, text: &str) -> Understood {
        self.recogniser.understand(text, "", &Context::new())
    }
}
