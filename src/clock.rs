//! The one place that reads the time: the time of day for records, the steady clock for waiting.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

/// A time of day in microseconds since 1970-01-01 UTC, as the database keeps it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Micros(pub i64);

impl Micros {
    /// Whole seconds since 1970, as the wire has them.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// The time `span` later.
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        Self(
            self.0
                .saturating_add(i64::try_from(span.as_micros()).unwrap_or(i64::MAX)),
        )
    }

    /// The time `span` earlier.
    #[must_use]
    pub fn minus(self, span: Duration) -> Self {
        Self(
            self.0
                .saturating_sub(i64::try_from(span.as_micros()).unwrap_or(i64::MAX)),
        )
    }
}

impl fmt::Display for Micros {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:06}", self.seconds(), self.0.rem_euclid(1_000_000))
    }
}

/// Reads the time. Cloning it is cheap; clones of a set clock move together.
#[derive(Clone, Debug, Default)]
pub struct Clock(Source);

#[derive(Clone, Debug, Default)]
enum Source {
    #[default]
    System,
    Set(Arc<AtomicI64>),
}

impl Clock {
    /// The machine's clock.
    #[must_use]
    pub const fn system() -> Self {
        Self(Source::System)
    }

    /// A time of day that stands still until it is moved by [`advance`](Self::advance).
    #[must_use]
    pub fn set_to(now: Micros) -> Self {
        Self(Source::Set(Arc::new(AtomicI64::new(now.0))))
    }

    /// The time of day.
    #[must_use]
    pub fn now(&self) -> Micros {
        match &self.0 {
            Source::System => read_time_of_day(),
            Source::Set(at) => Micros(at.load(Ordering::Relaxed)),
        }
    }

    /// Moves a set clock forward; the machine's clock is not moved.
    pub fn advance(&self, span: Duration) {
        if let Source::Set(at) = &self.0 {
            at.store(self.now().plus(span).0, Ordering::Relaxed);
        }
    }

    /// The steady clock, which tokio can pause in tests. Never goes back; means nothing outside
    /// this process.
    #[must_use]
    pub fn steady(&self) -> Instant {
        Instant::now()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the time of day"
)]
fn read_time_of_day() -> Micros {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_clock_moves_only_when_told() {
        let clock = Clock::set_to(Micros(1_500_000));
        let twin = clock.clone();
        assert_eq!(clock.now().seconds(), 1);
        clock.advance(Duration::from_secs(2));
        assert_eq!(twin.now(), Micros(3_500_000));
        assert_eq!(twin.now().to_string(), "3.500000");
    }

    #[test]
    fn the_machine_knows_what_year_it_is() {
        let year_2026 = Micros(1_767_225_600 * 1_000_000);
        assert!(Clock::system().now() > year_2026);
    }

    #[test]
    fn spans_do_not_overflow() {
        assert_eq!(Micros(5).plus(Duration::MAX), Micros(i64::MAX));
        assert_eq!(Micros(-5).minus(Duration::MAX), Micros(i64::MIN));
    }
}
