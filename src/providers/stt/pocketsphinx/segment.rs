//! One stretch of speech on its way through the pool, and the voice that it belongs to.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, PoisonError};

use media::Position;
use tokio::sync::mpsc;

use super::ffi::Cepstrum;
use super::words::{Expected, Settling};
use crate::providers::ProviderError;
use crate::providers::stt::{ListenOutput, Transcript, Word};

/// A mean over fewer steps (10 ms) than this is not trusted: the next segment primes again.
const TRUSTED: i32 = 100;
/// A mean counts as at most this many steps, so that a moved microphone is followed.
const MEMORY: i32 = 500;

/// A session's voice, shared by its segments.
#[derive(Debug)]
pub(super) struct Speaker {
    pub expected: Vec<Expected>,
    output: mpsc::Sender<ListenOutput>,
    /// A decoder is at work on one of its segments; they are decoded one after the other.
    pub busy: AtomicBool,
    /// Segments that wait or are decoded.
    open: AtomicUsize,
    cepstrum: Mutex<Option<Cepstrum>>,
}

impl Speaker {
    pub(super) fn new(expected: Vec<Expected>, output: mpsc::Sender<ListenOutput>) -> Self {
        Self {
            expected,
            output,
            busy: AtomicBool::new(false),
            open: AtomicUsize::new(0),
            cepstrum: Mutex::new(None),
        }
    }

    /// Segments that wait or are decoded.
    pub(super) fn open(&self) -> usize {
        self.open.load(Ordering::Acquire)
    }

    /// Nobody reads the answers any more.
    pub(super) fn is_gone(&self) -> bool {
        self.output.is_closed()
    }

    /// How the voice sounds, if enough of it was heard.
    pub(super) fn cepstrum(&self) -> Option<Cepstrum> {
        let kept = *self.cepstrum.lock().unwrap_or_else(PoisonError::into_inner);
        kept.filter(|cepstrum| cepstrum.steps >= TRUSTED)
    }

    /// Remembers how the voice sounds.
    pub(super) fn keep(&self, cepstrum: Cepstrum) {
        *self.cepstrum.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(cepstrum.lightened(MEMORY));
    }

    /// Sends a final or a failure. The queue keeps half its room for these; a session that lets
    /// even that fill up has stopped listening.
    pub(super) fn answer(&self, output: ListenOutput) {
        if let Err(mpsc::error::TrySendError::Full(_)) = self.output.try_send(output) {
            tracing::warn!("a session does not read its transcripts: one is lost");
        }
    }

    /// Sends a partial if there is room for it: the next one replaces it anyway.
    pub(super) fn hint(&self, output: ListenOutput) {
        if self.output.capacity() > self.output.max_capacity() / 2 {
            // Full or closed: nothing is lost that the final does not bring.
            let _ = self.output.try_send(output);
        }
    }
}

/// What a segment is fed.
#[derive(Debug)]
pub(super) enum Feed {
    /// Further sound at 16 kHz.
    Audio {
        /// Position of the first sample.
        at: Position,
        /// Samples.
        samples: Box<[i16]>,
    },
    /// The segment is complete.
    End {
        /// Where it ends.
        to: Position,
    },
}

/// A segment. Whoever feeds it discards it by closing the feed without an end.
#[derive(Debug)]
pub(super) struct Segment {
    pub speaker: Arc<Speaker>,
    pub id: u64,
    pub feed: Receiver<Feed>,
    pub settling: Settling,
    /// What decoders understood before they handed it on.
    pub earlier: Vec<Word>,
}

impl Segment {
    pub(super) fn new(speaker: Arc<Speaker>, id: u64, feed: Receiver<Feed>) -> Self {
        speaker.open.fetch_add(1, Ordering::AcqRel);
        Self {
            speaker,
            id,
            feed,
            settling: Settling::default(),
            earlier: Vec::new(),
        }
    }

    /// Says what was understood so far, if that is news.
    pub(super) fn hint(&mut self, words: Vec<Word>) {
        if let Some(transcript) = self.settling.next(words) {
            self.speaker.hint(ListenOutput::Partial {
                segment: self.id,
                transcript,
            });
        }
    }

    /// Says what was understood, for good.
    pub(super) fn answer(&self, words: Vec<Word>) {
        let transcript = Transcript {
            stable: words.len(),
            words,
        };
        self.speaker.answer(ListenOutput::Final {
            segment: self.id,
            transcript,
        });
    }

    /// Says that it could not be decoded.
    pub(super) fn fail(&self, error: ProviderError) {
        self.speaker.answer(ListenOutput::Failed {
            segment: self.id,
            error,
        });
    }
}

impl Drop for Segment {
    fn drop(&mut self) {
        self.speaker.open.fetch_sub(1, Ordering::AcqRel);
    }
}
