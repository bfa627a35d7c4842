//! How a session ends.

use crate::archive::sessions::EndReason;

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The client closed it.
    Completed,
    /// Somebody hung up.
    HungUp,
    /// The connection broke.
    Lost,
    /// The client stopped reading.
    NotReading,
    /// It reached its longest duration.
    Expired,
    /// The server stopped.
    Stopped,
    /// The connection that was agreed on never came about.
    Unconnected,
    /// Another connection took the session over.
    Displaced,
    /// Something failed.
    Failed,
}

impl Ended {
    /// As it goes on record.
    #[must_use]
    pub const fn reason(self) -> EndReason {
        match self {
            Self::Completed => EndReason::ByClient,
            Self::HungUp => EndReason::HungUp,
            Self::Lost | Self::NotReading | Self::Unconnected => EndReason::Lost,
            Self::Displaced => EndReason::Displaced,
            Self::Expired => EndReason::Expired,
            Self::Stopped => EndReason::ServerStopped,
            Self::Failed => EndReason::Failed,
        }
    }

    /// Whether a hang-up that comes later settles it: its request and the end of the connection go
    /// different ways.
    #[must_use]
    pub const fn is_open_to_doubt(self) -> bool {
        !matches!(self, Self::HungUp | Self::Expired | Self::Failed)
    }
}
