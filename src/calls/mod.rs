//! What is asked of engines, call by call: how long each took, how much it was given, what came of
//! it and what it cost. Never a word of what was said.

mod open;
pub mod rates;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use utoipa::ToSchema;

pub use open::OpenCall;
pub use rates::{Cost, Rates};

/// How many calls may wait to be put on record. A turn makes a handful.
pub const QUEUE: usize = 256;

/// What kind of engine was called.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[schema(as = EngineKind)]
pub enum Kind {
    /// A recogniser.
    Stt,
    /// A language model.
    Llm,
    /// A voice.
    Tts,
}

impl Kind {
    /// Every kind, in the order of a turn.
    pub const ALL: [Self; 3] = [Self::Stt, Self::Llm, Self::Tts];

    /// Its name in the configuration and in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stt => "stt",
            Self::Llm => "llm",
            Self::Tts => "tts",
        }
    }
}

/// What a call is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Subject {
    /// The session: a connection that is kept.
    #[default]
    Session,
    /// The final words of a segment of speech.
    Segment(u64),
    /// What the client says: one attempt at it.
    Answer(u64),
    /// Notes for a client's memory of a long session.
    Notes,
    /// A sentence to be spoken.
    Sentence(u64),
}

impl Subject {
    /// Whether somebody in the session waits for the answer.
    #[must_use]
    pub const fn is_awaited(self) -> bool {
        !matches!(self, Self::Session | Self::Notes)
    }
}

/// How much an engine was given, and gave; what is not known is not there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = EngineAmount)]
pub struct Amount {
    /// Milliseconds of sound: sent to a recogniser, made by a voice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audio_ms: Option<u64>,
    /// Characters that a voice was given to speak.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub characters: Option<u64>,
    /// Tokens that a model read, as its vendor counts them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_tokens: Option<u64>,
    /// Of those, tokens that came from a cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached_tokens: Option<u64>,
    /// Tokens that it wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_tokens: Option<u64>,
}

impl Amount {
    /// Each of its parts with the unit in which metrics count it.
    #[must_use]
    pub const fn parts(&self) -> [(&'static str, Option<u64>); 5] {
        [
            ("milliseconds", self.audio_ms),
            ("characters", self.characters),
            ("input_tokens", self.input_tokens),
            ("cached_tokens", self.cached_tokens),
            ("output_tokens", self.output_tokens),
        ]
    }

    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let sum = |one: Option<u64>, other: Option<u64>| match (one, other) {
            (Some(one), Some(other)) => Some(one.saturating_add(other)),
            (one, other) => one.or(other),
        };
        Self {
            audio_ms: sum(self.audio_ms, other.audio_ms),
            characters: sum(self.characters, other.characters),
            input_tokens: sum(self.input_tokens, other.input_tokens),
            cached_tokens: sum(self.cached_tokens, other.cached_tokens),
            output_tokens: sum(self.output_tokens, other.output_tokens),
        }
    }
}

/// What came of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It did what was asked.
    Completed,
    /// It was given up, since nobody needed the rest.
    Cancelled,
    /// It failed, for a reason of this kind.
    Failed(&'static str),
}

impl Outcome {
    /// Its name on record: the reason, of a failure.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
            Self::Failed(reason) => reason,
        }
    }
}

/// A call that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Of what kind of engine.
    pub kind: Kind,
    /// Of which: a vendor's by its name in the configuration, one of this machine by its own.
    pub engine: String,
    /// Of which of its models, if it has several.
    pub model: Option<String>,
    /// What it was about.
    pub subject: Subject,
    /// When it began.
    pub began: Instant,
    /// Until a connection stood, or the engine took the request, if that was waited for.
    pub connected: Option<Duration>,
    /// Until the first of an answer: the words of a segment, a token, sound.
    pub answered: Option<Duration>,
    /// Until it was over.
    pub lasted: Duration,
    /// How much.
    pub amount: Amount,
    /// What came of it.
    pub outcome: Outcome,
}
