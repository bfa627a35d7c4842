//! Sound on its way in: packets as they come, bytes in slices, so that a client that sends much at
//! once keeps nobody waiting.

mod held;

use std::time::Duration;

use bytes::Bytes;
use media::Position;
use signaling::event::audio::AudioFormat;
use signaling::link::Packet;
use tokio::time::Instant;

use super::mic::{Captured, Mic};
use super::sound::SoundError;
use held::{Held, Place};

/// How much sound is read at once.
const SLICE: Duration = Duration::from_millis(200);
/// The time that a slice takes at least (a shorter one less): fifty times faster than real time is
/// fast enough for a recording that is sent as one, and a twentieth of a core at most for a client
/// that never stops.
const SLICE_TIME: Duration = Duration::from_millis(4);

/// Sound may come in bursts that make up for this much of that time.
const BURST: Duration = Duration::from_millis(20);

/// Why sound was not taken.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// A sample was cut in two.
    #[error("16-bit samples need an even number of bytes")]
    Odd,
    /// The codec or the resampler failed.
    #[error(transparent)]
    Sound(#[from] SoundError),
}

/// The way in of one session.
#[derive(Debug)]
pub struct Intake {
    mic: Mic,
    format: AudioFormat,
    /// What was accepted and not read yet.
    backlog: Bytes,
    /// What came after a pause that may have been a stall.
    held: Option<Held>,
    /// When the next slice may be read.
    next: Instant,
}

impl Intake {
    /// Takes in what `mic` can read; bytes are in `format`.
    #[must_use]
    pub fn new(mic: Mic, format: AudioFormat) -> Self {
        Self {
            mic,
            format,
            backlog: Bytes::new(),
            held: None,
            next: Instant::now(),
        }
    }

    /// The microphone's stage.
    #[must_use]
    pub const fn mic(&self) -> &Mic {
        &self.mic
    }

    /// Sets how the microphone's stage listens.
    pub fn listen(&mut self, threshold: f64, hangover: Duration) {
        self.mic.listen(threshold, hangover);
    }

    /// Forgets the speech that is on: whoever is speaking now begins anew.
    pub fn listen_anew(&mut self) {
        self.mic.listen_anew();
    }

    /// Reads another format from now on.
    ///
    /// # Errors
    /// If the resampler cannot be set up.
    pub fn read_as(&mut self, format: AudioFormat) -> Result<(), SoundError> {
        if format != self.format {
            self.mic.read_as(format)?;
            self.format = format;
        }
        Ok(())
    }

    /// A packet arrived.
    pub fn packet(&mut self, packet: Packet, now: Position, out: &mut Vec<Captured>) {
        self.mic.packet(packet, now, out);
    }

    /// Bytes arrived; to be read by [`Intake::slice`].
    ///
    /// # Errors
    /// If they are not whole samples, or what came before cannot be resampled.
    pub fn accept(
        &mut self,
        bytes: Bytes,
        now: Position,
        out: &mut Vec<Captured>,
    ) -> Result<(), IntakeError> {
        let width = self.format.bytes_per_sample();
        if !bytes.len().is_multiple_of(width) {
            return Err(IntakeError::Odd);
        }
        if bytes.is_empty() {
            return Ok(());
        }
        let length = self.length(bytes.len());
        match &mut self.held {
            Some(held) => held.add(&bytes, length, now, self.mic.end()),
            None if self.mic.may_have_stalled(length, now) => {
                self.held = Some(Held::new(bytes, length, now, self.mic.end()));
            }
            None => {
                self.mic.arrive(length, now, out)?;
                self.backlog = bytes;
            }
        }
        self.place_held(now, false, out)?;
        Ok(())
    }

    /// Gives what is held back to be read, as far as it is known: something comes that has to come
    /// after it.
    ///
    /// # Errors
    /// If what came before cannot be resampled.
    pub fn release(&mut self, now: Position, out: &mut Vec<Captured>) -> Result<(), SoundError> {
        self.place_held(now, true, out)
    }

    /// Finds the place of what is held back, as soon as it can be told.
    fn place_held(
        &mut self,
        now: Position,
        at_once: bool,
        out: &mut Vec<Captured>,
    ) -> Result<(), SoundError> {
        let place = self.held.as_ref().and_then(|held| held.place(now, at_once));
        if let Some(place) = place
            && let Some(held) = self.held.take()
        {
            match place {
                Place::Follows => self.mic.follow(held.length(), now),
                Place::Now => self.mic.arrive(held.length(), held.latest(), out)?,
            }
            self.backlog = held.bytes();
        }
        Ok(())
    }

    /// How long so many bytes sound.
    fn length(&self, bytes: usize) -> Duration {
        let samples = (bytes / self.format.bytes_per_sample()) as u64;
        Duration::from_micros(samples * 1_000_000 / u64::from(self.format.rate()))
    }

    /// Whether sound waits to be placed.
    #[must_use]
    pub const fn is_holding(&self) -> bool {
        self.held.is_some()
    }

    /// When the next slice may be read, if one is waiting. Nothing else is to be accepted before.
    #[must_use]
    pub fn next(&self) -> Option<Instant> {
        (!self.backlog.is_empty()).then_some(self.next)
    }

    /// Reads a slice of what was accepted. Silence in it that lies beyond `limit` is left out.
    ///
    /// # Errors
    /// If it cannot be resampled; it is lost.
    pub fn slice(
        &mut self,
        now: Instant,
        limit: Option<Position>,
        out: &mut Vec<Captured>,
    ) -> Result<(), SoundError> {
        self.mic.limit(limit);
        let rate = self.format.rate() as usize * self.format.bytes_per_sample();
        let length = rate * SLICE.as_millis() as usize / 1000;
        let slice = self.backlog.split_to(length.min(self.backlog.len()));
        let takes = SLICE_TIME.mul_f64(slice.len() as f64 / length as f64);
        self.next = self.next.max(now.checked_sub(BURST).unwrap_or(now)) + takes;
        self.mic.read(&slice, out)
    }

    /// Brings out what is still inside.
    ///
    /// # Errors
    /// If it cannot be resampled.
    pub fn flush(&mut self, out: &mut Vec<Captured>) -> Result<(), SoundError> {
        self.mic.flush(out)
    }

    /// When time must be told though nothing arrived.
    #[must_use]
    pub fn deadline(&self) -> Option<Position> {
        let held = self.held.as_ref().map(Held::due);
        held.into_iter().chain(self.mic.deadline()).min()
    }

    /// Time passed.
    ///
    /// # Errors
    /// If what came before cannot be resampled.
    pub fn wake(&mut self, now: Position, out: &mut Vec<Captured>) -> Result<(), SoundError> {
        self.mic.wake(now, out);
        self.place_held(now, false, out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn intake(format: AudioFormat) -> Intake {
        Intake::new(Mic::bytes(format, Position::ZERO).unwrap(), format)
    }

    #[tokio::test(start_paused = true)]
    async fn a_long_recording_is_read_in_slices_and_no_faster_than_allowed() {
        let mut intake = intake(AudioFormat::Pcm);
        let (mut out, mut slices) = (Vec::new(), 0);
        let now = Position::from_ms(5000);
        let minute = Bytes::from(vec![0; 60 * 48_000]);
        intake.accept(minute, now, &mut out).unwrap();
        let began = Instant::now();
        while let Some(due) = intake.next() {
            tokio::time::sleep_until(due).await;
            let before = intake.mic().end();
            intake.slice(Instant::now(), None, &mut out).unwrap();
            assert!(intake.mic().end() - before <= SLICE + Duration::from_millis(20));
            slices += 1;
        }
        assert_eq!(slices, 300);
        assert!(began.elapsed() >= SLICE_TIME * 299);
        assert!(intake.mic().end() >= Position::from_ms(59_900));
    }

    #[test]
    fn half_a_sample_is_refused_and_harms_nothing() {
        let mut out = Vec::new();
        let mut pcm = intake(AudioFormat::Pcm);
        let odd = pcm.accept(Bytes::from_static(&[1, 2, 3]), Position::ZERO, &mut out);
        assert!(matches!(odd, Err(IntakeError::Odd)));
        assert!(pcm.next().is_none() && out.is_empty());
        let mut law = intake(AudioFormat::Pcmu);
        law.accept(Bytes::from_static(&[1, 2, 3]), Position::ZERO, &mut out)
            .unwrap();
        assert!(law.next().is_some());
        law.accept(Bytes::new(), Position::ZERO, &mut out).unwrap();
        assert!(law.next().is_some(), "nothing takes nothing away");
    }
}
