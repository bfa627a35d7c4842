//! What is read from a session's files: its parts, what was said, how loud it was.

use std::time::Duration;

use media::FRAME;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::event::{Said, Silence};

/// One connection of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartInfo {
    /// Which one, from 1.
    pub number: u32,
    /// Where it begins on the session's timeline.
    pub from_ms: u64,
    /// Where it ends, or how far it is.
    pub to_ms: u64,
    /// `websocket` or `webrtc`.
    pub transport: String,
    /// Why it ended; `None` while it goes on.
    pub end_reason: Option<String>,
    /// From where on it was not recorded, and why not, if that is known.
    pub stopped: Option<(u64, Option<String>)>,
}

impl PartInfo {
    /// Where the part ended, from its beginning. What was recorded beyond it nobody was there for,
    /// and it is not given out. `None` while it goes on.
    pub(super) fn lasted(&self) -> Option<Duration> {
        let lasted = Duration::from_millis(self.to_ms.saturating_sub(self.from_ms));
        self.end_reason.as_ref().map(|_| lasted)
    }

    /// How many frames of 20 ms have begun by then.
    pub(super) fn frames(&self) -> Option<u64> {
        let lasted = self.lasted()?;
        u64::try_from(lasted.as_nanos().div_ceil(FRAME.as_nanos())).ok()
    }
}

/// What was said, in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Transcript {
    /// The session.
    pub session_id: String,
    /// How long its timeline is.
    pub length_ms: u64,
    /// What was said, by its beginning.
    pub lines: Vec<Said>,
    /// Silences that were the client's, and what the coach made of them, in order.
    pub silences: Vec<Silence>,
    /// What is missing, in order.
    pub breaks: Vec<Break>,
}

/// A time of which nothing is on record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Break {
    /// Where it begins.
    pub from_ms: u64,
    /// Where it ends.
    pub to_ms: u64,
    /// Why nothing is.
    pub kind: BreakKind,
}

/// Why nothing is on record of a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BreakKind {
    /// Nobody was connected.
    Away,
    /// The conversation went on and was not recorded: the disk was full, for example.
    Unrecorded,
}

/// How loud both voices are over a session, for drawing it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Peaks {
    /// The session.
    pub session_id: String,
    /// How long its timeline is: what lies beyond it is silent.
    pub length_ms: u64,
    /// Where the first point begins.
    pub from_ms: u64,
    /// Where the last one ends.
    pub to_ms: u64,
    /// The coach's loudest sample in each, 0 to 255.
    pub coach: Vec<u8>,
    /// The client's.
    pub client: Vec<u8>,
}
