//! The unit of time of the whole product: a position on a session's timeline.

use std::fmt;
use std::ops::{Add, AddAssign, Sub};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The length of one frame of sound.
pub const FRAME: Duration = Duration::from_millis(20);

/// A point on a session's timeline, counted in samples at 48 kHz.
///
/// 48 kHz divides into every rate in use (8, 16, 24 kHz), so converting between rates loses
/// nothing and a position can stand for a sample, an RTP timestamp or a millisecond alike. Written
/// down, it is the bare number.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Position(u64);

impl Position {
    /// The beginning of the session.
    pub const ZERO: Self = Self(0);
    /// Samples of a position per second.
    pub const RATE: u32 = 48_000;

    /// The position `samples` samples after the beginning, at 48 kHz.
    #[must_use]
    pub const fn new(samples: u64) -> Self {
        Self(samples)
    }

    /// The position `ms` milliseconds after the beginning.
    #[must_use]
    pub const fn from_ms(ms: u64) -> Self {
        Self(ms * 48)
    }

    /// The position of sample number `samples` at `rate` hertz, which must divide 48 000.
    #[must_use]
    pub const fn from_samples(samples: u64, rate: u32) -> Self {
        Self(samples * (Self::RATE / rate) as u64)
    }

    /// Samples at 48 kHz since the beginning.
    #[must_use]
    pub const fn samples(self) -> u64 {
        self.0
    }

    /// The number of whole samples at `rate` hertz before this position.
    #[must_use]
    pub const fn samples_at(self, rate: u32) -> u64 {
        self.0 / (Self::RATE / rate) as u64
    }

    /// Whole milliseconds since the beginning.
    #[must_use]
    pub const fn ms(self) -> u64 {
        self.0 / 48
    }

    /// The time from `earlier` to here, zero if `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        let samples = self.0.saturating_sub(earlier.0);
        Duration::from_nanos(samples * 1_000_000 / 48)
    }

    /// This position moved back by `span`, but not before the beginning.
    #[must_use]
    pub fn back(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(samples_in(span)))
    }
}

fn samples_in(span: Duration) -> u64 {
    // To the nearest, so that the difference of two positions added again gives the same position.
    // A session of years fits, so the cast cannot cut anything off.
    ((span.as_nanos() * 48 + 500_000) / 1_000_000) as u64
}

impl Add<Duration> for Position {
    type Output = Self;

    fn add(self, span: Duration) -> Self {
        Self(self.0 + samples_in(span))
    }
}

impl AddAssign<Duration> for Position {
    fn add_assign(&mut self, span: Duration) {
        *self = *self + span;
    }
}

impl Sub for Position {
    type Output = Duration;

    fn sub(self, earlier: Self) -> Duration {
        self.since(earlier)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03} s", self.ms() / 1000, self.ms() % 1000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn converts_between_rates_without_loss() {
        assert_eq!(
            Position::from_samples(16_000, 16_000),
            Position::from_ms(1000)
        );
        assert_eq!(Position::from_ms(20).samples_at(24_000), 480);
        assert_eq!(Position::from_ms(20) + FRAME, Position::from_ms(40));
        assert_eq!(Position::from_ms(40) - Position::from_ms(20), FRAME);
        assert_eq!(Position::from_ms(10).back(FRAME), Position::ZERO);
    }

    #[test]
    fn a_difference_added_again_gives_the_same_position() {
        for samples in 0..1000 {
            let (here, there) = (
                Position::new(123_456_789),
                Position::new(123_456_789 + samples),
            );
            assert_eq!(here + (there - here), there);
            assert_eq!(there.back(there - here), here);
        }
    }
}
