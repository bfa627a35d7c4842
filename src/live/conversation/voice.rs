//! The answer on its way: tokens, sentences, sound produced, sent and heard.

use media::Position;
use signaling::event::response::{CachedTokens, InputTokens, OutputTokens};
use signaling::event::{ErrorBody, ServerEvent, Usage, own};
use signaling::link::Carrier;

use super::answering::emitter;
use super::items::ms;
use super::output::{Latency, Output};
use super::response::{Answer, Call, Ending};
use super::{Conversation, Generation};
use crate::providers::ProviderError;
use crate::providers::llm::{self, Finish, Token};
use crate::providers::tts::SpokenWord;

impl Conversation {
    /// The answer of a generation, unless it is stale.
    fn answer_of(&mut self, generation: Generation) -> Option<&mut Answer> {
        let answers = self
            .answer
            .iter_mut()
            .chain(&mut self.draft)
            .chain(&mut self.asides);
        answers
            .into_iter()
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
        match token {
            Token::Text(delta) => {
                answer.text.push_str(&delta);
                self.write(generation, delta);
            }
            Token::Call { call_id, name } => self.begin_call(generation, call_id, name),
            Token::Arguments { call_id, delta } => {
                let answers = self.answer.iter_mut().chain(&mut self.asides);
                if let Some(answer) = answers
                    .into_iter()
                    .find(|answer| answer.generation == generation)
                {
                    answer.add_arguments(&call_id, delta, &mut emitter(&mut self.outputs));
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
        if self.is_answer(generation) {
            self.progress = now;
        }
    }

    /// Gives out text of an answer that is written rather than spoken.
    fn write(&mut self, generation: Generation, delta: String) {
        if self
            .answer
            .as_ref()
            .is_some_and(|answer| answer.generation == generation && !answer.speaks())
        {
            self.open_message();
            if let Some(answer) = &mut self.answer {
                answer.write(delta, &mut emitter(&mut self.outputs));
            }
        } else if let Some(at) = self
            .asides
            .iter()
            .position(|answer| answer.generation == generation)
        {
            let id = self.id("item");
            let aside = &mut self.asides[at];
            aside.open(id, None, &mut emitter(&mut self.outputs));
            aside.write(delta, &mut emitter(&mut self.outputs));
        }
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

    pub(super) fn sentence(&mut self, generation: Generation, text: String) {
        self.counters.sentence += 1;
        let sentence = self.counters.sentence;
        let Some(answer) = self.answer_of(generation).filter(|answer| answer.speaks()) else {
            return;
        };
        answer.speech.push(sentence, text.clone());
        self.outputs.push_back(Output::Say { sentence, text });
        if self.is_answer(generation) {
            self.open_message();
            self.release(sentence);
        }
    }

    pub(super) fn model_failed(&mut self, generation: Generation, error: &ProviderError) {
        if self
            .draft
            .as_ref()
            .is_some_and(|draft| draft.generation == generation)
        {
            self.drop_draft();
            return;
        }
        let Some(answer) = self.answer_of(generation) else {
            return;
        };
        answer.written = Some(Ending::Failed);
        self.engine_trouble("model_trouble", error);
    }

    fn engine_trouble(&mut self, code: &str, error: &ProviderError) {
        self.notice(code, &error.to_string());
        let error = ErrorBody::server(code, error.to_string());
        self.emit(ServerEvent::Error { error });
    }

    pub(super) fn produced(&mut self, sentence: u64, samples: u64, now: Position) {
        let Some(answer) = self.answer_with(sentence) else {
            return;
        };
        answer.first_audio.get_or_insert(now);
        answer.speech.produced(sentence, samples);
        self.progress = now;
    }

    pub(super) fn spoken_words(&mut self, sentence: u64, words: Vec<SpokenWord>) {
        if let Some(answer) = self.answer_with(sentence) {
            answer.speech.words(sentence, words);
        }
    }

    pub(super) fn sentence_done(&mut self, sentence: u64, now: Position) {
        if let Some(answer) = self.answer_with(sentence) {
            answer.speech.complete(sentence);
            self.progress = now;
            self.tell_words();
        }
    }

    pub(super) fn voice_failed(&mut self, sentence: u64, error: &ProviderError, now: Position) {
        let Some(answer) = self.answer_with(sentence) else {
            return;
        };
        answer.speech.complete(sentence);
        if !answer.speech.has_sound() {
            answer.written = Some(Ending::Failed);
        }
        self.progress = now;
        self.engine_trouble("voice_trouble", error);
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
        let added = answer.speech.sent_samples() - before;
        if added > 0 {
            self.playout.send(answer.generation.0, now, added);
        }
        self.progress = now;
        if answer.first_packet.is_none() {
            answer.first_packet = Some(now);
            let latency = latency(answer);
            let response_id = answer.response.id.clone();
            self.sounding = Some(Self::sound_of(answer));
            self.outputs.push_back(Output::Measured(latency));
            if self.server_plays() {
                self.emit(ServerEvent::OutputStarted {
                    response_id: response_id.clone(),
                });
            }
            self.emit_own(ServerEvent::Latency(wire_latency(response_id, latency)));
        }
        self.tell_words();
        self.tell_progress(now);
    }

    /// Gives out the transcript that goes with the sound sent so far.
    fn tell_words(&mut self) {
        if let Some(answer) = &mut self.answer {
            answer.tell(&mut emitter(&mut self.outputs));
        }
    }

    /// Tells a client that wants to know what the listener has heard so far.
    fn tell_progress(&mut self, now: Position) {
        if !self.session.wants_own_events() {
            return;
        }
        let Some(sounding) = &self.sounding else {
            return;
        };
        let Some(heard) = self.playout.heard_of(sounding.generation.0, now) else {
            return;
        };
        let Some(answer) = self
            .answer
            .as_ref()
            .filter(|answer| answer.generation == sounding.generation)
        else {
            return;
        };
        let (Some(item_id), text) = (sounding.item_id.clone(), answer.speech.heard(heard.heard))
        else {
            return;
        };
        if text != sounding.told {
            if let Some(sounding) = &mut self.sounding {
                sounding.told.clone_from(&text);
            }
            self.emit_own(heard_event(item_id, heard.heard, text));
        }
    }

    /// Tells how much of an item was heard for good.
    pub(super) fn tell_heard(&mut self, item_id: &str, heard: u64) {
        let text = self.items.text(item_id).unwrap_or_default();
        self.emit_own(heard_event(item_id.to_owned(), heard, text));
    }

    /// Holds the voice back: somebody may be interrupting.
    pub(super) fn pause(&mut self, now: Position) {
        self.paused = true;
        self.playout.pause(now);
        self.outputs.push_back(Output::Pause);
    }

    /// The voice goes on where it was held back.
    pub(super) fn resume(&mut self, now: Position) {
        if self.paused {
            self.paused = false;
            self.progress = now;
            self.playout.resume(now);
            self.outputs.push_back(Output::Resume);
        }
    }

    /// Whether the server, not the client, holds the sound until it is played (WebRTC).
    pub(super) fn server_plays(&self) -> bool {
        self.settings.carrier == Carrier::WebRtc
    }

    pub(super) fn playout_ends(&self) -> Option<Position> {
        if self
            .answer
            .as_ref()
            .is_some_and(|answer| answer.first_packet.is_some())
        {
            return None;
        }
        self.playout.ends()
    }

    /// All sound of a finished answer was heard.
    pub(super) fn finish_sounding(&mut self, now: Position) {
        if self.playout_ends().is_none_or(|end| now < end) {
            return;
        }
        let Some(sounding) = self.sounding.take() else {
            return;
        };
        self.quiet_since = now;
        if let Some(item_id) = &sounding.item_id
            && let Some(sent) = self.items.sent(item_id)
        {
            self.tell_heard(item_id, sent);
        }
        if self.server_plays() {
            self.emit(ServerEvent::OutputStopped {
                response_id: sounding.response_id,
            });
        }
    }
}

fn heard_event(item_id: String, heard: u64, transcript: String) -> ServerEvent {
    ServerEvent::Heard(own::Heard {
        item_id,
        content_index: 0,
        audio_ms: ms(heard),
        transcript,
    })
}

fn latency(answer: &Answer) -> Latency {
    let after = |at: Option<Position>| at.map(|at| at - answer.since);
    Latency {
        turn_decided: answer.decided - answer.since,
        first_token: after(answer.first_token),
        first_audio: after(answer.first_audio),
        first_packet: after(answer.first_packet),
    }
}

fn wire_latency(response_id: String, latency: Latency) -> own::Latency {
    let ms = |span: std::time::Duration| span.as_millis() as u64;
    own::Latency {
        response_id,
        speech_end_ms: Some(0),
        turn_decided_ms: Some(ms(latency.turn_decided)),
        first_token_ms: latency.first_token.map(ms),
        first_audio_ms: latency.first_audio.map(ms),
        first_packet_ms: latency.first_packet.map(ms),
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
