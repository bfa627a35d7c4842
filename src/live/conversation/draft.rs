//! Speculation: an answer begun at a probable end of turn, kept if the turn is over, thrown away
//! without a trace if it goes on.

use media::Position;
use signaling::event::ResponseParams;

use super::endpoint::Completeness;
use super::output::Ask;
use super::response::Answer;
use super::turn::Voice;
use super::{Conversation, Output};
use crate::archive::event::Event;

/// How often an answer is begun before a turn is over: a coach who often pauses should not cost
/// an answer for every pause.
const MOST_DRAFTS: u8 = 3;

impl Conversation {
    /// Begins an answer while the turn may still go on, if it probably is over.
    pub(super) fn draft_if_likely(&mut self, now: Position) {
        let Some(turn) = &self.turn else { return };
        let Voice::Off(since) = turn.voice else {
            return;
        };
        let text = turn.text();
        let likely = turn.settled()
            && !turn.overlapping
            && !turn.held
            && !text.is_empty()
            && turn.completeness() != Completeness::GoesOn;
        let free = self.answers_by_itself()
            && self.answer.is_none()
            && self.draft.is_none()
            && self.unsettled.is_empty()
            // A function must not be called for a turn that may go on.
            && self.session.tools.is_empty();
        if !likely || !free || self.drafts_of_turn >= MOST_DRAFTS {
            return;
        }
        let pending = Some(turn.sentence());
        let ask = self.ask(&ResponseParams::default(), pending);
        let mut draft = self.new_answer(&ResponseParams::default(), ask, Some(since), now);
        draft.asked = true;
        self.drafts_of_turn += 1;
        self.outputs
            .push_back(Output::Generate(Box::new(draft.ask.clone())));
        self.draft = Some(draft);
    }

    /// The answer begun for a turn that is over now, if it was asked with what is asked now.
    pub(super) fn take_draft(&mut self, ask: &Ask) -> Option<Answer> {
        let fits = |draft: &Answer| {
            let same = Ask {
                generation: draft.ask.generation,
                ..ask.clone()
            };
            same == draft.ask
        };
        let kept = self.draft.take_if(|draft| fits(draft));
        if kept.is_some() {
            self.record(Event::Speculated { kept: true });
        }
        self.drop_draft();
        kept
    }

    /// The turn went on: the answer begun for it never was.
    pub(super) fn drop_draft(&mut self) {
        if let Some(draft) = self.draft.take() {
            self.record(Event::Speculated { kept: false });
            self.stop_engines(&draft);
        }
    }
}
