//! What a conversation is made of: items and their content.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// An item of the conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "object", rename = "realtime.item")]
pub struct Item {
    /// `item_…`, or what the client chose.
    pub id: String,
    /// Whether it is finished.
    pub status: ItemStatus,
    /// What it is.
    #[serde(flatten)]
    pub kind: ItemKind,
}

/// Whether an item is finished.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemStatus {
    /// It is whole.
    Completed,
    /// It is being made.
    InProgress,
    /// It was cut short.
    Incomplete,
}

/// What an item is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ItemKind {
    /// Somebody said or wrote something.
    Message {
        /// Who.
        role: Role,
        /// What.
        content: Vec<Content>,
    },
    /// The model called a function.
    FunctionCall {
        /// The function.
        name: String,
        /// Names the call.
        call_id: String,
        /// JSON text.
        arguments: String,
    },
    /// What the function gave.
    FunctionCallOutput {
        /// The call.
        call_id: String,
        /// The result.
        output: String,
    },
}

/// Who said or wrote a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// An instruction in mid-conversation.
    System,
    /// The person at the microphone: the coach.
    User,
    /// The model: the coach's client.
    Assistant,
}

/// A piece of a message, under the names that items use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Content {
    /// Written by the user or the system.
    InputText {
        /// The words.
        text: String,
    },
    /// Spoken by the user.
    InputAudio {
        /// Samples in the session's input format; absent unless somebody gave or asked for them.
        #[serde(
            default,
            skip_serializing_if = "Option::is_none",
            with = "super::base64::option"
        )]
        audio: Option<Bytes>,
        /// What was understood; `null` on the wire until it is known (clients need the key).
        #[serde(default)]
        transcript: Option<String>,
    },
    /// Shown by the user.
    InputImage {
        /// A `data:` URL.
        image_url: String,
        /// How closely to look.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        detail: Option<String>,
    },
    /// Written by the model.
    OutputText {
        /// The words.
        text: String,
    },
    /// Spoken by the model.
    OutputAudio {
        /// Samples in the session's output format; absent unless asked for.
        #[serde(
            default,
            skip_serializing_if = "Option::is_none",
            with = "super::base64::option"
        )]
        audio: Option<Bytes>,
        /// The words; absent where a truncation dropped them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        transcript: Option<String>,
    },
}

/// A content part of a response, under the names that `response.content_part.*` uses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Part {
    /// Spoken. In an item it is [`Content::OutputAudio`].
    Audio {
        /// The words.
        transcript: String,
    },
    /// Written. In an item it is [`Content::OutputText`].
    Text {
        /// The words.
        text: String,
    },
}

/// An item that a client gives. The id may be the client's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewItem {
    /// The client's id, if it chose one.
    pub id: Option<String>,
    /// Whether it is finished, if the client said so.
    pub status: Option<ItemStatus>,
    /// What it is.
    pub kind: ItemKind,
}

impl NewItem {
    /// The item under `id` unless the client chose one.
    #[must_use]
    pub fn into_item(self, id: impl FnOnce() -> String) -> Item {
        Item {
            id: self.id.unwrap_or_else(id),
            status: self.status.unwrap_or(ItemStatus::Completed),
            kind: self.kind,
        }
    }
}
