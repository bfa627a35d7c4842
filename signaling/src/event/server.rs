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
use super::response::Response;
use super::session::Session;
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

/// How sure a speech engine is of a token.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogProb {
    /// The token.
    pub token: String,
    /// Natural logarithm of its probability.
    pub logprob: f64,
    /// Its UTF-8 bytes.
    pub bytes: Vec<u8>,
}

/// What a transcription cost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum TranscriptionUsage {
    /// By length.
    Duration {
        /// Seconds of sound.
        seconds: f64,
    },
    /// By tokens.
    Tokens {
        /// Both together.
        total_tokens: u64,
        /// Heard.
        input_tokens: u64,
        /// Written.
        output_tokens: u64,
        /// What was heard. Clients refuse the event without it.
        input_token_details: TranscriptionTokens,
    },
}

/// What a transcription heard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TranscriptionTokens {
    /// The prompt.
    pub text_tokens: u64,
    /// The sound.
    pub audio_tokens: u64,
}

/// What the client may still ask for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RateLimit {
    /// `requests` or `tokens`.
    pub name: RateLimitName,
    /// How many in all.
    pub limit: u64,
    /// How many are left.
    pub remaining: u64,
    /// When all are back.
    pub reset_seconds: f64,
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RateLimitName {
    /// Responses.
    Requests,
    /// Tokens.
    Tokens,
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
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::event::{Content, ItemKind, ItemStatus, Role};

    fn wire(event: &ServerEvent) -> Value {
        let text = event.to_json("event_1").unwrap();
        let back: ServerEvent = serde_json::from_str(&text).unwrap();
        assert_eq!(&back, event);
        serde_json::from_str(&text).unwrap()
    }

    fn part() -> Arc<PartIds> {
        Arc::new(PartIds {
            response_id: "resp_1".to_owned(),
            item_id: "item_2".to_owned(),
            output_index: 0,
            content_index: 0,
        })
    }

    #[test]
    fn a_session_is_echoed_whole_with_its_defaults() {
        let session = Session::new("sess_1", "praxiloom", "slt", 1_800_000_000);
        let event = ServerEvent::SessionCreated {
            session: Box::new(session),
        };
        assert_eq!(
            wire(&event),
            json!({
                "event_id": "event_1",
                "type": "session.created",
                "session": {
                    "type": "realtime",
                    "object": "realtime.session",
                    "id": "sess_1",
                    "model": "praxiloom",
                    "instructions": "",
                    "output_modalities": ["audio"],
                    "audio": {
                        "input": {
                            "format": {"type": "audio/pcm", "rate": 24000},
                            "transcription": null,
                            "noise_reduction": null,
                            "turn_detection": {
                                "type": "server_vad",
                                "threshold": 0.5,
                                "prefix_padding_ms": 300,
                                "silence_duration_ms": 500,
                                "create_response": true,
                                "interrupt_response": true,
                                "idle_timeout_ms": null,
                            },
                        },
                        "output": {
                            "format": {"type": "audio/pcm", "rate": 24000},
                            "voice": "slt",
                            "speed": 1.0,
                        },
                    },
                    "tools": [],
                    "tool_choice": "auto",
                    "max_output_tokens": "inf",
                    "truncation": "auto",
                    "tracing": null,
                    "prompt": null,
                    "include": null,
                    "expires_at": 1_800_000_000,
                },
            })
        );
    }

    #[test]
    fn an_item_keeps_the_keys_that_clients_need_and_omits_the_rest() {
        let item = Item {
            id: "item_1".to_owned(),
            status: ItemStatus::Completed,
            kind: ItemKind::Message {
                role: Role::User,
                content: vec![Content::InputAudio {
                    audio: None,
                    transcript: None,
                }],
            },
        };
        let event = ServerEvent::ItemAdded {
            previous_item_id: None,
            item: Arc::new(item),
        };
        assert_eq!(
            wire(&event),
            json!({
                "event_id": "event_1",
                "type": "conversation.item.added",
                "previous_item_id": null,
                "item": {
                    "object": "realtime.item",
                    "id": "item_1",
                    "status": "completed",
                    "type": "message",
                    "role": "user",
                    "content": [{"type": "input_audio", "transcript": null}],
                },
            })
        );
    }

    #[test]
    fn a_part_stands_beside_its_ids_and_an_empty_event_is_only_its_type() {
        let part = ServerEvent::ContentPartAdded {
            ids: part(),
            part: Part::Audio {
                transcript: String::new(),
            },
        };
        assert_eq!(
            wire(&part),
            json!({
                "event_id": "event_1",
                "type": "response.content_part.added",
                "response_id": "resp_1",
                "item_id": "item_2",
                "output_index": 0,
                "content_index": 0,
                "part": {"type": "audio", "transcript": ""},
            })
        );
        assert_eq!(
            wire(&ServerEvent::InputCleared {}),
            json!({"event_id": "event_1", "type": "input_audio_buffer.cleared"})
        );
    }

    #[test]
    fn an_error_omits_what_it_does_not_say() {
        let error = ErrorBody::no_active_response().for_event(Some("mine".to_owned()));
        assert_eq!(
            wire(&ServerEvent::Error { error }),
            json!({
                "event_id": "event_1",
                "type": "error",
                "error": {
                    "type": "invalid_request_error",
                    "code": "response_cancel_not_active",
                    "message": "Cancellation failed: no active response found.",
                    "event_id": "mine",
                },
            })
        );
    }
}
