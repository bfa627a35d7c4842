//! The way of sound into a session and the time that it moves: what is read never lies in the
//! future.

use std::time::Duration;

use media::Position;
use tokio::time::Instant;

use super::timeline::Timeline;
use crate::live::intake::Intake;
use crate::live::mic::Captured;
use crate::live::sound::SoundError;

/// One session's way in and its timeline.
#[derive(Debug)]
pub(super) struct Inlet {
    pub(super) intake: Intake,
    pub(super) timeline: Timeline,
}

impl Inlet {
    /// Sound that comes through `intake` lies on a timeline that is at `from` now.
    pub(super) const fn new(intake: Intake, from: Position, now: Instant) -> Self {
        let timeline = Timeline::new(from, now);
        Self { intake, timeline }
    }

    /// Reads a slice of what was accepted. How far the timeline leapt, if that is worth telling.
    ///
    /// # Errors
    /// If it cannot be resampled; it is lost.
    pub(super) fn read_slice(
        &mut self,
        now: Instant,
        out: &mut Vec<Captured>,
    ) -> Result<Option<Duration>, SoundError> {
        let limit = self.timeline.is_slow().then(|| self.timeline.at(now));
        self.intake.slice(now, limit, out)?;
        Ok(self.took_in(now))
    }

    /// Sound was read. How far the timeline leapt, if that is worth telling.
    pub(super) fn took_in(&mut self, now: Instant) -> Option<Duration> {
        let mic = self.intake.mic();
        self.timeline.reach(mic.end(), mic.framed(), now)
    }

    /// While nothing goes on, the timeline waits for the clock that it ran ahead of.
    pub(super) fn rest(&mut self, at_rest: impl FnOnce() -> bool, now: impl FnOnce() -> Instant) {
        if self.timeline.is_ahead() {
            let resting = !self.intake.is_holding() && at_rest();
            self.timeline.rest(resting, now());
        }
    }
}
