//! What is read from a session's files: its parts, what was said, how loud it was.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::event::Said;

/// One connection of a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PartInfo {
    /// Which one, from 1.
    pub number: u32,
    /// Where it begins on the session's timeline.
    pub from_ms: u64,
    /// Where it ends, or how far it is.
    pub to_ms: u64,
    /// `websocket` or `webrtc`.
    pub transport: String,
    /// Why it ended; `null` while it goes on.
    pub end_reason: Option<String>,
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
    /// When there was no connection.
    pub breaks: Vec<Break>,
}

/// A time without a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Break {
    /// Where the connection ended.
    pub from_ms: u64,
    /// Where the next one began.
    pub to_ms: u64,
}

/// How loud both voices are over a session, for drawing it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Peaks {
    /// The session.
    pub session_id: String,
    /// What all points together cover.
    pub length_ms: u64,
    /// The coach's loudest sample in each, 0 to 255.
    pub coach: Vec<u8>,
    /// The client's.
    pub client: Vec<u8>,
}
