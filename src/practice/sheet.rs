//! The character sheet of an AI client: who they are, what is true of them, what they can say.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::moves::Topic;
use super::state::State;

/// An AI client.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// Names the client, on the wire too (`prompt.id`).
    pub id: String,
    /// First name.
    pub name: String,
    /// As in "she/her".
    pub pronouns: String,
    /// Years.
    pub age: u8,
    /// File name of the portrait.
    pub portrait: String,
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
    /// What makes them close up, for a language model.
    pub closes_up: Vec<String>,
    /// Silence, in milliseconds, that they leave the coach before they take the turn.
    pub patience_ms: u32,
    /// How long they think before answering, in milliseconds; more for what lies deeper.
    pub thinking_ms: u32,
    /// They speak first rather than wait for the coach.
    pub opens: bool,
    /// Percent: how fast they open up.
    pub pace: i16,
    /// How they arrive.
    pub start: State,
    /// What is true of them.
    pub facts: Vec<Fact>,
    /// What they can say without a language model.
    pub lines: Vec<Line>,
    pub(super) terms: Vec<Vec<String>>,
}

/// How demanding a client is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Difficulty {
    /// Opens readily.
    Gentle,
    /// Needs listening.
    Steady,
    /// Tests the coach.
    Demanding,
}

/// A fact, feeling or belief.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    /// Disclosure level, 1 to 4, from which on it may be spoken of.
    pub level: u8,
    /// What it is, told of them: "She …".
    pub text: String,
    /// Words that give it away: no line of a lower level may have one.
    #[serde(default)]
    pub words: Vec<String>,
}

/// Something they can say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Names the line within the sheet (`feelings/2/0`).
    pub id: String,
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
}

/// An answer to how the coach speaks rather than to what is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reaction {
    /// To a greeting; also their own first words.
    Greeting,
    /// To small talk.
    SmallTalk,
    /// To the question whether they hear well.
    SoundCheck,
    /// To the question who they are.
    Name,
    /// To the question whether they are a person.
    Nature,
    /// To a question that has nothing to do with them, or that they cannot place.
    OffTopic,
    /// To thanks.
    Thanks,
    /// To how they are to work together.
    Contract,
    /// To a reflection, before going deeper.
    Reflection,
    /// To a summary.
    Summary,
    /// To an affirmation.
    Affirmation,
    /// To advice nobody asked for.
    Advice,
    /// To advice that was asked leave for.
    AdviceWelcome,
    /// To the question whether a thought is welcome.
    Permission,
    /// To being explained something.
    Telling,
    /// The short answer to a closed question.
    Closed,
    /// To several questions at once.
    Stacked,
    /// To a why question.
    Why,
    /// To a leading question.
    Leading,
    /// To listening sounds and to time given, before going on.
    Listened,
    /// To "what do you mean" of nothing in particular.
    Clarify,
    /// Before saying it again.
    Repeat,
    /// Did not understand.
    Misheard,
    /// Was spoken over.
    Interrupted,
    /// Takes up what was cut off.
    Resume,
    /// The session opens with silence.
    Opening,
    /// A long silence.
    Idle,
    /// To goodbye.
    Goodbye,
    /// Asked for more of what is told.
    AllTold,
    /// Nothing new to say to it.
    Musing,
}

/// What is wrong with a sheet.
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
