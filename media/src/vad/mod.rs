//! Voice activity: whether somebody speaks, and since when.

mod floor;

use std::time::Duration;

use earshot::Detector;

use floor::Floor;

use crate::frame::Position;
use crate::level::{SILENCE, rms_dbfs};

/// Rate of the samples, in hertz.
pub const RATE: u32 = 16_000;

/// Samples that are judged together: 16 ms, as the detector demands.
pub const WINDOW: usize = 256;

/// How long a window lasts.
const STEP: Duration = Duration::from_millis(16);
/// How far before the detector's answer an onset is looked for. It answers 80 to 110 ms late.
const LOOK_BACK: usize = 12;
/// A jump of the position larger than this is a gap in the sound, in samples at 48 kHz.
const GAP: u64 = 480;

/// When speech begins and ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VadSettings {
    /// Probability from which on a window may begin speech.
    pub on: f32,
    /// Probability below which a window no longer continues it.
    pub off: f32,
    /// How long speech must last before it counts, so that a click or a cough does not.
    pub min_speech: Duration,
    /// How long it must be quiet before speech counts as stopped. This is not the end of a turn,
    /// which is decided elsewhere.
    pub hangover: Duration,
    /// How far above the noise floor speech stands, in dB.
    pub margin: f32,
    /// Nothing quieter counts as speech, in dBFS.
    pub quietest: f32,
}

impl Default for VadSettings {
    fn default() -> Self {
        Self {
            on: 0.7,
            off: 0.4,
            min_speech: Duration::from_millis(96),
            hangover: Duration::from_millis(200),
            margin: 6.0,
            quietest: -60.0,
        }
    }
}

/// What was found in one window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Activity {
    /// Where the window begins; it lasts 16 ms.
    pub at: Position,
    /// Probability of speech, 0 to 1, of the detector alone.
    pub probability: f32,
    /// Level, in dBFS.
    pub level: f32,
    /// Whether somebody speaks, after this window.
    pub speaking: bool,
    /// Whether that has just changed.
    pub edge: Option<Edge>,
}

/// Speech began or ended, some time before it was noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    /// Somebody began to speak.
    Started {
        /// The first sound of it.
        at: Position,
    },
    /// It has been quiet for the time of the hangover.
    Stopped {
        /// The last sound of it.
        at: Position,
    },
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Quiet,
    /// Speech since `from`, not yet long enough to count; `windows` of it so far.
    Perhaps {
        from: Position,
        windows: u32,
    },
    /// Speech whose last sound ends at `last`.
    Speaking {
        last: Position,
    },
}

/// Finds speech in a stream of samples.
pub struct Vad {
    settings: VadSettings,
    detector: Box<Detector>,
    window: [i16; WINDOW],
    filled: usize,
    /// Position of the first sample in `window`.
    at: Position,
    state: State,
    floor: Floor,
    /// Levels of the latest windows, the newest first.
    recent: [f32; LOOK_BACK],
    /// Speech is not dated back before this.
    not_before: Position,
}

impl Vad {
    /// A detector at the beginning of a stream.
    #[must_use]
    pub fn new(settings: VadSettings) -> Self {
        Self {
            settings,
            detector: Box::default(),
            window: [0; WINDOW],
            filled: 0,
            at: Position::ZERO,
            state: State::Quiet,
            floor: Floor::new(settings.quietest),
            recent: [SILENCE; LOOK_BACK],
            not_before: Position::ZERO,
        }
    }

    /// Sets how sure the detector must be, as `turn_detection.threshold` of the Realtime protocol
    /// does: 0 to 1, where 0.5 stands for the default of on at 0.7 and off at 0.4.
    pub fn set_threshold(&mut self, threshold: f32) {
        let threshold = if threshold.is_nan() {
            0.5
        } else {
            threshold.clamp(0.0, 1.0)
        };
        self.settings.on = (0.4 + 0.6 * threshold).min(0.98);
        self.settings.off = self.settings.on * 4.0 / 7.0;
    }

    /// Sets how long it must be quiet before speech counts as stopped.
    pub const fn set_hangover(&mut self, hangover: Duration) {
        self.settings.hangover = hangover;
    }

    /// The settings in force.
    #[must_use]
    pub const fn settings(&self) -> &VadSettings {
        &self.settings
    }

    /// Whether somebody speaks.
    #[must_use]
    pub const fn is_speaking(&self) -> bool {
        matches!(self.state, State::Speaking { .. })
    }

    /// The estimated level of the background, in dBFS.
    #[must_use]
    pub fn noise_floor(&self) -> f32 {
        self.floor.level()
    }

    /// Takes `samples`, any number of them at 16 kHz, whose first stands at `at`, and appends
    /// what was found in every window they complete to `out`.
    ///
    /// Where `at` leaps over a gap of more than 10 ms, the gap counts as quiet.
    pub fn push(&mut self, at: Position, samples: &[i16], out: &mut Vec<Activity>) {
        let expected = self.at + span_of(self.filled);
        if at.samples().abs_diff(expected.samples()) > GAP {
            self.leap(at, out);
        } else {
            self.at = at.back(span_of(self.filled));
        }
        let mut rest = samples;
        while !rest.is_empty() {
            let (head, tail) = rest.split_at(rest.len().min(WINDOW - self.filled));
            self.window[self.filled..self.filled + head.len()].copy_from_slice(head);
            self.filled += head.len();
            rest = tail;
            if self.filled == WINDOW {
                let activity = self.judge();
                out.push(activity);
                self.filled = 0;
                self.at += STEP;
            }
        }
    }

    /// Nothing comes for now: speech that is on ends with its last sound. What comes next may
    /// follow without a gap all the same.
    pub fn break_off(&mut self) -> Option<Edge> {
        let before = std::mem::replace(&mut self.state, State::Quiet);
        let State::Speaking { last } = before else {
            return None;
        };
        self.not_before = last;
        Some(Edge::Stopped { at: last })
    }

    /// Whether these samples, were they to come next, would be nothing but background, and nobody
    /// speaks or seems to begin.
    #[must_use]
    pub fn is_background(&self, samples: &[i16]) -> bool {
        self.state == State::Quiet && rms_dbfs(samples) < self.lowest()
    }

    /// The level below which nothing belongs to speech that has begun.
    fn lowest(&self) -> f32 {
        (self.floor.level() + self.settings.margin / 2.0).max(self.settings.quietest)
    }

    /// Forgets the stream: the next samples begin a new one. The settings stay.
    pub fn reset(&mut self) {
        *self = Self::new(self.settings);
    }

    /// Goes on at `at`. What is in the window is dropped: it is too short to judge.
    fn leap(&mut self, at: Position, out: &mut Vec<Activity>) {
        let end = self.at;
        self.filled = 0;
        self.at = at;
        self.detector.reset();
        self.recent = [SILENCE; LOOK_BACK];
        self.not_before = at;
        match self.state {
            State::Speaking { last } if at.since(last) >= self.settings.hangover || at < last => {
                self.state = State::Quiet;
                out.push(Activity {
                    at: end,
                    probability: 0.0,
                    level: SILENCE,
                    speaking: false,
                    edge: Some(Edge::Stopped { at: last }),
                });
            }
            State::Perhaps { .. } => self.state = State::Quiet,
            State::Speaking { .. } | State::Quiet => {}
        }
    }

    fn judge(&mut self) -> Activity {
        let level = rms_dbfs(&self.window);
        let probability = self.detector.predict_i16(&self.window);
        self.floor.push(level);
        self.recent.rotate_right(1);
        self.recent[0] = level;
        let above = self.floor.level() + self.settings.margin;
        let loud = level >= above.max(self.settings.quietest);
        let begins = loud && probability >= self.settings.on;
        // Once begun, the tail of a word may fall below the gate; the detector decides alone as
        // long as it is not the background that it hears.
        let continues = level >= self.lowest() && probability >= self.settings.off;
        let edge = self.step(begins, continues);
        Activity {
            at: self.at,
            probability,
            level,
            speaking: self.is_speaking(),
            edge,
        }
    }

    fn step(&mut self, begins: bool, continues: bool) -> Option<Edge> {
        let end = self.at + STEP;
        match self.state {
            State::Quiet if begins => self.perhaps(self.onset(), 1),
            State::Perhaps { from, windows } if continues => self.perhaps(from, windows + 1),
            State::Perhaps { .. } => {
                self.state = State::Quiet;
                None
            }
            State::Speaking { .. } if continues => {
                self.state = State::Speaking { last: end };
                None
            }
            State::Speaking { last } if end.since(last) >= self.settings.hangover => {
                self.state = State::Quiet;
                self.not_before = last;
                Some(Edge::Stopped { at: last })
            }
            State::Quiet | State::Speaking { .. } => None,
        }
    }

    fn perhaps(&mut self, from: Position, windows: u32) -> Option<Edge> {
        let end = self.at + STEP;
        if STEP * windows < self.settings.min_speech {
            self.state = State::Perhaps { from, windows };
            return None;
        }
        self.state = State::Speaking { last: end };
        Some(Edge::Started { at: from })
    }

    /// Where the sound that is now taken for speech rose above the background.
    fn onset(&self) -> Position {
        let gate = (self.floor.level() + self.settings.margin).max(self.settings.quietest);
        let loud = self
            .recent
            .iter()
            .skip(1)
            .take_while(|&&level| level >= gate)
            .count();
        self.at.back(STEP * loud as u32).max(self.not_before)
    }
}

impl std::fmt::Debug for Vad {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vad")
            .field("settings", &self.settings)
            .field("state", &self.state)
            .field("at", &self.at)
            .finish_non_exhaustive()
    }
}

fn span_of(samples: usize) -> Duration {
    Position::from_samples(samples as u64, RATE) - Position::ZERO
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::{noise, recording, sine};

    fn run(vad: &mut Vad, samples: &[i16]) -> Vec<Activity> {
        let mut out = Vec::new();
        for (n, chunk) in samples.chunks(320).enumerate() {
            vad.push(Position::from_ms(n as u64 * 20), chunk, &mut out);
        }
        out
    }

    fn spans(samples: &[i16]) -> Vec<(u64, u64)> {
        let mut found = Vec::new();
        for activity in run(&mut Vad::new(VadSettings::default()), samples) {
            match activity.edge {
                Some(Edge::Started { at }) => found.push((at.ms(), u64::MAX)),
                Some(Edge::Stopped { at }) => found.last_mut().unwrap().1 = at.ms(),
                None => {}
            }
        }
        found
    }

    fn mixed(a: &[i16], b: &[i16]) -> Vec<i16> {
        a.iter().zip(b).map(|(a, b)| a.saturating_add(*b)).collect()
    }

    /// A quiet room of two seconds with `sound` after the first.
    fn room(sound: &[i16]) -> Vec<i16> {
        let mut samples = noise(1, 32_000, -65.0);
        for (slot, sample) in samples[16_000..].iter_mut().zip(sound) {
            *slot = slot.saturating_add(*sample);
        }
        samples
    }

    #[test]
    fn steady_sounds_are_no_speech() {
        for level in [-60.0, -45.0, -30.0, -20.0] {
            assert_eq!(spans(&noise(3, 80_000, level)), [], "noise at {level} dB");
        }
        assert_eq!(spans(&sine(100.0, 16_000, 80_000, 0.3)), [], "hum");
        assert_eq!(spans(&[0; 80_000]), [], "silence");
    }

    #[test]
    fn clicks_and_coughs_are_no_speech() {
        for ms in [1, 10, 40, 80, 115] {
            for seed in 0..8 {
                let burst = noise(seed, 16 * ms, -12.0);
                assert_eq!(spans(&room(&burst)), [], "{ms} ms of noise");
            }
        }
        let Some(speech) = recording("01-jfk.wav") else {
            return;
        };
        for start in (0..speech.len() - 1600).step_by(4000) {
            assert_eq!(
                spans(&room(&speech[start..start + 1600])),
                [],
                "100 ms of voice"
            );
        }
    }

    #[test]
    fn finds_the_phrases_of_a_speech() {
        let Some(speech) = recording("01-jfk.wav") else {
            return;
        };
        let found = spans(&speech);
        // "and so my fellow americans | ask not | what your country can do for you | ask what …"
        let expected = [(320, 2300), (3280, 4480), (5400, 7540), (8190, u64::MAX)];
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.0.abs_diff(expected.0) < 150, "{found:?} {expected:?}");
            assert!(found.1.abs_diff(expected.1) < 150, "{found:?} {expected:?}");
        }
    }

    #[test]
    fn notices_soon_and_dates_back() {
        let Some(speech) = recording("01-jfk.wav") else {
            return;
        };
        // "ask not" begins at 3.28 s.
        let mut samples = noise(1, 16_000, -65.0);
        samples.extend_from_slice(&speech[16 * 3280..16 * 4480]);
        let mut vad = Vad::new(VadSettings::default());
        let activity = run(&mut vad, &samples);
        let first = activity
            .iter()
            .find(|activity| activity.edge.is_some())
            .unwrap();
        let Some(Edge::Started { at }) = first.edge else {
            panic!("{first:?}")
        };
        assert!(at.ms().abs_diff(1000) <= 100, "dated to {at}");
        assert!((first.at + STEP).ms() < 1280, "noticed at {}", first.at);
        assert!(first.speaking && vad.is_speaking());
    }

    #[test]
    fn speech_ends_in_noise() {
        let Some(speech) = recording("15-digits.wav") else {
            return;
        };
        for below in [20.0, 10.0] {
            let background = noise(
                5,
                speech.len() + 80_000,
                f64::from(rms_dbfs(&speech)) - below,
            );
            let mut samples = speech.clone();
            samples.resize(background.len(), 0);
            let found = spans(&mixed(&samples, &background));
            assert!((2..=6).contains(&found.len()), "{below} dB: {found:?}");
            let end = found.last().unwrap().1;
            assert!((7500..9000).contains(&end), "{below} dB: {found:?}");
        }
    }

    #[test]
    fn follows_a_meeting() {
        let Some(speech) = recording("09-ami-meeting-2spk.wav") else {
            return;
        };
        // Far from the microphone, so whoever is faint is missed rather than noise taken for
        // speech.
        let total: u64 = spans(&speech)
            .iter()
            .map(|(from, to)| to.min(&30_000) - from)
            .sum();
        assert!((14_000..24_000).contains(&total), "{total} ms of 30 s");
    }

    #[test]
    fn threshold_and_hangover_take_effect() {
        let mut vad = Vad::new(VadSettings::default());
        for (threshold, on) in [
            (0.5, 0.7),
            (0.0, 0.4),
            (1.0, 0.98),
            (7.0, 0.98),
            (f32::NAN, 0.7),
        ] {
            vad.set_threshold(threshold);
            assert!((vad.settings().on - on).abs() < 1e-6);
            assert!(vad.settings().off < vad.settings().on);
        }
        let Some(speech) = recording("01-jfk.wav") else {
            return;
        };
        vad.set_threshold(0.5);
        vad.set_hangover(Duration::from_millis(1200));
        let stops = run(&mut vad, &speech)
            .iter()
            .filter(|activity| matches!(activity.edge, Some(Edge::Stopped { .. })))
            .count();
        assert_eq!(stops, 0);
    }

    #[test]
    fn a_gap_counts_as_quiet() {
        let Some(speech) = recording("01-jfk.wav") else {
            return;
        };
        let (mut vad, mut out) = (Vad::new(VadSettings::default()), Vec::new());
        vad.push(Position::ZERO, &speech[..16 * 1500], &mut out);
        assert!(vad.is_speaking());
        out.clear();
        vad.push(Position::from_ms(9000), &[0; 512], &mut out);
        let Some(Edge::Stopped { at }) = out[0].edge else {
            panic!("{out:?}")
        };
        assert!((1300..=1500).contains(&at.ms()));
        assert_eq!(out[1].at, Position::from_ms(9000));
    }

    #[test]
    fn chunks_of_any_size_give_the_same() {
        let Some(speech) = recording("12-ami-es2011a.wav") else {
            return;
        };
        let whole = run(&mut Vad::new(VadSettings::default()), &speech);
        let (mut vad, mut out, mut at) = (Vad::new(VadSettings::default()), Vec::new(), 0);
        for size in [1, 7, 255, 256, 257, 3000].into_iter().cycle() {
            let end = (at + size).min(speech.len());
            vad.push(
                Position::from_samples(at as u64, RATE),
                &speech[at..end],
                &mut out,
            );
            at = end;
            if at == speech.len() {
                break;
            }
        }
        assert_eq!(out, whole);
    }

    #[test]
    fn speech_that_breaks_off_ends_with_its_last_sound_and_goes_on_from_there() {
        let Some(speech) = recording("01-jfk.wav") else {
            return;
        };
        let mut vad = Vad::new(VadSettings::default());
        assert_eq!(vad.break_off(), None);
        // In the middle of "americans".
        run(&mut vad, &speech[..16 * 2000]);
        assert!(vad.is_speaking() && !vad.is_background(&[0; 320]));
        let Some(Edge::Stopped { at }) = vad.break_off() else {
            panic!("somebody spoke");
        };
        assert!(at.ms() > 1900 && at.ms() <= 2000, "{at}");
        assert!(!vad.is_speaking());
        let mut out = Vec::new();
        vad.push(
            Position::from_ms(2000),
            &speech[16 * 2000..16 * 2300],
            &mut out,
        );
        let started = out.iter().find_map(|activity| activity.edge);
        let Some(Edge::Started { at: again }) = started else {
            panic!("{started:?}");
        };
        assert!(again >= at && again.ms() < 2050, "{again}");
    }

    #[test]
    fn background_is_what_is_no_louder_than_before() {
        let mut vad = Vad::new(VadSettings::default());
        run(&mut vad, &noise(3, 48_000, -45.0));
        assert!(vad.is_background(&noise(4, 320, -45.0)));
        assert!(vad.is_background(&[0; 320]));
        assert!(!vad.is_background(&noise(4, 320, -38.0)));
    }
}
