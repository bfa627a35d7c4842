//! Our own events, under the prefix `praxiloom.`, for clients that asked for them.
//!
//! They are sent only while `session.include` contains [`OWN_EVENTS`](super::session::OWN_EVENTS):
//! some clients fail on types that they do not know.

use serde::{Deserialize, Serialize};

/// The prefix of every event of our own.
pub const PREFIX: &str = "praxiloom.";

/// Whose turn it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// Whose.
    pub state: TurnState,
    /// When it began, in milliseconds of the session.
    pub at_ms: u64,
    /// The user item that is being spoken, held or answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item_id: Option<String>,
    /// The response that is being made or spoken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_id: Option<String>,
}

/// Whose turn it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TurnState {
    /// Nobody speaks; the client waits.
    Listening,
    /// The coach speaks.
    CoachSpeaking,
    /// The coach fell silent, and the turn may go on.
    Pausing,
    /// The turn is over; the client thinks.
    Thinking,
    /// The client speaks.
    ClientSpeaking,
    /// The client fell silent and may go on.
    ClientPaused,
}

/// What is understood while the coach speaks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caption {
    /// The user item that this will become.
    pub item_id: String,
    /// Words that will not change any more.
    pub stable: String,
    /// Words that may still change.
    pub unstable: String,
}

/// What the listener has heard of a response so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heard {
    /// The assistant item.
    pub item_id: String,
    /// Its content part.
    pub content_index: u32,
    /// Milliseconds of its sound that were played.
    pub audio_ms: u64,
    /// The words in them, cut at a word.
    pub transcript: String,
}

/// How long each step of a turn took, in milliseconds after the end of speech.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Latency {
    /// The response.
    pub response_id: String,
    /// When the coach stopped speaking, in milliseconds of the session; absent for a written turn,
    /// whose steps count from `response.create`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speech_end_ms: Option<u64>,
    /// Until the turn was taken to be over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn_decided_ms: Option<u64>,
    /// Until the language model's first token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_token_ms: Option<u64>,
    /// Until the first sound of the voice. A silence in which the client thinks is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_audio_ms: Option<u64>,
    /// How long the client still thought when its voice was ready, if it did: so much the coach
    /// waited besides, and it is in no other figure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thinking_ms: Option<u64>,
    /// Until the first packet with the voice was sent, without the thinking.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_packet_ms: Option<u64>,
}

/// The session goes on after its connection was cut. The items that it begins with follow, each as
/// `conversation.item.added` and `.done`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resumed {
    /// The session, under the name that it had.
    pub session_id: String,
    /// Which connection of the session this is; the first is 1.
    pub part: u32,
    /// Where it goes on, in milliseconds of the session.
    pub at_ms: u64,
    /// How long nobody was connected, in milliseconds.
    pub away_ms: u64,
    /// How many items follow.
    pub items: u64,
}

/// Who does the work in this session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Engines {
    /// Speech to text.
    pub stt: Engine,
    /// Language model.
    pub llm: Engine,
    /// Text to speech.
    pub tts: Engine,
}

/// An engine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Engine {
    /// Its short name.
    pub name: String,
    /// One sentence on what it does and how well.
    pub note: String,
    /// Who receives the data; `null` if it stays on the server.
    pub processor: Option<String>,
}

/// Something the coach should know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Short name that a program can act on (`server_stopping`, `engine_trouble`).
    pub code: String,
    /// One sentence for a person.
    pub message: String,
}
