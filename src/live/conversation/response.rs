//! One answer of the AI client, from the request to the end, with the protocol's events around
//! it in the order that clients rely on.

use std::sync::Arc;

use media::Position;
use signaling::event::session::Modality;
use signaling::event::{
    Content, Item, ItemKind, ItemStatus, Part, Reason, Response, Role, ServerEvent, Status,
    StatusDetails, Usage,
};
use signaling::link::PartIds;

use super::input::Generation;
use super::output::Ask;
use super::speech::Speech;

/// An answer that is being prepared or spoken.
#[derive(Debug)]
pub struct Answer {
    /// The attempt.
    pub generation: Generation,
    /// What it was asked with, to tell whether a speculative answer still fits.
    pub ask: Ask,
    /// What the client is told of it.
    pub response: Response,
    /// Whether its item enters the conversation (`conversation: "auto"`).
    pub remembered: bool,
    /// Whether the client was told. A speculative answer was not.
    pub announced: bool,
    /// Whether the request was sent to the model yet; it waits for the coach's final words.
    pub asked: bool,
    /// The message item, once it is open.
    pub message: Option<Message>,
    /// What the model has written so far.
    pub text: String,
    /// Functions that the model calls.
    pub calls: Vec<Call>,
    /// Place of the next item among the response's output.
    pub next_index: u32,
    /// Tokens that it cost, if the model said so.
    pub usage: Option<Usage>,
    /// What it sounds like.
    pub speech: Speech,
    /// Whether the model is done, and how it ended.
    pub written: Option<Ending>,
    /// When the coach's speech ended, or the answer was requested.
    pub since: Position,
    /// When it was decided that the turn is over.
    pub decided: Position,
    /// When the first token came.
    pub first_token: Option<Position>,
    /// When the first sound was produced.
    pub first_audio: Option<Position>,
    /// When the first packet left.
    pub first_packet: Option<Position>,
}

/// The message item of an answer.
#[derive(Debug)]
pub struct Message {
    /// The ids of its one content part.
    pub part: Arc<PartIds>,
    /// The item before it in the conversation.
    pub previous: Option<String>,
    /// The transcript given out so far.
    pub told: String,
    /// Whether its end was told.
    pub closed: bool,
}

/// A function call of an answer.
#[derive(Clone, Debug)]
pub struct Call {
    /// Its item.
    pub item_id: String,
    /// Names the call.
    pub call_id: String,
    /// The function.
    pub name: String,
    /// JSON text so far.
    pub arguments: String,
    /// Its place among the response's output.
    pub output_index: u32,
}

/// How an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It is complete.
    Completed,
    /// The coach spoke over it.
    TurnDetected,
    /// The client cancelled it.
    ClientCancelled,
    /// It reached its longest length.
    MaxTokens,
    /// It was withheld.
    Filtered,
    /// An engine failed.
    Failed,
}

impl Ending {
    fn status(self) -> Status {
        match self {
            Self::Completed => Status::Completed,
            Self::TurnDetected | Self::ClientCancelled => Status::Cancelled,
            Self::MaxTokens | Self::Filtered => Status::Incomplete,
            Self::Failed => Status::Failed,
        }
    }

    fn details(self) -> Option<StatusDetails> {
        match self {
            Self::Completed => None,
            Self::TurnDetected => Some(StatusDetails::cancelled(Reason::TurnDetected)),
            Self::ClientCancelled => Some(StatusDetails::cancelled(Reason::ClientCancelled)),
            Self::MaxTokens => Some(StatusDetails::incomplete(Reason::MaxOutputTokens)),
            Self::Filtered => Some(StatusDetails::incomplete(Reason::ContentFilter)),
            Self::Failed => Some(StatusDetails::failed(
                "server_error",
                Some("engine_failed".to_owned()),
            )),
        }
    }

    fn item_status(self) -> ItemStatus {
        match self {
            Self::Completed => ItemStatus::Completed,
            _ => ItemStatus::Incomplete,
        }
    }
}

impl Answer {
    /// An answer that nobody was asked for yet.
    #[must_use]
    pub fn new(ask: Ask, response: Response, since: Position, now: Position) -> Self {
        Self {
            generation: ask.generation,
            ask,
            response,
            remembered: true,
            announced: false,
            asked: false,
            message: None,
            text: String::new(),
            calls: Vec::new(),
            next_index: 0,
            usage: None,
            speech: Speech::default(),
            written: None,
            since,
            decided: now,
            first_token: None,
            first_audio: None,
            first_packet: None,
        }
    }

    /// Whether it speaks, rather than writes.
    #[must_use]
    pub fn speaks(&self) -> bool {
        self.response.output_modalities == Modality::Audio
    }

    /// Whether the model is done and all sound was sent.
    #[must_use]
    pub fn finished(&self) -> bool {
        self.written.is_some() && self.speech.all_sent()
    }

    /// `response.created`.
    pub fn announce(&mut self, emit: &mut impl FnMut(ServerEvent)) {
        self.announced = true;
        emit(ServerEvent::ResponseCreated {
            response: Box::new(self.response.clone()),
        });
    }

    /// Opens the message item, unless it is open already. Returns the item.
    pub fn open(
        &mut self,
        item_id: String,
        previous: Option<String>,
        emit: &mut impl FnMut(ServerEvent),
    ) -> Option<Arc<Item>> {
        if self.message.is_some() {
            return None;
        }
        let output_index = self.next_index;
        self.next_index += 1;
        let ids = Arc::new(PartIds {
            response_id: self.response.id.clone(),
            item_id,
            output_index,
            content_index: 0,
        });
        let item = spoken(&ids.item_id, ItemStatus::InProgress, Vec::new());
        let part = part(self.speaks(), String::new());
        emit(ServerEvent::OutputItemAdded {
            response_id: ids.response_id.clone(),
            output_index,
            item: item.clone(),
        });
        if self.remembered {
            emit(ServerEvent::ItemAdded {
                previous_item_id: previous.clone(),
                item: item.clone(),
            });
        }
        emit(ServerEvent::ContentPartAdded {
            ids: ids.clone(),
            part,
        });
        let (told, closed) = (String::new(), false);
        self.message = Some(Message {
            part: ids,
            previous,
            told,
            closed,
        });
        Some(item)
    }

    /// Gives out the transcript that goes with the sound sent so far.
    pub fn tell(&mut self, emit: &mut impl FnMut(ServerEvent)) {
        let Some(message) = &mut self.message else {
            return;
        };
        let delta = self.speech.untold();
        if !delta.is_empty() && !message.closed {
            message.told.push_str(&delta);
            emit(ServerEvent::OutputTranscriptDelta {
                ids: message.part.clone(),
                delta,
            });
        }
    }

    /// Gives out text of an answer that writes.
    pub fn write(&mut self, delta: String, emit: &mut impl FnMut(ServerEvent)) {
        if let Some(message) = &mut self.message {
            message.told.push_str(&delta);
            emit(ServerEvent::OutputTextDelta {
                ids: message.part.clone(),
                delta,
            });
        }
    }

    /// Closes the message item with the text it ended with. Returns the item.
    pub fn close(
        &mut self,
        ending: Ending,
        text: &str,
        emit: &mut impl FnMut(ServerEvent),
    ) -> Option<Arc<Item>> {
        let speaks = self.speaks();
        let message = self.message.as_mut().filter(|message| !message.closed)?;
        message.closed = true;
        let ids = message.part.clone();
        let previous = message.previous.clone();
        let text = text.to_owned();
        let content = if speaks {
            let transcript = text.clone();
            emit(ServerEvent::OutputAudioDone { ids: ids.clone() });
            emit(ServerEvent::OutputTranscriptDone {
                ids: ids.clone(),
                transcript,
            });
            Content::OutputAudio {
                audio: None,
                transcript: Some(text.clone()),
            }
        } else {
            emit(ServerEvent::OutputTextDone {
                ids: ids.clone(),
                text: text.clone(),
            });
            Content::OutputText { text: text.clone() }
        };
        emit(ServerEvent::ContentPartDone {
            ids: ids.clone(),
            part: part(speaks, text),
        });
        let item = spoken(&ids.item_id, ending.item_status(), vec![content]);
        self.finish_item(&item, previous, ids.output_index, emit);
        Some(item)
    }

    /// Tells of a function call's beginning. Returns its item.
    pub fn begin_call(
        &mut self,
        call: Call,
        previous: Option<String>,
        emit: &mut impl FnMut(ServerEvent),
    ) -> Arc<Item> {
        let item = call.item(ItemStatus::InProgress);
        emit(ServerEvent::OutputItemAdded {
            response_id: self.response.id.clone(),
            output_index: call.output_index,
            item: item.clone(),
        });
        if self.remembered {
            emit(ServerEvent::ItemAdded {
                previous_item_id: previous,
                item: item.clone(),
            });
        }
        self.calls.push(call);
        item
    }

    /// Adds to a function call's arguments.
    pub fn add_arguments(
        &mut self,
        call_id: &str,
        delta: String,
        emit: &mut impl FnMut(ServerEvent),
    ) {
        let Some(call) = self.calls.iter_mut().find(|call| call.call_id == call_id) else {
            return;
        };
        call.arguments.push_str(&delta);
        emit(ServerEvent::ArgumentsDelta {
            response_id: self.response.id.clone(),
            item_id: call.item_id.clone(),
            output_index: call.output_index,
            call_id: call.call_id.clone(),
            delta,
        });
    }

    /// Tells of the end of every function call. Returns their items.
    pub fn close_calls(
        &mut self,
        ending: Ending,
        previous: impl Fn(&str) -> Option<String>,
        emit: &mut impl FnMut(ServerEvent),
    ) -> Vec<Arc<Item>> {
        let calls = std::mem::take(&mut self.calls);
        let finished = calls.iter().map(|call| {
            emit(ServerEvent::ArgumentsDone {
                response_id: self.response.id.clone(),
                item_id: call.item_id.clone(),
                output_index: call.output_index,
                call_id: call.call_id.clone(),
                name: call.name.clone(),
                arguments: call.arguments.clone(),
            });
            let item = call.item(ending.item_status());
            self.finish_item(&item, previous(&item.id), call.output_index, emit);
            item
        });
        finished.collect()
    }

    fn finish_item(
        &mut self,
        item: &Arc<Item>,
        previous: Option<String>,
        output_index: u32,
        emit: &mut impl FnMut(ServerEvent),
    ) {
        if self.remembered {
            emit(ServerEvent::ItemDone {
                previous_item_id: previous,
                item: item.clone(),
            });
        }
        let response_id = self.response.id.clone();
        emit(ServerEvent::OutputItemDone {
            response_id,
            output_index,
            item: item.clone(),
        });
        self.response.output.push((**item).clone());
    }

    /// `response.done`.
    pub fn end(&mut self, ending: Ending, emit: &mut impl FnMut(ServerEvent)) {
        self.response.status = ending.status();
        self.response.status_details = ending.details();
        self.response.usage = self.usage;
        emit(ServerEvent::ResponseDone {
            response: Box::new(self.response.clone()),
        });
    }
}

impl Call {
    fn item(&self, status: ItemStatus) -> Arc<Item> {
        let (name, call_id) = (self.name.clone(), self.call_id.clone());
        let kind = ItemKind::FunctionCall {
            name,
            call_id,
            arguments: self.arguments.clone(),
        };
        Arc::new(Item {
            id: self.item_id.clone(),
            status,
            kind,
        })
    }
}

/// A message of the AI client.
fn spoken(id: &str, status: ItemStatus, content: Vec<Content>) -> Arc<Item> {
    let kind = ItemKind::Message {
        role: Role::Assistant,
        content,
    };
    Arc::new(Item {
        id: id.to_owned(),
        status,
        kind,
    })
}

/// A content part, as the events of a response name it.
fn part(speaks: bool, text: String) -> Part {
    if speaks {
        Part::Audio { transcript: text }
    } else {
        Part::Text { text }
    }
}
