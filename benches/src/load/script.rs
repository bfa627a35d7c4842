//! What one coach does: speaks, waits, listens, interrupts every third answer; and notes when what
//! came back. Pure: time is an argument, counted from the beginning of the run.

use std::time::Duration;

use rand::{RngExt as _, SeedableRng as _, rngs::SmallRng};

use super::clips::{Clips, Say};
use super::tally::Tally;

/// Sound that ended this shortly before the end of a clip was not interrupted by it.
const GOES_ON: Duration = Duration::from_millis(200);
/// After so much silence an answer is over, whether the server says so or not.
const SILENT: Duration = Duration::from_millis(1500);

/// How all coaches behave.
#[derive(Clone, Copy, Debug)]
pub struct Manners {
    /// From the end of speech to the first sound of the answer, by configuration: the silence that
    /// ends a turn and the engines' delays.
    pub expected: Duration,
    /// Every so many answers one is interrupted; 0 for none.
    pub interrupt_every: u32,
    /// Longest wait for an answer.
    pub patience: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    /// Silent until it is time to speak.
    Resting { until: Duration },
    /// Speaks a clip.
    Speaking { clip: usize, frame: usize },
    /// Has spoken and waits for the answer.
    Waiting { since: Duration },
    /// Hears the answer, and interrupts it at a certain time.
    Listening { interrupt: Option<Duration> },
}

/// An interruption in progress.
#[derive(Clone, Copy, Debug)]
struct BargeIn {
    began: Duration,
    decided: Option<Duration>,
    last_sound: Duration,
}

/// What a session must tell the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tell {
    /// The answer was cut off while it was heard: `conversation.item.truncate`.
    Truncate,
}

/// One coach.
#[derive(Debug)]
pub struct Script {
    manners: Manners,
    random: SmallRng,
    state: State,
    /// The clip that was spoken last, and frames since then.
    spoken: Option<(usize, usize)>,
    answers: u32,
    /// The server said that it has made the answer.
    answered: bool,
    last_sound: Duration,
    barge_in: Option<BargeIn>,
    tally: Tally,
}

impl Script {
    /// A coach who begins to speak within `spread` after `now`.
    #[must_use]
    pub fn new(manners: Manners, seed: u64, now: Duration, spread: Duration) -> Self {
        let mut random = SmallRng::seed_from_u64(seed);
        let until = now + spread.mul_f64(random.random());
        // Not all interrupt at the same time.
        let answers = random.random_range(0..manners.interrupt_every.max(1));
        Self {
            manners,
            random,
            state: State::Resting { until },
            spoken: None,
            answers,
            answered: false,
            last_sound: Duration::ZERO,
            barge_in: None,
            tally: Tally::default(),
        }
    }

    /// What was counted since the last time.
    pub fn take(&mut self) -> Tally {
        std::mem::take(&mut self.tally)
    }

    /// Whether the coach speaks over an answer.
    #[must_use]
    pub fn interrupts(&self) -> bool {
        self.barge_in.is_some()
    }

    /// Whether it matters now if a packet can be heard.
    #[must_use]
    pub fn listens_closely(&self) -> bool {
        self.barge_in.is_some() || matches!(self.state, State::Waiting { .. })
    }

    /// The frame that is sent now; to be asked every 20 ms. `playing` is when all sound that
    /// arrived will have been played.
    pub fn frame(&mut self, now: Duration, playing: Duration, clips: &Clips) -> Say {
        match self.state {
            State::Resting { until } if now >= until => self.begin(clips),
            State::Waiting { since } if now >= since + self.manners.patience => {
                self.tally.unanswered += 1;
                self.rest(now);
            }
            State::Listening { interrupt } => {
                let silent = now > playing + Duration::from_millis(100);
                if interrupt.is_some_and(|at| now >= at) && !silent {
                    let last_sound = self.last_sound;
                    self.barge_in = Some(BargeIn {
                        began: now,
                        decided: None,
                        last_sound,
                    });
                    self.begin(clips);
                } else if silent && (self.answered || now > playing + SILENT) {
                    self.rest(now);
                }
            }
            _ => {}
        }
        let State::Speaking { clip, frame } = self.state else {
            let after = self.spoken;
            if let Some((_, ago)) = &mut self.spoken {
                *ago += 1;
            }
            return Say::Silence { after };
        };
        if frame + 1 < clips.frames(clip) {
            let frame = frame + 1;
            self.state = State::Speaking { clip, frame };
        } else {
            self.spoken = Some((clip, 0));
            self.state = State::Waiting { since: now };
            self.end_of_barge_in(now);
        }
        Say::Speech { clip, frame }
    }

    /// Sound of an answer arrived that can be heard.
    pub fn sound(&mut self, now: Duration) {
        self.last_sound = now;
        if let Some(barge_in) = &mut self.barge_in {
            barge_in.last_sound = now;
        }
        match self.state {
            State::Waiting { since } => {
                let total = millis(now, since);
                let beyond = total - self.manners.expected.as_secs_f64() * 1000.0;
                self.tally.answers += 1;
                self.tally.latency.push(total);
                self.tally.overhead.push(beyond);
                self.listen(now);
            }
            State::Speaking { .. } if self.barge_in.is_none() => {
                self.tally.too_early += 1;
                // It is interrupted by what is being said.
                self.barge_in = Some(BargeIn {
                    began: now,
                    decided: None,
                    last_sound: now,
                });
            }
            // After an answer that seemed to be over.
            State::Resting { .. } => self.listen(now),
            State::Speaking { .. } | State::Listening { .. } => {}
        }
    }

    /// The server says that the coach speaks.
    pub fn speech_started(&mut self, now: Duration) -> Option<Tell> {
        let barge_in = self.barge_in.as_mut()?;
        barge_in.decided.get_or_insert(now);
        Some(Tell::Truncate)
    }

    /// The server has begun an answer.
    pub fn answering(&mut self) {
        self.answered = false;
    }

    /// The server has made the answer.
    pub fn answered(&mut self) {
        self.answered = true;
    }

    fn begin(&mut self, clips: &Clips) {
        let clip = self.random.random_range(0..clips.count().max(1));
        self.spoken = None;
        self.state = State::Speaking { clip, frame: 0 };
    }

    fn listen(&mut self, now: Duration) {
        self.answers += 1;
        let every = self.manners.interrupt_every;
        let due = every > 0 && self.answers.is_multiple_of(every);
        let later = Duration::from_millis(self.random.random_range(1000..2500));
        let interrupt = due.then(|| now + later);
        self.state = State::Listening { interrupt };
    }

    fn rest(&mut self, now: Duration) {
        let pause = Duration::from_millis(self.random.random_range(500..1500));
        let until = now + pause;
        self.state = State::Resting { until };
        self.answered = false;
    }

    /// The clip that was spoken over an answer is over: did it stop the answer?
    fn end_of_barge_in(&mut self, now: Duration) {
        let Some(barge_in) = self.barge_in.take() else {
            return;
        };
        let stopped = now - barge_in.last_sound > GOES_ON;
        let Some(decided) = barge_in.decided.filter(|_| stopped) else {
            self.tally.talked_over += 1;
            self.state = State::Listening { interrupt: None };
            return;
        };
        self.answered = false;
        let BargeIn {
            began, last_sound, ..
        } = barge_in;
        self.tally.barge_ins += 1;
        self.tally.decision.push(millis(decided, began));
        self.tally.stop.push(millis(last_sound, began));
        self.tally.after_decision.push(millis(last_sound, decided));
    }
}

/// From one time to another, which may lie before it.
fn millis(to: Duration, from: Duration) -> f64 {
    (to.as_secs_f64() - from.as_secs_f64()) * 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn clips() -> Clips {
        let file = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../tests/fixtures/speech/goal.wav"
        );
        Clips::read(&[file.into()]).unwrap()
    }

    /// A server in simulated time: it answers `after` the end of speech with `reply` of sound
    /// and stops 300 ms into an interruption.
    fn converse(manners: Manners, after: Duration, reply: Duration, length: Duration) -> Tally {
        let clips = clips();
        let mut script = Script::new(manners, 3, ms(0), ms(2000));
        let (mut now, mut spoken, mut heard_speech) = (ms(0), None, None);
        let (mut sounding, mut playing) = (None::<Duration>, ms(0));
        while now < length {
            match script.frame(now, playing, &clips) {
                Say::Speech { .. } => {
                    spoken = Some(now);
                    let began = *heard_speech.get_or_insert(now);
                    if sounding.is_some() && now >= began + ms(300) {
                        assert_eq!(script.speech_started(now), Some(Tell::Truncate));
                        sounding = None;
                        script.answered();
                    }
                }
                Say::Silence { .. } => heard_speech = None,
            }
            if spoken.is_some_and(|spoken| now == spoken + after) {
                script.answering();
                sounding = Some(now);
            }
            if let Some(began) = sounding {
                script.sound(now);
                playing = now + ms(20);
                if now >= began + reply {
                    script.answered();
                    sounding = None;
                }
            }
            now += ms(20);
        }
        script.take()
    }

    const MANNERS: Manners = Manners {
        expected: ms(500),
        interrupt_every: 3,
        patience: ms(8000),
    };

    #[test]
    fn every_third_answer_is_interrupted_and_all_are_timed() {
        let tally = converse(MANNERS, ms(520), ms(5000), ms(300_000));
        assert!(tally.answers > 25, "{tally:?}");
        let share = tally.answers as f64 / tally.barge_ins as f64;
        assert!((2.5..4.0).contains(&share), "{tally:?}");
        assert!((tally.overhead.percentile(0.0).unwrap() - 20.0).abs() < 1e-6);
        assert!((tally.overhead.max().unwrap() - 20.0).abs() < 1e-6);
        assert!((tally.latency.max().unwrap() - 520.0).abs() < 1e-6);
        assert!((tally.decision.max().unwrap() - 300.0).abs() < 1e-6);
        assert!((tally.after_decision.max().unwrap() + 20.0).abs() < 1e-6);
        assert_eq!((tally.unanswered, tally.too_early), (0, 0));
        assert_eq!(tally.talked_over, 0);
    }

    #[test]
    fn a_server_that_never_answers_is_told_of() {
        let manners = Manners {
            patience: ms(3000),
            ..MANNERS
        };
        let tally = converse(manners, ms(5000), ms(5000), ms(60_000));
        assert!(tally.unanswered > 5, "{tally:?}");
        assert_eq!(tally.answers, 0);
    }

    #[test]
    fn an_answer_in_the_middle_of_a_clip_comes_too_early() {
        let tally = converse(MANNERS, ms(20), ms(5000), ms(60_000));
        assert_eq!(tally.too_early, 0);
        let clips = clips();
        let mut script = Script::new(MANNERS, 1, ms(0), ms(0));
        script.frame(ms(0), ms(0), &clips);
        script.sound(ms(10));
        assert_eq!(script.take().too_early, 1);
    }

    #[test]
    fn an_answer_that_goes_on_was_talked_over() {
        let clips = clips();
        let mut script = Script::new(
            Manners {
                interrupt_every: 1,
                ..MANNERS
            },
            1,
            ms(0),
            ms(0),
        );
        let (mut now, mut sounding) = (ms(0), false);
        let mut tally = Tally::default();
        while now < ms(20_000) {
            sounding |= script.frame(now, now, &clips)
                == Say::Silence {
                    after: Some((0, 3)),
                };
            if sounding {
                script.sound(now);
            }
            now += ms(20);
            tally.add(script.take());
        }
        assert_eq!((tally.talked_over, tally.barge_ins), (1, 0));
    }
}
