//! When a segment is answered: its words are there, or will not come.

use std::time::Duration;

use media::Position;
use tokio::time::Instant;

use super::ear::Ear;
use super::segments::{Asked, State};
use crate::providers::stt::ListenOutput;

/// A segment ends with this much silence: what is settled up to there is all of it.
const TRAILING: Duration = Duration::from_millis(200);

impl Ear {
    /// Answers the segments whose words are there, or will not come.
    pub fn review(&mut self, now: Instant) {
        let (settled, seen) = (self.settled.map(|settled| settled + TRAILING), self.seen);
        let is_settled = |to: Position| settled.is_some_and(|settled| settled >= to);
        let (habits, ponged) = (self.habits, self.ponged);
        let is_ready = |state: State, to: Position| match state {
            State::Settled => true,
            State::Sent(_) => is_settled(to),
            State::Asked(Asked { flush, ping, at }) => {
                self.flushes.is_answered(flush)
                    || is_settled(to)
                    || (!habits.flushes && seen >= to)
                    || (now >= at + habits.quiet && ponged >= ping)
            }
            State::Listening | State::Unsent | State::Closed => false,
        };
        let ready = self.segments.iter();
        let ready = ready.filter(|segment| is_ready(segment.state, segment.end()));
        for (id, state) in ready
            .map(|segment| (segment.id, segment.state))
            .collect::<Vec<_>>()
        {
            if let State::Asked(Asked { flush, .. }) = state {
                // Where an answer is missing, nobody knows which the next one is.
                self.lost_count |= habits.speech_only && !self.flushes.is_answered(flush);
            }
            self.answer(id);
        }
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
