//! The segments that the session marks as speech, and which of the vendor's words belong to each.

use std::cmp::Reverse;
use std::collections::VecDeque;
use std::time::Duration;

use media::Position;
use tokio::time::Instant;

use super::tape::Range;
use super::words::{Words, within};
use crate::providers::stt::{Transcript, Word};

/// A vendor's times are this exact: a word this far beside a segment may still be of it.
const SLACK: Duration = Duration::from_millis(400);
/// So many segments are remembered, so that late words find where they belonged.
const MOST: usize = 32;
/// Where a segment ends that is still spoken.
const OPEN: Position = Position::new(u64::MAX / 4);

/// A stretch in which somebody speaks.
#[derive(Debug)]
pub(super) struct Segment {
    /// Its name.
    pub id: u64,
    /// Where it begins.
    pub from: Position,
    /// Where it ends, once that is known.
    pub to: Option<Position>,
    /// How far it got.
    pub state: State,
    /// Words called stable, as they were shown, on whichever connection.
    stable: Vec<Word>,
    shown: Vec<Word>,
    /// How sure the vendor is that the speaker has finished, if it said so.
    pub hint: Option<f32>,
}

/// How far a segment got.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum State {
    /// It has not ended.
    Listening,
    /// Its final words are wanted; not all of its sound was sent.
    Unsent,
    /// Its sound was sent by then.
    Sent(Instant),
    /// The vendor was asked for its words.
    Asked(Asked),
    /// The vendor's turn ended: its words stay as they are.
    Settled,
    /// It was answered, or is of no interest.
    Closed,
}

/// How a vendor was asked for the words of a segment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Asked {
    /// With which flush.
    pub flush: u64,
    /// With which question for a sign of life.
    pub ping: u64,
    /// When, or when it gave words of the segment last.
    pub at: Instant,
}

impl Segment {
    /// Whether its final words are wanted and not there yet.
    pub fn is_awaited(&self) -> bool {
        !matches!(self.state, State::Listening | State::Closed)
    }

    /// Where it ends as far as is known.
    pub fn end(&self) -> Position {
        self.to.unwrap_or(OPEN)
    }

    fn distance(&self, at: Position) -> Duration {
        (self.from - at).max(at - self.end())
    }

    /// What is understood so far, if that changed. Words called stable stay as they were shown.
    fn partial(&mut self, mut words: Vec<Word>, settled: usize) -> Option<Transcript> {
        within(&mut words, self.from, self.end());
        let kept = self.stable.len();
        if words.len() < kept {
            words.clone_from(&self.stable);
        } else {
            words[..kept].clone_from_slice(&self.stable);
        }
        let stable = settled.clamp(kept, words.len());
        if words == self.shown && stable == kept {
            return None;
        }
        self.stable = words[..stable].to_vec();
        self.shown.clone_from(&words);
        Some(Transcript { words, stable })
    }
}

/// The segments of a session, in order.
#[derive(Debug, Default)]
pub(super) struct Segments {
    list: VecDeque<Segment>,
    newest: Option<u64>,
}

impl Segments {
    /// Somebody speaks. What was known already is not begun again.
    pub fn begin(&mut self, id: u64, from: Position) {
        if self.newest.is_some_and(|newest| id <= newest) {
            return;
        }
        self.newest = Some(id);
        self.list.push_back(Segment {
            id,
            from,
            to: None,
            state: State::Listening,
            stable: Vec::new(),
            shown: Vec::new(),
            hint: None,
        });
        if self.list.len() > MOST {
            self.list.pop_front();
        }
    }

    /// Whether the final words of one are waited for.
    pub fn awaited(&self) -> bool {
        self.list.iter().any(Segment::is_awaited)
    }

    /// A segment ends there. Whether its words are to be found; one that was answered or given up
    /// is not answered again.
    pub fn end(&mut self, id: u64, to: Position) -> bool {
        self.begin(id, to);
        let Some(segment) = self.get_mut(id) else {
            return false;
        };
        if segment.state != State::Listening {
            return false;
        }
        segment.to = Some(to.max(segment.from));
        segment.state = State::Unsent;
        true
    }

    /// A segment is of no interest. Whether it had been.
    pub fn discard(&mut self, id: u64, at: Position) -> bool {
        self.begin(id, at);
        let Some(segment) = self.get_mut(id) else {
            return false;
        };
        let was = segment.state != State::Closed;
        segment.to = Some(segment.to.unwrap_or(at).max(segment.from));
        segment.state = State::Closed;
        was
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Segment> {
        self.list.iter()
    }

    /// All of them, to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Segment> {
        self.list.iter_mut()
    }

    /// The one with this name.
    pub fn get_mut(&mut self, id: u64) -> Option<&mut Segment> {
        self.list.iter_mut().find(|segment| segment.id == id)
    }

    /// Those that are not answered yet.
    pub fn open(&self) -> impl Iterator<Item = &Segment> {
        let open = self.list.iter();
        open.filter(|segment| segment.state != State::Closed)
    }

    /// Where those stand.
    pub fn ranges(&self) -> Vec<Range> {
        self.open()
            .map(|segment| (segment.from, segment.end()))
            .collect()
    }

    /// The segment that a word with its middle there belongs to.
    pub fn owner(&self, middle: Position) -> Option<u64> {
        let near = self
            .list
            .iter()
            .map(|segment| (segment.distance(middle), segment));
        let nearest = near
            .filter(|(distance, _)| *distance <= SLACK)
            .min_by_key(|(distance, segment)| (*distance, Reverse(segment.from)));
        nearest.map(|(_, segment)| segment.id)
    }

    /// What changed in the segments that are not answered yet.
    pub fn partials(&mut self, words: &Words) -> Vec<(u64, Transcript)> {
        let mut partials = Vec::new();
        for id in self.open().map(|segment| segment.id).collect::<Vec<_>>() {
            let (words, settled) = self.words(id, words);
            let segment = self.get_mut(id);
            if let Some(partial) = segment.and_then(|segment| segment.partial(words, settled)) {
                partials.push((id, partial));
            }
        }
        partials
    }

    /// The final words of a segment, which is answered with that.
    pub fn answer(&mut self, id: u64, words: &Words) -> Transcript {
        let (mut words, _) = self.words(id, words);
        if let Some(segment) = self.get_mut(id) {
            within(&mut words, segment.from, segment.end());
            segment.state = State::Closed;
        }
        let stable = words.len();
        Transcript { words, stable }
    }

    /// The words of a segment, and how many of them, from the first, are settled.
    fn words(&self, id: u64, words: &Words) -> (Vec<Word>, usize) {
        let all = words.all();
        let own: Vec<_> = all
            .into_iter()
            .filter(|heard| self.owner(heard.middle()) == Some(id))
            .collect();
        let settled = own.iter().take_while(|heard| heard.settled).count();
        (
            own.into_iter().map(|heard| heard.word.clone()).collect(),
            settled,
        )
    }
}

#[cfg(test)]
mod tests;
