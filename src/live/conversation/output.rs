//! What comes out of the state machine: everything that the conductor must do.

use std::sync::Arc;

use media::Position;
use signaling::event::session::ToolChoice;
use signaling::event::{ServerEvent, Session};
use signaling::link::{CloseReason, PartIds};

use super::input::Generation;
use crate::archive::event::{Entry, Outcome};
use crate::providers::llm::Tool;

/// Something to do, in the order given.
#[derive(Debug)]
pub enum Output {
    /// Send an event to the client.
    Emit(Box<ServerEvent>),
    /// Tell the recogniser that somebody speaks.
    Begin {
        /// Names the segment.
        segment: u64,
        /// Where it begins, padding included.
        from: Position,
    },
    /// Ask the recogniser for the final words of a segment.
    End {
        /// The segment.
        segment: u64,
        /// Where it ends.
        to: Position,
    },
    /// Tell the recogniser to forget a segment.
    Discard {
        /// The segment.
        segment: u64,
    },
    /// Ask for an answer.
    Generate(Box<Ask>),
    /// Stop preparing an answer.
    CancelGenerate {
        /// The attempt.
        generation: Generation,
    },
    /// Speak a sentence; its sound waits until it is released.
    Say {
        /// Names the sentence.
        sentence: u64,
        /// What to say.
        text: String,
    },
    /// The sound of sentences up to this one belongs to a response that the client knows, and
    /// may be sent.
    Release {
        /// The last sentence released.
        through: u64,
        /// The part that their sound belongs to.
        part: Arc<PartIds>,
    },
    /// Drop the sound of all sentences up to this one, sent to the voice or waiting.
    Silence {
        /// The last sentence dropped.
        through: u64,
    },
    /// Hold the voice back where it is.
    Pause,
    /// Go on where the voice was held back.
    Resume,
    /// The session's configuration changed.
    Configure(Arc<Session>),
    /// Keep this in the archive.
    Record(Box<Entry>),
    /// End the connection.
    Close(CloseReason),
    /// All is settled after [`Input::Leave`](super::Input::Leave). Nothing follows.
    Left,
}

/// What an answer is asked with.
#[derive(Clone, Debug, PartialEq)]
pub struct Ask {
    /// The attempt.
    pub generation: Generation,
    /// Which AI client answers; `None` for the session's instructions alone.
    pub client: Option<String>,
    /// Instructions of the session or of this response.
    pub instructions: String,
    /// The conversation as it was heard.
    pub memory: Vec<Memory>,
    /// Whether the request named its own input instead of the conversation.
    pub fixed: bool,
    /// Functions that may be called.
    pub tools: Vec<Tool>,
    /// Whether and which must be called; `None` leaves it to the model.
    pub tool_choice: Option<ToolChoice>,
    /// Whether it is spoken (sentences are wanted) or written (text is).
    pub speaks: bool,
    /// Longest answer in tokens.
    pub max_tokens: Option<u32>,
}

/// One remembered message: what was said and heard, nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Memory {
    /// An instruction in mid-conversation.
    System(String),
    /// What the coach said.
    Coach(String),
    /// What the client was heard to say.
    Client {
        /// The words.
        text: String,
        /// Whether they were cut off.
        cut: bool,
    },
    /// What became of a silence in which the client thought, or that followed its words.
    Silence(Outcome),
    /// A function was called.
    Call {
        /// Names the call.
        call_id: String,
        /// The function.
        name: String,
        /// JSON text.
        arguments: String,
    },
    /// What it gave.
    CallOutput {
        /// The call.
        call_id: String,
        /// The result.
        output: String,
    },
}
