//! What the recogniser knows of a session's voice.

use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, PoisonError};

use super::ffi::Cepstrum;
use super::words::Expected;
use crate::providers::stt::local;

/// A mean over fewer steps (10 ms) than this is not trusted: the next segment primes again.
const TRUSTED: i32 = 100;
/// A mean counts as at most this many steps, so that a moved microphone is followed.
const MEMORY: i32 = 500;

/// A stretch of speech with the voice that it belongs to.
pub(super) type Segment = local::Segment<Voice>;

/// A session's voice, shared by its segments.
#[derive(Debug)]
pub(super) struct Voice {
    pub expected: Vec<Expected>,
    /// A decoder is at work on one of its segments; they are decoded one after the other.
    pub busy: AtomicBool,
    cepstrum: Mutex<Option<Cepstrum>>,
}

impl Voice {
    pub(super) fn new(expected: Vec<Expected>) -> Self {
        Self {
            expected,
            busy: AtomicBool::new(false),
            cepstrum: Mutex::new(None),
        }
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
}
