//! How fast sound may go out: a vendor takes it little faster than it sounds.

use std::time::Duration;

use tokio::time::Instant;

use super::wire::RATE;

/// So much may go out at once.
const BURST: Duration = Duration::from_millis(600);

/// Counts what went out.
#[derive(Debug)]
pub(super) struct Pace {
    /// Samples per second.
    rate: f64,
    /// Samples that may go out, as of `at`.
    credit: f64,
    at: Instant,
}

impl Pace {
    /// So many times faster than it sounds.
    pub fn new(times: f64, now: Instant) -> Self {
        let rate = f64::from(RATE) * times;
        Self {
            rate,
            credit: rate * BURST.as_secs_f64(),
            at: now,
        }
    }

    /// Something goes out.
    pub fn spend(&mut self, samples: usize, now: Instant) {
        self.credit = self.at(now) - samples as f64;
        self.at = now;
    }

    /// When the next may.
    pub fn ready(&self) -> Instant {
        self.at + Duration::from_secs_f64((-self.credit / self.rate).max(0.0))
    }

    fn at(&self, now: Instant) -> f64 {
        let gained = now.saturating_duration_since(self.at).as_secs_f64() * self.rate;
        (self.credit + gained).min(self.rate * BURST.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_goes_out_at_the_pace_and_a_little_at_once() {
        let start = Instant::now();
        let (mut pace, mut now) = (Pace::new(1.25, start), start);
        // Ten seconds of sound in pieces of 100 ms.
        for _ in 0..100 {
            now = now.max(pace.ready());
            pace.spend(1600, now);
        }
        let took = (now - start).as_millis();
        assert!((7200..7500).contains(&took), "{took}");
        // A long pause saves up no more than the burst.
        now += Duration::from_secs(60);
        let rested = now;
        for _ in 0..20 {
            now = now.max(pace.ready());
            pace.spend(1600, now);
        }
        assert!((now - rested).as_millis() >= 800);
    }
}
