//! What stops the voice: a pause it goes on from, a flush, a listener who left; and what that leaves heard.

use std::cmp::Ordering;
use std::time::Duration;

use super::stretch::Stretch;
use super::{Heard, Holder, Playout, REMEMBERED, add};
use crate::frame::Position;

impl Playout {
    /// Stops the voice at `now` so that it can go on: what is not heard yet waits.
    pub fn pause(&mut self, now: Position) {
        if self.paused.is_none() {
            self.paused = Some((self.cut(now), now));
        }
    }

    /// Lets the voice go on at `now`. Everything that waited is heard later by the time of the
    /// pause. Without a pause nothing happens.
    pub fn resume(&mut self, now: Position) {
        let Some((place, since)) = self.paused.take() else {
            return;
        };
        let shift = now.since(since);
        if let Some(index) = self
            .stretches
            .iter()
            .position(|stretch| stretch.len > 0 && stretch.end() > place)
        {
            let heard = self.stretches[index].before(place);
            if heard > 0 {
                let whole = self.stretches[index];
                let rest = Stretch {
                    tag: whole.tag,
                    start: whole.at(heard),
                    len: whole.len - heard,
                    sent: whole.sent - heard,
                    flushed: whole.flushed,
                };
                self.stretches[index].len = heard;
                self.stretches[index].sent = heard;
                self.stretches.insert(index + 1, rest);
            }
            let first = index + usize::from(heard > 0);
            for stretch in self.stretches.iter_mut().skip(first) {
                stretch.start += shift;
            }
            if self.stretches.len() > REMEMBERED {
                self.stretches.pop_front();
            }
        }
        // The playhead stood at `place`, and from there goes on with the shifted sound.
        self.floor = self.floor.max(place.min(self.playhead(now)));
    }

    /// Silences the voice at `now` for good (barge-in), and returns what was heard, or with a
    /// pacing sender will have been, of every tag that was not heard to its end; those before
    /// were heard completely.
    pub fn flush(&mut self, now: Position) -> Vec<Heard> {
        let cut = self
            .paused
            .map_or_else(|| self.cut(now), |(place, _)| place);
        self.drop_after(cut, now)
    }

    /// The listener left at `now`: as [`flush`](Self::flush), but whoever held the sound, what was
    /// not heard by then never is.
    pub fn end(&mut self, now: Position) -> Vec<Heard> {
        self.drop_after(self.playhead(now), now)
    }

    fn drop_after(&mut self, cut: Position, now: Position) -> Vec<Heard> {
        self.paused = None;
        let mut all: Vec<Heard> = Vec::new();
        for stretch in self
            .stretches
            .iter_mut()
            .filter(|stretch| stretch.flushed.is_none())
        {
            stretch.len = stretch.before(cut);
            stretch.flushed = Some(now);
            add(&mut all, stretch, stretch.len);
        }
        all.retain(|heard| heard.heard < heard.sent);
        all
    }

    /// Takes the client's word that it had played `samples` of `tag` when it was flushed: so much
    /// was heard of it and of what was flushed with it, no more and no less.
    ///
    /// Nothing changes if `tag` is unknown, less of it was sent, or it was not flushed.
    pub fn correct(&mut self, tag: u64, samples: u64) {
        let mut left = samples;
        let mut found = None;
        for (index, stretch) in self.stretches.iter().enumerate() {
            if stretch.tag == tag {
                let within = left.min(stretch.sent);
                found = Some((index, stretch.flushed, within));
                left -= within;
                if left == 0 {
                    break;
                }
            }
        }
        let (Some((index, Some(flushed), within)), 0) = (found, left) else {
            return;
        };
        for (n, other) in self.stretches.iter_mut().enumerate() {
            if other.flushed == Some(flushed) {
                other.len = match n.cmp(&index) {
                    Ordering::Less => other.sent,
                    Ordering::Equal => within,
                    Ordering::Greater => 0,
                };
            }
        }
    }

    /// The timeline leapt by `by` to `now` within a moment: what had not been heard before is heard
    /// that much later on it.
    pub fn leap(&mut self, by: Duration, now: Position) {
        // While paused everything waits until it goes on, and is shifted then.
        if !self.is_paused() {
            self.pause(now.back(by));
            self.resume(now);
        }
    }

    /// Where on the timeline sound is cut off by what is decided at `now`.
    fn cut(&self, now: Position) -> Position {
        match self.holder {
            Holder::Sender => now,
            Holder::Client => self.playhead(now),
        }
    }
}
