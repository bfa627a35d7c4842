//! The session's timeline against the clock: they run alike, but where sound comes faster than time
//! passes.

use std::time::Duration;

use media::Position;
use tokio::time::Instant;

/// A lead of the timeline over the clock that nobody minds.
const SLIGHT: Duration = Duration::from_millis(100);
/// How much slower than the clock the timeline runs until its lead is used up.
const SLOW: u32 = 2;
/// After a leap the timeline runs as fast as the clock for so long.
const SETTLE: Duration = Duration::from_secs(1);
/// Leaps are told from this length on; what a clock that is a little fast adds over time …
const LEAP: Duration = Duration::from_millis(60);
/// … is forgotten faster than it adds up.
const FORGET: u32 = 20;

/// One session's time.
#[derive(Debug)]
pub(super) struct Timeline {
    from: Position,
    started: Instant,
    /// How far it runs ahead of the clock; when it began to run slow, then.
    ahead: Duration,
    slow: Option<Instant>,
    /// The latest leap, and how much of leaps was not told.
    leapt: Option<Instant>,
    untold: Duration,
}

impl Timeline {
    /// A timeline that is at `from` now.
    pub(super) const fn new(from: Position, now: Instant) -> Self {
        Self {
            from,
            started: now,
            ahead: Duration::ZERO,
            slow: None,
            leapt: None,
            untold: Duration::ZERO,
        }
    }

    /// Where it is.
    pub(super) fn at(&self, now: Instant) -> Position {
        self.from + (now.saturating_duration_since(self.started) + self.ahead(now))
    }

    /// When it will be there.
    pub(super) fn when(&self, at: Position) -> Instant {
        let alone = self.started + (at - self.from);
        match self.slow {
            None => alone.checked_sub(self.ahead).unwrap_or(self.started),
            Some(slow) => {
                let left = at - self.at(slow);
                // With its lead used up it runs like the clock.
                if left < self.ahead / (SLOW - 1) {
                    slow + left * SLOW
                } else {
                    alone.max(slow)
                }
            }
        }
    }

    /// Sound came up to `end`, whole frames of it up to `framed`. It never lies in the future: if
    /// it comes faster than time passes, time leaps. How far it leapt, if that is worth telling.
    pub(super) fn reach(
        &mut self,
        end: Position,
        framed: Position,
        now: Instant,
    ) -> Option<Duration> {
        // What does not fill a frame yet may still be left out, as long as time runs slow.
        let end = if self.is_slow() { framed } else { end };
        let by = end - self.at(now);
        if by.is_zero() {
            return None;
        }
        self.ahead = self.ahead(now) + by;
        self.slow = None;
        let before = self.leapt.replace(now);
        let since = before.map_or(Duration::ZERO, |before| {
            now.saturating_duration_since(before)
        });
        self.untold = self.untold.saturating_sub(since / FORGET) + by;
        (self.untold >= LEAP).then(|| std::mem::take(&mut self.untold))
    }

    /// Whether it runs ahead by more than a little, or works that off.
    pub(super) fn is_ahead(&self) -> bool {
        self.slow.is_some() || self.ahead > SLIGHT
    }

    /// Runs slow while nobody speaks and nothing is waited for, until its lead is used up; like the
    /// clock otherwise. Silence that comes meanwhile is to be left out.
    pub(super) fn rest(&mut self, resting: bool, now: Instant) {
        let settled = |leapt: Instant| now.saturating_duration_since(leapt) >= SETTLE;
        let slow = match self.slow {
            Some(_) => resting && !self.ahead(now).is_zero(),
            None => resting && self.ahead > SLIGHT && self.leapt.is_none_or(settled),
        };
        if slow != self.slow.is_some() {
            self.ahead = self.ahead(now);
            self.slow = slow.then_some(now);
        }
    }

    /// Whether it runs slow.
    pub(super) const fn is_slow(&self) -> bool {
        self.slow.is_some()
    }

    /// How far it runs ahead of the clock.
    pub(super) fn ahead(&self, now: Instant) -> Duration {
        let slow = self
            .slow
            .map_or(Duration::ZERO, |slow| now.saturating_duration_since(slow));
        self.ahead.saturating_sub(slow * (SLOW - 1) / SLOW)
    }
}
