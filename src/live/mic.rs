//! The first stage: what the microphone sent becomes frames at 16 kHz on the session's timeline,
//! with the edges of speech.

use std::time::Duration;

use media::Position;
use media::frame::FRAME;
use media::g711::{self, Law};
use media::jitter::{self, JitterBuffer, JitterSettings, JitterStats, Piece};
use media::opus::Decoder;
use media::pcm::PcmReader;
use media::peaks::peak;
use media::resample::Resampler;
use media::vad::{Activity, Edge, Vad, VadSettings};
use signaling::event::audio::AudioFormat;
use signaling::link::Packet;

use super::sound::SoundError;

/// The rate at which the recogniser and voice activity listen.
const RATE: u32 = 16_000;
/// Samples of one frame for the recogniser.
const SAMPLES: usize = RATE as usize / 50;
/// A client that sends no sound for this long while somebody speaks has fallen silent: the speech
/// ends there, whatever comes later.
const SILENT: Duration = Duration::from_millis(400);
/// A client that sends long chunks is silent between them: it has fallen silent only when this
/// much more than the length of one has passed …
const OVERDUE: Duration = Duration::from_millis(200);
/// … or this much in all, since a recording that is sent in one piece is a long chunk, too.
const LONGEST_LULL: Duration = Duration::from_millis(1500);
/// Bytes that come this much later than that were not sent in one piece: there was a pause (mute,
/// push to talk), and the timeline goes on where it is now.
const PAUSE: Duration = Duration::from_millis(200);
/// Over so long a time the promptest chunk tells how far the client's clock has fallen behind …
const DRIFT_SPAN: Duration = Duration::from_secs(4);
/// … and from here on the timeline goes on without the sound that is missing.
const DRIFT: Duration = Duration::from_millis(60);
/// The longest gap that is filled with silence; a longer one is skipped.
const LONGEST_FILL: Duration = Duration::from_millis(1000);

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
        /// How loud it is (as [`peak`] has it).
        peak: u8,
    },
    /// The timeline went on without sound for this many samples at 48 kHz.
    Gap(u64),
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
    /// Samples that do not fill a frame yet; they end at `end`.
    partial: Vec<i16>,
    scratch: Vec<i16>,
    activity: Vec<Activity>,
    begun: bool,
    /// Length of the latest chunk of bytes.
    chunk: Duration,
    drift: Drift,
}

/// How far the sound that a client sends as bytes lies behind the timeline, by the promptest
/// chunk since `since`.
#[derive(Clone, Copy, Debug, Default)]
struct Drift {
    since: Position,
    least: Option<Duration>,
}

#[derive(Debug)]
enum Source {
    Packets {
        jitter: Box<JitterBuffer<bytes::Bytes>>,
        decoder: Box<Decoder>,
    },
    Bytes {
        reader: PcmReader,
        law: Option<Law>,
        resampler: Box<Resampler>,
        samples: Vec<i16>,
    },
}

impl Mic {
    /// A microphone that sends Opus packets, none of them from before `from`.
    ///
    /// # Errors
    /// If the decoder cannot be set up.
    pub fn packets(from: Position) -> Result<Self, SoundError> {
        let jitter = Box::new(JitterBuffer::new(JitterSettings::default()));
        let decoder = Box::new(Decoder::new(RATE)?);
        Ok(Self::new(Source::Packets { jitter, decoder }, from))
    }

    /// A microphone that sends bytes in a format of the session, none of them from before `from`.
    ///
    /// # Errors
    /// If the resampler cannot be set up.
    pub fn bytes(format: AudioFormat, from: Position) -> Result<Self, SoundError> {
        Ok(Self::new(source(format)?, from))
    }

    fn new(source: Source, from: Position) -> Self {
        Self {
            source,
            vad: Vad::new(VadSettings::default()),
            end: from,
            partial: Vec::with_capacity(SAMPLES),
            scratch: Vec::new(),
            activity: Vec::new(),
            begun: false,
            chunk: Duration::ZERO,
            drift: Drift::default(),
        }
    }

    /// Reads another format from now on. Packets stay packets.
    ///
    /// # Errors
    /// If the resampler cannot be set up.
    pub fn read_as(&mut self, format: AudioFormat) -> Result<(), SoundError> {
        if matches!(self.source, Source::Bytes { .. }) {
            self.source = source(format)?;
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

    /// What the jitter buffer counted, for a microphone that sends packets.
    #[must_use]
    pub fn stats(&self) -> Option<JitterStats> {
        match &self.source {
            Source::Packets { jitter, .. } => Some(*jitter.stats()),
            Source::Bytes { .. } => None,
        }
    }

    /// A packet arrived.
    pub fn packet(&mut self, packet: Packet, now: Position, out: &mut Vec<Captured>) {
        if let Source::Packets { jitter, .. } = &mut self.source {
            let Packet {
                sequence,
                timestamp,
                payload,
            } = packet;
            jitter.push(
                jitter::Packet {
                    sequence,
                    timestamp,
                    payload,
                },
                now,
            );
            self.drain(now, out);
        }
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
        self.chunk = length;
        let lag = now - (self.end + length);
        if !self.begun || lag > self.lull() + PAUSE {
            self.flush(out)?;
            self.skip_to(now.back(length), out);
            self.drift = Drift {
                since: now,
                least: None,
            };
            return Ok(());
        }
        let least = self.drift.least.map_or(lag, |least| least.min(lag));
        self.drift.least = Some(least);
        // A word must not be torn: the next moment of silence comes soon enough.
        if now - self.drift.since >= DRIFT_SPAN && !self.vad.is_speaking() {
            if least >= DRIFT {
                self.flush(out)?;
                self.skip_to(self.end + least, out);
            }
            self.drift = Drift {
                since: now,
                least: None,
            };
        }
        Ok(())
    }

    /// Reads bytes of the chunk that arrived.
    ///
    /// # Errors
    /// If they cannot be resampled; they are lost.
    pub fn read(&mut self, bytes: &[u8], out: &mut Vec<Captured>) -> Result<(), SoundError> {
        let mut sound = std::mem::take(&mut self.scratch);
        sound.clear();
        if let Source::Bytes {
            reader,
            law,
            resampler,
            samples,
        } = &mut self.source
        {
            samples.clear();
            match law {
                Some(law) => law.decode(bytes, samples),
                None => reader.read(bytes, samples),
            }
            resampler.process(samples, &mut sound)?;
        }
        self.sound(&sound, out);
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
        if let Source::Bytes { resampler, .. } = &mut self.source {
            resampler.flush(&mut sound)?;
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
            Source::Bytes { .. } => None,
        };
        let silent = self.vad.is_speaking().then(|| self.end + self.lull());
        [waiting, silent].into_iter().flatten().min()
    }

    /// Time passed.
    pub fn wake(&mut self, now: Position, out: &mut Vec<Captured>) {
        self.drain(now, out);
        if self.vad.is_speaking() && now >= self.end + self.lull() {
            self.fill(now - self.end, out);
        }
    }

    /// How long the client may send nothing before that is silence.
    fn lull(&self) -> Duration {
        SILENT.max((self.chunk + OVERDUE).min(LONGEST_LULL))
    }

    fn drain(&mut self, now: Position, out: &mut Vec<Captured>) {
        loop {
            let Source::Packets { jitter, decoder } = &mut self.source else {
                return;
            };
            let Some(piece) = jitter.pop(now) else { return };
            let mut sound = std::mem::take(&mut self.scratch);
            sound.clear();
            // A packet that cannot be decoded, or a loss that cannot be concealed, is silence.
            let (at, span, decoded) = match piece {
                Piece::Packet { at, span, payload } => {
                    let decoded = decoder.decode(&payload, &mut sound);
                    if decoded.is_ok() {
                        let peak = peak(&sound);
                        out.push(Captured::Packet { at, payload, peak });
                    }
                    (at, span, decoded)
                }
                Piece::Lost {
                    at,
                    span,
                    next: Some(next),
                } => (at, span, decoder.decode_fec(&next, span, &mut sound)),
                Piece::Lost {
                    at,
                    span,
                    next: None,
                } => (at, span, decoder.conceal(span, &mut sound)),
                Piece::Gap { at, span } => (at, span, Ok(0)),
            };
            if !self.begun || at > self.end + LONGEST_FILL {
                self.skip_to(at, out);
            } else if at > self.end {
                self.fill(at - self.end, out);
            }
            // Sound from before what was already filled with silence came too late.
            let late = (self.end - at).min(span);
            let skipped = (Position::ZERO + late).samples_at(RATE) as usize;
            if decoded.is_err() || sound.is_empty() {
                self.fill(span - late, out);
            } else {
                self.sound(sound.get(skipped..).unwrap_or_default(), out);
            }
            self.scratch = sound;
        }
    }

    /// The timeline goes on at `at` without sound.
    fn skip_to(&mut self, at: Position, out: &mut Vec<Captured>) {
        if self.vad.is_speaking() {
            self.fill(LONGEST_FILL.min(at - self.end), out);
        }
        if at > self.end {
            // A frame that has begun is completed, so that nothing of it is lost.
            self.fill((at - self.end).min(span_of(self.missing())), out);
        }
        if at > self.end && self.partial.is_empty() {
            out.push(Captured::Gap(at.samples() - self.end.samples()));
            self.end = at;
        }
        self.begun = true;
    }

    /// Samples that the frame that has begun still lacks.
    fn missing(&self) -> usize {
        match self.partial.len() {
            0 => 0,
            begun => SAMPLES - begun,
        }
    }

    fn fill(&mut self, span: Duration, out: &mut Vec<Captured>) {
        let samples = (Position::ZERO + span.min(LONGEST_FILL)).samples_at(RATE) as usize;
        let silence = [0; SAMPLES];
        let mut left = samples;
        while left > 0 {
            let count = left.min(SAMPLES);
            self.sound(&silence[..count], out);
            left -= count;
        }
    }

    /// Sound that follows at `end`.
    fn sound(&mut self, mut samples: &[i16], out: &mut Vec<Captured>) {
        while !samples.is_empty() {
            let count = samples.len().min(SAMPLES - self.partial.len());
            let (now, later) = samples.split_at(count);
            self.partial.extend_from_slice(now);
            self.end += span_of(count);
            samples = later;
            if self.partial.len() == SAMPLES {
                self.frame(out);
            }
        }
    }

    fn frame(&mut self, out: &mut Vec<Captured>) {
        let at = self.end.back(FRAME);
        self.activity.clear();
        self.vad.push(at, &self.partial, &mut self.activity);
        out.push(Captured::Frame {
            at,
            samples: self.partial.as_slice().into(),
        });
        self.partial.clear();
        for edge in self.activity.iter().filter_map(|activity| activity.edge) {
            out.push(match edge {
                Edge::Started { at } => Captured::Started(at),
                Edge::Stopped { at } => Captured::Stopped(at),
            });
        }
    }
}

fn source(format: AudioFormat) -> Result<Source, SoundError> {
    let (law, rate) = match format {
        AudioFormat::Pcm => (None, format.rate()),
        AudioFormat::Pcmu => (Some(Law::Mu), g711::RATE),
        AudioFormat::Pcma => (Some(Law::A), g711::RATE),
    };
    let resampler = Box::new(Resampler::new(rate, RATE)?);
    Ok(Source::Bytes {
        reader: PcmReader::new(),
        law,
        resampler,
        samples: Vec::new(),
    })
}

fn span_of(samples: usize) -> Duration {
    Position::from_samples(samples as u64, RATE) - Position::ZERO
}

#[cfg(test)]
mod tests;
