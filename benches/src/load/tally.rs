//! What was counted, in one session or in all.

use std::collections::BTreeMap;

use super::playout::Frames;
use crate::stats::Series;

/// What was counted.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Answers that began.
    pub answers: usize,
    /// End of speech → first sound, in milliseconds.
    pub latency: Series,
    /// The same beyond the configured delays.
    pub overhead: Series,
    /// Interruptions that stopped the answer.
    pub barge_ins: usize,
    /// First sample of an interruption → told that it is one.
    pub decision: Series,
    /// First sample of an interruption → last packet with sound.
    pub stop: Series,
    /// Told that it is an interruption → last packet with sound.
    pub after_decision: Series,
    /// Turns without an answer.
    pub unanswered: usize,
    /// Answers that began before the coach had finished.
    pub too_early: usize,
    /// Answers that went on though the coach spoke over them.
    pub talked_over: usize,
    /// Frames of answers.
    pub frames: Frames,
    /// What the server refused, and connections that broke.
    pub errors: BTreeMap<String, usize>,
    /// How late the load itself sent its frames.
    pub own_lag: Lag,
}

impl Tally {
    /// Adds what another counted.
    pub fn add(&mut self, more: Self) {
        self.answers += more.answers;
        self.latency.append(more.latency);
        self.overhead.append(more.overhead);
        self.barge_ins += more.barge_ins;
        self.decision.append(more.decision);
        self.stop.append(more.stop);
        self.after_decision.append(more.after_decision);
        self.unanswered += more.unanswered;
        self.too_early += more.too_early;
        self.talked_over += more.talked_over;
        self.frames.add(&more.frames);
        for (error, count) in more.errors {
            *self.errors.entry(error).or_default() += count;
        }
        self.own_lag.add(&more.own_lag);
    }

    /// Notes an error.
    pub fn error(&mut self, error: impl Into<String>) {
        *self.errors.entry(error.into()).or_default() += 1;
    }

    /// The share of frames that were late or lost.
    #[must_use]
    pub fn missed(&self) -> f64 {
        let Frames {
            received,
            late,
            lost,
            ..
        } = self.frames;
        (late + lost) as f64 / (received + lost).max(1) as f64
    }

    /// Errors of all kinds.
    #[must_use]
    pub fn failures(&self) -> usize {
        self.unanswered + self.errors.values().sum::<usize>()
    }
}

/// How late something was, millions of times: counted by half-milliseconds.
#[derive(Clone, Debug)]
pub struct Lag {
    counts: [u64; Self::BINS],
}

impl Default for Lag {
    fn default() -> Self {
        let counts = [0; Self::BINS];
        Self { counts }
    }
}

impl Lag {
    const BINS: usize = 400;
    const PER_MS: f64 = 2.0;

    /// Counts one.
    pub fn push(&mut self, ms: f64) {
        let bin = ((ms * Self::PER_MS) as usize).min(Self::BINS - 1);
        self.counts[bin] += 1;
    }

    /// The upper bound, in milliseconds, of the smallest values that make up this share.
    #[must_use]
    pub fn percentile(&self, share: f64) -> Option<f64> {
        let all: u64 = self.counts.iter().sum();
        let rank = ((all as f64 * share).ceil() as u64).max(1);
        let mut seen = 0;
        let bin = self.counts.iter().position(|count| {
            seen += count;
            seen >= rank
        });
        bin.map(|bin| (bin + 1) as f64 / Self::PER_MS)
    }

    fn add(&mut self, more: &Self) {
        for (count, more) in self.counts.iter_mut().zip(more.counts) {
            *count += more;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lag_is_counted_in_bins() {
        let mut lag = Lag::default();
        assert_eq!(lag.percentile(0.5), None);
        for ms in 0..100 {
            lag.push(f64::from(ms) + 0.1);
        }
        assert_eq!(lag.percentile(0.5), Some(49.5));
        assert_eq!(lag.percentile(1.0), Some(99.5));
        lag.push(1e9);
        assert_eq!(lag.percentile(1.0), Some(200.0));
    }

    #[test]
    fn tallies_add_up() {
        let mut all = Tally::default();
        for _ in 0..2 {
            let mut one = Tally {
                answers: 3,
                ..Tally::default()
            };
            one.frames.received = 999;
            one.frames.lost = 1;
            one.error("busy");
            all.add(one);
        }
        assert_eq!((all.answers, all.failures()), (6, 2));
        assert!((all.missed() - 0.001).abs() < 1e-9);
    }
}
