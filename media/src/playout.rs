//! What the listener has really heard of what was sent.

use std::cmp::Ordering;
use std::collections::VecDeque;
use std::time::Duration;

use crate::frame::Position;

/// Rate in which tagged sound is counted, in hertz: that of the voices.
pub const RATE: u32 = 24_000;

/// Stretches of sound that are remembered; the oldest are forgotten beyond it.
const REMEMBERED: usize = 1024;
/// The longest delay that is believed.
const MAX_DELAY: Duration = Duration::from_secs(10);

/// Who holds the sound between sending and hearing, which decides what a flush still stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// The sender paces in real time (WebRTC): what has left cannot be called back and will be
    /// heard.
    Sender,
    /// The client holds sound sent ahead of time (WebSocket), and stops at once when told to.
    Client,
}

/// How much of one tag's sound was heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heard {
    /// The tag, such as the number of a sentence.
    pub tag: u64,
    /// Samples heard, at [`RATE`].
    pub heard: u64,
    /// Samples sent, at [`RATE`].
    pub sent: u64,
}

/// When a sample is heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Then, unless the voice is paused or flushed before.
    At(Position),
    /// When the voice goes on, if it does.
    Waits,
    /// It was flushed before, never sent, or forgotten.
    Never,
}

/// Keeps account of sound sent and heard.
///
/// Sound stands on the output timeline, which is the session's timeline as the sender sees it:
/// what stands at `p` is heard at `p` plus the delay. Sound sent while earlier sound still plays
/// follows it without a pause; so the same account serves a sender that paces (every frame is
/// sent when it is due) and one that sends a response in one burst.
///
/// Tags ascend: a tag's sound comes after that of smaller tags.
#[derive(Clone, Debug)]
pub struct Playout {
    holder: Holder,
    delay: Duration,
    stretches: VecDeque<Stretch>,
    /// Timeline position up to which sound was heard for certain: hearing does not go back when
    /// the estimate of the delay grows.
    floor: Position,
    /// Where the timeline stands still, and since when.
    paused: Option<(Position, Position)>,
}

/// Sound of one tag without an interruption.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    tag: u64,
    start: Position,
    /// Samples that were or will be heard.
    len: u64,
    /// Samples sent, of which a flush may have dropped the end.
    sent: u64,
    /// When it was flushed, heard or not.
    flushed: Option<Position>,
}

impl Stretch {
    fn end(&self) -> Position {
        self.at(self.len)
    }

    fn at(&self, samples: u64) -> Position {
        Position::new(self.start.samples() + samples * PER_SAMPLE)
    }

    fn before(&self, playhead: Position) -> u64 {
        let passed = playhead.samples().saturating_sub(self.start.samples()) / PER_SAMPLE;
        passed.min(self.len)
    }
}

/// Positions per sample.
const PER_SAMPLE: u64 = (Position::RATE / RATE) as u64;

impl Playout {
    /// An account with nothing sent. `delay` is the time from sending to hearing: network, the
    /// client's jitter buffer and its sound card.
    #[must_use]
    pub fn new(holder: Holder, delay: Duration) -> Self {
        Self {
            holder,
            delay: delay.min(MAX_DELAY),
            stretches: VecDeque::new(),
            floor: Position::ZERO,
            paused: None,
        }
    }

    /// Enters `samples` of `tag` as sent, to be heard from `at` on or, if earlier sound still
    /// plays then, directly after it. Returns where it stands on the timeline.
    ///
    /// While paused it is placed behind what waits.
    pub fn send(&mut self, tag: u64, at: Position, samples: u64) -> Position {
        // While the timeline stands still, nothing can come before where it stands.
        let at = self.paused.map_or(at, |(place, _)| at.min(place));
        if let Some(last) = self.stretches.back_mut() {
            let end = last.end();
            if last.tag == tag && at <= end && last.flushed.is_none() {
                last.len += samples;
                last.sent += samples;
                return end;
            }
        }
        let start = self.end_of_sound().map_or(at, |end| end.max(at));
        if self.stretches.len() == REMEMBERED {
            self.stretches.pop_front();
        }
        self.stretches.push_back(Stretch {
            tag,
            start,
            len: samples,
            sent: samples,
            flushed: None,
        });
        start
    }

    /// What was heard of every remembered tag by `now`, in order.
    #[must_use]
    pub fn heard(&self, now: Position) -> Vec<Heard> {
        let playhead = self.playhead(now);
        let mut all: Vec<Heard> = Vec::new();
        for stretch in &self.stretches {
            let heard = stretch.before(playhead);
            match all.last_mut() {
                Some(last) if last.tag == stretch.tag => {
                    last.heard += heard;
                    last.sent += stretch.sent;
                }
                _ => all.push(Heard {
                    tag: stretch.tag,
                    heard,
                    sent: stretch.sent,
                }),
            }
        }
        all
    }

    /// What was heard of `tag` by `now`; `None` if nothing of it was sent or it was forgotten.
    #[must_use]
    pub fn heard_of(&self, tag: u64, now: Position) -> Option<Heard> {
        let playhead = self.playhead(now);
        self.stretches
            .iter()
            .filter(|stretch| stretch.tag == tag)
            .fold(None, |sum, stretch| {
                let (heard, sent) = sum.map_or((0, 0), |sum: Heard| (sum.heard, sum.sent));
                let heard = heard + stretch.before(playhead);
                Some(Heard {
                    tag,
                    heard,
                    sent: sent + stretch.sent,
                })
            })
    }

    /// The tag sent last and how many of its samples were sent in all.
    #[must_use]
    pub fn latest(&self) -> Option<(u64, u64)> {
        let tag = self.stretches.back()?.tag;
        let own = self.stretches.iter().rev();
        let own = own.take_while(|stretch| stretch.tag == tag);
        Some((tag, own.map(|stretch| stretch.sent).sum()))
    }

    /// When sample number `sample` of `tag` is or was heard.
    #[must_use]
    pub fn when(&self, tag: u64, sample: u64) -> When {
        let mut within = sample;
        for stretch in self.stretches.iter().filter(|stretch| stretch.tag == tag) {
            if within >= stretch.sent {
                within -= stretch.sent;
                continue;
            }
            let at = stretch.at(within);
            let held = self.paused.is_some_and(|(place, _)| at >= place);
            return match within < stretch.len {
                false => When::Never,
                true if held && stretch.flushed.is_none() => When::Waits,
                true => When::At(at + self.delay),
            };
        }
        When::Never
    }

    /// Where on the session's timeline sample number `sample` of `tag` is heard, pauses so far
    /// included: as it turned out, or as it will be. Of sound that a flush dropped, where it would
    /// have been heard. `None` if so much was not sent, or it was forgotten.
    #[must_use]
    pub fn place(&self, tag: u64, sample: u64) -> Option<Position> {
        let mut left = sample;
        for stretch in self.stretches.iter().filter(|stretch| stretch.tag == tag) {
            if left < stretch.sent {
                return Some(stretch.at(left) + self.delay);
            }
            left -= stretch.sent;
        }
        None
    }

    /// Whether sound is being heard at `now`, or will be without anything further being sent.
    #[must_use]
    pub fn is_playing(&self, now: Position) -> bool {
        let playhead = self.playhead(now);
        self.end_of_sound().is_some_and(|end| end > playhead)
    }

    /// When the last sound will have been heard; `None` if nothing was sent, or while paused
    /// before the end.
    #[must_use]
    pub fn ends(&self) -> Option<Position> {
        let end = self.end_of_sound()?;
        match self.paused {
            Some((place, _)) if end > place => None,
            _ => Some(end + self.delay),
        }
    }

    /// How much has been sent ahead of what is heard at `now`.
    #[must_use]
    pub fn ahead(&self, now: Position) -> Duration {
        let playhead = self.playhead(now);
        self.end_of_sound()
            .map_or(Duration::ZERO, |end| end.since(playhead))
    }

    /// The estimated time from sending to hearing.
    #[must_use]
    pub const fn delay(&self) -> Duration {
        self.delay
    }

    /// Sets the estimated time from sending to hearing, up to 10 s. What was heard by `now`
    /// stays heard.
    pub fn set_delay(&mut self, delay: Duration, now: Position) {
        self.floor = self.playhead(now);
        self.delay = delay.min(MAX_DELAY);
    }

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

    /// Whether the voice is paused.
    #[must_use]
    pub const fn is_paused(&self) -> bool {
        self.paused.is_some()
    }

    /// Silences the voice at `now` for good (barge-in), and returns what was heard, or with a
    /// pacing sender will have been, of every tag that was not heard to its end; those before
    /// were heard completely.
    pub fn flush(&mut self, now: Position) -> Vec<Heard> {
        let cut = self
            .paused
            .take()
            .map_or_else(|| self.cut(now), |(place, _)| place);
        let mut all: Vec<Heard> = Vec::new();
        for stretch in self
            .stretches
            .iter_mut()
            .filter(|stretch| stretch.flushed.is_none())
        {
            stretch.len = stretch.before(cut);
            stretch.flushed = Some(now);
            match all.last_mut() {
                Some(last) if last.tag == stretch.tag => {
                    last.heard += stretch.len;
                    last.sent += stretch.sent;
                }
                _ => all.push(Heard {
                    tag: stretch.tag,
                    heard: stretch.len,
                    sent: stretch.sent,
                }),
            }
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

    /// Forgets tags up to and including `tag` that have been heard or flushed by `now`.
    pub fn forget(&mut self, tag: u64, now: Position) {
        let playhead = self.playhead(now);
        while self
            .stretches
            .front()
            .is_some_and(|stretch| stretch.tag <= tag && stretch.end() <= playhead)
        {
            self.stretches.pop_front();
        }
    }

    /// How far on the timeline the listener is at `now`.
    fn playhead(&self, now: Position) -> Position {
        let here = now.back(self.delay);
        let here = self.paused.map_or(here, |(place, _)| here.min(place));
        here.max(self.floor)
    }

    /// Where on the timeline sound is cut off by what is decided at `now`.
    fn cut(&self, now: Position) -> Position {
        match self.holder {
            Holder::Sender => now,
            Holder::Client => self.playhead(now),
        }
    }

    fn end_of_sound(&self) -> Option<Position> {
        self.stretches
            .iter()
            .rev()
            .find(|stretch| stretch.len > 0)
            .map(Stretch::end)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const fn ms(ms: u64) -> Position {
        Position::from_ms(ms)
    }

    const fn span(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// Samples of `ms` milliseconds.
    const fn len(ms: u64) -> u64 {
        ms * 24
    }

    fn heard(tag: u64, heard: u64, sent: u64) -> Heard {
        Heard {
            tag,
            heard: len(heard),
            sent: len(sent),
        }
    }

    fn paced(delay: u64, frames: impl Iterator<Item = (u64, u64)>) -> Playout {
        let mut playout = Playout::new(Holder::Sender, span(delay));
        for (tag, at) in frames {
            playout.send(tag, ms(at), len(20));
        }
        playout
    }

    #[test]
    fn a_burst_is_heard_in_its_own_time() {
        let mut playout = Playout::new(Holder::Client, span(100));
        assert_eq!(playout.send(1, ms(1000), len(500)), ms(1000));
        assert_eq!(playout.send(1, ms(1010), len(500)), ms(1500));
        assert_eq!(playout.send(2, ms(1020), len(300)), ms(2000));
        assert_eq!(
            playout.heard(ms(1050)),
            [heard(1, 0, 1000), heard(2, 0, 300)]
        );
        assert_eq!(
            playout.heard(ms(1850)),
            [heard(1, 750, 1000), heard(2, 0, 300)]
        );
        assert_eq!(playout.heard_of(2, ms(2200)), Some(heard(2, 100, 300)));
        assert_eq!(playout.heard_of(3, ms(2200)), None);
        assert!(playout.is_playing(ms(2399)) && !playout.is_playing(ms(2400)));
        assert_eq!(playout.ends(), Some(ms(2400)));
        assert_eq!(playout.ahead(ms(1100)), span(1300));
    }

    #[test]
    fn every_sample_is_heard_once_later_or_never() {
        let mut playout = Playout::new(Holder::Client, span(20));
        playout.send(1, ms(1000), len(200));
        playout.send(1, ms(1010), len(200));
        assert_eq!(playout.latest(), Some((1, len(400))));
        assert_eq!(playout.when(1, len(100)), When::At(ms(1120)));
        assert_eq!(playout.when(1, len(400)), When::Never);
        playout.pause(ms(1220));
        assert_eq!(playout.when(1, len(199)), When::At(ms(1219)));
        assert_eq!(playout.when(1, len(200)), When::Waits);
        playout.resume(ms(1720));
        assert_eq!(playout.latest(), Some((1, len(400))));
        assert_eq!(playout.when(1, len(199)), When::At(ms(1219)));
        assert_eq!(playout.when(1, len(200)), When::At(ms(1720)));
        playout.flush(ms(1820));
        assert_eq!(playout.when(1, len(299)), When::At(ms(1819)));
        assert_eq!(playout.when(1, len(300)), When::Never);
        playout.send(2, ms(2000), len(20));
        assert_eq!(playout.latest(), Some((2, len(20))));
        assert_eq!(playout.when(2, 0), When::At(ms(2020)));
        assert_eq!(playout.when(3, 0), When::Never);
    }

    #[test]
    fn a_response_after_a_gap_begins_when_it_is_sent() {
        let mut playout = Playout::new(Holder::Client, span(50));
        playout.send(1, ms(0), len(100));
        assert_eq!(playout.send(2, ms(5000), len(100)), ms(5000));
        assert_eq!(
            playout.heard(ms(5050)),
            [heard(1, 100, 100), heard(2, 0, 100)]
        );
        playout.forget(1, ms(5050));
        assert_eq!(playout.heard(ms(5100)), [heard(2, 50, 100)]);
    }

    #[test]
    fn what_a_pacing_sender_has_sent_will_be_heard() {
        let mut playout = paced(80, (0..10).map(|n| (1, 1000 + n * 20)));
        assert_eq!(playout.heard(ms(1180)), [heard(1, 100, 200)]);
        // The frame at 1180 begins exactly at the cut: it has not left.
        assert_eq!(playout.flush(ms(1180)), [heard(1, 180, 200)]);
        assert_eq!(playout.heard(ms(1200)), [heard(1, 120, 200)]);
        assert_eq!(playout.heard(ms(9000)), [heard(1, 180, 200)]);
        assert!(!playout.is_playing(ms(1260)));
    }

    #[test]
    fn a_client_drops_what_it_has_not_played() {
        let mut playout = Playout::new(Holder::Client, span(100));
        for tag in 1..=3 {
            playout.send(tag, ms(0), len(1000));
        }
        assert_eq!(
            playout.flush(ms(1600)),
            [heard(2, 500, 1000), heard(3, 0, 1000)]
        );
        // The next response does not wait for what was dropped.
        assert_eq!(playout.send(4, ms(1700), len(100)), ms(1700));
    }

    #[test]
    fn the_client_knows_better() {
        let mut playout = Playout::new(Holder::Client, span(100));
        playout.send(1, ms(0), len(1000));
        playout.send(2, ms(0), len(1000));
        // What was not flushed stays as it is, and so does what was never sent.
        playout.correct(2, len(200));
        assert_eq!(playout.flush(ms(1600)), [heard(2, 500, 1000)]);
        playout.correct(2, len(1001));
        playout.correct(9, 0);
        assert_eq!(playout.heard_of(2, ms(1600)), Some(heard(2, 500, 1000)));
        // Its word tells where it stopped, in either direction.
        playout.correct(2, len(350));
        assert_eq!(playout.when(2, len(349)), When::At(ms(1449)));
        assert_eq!(playout.when(2, len(350)), When::Never);
        playout.correct(2, len(560));
        assert_eq!(
            playout.heard(ms(1900)),
            [heard(1, 1000, 1000), heard(2, 560, 1000)]
        );
        playout.correct(1, len(900));
        assert_eq!(
            playout.heard(ms(1900)),
            [heard(1, 900, 1000), heard(2, 0, 1000)]
        );
    }

    #[test]
    fn a_late_word_about_flushed_sound_leaves_the_next_alone() {
        let mut playout = Playout::new(Holder::Client, span(100));
        playout.send(1, ms(0), len(1000));
        assert_eq!(playout.flush(ms(600)), [heard(1, 500, 1000)]);
        playout.send(2, ms(1500), len(1000));
        playout.correct(1, len(420));
        assert_eq!(
            playout.heard(ms(1800)),
            [heard(1, 420, 1000), heard(2, 200, 1000)]
        );
        // A second flush says nothing about the first.
        assert_eq!(playout.flush(ms(1800)), [heard(2, 200, 1000)]);
        playout.correct(2, len(100));
        assert_eq!(
            playout.heard(ms(1900)),
            [heard(1, 420, 1000), heard(2, 100, 1000)]
        );
    }

    #[test]
    fn nothing_is_heard_while_the_timeline_leaps() {
        let mut playout = Playout::new(Holder::Client, span(100));
        playout.send(1, ms(1000), len(1000));
        playout.leap(span(5000), ms(6600));
        assert_eq!(playout.heard(ms(6600)), [heard(1, 500, 1000)]);
        assert_eq!(playout.place(1, len(499)), Some(ms(1599)));
        assert_eq!(playout.place(1, len(500)), Some(ms(6600)));
        assert_eq!(playout.heard(ms(6700)), [heard(1, 600, 1000)]);
        assert_eq!(playout.ends(), Some(ms(7100)));
        // What waits, and what was heard, is none the wiser.
        playout.pause(ms(6700));
        playout.leap(span(1000), ms(7700));
        assert_eq!(playout.heard(ms(7700)), [heard(1, 600, 1000)]);
        playout.resume(ms(7800));
        assert_eq!(playout.ends(), Some(ms(8200)));
        playout.leap(span(1000), ms(9200));
        assert_eq!(playout.heard(ms(9200)), [heard(1, 1000, 1000)]);
    }

    #[test]
    fn a_pause_holds_what_waits() {
        for (holder, held) in [(Holder::Client, 400), (Holder::Sender, 500)] {
            let mut playout = Playout::new(holder, span(100));
            playout.send(1, ms(0), len(1000));
            playout.pause(ms(500));
            assert_eq!(playout.heard(ms(3000)), [heard(1, held, 1000)]);
            assert!(playout.is_paused() && playout.is_playing(ms(3000)));
            assert_eq!(playout.ends(), None);
            playout.send(2, ms(2000), len(100));
            playout.resume(ms(3000));
            assert_eq!(playout.ends(), Some(ms(1100 + 2500 + 100)), "{holder:?}");
            assert_eq!(
                playout.heard(ms(3000)),
                [heard(1, held, 1000), heard(2, 0, 100)]
            );
            assert_eq!(
                playout.heard(ms(3300)),
                [heard(1, 700, 1000), heard(2, 0, 100)]
            );
            assert_eq!(
                playout.heard(ms(4000)),
                [heard(1, 1000, 1000), heard(2, 100, 100)]
            );
        }
    }

    #[test]
    fn every_sample_has_its_place() {
        for (holder, held) in [(Holder::Client, 400), (Holder::Sender, 500)] {
            let mut playout = Playout::new(holder, span(100));
            playout.send(1, ms(0), len(1000));
            playout.pause(ms(500));
            playout.resume(ms(3000));
            let place = |playout: &Playout, sample| playout.place(1, len(sample));
            assert_eq!(place(&playout, 0), Some(ms(100)));
            assert_eq!(place(&playout, held - 1), Some(ms(held + 99)), "{holder:?}");
            assert_eq!(place(&playout, held), Some(ms(held + 2600)), "{holder:?}");
            assert_eq!(place(&playout, 1000), None);
            assert_eq!(playout.place(2, 0), None);
            // What is dropped keeps the place that it would have had.
            playout.flush(ms(3000));
            assert_eq!(place(&playout, 900), Some(ms(3500)));
        }
    }

    proptest! {
        #[test]
        fn what_stands_before_now_was_heard(
            steps in prop::collection::vec((0u8..5, 0u64..300, 1u64..900), 1..60),
            client in any::<bool>(),
        ) {
            let holder = if client { Holder::Client } else { Holder::Sender };
            let (mut playout, mut now) = (Playout::new(holder, span(80)), ms(0));
            for (what, after, samples) in steps {
                now += span(after);
                match what {
                    0..=2 => { playout.send(1, now, samples); }
                    3 => playout.pause(now),
                    _ => playout.resume(now),
                }
                let heard = playout.heard_of(1, now).map_or(0, |heard| heard.heard);
                if let Some(last) = heard.checked_sub(1) {
                    prop_assert!(playout.place(1, last).is_some_and(|at| at <= now));
                }
                let places: Vec<_> = (0..).map_while(|n| playout.place(1, n * 50)).collect();
                prop_assert!(places.windows(2).all(|pair| pair[0] < pair[1]));
            }
        }
    }

    #[test]
    fn a_flush_ends_a_pause() {
        let mut playout = Playout::new(Holder::Client, span(100));
        playout.send(1, ms(0), len(1000));
        playout.pause(ms(500));
        assert_eq!(playout.flush(ms(2000)), [heard(1, 400, 1000)]);
        assert!(!playout.is_paused() && !playout.is_playing(ms(2000)));
    }

    #[test]
    fn hearing_never_goes_back() {
        let mut playout = Playout::new(Holder::Client, span(100));
        playout.send(1, ms(0), len(1000));
        playout.set_delay(span(400), ms(600));
        assert_eq!(playout.heard(ms(600)), [heard(1, 500, 1000)]);
        assert_eq!(playout.heard(ms(1000)), [heard(1, 600, 1000)]);
    }

    proptest! {
        #[test]
        fn heard_is_bounded_ordered_and_grows(
            steps in prop::collection::vec((0u8..7, 0u64..400, 0u64..2000), 1..120),
            client in any::<bool>(),
        ) {
            let holder = if client { Holder::Client } else { Holder::Sender };
            let (mut playout, mut now, mut tag) = (Playout::new(holder, span(80)), ms(0), 0);
            let mut before: Vec<Heard> = Vec::new();
            for (what, value, extra) in steps {
                now += span(value);
                match what {
                    0 | 1 => { playout.send(tag, now, len(extra)); }
                    2 => { tag += 1; playout.send(tag, now, len(extra)); }
                    3 => playout.pause(now),
                    4 => playout.resume(now),
                    5 => playout.set_delay(span(extra), now),
                    _ => for part in playout.flush(now) {
                        prop_assert!(part.heard < part.sent);
                    },
                }
                let heard = playout.heard(now);
                prop_assert!(heard.windows(2).all(|pair| pair[0].tag < pair[1].tag));
                for part in &heard {
                    prop_assert!(part.heard <= part.sent);
                    let earlier = before.iter().find(|old| old.tag == part.tag);
                    prop_assert!(earlier.is_none_or(|old| old.heard <= part.heard), "{what} {earlier:?} {part:?}");
                }
                before = heard;
            }
        }
    }
}
