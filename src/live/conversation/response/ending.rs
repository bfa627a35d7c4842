//! How an answer ended, and what the protocol calls that.

use signaling::event::{ItemStatus, Reason, Status, StatusDetails};

/// How an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It is complete.
    Completed,
    /// The coach spoke over it.
    TurnDetected,
    /// The client cancelled it.
    ClientCancelled,
    /// The connection is gone.
    Left,
    /// It reached its longest length.
    MaxTokens,
    /// It was withheld.
    Filtered,
    /// An engine failed.
    Failed,
}

impl Ending {
    pub(super) fn status(self) -> Status {
        match self {
            Self::Completed => Status::Completed,
            Self::TurnDetected | Self::ClientCancelled | Self::Left => Status::Cancelled,
            Self::MaxTokens | Self::Filtered => Status::Incomplete,
            Self::Failed => Status::Failed,
        }
    }

    pub(super) fn details(self) -> Option<StatusDetails> {
        match self {
            Self::Completed => None,
            Self::TurnDetected => Some(StatusDetails::cancelled(Reason::TurnDetected)),
            Self::ClientCancelled | Self::Left => {
                Some(StatusDetails::cancelled(Reason::ClientCancelled))
            }
            Self::MaxTokens => Some(StatusDetails::incomplete(Reason::MaxOutputTokens)),
            Self::Filtered => Some(StatusDetails::incomplete(Reason::ContentFilter)),
            Self::Failed => Some(StatusDetails::failed(
                "server_error",
                Some("engine_failed".to_owned()),
            )),
        }
    }

    /// Its status, as the protocol names it.
    #[must_use]
    pub const fn status_name(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::TurnDetected | Self::ClientCancelled | Self::Left => "cancelled",
            Self::MaxTokens | Self::Filtered => "incomplete",
            Self::Failed => "failed",
        }
    }

    /// Why it did not end by itself, as the protocol names it where it has a name.
    #[must_use]
    pub const fn reason(self) -> Option<&'static str> {
        match self {
            Self::Completed => None,
            Self::TurnDetected => Some("turn_detected"),
            Self::ClientCancelled => Some("client_cancelled"),
            Self::Left => Some("left"),
            Self::MaxTokens => Some("max_output_tokens"),
            Self::Filtered => Some("content_filter"),
            Self::Failed => Some("engine_failed"),
        }
    }

    pub(super) fn item_status(self) -> ItemStatus {
        match self {
            Self::Completed => ItemStatus::Completed,
            _ => ItemStatus::Incomplete,
        }
    }
}
