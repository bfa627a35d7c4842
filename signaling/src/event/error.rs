//! What was wrong: the error of the protocol, its kinds and the codes that clients know.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What was wrong, as it stands in `error`, in a failed transcription and in an HTTP answer.
///
/// `message` names parameters and limits, never the words that somebody spoke or wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct ErrorBody {
    /// Whose fault it is.
    #[serde(rename = "type")]
    pub kind: ErrorKind,
    /// Short name that a program can act on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// One sentence for a person.
    pub message: String,
    /// The parameter that was wrong, as a path (`session.audio.output.speed`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub param: Option<String>,
    /// The client's id of the event that was wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
}

/// Whose fault an error is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// The client asked for something that cannot be.
    InvalidRequestError,
    /// The server, or an engine behind it, failed.
    ServerError,
    /// The client asks too often.
    RateLimitError,
}

/// The codes that this server sends. The names are those of the Realtime API where it has one.
pub mod code {
    /// The message is not JSON.
    pub const INVALID_JSON: &str = "invalid_json";
    /// No event has this type.
    pub const UNKNOWN_EVENT: &str = "unknown_event";
    /// A required parameter is absent.
    pub const MISSING_PARAMETER: &str = "missing_required_parameter";
    /// A parameter has the wrong JSON type.
    pub const INVALID_TYPE: &str = "invalid_type";
    /// A parameter has a value that is not among those allowed.
    pub const INVALID_VALUE: &str = "invalid_value";
    /// A number is below its range.
    pub const BELOW_MIN: &str = "below_min_value";
    /// A number is above its range.
    pub const ABOVE_MAX: &str = "above_max_value";
    /// A text is too long.
    pub const STRING_TOO_LONG: &str = "string_above_max_length";
    /// A list or map has too many entries.
    pub const ARRAY_TOO_LONG: &str = "array_above_max_length";
    /// The voice cannot change once it has been heard.
    pub const CANNOT_UPDATE_VOICE: &str = "cannot_update_voice";
    /// `response.create` while a response runs.
    pub const ACTIVE_RESPONSE: &str = "conversation_already_has_active_response";
    /// `response.cancel` while none runs.
    pub const CANCEL_NOT_ACTIVE: &str = "response_cancel_not_active";
    /// `input_audio_buffer.commit` with too little in the buffer.
    pub const COMMIT_EMPTY: &str = "input_audio_buffer_commit_empty";
    /// No item has this id.
    pub const ITEM_NOT_FOUND: &str = "item_not_found";
    /// An item with this id exists already.
    pub const ITEM_EXISTS: &str = "item_already_exists";
    /// The session reached its longest length.
    pub const SESSION_EXPIRED: &str = "session_expired";
    /// More was asked for than a session may have written down.
    pub const RATE_LIMIT_EXCEEDED: &str = "rate_limit_exceeded";
}

impl ErrorBody {
    /// The client asked for something that cannot be.
    #[must_use]
    pub fn invalid(code: &str, message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidRequestError, code, message)
    }

    /// The server, or an engine behind it, failed.
    #[must_use]
    pub fn server(code: &str, message: impl Into<String>) -> Self {
        Self::new(ErrorKind::ServerError, code, message)
    }

    /// A required parameter is absent.
    #[must_use]
    pub fn missing(param: impl Into<String>) -> Self {
        let param = param.into();
        Self::invalid(
            code::MISSING_PARAMETER,
            format!("Missing required parameter: '{param}'."),
        )
        .with_param(param)
    }

    /// A parameter's value is not among those allowed.
    #[must_use]
    pub fn value(param: impl Into<String>, wanted: &str) -> Self {
        let param = param.into();
        Self::invalid(
            code::INVALID_VALUE,
            format!("Invalid value for '{param}': {wanted}."),
        )
        .with_param(param)
    }

    /// No item of the conversation has this id.
    #[must_use]
    pub fn no_item(param: &str, item_id: &str) -> Self {
        Self::invalid(
            code::ITEM_NOT_FOUND,
            format!("Item with item_id '{item_id}' does not exist."),
        )
        .with_param(param)
    }

    /// `response.create` while the response `active` runs.
    #[must_use]
    pub fn active_response(active: &str) -> Self {
        Self::invalid(
            code::ACTIVE_RESPONSE,
            format!(
                "Conversation already has an active response in progress: {active}. \
                 Wait until the response is finished before creating a new one."
            ),
        )
    }

    /// `response.cancel` while no response runs.
    #[must_use]
    pub fn no_active_response() -> Self {
        Self::invalid(
            code::CANCEL_NOT_ACTIVE,
            "Cancellation failed: no active response found.",
        )
    }

    /// `input_audio_buffer.commit` with only `ms` milliseconds in the buffer.
    #[must_use]
    pub fn commit_empty(ms: u64) -> Self {
        Self::invalid(
            code::COMMIT_EMPTY,
            format!(
                "Error committing input audio buffer: buffer too small. \
                 Expected at least 100ms of audio, but buffer only has {ms}ms of audio."
            ),
        )
    }

    /// More was asked for than a session may have written down, until `wait` has passed.
    #[must_use]
    pub fn too_much(wait: Duration) -> Self {
        Self::new(
            ErrorKind::RateLimitError,
            code::RATE_LIMIT_EXCEEDED,
            format!(
                "Rate limit reached: the session's events came to too much. \
                 Please try again in {} s.",
                wait.as_millis().div_ceil(1000).max(1)
            ),
        )
    }

    /// The same, naming the parameter.
    #[must_use]
    pub fn with_param(mut self, param: impl Into<String>) -> Self {
        self.param = Some(param.into());
        self
    }

    /// The same, naming the client's event, if it had an id.
    #[must_use]
    pub fn for_event(mut self, event_id: Option<String>) -> Self {
        self.event_id = event_id;
        self
    }

    fn new(kind: ErrorKind, code: &str, message: impl Into<String>) -> Self {
        Self {
            kind,
            code: Some(code.to_owned()),
            message: message.into(),
            param: None,
            event_id: None,
        }
    }
}
