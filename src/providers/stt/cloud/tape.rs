//! The latest sound of a session, kept until its words are settled, so that it can be sent again
//! over another connection.

use std::collections::VecDeque;
use std::time::Duration;

use media::Position;
use media::level::rms_dbfs;
use media::vad::Floor;

use super::clock::{later, samples_between};

/// The most that is kept, in samples: 30 s.
const MOST: usize = 30 * 16_000;
/// Sound is more than silence that stands so far above the background, in dB …
const MARGIN: f32 = 10.0;
/// … and nothing quieter is, in dBFS.
const HUSH: f32 = -60.0;

/// Recent sound, and how far it was sent.
#[derive(Debug, Default)]
pub(super) struct Tape {
    frames: VecDeque<Frame>,
    samples: usize,
    /// Everything before was sent, or is not wanted.
    cursor: Position,
    /// End of the newest sound.
    end: Position,
}

#[derive(Debug)]
struct Frame {
    at: Position,
    samples: Box<[i16]>,
}

impl Frame {
    fn end(&self) -> Position {
        later(self.at, self.samples.len() as u64)
    }
}

/// A stretch of the timeline.
pub(super) type Range = (Position, Position);

/// Sound without a gap.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Piece {
    /// Its first sample.
    pub at: Position,
    /// How many samples.
    pub samples: usize,
    /// Whether what comes next does not follow it directly.
    pub ended: bool,
}

impl Piece {
    fn end(&self) -> Position {
        later(self.at, self.samples as u64)
    }
}

impl Tape {
    /// Keeps sound. What is not newer than all before is not taken.
    pub fn push(&mut self, at: Position, samples: Box<[i16]>) {
        let known = samples_between(at, self.end);
        let (at, samples) = if known == 0 {
            (at, samples)
        } else {
            let known = usize::try_from(known).unwrap_or(usize::MAX);
            let Some(new) = samples.get(known..) else {
                return;
            };
            (later(at, known as u64), new.into())
        };
        if samples.is_empty() {
            return;
        }
        let frame = Frame { at, samples };
        self.end = frame.end();
        self.samples += frame.samples.len();
        self.frames.push_back(frame);
        while self.samples > MOST && self.frames.len() > 1 {
            self.drop_first();
        }
    }

    /// The sound before is not needed any more, sent or not.
    pub fn forget(&mut self, before: Position) {
        while self
            .frames
            .front()
            .is_some_and(|frame| frame.end() <= before)
        {
            self.drop_first();
        }
    }

    fn drop_first(&mut self) {
        if let Some(frame) = self.frames.pop_front() {
            self.samples -= frame.samples.len();
        }
    }

    /// Sends from here again.
    pub fn rewind(&mut self, to: Position) {
        self.cursor = to;
    }

    /// Beginning of the oldest sound that is kept.
    pub fn begins(&self) -> Position {
        self.frames.front().map_or(self.end, |frame| frame.at)
    }

    /// End of the newest sound.
    pub const fn end(&self) -> Position {
        self.end
    }

    /// Whether there is sound within these positions.
    pub fn has(&self, from: Position, to: Position) -> bool {
        let mut frames = self.frames.iter();
        frames.any(|frame| frame.at < to && frame.end() > from)
    }

    /// For how long there is more than silence within these positions. It is measured when somebody
    /// wants to know, for that is seldom; the background is what was kept of the sound before.
    pub fn loud(&self, from: Position, to: Position) -> Duration {
        let mut floor = Floor::new(HUSH);
        let is_loud = |frame: &&Frame| {
            let level = rms_dbfs(&frame.samples);
            floor.push(level);
            frame.end() > from && level >= HUSH.max(floor.level() + MARGIN)
        };
        let frames = self.frames.iter().take_while(|frame| frame.at < to);
        let loud = frames.filter(is_loud);
        loud.map(|frame| frame.end() - frame.at).sum()
    }

    /// How many samples of these stretches were not sent yet, but not more than `most`.
    pub fn unsent(&self, wanted: &[Range], most: usize) -> usize {
        let mut count = 0;
        for (from, to) in wanted {
            for frame in self.frames.iter().rev() {
                if count >= most || frame.end() <= self.cursor.max(*from) {
                    break;
                }
                let from = frame.at.max(*from).max(self.cursor);
                count += samples_between(from, frame.end().min(*to)) as usize;
            }
        }
        count.min(most)
    }

    /// The next sound of these stretches that was not sent yet, of at most `most` samples.
    pub fn next(&self, wanted: &[Range], most: usize) -> Option<Piece> {
        let mut next: Option<Piece> = None;
        let sent = self
            .frames
            .partition_point(|frame| frame.end() <= self.cursor);
        for frame in self.frames.range(sent..) {
            // The end of one stretch and the beginning of another may lie in one frame.
            for (from, to) in wanted {
                let at = frame.at.max(self.cursor).max(*from);
                let samples = samples_between(at, frame.end().min(*to)) as usize;
                if samples == 0 {
                    continue;
                }
                if let Some(piece) = next
                    && samples_between(piece.end(), at) > 0
                {
                    return Some(Piece {
                        ended: true,
                        ..piece
                    });
                }
                let ended = false;
                let piece = next.get_or_insert(Piece {
                    at,
                    samples: 0,
                    ended,
                });
                piece.samples = most.min(piece.samples + samples);
                if piece.samples == most {
                    return next;
                }
            }
        }
        let piece = next?;
        // A stretch that is over does not go on with sound that is still to come.
        let end = piece.end();
        let goes_on = |(from, to): &Range| *from <= end && samples_between(end, *to) > 0;
        let ended = !wanted.iter().any(goes_on);
        Some(Piece { ended, ..piece })
    }

    /// The samples of a piece, which was sent with that.
    pub fn take(&mut self, piece: &Piece) -> Vec<i16> {
        let mut samples = Vec::with_capacity(piece.samples);
        let begun = self.frames.partition_point(|frame| frame.end() <= piece.at);
        for frame in self.frames.range(begun..) {
            let skipped = samples_between(frame.at, piece.at) as usize;
            let rest = frame.samples.get(skipped..).unwrap_or_default();
            let count = rest.len().min(piece.samples - samples.len());
            samples.extend_from_slice(&rest[..count]);
        }
        self.cursor = piece.end();
        samples
    }
}

#[cfg(test)]
mod tests;
