//! Cutting off: the voice stops, and only what was heard remains.

use media::Position;
use signaling::event::ServerEvent;

use super::items::ms;
use super::output::Output;
use super::request::emitter;
use super::response::{Answer, Ending};
use super::sounding::Sounding;
use super::{Conversation, Generation};
use crate::archive::event::Event;

impl Conversation {
    /// Cuts the client off, in the middle of its answer or after the last of it was sent.
    pub(super) fn cut(&mut self, ending: Ending, now: Position) {
        let paused = std::mem::take(&mut self.paused);
        let flushed = match ending {
            Ending::Left => self.playout.end(now),
            _ => self.playout.flush(now),
        };
        let heard_of = |generation: Generation| {
            let mut flushed = flushed.iter();
            flushed
                .find(|heard| heard.tag == generation.0)
                .map(|heard| heard.heard)
        };
        let present = self.answer.as_ref().map(|answer| answer.generation);
        if let Some(earlier) = self
            .sounding
            .take_if(|sound| Some(sound.generation) != present)
        {
            let heard = heard_of(earlier.generation);
            self.silence_rest(earlier, heard);
        }
        if let Some(answer) = self.answer.take() {
            let heard = heard_of(answer.generation);
            self.cut_answer(answer, ending, heard, now);
        }
        if paused {
            // What was held back is gone; what comes next is free to be heard.
            self.outputs.push_back(Output::Resume);
            self.record(Event::Resumed);
        }
        self.quiet_since = now;
    }

    /// Stops what still sounds of an earlier answer, of which all was sent; the present one goes
    /// on.
    pub(super) fn cut_rest(&mut self, now: Position) {
        let Some(sounding) = self.sounding.take() else {
            return;
        };
        let flushed = self.playout.flush(now);
        let mut flushed = flushed.iter();
        let heard = flushed.find(|heard| heard.tag == sounding.generation.0);
        self.silence_rest(sounding, heard.map(|heard| heard.heard));
    }

    /// Stops an answer that is being prepared or spoken, of which `heard` samples were heard
    /// (`None`: all that was sent).
    fn cut_answer(
        &mut self,
        mut answer: Answer,
        ending: Ending,
        heard: Option<u64>,
        now: Position,
    ) {
        self.stop_engines(&answer);
        let sent = answer.speech.sent_samples();
        let heard = heard.unwrap_or(sent).min(sent);
        let sounding = self.sounding.take();
        if let Some(sounding) = &sounding {
            self.tell_cleared(sounding);
        }
        let text = if answer.speaks() {
            answer.speech.heard(heard)
        } else {
            answer.text.clone()
        };
        self.close(&mut answer, ending, &text);
        let item_id = answer.message_id().filter(|_| answer.remembered);
        let speech = std::mem::take(&mut answer.speech);
        match (item_id, sounding) {
            (Some(item_id), _) if answer.speaks() => {
                let generation = answer.generation;
                self.remember_sound(&item_id, generation, speech, Some(heard), now);
                self.tell_truncated(&item_id, heard);
            }
            (Some(item_id), _) => self.record_typed(&item_id, true, now),
            (None, Some(mut sounding)) => {
                sounding.speech = Some(speech);
                self.record_heard_beside(&sounding, heard, true);
            }
            (None, None) => {}
        }
        answer.end(ending, &mut emitter(&mut self.outputs));
        self.record_ended(&answer, ending);
    }

    /// Stops an answer of which all was sent, but not all was heard: only `heard` samples were
    /// (`None`: all).
    fn silence_rest(&mut self, sounding: Sounding, heard: Option<u64>) {
        self.outputs.push_back(Output::Silence {
            through: sounding.through,
        });
        self.tell_cleared(&sounding);
        let Some(item_id) = &sounding.item_id else {
            return;
        };
        match heard {
            Some(heard) if self.items.truncate(item_id, heard) => {
                self.tell_truncated(item_id, heard);
            }
            _ => self.record_heard(item_id, u64::MAX, false),
        }
        self.record_heard_beside(&sounding, heard.unwrap_or(u64::MAX), heard.is_some());
    }

    /// Stops the model and the voice for an answer.
    pub(super) fn stop_engines(&mut self, answer: &Answer) {
        if answer.asked && answer.written.is_none() {
            self.outputs.push_back(Output::CancelGenerate {
                generation: answer.generation,
            });
        }
        if let Some(through) = answer.speech.last() {
            self.outputs.push_back(Output::Silence { through });
        }
    }

    /// The voice is silent; where the server holds the sound, it tells that it dropped some.
    fn tell_cleared(&mut self, sounding: &Sounding) {
        self.record_voice_stopped(sounding);
        if self.server_plays() {
            self.emit(ServerEvent::OutputCleared {
                response_id: sounding.response_id.clone(),
            });
        }
    }

    /// Where the server knows what was played, it tells where it cut.
    pub(super) fn tell_truncated(&mut self, item_id: &str, heard: u64) {
        self.record_truncated(item_id, heard);
        self.tell_heard(item_id, heard);
        if self.server_plays() {
            self.emit(ServerEvent::ItemTruncated {
                item_id: item_id.to_owned(),
                content_index: 0,
                audio_end_ms: ms(heard),
            });
        }
    }

    /// Closes whatever of the answer is open, and keeps it in the conversation.
    pub(super) fn close(&mut self, answer: &mut Answer, ending: Ending, text: &str) {
        let items = &self.items;
        let mut emit = emitter(&mut self.outputs);
        let closed = answer.close(ending, text, |id| items.before(id), &mut emit);
        if answer.remembered {
            for item in closed {
                self.items.replace(item);
            }
        }
    }

    /// Cuts off an answer outside the conversation.
    pub(super) fn cancel_aside(&mut self, mut aside: Answer, ending: Ending) {
        self.stop_engines(&aside);
        let text = aside.text.clone();
        self.close(&mut aside, ending, &text);
        aside.end(ending, &mut emitter(&mut self.outputs));
    }
}
