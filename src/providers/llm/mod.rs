//! Language model: the streaming shape that every model has.

pub mod anthropic;
pub mod chat;
pub mod fallback;
pub mod responses;
pub mod sse;
pub mod standin;
pub mod thoughts;

mod attempts;
mod fault;
mod observed;
mod server;
mod tokens;

use futures::future::BoxFuture;
use futures::stream::BoxStream;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use attempts::Attempts;
pub use server::ModelSettings;

use super::{EngineInfo, ProviderError};
use crate::disclosure::Witness;

/// Tokens as they come. Dropping the stream cancels the request.
///
/// The stream ends with one `End` or one error, and nothing follows either.
pub type Tokens = BoxStream<'static, Result<Token, ProviderError>>;

/// A language model.
pub trait LanguageModel: Send + Sync + 'static {
    /// What it is.
    fn info(&self) -> EngineInfo;

    /// Readies what the first question would otherwise wait for, such as a connection. Whether
    /// that worked is not told: the question will tell.
    fn warm(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {})
    }

    /// Whether asking again with a prompt of which this came would ask another than those that
    /// failed at it.
    fn has_another(&self, _came: &Attempts) -> bool {
        false
    }

    /// Asks for the next message.
    fn respond(&self, prompt: Prompt) -> BoxFuture<'_, Result<Tokens, ProviderError>>;
}

/// What a model is asked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Prompt {
    /// Who it is and how it speaks.
    pub system: String,
    /// The conversation so far, oldest first.
    pub messages: Vec<Message>,
    /// What holds for this answer only, such as a mood. Apart from `system`, so that a vendor who
    /// keeps the beginning of a request need not read it again.
    pub now: String,
    /// Functions it may call.
    pub tools: Vec<Tool>,
    /// Whether and which it must call, as it stands on the wire.
    pub tool_choice: Option<Value>,
    /// Longest answer in tokens.
    pub max_tokens: Option<u32>,
    /// Learns what of it leaves this machine.
    pub witness: Witness,
    /// What came of it so far.
    pub attempts: Attempts,
}

impl Prompt {
    /// Who it is and what holds for this answer, in one text.
    #[must_use]
    pub fn instructions(&self) -> String {
        let parts = [self.system.as_str(), self.now.as_str()];
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        parts.join("\n\n")
    }

    /// How many characters of words it has.
    #[must_use]
    pub fn characters(&self) -> u64 {
        let messages = self.messages.iter().map(|message| match message {
            Message::System(text) | Message::User(text) | Message::Assistant(text) => text,
            Message::Call { arguments, .. } => arguments,
            Message::CallOutput { output, .. } => output,
        });
        let texts = messages.chain([&self.system, &self.now]);
        texts.map(|text| text.chars().count() as u64).sum()
    }
}

/// One message of the conversation.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// An instruction in mid-conversation.
    System(String),
    /// What the coach said.
    User(String),
    /// What the client was heard to say.
    Assistant(String),
    /// A function that the model called.
    Call {
        /// Names the call.
        call_id: String,
        /// The function.
        name: String,
        /// JSON text.
        arguments: String,
    },
    /// What the function gave.
    CallOutput {
        /// The call.
        call_id: String,
        /// The result.
        output: String,
    },
}

/// A function that the model may call.
#[derive(Clone, Debug, PartialEq)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// When to use it.
    pub description: Option<String>,
    /// JSON schema of its arguments.
    pub parameters: Value,
}

/// A piece of an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Token {
    /// Another model answers than the first one that is configured. Comes before anything else.
    StoodIn {
        /// Why the first one does not.
        error: ProviderError,
    },
    /// Text to speak.
    Text(String),
    /// A call begins. Its arguments follow.
    Call {
        /// Names the call.
        call_id: String,
        /// The function.
        name: String,
    },
    /// More of the arguments of a call.
    Arguments {
        /// The call.
        call_id: String,
        /// JSON text, in pieces.
        delta: String,
    },
    /// The answer is complete; nothing follows.
    End {
        /// Why it ended.
        finish: Finish,
        /// What it cost, if the model said so.
        usage: Option<Usage>,
    },
}

/// Why an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finish {
    /// It was complete.
    Stop,
    /// It reached the longest length allowed.
    Length,
    /// It was withheld, or the model refused. What the model says about that is not a token.
    Filtered,
}

/// Tokens that an answer cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Read.
    pub input: u64,
    /// Of those, from a cache.
    pub cached: u64,
    /// Written.
    pub output: u64,
}
