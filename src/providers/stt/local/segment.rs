//! One stretch of speech on its way through an engine, and the speaker that it belongs to.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::Receiver;

use media::Position;
use tokio::sync::mpsc;

use super::settling::Settling;
use crate::providers::ProviderError;
use crate::providers::stt::{ListenOutput, Transcript, Word};

/// Who speaks in a session, shared by their segments.
#[derive(Debug)]
pub(in crate::providers::stt) struct Speaker<V> {
    /// What the engine knows of the voice.
    pub voice: V,
    output: mpsc::Sender<ListenOutput>,
    /// Segments that wait or are decoded.
    open: AtomicUsize,
}

impl<V> Speaker<V> {
    pub(in crate::providers::stt) fn new(voice: V, output: mpsc::Sender<ListenOutput>) -> Self {
        Self {
            voice,
            output,
            open: AtomicUsize::new(0),
        }
    }

    /// Segments that wait or are decoded.
    pub(super) fn open(&self) -> usize {
        self.open.load(Ordering::Acquire)
    }

    /// Nobody reads the answers any more.
    pub(in crate::providers::stt) fn is_gone(&self) -> bool {
        self.output.is_closed()
    }

    /// Sends a final or a failure. The queue keeps half its room for these; a session that lets
    /// even that fill up has stopped listening.
    pub(in crate::providers::stt) fn answer(&self, output: ListenOutput) {
        if let Err(mpsc::error::TrySendError::Full(_)) = self.output.try_send(output) {
            tracing::warn!("a session does not read its transcripts: one is lost");
        }
    }

    /// Sends a partial if there is room for it: the next one replaces it anyway.
    pub(in crate::providers::stt) fn hint(&self, output: ListenOutput) {
        if self.output.capacity() > self.output.max_capacity() / 2 {
            // Full or closed: nothing is lost that the final does not bring.
            let _ = self.output.try_send(output);
        }
    }
}

/// What a segment is fed.
#[derive(Debug)]
pub(in crate::providers::stt) enum Feed {
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
pub(in crate::providers::stt) struct Segment<V> {
    pub speaker: Arc<Speaker<V>>,
    pub id: u64,
    pub feed: Receiver<Feed>,
    pub settling: Settling,
    /// What decoders understood before they handed it on.
    pub earlier: Vec<Word>,
}

impl<V> Segment<V> {
    pub(super) fn new(speaker: Arc<Speaker<V>>, id: u64, feed: Receiver<Feed>) -> Self {
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
    pub(in crate::providers::stt) fn hint(&mut self, words: Vec<Word>) {
        if let Some(transcript) = self.settling.next(words) {
            self.speaker.hint(ListenOutput::Partial {
                segment: self.id,
                transcript,
            });
        }
    }

    /// Says what was understood, for good.
    pub(in crate::providers::stt) fn answer(&self, words: Vec<Word>) {
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
    pub(in crate::providers::stt) fn fail(&self, error: ProviderError) {
        self.speaker.answer(ListenOutput::Failed {
            segment: self.id,
            error,
        });
    }
}

impl<V> Drop for Segment<V> {
    fn drop(&mut self) {
        self.speaker.open.fetch_sub(1, Ordering::AcqRel);
    }
}
