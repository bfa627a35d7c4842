//! The microphone stage with sound as clients really send it.

mod pace;
mod packets;
mod random;
mod sound;

use media::frame::FRAME;
use media::opus::{Encoder, EncoderSettings};
use media::pcm;
use media::resample::Resampler;
use signaling::link::Packet;

use super::*;

/// Spoken English, 16 kHz.
fn speech() -> Vec<i16> {
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/fixtures/speech/begin.wav"
    );
    let mut wave = hound::WavReader::open(file).unwrap();
    assert_eq!(wave.spec().sample_rate, RATE);
    wave.samples().map(Result::unwrap).collect()
}

/// White noise of this level.
fn noise(seed: u64, len: usize, dbfs: f64) -> Vec<i16> {
    use rand::{RngExt as _, SeedableRng as _};
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    // A uniform distribution's root mean square is its peak over the root of three.
    let peak = 32_768.0 * 10f64.powf(dbfs / 20.0) * 3f64.sqrt();
    (0..len)
        .map(|_| random.random_range(-peak..peak) as i16)
        .collect()
}

fn at_rate(samples: &[i16], rate: u32) -> Vec<i16> {
    let mut out = Vec::new();
    let mut resampler = Resampler::new(RATE, rate).unwrap();
    resampler.process(samples, &mut out).unwrap();
    resampler.flush(&mut out).unwrap();
    out
}

fn bytes_of(samples: &[i16]) -> Vec<u8> {
    let mut bytes = Vec::new();
    pcm::write(samples, &mut bytes);
    bytes
}

/// Whether every frame follows the one before, but for the gaps that are told. The end.
fn contiguous(captured: &[Captured]) -> Option<Position> {
    let mut end = Position::ZERO;
    for capture in captured {
        match capture {
            Captured::Frame { at, samples } => {
                assert_eq!(samples.len(), SAMPLES);
                assert_eq!(*at, end, "a frame does not follow the one before");
                end += FRAME;
            }
            Captured::Gap(samples) => end = Position::new(end.samples() + samples),
            Captured::Packet { .. } | Captured::Omitted(_) => {}
            Captured::Started(at) | Captured::Stopped(at) => assert!(*at <= end + FRAME),
        }
    }
    (end > Position::ZERO).then_some(end)
}

fn edges(captured: &[Captured]) -> Vec<(bool, u64)> {
    let edge = |capture: &Captured| match capture {
        Captured::Started(at) => Some((true, at.ms())),
        Captured::Stopped(at) => Some((false, at.ms())),
        _ => None,
    };
    captured.iter().filter_map(edge).collect()
}

fn frames(captured: &[Captured]) -> usize {
    let is_frame = |capture: &&Captured| matches!(capture, Captured::Frame { .. });
    captured.iter().filter(is_frame).count()
}

/// A microphone on simulated time, which sends bytes or packets.
struct Rig {
    mic: Mic,
    now: Position,
    out: Vec<Captured>,
    encoder: Encoder,
    sequence: u16,
    timestamp: u32,
}

impl Rig {
    fn new(mic: Mic) -> Self {
        let settings = EncoderSettings {
            rate: RATE,
            ..EncoderSettings::default()
        };
        Self {
            mic,
            now: Position::from_ms(3000),
            out: Vec::new(),
            encoder: Encoder::new(settings).unwrap(),
            sequence: 65_500,
            timestamp: u32::MAX - 5000,
        }
    }

    fn bytes(format: AudioFormat) -> Self {
        Self::new(Mic::bytes(format, Position::ZERO).unwrap())
    }

    /// Time passes, and the stage is woken as it asks for.
    fn pass(&mut self, time: Duration) {
        let until = self.now + time;
        while let Some(due) = self.mic.deadline().filter(|due| *due <= until) {
            self.now = self.now.max(due);
            let before = (self.mic.end(), self.mic.deadline());
            self.mic.wake(self.now, &mut self.out);
            assert_ne!(before, (self.mic.end(), self.mic.deadline()), "it spins");
        }
        self.now = until;
    }

    /// Sends a chunk of samples at the format's rate, once it has been spoken.
    fn chunk(&mut self, bytes: &[u8], length: Duration) {
        self.mic.arrive(length, self.now, &mut self.out).unwrap();
        self.mic.read(bytes, &mut self.out).unwrap();
        // As the session does it: sound never lies in the future.
        self.now = self.now.max(self.mic.end());
    }

    fn say(&mut self, samples: &[i16], rate: u32, chunk_ms: u64) {
        for chunk in samples.chunks((u64::from(rate) * chunk_ms / 1000) as usize) {
            let length = Duration::from_micros(chunk.len() as u64 * 1_000_000 / u64::from(rate));
            self.pass(length);
            self.chunk(&bytes_of(chunk), length);
        }
    }

    /// Sends the next 20 ms as a packet, unless it is lost on the way.
    fn packet(&mut self, samples: &[i16], lost: bool) {
        self.pass(FRAME);
        let packet = self.next_packet(samples);
        if !lost {
            self.deliver(packet);
        }
    }

    fn next_packet(&mut self, samples: &[i16]) -> Packet {
        let payload = bytes::Bytes::copy_from_slice(self.encoder.encode(samples).unwrap());
        let packet = Packet {
            sequence: self.sequence,
            timestamp: self.timestamp,
            payload,
        };
        self.sequence = self.sequence.wrapping_add(1);
        self.timestamp = self.timestamp.wrapping_add(960);
        packet
    }

    fn deliver(&mut self, packet: Packet) {
        self.mic.packet(packet, self.now, &mut self.out);
    }
}
