//! A response: what the model says in one go, and what it cost.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::audio::{AudioFormat, Voice};
use super::item::Item;
use super::session::{MaxTokens, Modality};

/// A response.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "object", rename = "realtime.response")]
pub struct Response {
    /// `resp_…`
    pub id: String,
    /// How far it is.
    pub status: Status,
    /// Why it ended as it did.
    pub status_details: Option<StatusDetails>,
    /// What was made; empty in `response.created`.
    pub output: Vec<Item>,
    /// The conversation it belongs to; absent for one out of band.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation_id: Option<String>,
    /// Spoken or written.
    pub output_modalities: Modality,
    /// The longest it may be.
    pub max_output_tokens: MaxTokens,
    /// How it sounds.
    pub audio: ResponseAudio,
    /// What the client attached to it.
    pub metadata: Option<BTreeMap<String, String>>,
    /// What it cost; `None` until it is done.
    pub usage: Option<Usage>,
}

/// How far a response is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It is being made.
    InProgress,
    /// It is whole.
    Completed,
    /// Somebody stopped it.
    Cancelled,
    /// It could not be made.
    Failed,
    /// It was cut short by a limit.
    Incomplete,
}

/// Why a response ended as it did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusDetails {
    /// The status again.
    #[serde(rename = "type")]
    pub kind: Status,
    /// Why it was cancelled or is incomplete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<StatusError>,
}

impl StatusDetails {
    /// Stopped, and why.
    #[must_use]
    pub const fn cancelled(reason: Reason) -> Self {
        Self {
            kind: Status::Cancelled,
            reason: Some(reason),
            error: None,
        }
    }

    /// Cut short, and why.
    #[must_use]
    pub const fn incomplete(reason: Reason) -> Self {
        Self {
            kind: Status::Incomplete,
            reason: Some(reason),
            error: None,
        }
    }

    /// Not made, and why.
    #[must_use]
    pub fn failed(kind: impl Into<String>, code: Option<String>) -> Self {
        let error = StatusError {
            kind: kind.into(),
            code,
        };
        Self {
            kind: Status::Failed,
            reason: None,
            error: Some(error),
        }
    }
}

/// Why a response was cancelled or is incomplete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The user began to speak.
    TurnDetected,
    /// The client sent `response.cancel`.
    ClientCancelled,
    /// It reached `max_output_tokens`.
    MaxOutputTokens,
    /// It was withheld.
    ContentFilter,
}

/// Why a response failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusError {
    /// What kind of error.
    #[serde(rename = "type")]
    pub kind: String,
    /// Short name that a program can act on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// How a response sounds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResponseAudio {
    /// To the client.
    pub output: ResponseOutput,
}

/// How a response sounds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResponseOutput {
    /// How samples are written.
    pub format: AudioFormat,
    /// Whose voice.
    pub voice: Voice,
}

/// Tokens that a response cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Both together.
    pub total_tokens: u64,
    /// Read.
    pub input_tokens: u64,
    /// Written.
    pub output_tokens: u64,
    /// What was read.
    pub input_token_details: InputTokens,
    /// What was written.
    pub output_token_details: OutputTokens,
}

/// What was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputTokens {
    /// Text.
    pub text_tokens: u64,
    /// Sound.
    pub audio_tokens: u64,
    /// Pictures.
    pub image_tokens: u64,
    /// Of all these, from a cache.
    pub cached_tokens: u64,
    /// What came from the cache.
    pub cached_tokens_details: CachedTokens,
}

/// What came from the cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CachedTokens {
    /// Text.
    pub text_tokens: u64,
    /// Sound.
    pub audio_tokens: u64,
    /// Pictures.
    pub image_tokens: u64,
}

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputTokens {
    /// Text.
    pub text_tokens: u64,
    /// Sound.
    pub audio_tokens: u64,
}
