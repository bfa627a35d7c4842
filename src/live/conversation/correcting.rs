//! The coach corrects what was understood: hold, correct, release.

use media::Position;
use signaling::event::ErrorBody;

use super::Conversation;
use super::response::Ending;

impl Conversation {
    /// The coach corrects what was understood: no answer until that is done. An answer that is
    /// heard already goes on.
    pub(super) fn hold_turn(&mut self, id: &str, now: Position) -> Result<(), ErrorBody> {
        if self.has_turn(id) {
            self.claim_turn(now);
            if let Some(turn) = &mut self.turn {
                turn.held = true;
            }
            self.drop_draft();
        } else if !self.items.has(id) {
            return Err(ErrorBody::no_item("item_id", id));
        } else if self.unanswered(id, now) && self.answer.is_some() {
            self.cut(Ending::ClientCancelled, now);
        }
        self.held = Some((id.to_owned(), now));
        Ok(())
    }

    /// The coach typed what was really said: that is answered, unless the answer was heard
    /// already or the conversation went on.
    pub(super) fn correct_turn(
        &mut self,
        id: &str,
        text: &str,
        now: Position,
    ) -> Result<(), ErrorBody> {
        if self.has_turn(id) {
            self.claim_turn(now);
            self.held = None;
            if let Some(turn) = self.turn.take() {
                self.commit_corrected(turn, text, now);
            }
            return Ok(());
        }
        let unanswered = self.unanswered(id, now);
        if !self.items.understood(id, text) {
            return Err(ErrorBody::no_item("item_id", id));
        }
        self.held = None;
        self.forget_unsettled(id);
        self.record_typed(id, false, now);
        self.tell_transcript(id, text, 0.0);
        let waits = self.answer.as_ref().is_some_and(|answer| !answer.asked);
        if unanswered && !waits {
            if self.answer.is_some() {
                self.cut(Ending::ClientCancelled, now);
            }
            self.respond_to_turn(None, now);
        }
        Ok(())
    }

    /// The correction was given up: the turn goes on as it was understood.
    pub(super) fn release_turn(&mut self, id: &str, now: Position) {
        if self.held.take_if(|(held, _)| held == id).is_none() {
            return;
        }
        if self.has_turn(id) {
            if let Some(turn) = &mut self.turn {
                turn.held = false;
            }
        } else if self.unanswered(id, now) && self.answer.is_none() {
            self.respond_to_turn(None, now);
        }
    }

    /// The words of an item are not waited for any more.
    pub(super) fn forget_unsettled(&mut self, id: &str) {
        if let Some(at) = self.unsettled.iter().position(|turn| turn.item_id == id) {
            let mut turn = self.unsettled.remove(at);
            self.give_up_words(&mut turn);
        }
    }

    /// Whoever corrects a turn means it as one, even over the client's voice.
    fn claim_turn(&mut self, now: Position) {
        if self.turn.as_ref().is_some_and(|turn| turn.overlapping) {
            self.take_floor(now);
        }
    }

    /// Whether the turn that lasts will become this item.
    pub(super) fn has_turn(&self, id: &str) -> bool {
        self.turn.as_ref().is_some_and(|turn| turn.item_id == id)
    }

    /// Whether the item is the coach's last, and nothing of an answer to it was heard.
    fn unanswered(&mut self, id: &str, now: Position) -> bool {
        self.items.has(id)
            && !self.items.followed(id)
            && !self.items.answered(id)
            && self.heard_now(now).is_empty()
    }
}
