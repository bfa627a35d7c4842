//! Voice activity: whether somebody speaks, and since when.

mod floor;

use std::time::Duration;

use earshot::Detector;

pub use floor::Floor;

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
mod tests;
