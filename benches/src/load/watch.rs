//! CPU and memory of the server while it is loaded, and whether its memory grows.

use std::time::{Duration, Instant};

use crate::BenchError;
use crate::process::{Usage, usage_of_tree};

/// Beginning of a run that does not count for growth: buffers and caches find their size.
const WARM_UP: f64 = 0.15;

/// Watches a process with its children.
#[derive(Debug)]
pub struct Watch {
    process: Option<u32>,
    begun: Instant,
    first: Usage,
    last: Usage,
    /// Seconds since the beginning and resident kilobytes.
    samples: Vec<(f64, f64)>,
}

/// What was seen of a server.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// CPU time per time, 1 for a whole core.
    pub cpu: f64,
    /// Resident kilobytes at the end.
    pub resident: u64,
    /// Resident kilobytes before the first session.
    pub before: Option<u64>,
    /// How memory changed, if there are samples enough.
    pub growth: Option<Growth>,
    /// The same in the second half of the time.
    pub late: Option<Growth>,
    /// Resident kilobytes so long after the last session had ended, if that was waited for.
    pub after: Option<(Duration, u64)>,
    /// Seconds since the beginning and resident kilobytes.
    pub samples: Vec<(f64, f64)>,
}

/// A straight line through samples of memory.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Growth {
    /// Kilobytes per minute.
    pub per_minute: f64,
    /// Half the width of its interval of 95 % confidence.
    pub uncertainty: f64,
    /// Samples it rests on.
    pub samples: usize,
    /// Kilobytes in the middle of the time.
    pub level: f64,
}

impl Growth {
    /// Percent of the level in ten minutes.
    #[must_use]
    pub fn percent(&self) -> f64 {
        self.per_minute * 10.0 * 100.0 / self.level
    }
}

impl Watch {
    /// Begins to watch a process; `None` for one that cannot be seen.
    ///
    /// # Errors
    /// If it does not exist.
    pub fn start(process: Option<u32>) -> Result<Self, BenchError> {
        let first = process.map(usage_of_tree).transpose()?.unwrap_or_default();
        Ok(Self {
            process,
            begun: Instant::now(),
            first,
            last: first,
            samples: vec![(0.0, first.resident as f64)],
        })
    }

    /// Takes a sample.
    ///
    /// # Errors
    /// If the process is gone.
    pub fn sample(&mut self) -> Result<(), BenchError> {
        if let Some(process) = self.process {
            self.last = usage_of_tree(process)?;
            let at = self.begun.elapsed().as_secs_f64();
            self.samples.push((at, self.last.resident as f64));
        }
        Ok(())
    }

    /// What was seen up to the last sample.
    #[must_use]
    pub fn seen(self, before: Option<u64>) -> Option<Seen> {
        self.process?;
        let lasted = self.samples.last().map_or(0.0, |(at, _)| *at);
        let spent = self.last.cpu.saturating_sub(self.first.cpu);
        let since = |share: f64| -> Vec<(f64, f64)> {
            let samples = self.samples.iter().copied();
            samples.filter(|(at, _)| *at >= lasted * share).collect()
        };
        Some(Seen {
            cpu: spent.as_secs_f64() / lasted.max(Duration::from_millis(1).as_secs_f64()),
            resident: self.last.resident,
            before,
            growth: growth(&since(WARM_UP)),
            late: growth(&since(0.5)),
            after: None,
            samples: self.samples,
        })
    }
}

/// Least squares through `(seconds, kilobytes)`. Neighbouring samples of memory resemble each
/// other, so the count of independent ones is corrected by their correlation (Bartlett 1935: the
/// effective number is n (1 − r) / (1 + r) for a first-order process with correlation r).
#[must_use]
pub fn growth(samples: &[(f64, f64)]) -> Option<Growth> {
    let count = samples.len() as f64;
    if samples.len() < 10 {
        return None;
    }
    let mean = |of: fn(&(f64, f64)) -> f64| samples.iter().map(of).sum::<f64>() / count;
    let (mid_time, mid_memory) = (mean(|sample| sample.0), mean(|sample| sample.1));
    let spread: f64 = samples.iter().map(|(at, _)| (at - mid_time).powi(2)).sum();
    let along = samples
        .iter()
        .map(|(at, memory)| (at - mid_time) * (memory - mid_memory));
    let slope = along.sum::<f64>() / spread;
    let residuals: Vec<f64> = samples
        .iter()
        .map(|(at, memory)| memory - mid_memory - slope * (at - mid_time))
        .collect();
    let squares: f64 = residuals.iter().map(|residual| residual.powi(2)).sum();
    let neighbours = residuals.windows(2).map(|pair| pair[0] * pair[1]);
    let correlation = if squares > 0.0 {
        (neighbours.sum::<f64>() / squares).clamp(0.0, 0.95)
    } else {
        0.0
    };
    let independent = (count * (1.0 - correlation) / (1.0 + correlation)).max(3.0);
    let variance = squares / count * count / (independent - 2.0).max(1.0);
    let error = (variance / spread).sqrt();
    Some(Growth {
        per_minute: slope * 60.0,
        uncertainty: 1.96 * error * 60.0,
        samples: samples.len(),
        level: mid_memory,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt as _, SeedableRng as _, rngs::SmallRng};

    fn noisy(slope: f64, seed: u64) -> Vec<(f64, f64)> {
        let mut random = SmallRng::seed_from_u64(seed);
        let sample = |second: u32| {
            let at = f64::from(second * 10);
            (
                at,
                50_000.0 + slope * at + random.random_range(-200.0..200.0),
            )
        };
        (0..180).map(sample).collect()
    }

    #[test]
    fn flat_memory_is_flat_within_its_uncertainty() {
        let flat = (0..40).filter(|seed| {
            let growth = growth(&noisy(0.0, *seed)).unwrap();
            growth.per_minute.abs() <= growth.uncertainty
        });
        assert!(flat.count() >= 34);
    }

    #[test]
    fn a_leak_shows() {
        // 1 kB a second.
        let growth = growth(&noisy(1.0, 7)).unwrap();
        assert!((growth.per_minute - 60.0).abs() < 10.0, "{growth:?}");
        assert!(growth.uncertainty < 10.0, "{growth:?}");
        assert_eq!(growth.samples, 180);
        assert!((growth.percent() - 1.2).abs() < 0.2, "{growth:?}");
    }

    #[test]
    fn a_few_samples_tell_nothing() {
        assert_eq!(growth(&[(0.0, 1.0); 9]), None);
    }
}
