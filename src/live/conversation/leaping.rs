//! The timeline leaps where sound comes faster than time passes: what takes its time by the clock
//! comes no further by that.

use media::Position;

use super::Conversation;
use super::leaving::Phase;

impl Conversation {
    /// The timeline leapt by so many samples at 48 kHz, to `now`.
    pub(super) fn leapt(&mut self, samples: u64, now: Position) {
        let by = Position::new(samples) - Position::ZERO;
        self.playout.leap(by, now);
        let answers = self.answer.iter_mut().chain(&mut self.draft);
        for answer in answers.chain(&mut self.asides) {
            answer.progress += by;
        }
        for turn in self.turn.iter_mut().chain(&mut self.unsettled) {
            turn.leapt(by);
        }
        if let Some((_, since)) = &mut self.held {
            *since += by;
        }
    }

    /// Whether nobody speaks, and nothing is waited for but that somebody does.
    #[must_use]
    pub fn is_at_rest(&self) -> bool {
        self.phase == Phase::Talking
            && self.voice_since.is_none()
            && self.turn.is_none()
            && self.unsettled.is_empty()
            && !self.client_has_the_floor()
            && self.draft.is_none()
            && self.asides.is_empty()
            && self.held.is_none()
            && !self.response_waits
    }
}
