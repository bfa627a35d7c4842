//! One answer of the AI client, from the request to the end.

mod call;
mod ending;
mod telling;

use std::sync::Arc;
use std::time::Duration;

use media::Position;
use signaling::event::session::Modality;
use signaling::event::{Response, Usage};
use signaling::link::PartIds;

use super::input::Generation;
use super::output::Ask;
use super::speech::Speech;
use crate::archive::inner::Inner;
pub use call::Call;
pub use ending::Ending;

/// An answer that is being prepared or spoken.
#[derive(Debug)]
pub struct Answer {
    /// The attempt.
    pub generation: Generation,
    /// What it was asked with, to tell whether a speculative answer still fits.
    pub ask: Ask,
    /// What the client is told of it.
    pub response: Response,
    /// Whether its item enters the conversation (`conversation: "auto"`).
    pub remembered: bool,
    /// Whether the request was sent to the model yet; it waits for the coach's final words.
    pub asked: bool,
    /// The message item, once it is open.
    pub message: Option<Message>,
    /// What the model has written so far.
    pub text: String,
    /// Functions that the model calls.
    pub calls: Vec<Call>,
    /// Place of the next item among the response's output.
    pub next_index: u32,
    /// Tokens that it cost, if the model said so.
    pub usage: Option<Usage>,
    /// What it sounds like.
    pub speech: Speech,
    /// Whether the model is done, and how it ended.
    pub written: Option<Ending>,
    /// What moved inside the client when it heard what it answers, until that is kept.
    pub inner: Option<Box<Inner>>,
    /// When the coach fell silent, if it answers a spoken turn.
    pub speech_end: Option<Position>,
    /// When an engine last made progress on it.
    pub progress: Position,
    /// Whether the client was told that the voice failed it.
    pub voice_failed: bool,
    /// When it was decided that the turn is over.
    pub decided: Position,
    /// When the first token came.
    pub first_token: Option<Position>,
    /// When the first sound of the voice was produced.
    pub first_audio: Option<Position>,
    /// When the first packet left, be it of silence.
    pub first_packet: Option<Position>,
    /// Whether it was told how long it took until its voice went out.
    pub latency_told: bool,
}

/// The message item of an answer.
#[derive(Debug)]
pub struct Message {
    /// The ids of its one content part.
    pub part: Arc<PartIds>,
    /// The words given out so far.
    pub told: String,
    /// Whether its end was told.
    pub closed: bool,
}

impl Answer {
    /// An answer that nobody was asked for yet.
    #[must_use]
    pub fn new(ask: Ask, response: Response, speech_end: Option<Position>, now: Position) -> Self {
        Self {
            generation: ask.generation,
            ask,
            response,
            remembered: true,
            asked: false,
            message: None,
            text: String::new(),
            calls: Vec::new(),
            next_index: 0,
            usage: None,
            speech: Speech::default(),
            written: None,
            inner: None,
            speech_end,
            progress: now,
            voice_failed: false,
            decided: now,
            first_token: None,
            first_audio: None,
            first_packet: None,
            latency_told: false,
        }
    }

    /// Whether it speaks, rather than writes.
    #[must_use]
    pub fn speaks(&self) -> bool {
        self.response.output_modalities == Modality::Audio
    }

    /// Whether the model is done and all sound was sent.
    #[must_use]
    pub fn finished(&self) -> bool {
        self.written.is_some() && self.speech.unsent() == Some(Duration::ZERO)
    }

    /// How it ends by itself: without any sound it failed if the voice did.
    #[must_use]
    pub fn ending(&self) -> Ending {
        match self.written {
            Some(Ending::Completed) if self.voice_failed && !self.speech.has_sound() => {
                Ending::Failed
            }
            written => written.unwrap_or(Ending::Completed),
        }
    }

    /// The id of its message, once that is open.
    #[must_use]
    pub fn message_id(&self) -> Option<String> {
        let message = self.message.as_ref();
        message.map(|message| message.part.item_id.clone())
    }

    /// When its latency is counted from.
    #[must_use]
    pub fn since(&self) -> Position {
        self.speech_end.unwrap_or(self.decided)
    }

    /// Whether one of its items is still open under this id.
    #[must_use]
    pub fn makes(&self, item_id: &str) -> bool {
        let message = self.message.as_ref();
        message.is_some_and(|message| message.part.item_id == item_id)
            || self.calls.iter().any(|call| call.item_id == item_id)
    }
}
