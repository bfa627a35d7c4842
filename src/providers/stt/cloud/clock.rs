//! A vendor counts the sound it was sent; a session has a timeline with gaps. This maps one to the
//! other.

use std::collections::VecDeque;
use std::time::Duration;

use media::Position;

use super::wire::RATE;

/// So many stretches are remembered: hours of a session with pauses.
const MOST: usize = 4096;

/// The clock of one connection.
#[derive(Debug, Default)]
pub(super) struct Clock {
    runs: VecDeque<Run>,
    /// Samples sent.
    sent: u64,
}

/// Sound that was sent without a gap.
#[derive(Clone, Copy, Debug)]
struct Run {
    /// The first sample, as the vendor counts.
    first: u64,
    at: Position,
    samples: u64,
}

impl Run {
    fn end(&self) -> Position {
        later(self.at, self.samples)
    }
}

/// The position this many samples after another.
pub(super) fn later(at: Position, samples: u64) -> Position {
    Position::new(at.samples() + samples * u64::from(Position::RATE / RATE))
}

/// How many whole samples lie between two positions.
pub(super) fn samples_between(from: Position, to: Position) -> u64 {
    to.samples().saturating_sub(from.samples()) / u64::from(Position::RATE / RATE)
}

impl Clock {
    /// Sound was sent whose first sample stands at `at`.
    pub fn sent(&mut self, at: Position, samples: u64) {
        let first = self.sent;
        self.sent += samples;
        if let Some(run) = self.runs.back_mut()
            && run.end() == at
            && run.first + run.samples == first
        {
            run.samples += samples;
            return;
        }
        if self.runs.len() == MOST {
            self.runs.pop_front();
        }
        self.runs.push_back(Run { first, at, samples });
    }

    /// Silence was sent that is not on the timeline.
    pub fn padded(&mut self, samples: u64) {
        self.sent += samples;
    }

    /// How many samples were sent in all.
    pub const fn count(&self) -> u64 {
        self.sent
    }

    /// Where something begins that the vendor puts there.
    pub fn begins(&self, at: Duration) -> Position {
        self.position(at, |run, sample| sample < run.first + run.samples)
    }

    /// Where something ends that the vendor puts there: at a gap, before it.
    pub fn ends(&self, at: Duration) -> Position {
        self.position(at, |run, sample| sample <= run.first + run.samples)
    }

    /// In the first run that `reaches` the sample; between runs it is where the next begins, and
    /// after the last where that ends.
    fn position(&self, at: Duration, reaches: impl Fn(&Run, u64) -> bool) -> Position {
        let sample = sample(at);
        let index = self.runs.partition_point(|run| !reaches(run, sample));
        match self.runs.get(index) {
            Some(run) => later(run.at, sample.saturating_sub(run.first)),
            None => self.runs.back().map_or(Position::ZERO, Run::end),
        }
    }
}

/// The sample at a time of the vendor's.
pub(super) fn sample(at: Duration) -> u64 {
    // A day of samples fits; longer times do not come off the wire.
    (at.as_secs_f64() * f64::from(RATE)).round() as u64
}

/// The vendor's time of a sample.
pub(super) fn time(sample: u64) -> Duration {
    Duration::from_secs_f64(sample as f64 / f64::from(RATE))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn a_gap_moves_what_comes_after_it() {
        let mut clock = Clock::default();
        clock.sent(Position::from_ms(5000), 1600);
        clock.sent(Position::from_ms(5100), 1600);
        clock.sent(Position::from_ms(9000), 1600);
        assert_eq!(clock.runs.len(), 2);
        assert_eq!(clock.begins(ms(150)), Position::from_ms(5150));
        // A word that ends at the gap, and one that begins after it.
        assert_eq!(clock.ends(ms(200)), Position::from_ms(5200));
        assert_eq!(clock.begins(ms(200)), Position::from_ms(9000));
        assert_eq!(clock.ends(ms(9999)), Position::from_ms(9100));
    }

    #[test]
    fn silence_that_was_never_there_is_nowhere() {
        let mut clock = Clock::default();
        clock.sent(Position::from_ms(1000), 1600);
        clock.padded(800);
        clock.sent(Position::from_ms(1100), 1600);
        assert_eq!(clock.begins(ms(120)), Position::from_ms(1100));
        assert_eq!(clock.begins(ms(160)), Position::from_ms(1110));
        assert_eq!(clock.count(), 4000);
    }

    #[test]
    fn without_sound_there_is_only_the_beginning() {
        assert_eq!(Clock::default().begins(ms(70)), Position::ZERO);
    }

    proptest! {
        #[test]
        fn the_clock_never_goes_back(
            parts in prop::collection::vec((0..40u64, 1..3000u64, any::<bool>()), 1..40),
            times in prop::collection::vec(0..20_000u64, 2..20),
        ) {
            let (mut clock, mut at) = (Clock::default(), Position::ZERO);
            for (gap, samples, padded) in parts {
                at = later(at, gap);
                if padded {
                    clock.padded(samples);
                } else {
                    clock.sent(at, samples);
                    at = later(at, samples);
                }
            }
            let mut times = times;
            times.sort_unstable();
            let begins: Vec<Position> = times.iter().map(|t| clock.begins(ms(*t))).collect();
            prop_assert!(begins.is_sorted());
            for (time, begins) in times.iter().zip(begins) {
                prop_assert!(clock.ends(ms(*time)) <= begins.max(at));
                prop_assert!(begins <= at);
            }
        }
    }
}
