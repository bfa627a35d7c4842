//! Who does the work: one small streaming shape each for speech to text, language model and text
//! to speech, with a local engine and adapters behind it.

pub mod doctor;
pub mod engines;
pub mod llm;
pub mod models;
pub mod stt;
pub mod tts;

mod breaker;
mod homing;
mod http;
mod line;
mod named;
mod ranking;
#[cfg(feature = "sherpa")]
mod sherpa;
mod socket;
mod spares;
mod status;
mod term;

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What an engine is, for the page, the log and the disclosure record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineInfo {
    /// Short name, as it stands in the configuration (`pocketsphinx`, `flite`).
    pub name: String,
    /// Who receives the data: `None` if it does not leave this machine.
    pub processor: Option<String>,
    /// One sentence for the coach on what it does and how well.
    pub note: String,
}

/// Why a provider could not do its work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProviderError {
    /// It does nothing for us, whatever it is asked, until a person has seen to it: the key, the
    /// money, a model that it does not have.
    #[error("{engine} cannot be used: {message}")]
    #[serde(alias = "refused")]
    Unusable {
        /// Which engine.
        engine: String,
        /// What it said, without any private words.
        message: String,
    },
    /// It does not do what this request asks for, and would not if asked again. Nothing follows
    /// from that for other requests.
    #[error("{engine} rejected the request: {message}")]
    Rejected {
        /// Which engine.
        engine: String,
        /// What it said, without any private words.
        message: String,
    },
    /// It could not be reached, or broke off.
    #[error("{engine} is unavailable: {message}")]
    Unavailable {
        /// Which engine.
        engine: String,
        /// What happened.
        message: String,
    },
    /// It did not answer in time.
    #[error("{engine} did not answer within {after:?}")]
    TimedOut {
        /// Which engine.
        engine: String,
        /// How long was waited.
        after: Duration,
    },
    /// It asks to be called less often.
    #[error("{engine} asks to slow down")]
    Limited {
        /// Which engine.
        engine: String,
        /// When to come back, if it said so.
        retry_after: Option<Duration>,
    },
    /// One failed, and then the next that was asked in its place.
    #[error("{first}; {then}")]
    Several {
        /// What happened first.
        first: Box<Self>,
        /// What happened then.
        then: Box<Self>,
    },
}

impl ProviderError {
    /// This, and what happened after it, if anything did.
    #[must_use]
    pub fn and(self, then: Option<Self>) -> Self {
        match then {
            Some(then) if then != self => Self::Several {
                first: Box::new(self),
                then: Box::new(then),
            },
            _ => self,
        }
    }

    /// What kind of failure it is, as the metrics have it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Unusable { .. } => "unusable",
            Self::Rejected { .. } => "rejected",
            Self::Unavailable { .. } => "unavailable",
            Self::TimedOut { .. } => "timed_out",
            Self::Limited { .. } => "limited",
            Self::Several { then, .. } => then.kind(),
        }
    }

    /// Which engine failed, of several the last.
    #[must_use]
    pub fn engine(&self) -> &str {
        match self {
            Self::Unusable { engine, .. }
            | Self::Rejected { engine, .. }
            | Self::Unavailable { engine, .. }
            | Self::TimedOut { engine, .. }
            | Self::Limited { engine, .. } => engine,
            Self::Several { then, .. } => then.engine(),
        }
    }
}
