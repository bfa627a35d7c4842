//! What the server sends: one variant per event of a conversation session.
//!
//! Not among them: `mcp_list_tools.*` and `response.mcp_call*`, because this server calls no MCP
//! servers; `input_audio_buffer.dtmf_event_received`, because nobody telephones; and
//! `conversation.item.created`, which was the beta's name for `added`.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::error::ErrorBody;
use super::item::{Item, Part};
use super::own;
use super::rate_limit::RateLimit;
use super::response::Response;
use super::session::Session;
use super::transcription::{LogProb, TranscriptionUsage};
use crate::link::PartIds;

/// An event for the client. Its `event_id` is given when it is sent ([`ServerEvent::to_json`]).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum ServerEvent {
    /// Something was wrong. The session goes on.
    #[serde(rename = "error")]
    Error {
        /// What.
        error: ErrorBody,
    },
    /// The session began.
    #[serde(rename = "session.created")]
    SessionCreated {
        /// All that is in force.
        session: Box<Session>,
    },
    /// The session changed.
    #[serde(rename = "session.updated")]
    SessionUpdated {
        /// All that is in force.
        session: Box<Session>,
    },
    /// The conversation began.
    #[serde(rename = "conversation.created")]
    ConversationCreated {
        /// Which.
        conversation: Conversation,
    },

    /// An item entered the conversation, finished or not.
    #[serde(rename = "conversation.item.added")]
    ItemAdded {
        /// The item before it. `None` is `null` on the wire and means the front, so it is given
        /// for the first item alone: clients reorder their history by it.
        previous_item_id: Option<String>,
        /// The item.
        item: Arc<Item>,
    },
    /// An item is finished.
    #[serde(rename = "conversation.item.done")]
    ItemDone {
        /// The item before it, as in [`ServerEvent::ItemAdded`].
        previous_item_id: Option<String>,
        /// The item.
        item: Arc<Item>,
    },
    /// The item that the client asked for.
    #[serde(rename = "conversation.item.retrieved")]
    ItemRetrieved {
        /// The item.
        item: Arc<Item>,
    },
    /// What was not heard of an item was forgotten.
    #[serde(rename = "conversation.item.truncated")]
    ItemTruncated {
        /// The item.
        item_id: String,
        /// Its content part.
        content_index: u32,
        /// What is left of its sound.
        audio_end_ms: u64,
    },
    /// An item was forgotten.
    #[serde(rename = "conversation.item.deleted")]
    ItemDeleted {
        /// The item.
        item_id: String,
    },

    /// More of what the user said.
    #[serde(rename = "conversation.item.input_audio_transcription.delta")]
    TranscriptionDelta {
        /// The user item.
        item_id: String,
        /// Its content part.
        content_index: u32,
        /// What is added.
        delta: String,
        /// How sure the engine is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        logprobs: Option<Vec<LogProb>>,
    },
    /// A piece of what the user said, with its place in the sound.
    #[serde(rename = "conversation.item.input_audio_transcription.segment")]
    TranscriptionSegment {
        /// The user item.
        item_id: String,
        /// Its content part.
        content_index: u32,
        /// Names the segment.
        id: String,
        /// The words.
        text: String,
        /// Who said them.
        speaker: String,
        /// Where they begin, in seconds.
        start: f64,
        /// Where they end, in seconds.
        end: f64,
    },
    /// What the user said.
    #[serde(rename = "conversation.item.input_audio_transcription.completed")]
    TranscriptionCompleted {
        /// The user item.
        item_id: String,
        /// Its content part.
        content_index: u32,
        /// The words.
        transcript: String,
        /// What it cost.
        usage: TranscriptionUsage,
        /// How sure the engine is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        logprobs: Option<Vec<LogProb>>,
    },
    /// What the user said could not be understood.
    #[serde(rename = "conversation.item.input_audio_transcription.failed")]
    TranscriptionFailed {
        /// The user item.
        item_id: String,
        /// Its content part.
        content_index: u32,
        /// Why.
        error: ErrorBody,
    },

    /// What was in the input buffer became a user item.
    #[serde(rename = "input_audio_buffer.committed")]
    InputCommitted {
        /// The item before it, as in [`ServerEvent::ItemAdded`].
        previous_item_id: Option<String>,
        /// The user item.
        item_id: String,
    },
    /// The input buffer was emptied.
    #[serde(rename = "input_audio_buffer.cleared")]
    InputCleared {},
    /// The user began to speak.
    #[serde(rename = "input_audio_buffer.speech_started")]
    SpeechStarted {
        /// Where in the session's sound, padding included.
        audio_start_ms: u64,
        /// The user item that this will become.
        item_id: String,
    },
    /// The user stopped speaking.
    #[serde(rename = "input_audio_buffer.speech_stopped")]
    SpeechStopped {
        /// Where in the session's sound.
        audio_end_ms: u64,
        /// The user item that this will become.
        item_id: String,
    },
    /// Nobody spoke for `idle_timeout_ms`: the silence became a user item.
    #[serde(rename = "input_audio_buffer.timeout_triggered")]
    TimeoutTriggered {
        /// Where the silence began.
        audio_start_ms: u64,
        /// Where it ended.
        audio_end_ms: u64,
        /// The user item.
        item_id: String,
    },

    /// The server began to play a response (WebRTC).
    #[serde(rename = "output_audio_buffer.started")]
    OutputStarted {
        /// Which.
        response_id: String,
    },
    /// All of a response was played (WebRTC).
    #[serde(rename = "output_audio_buffer.stopped")]
    OutputStopped {
        /// Which.
        response_id: String,
    },
    /// What was not played yet of a response was thrown away (WebRTC).
    #[serde(rename = "output_audio_buffer.cleared")]
    OutputCleared {
        /// Which.
        response_id: String,
    },

    /// A response began.
    #[serde(rename = "response.created")]
    ResponseCreated {
        /// The response, still empty.
        response: Box<Response>,
    },
    /// A response ended. Always sent, whatever happened.
    #[serde(rename = "response.done")]
    ResponseDone {
        /// The whole response.
        response: Box<Response>,
    },
    /// An item of a response began.
    #[serde(rename = "response.output_item.added")]
    OutputItemAdded {
        /// The response.
        response_id: String,
        /// The item's place in its output.
        output_index: u32,
        /// The item, still empty.
        item: Arc<Item>,
    },
    /// An item of a response is finished.
    #[serde(rename = "response.output_item.done")]
    OutputItemDone {
        /// The response.
        response_id: String,
        /// The item's place in its output.
        output_index: u32,
        /// The whole item.
        item: Arc<Item>,
    },
    /// A content part began.
    #[serde(rename = "response.content_part.added")]
    ContentPartAdded {
        /// Which.
        #[serde(flatten)]
        ids: Arc<PartIds>,
        /// The part, still empty.
        part: Part,
    },
    /// A content part is finished.
    #[serde(rename = "response.content_part.done")]
    ContentPartDone {
        /// Which.
        #[serde(flatten)]
        ids: Arc<PartIds>,
        /// The whole part.
        part: Part,
    },
    /// More written words.
    #[serde(rename = "response.output_text.delta")]
    OutputTextDelta {
        /// Which part.
        #[serde(flatten)]
        ids: Arc<PartIds>,
        /// What is added.
        delta: String,
    },
    /// The written words are complete.
    #[serde(rename = "response.output_text.done")]
    OutputTextDone {
        /// Which part.
        #[serde(flatten)]
        ids: Arc<PartIds>,
        /// All of them.
        text: String,
    },
    /// More sound (WebSocket). The server sends it as
    /// [`ToClient::Audio`](crate::link::ToClient::Audio), which needs no copy of its own; this
    /// variant is for whoever reads.
    #[serde(rename = "response.output_audio.delta")]
    OutputAudioDelta {
        /// Which part.
        #[serde(flatten)]
        ids: Arc<PartIds>,
        /// Samples in the session's output format, as base64.
        delta: String,
    },
    /// The sound is complete.
    #[serde(rename = "response.output_audio.done")]
    OutputAudioDone {
        /// Which part.
        #[serde(flatten)]
        ids: Arc<PartIds>,
    },
    /// More of the words that are spoken.
    #[serde(rename = "response.output_audio_transcript.delta")]
    OutputTranscriptDelta {
        /// Which part.
        #[serde(flatten)]
        ids: Arc<PartIds>,
        /// What is added.
        delta: String,
    },
    /// The words that are spoken are complete.
    #[serde(rename = "response.output_audio_transcript.done")]
    OutputTranscriptDone {
        /// Which part.
        #[serde(flatten)]
        ids: Arc<PartIds>,
        /// All of them.
        transcript: String,
    },
    /// More of a call's arguments.
    #[serde(rename = "response.function_call_arguments.delta")]
    ArgumentsDelta {
        /// The response.
        response_id: String,
        /// The item.
        item_id: String,
        /// Its place in the response's output.
        output_index: u32,
        /// The call.
        call_id: String,
        /// What is added.
        delta: String,
    },
    /// A call's arguments are complete.
    #[serde(rename = "response.function_call_arguments.done")]
    ArgumentsDone {
        /// The response.
        response_id: String,
        /// The item.
        item_id: String,
        /// Its place in the response's output.
        output_index: u32,
        /// The call.
        call_id: String,
        /// The function.
        name: String,
        /// JSON text.
        arguments: String,
    },

    /// What the client may still ask for.
    #[serde(rename = "rate_limits.updated")]
    RateLimitsUpdated {
        /// Each limit.
        rate_limits: Vec<RateLimit>,
    },

    /// Whose turn it is (our own).
    #[serde(rename = "praxiloom.turn")]
    Turn(own::Turn),
    /// What is understood while the coach speaks (our own).
    #[serde(rename = "praxiloom.caption")]
    Caption(own::Caption),
    /// What the listener has heard so far (our own).
    #[serde(rename = "praxiloom.heard")]
    Heard(own::Heard),
    /// How long each step of a turn took (our own).
    #[serde(rename = "praxiloom.latency")]
    Latency(own::Latency),
    /// The session goes on after its connection was cut (our own).
    #[serde(rename = "praxiloom.session.resumed")]
    Resumed(own::Resumed),
    /// Who does the work (our own).
    #[serde(rename = "praxiloom.engines")]
    Engines(own::Engines),
    /// Something the coach should know (our own).
    #[serde(rename = "praxiloom.notice")]
    Notice(own::Notice),
}

/// A conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "object", rename = "realtime.conversation")]
pub struct Conversation {
    /// `conv_…`
    pub id: String,
}

#[derive(Serialize)]
struct Sent<'a> {
    event_id: &'a str,
    #[serde(flatten)]
    event: &'a ServerEvent,
}

impl ServerEvent {
    /// The event as JSON text, under the id `event_id`.
    ///
    /// # Errors
    /// If a value has no form in JSON, which no value of these types does.
    pub fn to_json(&self, event_id: &str) -> Result<String, serde_json::Error> {
        serde_json::to_string(&Sent {
            event_id,
            event: self,
        })
    }

    /// Whether it is one of our own, sent only to clients that asked for them.
    #[must_use]
    pub const fn is_own(&self) -> bool {
        matches!(
            self,
            Self::Turn(_)
                | Self::Caption(_)
                | Self::Heard(_)
                | Self::Latency(_)
                | Self::Resumed(_)
                | Self::Engines(_)
                | Self::Notice(_)
        )
    }
}

#[cfg(test)]
mod tests;
