//! Why a recording ended before its session did.

use std::io::{self, ErrorKind};

use media::Position;

/// The recording of a session ended; the conversation goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// Up to where it is whole.
    pub at: Position,
    /// Why it ended.
    pub refusal: Refusal,
}

/// Why the archive takes nothing more of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There is no room left on the disk, or in the quota.
    Full,
    /// The disk, or the folder, may not be written to.
    ReadOnly,
    /// The disk did not keep up.
    TooSlow,
    /// The disk failed.
    Failed,
    /// This node was taken for dead, and another has finished the recording.
    TakenOver,
}

impl Refusal {
    /// The short name, as the database keeps it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Full => "disk_full",
            Self::ReadOnly => "read_only",
            Self::TooSlow => "disk_too_slow",
            Self::Failed => "disk_failed",
            Self::TakenOver => "taken_over",
        }
    }

    /// What the coach is told.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::Full => {
                "The recording has stopped because the disk is full. The conversation goes on and \
                 is not recorded from here."
            }
            Self::ReadOnly => {
                "The recording has stopped because the disk cannot be written to. The conversation \
                 goes on and is not recorded from here."
            }
            Self::TooSlow => {
                "The recording has stopped because the disk does not keep up. The conversation \
                 goes on and is not recorded from here."
            }
            Self::Failed => {
                "The recording has stopped because the disk failed. The conversation goes on and \
                 is not recorded from here."
            }
            Self::TakenOver => {
                "The recording has stopped because another server took this one for dead. The \
                 conversation goes on and is not recorded from here."
            }
        }
    }

    pub(super) fn of(error: &io::Error) -> Self {
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
                Self::Full
            }
            ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => Self::ReadOnly,
            ErrorKind::ResourceBusy => Self::TakenOver,
            _ => Self::Failed,
        }
    }
}
