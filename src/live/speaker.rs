//! The last stage: paces the client's voice onto the wire, frame by frame, as time passes.

mod sent;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use media::Position;
use media::frame::FRAME;
use signaling::link::{Carrier, OutputAudio, PartIds};

use super::sound::{Effort, Encoding, SoundError};
use super::strain::Strain;
use crate::providers::tts::RATE;
use sent::ramp;
pub use sent::{Progress, Sent};

/// Samples of one frame at the voice's rate.
const SAMPLES: usize = RATE as usize / 50;

/// How late a frame may be before the pace starts anew instead of catching up.
const LATEST: Duration = Duration::from_millis(60);

/// Frames of silence sent after speech, so that the far decoder comes to rest by itself instead
/// of inventing a continuation (packet-loss concealment).
const TAIL: u8 = 4;

/// So much more than the lead is sent by a session that is awake anyway, as it is for every frame of a
/// microphone: it need not wake once more for each of the voice.
const AWAKE: Duration = Duration::from_millis(40);

/// Paces sound onto the wire.
#[derive(Debug)]
pub struct Speaker {
    encoding: Encoding,
    /// How far ahead of its playing time sound is sent at least, and how much farther at most: nothing
    /// over WebRTC, where the browser keeps a jitter buffer of its own.
    lead: Duration,
    awake: Duration,
    queue: VecDeque<Chunk>,
    queued: usize,
    /// Sentences up to these may be sent, as part of that response.
    released: VecDeque<(u64, Arc<PartIds>)>,
    /// Whether the far end plays what arrives at once (WebRTC), so that a stop must be smooth. A
    /// WebSocket client owns its playback, and nothing may follow the end of a response there.
    smooth: bool,
    paused: bool,
    /// A last frame that fades out is due: the voice was stopped in the middle of a word.
    fade: Fade,
    tail: u8,
    part: Option<Arc<PartIds>>,
    /// When the sound sent so far will have been played.
    plays_until: Position,
    resting: bool,
    frame: Vec<i16>,
    strain: Arc<Strain>,
}

#[derive(Debug)]
struct Chunk {
    sentence: u64,
    samples: Box<[i16]>,
    taken: usize,
    /// Samples of the sentence before this chunk.
    before: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fade {
    None,
    In,
    Out,
}

impl Speaker {
    /// A speaker for this carrier that sends `lead` ahead of time.
    #[must_use]
    pub fn new(carrier: Carrier, encoding: Encoding, lead: Duration, strain: Arc<Strain>) -> Self {
        let (lead, awake) = match carrier {
            Carrier::WebRtc => (Duration::ZERO, Duration::ZERO),
            Carrier::WebSocket => (lead, AWAKE),
        };
        Self {
            encoding,
            lead,
            awake,
            queue: VecDeque::new(),
            queued: 0,
            released: VecDeque::new(),
            smooth: carrier == Carrier::WebRtc,
            paused: false,
            fade: Fade::None,
            tail: 0,
            part: None,
            plays_until: Position::ZERO,
            resting: true,
            frame: Vec::with_capacity(SAMPLES),
            strain,
        }
    }

    /// Sends in another format from now on.
    pub fn encode_as(&mut self, encoding: Encoding) {
        self.encoding = encoding;
    }

    /// Adds sound of a sentence; `before` samples of it came earlier.
    pub fn push(&mut self, sentence: u64, before: u64, samples: Box<[i16]>) {
        self.queued += samples.len();
        self.queue.push_back(Chunk {
            sentence,
            samples,
            taken: 0,
            before,
        });
    }

    /// How much sound is waiting.
    #[must_use]
    pub fn queued(&self) -> Duration {
        Duration::from_micros(self.queued as u64 * 1_000_000 / u64::from(RATE))
    }

    /// Sentences up to this one may be sent, as sound of this part.
    pub fn release(&mut self, through: u64, part: Arc<PartIds>) {
        match self.released.back_mut() {
            Some(last) if last.1 == part => last.0 = through,
            _ => self.released.push_back((through, part)),
        }
    }

    /// Drops the sound of all sentences up to this one.
    pub fn silence(&mut self, through: u64) {
        if self.front().is_some_and(|next| next.sentence <= through) {
            if self.smooth && !self.resting && !self.paused {
                self.peek(through);
                self.fade = Fade::Out;
            }
            self.encoding.cut();
        }
        if self.fade == Fade::In {
            self.fade = Fade::None;
        }
        self.queue.retain(|chunk| chunk.sentence > through);
        self.queued = self
            .queue
            .iter()
            .map(|chunk| chunk.samples.len() - chunk.taken)
            .sum();
        while self
            .released
            .front()
            .is_some_and(|(last, _)| *last <= through)
        {
            self.released.pop_front();
        }
        self.paused = false;
    }

    /// Holds the voice back where it is.
    pub fn pause(&mut self) {
        if self.smooth && !self.paused && !self.resting && self.front().is_some() {
            // The frame that fades out is played again in full when the voice goes on.
            let through = self.released.back().map_or(0, |released| released.0);
            self.peek(through);
            self.fade = Fade::Out;
        }
        self.paused = true;
    }

    /// Goes on where the voice was held back.
    pub fn resume(&mut self) {
        if self.paused {
            self.paused = false;
            self.fade = if self.smooth { Fade::In } else { Fade::None };
        }
    }

    /// The timeline leapt by so much within a moment: the pace is that of the clock.
    pub fn leap(&mut self, by: Duration) {
        self.plays_until += by;
    }

    /// When the next frame has to leave, if one is waiting.
    #[must_use]
    pub fn due(&self) -> Option<Position> {
        let waiting =
            self.fade == Fade::Out || self.tail > 0 || (!self.paused && self.front().is_some());
        waiting.then(|| self.plays_until.back(self.lead))
    }

    /// The next frame, if it is due or may leave already.
    ///
    /// # Errors
    /// If the codec fails; the frame is lost.
    pub fn pull(&mut self, now: Position) -> Result<Option<Sent>, SoundError> {
        if self.due().is_none_or(|due| due > now + self.awake) {
            return Ok(None);
        }
        let first = self.resting;
        if !first && self.smooth {
            self.strain.note(now.since(self.plays_until));
        }
        if self.plays_until + LATEST < now || first {
            self.plays_until = self.plays_until.max(now);
        }
        let mut progress = Progress::default();
        if self.fade == Fade::Out {
            self.frame.resize(SAMPLES, 0);
            ramp(&mut self.frame, |t| 1.0 - t);
            self.fade = Fade::None;
            self.tail = self.rest();
        } else if !self.paused && self.front().is_some() {
            progress = self.take_frame();
            if self.fade == Fade::In {
                ramp(&mut self.frame, |t| (t * 4.0).min(1.0));
                self.fade = Fade::None;
            }
            self.tail = self.rest();
        } else {
            self.frame.clear();
            self.frame.resize(SAMPLES, 0);
            self.tail -= 1;
        }
        let at = self.plays_until;
        self.plays_until += FRAME;
        self.resting = self.tail == 0 && (self.paused || self.front().is_none());
        let Some(part) = self.part.clone() else {
            return Ok(None);
        };
        if first {
            // Within speech a change could be heard.
            self.encoding.make(self.effort())?;
        }
        let payload: Bytes = self.encoding.encode(&self.frame, self.resting)?;
        Ok(Some(Sent {
            audio: OutputAudio {
                part,
                payload,
                at: at.samples(),
                first,
            },
            progress,
        }))
    }

    /// The sound of the frame that was sent last, before it was encoded.
    #[must_use]
    pub fn frame(&self) -> &[i16] {
        &self.frame
    }

    fn effort(&self) -> Effort {
        if self.strain.is_behind() {
            Effort::Least
        } else {
            Effort::Full
        }
    }

    fn rest(&self) -> u8 {
        if self.smooth { TAIL } else { 0 }
    }

    /// The next chunk, if it may be sent.
    fn front(&self) -> Option<&Chunk> {
        let through = self.released.back()?.0;
        self.queue.front().filter(|chunk| chunk.sentence <= through)
    }

    /// Copies the next frame of sentences up to this one into `self.frame`.
    fn peek(&mut self, through: u64) {
        self.frame.clear();
        let next = self
            .queue
            .iter()
            .take_while(|next| next.sentence <= through);
        for chunk in next {
            let left = &chunk.samples[chunk.taken..];
            let count = left.len().min(SAMPLES - self.frame.len());
            self.frame.extend_from_slice(&left[..count]);
        }
    }

    /// Moves one frame of released sound from the queue into `self.frame`.
    fn take_frame(&mut self) -> Progress {
        let mut progress = Progress::default();
        self.frame.clear();
        let through = self.released.back().map_or(0, |released| released.0);
        let mut begun: Option<u64> = None;
        while self.frame.len() < SAMPLES {
            let Some(chunk) = self
                .queue
                .front_mut()
                .filter(|chunk| chunk.sentence <= through)
            else {
                break;
            };
            let own = self
                .released
                .iter()
                .find(|(last, _)| chunk.sentence <= *last)
                .map(|(_, part)| part);
            let other = begun.is_some() && own != self.part.as_ref();
            if other || !progress.takes(chunk.sentence) {
                break;
            }
            begun = Some(chunk.sentence);
            self.part = own.cloned();
            let left = &chunk.samples[chunk.taken..];
            let count = left.len().min(SAMPLES - self.frame.len());
            self.frame.extend_from_slice(&left[..count]);
            chunk.taken += count;
            self.queued -= count;
            progress.note(chunk.sentence, chunk.before + chunk.taken as u64);
            if chunk.taken == chunk.samples.len() {
                self.queue.pop_front();
            }
        }
        self.frame.resize(SAMPLES, 0);
        if let Some(sentence) = begun {
            while self
                .released
                .front()
                .is_some_and(|(last, _)| *last < sentence)
            {
                self.released.pop_front();
            }
        }
        progress
    }
}

#[cfg(test)]
mod tests;
