//! Answering: when an answer is begun, adopted, thrown away, cut off or complete.

use media::Position;
use signaling::event::response::{ResponseAudio, ResponseOutput};
use signaling::event::session::{Modality, ToolChoice, ToolMode};
use signaling::event::{InputItem, Item, Response, ResponseParams, ServerEvent, Status};

use super::endpoint::{Completeness, completeness};
use super::items::{ms, remembered};
use super::output::{Ask, Memory};
use super::response::{Answer, Ending};
use super::turn::Voice;
use super::{Conversation, Generation, LONGEST_STALL, Note, Output, Sounding};
use crate::providers::llm::Tool;

/// How often an answer is begun before a turn is over: a coach who often pauses should not cost
/// an answer for every pause.
const MOST_DRAFTS: u8 = 3;

impl Conversation {
    /// The coach's turn was committed and is to be answered.
    pub(super) fn respond_to_turn(&mut self, since: Position, now: Position) {
        if self.answer.is_some() {
            self.response_waits = true;
            return;
        }
        let ask = self.ask(&ResponseParams::default(), None);
        if let Some(draft) = self.draft.take() {
            let fits = Ask {
                generation: draft.ask.generation,
                ..ask.clone()
            } == draft.ask;
            if fits && self.unsettled.is_empty() {
                self.adopt(draft, since, now);
                return;
            }
            self.throw_away(draft);
        }
        let answer = self.new_answer(&ResponseParams::default(), ask, since, now);
        self.begin(answer, now);
    }

    /// `response.create`. Outside the conversation (`conversation: "none"`) a written answer runs
    /// beside the others; a spoken one needs the voice, and waits its turn like any other.
    pub(super) fn respond_by_client(&mut self, params: &ResponseParams, now: Position) {
        let ask = self.ask(params, None);
        let mut answer = self.new_answer(params, ask, now, now);
        if !params.out_of_band {
            self.drop_draft();
            self.begin(answer, now);
            return;
        }
        answer.remembered = false;
        answer.response.conversation_id = None;
        if answer.speaks() {
            self.begin(answer, now);
            return;
        }
        answer.announce(&mut emitter(&mut self.outputs));
        answer.asked = true;
        self.outputs
            .push_back(Output::Generate(Box::new(answer.ask.clone())));
        self.asides.push(answer);
    }

    fn begin(&mut self, mut answer: Answer, now: Position) {
        self.false_alarms = 0;
        self.progress = now;
        answer.announce(&mut emitter(&mut self.outputs));
        self.answer = Some(answer);
        self.ask_if_settled();
    }

    /// Sends the request of an answer that waited for the coach's final words.
    pub(super) fn ask_if_settled(&mut self) {
        if !self.unsettled.is_empty() {
            return;
        }
        let Some(mut answer) = self.answer.take() else {
            return;
        };
        if !answer.asked {
            answer.asked = true;
            if !answer.ask.fixed {
                answer.ask.memory = self.items.memory();
            }
            self.outputs
                .push_back(Output::Generate(Box::new(answer.ask.clone())));
        }
        self.answer = Some(answer);
    }

    /// Begins an answer while the turn may still go on, if it probably is over.
    pub(super) fn draft_if_likely(&mut self, now: Position) {
        let Some(turn) = &self.turn else { return };
        let wanted = self
            .detection()
            .is_some_and(|detection| detection.create_response());
        let Voice::Off(since) = turn.voice else {
            return;
        };
        let text = turn.text();
        let likely = turn.settled()
            && !turn.overlapping
            && !turn.held
            && !text.is_empty()
            && completeness(&text) != Completeness::GoesOn;
        if !wanted || !likely || self.drafts_of_turn >= MOST_DRAFTS || self.answer.is_some() {
            return;
        }
        // A function must not be called for a turn that may go on.
        if !self.session.tools.is_empty() || !self.unsettled.is_empty() {
            return;
        }
        self.drop_draft();
        let ask = self.ask(&ResponseParams::default(), Some(text));
        let mut draft = self.new_answer(&ResponseParams::default(), ask, since, now);
        draft.asked = true;
        self.drafts_of_turn += 1;
        self.outputs
            .push_back(Output::Generate(Box::new(draft.ask.clone())));
        self.draft = Some(draft);
    }

    /// The turn went on: the answer begun for it never was.
    pub(super) fn drop_draft(&mut self) {
        if let Some(draft) = self.draft.take() {
            self.throw_away(draft);
        }
    }

    fn throw_away(&mut self, draft: Answer) {
        self.note(Note::SpeculationDropped);
        self.stop_engines(&draft);
    }

    fn stop_engines(&mut self, answer: &Answer) {
        if answer.asked && answer.written.is_none() {
            self.outputs.push_back(Output::CancelGenerate {
                generation: answer.generation,
            });
        }
        if let Some(through) = answer.speech.last() {
            self.outputs.push_back(Output::Silence { through });
        }
    }

    /// The turn is over as expected: the answer begun for it becomes the answer.
    fn adopt(&mut self, mut draft: Answer, since: Position, now: Position) {
        self.note(Note::SpeculationKept);
        self.false_alarms = 0;
        self.progress = now;
        draft.since = since;
        draft.decided = now;
        draft.announce(&mut emitter(&mut self.outputs));
        let text = draft.text.clone();
        let begun = draft.speech.last();
        self.answer = Some(draft);
        if let Some(through) = begun {
            self.open_message();
            self.release(through);
        } else if !text.is_empty() && self.answer.as_ref().is_some_and(|answer| !answer.speaks()) {
            self.open_message();
            if let Some(answer) = &mut self.answer {
                answer.write(text, &mut emitter(&mut self.outputs));
            }
        }
    }

    /// Opens the message item of the answer and puts it into the conversation.
    pub(super) fn open_message(&mut self) {
        let Some(mut answer) = self.answer.take() else {
            return;
        };
        let previous = self.items.last();
        let id = if answer.message.is_none() {
            self.id("item")
        } else {
            String::new()
        };
        let item = answer.open(id, previous, &mut emitter(&mut self.outputs));
        if let Some(item) = item.filter(|_| answer.remembered) {
            self.items.push(item);
        }
        self.answer = Some(answer);
    }

    /// Lets the sound of the answer's sentences out.
    pub(super) fn release(&mut self, through: u64) {
        if let Some(message) = self
            .answer
            .as_ref()
            .and_then(|answer| answer.message.as_ref())
        {
            self.outputs.push_back(Output::Release {
                through,
                part: message.part.clone(),
            });
        }
    }

    /// Cuts the answer off: the voice stops, and only what was heard remains.
    pub(super) fn cut(&mut self, ending: Ending, now: Position) {
        self.paused = false;
        self.response_waits = false;
        let flushed = self.playout.flush(now);
        let heard_of = |generation: Generation| {
            flushed
                .iter()
                .find(|heard| heard.tag == generation.0)
                .map(|heard| heard.heard)
        };
        if let Some(mut answer) = self.answer.take() {
            self.stop_engines(&answer);
            let sent = answer.speech.sent_samples();
            let heard = heard_of(answer.generation).unwrap_or(sent).min(sent);
            self.clear_output(&answer.response.id);
            let text = if answer.speaks() {
                answer.speech.heard(heard)
            } else {
                answer.text.clone()
            };
            self.close(&mut answer, ending, &text);
            let item_id = answer
                .message
                .as_ref()
                .map(|message| message.part.item_id.clone());
            let speech = std::mem::take(&mut answer.speech);
            if let Some(item_id) = item_id.filter(|_| answer.speaks() && answer.remembered) {
                self.items.spoken(&item_id, speech, Some(heard));
                self.tell_truncated(&item_id, heard);
            }
            answer.end(ending, &mut emitter(&mut self.outputs));
            self.sounding = None;
        } else if let Some(sounding) = self.sounding.take() {
            // All of it was sent, but not all of it was heard yet.
            self.outputs.push_back(Output::Silence {
                through: self.counters.sentence,
            });
            self.clear_output(&sounding.response_id);
            if let (Some(item_id), Some(heard)) = (&sounding.item_id, heard_of(sounding.generation))
                && self.items.truncate(item_id, heard).is_some()
            {
                self.tell_truncated(item_id, heard);
            }
        }
        self.quiet_since = now;
    }

    /// Where the server holds the sound, it tells what it dropped and where it cut.
    fn clear_output(&mut self, response_id: &str) {
        if self.server_plays()
            && self
                .sounding
                .as_ref()
                .is_none_or(|sounding| sounding.response_id == response_id)
        {
            self.emit(ServerEvent::OutputCleared {
                response_id: response_id.to_owned(),
            });
        }
    }

    fn tell_truncated(&mut self, item_id: &str, heard: u64) {
        self.tell_heard(item_id, heard);
        if self.server_plays() {
            let (item_id, content_index) = (item_id.to_owned(), 0);
            self.emit(ServerEvent::ItemTruncated {
                item_id,
                content_index,
                audio_end_ms: ms(heard),
            });
        }
    }

    /// Closes whatever of the answer is open, and keeps it in the conversation.
    fn close(&mut self, answer: &mut Answer, ending: Ending, text: &str) {
        let items = &self.items;
        let mut emit = emitter(&mut self.outputs);
        let message = answer.close(ending, text, &mut emit);
        let calls = answer.close_calls(ending, |id| items.before(id), &mut emit);
        if answer.remembered {
            for item in message.into_iter().chain(calls) {
                self.items.replace(item);
            }
        }
    }

    /// Cuts off an answer outside the conversation.
    pub(super) fn cancel_aside(&mut self, mut aside: Answer) {
        self.stop_engines(&aside);
        let text = aside.text.clone();
        self.close(&mut aside, Ending::ClientCancelled, &text);
        aside.end(Ending::ClientCancelled, &mut emitter(&mut self.outputs));
    }

    /// Ends the answer once the model is done and all sound was sent.
    pub(super) fn finish_answer(&mut self, now: Position) {
        if let Some(mut answer) = self
            .answer
            .take_if(|answer| answer.finished() && answer.asked)
        {
            let ending = answer.written.unwrap_or(Ending::Completed);
            let text = if answer.speaks() {
                answer.speech.text()
            } else {
                answer.text.clone()
            };
            self.close(&mut answer, ending, &text);
            let message = answer.message.as_ref();
            let item_id = message
                .filter(|_| answer.remembered)
                .map(|message| message.part.item_id.clone());
            if let (Some(item_id), true) = (&item_id, answer.speaks()) {
                self.items
                    .spoken(item_id, std::mem::take(&mut answer.speech), None);
            }
            answer.end(ending, &mut emitter(&mut self.outputs));
            self.emit(ServerEvent::RateLimitsUpdated {
                rate_limits: Vec::new(),
            });
            self.quiet_since = now;
        }
        let mut at = 0;
        while at < self.asides.len() {
            if self.asides[at].written.is_none() {
                at += 1;
                continue;
            }
            let mut answer = self.asides.remove(at);
            let ending = answer.written.unwrap_or(Ending::Completed);
            let text = answer.text.clone();
            self.close(&mut answer, ending, &text);
            answer.end(ending, &mut emitter(&mut self.outputs));
        }
    }

    /// Begins the response that had to wait for another to end.
    pub(super) fn follow_up(&mut self, now: Position) {
        if self.response_waits && self.answer.is_none() {
            self.response_waits = false;
            self.respond_to_turn(now, now);
        }
    }

    pub(super) fn fail_if_stalled(&mut self, now: Position) {
        let stalled = self.answer.is_some() && !self.paused && now >= self.progress + LONGEST_STALL;
        if stalled {
            self.notice("engine_stalled", "The answer did not come in time.");
            self.cut(Ending::Failed, now);
        }
    }

    fn new_answer(
        &mut self,
        params: &ResponseParams,
        ask: Ask,
        since: Position,
        now: Position,
    ) -> Answer {
        let output = &self.session.audio.output;
        let modality = params
            .output_modalities
            .unwrap_or(self.session.output_modalities);
        let audio = ResponseAudio {
            output: ResponseOutput {
                format: params.format.unwrap_or(output.format),
                voice: params.voice.clone().unwrap_or_else(|| output.voice.clone()),
            },
        };
        let response = Response {
            id: self.id("resp"),
            status: Status::InProgress,
            status_details: None,
            output: Vec::new(),
            conversation_id: Some(self.items.conversation().to_owned()),
            output_modalities: modality,
            max_output_tokens: params
                .max_output_tokens
                .unwrap_or(self.session.max_output_tokens),
            audio,
            metadata: params.metadata.clone(),
            usage: None,
        };
        Answer::new(ask, response, since, now)
    }

    /// What an answer is asked with; `pending` is a turn that is not an item yet.
    fn ask(&mut self, params: &ResponseParams, pending: Option<String>) -> Ask {
        self.counters.generation += 1;
        let given = params.input.as_ref().map(|input| self.given_memory(input));
        let fixed = given.is_some();
        let mut memory = given.unwrap_or_else(|| self.items.memory());
        memory.extend(pending.map(Memory::Coach));
        let session = &self.session;
        let tools = params.tools.as_ref().unwrap_or(&session.tools).iter();
        let instructions = params
            .instructions
            .as_ref()
            .unwrap_or(&session.instructions);
        let choice = params.tool_choice.as_ref().unwrap_or(&session.tool_choice);
        let client = params.prompt.as_ref().map(|prompt| prompt.id.clone());
        let modality = params
            .output_modalities
            .unwrap_or(session.output_modalities);
        Ask {
            generation: Generation(self.counters.generation),
            client: client.or_else(|| self.client_id().map(str::to_owned)),
            instructions: instructions.clone(),
            memory,
            fixed,
            tools: tools
                .map(|tool| Tool {
                    name: tool.name.clone(),
                    description: tool.description.clone(),
                    parameters: tool.parameters.clone(),
                })
                .collect(),
            tool_choice: (*choice != ToolChoice::Mode(ToolMode::Auto)).then(|| choice.clone()),
            speaks: modality == Modality::Audio,
            max_tokens: params
                .max_output_tokens
                .unwrap_or(session.max_output_tokens)
                .limit(),
        }
    }

    /// The messages that a response is to answer instead of the conversation.
    fn given_memory(&self, input: &[InputItem]) -> Vec<Memory> {
        let of = |item: &InputItem| match item {
            InputItem::Reference(id) => self.items.get(id).and_then(|item| remembered(item, false)),
            InputItem::New(item) => {
                remembered(&Item::clone(&item.clone().into_item(String::new)), false)
            }
        };
        input.iter().filter_map(of).collect()
    }

    /// Marks what was sent of the present answer as on its way to the listener.
    pub(super) fn sound_of(answer: &Answer) -> Sounding {
        Sounding {
            generation: answer.generation,
            response_id: answer.response.id.clone(),
            item_id: answer
                .message
                .as_ref()
                .map(|message| message.part.item_id.clone()),
            told: String::new(),
        }
    }
}

/// Collects events for the client.
pub(super) fn emitter(
    outputs: &mut std::collections::VecDeque<Output>,
) -> impl FnMut(ServerEvent) + '_ {
    |event| outputs.push_back(Output::Emit(Box::new(event)))
}
