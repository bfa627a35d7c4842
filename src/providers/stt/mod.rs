//! Speech to text: the streaming shape that every recogniser has.

pub mod cloud;
#[cfg(test)]
pub(crate) mod conformance;
pub mod fallback;
mod local;
pub mod pocketsphinx;
pub mod punctuate;
#[cfg(feature = "sherpa")]
pub mod sherpa;
pub mod standin;

use futures::future::BoxFuture;
use media::Position;
use tokio::sync::mpsc;

use super::{EngineInfo, ProviderError};
use crate::disclosure::Witness;

/// How many frames (20 ms) may wait for a recogniser before the session drops the oldest.
pub const QUEUE: usize = 512;

/// A recogniser that listens to one speaker at a time per stream.
pub trait SpeechToText: Send + Sync + 'static {
    /// What it is.
    fn info(&self) -> EngineInfo;

    /// A session with this request may be about to begin: opens what it would otherwise wait for, in
    /// the background and within bounds of its own, however often this is said. Whether that
    /// worked is not told: opening the stream will tell. Belongs into a tokio runtime.
    fn warm(&self, _request: &ListenRequest) {}

    /// Opens a stream for one speaker, for a whole session.
    fn open(&self, request: ListenRequest) -> BoxFuture<'_, Result<Listening, ProviderError>>;
}

/// What a recogniser is told when a session begins.
#[derive(Clone, Debug, Default)]
pub struct ListenRequest {
    /// BCP 47 language; `None` for English.
    pub language: Option<String>,
    /// Words to expect, such as the client's name.
    pub expect: Vec<String>,
    /// Learns what of the sound leaves this machine.
    pub witness: Witness,
    /// Whether another recogniser takes over if this one fails. One that has nobody behind it is given
    /// more time to come back.
    pub has_stand_in: bool,
}

/// An open stream. Dropping `input` ends it.
#[derive(Debug)]
pub struct Listening {
    /// Audio and markers in.
    pub input: mpsc::Sender<ListenInput>,
    /// Transcripts out.
    pub output: mpsc::Receiver<ListenOutput>,
}

/// What goes into a recogniser.
///
/// Audio is continuous; segments mark where somebody speaks. A recogniser that finds speech by
/// itself uses the markers as hints; one that does not (the local one) decodes segments only and
/// keeps the last two seconds, since a segment begins before the marker arrives.
#[derive(Clone, Debug)]
pub enum ListenInput {
    /// The next 20 ms: 320 samples at 16 kHz, whose first sample stands at `at`.
    Audio {
        /// Position of the first sample.
        at: Position,
        /// Samples.
        samples: Box<[i16]>,
    },
    /// Somebody began to speak at `from` (with its padding), which lies in the past.
    Begin {
        /// Names the segment; ascending within a session.
        segment: u64,
        /// Where it begins.
        from: Position,
    },
    /// The segment ended at `to`: its final transcript is wanted now.
    End {
        /// The segment.
        segment: u64,
        /// Where it ends.
        to: Position,
    },
    /// The segment was no speech after all: forget it, answer nothing.
    Discard {
        /// The segment.
        segment: u64,
    },
}

/// What comes out of a recogniser.
#[derive(Clone, Debug)]
pub enum ListenOutput {
    /// What was understood so far; replaces the partial before it.
    Partial {
        /// The segment.
        segment: u64,
        /// The words.
        transcript: Transcript,
    },
    /// What was understood, for good. Exactly one for every segment that was ended.
    Final {
        /// The segment.
        segment: u64,
        /// The words.
        transcript: Transcript,
    },
    /// The segment could not be transcribed; no final follows for it.
    Failed {
        /// The segment.
        segment: u64,
        /// Why.
        error: ProviderError,
    },
    /// The engine believes that the speaker has finished with this segment, not only paused. A
    /// hint, from engines that judge that: it may come before or after the final, or not at all.
    EndOfTurn {
        /// The segment.
        segment: u64,
        /// How sure it is, 0 to 1.
        confidence: f32,
    },
    /// The engine failed, and another listens from here on, also to what is not answered yet.
    StoodIn {
        /// Why the one before could not go on.
        error: ProviderError,
        /// Who listens now.
        by: String,
    },
    /// The engine that was asked for first, or one before this, listens again, and understands what
    /// follows.
    Back {
        /// Who.
        by: String,
        /// Whether that is the one that was asked for first.
        first: bool,
    },
    /// The stream cannot go on: nothing follows, and segments that were ended are not answered.
    Lost {
        /// Why.
        error: ProviderError,
    },
}

/// Words with their times.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Transcript {
    /// The words in order.
    pub words: Vec<Word>,
    /// How many of them, from the first, no later partial will revise. A final may, since it
    /// hears the whole segment; all of its own words are stable.
    pub stable: usize,
}

impl Transcript {
    /// The words as one line.
    #[must_use]
    pub fn text(&self) -> String {
        let words: Vec<&str> = self.words.iter().map(|word| word.text.as_str()).collect();
        words.join(" ")
    }
}

/// One word that was heard.
#[derive(Clone, Debug, PartialEq)]
pub struct Word {
    /// The word, with punctuation if the engine gives any.
    pub text: String,
    /// Where it begins on the session's timeline.
    pub start: Position,
    /// Where it ends.
    pub end: Position,
    /// How sure the engine is, 0 to 1.
    pub confidence: f32,
}
