//! Sound of one tag without an interruption, and where it stands.

use super::RATE;
use crate::frame::Position;

/// Positions per sample.
const PER_SAMPLE: u64 = (Position::RATE / RATE) as u64;

/// Sound of one tag without an interruption.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch {
    pub tag: u64,
    pub start: Position,
    /// Samples that were or will be heard.
    pub len: u64,
    /// Samples sent, of which a flush may have dropped the end.
    pub sent: u64,
    /// When it was flushed, heard or not.
    pub flushed: Option<Position>,
}

impl Stretch {
    pub(super) fn end(&self) -> Position {
        self.at(self.len)
    }

    pub(super) fn at(&self, samples: u64) -> Position {
        Position::new(self.start.samples() + samples * PER_SAMPLE)
    }

    pub(super) fn before(&self, playhead: Position) -> u64 {
        let passed = playhead.samples().saturating_sub(self.start.samples()) / PER_SAMPLE;
        passed.min(self.len)
    }
}
