//! Why a recording ended before its session did.

use std::io::{self, ErrorKind};

use media::Position;

use super::subtitles::Clock;

/// The recording of a session ended; the conversation goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// Up to where it is whole.
    pub at: Position,
    /// Why it ended.
    pub refusal: Refusal,
}

impl Trouble {
    /// What the coach is told, whenever they ask for such news.
    #[must_use]
    pub fn message(&self) -> String {
        let (at, cause) = (Clock(self.at.ms()), self.refusal.cause());
        format!(
            "The recording has stopped at {at} because {cause}. The conversation goes on and is not \
             recorded from there."
        )
    }
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

    const fn cause(self) -> &'static str {
        match self {
            Self::Full => "the disk is full",
            Self::ReadOnly => "the disk cannot be written to",
            Self::TooSlow => "the disk does not keep up",
            Self::Failed => "the disk failed",
            Self::TakenOver => "another server took this one for dead",
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
