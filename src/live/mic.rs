//! The first stage: what the microphone sent becomes frames at 16 kHz on the session's timeline,
//! with the edges of speech.

mod arrival;
mod frames;
mod packets;
mod source;

use std::time::Duration;

use media::Position;
use media::vad::{Activity, Vad, VadSettings};
use signaling::event::audio::AudioFormat;

use super::sound::SoundError;
use arrival::Arrival;
use frames::{captured, span_of};
use source::Source;

/// The rate at which the recogniser and voice activity listen.
const RATE: u32 = 16_000;
/// Samples of one frame for the recogniser.
const SAMPLES: usize = RATE as usize / 50;

/// What comes out of the microphone stage, in order.
#[derive(Debug, PartialEq)]
pub enum Captured {
    /// 20 ms of sound.
    Frame {
        /// Position of the first sample.
        at: Position,
        /// 320 samples at 16 kHz.
        samples: Box<[i16]>,
    },
    /// An Opus packet as it came, from a microphone that sends packets.
    Packet {
        /// Where its sound begins.
        at: Position,
        /// The packet.
        payload: bytes::Bytes,
        /// How loud it is (as [`peak`](media::peaks::peak) has it).
        peak: u8,
    },
    /// The timeline went on without sound for this many samples at 48 kHz.
    Gap(u64),
    /// Silence of this many samples at 48 kHz was left out of the timeline.
    Omitted(u64),
    /// Speech began (back-dated to its onset).
    Started(Position),
    /// Speech ended (back-dated to its last sound).
    Stopped(Position),
}

/// The microphone of one session.
#[derive(Debug)]
pub struct Mic {
    source: Source,
    vad: Vad,
    /// End of the sound so far.
    end: Position,
    /// End of what of it came, without what was put in for what did not.
    came_to: Position,
    /// Samples that do not fill a frame yet; they end at `end`.
    partial: Vec<i16>,
    scratch: Vec<i16>,
    activity: Vec<Activity>,
    begun: bool,
    arrival: Arrival,
    /// Silence beyond this is left out.
    limit: Option<Position>,
}

impl Mic {
    /// A microphone that sends Opus packets, none of them from before `from`.
    ///
    /// # Errors
    /// If the decoder cannot be set up.
    pub fn packets(from: Position) -> Result<Self, SoundError> {
        Ok(Self::new(Source::packets()?, from))
    }

    /// A microphone that sends bytes in a format of the session, none of them from before `from`.
    ///
    /// # Errors
    /// If the resampler cannot be set up.
    pub fn bytes(format: AudioFormat, from: Position) -> Result<Self, SoundError> {
        Ok(Self::new(Source::bytes(format)?, from))
    }

    fn new(source: Source, from: Position) -> Self {
        Self {
            source,
            vad: Vad::new(VadSettings::default()),
            end: from,
            came_to: from,
            partial: Vec::with_capacity(SAMPLES),
            scratch: Vec::new(),
            activity: Vec::new(),
            begun: false,
            arrival: Arrival::default(),
            limit: None,
        }
    }

    /// Reads another format from now on. Packets stay packets.
    ///
    /// # Errors
    /// If the resampler cannot be set up.
    pub fn read_as(&mut self, format: AudioFormat) -> Result<(), SoundError> {
        if matches!(self.source, Source::Bytes(_)) {
            self.source = Source::bytes(format)?;
        }
        Ok(())
    }

    /// How sure voice activity must be, 0 to 1 (`turn_detection.threshold`), and how long a
    /// silence it passes over.
    pub fn listen(&mut self, threshold: f64, hangover: Duration) {
        self.vad.set_threshold(threshold as f32);
        self.vad.set_hangover(hangover);
    }

    /// Forgets the speech that is on.
    pub fn listen_anew(&mut self) {
        self.vad.reset();
    }

    /// End of the sound so far.
    #[must_use]
    pub fn end(&self) -> Position {
        self.end
    }

    /// End of the sound that came: the timeline may have gone on without it.
    #[must_use]
    pub const fn came_to(&self) -> Position {
        self.came_to
    }

    /// End of the frames so far.
    #[must_use]
    pub fn framed(&self) -> Position {
        self.end.back(span_of(self.partial.len()))
    }

    /// While this is set, silence beyond it is left out: the timeline has run ahead of the clock,
    /// and nobody speaks.
    pub fn limit(&mut self, to: Option<Position>) {
        self.limit = to;
    }

    /// Whether a chunk of bytes of this length that arrives now may be the first of what a stall of
    /// the network held back, so that its place depends on what follows it.
    #[must_use]
    pub fn may_have_stalled(&self, length: Duration, now: Position) -> bool {
        self.arrival.sends_as_it_hears() && self.arrival.is_pause(length, now, self.end)
    }

    /// A chunk of bytes of this length arrived, to be [read](Mic::read) next: finds its place on
    /// the timeline.
    ///
    /// # Errors
    /// If what came before cannot be resampled.
    pub fn arrive(
        &mut self,
        length: Duration,
        now: Position,
        out: &mut Vec<Captured>,
    ) -> Result<(), SoundError> {
        let speaking = self.vad.is_speaking();
        if let Some(at) = self.arrival.chunk(length, now, self.end, speaking) {
            self.flush(out)?;
            self.skip_to(at, out);
        }
        Ok(())
    }

    /// Bytes of this length arrived that had been held back, to be [read](Mic::read) next: they
    /// follow what came before.
    pub fn follow(&mut self, length: Duration, now: Position) {
        self.arrival.follows(length, now, self.end);
    }

    /// Reads bytes of the chunk that arrived.
    ///
    /// # Errors
    /// If they cannot be resampled; they are lost.
    pub fn read(&mut self, bytes: &[u8], out: &mut Vec<Captured>) -> Result<(), SoundError> {
        let mut sound = std::mem::take(&mut self.scratch);
        sound.clear();
        if let Source::Bytes(reader) = &mut self.source {
            reader.read(bytes, &mut sound)?;
        }
        self.sound(&sound, out);
        self.came_to = self.came_to.max(self.end);
        self.scratch = sound;
        Ok(())
    }

    /// Brings out what is still inside, completed to a frame by silence: the client wants an item
    /// of everything it sent.
    ///
    /// # Errors
    /// If it cannot be resampled.
    pub fn flush(&mut self, out: &mut Vec<Captured>) -> Result<(), SoundError> {
        let mut sound = std::mem::take(&mut self.scratch);
        sound.clear();
        if let Source::Bytes(reader) = &mut self.source {
            reader.flush(&mut sound)?;
            self.sound(&sound, out);
            let missing = self.missing();
            self.sound(&[0; SAMPLES][..missing], out);
        }
        self.scratch = sound;
        Ok(())
    }

    /// When the stage must be woken though nothing arrived.
    #[must_use]
    pub fn deadline(&self) -> Option<Position> {
        let waiting = match &self.source {
            Source::Packets { jitter, .. } => jitter.deadline(),
            Source::Bytes(_) => None,
        };
        [waiting, self.breaks_off()].into_iter().flatten().min()
    }

    /// Time passed.
    pub fn wake(&mut self, now: Position, out: &mut Vec<Captured>) {
        self.drain(now, out);
        if self.breaks_off().is_some_and(|due| now >= due) {
            self.break_off(out);
        }
    }

    /// When whoever speaks has fallen silent, if nothing comes.
    fn breaks_off(&self) -> Option<Position> {
        let speaking = self.vad.is_speaking();
        speaking.then(|| self.arrival.patience_ends(self.end))
    }

    /// Speech ends where the sound does. The timeline stays there: what the network holds back
    /// may still come, and follows without a gap.
    fn break_off(&mut self, out: &mut Vec<Captured>) {
        if let Some(edge) = self.vad.break_off() {
            out.push(captured(edge));
        }
    }
}

#[cfg(test)]
mod tests;
