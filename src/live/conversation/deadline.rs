//! When the machine wants to be woken, and what happens then.

use std::time::Duration;

use media::Position;
use signaling::event::{ErrorBody, ServerEvent, code};
use signaling::link::CloseReason;

use super::leaving::Phase;
use super::response::Ending;
use super::{Conversation, Output};

/// Why the machine wants to be woken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The silence will have lasted long enough for the turn to be over.
    EndOfTurn,
    /// The final words are not waited for any longer.
    TranscriptLate,
    /// The sound sent will have been heard.
    PlayoutEnds,
    /// Nobody has spoken for as long as the session, or the client's patience, allows.
    Idle,
    /// A correction takes too long.
    HoldExpires,
    /// An engine has been silent for too long.
    Stalled,
    /// The session reaches its longest duration.
    SessionCap,
    /// The connection is gone, and the last words are not waited for any longer.
    Leaving,
}

/// How long a correction may hold the answer back.
const LONGEST_HOLD: Duration = Duration::from_secs(120);
/// How long an engine may make no progress on an answer.
const LONGEST_STALL: Duration = Duration::from_secs(30);

impl Conversation {
    /// When the machine wants an [`Input::Time`](super::Input::Time) at the latest, and why.
    /// Handling it moves the deadline.
    #[must_use]
    pub fn deadline(&self) -> Option<(Position, Reason)> {
        match self.phase {
            Phase::Talking => {}
            Phase::Leaving(until) => return Some((until, Reason::Leaving)),
            Phase::Closed | Phase::Left => return None,
        }
        let cap = (Position::ZERO + self.settings.cap, Reason::SessionCap);
        let due = [
            self.turn_deadline(),
            self.unsettled_deadline()
                .map(|at| (at, Reason::TranscriptLate)),
            self.playout_ends().map(|at| (at, Reason::PlayoutEnds)),
            self.silence_ends().map(|at| (at, Reason::Idle)),
            self.hold_expires().map(|at| (at, Reason::HoldExpires)),
            self.stalls().map(|at| (at, Reason::Stalled)),
        ];
        due.into_iter()
            .flatten()
            .chain([cap])
            .min_by_key(|(at, _)| *at)
    }

    /// Lets everything happen whose time has come.
    pub(super) fn settle(&mut self, now: Position) {
        self.watch_silences(now);
        self.judge_overlap(now);
        self.end_turn_if_due(now);
        self.settle_unsettled(now, false);
        if self.hold_expires().is_some_and(|due| now >= due)
            && let Some((item_id, _)) = self.held.clone()
        {
            self.release_turn(&item_id, now);
        }
        self.finish_answer(now);
        self.finish_sounding(now);
        // The client's voice may have just ended under a coach who still speaks.
        self.judge_overlap(now);
        self.fail_stalled(now);
        self.follow_up(now);
        self.speak_unasked(now);
        self.finish_asides();
        if now >= Position::ZERO + self.settings.cap {
            self.expire(now);
        }
        self.tell_state();
    }

    fn hold_expires(&self) -> Option<Position> {
        self.held.as_ref().map(|(_, since)| *since + LONGEST_HOLD)
    }

    /// When the first answer that makes no progress has stalled.
    fn stalls(&self) -> Option<Position> {
        let answer = self.answer.as_ref().filter(|_| !self.paused);
        let running = answer.into_iter().chain(&self.asides);
        running.map(|answer| answer.progress + LONGEST_STALL).min()
    }

    fn fail_stalled(&mut self, now: Position) {
        if self.stalls().is_none_or(|due| now < due) {
            return;
        }
        self.notice("engine_stalled", "The answer did not come in time.");
        let stalled = |progress: Position| now >= progress + LONGEST_STALL;
        while let Some(at) = self.asides.iter().position(|aside| stalled(aside.progress)) {
            let aside = self.asides.remove(at);
            self.cancel_aside(aside, Ending::Failed);
        }
        if !self.paused
            && self
                .answer
                .as_ref()
                .is_some_and(|answer| stalled(answer.progress))
        {
            self.cut(Ending::Failed, now);
        }
    }

    /// The session reached its longest duration: whatever runs ends in good order.
    fn expire(&mut self, now: Position) {
        self.stop_answers(Ending::Failed, now);
        let message = "The session reached its longest duration.";
        let error = ErrorBody::invalid(code::SESSION_EXPIRED, message);
        self.emit(ServerEvent::Error { error });
        self.outputs.push_back(Output::Close(CloseReason::Ended));
        self.phase = Phase::Closed;
    }
}
