//! Sessions as they are shown: what the HTTP API gives, as JSON.

use serde::{Deserialize, Serialize};

use super::event::{Speaker, TimedWord};

/// A page of the list of sessions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SessionList {
    /// The latest first, without their parts.
    pub sessions: Vec<Session>,
    /// Where the next page begins; `null` at the end.
    pub next: Option<String>,
}

/// A session. Times of day are milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Session {
    /// `sess_…` or `rtc_…`
    pub id: String,
    /// With which AI client; `null` if the caller brought instructions of their own.
    pub client_id: Option<String>,
    /// The AI client's name, where it is known.
    pub client_name: Option<String>,
    /// What carried it last: `websocket` or `webrtc`.
    pub transport: String,
    /// Which engines served it.
    pub engines: Engines,
    /// When it began.
    pub started_at_ms: i64,
    /// When its last connection ended; `null` while there is one.
    pub ended_at_ms: Option<i64>,
    /// Whether it has a connection.
    pub status: Status,
    /// Why its last connection ended: `by_client`, `lost`, `expired`, `server_stopped` or `failed`.
    pub end_reason: Option<String>,
    /// Whether it ended though nobody wanted it to.
    pub cut_off: bool,
    /// Until when it can be resumed; `null` if it cannot.
    pub resumable_until_ms: Option<i64>,
    /// How long its timeline is, the time between its connections included.
    pub length_ms: u64,
    /// How many turns the coach took.
    pub turns: u64,
    /// How often the coach interrupted the client.
    pub interruptions: u64,
    /// Its connections, in order; absent in the list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parts: Option<Vec<PartInfo>>,
    /// How much of it was recorded.
    pub recording: Recording,
}

/// Which engines served a session.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Engines {
    /// Who listened.
    pub stt: Option<String>,
    /// Who thought; `null` for authored lines.
    pub llm: Option<String>,
    /// Who spoke.
    pub tts: Option<String>,
}

/// Whether a session has a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It has.
    Live,
    /// It has not.
    Ended,
}

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

/// How much of a session was recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Recording {
    /// Whether all of it.
    pub state: RecordingState,
    /// Where the recording stopped, if it did before the session.
    pub stopped_at_ms: Option<u64>,
    /// Why: `disk_full`, `read_only`, `disk_too_slow` or `disk_failed`.
    pub reason: Option<String>,
}

/// Whether all of a session was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordingState {
    /// Everything, as far as it went.
    Whole,
    /// The recording stopped before the session did.
    Stopped,
    /// There is none.
    None,
}

/// What was said, in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transcript {
    /// The session.
    pub session_id: String,
    /// How long its timeline is.
    pub length_ms: u64,
    /// What was said, by its beginning.
    pub lines: Vec<Line>,
    /// When there was no connection.
    pub breaks: Vec<Break>,
}

/// What one of the two said in one go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The item of the conversation.
    pub item_id: String,
    /// Who said it.
    pub speaker: Speaker,
    /// Where it begins.
    pub from_ms: u64,
    /// Where it ends.
    pub to_ms: u64,
    /// The words as one text.
    pub text: String,
    /// The words with their times; empty if it was typed or corrected by hand.
    pub words: Vec<TimedWord>,
    /// Whether it was cut off: the text ends with what was heard.
    pub cut: bool,
    /// Whether it was typed, or corrected by typing.
    pub typed: bool,
}

/// A time without a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Break {
    /// Where the connection ended.
    pub from_ms: u64,
    /// Where the next one began.
    pub to_ms: u64,
}

/// How loud both voices are over a session, for drawing it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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
