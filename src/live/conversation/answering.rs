//! Answering: when an answer is begun, adopted and complete.

use media::Position;
use signaling::event::session::Modality;
use signaling::event::{ResponseParams, ServerEvent};

use super::request::emitter;
use super::response::{Answer, Ending};
use super::{Conversation, Generation};
use crate::archive::event::Event;
use crate::archive::inner::Inner;

impl Conversation {
    /// The coach's turn was committed and is to be answered. `speech_end` is when the coach fell
    /// silent, if the turn was spoken.
    pub(super) fn respond_to_turn(&mut self, speech_end: Option<Position>, now: Position) {
        if self.answer.is_some() {
            self.response_waits = true;
            return;
        }
        let ask = self.ask(&ResponseParams::default(), None);
        match self.take_draft(&ask) {
            Some(draft) => self.adopt(draft, speech_end, now),
            None => {
                let answer = self.new_answer(&ResponseParams::default(), ask, speech_end, now);
                self.begin(answer, now);
            }
        }
    }

    /// `response.create`. Outside the conversation (`conversation: "none"`) a written answer runs
    /// beside the others; a spoken one needs the voice, and takes its turn like any other.
    pub(super) fn respond_by_client(&mut self, params: &ResponseParams, now: Position) {
        let ask = self.ask(params, None);
        let answer = self.new_answer(params, ask, None, now);
        if self.runs_beside(params) {
            answer.announce(&mut emitter(&mut self.outputs));
            self.asides.push(answer);
            self.ask_if_settled();
        } else {
            self.begin(answer, now);
        }
    }

    /// Whether a response runs beside the conversation's.
    pub(super) fn runs_beside(&self, params: &ResponseParams) -> bool {
        params.out_of_band && self.modality(params) == Modality::Text
    }

    fn begin(&mut self, mut answer: Answer, now: Position) {
        self.drop_draft();
        self.response_waits = false;
        self.false_alarm = false;
        answer.progress = now;
        answer.announce(&mut emitter(&mut self.outputs));
        self.record(Event::ResponseStarted {
            response_id: answer.response.id.clone(),
        });
        let inner = answer.inner.take();
        self.answer = Some(answer);
        self.keep_inner(inner);
        self.ask_if_settled();
    }

    /// What moved inside the client, which belongs to the answer of this attempt. Of one that was
    /// only begun it counts once it is the answer.
    pub(super) fn inner(&mut self, generation: Generation, inner: Box<Inner>) {
        let of = |answer: &&mut Answer| answer.generation == generation;
        if let Some(draft) = self.draft.as_mut().filter(of) {
            draft.inner = Some(inner);
        } else if self
            .answer
            .as_mut()
            .filter(of)
            .is_some_and(|answer| answer.remembered)
        {
            self.keep_inner(Some(inner));
        }
    }

    fn keep_inner(&mut self, inner: Option<Box<Inner>>) {
        if let Some(inner) = inner {
            let item_id = self.items.last_of_coach();
            let inner = *inner;
            self.record(Event::Inner { item_id, inner });
        }
    }

    /// The turn is over as expected: the answer begun for it becomes the answer.
    fn adopt(&mut self, mut draft: Answer, speech_end: Option<Position>, now: Position) {
        draft.speech_end = speech_end;
        draft.decided = now;
        draft.ask.memory = Vec::new();
        let (text, begun) = (draft.text.clone(), draft.speech.last());
        let written = !draft.speaks() && !text.is_empty();
        self.begin(draft, now);
        if let Some(through) = begun {
            self.open_message();
            self.release(through);
        } else if written {
            self.write(text);
        }
    }

    /// Begins the response that had to wait: for another to end, or for speech that turned out to
    /// be no turn. While the coach speaks it waits on, since that turn is answered anyway.
    pub(super) fn follow_up(&mut self, now: Position) {
        let coach_speaks = self.turn.is_some() && self.detection().is_some();
        if self.response_waits && self.answer.is_none() && !coach_speaks && self.held.is_none() {
            self.respond_to_turn(None, now);
        }
    }

    /// Ends the answer once the model is done and all sound was sent.
    pub(super) fn finish_answer(&mut self, now: Position) {
        let Some(mut answer) = self.answer.take_if(|answer| answer.finished()) else {
            return;
        };
        let ending = answer.ending();
        let text = if answer.speaks() {
            answer.speech.text()
        } else {
            answer.text.clone()
        };
        self.close(&mut answer, ending, &text);
        let sounding = self.sounding.as_mut();
        let mut sounding = sounding.filter(|sound| sound.generation == answer.generation);
        if let Some(sounding) = &mut sounding {
            sounding.through = answer.speech.last().unwrap_or_default();
        }
        let speech = std::mem::take(&mut answer.speech);
        match (answer.message_id(), sounding) {
            (Some(item_id), _) if answer.remembered && answer.speaks() => {
                self.remember_sound(&item_id, answer.generation, speech, None, now);
            }
            (Some(item_id), _) if answer.remembered => {
                self.record_typed(&item_id, ending != Ending::Completed, now);
            }
            (_, Some(sounding)) => sounding.speech = Some(speech),
            _ => {}
        }
        answer.end(ending, &mut emitter(&mut self.outputs));
        self.record_ended(&answer, ending);
        self.emit(ServerEvent::RateLimitsUpdated {
            rate_limits: Vec::new(),
        });
        self.quiet_since = now;
    }

    /// Ends the answers outside the conversation whose model is done.
    pub(super) fn finish_asides(&mut self) {
        while let Some(at) = self.asides.iter().position(Answer::finished) {
            let mut aside = self.asides.remove(at);
            let (ending, text) = (aside.ending(), aside.text.clone());
            self.close(&mut aside, ending, &text);
            aside.end(ending, &mut emitter(&mut self.outputs));
        }
    }

    /// Cuts off the answer outside the conversation with this response id, if there is one.
    pub(super) fn cancel_beside(&mut self, id: Option<&str>) -> bool {
        let named = |aside: &Answer| Some(aside.response.id.as_str()) == id;
        let Some(at) = self.asides.iter().position(named) else {
            return false;
        };
        let aside = self.asides.remove(at);
        self.cancel_aside(aside, Ending::ClientCancelled);
        true
    }
}
