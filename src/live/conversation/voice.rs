//! The answer on its way: tokens, sentences, sound produced, sent and heard.

use media::Position;
use signaling::event::response::{CachedTokens, InputTokens, OutputTokens};
use signaling::event::{ErrorBody, ServerEvent, Usage};

use super::latency::latency;
use super::output::Output;
use super::request::emitter;
use super::response::{Answer, Call, Ending};
use super::{Conversation, Generation};
use crate::providers::ProviderError;
use crate::providers::llm::{self, Finish, Token};
use crate::providers::tts::SpokenWord;

impl Conversation {
    /// The answer of a generation, unless it is stale.
    fn answer_of(&mut self, generation: Generation) -> Option<&mut Answer> {
        let answers = self.answer.iter_mut().chain(&mut self.draft);
        answers
            .chain(&mut self.asides)
            .find(|answer| answer.generation == generation && answer.written.is_none())
    }

    fn answer_with(&mut self, sentence: u64) -> Option<&mut Answer> {
        let answers = self.answer.iter_mut().chain(&mut self.draft);
        answers
            .into_iter()
            .find(|answer| answer.speech.has(sentence))
    }

    fn is_answer(&self, generation: Generation) -> bool {
        self.answer
            .as_ref()
            .is_some_and(|answer| answer.generation == generation)
    }

    pub(super) fn token(&mut self, generation: Generation, token: Token, now: Position) {
        let Some(answer) = self.answer_of(generation) else {
            return;
        };
        answer.first_token.get_or_insert(now);
        answer.progress = now;
        match token {
            Token::Text(delta) => {
                answer.text.push_str(&delta);
                if self.is_answer(generation) {
                    self.write(delta);
                } else {
                    self.write_beside(generation, delta);
                }
            }
            // That is told by an input of its own.
            Token::StoodIn { .. } => {}
            Token::Call { call_id, name } => self.begin_call(generation, call_id, name),
            Token::Arguments { call_id, delta } => {
                if let Some(event) = answer.add_arguments(&call_id, delta) {
                    self.emit(event);
                }
            }
            Token::End { finish, usage } => {
                answer.usage = usage.map(wire_usage);
                answer.written = Some(match finish {
                    Finish::Stop => Ending::Completed,
                    Finish::Length => Ending::MaxTokens,
                    Finish::Filtered => Ending::Filtered,
                });
            }
        }
    }

    /// Gives out text of the answer, if it is written rather than spoken.
    pub(super) fn write(&mut self, delta: String) {
        if self.answer.as_ref().is_some_and(|answer| !answer.speaks()) {
            self.open_message();
            if let Some(answer) = &self.answer {
                answer.write(delta, &mut emitter(&mut self.outputs));
            }
        }
    }

    /// Gives out text of an answer outside the conversation.
    fn write_beside(&mut self, generation: Generation, delta: String) {
        let known = |aside: &Answer| aside.generation == generation;
        let Some(at) = self.asides.iter().position(known) else {
            return;
        };
        if self.asides[at].message.is_none() {
            let id = self.id("item");
            self.asides[at].open(id, None, &mut emitter(&mut self.outputs));
        }
        self.asides[at].write(delta, &mut emitter(&mut self.outputs));
    }

    fn begin_call(&mut self, generation: Generation, call_id: String, name: String) {
        let item_id = self.id("item");
        let previous = self.items.last();
        let answers = self.answer.iter_mut().chain(&mut self.asides);
        let Some(answer) = answers
            .into_iter()
            .find(|answer| answer.generation == generation)
        else {
            return;
        };
        let output_index = answer.next_index;
        answer.next_index += 1;
        let call = Call {
            item_id,
            call_id,
            name,
            arguments: String::new(),
            output_index,
        };
        let item = answer.begin_call(call, previous, &mut emitter(&mut self.outputs));
        if answer.remembered {
            self.items.push(item);
        }
    }

    pub(super) fn sentence(&mut self, generation: Generation, text: String, now: Position) {
        let sentence = self.counters.sentence + 1;
        let Some(answer) = self.answer_of(generation).filter(|answer| answer.speaks()) else {
            return;
        };
        answer.progress = now;
        answer.speech.push(sentence, text.clone());
        self.counters.sentence = sentence;
        self.outputs.push_back(Output::Say { sentence, text });
        if self.is_answer(generation) {
            self.open_message();
            self.release(sentence);
        }
    }

    pub(super) fn model_failed(
        &mut self,
        generation: Generation,
        error: &ProviderError,
        now: Position,
    ) {
        let Some(answer) = self.answer_of(generation) else {
            return;
        };
        answer.written = Some(Ending::Failed);
        answer.progress = now;
        if self.is_draft(|draft| draft.generation == generation) {
            self.drop_draft();
        } else {
            self.engine_trouble("model_trouble", "llm", error);
        }
    }

    fn is_draft(&self, which: impl Fn(&Answer) -> bool) -> bool {
        self.draft.as_ref().is_some_and(which)
    }

    /// The model failed, and another answers: the client is told quietly.
    pub(super) fn model_stood_in(&mut self, error: &ProviderError) {
        self.record_failed("llm", error);
        let message = format!("The client answers with another language model: {error}");
        self.notice("model_replaced", &message);
    }

    /// The model broke off, and the answer ends with what was said: the client is told quietly.
    pub(super) fn model_broke_off(&mut self, error: &ProviderError) {
        self.record_failed("llm", error);
        let message = format!("The client stops short: {error}");
        self.notice("model_broke_off", &message);
    }

    /// The model failed, and the answer comes without it: the client is told quietly.
    pub(super) fn stood_in(&mut self, error: &ProviderError) {
        self.record_failed("llm", error);
        let message = format!("The client answers without the language model: {error}");
        self.notice("model_replaced", &message);
    }

    /// The voice failed, and another speaks: the client is told quietly.
    pub(super) fn voice_stood_in(&mut self, error: &ProviderError) {
        self.record_failed("tts", error);
        let message = format!("The client speaks with another voice: {error}");
        self.notice("voice_replaced", &message);
    }

    fn engine_trouble(&mut self, code: &str, place: &str, error: &ProviderError) {
        self.record_failed(place, error);
        self.notice(code, &error.to_string());
        let error = ErrorBody::server(code, error.to_string());
        self.emit(ServerEvent::Error { error });
    }

    pub(super) fn produced(&mut self, sentence: u64, samples: u64, now: Position) {
        if let Some(answer) = self.answer_with(sentence) {
            answer.speech.produced(sentence, samples);
            answer.progress = now;
            if answer.first_audio.is_none() && answer.speech.voice_produced() {
                answer.first_audio = Some(now);
            }
        }
    }

    pub(super) fn spoken_words(&mut self, sentence: u64, words: Vec<SpokenWord>) {
        if let Some(answer) = self.answer_with(sentence) {
            answer.speech.words(sentence, words);
        }
    }

    pub(super) fn sentence_done(&mut self, sentence: u64, now: Position) {
        if let Some(answer) = self.answer_with(sentence) {
            answer.speech.complete(sentence);
            answer.progress = now;
            self.tell_words();
        }
    }

    pub(super) fn voice_failed(&mut self, sentence: u64, error: &ProviderError, now: Position) {
        if self.is_draft(|draft| draft.speech.has(sentence)) {
            self.drop_draft();
            return;
        }
        let Some(answer) = self.answer_with(sentence) else {
            return;
        };
        answer.speech.break_off(sentence);
        answer.progress = now;
        let told = std::mem::replace(&mut answer.voice_failed, true);
        if !told {
            self.engine_trouble("voice_trouble", "tts", error);
        }
        self.tell_words();
    }

    /// Sound left for the client.
    pub(super) fn sent(&mut self, sentence: u64, samples: u64, now: Position) {
        self.voice_locked = true;
        let Some(answer) = self
            .answer
            .as_mut()
            .filter(|answer| answer.speech.has(sentence))
        else {
            return;
        };
        let before = answer.speech.sent_samples();
        answer.speech.sent(sentence, samples);
        answer.progress = now;
        let added = answer.speech.sent_samples() - before;
        if added == 0 {
            return;
        }
        let generation = answer.generation;
        if answer.first_packet.is_none() {
            answer.first_packet = Some(now);
            self.begin_sounding(now);
        }
        self.tell_latency(now);
        self.playout.send(generation.0, now, added);
        self.tell_words();
        self.tell_progress(now);
        self.record_heard_so_far(now);
    }

    /// Tells how long the answer took, once its voice goes out.
    fn tell_latency(&mut self, now: Position) {
        let untold = |answer: &&mut Answer| !answer.latency_told;
        let Some(answer) = self.answer.as_mut().filter(untold) else {
            return;
        };
        if let Some(latency) = latency(answer, now) {
            answer.latency_told = true;
            self.record_latency(&latency);
            self.emit_own(ServerEvent::Latency(latency));
        }
    }

    /// Gives out the transcript that goes with the sound sent so far.
    fn tell_words(&mut self) {
        if let Some(answer) = &mut self.answer {
            answer.tell(&mut emitter(&mut self.outputs));
        }
    }

    /// Opens the message item of the answer and puts it into the conversation.
    pub(super) fn open_message(&mut self) {
        if self
            .answer
            .as_ref()
            .is_none_or(|answer| answer.message.is_some())
        {
            return;
        }
        let (id, previous) = (self.id("item"), self.items.last());
        let Some(answer) = &mut self.answer else {
            return;
        };
        let item = answer.open(id, previous, &mut emitter(&mut self.outputs));
        if let Some(item) = item.filter(|_| answer.remembered) {
            self.items.push(item);
        }
    }

    /// Lets the sound of the answer's sentences out.
    pub(super) fn release(&mut self, through: u64) {
        let answer = self.answer.as_ref();
        if let Some(message) = answer.and_then(|answer| answer.message.as_ref()) {
            let part = message.part.clone();
            self.outputs.push_back(Output::Release { through, part });
        }
    }
}

fn wire_usage(usage: llm::Usage) -> Usage {
    Usage {
        total_tokens: usage.input + usage.output,
        input_tokens: usage.input,
        output_tokens: usage.output,
        input_token_details: InputTokens {
            text_tokens: usage.input,
            audio_tokens: 0,
            image_tokens: 0,
            cached_tokens: usage.cached,
            cached_tokens_details: CachedTokens {
                text_tokens: usage.cached,
                ..CachedTokens::default()
            },
        },
        output_token_details: OutputTokens {
            text_tokens: usage.output,
            audio_tokens: 0,
        },
    }
}
