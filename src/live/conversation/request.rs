//! What an answer is asked with, and what the client is told of it first.

use std::collections::VecDeque;

use media::Position;
use signaling::event::response::{ResponseAudio, ResponseOutput};
use signaling::event::session::{Modality, ToolChoice, ToolMode};
use signaling::event::{InputItem, Response, ResponseParams, ServerEvent, Status};

use super::items::remembered;
use super::output::{Ask, Memory};
use super::response::Answer;
use super::{Conversation, Generation, Output};
use crate::archive::event::Outcome;
use crate::providers::llm::Tool;

impl Conversation {
    /// An answer that nobody was asked for yet. `speech_end` is when the coach fell silent; a
    /// typed turn has none.
    pub(super) fn new_answer(
        &mut self,
        params: &ResponseParams,
        ask: Ask,
        speech_end: Option<Position>,
        now: Position,
    ) -> Answer {
        let output = &self.session.audio.output;
        let audio = ResponseAudio {
            output: ResponseOutput {
                format: params.format.unwrap_or(output.format),
                voice: params.voice.clone().unwrap_or_else(|| output.voice.clone()),
            },
        };
        let conversation = self.items.conversation().to_owned();
        let response = Response {
            id: self.id("resp"),
            status: Status::InProgress,
            status_details: None,
            output: Vec::new(),
            conversation_id: Some(conversation).filter(|_| !params.out_of_band),
            output_modalities: self.modality(params),
            max_output_tokens: params
                .max_output_tokens
                .unwrap_or(self.session.max_output_tokens),
            audio,
            metadata: params.metadata.clone(),
            usage: None,
        };
        let mut answer = Answer::new(ask, response, speech_end, now);
        answer.remembered = !params.out_of_band;
        answer
    }

    /// What an answer is asked with; `pending` is a turn that is not an item yet.
    pub(super) fn ask(&mut self, params: &ResponseParams, pending: Option<String>) -> Ask {
        self.counters.generation += 1;
        let given = params.input.as_ref().map(|input| self.given_memory(input));
        let fixed = given.is_some();
        let mut memory = given.unwrap_or_else(|| self.items.memory());
        if pending.is_some() && self.leaves_silence() {
            memory.push(Memory::Silence(Outcome::Held));
        }
        memory.extend(pending.map(Memory::Coach));
        let session = &self.session;
        let tools = params.tools.as_ref().unwrap_or(&session.tools).iter();
        let instructions = params
            .instructions
            .as_ref()
            .unwrap_or(&session.instructions);
        let choice = params.tool_choice.as_ref().unwrap_or(&session.tool_choice);
        let client = params.prompt.as_ref().map(|prompt| prompt.id.clone());
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
            speaks: self.modality(params) == Modality::Audio,
            max_tokens: params
                .max_output_tokens
                .unwrap_or(session.max_output_tokens)
                .limit(),
        }
    }

    /// Whether a response is spoken or written.
    pub(super) fn modality(&self, params: &ResponseParams) -> Modality {
        params
            .output_modalities
            .unwrap_or(self.session.output_modalities)
    }

    /// The messages that a response is to answer instead of the conversation.
    fn given_memory(&self, input: &[InputItem]) -> Vec<Memory> {
        let of = |item: &InputItem| match item {
            InputItem::Reference(id) => self.items.remembered(id),
            InputItem::New(item) => remembered(&item.clone().into_item(String::new), false),
        };
        input.iter().filter_map(of).collect()
    }

    /// Sends the requests that waited for the coach's final words.
    pub(super) fn ask_if_settled(&mut self) {
        if !self.unsettled.is_empty() {
            return;
        }
        let waiting = self.answer.iter_mut().chain(&mut self.asides);
        for answer in waiting.filter(|answer| !answer.asked) {
            answer.asked = true;
            let mut memory = std::mem::take(&mut answer.ask.memory);
            if !answer.ask.fixed {
                memory = self.items.memory();
            }
            let ask = answer.ask.clone();
            let ask = Box::new(Ask { memory, ..ask });
            self.outputs.push_back(Output::Generate(ask));
        }
    }
}

/// Collects events for the client.
pub fn emitter(outputs: &mut VecDeque<Output>) -> impl FnMut(ServerEvent) + '_ {
    |event| outputs.push_back(Output::Emit(Box::new(event)))
}
