//! Listening through a vendor, without its socket: what the session says and what the vendor says
//! come in, words on the session's timeline and things to send come out.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use media::Position;
use tokio::time::Instant;

use super::clock::{Clock, sample};
use super::flushes::Flushes;
use super::pace::Pace;
use super::segments::{Asked, Segment, Segments, State};
use super::tape::Tape;
use super::wire::{Flushed, Habits, Said, Spoken};
use super::words::Words;
use crate::providers::stt::{ListenInput, ListenOutput};

/// So much sound before a segment, or before now, is kept: a segment begins at most two seconds
/// before it is known, and what is more than silence in it stands out from what was before.
const LEAD: Duration = Duration::from_secs(4);
/// So much is sent again where nobody speaks, since somebody may have begun.
const KEPT: Duration = Duration::from_secs(1);
/// Words are remembered for so long, so that late ones find their place.
const MEMORY: Duration = Duration::from_secs(30);

/// The listening of one session.
#[derive(Debug)]
pub(super) struct Ear {
    pub(super) habits: Habits,
    pub(super) tape: Tape,
    pub(super) clock: Clock,
    pub(super) segments: Segments,
    pub(super) flushes: Flushes,
    pub(super) pace: Pace,
    /// Sound of a discarded segment waits at the vendor.
    pub(super) forgets: bool,
    /// The vendor answers no more as it was asked: another connection has to be made.
    pub(super) lost_count: bool,
    /// Whether a connection stands.
    pub(super) up: bool,
    /// When something was sent last, and when the vendor gave a sign of life last.
    pub(super) sent: Instant,
    pub(super) heard: Instant,
    pub(super) pinged: Instant,
    /// Questions for a sign of life, and the latest that was answered.
    pub(super) pings: u64,
    pub(super) ponged: u64,
    /// Since when one of them is open.
    pub(super) questioned: Option<Instant>,
    pub(super) words: Words,
    /// The sound of this connection begins here.
    pub(super) since: Position,
    /// No word before will change.
    pub(super) settled: Option<Position>,
    /// The vendor has listened up to here.
    pub(super) seen: Position,
    /// Whether the vendor has said anything of the sound on this connection.
    pub(super) answered: bool,
    /// Segments in a row, in which somebody clearly spoke, of which it said nothing at all.
    pub(super) unanswered: u32,
    /// Flushes of this connection whose answers nobody waits for any more, and may still come.
    pub(super) given_up: BTreeSet<u64>,
    /// Whether it takes sound and says nothing of it.
    pub(super) mute: bool,
    /// The vendor's turn whose words came last.
    latest: Option<u64>,
    pub(super) outputs: VecDeque<ListenOutput>,
}

impl Ear {
    /// Without a connection.
    pub fn new(habits: Habits, now: Instant) -> Self {
        Self {
            habits,
            tape: Tape::default(),
            clock: Clock::default(),
            segments: Segments::default(),
            flushes: Flushes::default(),
            pace: Pace::new(habits.pace, now),
            forgets: false,
            lost_count: false,
            up: false,
            sent: now,
            heard: now,
            pinged: now,
            pings: 0,
            ponged: 0,
            questioned: None,
            words: Words::default(),
            since: Position::ZERO,
            settled: None,
            seen: Position::ZERO,
            answered: false,
            unanswered: 0,
            given_up: BTreeSet::new(),
            mute: false,
            latest: None,
            outputs: VecDeque::new(),
        }
    }

    /// Something for the session.
    pub fn output(&mut self) -> Option<ListenOutput> {
        self.outputs.pop_front()
    }

    /// The session says something.
    pub fn input(&mut self, input: ListenInput) {
        match input {
            ListenInput::Audio { at, samples } => {
                self.tape.push(at, samples);
                let open = self.segments.open().map(|segment| segment.from);
                let needed = open.min().unwrap_or(self.tape.end()).min(self.tape.end());
                self.tape.forget(needed.back(LEAD));
                self.words.forget(needed.back(MEMORY));
            }
            ListenInput::Begin { segment, from } => self.segments.begin(segment, from),
            ListenInput::End { segment, to } => {
                if self.segments.end(segment, to) {
                    self.listen_to(segment);
                }
            }
            ListenInput::Discard { segment } => {
                if self.segments.discard(segment, self.tape.end()) {
                    self.forgets |= self.habits.speech_only && self.flushes.has_sound();
                }
            }
        }
    }

    /// A segment ended: without any sound in it, it is answered.
    fn listen_to(&mut self, id: u64) {
        let Some(segment) = self.segments.get_mut(id) else {
            return;
        };
        let (from, to) = (segment.from, segment.end());
        if from >= to || !self.tape.has(from, to) {
            self.answer(id);
        }
    }

    /// A connection stands.
    pub fn connected(&mut self, now: Instant) {
        self.up = true;
        self.pace = Pace::new(self.habits.pace, now);
        (self.sent, self.heard, self.pinged) = (now, now, now);
    }

    /// The connection is gone. On the next, everything is sent again whose words are wanted and
    /// not settled.
    pub fn disconnected(&mut self) {
        self.up = false;
        let open = self.segments.open();
        let settled = self.settled.unwrap_or_default();
        let needed = open.map(|segment| segment.from.max(settled.min(segment.end())));
        let from = needed.min().unwrap_or(self.tape.end().back(KEPT));
        // Words of sound that is not kept any more stand.
        let from = from.max(self.tape.begins());
        self.words.reconnected(from);
        self.tape.rewind(from);
        self.since = from;
        (self.settled, self.seen, self.answered) = (None, Position::ZERO, false);
        (self.clock, self.flushes) = (Clock::default(), Flushes::default());
        (self.latest, self.forgets, self.lost_count) = (None, false, false);
        self.questioned = None;
        self.given_up.clear();
        for segment in self
            .segments
            .iter_mut()
            .filter(|segment| segment.is_awaited())
        {
            segment.state = State::Unsent;
        }
    }

    /// The vendor says something.
    pub fn said(&mut self, said: Said) {
        self.answered |= matches!(said, Said::Words { .. });
        // An end of a turn without words is an answer as well.
        let speaks = matches!(&said, Said::Words { words, last, .. } if *last || !words.is_empty());
        if speaks || matches!(said, Said::Flushed(_)) {
            self.unanswered = 0;
        }
        match said {
            Said::Words { turn, words, last } => self.understood(turn, words, last),
            Said::Settled(to) => {
                let to = self.clock.ends(to);
                self.settled = self.settled.max(Some(to));
                self.seen = self.seen.max(to);
            }
            Said::Seen(to) => self.seen = self.seen.max(self.clock.ends(to)),
            Said::Flushed(Flushed::Number(number)) => self.flushes.answer(number),
            Said::Flushed(Flushed::To(to)) => self.flushes.answer_to(sample(to)),
            Said::Flushed(Flushed::Oldest) => {
                let mut segments = self.segments.iter();
                let asked = segments.find_map(|segment| match segment.state {
                    State::Asked(asked) => Some(asked.flush),
                    _ => None,
                });
                // An answer that comes too late is none to what was asked since.
                if let Some(flush) = self.given_up.pop_first().or(asked) {
                    self.flushes.answer(flush);
                }
            }
            Said::Failed(number, error) => {
                for segment in self.segments.iter_mut() {
                    if matches!(segment.state, State::Asked(Asked { flush, .. }) if flush == number)
                    {
                        segment.state = State::Closed;
                        let (segment, error) = (segment.id, error.clone());
                        self.outputs
                            .push_back(ListenOutput::Failed { segment, error });
                    }
                }
            }
            Said::EndOfTurn(confidence) => self.hinted(confidence),
            Said::Alive(number) => {
                self.ponged = self.ponged.max(number);
                self.questioned.take_if(|_| self.ponged >= self.pings);
            }
            Said::Ready | Said::Over => {}
        }
    }

    fn understood(&mut self, turn: u64, mut words: Vec<Spoken>, last: bool) {
        // Without a time a word of sound as it comes is nowhere.
        words.retain(|word| self.habits.speech_only || word.span.is_some());
        let heard = self.place(turn, words);
        if last && !self.habits.speech_only {
            for word in &heard {
                let owner = self.segments.owner(word.middle());
                let segment = owner.and_then(|id| self.segments.get_mut(id));
                if let Some(segment) = segment
                    && matches!(segment.state, State::Sent(_) | State::Asked(_))
                {
                    segment.state = State::Settled;
                    // It is asked in order: what came before will not be answered any more.
                    self.given_up.clear();
                }
            }
        }
        self.words.put(turn, heard);
        self.latest = Some(turn);
        for (segment, transcript) in self.segments.partials(&self.words) {
            match self.segments.get_mut(segment) {
                // Whoever speaks on had not finished.
                Some(segment) if segment.state == State::Listening => segment.hint = None,
                // A vendor that still works on it is waited for.
                Some(Segment {
                    state: State::Asked(asked),
                    ..
                }) => asked.at = self.heard,
                _ => {}
            }
            self.outputs.push_back(ListenOutput::Partial {
                segment,
                transcript,
            });
        }
    }

    /// The vendor believes that the speaker has finished: worth telling if that was the newest
    /// segment, and with its final words if they are still to come.
    fn hinted(&mut self, confidence: f32) {
        let word = self.latest.and_then(|turn| self.words.last_of(turn));
        let Some(id) = word.and_then(|word| self.segments.owner(word.middle())) else {
            return;
        };
        let is_newest = self
            .segments
            .iter()
            .last()
            .is_some_and(|newest| newest.id == id);
        if let Some(segment) = self.segments.get_mut(id).filter(|_| is_newest) {
            match segment.state {
                State::Closed => self.outputs.push_back(ListenOutput::EndOfTurn {
                    segment: id,
                    confidence,
                }),
                _ => segment.hint = Some(confidence),
            }
        }
    }
}

#[cfg(test)]
mod tests;
