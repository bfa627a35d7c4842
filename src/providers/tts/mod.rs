//! Text to speech: the streaming shape that every voice has.
//!
//! # Text
//!
//! A sentence is plain text. Markdown and emoji are not read out. `[pause 1200]` is an authored
//! silence of 1200 ms (at most 10 000) at that place; it is part of the sound, so the times of the
//! words after it include it. Text of 16 KiB and more is refused.
//!
//! # Order
//!
//! Every sentence that is said and not cancelled ends in exactly one `Done` or `Failed`; nothing
//! of it comes after that, and nothing of the next sentence before. A sentence without anything to
//! read gives `Done` alone. A cancelled sentence gets neither, and what was sent before the cancel
//! took effect still stands in the queue, ahead of any later sentence.

pub mod cloud;
pub mod espeak;
pub mod fallback;
pub mod flite;
pub mod local;
#[cfg(feature = "sherpa")]
pub mod sherpa;
pub mod standin;

mod level;
mod piece;
mod stream;
mod text;

use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use super::{EngineInfo, ProviderError};
use crate::disclosure::Witness;

/// Sample rate of every voice, in hertz.
pub const RATE: u32 = 24_000;

/// How many chunks may wait between a voice and the session.
pub const QUEUE: usize = 64;

/// A voice engine.
pub trait TextToSpeech: Send + Sync + 'static {
    /// What it is.
    fn info(&self) -> EngineInfo;

    /// The voices it has.
    fn voices(&self) -> Vec<Voice>;

    /// A session with this request may be about to begin: opens what it would otherwise wait for, in
    /// the background and within bounds of its own, however often this is said. Whether that
    /// worked is not told: opening the stream will tell. Belongs into a tokio runtime.
    fn warm(&self, _request: &VoiceRequest) {}

    /// Opens a stream for one session.
    fn open(&self, request: VoiceRequest) -> BoxFuture<'_, Result<Speaking, ProviderError>>;
}

/// A voice that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voice {
    /// Its name in the configuration and on the wire (`session.audio.output.voice`).
    pub name: String,
    /// BCP 47 language.
    pub language: String,
    /// What it sounds like, in a few words.
    pub description: String,
}

/// How a session wants to be spoken to.
#[derive(Clone, Debug)]
pub struct VoiceRequest {
    /// Name of the voice; an unknown one falls back to the engine's first.
    pub voice: String,
    /// BCP 47 language; `None` for English.
    pub language: Option<String>,
    /// 1.0 is the voice's own pace; 0.25 to 1.5.
    pub speed: f32,
    /// Learns what of the words leaves this machine.
    pub witness: Witness,
}

impl VoiceRequest {
    /// The pace asked for, within what a voice can do.
    #[must_use]
    pub fn pace(&self) -> f32 {
        if self.speed.is_finite() {
            self.speed.clamp(0.25, 1.5)
        } else {
            1.0
        }
    }
}

/// An open stream. Dropping `input` ends it at once, also in the middle of a sentence; so does
/// dropping `output`.
#[derive(Debug)]
pub struct Speaking {
    /// Sentences in.
    pub input: mpsc::Sender<SpeakInput>,
    /// Sound out.
    pub output: mpsc::Receiver<SpeakOutput>,
}

/// What goes into a voice.
#[derive(Clone, Debug)]
pub enum SpeakInput {
    /// Speak a sentence. Sentences are spoken in the order they come.
    Say {
        /// Names the sentence; ascending within a session.
        sentence: u64,
        /// What to say.
        text: String,
    },
    /// Drop every sentence up to and including this one, even in the middle of it.
    Cancel {
        /// The last sentence to drop.
        through: u64,
    },
}

/// What comes out of a voice.
#[derive(Clone, Debug)]
pub enum SpeakOutput {
    /// Sound of a sentence: mono at [`RATE`].
    Audio {
        /// The sentence.
        sentence: u64,
        /// Samples.
        samples: Box<[i16]>,
    },
    /// When words of a sentence are spoken. May come before or after their sound, in order.
    Words {
        /// The sentence.
        sentence: u64,
        /// The words, as they stand in the text.
        words: Vec<SpokenWord>,
    },
    /// The voice failed, and another speaks from this sentence on. Comes before its first sound.
    StoodIn {
        /// The sentence.
        sentence: u64,
        /// Why the voice before could not go on.
        error: ProviderError,
    },
    /// The voice that was asked for first speaks again, from this sentence on. Comes before its first
    /// sound.
    Back {
        /// The sentence.
        sentence: u64,
    },
    /// The sentence is complete. Follows its last sound and words.
    Done {
        /// The sentence.
        sentence: u64,
    },
    /// The sentence could not be spoken (to its end).
    Failed {
        /// The sentence.
        sentence: u64,
        /// Why.
        error: ProviderError,
    },
}

/// A word and when it is spoken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpokenWord {
    /// Where the word (with the punctuation that follows it) stands in the sentence's text, in
    /// bytes.
    pub text: std::ops::Range<usize>,
    /// First sample, counted from the beginning of the sentence at [`RATE`].
    pub start: u64,
    /// Sample after the last.
    pub end: u64,
}
