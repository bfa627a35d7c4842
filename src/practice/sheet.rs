//! The character sheet of an AI client: who they are, what is true of them, what they can say.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::moves::Topic;
use super::pausing::Thinking;
pub use super::reaction::Reaction;
use super::state::State;
use super::triggers::Trigger;

/// An AI client. `docs/clients.md` says how one is written.
#[derive(Clone, Debug, Default)]
pub struct Sheet {
    /// Names the client, on the wire too (`prompt.id`).
    pub id: String,
    /// First name.
    pub name: String,
    /// As in "she/her".
    pub pronouns: String,
    /// Years.
    pub age: u8,
    /// File name of the portrait, if there is one.
    pub portrait: Option<String>,
    /// Who they are, in a line.
    pub who: String,
    /// The topic, in their own words.
    pub brings: String,
    /// The topic underneath. Never leaves the server.
    pub beneath: String,
    /// How demanding they are for the coach.
    pub difficulty: Difficulty,
    /// What a coach practises with them.
    pub trains: Vec<String>,
    /// Name of the voice.
    pub voice: String,
    /// BCP 47 language.
    pub language: String,
    /// How they are, for a language model.
    pub temperament: String,
    /// How they speak, for a language model.
    pub speech: String,
    /// Words that are theirs, for a language model.
    pub words: Vec<String>,
    /// Silence, in milliseconds, that they leave the coach before they take the turn.
    pub patience_ms: u32,
    /// How they think before they speak and while they do.
    pub thinking: Thinking,
    /// They speak first rather than wait for the coach.
    pub opens: bool,
    /// Percent: how fast they open up.
    pub pace: i16,
    /// How they arrive.
    pub start: State,
    /// What opens them and what closes them up, beyond what it does to everybody.
    pub triggers: Vec<Trigger>,
    /// What is true of them.
    pub facts: Vec<Fact>,
    /// What they can say without a language model.
    pub lines: Vec<Line>,
    /// The words of all lines.
    pub(super) vocabulary: Arc<BTreeSet<String>>,
    pub(super) terms: Vec<Vec<String>>,
    /// Forms of the questions for each small fact.
    pub(super) small: Vec<Vec<String>>,
}

/// How demanding a client is.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Difficulty {
    /// Opens readily.
    #[default]
    Gentle,
    /// Needs listening.
    Steady,
    /// Tests the coach.
    Demanding,
}

/// Something that is true of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// Disclosure level, 1 to 4, from which on it may be spoken of.
    pub level: u8,
    /// Of which kind it is.
    pub kind: FactKind,
    /// What it is, told of them: "She …".
    pub text: String,
    /// Words that give it away: nothing of a lower level may have one.
    pub words: Vec<String>,
}

/// What a fact is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FactKind {
    /// What happened, or how things are.
    Fact,
    /// What they feel.
    Feeling,
    /// What they hold to be true, of themselves and of the world.
    Belief,
}

impl FactKind {
    /// What it is called in messages.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Fact => "the fact",
            Self::Feeling => "the feeling",
            Self::Belief => "the belief",
        }
    }
}

/// Something they can say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Names the line within the sheet (`feelings/2/0`).
    pub id: Arc<str>,
    /// When it is said.
    pub slot: Slot,
    /// Disclosure level, 1 to 4.
    pub level: u8,
    /// The words; `[pause 800]` is a silence of so many milliseconds.
    pub text: String,
    pub(super) words: Vec<String>,
}

/// When a line is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Slot {
    /// Asked about this.
    Topic(Topic),
    /// In answer to how the coach does it.
    Reaction(Reaction),
    /// Asked what one of their own words means.
    Term(usize),
    /// Asked for a small fact.
    Small(usize),
}

/// One thing that is wrong with a sheet.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {message}")]
pub struct SheetError {
    /// The file.
    pub file: String,
    /// Line in it, from 1.
    pub line: usize,
    /// What is wrong.
    pub message: String,
}

/// Everything that is wrong with sheets, in the order in which it stands there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct SheetErrors(pub Vec<SheetError>);

impl std::fmt::Display for SheetErrors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (i, error) in self.0.iter().enumerate() {
            let end = if i == 0 { "" } else { "\n" };
            write!(f, "{end}{error}")?;
        }
        Ok(())
    }
}

impl From<SheetError> for SheetErrors {
    fn from(error: SheetError) -> Self {
        Self(vec![error])
    }
}
