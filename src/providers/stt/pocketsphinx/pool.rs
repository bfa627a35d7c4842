//! A few decoders on threads of their own, lent to whoever is speaking, first come first served.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;

use tempfile::NamedTempFile;

use super::ear::{Ear, Left};
use super::ffi::{Decoder, DecoderError, Models};
use super::unavailable;
use super::voice::Segment;
use super::words::{EXPECTED, SLOTS};

/// A decoder that was taught more names than this is made anew, so that the next session's find
/// their places: they cannot be taken back.
const TAUGHT: usize = SLOTS - EXPECTED;

/// What every decoder of a pool is made of.
#[derive(Debug)]
pub(super) struct Recipe {
    pub acoustic: PathBuf,
    pub dictionary: PathBuf,
    pub language: PathBuf,
    pub coaching: Option<(NamedTempFile, f32)>,
}

impl Recipe {
    fn make(&self) -> Result<Ear, DecoderError> {
        let coaching = self
            .coaching
            .as_ref()
            .map(|(file, weight)| (file.path(), *weight));
        Decoder::start(Models {
            acoustic: &self.acoustic,
            dictionary: &self.dictionary,
            language: &self.language,
            coaching,
        })
        .map(Ear::new)
    }
}

/// The pool. Its threads end when it is dropped.
#[derive(Debug)]
pub(super) struct Pool(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    recipe: Recipe,
    limit: usize,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    queue: VecDeque<Segment>,
    threads: usize,
    idle: usize,
    closed: bool,
}

impl Pool {
    /// Starts the first decoder and waits until it is ready; the others start when they are
    /// wanted. Blocks for some tenths of a second.
    pub(super) fn start(recipe: Recipe, limit: usize) -> Result<Self, DecoderError> {
        let shared = Arc::new(Shared {
            recipe,
            limit: limit.max(1),
            state: Mutex::default(),
            changed: Condvar::new(),
        });
        let pool = Self(shared);
        let (ready, started) = mpsc::channel();
        pool.0.lock().threads = 1;
        pool.0.spawn(Some(ready));
        started.recv().unwrap_or(Err(DecoderError::Start))?;
        Ok(pool)
    }

    /// Queues a segment for the next free decoder.
    pub(super) fn submit(&self, segment: Segment) {
        let mut state = self.0.lock();
        state.queue.push_back(segment);
        let grow = state.queue.len() > state.idle && state.threads < self.0.limit;
        if grow {
            state.threads += 1;
        }
        drop(state);
        self.0.changed.notify_one();
        if grow {
            self.0.spawn(None);
        }
    }

    /// Decoders that run or start.
    #[cfg(test)]
    pub(super) fn threads(&self) -> usize {
        self.0.lock().threads
    }

    /// Tells when the last thread has ended.
    #[cfg(test)]
    pub(super) fn watch(&self) -> impl Fn() -> bool + use<> {
        let shared = Arc::downgrade(&self.0);
        move || shared.upgrade().is_none()
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.closed = true;
        // Sessions hold the pool, so what is left here has no reader.
        state.queue.clear();
        drop(state);
        self.0.changed.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn spawn(self: &Arc<Self>, ready: Option<mpsc::Sender<Result<(), DecoderError>>>) {
        let worker = Worker(Arc::clone(self));
        let spawned = thread::Builder::new()
            .name("pocketsphinx".to_owned())
            .spawn(move || worker.run(ready));
        if let Err(error) = spawned {
            // The worker's drop has already counted it out.
            tracing::error!(%error, "no thread for a decoder");
        }
    }

    /// The first segment whose speaker has no decoder; `None` when the pool is closed.
    fn take(&self) -> Option<Segment> {
        let mut state = self.lock();
        loop {
            if state.closed {
                return None;
            }
            if let Some(index) = next_in(&state.queue) {
                let segment = state.queue.remove(index)?;
                segment.speaker.voice.busy.store(true, Ordering::Release);
                return Some(segment);
            }
            state.idle += 1;
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
            state.idle -= 1;
        }
    }

    /// Whether a segment waits that no decoder is about to take.
    fn is_contested(&self) -> bool {
        let state = self.lock();
        let waiting = state
            .queue
            .iter()
            .filter(|segment| !segment.speaker.voice.busy.load(Ordering::Acquire));
        state.closed || (waiting.count() > state.idle && state.threads >= self.limit)
    }

    fn give_back(&self, segment: Segment, left: Left) {
        let mut state = self.lock();
        segment.speaker.voice.busy.store(false, Ordering::Release);
        if left == Left::HandedOn && !state.closed {
            let index = place_of(&segment, &state.queue);
            state.queue.insert(index, segment);
        }
        drop(state);
        // More than one may have become free to take: the speaker's next and the one given back.
        self.changed.notify_all();
    }
}

fn next_in(queue: &VecDeque<Segment>) -> Option<usize> {
    queue
        .iter()
        .position(|segment| !segment.speaker.voice.busy.load(Ordering::Acquire))
}

/// At the end, but before later segments of the same speaker.
fn place_of(segment: &Segment, queue: &VecDeque<Segment>) -> usize {
    queue
        .iter()
        .position(|other| Arc::ptr_eq(&other.speaker, &segment.speaker))
        .unwrap_or(queue.len())
}

/// A thread with a decoder. Counts itself out however it ends.
struct Worker(Arc<Shared>);

impl Worker {
    fn run(self, ready: Option<mpsc::Sender<Result<(), DecoderError>>>) {
        let made = self.0.recipe.make();
        if let Some(ready) = ready {
            // Whoever starts the pool waits for this.
            let _ = ready.send(made.as_ref().map(|_| ()).map_err(|error| *error));
        }
        let mut ear = match made {
            Ok(ear) => ear,
            Err(error) => return tracing::error!(%error, "a decoder could not be started"),
        };
        while let Some(mut segment) = self.0.take() {
            let contested = || self.0.is_contested();
            match ear.listen(&mut segment, &contested) {
                Ok(left) => self.0.give_back(segment, left),
                Err(error) => {
                    tracing::warn!(%error, "a segment could not be decoded");
                    segment.fail(unavailable(&error));
                    self.0.give_back(segment, Left::Done);
                }
            }
            if ear.taught() > TAUGHT {
                drop(ear);
                ear = match self.0.recipe.make() {
                    Ok(ear) => ear,
                    Err(error) => {
                        return tracing::error!(%error, "a decoder could not be made anew");
                    }
                };
            }
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.threads -= 1;
        if state.threads == 0 {
            // Nobody is left to answer these.
            for segment in state.queue.drain(..) {
                segment.fail(unavailable(&DecoderError::Start));
            }
        }
    }
}
