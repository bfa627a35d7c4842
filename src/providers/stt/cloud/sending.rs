//! What goes to a vendor and when: sound at its pace, flushes, and what keeps the connection.

use std::time::Duration;

use media::Position;
use tokio::time::Instant;

use super::ear::Ear;
use super::segments::{Asked, State};
use super::tape::Range;
use super::wire::{Keeps, RATE};

/// A vendor this far behind gets no more sound between segments.
const BEHIND: usize = RATE as usize;
/// With so much to send, the session is held back.
const FULL: usize = 5 * RATE as usize;
/// A vendor silent for so long is asked for a sign of life …
const PING: Duration = Duration::from_secs(10);
/// … and sooner while its words are due, so that a host that fell silent in mid-sentence is known
/// about when the sentence ends.
const PING_SOON: Duration = Duration::from_millis(500);
/// Where nothing is due, a vendor that leaves such a question open for so long is gone.
const GONE: Duration = Duration::from_secs(10);
/// A machine that comes so much later to judge it is busy itself, and has not read what came.
const BUSY: Duration = Duration::from_millis(300);
/// Further than any session goes.
const FAR: Position = Position::new(u64::MAX / 2);

/// Something to send.
#[derive(Debug, PartialEq)]
pub(super) enum Outgoing {
    /// Sound.
    Audio(Vec<i16>),
    /// So many samples of silence, which nobody said.
    Silence(usize),
    /// A request for the final words of all sound so far, with a question whether the vendor is
    /// there.
    Flush(u64),
    /// A request to forget the sound since the last flush.
    Forget,
    /// A message that keeps the connection.
    KeepAlive,
    /// A question whether the vendor is there.
    Ping(u64),
}

impl Ear {
    /// The next thing to send, if there is one now.
    pub fn next(&mut self, now: Instant) -> Option<Outgoing> {
        if !self.up {
            return None;
        }
        if std::mem::take(&mut self.forgets) {
            self.sent = now;
            return Some(Outgoing::Forget);
        }
        self.note_sent(now);
        let outgoing = self
            .flush_due(now)
            .or_else(|| self.audio_due(now))
            .or_else(|| self.keep_due(now));
        if let Some(outgoing) = &outgoing
            && !matches!(outgoing, Outgoing::Ping(_))
        {
            self.sent = now;
        }
        outgoing
    }

    /// When there will be something to send or to decide though nothing happens.
    pub fn deadline(&self) -> Option<Instant> {
        if !self.up {
            return None;
        }
        let segments = self
            .segments
            .iter()
            .filter_map(|segment| match segment.state {
                State::Sent(at) => Some(at + self.habits.hold),
                // Without a sign of life the vendor is gone before its words are late.
                State::Asked(Asked { at, ping, .. }) if self.ponged >= ping => {
                    Some(at + self.patience(segment))
                }
                _ => None,
            });
        let audio = (self.tape.unsent(&self.wanted(), 1) > 0).then(|| self.pace.ready());
        let keep = self.keep().map(|(due, _)| due);
        let sign_of_life = self.gone_at().unwrap_or(self.ping_at());
        let all = segments.chain(audio.filter(|_| self.is_due())).chain(keep);
        all.chain([sign_of_life]).min()
    }

    /// Whether words of the vendor are wanted.
    pub fn words_are_due(&self) -> bool {
        self.segments.open().next().is_some()
    }

    /// When it is to be asked for a sign of life, if it has given none.
    fn ping_at(&self) -> Instant {
        let every = match self.words_are_due() {
            true => PING_SOON,
            false => PING,
        };
        self.heard.max(self.pinged) + every
    }

    /// When it is gone, if it leaves the question open.
    fn gone_at(&self) -> Option<Instant> {
        let patience = match self.words_are_due() {
            true => self.habits.alive,
            false => GONE,
        };
        // Whatever it says is a sign of life.
        Some(self.questioned?.max(self.heard) + patience)
    }

    fn question(&mut self, now: Instant) -> u64 {
        self.pings += 1;
        self.pinged = now;
        self.questioned.get_or_insert(now);
        self.pings
    }

    /// Whether the vendor is gone, though its connection seems to stand.
    pub fn is_dead(&mut self, now: Instant) -> bool {
        let gone = self.gone_at().filter(|at| now >= *at);
        let late = gone.is_some_and(|at| now > at + BUSY);
        if late {
            self.questioned = Some(now);
        }
        self.up && (self.lost_count || gone.is_some() && !late)
    }

    /// Whether more may come from the session.
    pub fn has_room(&self) -> bool {
        !self.up || self.tape.unsent(&self.wanted(), FULL) < FULL
    }

    /// The request to forget was sent as one to flush: the vendor knows no other.
    pub fn flushed_instead(&mut self) {
        self.flushes.ask(self.clock.count());
    }

    /// Segments of which everything was sent.
    fn note_sent(&mut self, now: Instant) {
        for segment in self.segments.iter_mut() {
            if segment.state == State::Unsent
                && self.tape.unsent(&[(segment.from, segment.end())], 1) == 0
            {
                segment.state = State::Sent(now);
            }
        }
    }

    fn flush_due(&mut self, now: Instant) -> Option<Outgoing> {
        let hold = self.habits.hold;
        let is_due = |state: State| matches!(state, State::Sent(at) if now >= at + hold);
        if !self.segments.iter().any(|segment| is_due(segment.state)) {
            return None;
        }
        let number = if self.habits.flushes {
            self.flushes.ask(self.clock.count())
        } else {
            u64::MAX
        };
        let ping = self.question(now);
        for segment in self.segments.iter_mut() {
            if matches!(segment.state, State::Sent(_)) {
                segment.state = State::Asked(Asked {
                    flush: number,
                    ping,
                    at: now,
                });
            }
        }
        Some(Outgoing::Flush(ping))
    }

    fn audio_due(&mut self, now: Instant) -> Option<Outgoing> {
        if !self.is_due() || now < self.pace.ready() {
            return None;
        }
        let piece = self.tape.next(&self.wanted(), self.habits.chunk)?;
        let count = piece.samples;
        self.flushes.sound(self.clock.count());
        self.clock.sent(piece.at, count as u64);
        let mut samples = self.tape.take(&piece);
        if count < self.habits.least {
            samples.resize(self.habits.least, 0);
            self.clock.padded((self.habits.least - count) as u64);
        }
        self.pace.spend(samples.len(), now);
        Some(Outgoing::Audio(samples))
    }

    /// Whether there is enough for a message, or what there is will not become more, or is waited
    /// for.
    fn is_due(&self) -> bool {
        let wanted = self.wanted();
        let chunk = self.habits.chunk;
        let awaited = |range: Range| self.tape.unsent(&[range], 1) > 0;
        let mut segments = self.segments.iter();
        self.tape.unsent(&wanted, chunk) == chunk
            || segments.any(|segment| {
                segment.state == State::Unsent && awaited((segment.from, segment.end()))
            })
            || self
                .tape
                .next(&wanted, chunk)
                .is_some_and(|piece| piece.ended)
    }

    fn keep_due(&mut self, now: Instant) -> Option<Outgoing> {
        if self.questioned.is_none() && now >= self.ping_at() {
            return Some(Outgoing::Ping(self.question(now)));
        }
        let (_, keep) = self.keep().filter(|(due, _)| now >= *due)?;
        if let Outgoing::Silence(samples) = keep {
            // It goes out in the time in which nothing was said: the pace is that of what is.
            self.clock.padded(samples as u64);
        }
        Some(keep)
    }

    /// What keeps a connection on which nothing is said, and when it is due.
    fn keep(&self) -> Option<(Instant, Outgoing)> {
        let (every, keep) = match self.habits.keeps {
            Keeps::Itself => return None,
            Keeps::Silence(every) => (every, Outgoing::Silence(self.habits.chunk)),
            Keeps::MessageOnceHeard(every) if !self.answered => {
                (every, Outgoing::Silence(RATE as usize))
            }
            Keeps::Message(every) | Keeps::MessageOnceHeard(every) => (every, Outgoing::KeepAlive),
        };
        Some((self.sent + every, keep))
    }

    /// The stretches of which sound is to be sent.
    fn wanted(&self) -> Vec<Range> {
        let unsent = |range: Range| self.tape.unsent(&[range], 1) > 0;
        if self.habits.speech_only {
            // One after the other, so that each flush takes one.
            let ranges = self.segments.ranges().into_iter();
            return ranges.filter(|range| unsent(*range)).take(1).collect();
        }
        let all = (Position::ZERO, FAR);
        if self.tape.unsent(&[all], BEHIND) < BEHIND {
            return vec![all];
        }
        let tail = self.tape.end().back(Duration::from_secs(1));
        let before = self.segments.ranges().into_iter();
        let before = before.filter(|(from, _)| *from < tail);
        before
            .map(|(from, to)| (from, to.min(tail)))
            .chain([(tail, FAR)])
            .collect()
    }
}
