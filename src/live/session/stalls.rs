//! Sound that arrives late, in bursts or all at once, in simulated time: from the network through
//! the intake onto the timeline, beside a client's voice that is heard by the clock.

use std::time::Duration;

use bytes::Bytes;
use media::Position;
use media::playout::{Holder, Playout};
use signaling::event::audio::AudioFormat;
use tokio::time::Instant;

use super::inlet::Inlet;
use crate::live::intake::Intake;
use crate::live::mic::{Captured, Mic};

/// Bytes of a millisecond of PCM16 at 24 kHz.
const PER_MS: usize = 48;
/// How the client cuts its sound.
const CHUNK: u64 = 40;
/// Between two questions.
const PAUSE: u64 = 1500;

fn span(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// A spoken question, 24 kHz PCM16.
fn question() -> Vec<u8> {
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/fixtures/speech/begin.wav"
    );
    let mut wave = hound::WavReader::open(file).unwrap();
    let samples: Vec<i16> = wave.samples().map(Result::unwrap).collect();
    let (mut out, mut bytes) = (Vec::new(), Vec::new());
    let mut resampler = media::resample::Resampler::new(16_000, 24_000).unwrap();
    resampler.process(&samples, &mut out).unwrap();
    resampler.flush(&mut out).unwrap();
    media::pcm::write(&out, &mut bytes);
    bytes.truncate(bytes.len() / (PER_MS * 20) * PER_MS * 20);
    bytes
}

/// A coach who asks, again and again, with pauses between.
fn coach(ms: u64) -> Vec<u8> {
    let mut once = question();
    once.resize(once.len() + PAUSE as usize * PER_MS, 0);
    once.into_iter()
        .cycle()
        .take(ms as usize * PER_MS)
        .collect()
}

/// One session's way in and its time, as the conductor puts them together.
struct Rig {
    base: Instant,
    /// Milliseconds by the clock.
    clock: u64,
    inlet: Inlet,
    playout: Playout,
    captured: Vec<Captured>,
    /// Where each frame stands, but for the gaps and what was left out: how far the sound had come
    /// that it is of.
    placed: Vec<(u64, Position)>,
    sound: u64,
    edges: Vec<(bool, u64)>,
    gaps: Vec<u64>,
    omitted: u64,
    leaps: usize,
    most_ahead: Duration,
    /// Nobody answers, and nothing is waited for.
    idle: bool,
    speaking: bool,
}

impl Rig {
    fn new() -> Self {
        let base = Instant::now();
        let mic = Mic::bytes(AudioFormat::Pcm, Position::ZERO).unwrap();
        let intake = Intake::new(mic, AudioFormat::Pcm);
        Self {
            base,
            clock: 0,
            inlet: Inlet::new(intake, Position::ZERO, base),
            playout: Playout::new(Holder::Client, span(20)),
            captured: Vec::new(),
            placed: Vec::new(),
            sound: 0,
            edges: Vec::new(),
            gaps: Vec::new(),
            omitted: 0,
            leaps: 0,
            most_ahead: Duration::ZERO,
            idle: true,
            speaking: false,
        }
    }

    fn now(&self) -> Instant {
        self.base + span(self.clock)
    }

    fn time(&self) -> Position {
        self.inlet.timeline.at(self.now())
    }

    fn ahead(&self) -> Duration {
        self.inlet.timeline.ahead(self.now())
    }

    /// Lets time pass by the clock up to there.
    fn until(&mut self, clock: u64) {
        while self.clock < clock {
            self.clock += 1;
            let now = self.time();
            if self.inlet.intake.deadline().is_some_and(|due| due <= now) {
                self.inlet.intake.wake(now, &mut self.captured).unwrap();
                self.take();
            }
            self.read();
        }
    }

    /// Sound arrives.
    fn send(&mut self, bytes: &[u8]) {
        // Nothing is taken before everything that came earlier was read.
        self.read_all();
        let (bytes, now) = (Bytes::copy_from_slice(bytes), self.time());
        self.inlet
            .intake
            .accept(bytes, now, &mut self.captured)
            .unwrap();
        self.take();
        self.read_all();
    }

    fn read_all(&mut self) {
        while !self.read() {
            self.until(self.clock + 1);
        }
    }

    /// Reads what may be read by now. Whether that was all.
    fn read(&mut self) -> bool {
        while let Some(next) = self.inlet.intake.next() {
            if next > self.now() {
                return false;
            }
            let now = self.now();
            let leapt = self.inlet.read_slice(now, &mut self.captured).unwrap();
            if let Some(by) = leapt {
                self.leaps += 1;
                let now = self.time();
                self.playout.leap(by, now);
            }
            self.take();
        }
        self.rest();
        true
    }

    fn rest(&mut self) {
        self.most_ahead = self.most_ahead.max(self.ahead());
        let (at_rest, now) = (self.idle && !self.speaking, self.now());
        self.inlet.rest(|| at_rest, || now);
    }

    fn take(&mut self) {
        for captured in std::mem::take(&mut self.captured) {
            match captured {
                Captured::Frame { at, .. } => {
                    if let Some((_, before)) = self.placed.last() {
                        assert!(at >= *before + media::FRAME, "{at} after {before}");
                    }
                    self.placed.push((self.sound, at));
                    self.sound += 20;
                }
                Captured::Gap(samples) => self.gaps.push(samples / 48),
                Captured::Omitted(samples) => {
                    self.sound += samples / 48;
                    self.omitted += samples / 48;
                }
                Captured::Started(at) => {
                    self.speaking = true;
                    self.edges.push((true, at.ms()));
                }
                Captured::Stopped(at) => {
                    self.speaking = false;
                    self.edges.push((false, at.ms()));
                }
                Captured::Packet { .. } => panic!("nobody sends packets"),
            }
        }
        assert!(self.inlet.intake.mic().end() <= self.time() + media::FRAME);
    }

    /// Speaks in real time from `begin` on, over a network that stands still in these spans of
    /// time and gives back what it held when they are over, `rate` times as fast as it was spoken.
    fn speak(&mut self, sound: &[u8], begin: u64, stalls: &[(u64, u64)], rate: Option<u64>) {
        let mut free = 0;
        for (number, chunk) in (1..).zip(sound.chunks(CHUNK as usize * PER_MS)) {
            let spoken = begin + number * CHUNK;
            let mut arrives = spoken.max(free);
            for (from, to) in stalls {
                if (*from..*to).contains(&arrives) {
                    arrives = *to;
                }
            }
            if let Some(rate) = rate.filter(|_| arrives > spoken) {
                free = arrives + CHUNK / rate;
            }
            self.until(arrives);
            self.send(chunk);
        }
    }

    /// How far each question stands from where it was spoken, at its beginning and its end; it
    /// must be whole. `begun` is when the sound began.
    fn questions(&self, begun: u64, spoken: &[u8]) -> Vec<(i64, i64)> {
        let length = question().len() as u64 / PER_MS as u64;
        let count = (spoken.len() / PER_MS) as u64 / (length + PAUSE);
        let off = |sound: u64| {
            let found = self
                .placed
                .binary_search_by_key(&sound, |(sound, _)| *sound);
            let (sound, at) = self.placed[found.expect("it is no silence")];
            at.ms() as i64 - (begun + sound) as i64
        };
        let ends = |number: u64| {
            let begin = number * (length + PAUSE);
            // The first and the last tenths are quiet.
            let (first, last) = (begin + 200, begin + length - 400);
            let places = self
                .placed
                .iter()
                .filter(|(sound, _)| (first..=last).contains(sound));
            let places: Vec<_> = places
                .map(|(sound, at)| at.ms() as i64 - *sound as i64)
                .collect();
            assert_eq!(
                places.len() as u64,
                (last - first) / 20 + 1,
                "question {number}"
            );
            assert!(
                places.windows(2).all(|two| two[0] == two[1]),
                "question {number} is torn"
            );
            (off(first), off(last))
        };
        (0..count).map(ends).collect()
    }
}

/// All of these are no more than so many milliseconds away from where they belong.
fn assert_placed(questions: &[(i64, i64)], most: i64) {
    assert!(!questions.is_empty());
    for (begin, end) in questions {
        assert!(begin.abs() <= most && end.abs() <= most, "{questions:?}");
    }
}

#[test]
fn what_a_stall_of_two_seconds_held_back_belongs_into_it() {
    let (sound, mut rig) = (coach(20_000), Rig::new());
    // In the middle of the second question.
    rig.speak(&sound, 1000, &[(7000, 9000)], None);
    assert_eq!(rig.gaps.len(), 1, "before the first sound: {:?}", rig.gaps);
    assert_placed(&rig.questions(1000, &sound), 20);
    assert!(rig.most_ahead <= span(20), "{:?}", rig.most_ahead);
    assert_eq!((rig.leaps, rig.omitted), (0, 0));
    // It was not known that more would come: the speech ended, and began again there.
    let at = |started: bool| {
        let mut edges = rig.edges.iter();
        edges.any(|(is, at)| *is == started && at.abs_diff(7000) < 150)
    };
    assert!(at(false) && at(true), "{:?}", rig.edges);
}

#[test]
fn a_long_stall_and_a_slow_recovery_tear_nothing_either() {
    for (stall, rate) in [(10_000, None), (10_000, Some(4)), (4000, Some(2))] {
        let (sound, mut rig) = (coach(30_000), Rig::new());
        rig.speak(&sound, 1000, &[(7000, 7000 + stall)], rate);
        assert_eq!(rig.gaps.len(), 1, "{stall} {rate:?}: {:?}", rig.gaps);
        assert_placed(&rig.questions(1000, &sound), 20);
        assert!(rig.most_ahead <= span(20), "{:?}", rig.most_ahead);
    }
}

#[test]
fn stalls_again_and_again_move_nothing_in_ten_minutes() {
    let (sound, mut rig) = (coach(600_000), Rig::new());
    let stall = |number: u64| {
        let from = 1000 + number * 5000;
        (from, from + 700 + number * 397 % 2300)
    };
    let stalls: Vec<_> = (1..118).map(stall).collect();
    rig.speak(&sound, 1000, &stalls, None);
    let questions = rig.questions(1000, &sound);
    assert!(questions.len() > 100);
    assert_placed(&questions, 120);
    assert!(rig.most_ahead <= span(150), "{:?}", rig.most_ahead);
    assert!(rig.ahead() <= span(100), "{:?}", rig.ahead());
    assert!((rig.time() - rig.inlet.intake.mic().end()) <= span(120));
}

#[test]
fn the_clients_voice_is_heard_by_the_clock_whatever_comes_in() {
    // A stall with its burst, or a whole minute at once, while the client speaks for ten seconds.
    for whole in [false, true] {
        let mut rig = Rig::new();
        rig.idle = false;
        let sound = coach(60_000);
        rig.speak(&sound[..4000 * PER_MS], 0, &[], None);
        let began = rig.clock;
        let now = rig.time();
        rig.playout.send(1, now, 10 * 24_000);
        if whole {
            rig.send(&sound);
        } else {
            let rest = &sound[4000 * PER_MS..12_000 * PER_MS];
            rig.speak(rest, 4000, &[(6000, 9000)], None);
        }
        rig.until(rig.clock.max(began + 5000));
        let heard = rig.playout.heard_of(1, rig.time()).unwrap().heard / 24;
        let passed = rig.clock - began;
        assert!(heard.abs_diff(passed) <= 150, "{heard} of {passed}");
    }
}

#[test]
fn a_recording_that_is_sent_as_one_moves_the_timeline_and_rest_brings_it_back() {
    for microphone in [false, true] {
        let mut rig = Rig::new();
        rig.idle = false;
        let sound = coach(20_000);
        rig.until(2000);
        rig.send(&sound);
        assert!(
            rig.clock >= 2000 + 20_000 / 50 - 25,
            "no faster than allowed"
        );
        assert!(
            rig.time().ms() >= 19_900 && rig.gaps.is_empty(),
            "{:?}",
            rig.gaps
        );
        let ahead = rig.ahead();
        assert!(ahead >= span(17_000), "{ahead:?}");
        // While something goes on it stays.
        rig.until(rig.clock + 5000);
        assert_eq!(rig.ahead(), ahead);
        // Nobody speaks: the clock catches up, at half the pace.
        rig.idle = true;
        let (begun, at) = (rig.clock, rig.time());
        if microphone {
            rig.speak(&vec![0; 20_000 * PER_MS], rig.clock, &[], None);
            assert!(rig.omitted > 4000, "{}", rig.omitted);
        } else {
            rig.until(rig.clock + 20_000);
        }
        let (passed, went) = (rig.clock - begun, rig.time() - at);
        assert!(
            went >= span(passed / 2) && went <= span(passed * 6 / 10),
            "{went:?}"
        );
        rig.until(rig.clock + 40_000);
        assert!(rig.ahead() <= span(100), "{:?}", rig.ahead());
    }
}

#[test]
fn what_is_said_after_a_recording_is_whole_though_the_timeline_catches_up() {
    let mut rig = Rig::new();
    rig.send(&coach(10_000));
    let (begun, sound) = (rig.sound, coach(60_000));
    rig.speak(&sound, rig.clock, &[], None);
    assert!(rig.omitted > 1000, "{}", rig.omitted);
    let length = question().len() as u64 / PER_MS as u64;
    for number in 0..8 {
        let begin = begun + number * (length + PAUSE);
        // Where somebody speaks in it.
        let (first, last) = (begin + 480, begin + length - 400);
        let frames = rig
            .placed
            .iter()
            .filter(|(sound, _)| (first..=last).contains(sound));
        let places: Vec<_> = frames
            .map(|(sound, at)| at.ms() as i64 - *sound as i64)
            .collect();
        assert!(
            places.len() as u64 >= (last - first) / 20,
            "question {number}"
        );
        assert!(
            places.windows(2).all(|two| two[0] == two[1]),
            "question {number} is torn"
        );
    }
}

#[test]
fn a_microphone_that_was_switched_off_goes_on_where_the_time_is() {
    let sound = coach(10_000);
    // Switched on again, with or without a little of before; with what a client sends once it is
    // sure that somebody speaks.
    for preroll in [0, 300] {
        let mut rig = Rig::new();
        rig.speak(&sound, 0, &[], None);
        let on = 40_000;
        rig.speak(&sound, on - preroll, &[(on - preroll, on)], None);
        assert_eq!(rig.gaps.len(), 1, "{:?}", rig.gaps);
        assert!(
            rig.gaps[0].abs_diff(30_000 - preroll) <= 60,
            "{:?}",
            rig.gaps
        );
        let again = rig.placed.iter().find(|(_, at)| at.ms() > 20_000);
        let (_, at) = again.unwrap();
        assert!(at.ms().abs_diff(on - preroll) <= 60, "{at}");
        assert!(rig.most_ahead <= span(60), "{:?}", rig.most_ahead);
    }
}

#[test]
fn what_is_held_back_is_given_up_to_whatever_follows_it() {
    let (sound, mut rig) = (coach(10_000), Rig::new());
    rig.speak(&sound[..4000 * PER_MS], 0, &[], None);
    rig.until(20_000);
    rig.send(&sound[4000 * PER_MS..4200 * PER_MS]);
    assert!(rig.inlet.intake.is_holding());
    let (before, now) = (rig.sound, rig.time());
    rig.inlet.intake.release(now, &mut rig.captured).unwrap();
    rig.take();
    rig.read();
    assert!(!rig.inlet.intake.is_holding() && rig.sound > before);
    assert!((rig.time() - rig.inlet.intake.mic().end()) <= span(60));
}
