//! What a client sends.
//!
//! Every type here can be written down and read again exactly (serde), for whoever keeps what was
//! sent. That form is no part of the protocol: the wire is read by [`parse`](mod@super::parse).

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::audio::{AudioFormat, Voice};
use super::item::NewItem;
use super::session::{MaxTokens, Modality, Prompt, Reasoning, Tool, ToolChoice};
use super::update::SessionUpdate;

/// An event from a client.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClientEvent {
    /// The client's id of it, repeated in an error that answers it.
    pub event_id: Option<String>,
    /// What it asks for.
    pub kind: ClientEventKind,
}

/// What a client asks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientEventKind {
    /// `session.update`: change the session.
    SessionUpdate(Box<SessionUpdate>),
    /// `input_audio_buffer.append`: sound, decoded from base64, in the session's input format.
    /// A link hands it on as [`FromClient::Audio`](crate::link::FromClient::Audio).
    AppendInput(#[serde(with = "super::base64")] Bytes),
    /// `input_audio_buffer.commit`: make a user item of what is in the buffer.
    CommitInput,
    /// `input_audio_buffer.clear`: empty the buffer.
    ClearInput,
    /// `output_audio_buffer.clear`: stop playing (WebRTC).
    ClearOutput,
    /// `conversation.item.create`: put an item into the conversation.
    CreateItem {
        /// The item.
        item: Box<NewItem>,
        /// Where.
        place: Place,
    },
    /// `conversation.item.retrieve`: send an item.
    RetrieveItem {
        /// Which.
        item_id: String,
    },
    /// `conversation.item.truncate`: forget what was not heard of an item.
    TruncateItem {
        /// Which.
        item_id: String,
        /// Its content part.
        content_index: u32,
        /// Milliseconds of its sound that were heard.
        audio_end_ms: u64,
    },
    /// `conversation.item.delete`: forget an item.
    DeleteItem {
        /// Which.
        item_id: String,
    },
    /// `response.create`: answer.
    CreateResponse(Box<ResponseParams>),
    /// `response.cancel`: stop answering.
    CancelResponse {
        /// Which response; the one of the conversation if absent.
        response_id: Option<String>,
    },
    /// `praxiloom.turn.hold` (our own): the coach corrects what was understood; do not answer yet.
    HoldTurn {
        /// The user item.
        item_id: String,
    },
    /// `praxiloom.turn.correct` (our own): these were the words; answer them.
    CorrectTurn {
        /// The user item.
        item_id: String,
        /// The words.
        transcript: String,
    },
    /// `praxiloom.turn.release` (our own): nothing to correct after all; answer.
    ReleaseTurn {
        /// The user item.
        item_id: String,
    },
}

/// Where an item goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// At the end.
    End,
    /// At the front (`previous_item_id: "root"`).
    Front,
    /// After this item.
    After(String),
}

/// What `response.create` changes for one response. What is absent is as in the session.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ResponseParams {
    /// What the model is told before anything else.
    pub instructions: Option<String>,
    /// Spoken or written.
    pub output_modalities: Option<Modality>,
    /// How samples are written.
    pub format: Option<AudioFormat>,
    /// Whose voice.
    pub voice: Option<Voice>,
    /// Functions that the model may call.
    pub tools: Option<Vec<Tool>>,
    /// Whether and which it must call.
    pub tool_choice: Option<ToolChoice>,
    /// The longest it may be.
    pub max_output_tokens: Option<MaxTokens>,
    /// Whether it belongs to the conversation (`conversation: "auto"`) or stands beside it
    /// (`"none"`).
    pub out_of_band: bool,
    /// What the model sees in place of the conversation; an empty list is nothing at all.
    pub input: Option<Vec<InputItem>>,
    /// What the client attaches to it.
    pub metadata: Option<BTreeMap<String, String>>,
    /// A stored prompt.
    pub prompt: Option<Prompt>,
    /// Whether the model may call several functions at once.
    pub parallel_tool_calls: Option<bool>,
    /// How long a reasoning model may think.
    pub reasoning: Option<Reasoning>,
}

/// One thing that the model sees in place of the conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InputItem {
    /// An item of the conversation (`item_reference`).
    Reference(String),
    /// An item of its own.
    New(NewItem),
}
