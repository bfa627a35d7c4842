//! Cutting off: the voice stops, and only what was heard remains.

use media::Position;
use signaling::event::ServerEvent;

use super::items::ms;
use super::output::Output;
use super::request::emitter;
use super::response::{Answer, Ending};
use super::sounding::Sounding;
use super::{Conversation, Generation};

impl Conversation {
    /// Cuts the client off, in the middle of its answer or after the last of it was sent.
    pub(super) fn cut(&mut self, ending: Ending, now: Position) {
        let paused = std::mem::take(&mut self.paused);
        let flushed = self.playout.flush(now);
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
            self.cut_answer(answer, ending, heard);
        }
        if paused {
            // What was held back is gone; what comes next is free to be heard.
            self.outputs.push_back(Output::Resume);
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
    fn cut_answer(&mut self, mut answer: Answer, ending: Ending, heard: Option<u64>) {
        self.stop_engines(&answer);
        let sent = answer.speech.sent_samples();
        let heard = heard.unwrap_or(sent).min(sent);
        if let Some(sounding) = self.sounding.take() {
            self.tell_cleared(&sounding);
        }
        let text = if answer.speaks() {
            answer.speech.heard(heard)
        } else {
            answer.text.clone()
        };
        self.close(&mut answer, ending, &text);
        let item_id = answer.message_id();
        let speech = std::mem::take(&mut answer.speech);
        if let Some(item_id) = item_id.filter(|_| answer.speaks() && answer.remembered) {
            self.items.spoken(&item_id, speech, Some(heard));
            self.tell_truncated(&item_id, heard);
        }
        answer.end(ending, &mut emitter(&mut self.outputs));
    }

    /// Stops an answer of which all was sent, but not all was heard: only `heard` samples were
    /// (`None`: all).
    fn silence_rest(&mut self, sounding: Sounding, heard: Option<u64>) {
        self.outputs.push_back(Output::Silence {
            through: sounding.through,
        });
        self.tell_cleared(&sounding);
        if let (Some(item_id), Some(heard)) = (&sounding.item_id, heard)
            && self.items.truncate(item_id, heard)
        {
            self.tell_truncated(item_id, heard);
        }
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

    /// Where the server holds the sound, it tells that it dropped some.
    fn tell_cleared(&mut self, sounding: &Sounding) {
        if self.server_plays() {
            self.emit(ServerEvent::OutputCleared {
                response_id: sounding.response_id.clone(),
            });
        }
    }

    /// Where the server knows what was played, it tells where it cut.
    fn tell_truncated(&mut self, item_id: &str, heard: u64) {
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
