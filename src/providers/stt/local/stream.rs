//! One session's stream: keeps the last two seconds and cuts segments out of them for an engine.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};

use media::Position;
use tokio::sync::mpsc;

use super::segment::{Feed, Segment, Speaker};
use super::{CHUNK, RATE};
use crate::providers::ProviderError;
use crate::providers::stt::{ListenInput, ListenOutput, Transcript};

/// Sound that is kept because a segment may begin in it.
const KEPT: usize = 2 * RATE;
/// Chunks that may wait for a decoder: a minute.
const WAITING: usize = 600;
/// Segments of one session that may wait.
const OPEN: usize = 16;

/// A session's stream.
pub(in crate::providers::stt) struct Stream<V, S> {
    /// The engine's name, for errors.
    engine: &'static str,
    speaker: Arc<Speaker<V>>,
    /// Takes a segment that begins.
    submit: S,
    kept: VecDeque<i16>,
    /// Position after the last sample of `kept`, at 16 kHz.
    next: u64,
    active: Option<Active>,
    /// The last segment that was ended or discarded.
    closed: Option<u64>,
}

/// The segment that is being spoken.
struct Active {
    id: u64,
    /// First sample that belongs to it.
    from: u64,
    feed: SyncSender<Feed>,
    chunk: Vec<i16>,
    /// Position of the chunk's first sample.
    at: u64,
}

impl<V, S: Fn(Segment<V>)> Stream<V, S> {
    pub(in crate::providers::stt) fn new(
        engine: &'static str,
        speaker: Speaker<V>,
        submit: S,
    ) -> Self {
        Self {
            engine,
            speaker: Arc::new(speaker),
            submit,
            kept: VecDeque::new(),
            next: 0,
            active: None,
            closed: None,
        }
    }

    /// Serves the session until it drops its end.
    pub(in crate::providers::stt) async fn run(mut self, mut input: mpsc::Receiver<ListenInput>) {
        while let Some(input) = input.recv().await {
            match input {
                ListenInput::Audio { at, samples } => {
                    self.hear(at.samples_at(RATE as u32), &samples)
                }
                ListenInput::Begin { segment, from } => {
                    self.begin(segment, from.samples_at(RATE as u32))
                }
                ListenInput::End { segment, to } => self.end(segment, to),
                ListenInput::Discard { segment } => self.discard(segment),
            }
        }
    }

    fn hear(&mut self, at: u64, samples: &[i16]) {
        // What was heard before is not heard again.
        let known = self.next.saturating_sub(at);
        let samples = usize::try_from(known)
            .ok()
            .and_then(|known| samples.get(known..));
        let Some(samples) = samples.filter(|samples| !samples.is_empty()) else {
            return;
        };
        let at = at.max(self.next);
        if at != self.next {
            self.kept.clear();
        }
        self.next = at + samples.len() as u64;
        let recent = &samples[samples.len().saturating_sub(KEPT)..];
        let surplus = (self.kept.len() + recent.len()).saturating_sub(KEPT);
        self.kept.drain(..surplus.min(self.kept.len()));
        self.kept.extend(recent);
        self.pass_on(at, samples);
    }

    fn begin(&mut self, id: u64, from: u64) {
        // One that was never ended is given up.
        self.active = None;
        if self.closed.is_some_and(|closed| id <= closed) {
            return;
        }
        if self.speaker.open() >= OPEN {
            return self.fail(id, "too many segments of this session wait for a decoder");
        }
        let (feed, fed) = sync_channel(WAITING);
        let first = self.next - self.kept.len() as u64;
        let from = from.max(first);
        let skipped = usize::try_from(from - first)
            .unwrap_or(usize::MAX)
            .min(self.kept.len());
        let earlier: Vec<i16> = self.kept.iter().skip(skipped).copied().collect();
        self.active = Some(Active {
            id,
            from,
            feed,
            chunk: Vec::with_capacity(CHUNK),
            at: from,
        });
        (self.submit)(Segment::new(Arc::clone(&self.speaker), id, fed));
        self.pass_on(from, &earlier);
    }

    fn end(&mut self, id: u64, to: Position) {
        if self.closed.is_some_and(|closed| id <= closed) {
            return;
        }
        self.closed = Some(id);
        let Some(mut active) = self.active.take_if(|active| active.id == id) else {
            // It began before this stream did, or not at all: there are no words to tell.
            let transcript = Transcript::default();
            return self.speaker.answer(ListenOutput::Final {
                segment: id,
                transcript,
            });
        };
        let wanted = to.samples_at(RATE as u32).saturating_sub(active.at);
        active
            .chunk
            .truncate(usize::try_from(wanted).unwrap_or(usize::MAX));
        if !(active.flush() && active.send(Feed::End { to })) {
            self.fail(id, FULL);
        }
    }

    fn discard(&mut self, id: u64) {
        if self.active.as_ref().is_some_and(|active| active.id == id) {
            self.active = None;
        }
        self.closed = self.closed.max(Some(id));
    }

    fn pass_on(&mut self, at: u64, samples: &[i16]) {
        let Some(active) = &mut self.active else {
            return;
        };
        let id = active.id;
        if !active.push(at, samples) {
            self.active = None;
            self.closed = Some(id);
            self.fail(id, FULL);
        }
    }

    fn fail(&self, segment: u64, message: &str) {
        let error = ProviderError::Unavailable {
            engine: self.engine.to_owned(),
            message: message.to_owned(),
        };
        self.speaker.answer(ListenOutput::Failed { segment, error });
    }
}

const FULL: &str = "no decoder was free for a minute";

impl Active {
    /// Whether there was room.
    fn push(&mut self, at: u64, samples: &[i16]) -> bool {
        let early = usize::try_from(self.from.saturating_sub(at)).unwrap_or(usize::MAX);
        let Some(mut samples) = samples.get(early..) else {
            return true;
        };
        let at = at.max(self.from);
        if at != self.at + self.chunk.len() as u64 {
            if !self.flush() {
                return false;
            }
            self.at = at;
        }
        while !samples.is_empty() {
            let (now, later) = samples.split_at(samples.len().min(CHUNK - self.chunk.len()));
            self.chunk.extend_from_slice(now);
            samples = later;
            if self.chunk.len() == CHUNK && !self.flush() {
                return false;
            }
        }
        true
    }

    fn flush(&mut self) -> bool {
        if self.chunk.is_empty() {
            return true;
        }
        let at = Position::from_samples(self.at, RATE as u32);
        self.at += self.chunk.len() as u64;
        let samples = std::mem::replace(&mut self.chunk, Vec::with_capacity(CHUNK));
        self.send(Feed::Audio {
            at,
            samples: samples.into_boxed_slice(),
        })
    }

    /// A decoder that has gone has said why itself.
    fn send(&self, feed: Feed) -> bool {
        !matches!(self.feed.try_send(feed), Err(TrySendError::Full(_)))
    }
}
