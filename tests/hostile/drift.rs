//! An hour of a microphone whose clock is 100 ppm fast or slow, in simulated time, through the whole
//! microphone stage into the archive: words stay where they were said, whole, and nothing lags ever
//! further behind.

use std::time::Duration;

use media::Position;
use media::opus::{self, Encoder, EncoderSettings};
use media::peaks::peak;
use praxiloom::archive::{EndReason, Recorder};
use praxiloom::live::mic::{Captured, Mic};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use signaling::event::audio::AudioFormat;
use signaling::link::{Carrier, Packet};

use crate::scene::Scene;
use crate::socket::question_at;

const HOUR: Duration = Duration::from_secs(3600);
const RATE: u32 = 24_000;
/// A question and the quiet after it.
const PERIOD: Duration = Duration::from_secs(5);
/// Louder than this (of 255) is the question, not the quiet.
const LOUD: u8 = 8;

/// What came of an hour.
#[derive(Debug, Default)]
struct Outcome {
    questions: usize,
    /// Speech that voice activity found.
    found: usize,
    /// How far the beginning of speech stands from where the first one stood, at worst: as voice
    /// activity has it, and in the archive.
    misplaced: Duration,
    misplaced_on_record: Duration,
    /// How much longer or shorter a question is in the archive than the first, at worst.
    stretched_on_record: Duration,
    /// Gaps inside of speech.
    torn: usize,
    /// How far the sound lags behind the moment at which it arrived: in the first minute and in
    /// the last, on average, and at worst.
    lag_first: Duration,
    lag_last: Duration,
    lag_most: Duration,
}

/// What the microphone brings, on its way into the archive.
struct Listener {
    recorder: Recorder,
    encoder: Encoder,
    carrier: Carrier,
    speaking: bool,
    end: Position,
    started: Vec<Position>,
    torn: usize,
}

impl Listener {
    fn take(&mut self, captured: Captured) {
        match captured {
            Captured::Packet { at, payload, peak } => self.recorder.coach(at, &payload, peak),
            Captured::Frame { at, samples } => {
                self.torn += usize::from(self.speaking && at != self.end);
                self.end = at + Duration::from_millis(20);
                if self.carrier == Carrier::WebSocket {
                    let packet = self.encoder.encode(&samples).unwrap();
                    if !opus::is_dtx(packet) {
                        self.recorder.coach(at, packet, peak(&samples));
                    }
                }
            }
            Captured::Gap(_) | Captured::Omitted(_) => {
                self.torn += usize::from(self.speaking);
            }
            Captured::Started(at) => {
                self.speaking = true;
                self.started.push(at);
            }
            Captured::Stopped(_) => self.speaking = false,
        }
    }
}

async fn hour(carrier: Carrier, ppm: f64) -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::sqlite(folder.path()).await;
    let settings = EncoderSettings {
        rate: 16_000,
        complexity: 0,
        loss: 0,
        ..EncoderSettings::default()
    };
    let mut listener = Listener {
        recorder: scene.record("sess_1"),
        encoder: Encoder::new(settings).unwrap(),
        carrier,
        speaking: false,
        end: Position::ZERO,
        started: Vec::new(),
        torn: 0,
    };
    let (step, mut mic) = match carrier {
        Carrier::WebRtc => (Duration::from_millis(20), Mic::packets(Position::ZERO)),
        Carrier::WebSocket => (
            Duration::from_millis(40),
            Mic::bytes(AudioFormat::Pcm, Position::ZERO),
        ),
    };
    let mic = mic.as_mut().unwrap();
    let chunks = chunks(carrier, step);
    let (mut out, mut truth, mut skew) = (Vec::new(), Vec::new(), Duration::ZERO);
    let (mut first, mut last, mut most) = (Vec::new(), Vec::new(), Duration::ZERO);
    let mut random = ChaCha8Rng::seed_from_u64(5);
    let (mut now, mut marks) = (Position::ZERO, 0_u64);
    for n in 0.. {
        // A chunk leaves when it is complete, by the clock of its microphone.
        let sent = step.mul_f64(f64::from(n + 1) / (1.0 + ppm / 1e6));
        if sent > HOUR {
            break;
        }
        let arrival = sent + Duration::from_micros(random.random_range(0..10_000));
        while let Some(due) = mic.deadline()
            && due < Position::ZERO + arrival + skew
        {
            mic.wake(due, &mut out);
        }
        now = now.max(Position::ZERO + arrival + skew);
        let chunk = &chunks[n as usize % chunks.len()];
        if (n as usize).is_multiple_of(chunks.len()) && sent + PERIOD < HOUR {
            truth.push(now.back(step));
        }
        match carrier {
            Carrier::WebRtc => {
                let packet = Packet {
                    sequence: n as u16,
                    timestamp: n * 960,
                    payload: chunk.clone(),
                };
                mic.packet(packet, now, &mut out);
            }
            Carrier::WebSocket => {
                mic.arrive(step, now, &mut out).unwrap();
                mic.read(chunk, &mut out).unwrap();
                // As a session does: sound never lies in the future.
                skew += mic.end() - now;
            }
        }
        out.drain(..).for_each(|captured| listener.take(captured));
        let lag = (Position::ZERO + arrival + skew) - mic.end();
        most = most.max(lag);
        match sent.as_secs() {
            1..60 => first.push(lag),
            3540.. => last.push(lag),
            _ => {}
        }
        // Simulated time must not outrun the disk.
        if (n as usize).is_multiple_of(chunks.len() * 6) {
            listener.recorder.trace("{}");
            marks += 1;
            let trace = scene.session("sess_1").join("001.trace.jsonl");
            while std::fs::metadata(&trace).map_or(0, |file| file.len()) < 3 * (marks - 1) {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
        listener.recorder.tick(now);
        assert_eq!(listener.recorder.trouble(), None);
    }
    listener.recorder.finish(now, EndReason::ByClient).await;
    let peaks = std::fs::read(scene.session("sess_1").join("001.coach.peaks")).unwrap();
    let all = loud(&peaks);
    // At the end of the hour one may have begun.
    let loud = &all[..truth.len()];
    let close = *truth.last().unwrap() + PERIOD / 2;
    listener.started.retain(|at| *at < close);
    assert!(all.len() <= truth.len() + 1, "questions in the archive");
    let length = |span: &(Position, Position)| span.1 - span.0;
    let average = |lags: &[Duration]| lags.iter().sum::<Duration>() / lags.len() as u32;
    let began: Vec<Position> = loud.iter().map(|span| span.0).collect();
    let stretched = loud
        .iter()
        .map(|span| length(span).abs_diff(length(&loud[0])));
    let outcome = Outcome {
        questions: truth.len(),
        found: listener.started.len(),
        misplaced: misplaced(&listener.started, &truth),
        misplaced_on_record: misplaced(&began, &truth),
        stretched_on_record: stretched.max().unwrap(),
        torn: listener.torn,
        lag_first: average(&first),
        lag_last: average(&last),
        lag_most: most,
    };
    println!("{carrier:?} {ppm:+} ppm: {outcome:?}");
    outcome
}

/// One period as the client sends it.
fn chunks(carrier: Carrier, step: Duration) -> Vec<bytes::Bytes> {
    let mut sound = question_at(RATE);
    sound.resize(RATE as usize * PERIOD.as_secs() as usize, 0);
    let length = RATE as usize * step.as_millis() as usize / 1000;
    let mut encoder = Encoder::new(EncoderSettings {
        dtx: false,
        ..EncoderSettings::default()
    })
    .unwrap();
    let chunk = |samples: &[i16]| match carrier {
        Carrier::WebRtc => encoder.encode(samples).unwrap().to_vec().into(),
        Carrier::WebSocket => {
            let mut bytes = Vec::new();
            media::pcm::write(samples, &mut bytes);
            bytes.into()
        }
    };
    sound.chunks_exact(length).map(chunk).collect()
}

/// From where to where it is loud, quiet of less than a second passed over.
fn loud(peaks: &[u8]) -> Vec<(Position, Position)> {
    let mut spans: Vec<(Position, Position)> = Vec::new();
    for (slot, _) in peaks.iter().enumerate().filter(|(_, peak)| **peak > LOUD) {
        let at = Position::from_ms(slot as u64 * 20);
        match spans.last_mut() {
            Some((_, end)) if at - *end < Duration::from_secs(1) => *end = at,
            _ => spans.push((at, at)),
        }
    }
    spans
}

/// How far one stands from its question, compared to the first, at worst.
fn misplaced(found: &[Position], truth: &[Position]) -> Duration {
    let offset = |at: &Position| {
        let question = truth.iter().rfind(|begin| **begin <= *at + PERIOD / 10);
        *at + PERIOD - *question.unwrap()
    };
    // Speech may be found in two pieces; the first piece of each question counts.
    let mut firsts: Vec<Position> = Vec::new();
    for at in found {
        if firsts
            .last()
            .is_none_or(|last| *at - *last > PERIOD / 2 + PERIOD / 4)
        {
            firsts.push(*at);
        }
    }
    let first = offset(&firsts[0]);
    firsts
        .iter()
        .map(|at| offset(at).abs_diff(first))
        .max()
        .unwrap()
}

fn assert_true(outcome: &Outcome, most: Duration) {
    assert!(outcome.questions >= 718, "{outcome:?}");
    assert!(outcome.found >= outcome.questions, "{outcome:?}");
    assert_eq!(outcome.torn, 0, "{outcome:?}");
    assert!(outcome.misplaced <= most, "{outcome:?}");
    assert!(outcome.misplaced_on_record <= most, "{outcome:?}");
    assert!(
        outcome.stretched_on_record <= Duration::from_millis(60),
        "{outcome:?}"
    );
    let grown = outcome.lag_last.saturating_sub(outcome.lag_first);
    assert!(grown <= Duration::from_millis(60), "{outcome:?}");
    assert!(
        outcome.lag_most <= Duration::from_millis(200),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn packets_of_a_fast_clock() {
    assert_true(
        &hour(Carrier::WebRtc, 100.0).await,
        Duration::from_millis(80),
    );
}

#[tokio::test]
async fn packets_of_a_slow_clock() {
    assert_true(
        &hour(Carrier::WebRtc, -100.0).await,
        Duration::from_millis(80),
    );
}

#[tokio::test]
async fn bytes_of_a_fast_clock() {
    assert_true(
        &hour(Carrier::WebSocket, 100.0).await,
        Duration::from_millis(120),
    );
}

#[tokio::test]
async fn bytes_of_a_slow_clock() {
    assert_true(
        &hour(Carrier::WebSocket, -100.0).await,
        Duration::from_millis(120),
    );
}
