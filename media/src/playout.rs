//! What the listener has really heard of what was sent.

mod stopping;
mod stretch;

use std::collections::VecDeque;
use std::time::Duration;

use crate::frame::Position;
use stretch::Stretch;

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
            add(&mut all, stretch, stretch.before(playhead));
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

    /// Where on the session's timeline the sound of `tag` stands, as [`place`](Self::place) tells of
    /// each sample: the samples from which on it stands elsewhere than right after those before, and
    /// where.
    pub fn places(&self, tag: u64) -> impl Iterator<Item = (u64, Position)> {
        let own = self.stretches.iter().filter(move |one| one.tag == tag);
        own.scan(0, |sent, stretch| {
            let before = *sent;
            *sent += stretch.sent;
            Some((before, stretch.start + self.delay))
        })
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

    /// Whether the voice is paused.
    #[must_use]
    pub const fn is_paused(&self) -> bool {
        self.paused.is_some()
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

    fn end_of_sound(&self) -> Option<Position> {
        self.stretches
            .iter()
            .rev()
            .find(|stretch| stretch.len > 0)
            .map(Stretch::end)
    }
}

/// Adds what was heard of a stretch to its tag's, which is the last one if it is there.
fn add(all: &mut Vec<Heard>, stretch: &Stretch, heard: u64) {
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

#[cfg(test)]
mod tests;
