//! The end of a connection: what was said last is completed, and nothing new begins.

use std::time::Duration;

use media::Position;

use super::response::Ending;
use super::{Conversation, Generation, Input, Output, Turn};

/// How long the final words of what was said last are waited for when the connection is gone.
pub const LEAVING: Duration = Duration::from_secs(2);

/// Whether the conversation still goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It does.
    Talking,
    /// The client was told that it is over; what was said last is still to be completed.
    Closed,
    /// The connection is gone; final words are waited for until then.
    Leaving(Position),
    /// All is done.
    Left,
}

impl Conversation {
    /// Takes in something that happened when the conversation does not go on any more.
    pub(super) fn handle_late(&mut self, input: Input, now: Position) {
        if self.phase == Phase::Left {
            return;
        }
        self.clock = now;
        let told = self.outputs.len();
        match input {
            Input::Leave => self.leave(now),
            // Of what comes now only the words of what was said count.
            other => self.recognised(other, now),
        }
        self.settle_late(now);
        self.record_items();
        if self.phase == Phase::Left {
            self.outputs.push_back(Output::Left);
        }
        // Nobody is there to be told any more.
        let mut late = self.outputs.split_off(told);
        late.retain(|output| !matches!(output, Output::Emit(_)));
        self.outputs.append(&mut late);
    }

    /// The connection is gone: the answer ends with what was heard of it by now, and what the
    /// coach said becomes an item without waiting for more.
    fn leave(&mut self, now: Position) {
        if matches!(self.phase, Phase::Leaving(_)) {
            return;
        }
        self.phase = Phase::Leaving(now + LEAVING);
        let end = self.deserted.map_or(now, |since| since.min(now));
        self.ended_at = Some(end);
        self.unhear(end, now);
        self.stop_answers(Ending::Left, end);
        let received = self.received.min(end);
        self.record_speech(received);
        self.end_segment(received, received, now);
        if let Some(turn) = &mut self.turn {
            turn.overlapping = false;
            turn.held = false;
        }
    }

    /// Where the connection ended, once it has: nothing was heard or said after it. That is when it
    /// was left, or when something last came from somebody who was gone before.
    #[must_use]
    pub const fn ended_at(&self) -> Option<Position> {
        self.ended_at
    }

    /// The segments whose words are still to come, in order.
    #[must_use]
    pub fn awaited(&self) -> Vec<u64> {
        let turns = self.unsettled.iter().chain(&self.turn);
        turns.flat_map(Turn::open).collect()
    }

    /// Answers that seemed to be heard to their ends, or to where they were cut off, were not, after
    /// `since`.
    fn unhear(&mut self, since: Position, now: Position) {
        // What had left seemed to be heard, wherever it was.
        let seemed_by = match self.server_plays() {
            true => now + self.playout.delay(),
            false => now,
        };
        let sounding = self
            .sounding
            .as_ref()
            .and_then(|sounding| sounding.item_id.clone());
        let heard = |generation: Generation, at| {
            let heard = self.playout.heard_of(generation.0, at);
            heard.map_or(0, |heard| heard.heard)
        };
        let latest = self.items.spoken_last();
        let unheard: Vec<_> = latest
            // What still sounds is cut with its answer.
            .filter(|(id, _)| sounding.as_deref() != Some(*id))
            .map(|(id, generation)| (id, heard(generation, since), heard(generation, seemed_by)))
            .take_while(|(_, then, seemed)| then < seemed)
            .map(|(id, then, _)| (id.to_owned(), then))
            .collect();
        for (id, heard) in unheard.into_iter().rev() {
            self.items.truncate(&id, heard);
            self.tell_truncated(&id, heard);
        }
    }

    /// Stops every answer, heard or not.
    pub(super) fn stop_answers(&mut self, ending: Ending, now: Position) {
        self.response_waits = false;
        self.drop_draft();
        self.cut(ending, now);
        for aside in std::mem::take(&mut self.asides) {
            self.cancel_aside(aside, ending);
        }
    }

    /// Completes what was said last, once its words are there or have been waited for long
    /// enough.
    fn settle_late(&mut self, now: Position) {
        let Phase::Leaving(until) = self.phase else {
            return;
        };
        let late = now >= until;
        if self
            .turn
            .as_ref()
            .is_some_and(|turn| late || turn.settled())
        {
            self.end_turn(now);
        }
        self.settle_unsettled(now, late);
        if self.turn.is_none() && self.unsettled.is_empty() {
            self.phase = Phase::Left;
        }
    }
}
