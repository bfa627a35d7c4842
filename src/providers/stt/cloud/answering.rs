//! When a segment is answered: its words are there, or will not come.

use std::time::Duration;

use tokio::time::Instant;

use super::ear::Ear;
use super::segments::{Asked, Segment, State};
use super::words::Heard;
use crate::providers::stt::ListenOutput;

/// A segment ends with this much silence: what is settled up to there is all of it.
const TRAILING: Duration = Duration::from_millis(200);
/// A vendor that tells how far it has listened does so at least this often.
const TELLS: Duration = Duration::from_secs(1);
/// With so much more than silence in a segment, somebody spoke: a cough is shorter.
const CLEAR: Duration = Duration::from_millis(500);
/// So many segments in a row that somebody seems to have spoken in may go without any answer at a
/// vendor that says nothing of what it takes for no speech.
const BORNE: u32 = 1;

/// Why a segment is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ready {
    /// The vendor told its words.
    Told,
    /// What is known has to do, or is all there can be.
    Known,
    /// The vendor says nothing of it.
    Unheard,
}

impl Ear {
    /// Answers the segments whose words are there, or will not come.
    pub fn review(&mut self, now: Instant) {
        let segments = self.segments.iter();
        let ready = segments.filter_map(|segment| Some((segment.id, self.ready(segment, now)?)));
        for (id, ready) in ready.collect::<Vec<_>>() {
            if ready == Ready::Unheard && self.is_mute(id) {
                // Somebody else may hear what was said.
                self.mute = true;
                return;
            }
            // Where an answer is missing, nobody knows which the next one is.
            self.lost_count |= self.habits.speech_only && ready != Ready::Told;
            self.answer(id);
        }
    }

    /// Whether a segment can be answered, and why.
    fn ready(&self, segment: &Segment, now: Instant) -> Option<Ready> {
        let to = segment.end();
        let settled = self.settled.map(|settled| settled + TRAILING);
        let is_settled = settled.is_some_and(|settled| settled >= to);
        match segment.state {
            State::Settled => Some(Ready::Told),
            State::Sent(_) => is_settled.then_some(Ready::Told),
            State::Asked(Asked { flush, ping, at }) => {
                let told = self.flushes.is_answered(flush);
                let enough = is_settled || (!self.habits.flushes && self.seen >= to);
                if told {
                    return Some(Ready::Told);
                }
                if enough {
                    return Some(Ready::Known);
                }
                let late = now >= at + self.patience(segment) && self.ponged >= ping;
                late.then(|| match self.is_unheard(segment) {
                    true => Ready::Unheard,
                    false => Ready::Known,
                })
            }
            State::Listening | State::Unsent | State::Closed => None,
        }
    }

    /// How long after the question the words of a segment are waited for.
    pub(super) fn patience(&self, segment: &Segment) -> Duration {
        match self.is_unheard(segment) {
            true => self.habits.late,
            false => self.habits.quiet,
        }
    }

    /// Whether the vendor has said nothing of a segment on this connection, not even that it
    /// listened to its end.
    fn is_unheard(&self, segment: &Segment) -> bool {
        let listened = self.seen > segment.from && self.seen + TELLS >= segment.end();
        let owner = |heard: &Heard| self.segments.owner(heard.middle());
        let mut words = self.words.of_connection();
        !listened && !words.any(|heard| owner(heard) == Some(segment.id))
    }

    /// Gives up a segment of which the vendor says nothing. Whether it is mute, and not the segment
    /// empty.
    fn is_mute(&mut self, segment: u64) -> bool {
        let Some(segment) = self.segments.get_mut(segment) else {
            return false;
        };
        if let State::Asked(Asked { flush, .. }) = segment.state {
            self.given_up.insert(flush);
        }
        // Of what was not sent again, this connection can say nothing.
        let from = segment.from.max(self.since);
        if self.tape.loud(from, segment.end()) < CLEAR {
            return false;
        }
        self.unanswered += 1;
        self.habits.confirms || self.unanswered > BORNE
    }

    /// The session is over: whatever is known has to do.
    pub fn wind_up(&mut self) {
        let awaited = self.segments.iter().filter(|segment| segment.is_awaited());
        for id in awaited.map(|segment| segment.id).collect::<Vec<_>>() {
            self.answer(id);
        }
    }

    pub(super) fn answer(&mut self, segment: u64) {
        let transcript = self.segments.answer(segment, &self.words);
        self.outputs.push_back(ListenOutput::Final {
            segment,
            transcript,
        });
        let hint = self
            .segments
            .get_mut(segment)
            .and_then(|segment| segment.hint.take());
        if let Some(confidence) = hint {
            self.outputs.push_back(ListenOutput::EndOfTurn {
                segment,
                confidence,
            });
        }
    }
}
