//! One answer of the AI client, from the request to the end, with the protocol's events around
//! it in the order that clients rely on.

use std::sync::Arc;
use std::time::Duration;

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
use crate::archive::inner::Inner;

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
    /// What moved inside the client when it heard what it answers, until that is kept.
    pub inner: Option<Box<Inner>>,
    /// When the coach fell silent, if it answers a spoken turn.
    pub speech_end: Option<Position>,
    /// When an engine last made progress on it.
    pub progress: Position,
    /// Whether the client was told that the voice failed it.
    pub voice_failed: bool,
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
    /// The words given out so far.
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
    /// The connection is gone.
    Left,
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
            Self::TurnDetected | Self::ClientCancelled | Self::Left => Status::Cancelled,
            Self::MaxTokens | Self::Filtered => Status::Incomplete,
            Self::Failed => Status::Failed,
        }
    }

    fn details(self) -> Option<StatusDetails> {
        match self {
            Self::Completed => None,
            Self::TurnDetected => Some(StatusDetails::cancelled(Reason::TurnDetected)),
            Self::ClientCancelled | Self::Left => {
                Some(StatusDetails::cancelled(Reason::ClientCancelled))
            }
            Self::MaxTokens => Some(StatusDetails::incomplete(Reason::MaxOutputTokens)),
            Self::Filtered => Some(StatusDetails::incomplete(Reason::ContentFilter)),
            Self::Failed => Some(StatusDetails::failed(
                "server_error",
                Some("engine_failed".to_owned()),
            )),
        }
    }

    /// Its status, as the protocol names it.
    #[must_use]
    pub const fn status_name(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::TurnDetected | Self::ClientCancelled | Self::Left => "cancelled",
            Self::MaxTokens | Self::Filtered => "incomplete",
            Self::Failed => "failed",
        }
    }

    /// Why it did not end by itself, as the protocol names it where it has a name.
    #[must_use]
    pub const fn reason(self) -> Option<&'static str> {
        match self {
            Self::Completed => None,
            Self::TurnDetected => Some("turn_detected"),
            Self::ClientCancelled => Some("client_cancelled"),
            Self::Left => Some("left"),
            Self::MaxTokens => Some("max_output_tokens"),
            Self::Filtered => Some("content_filter"),
            Self::Failed => Some("engine_failed"),
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
    pub fn new(ask: Ask, response: Response, speech_end: Option<Position>, now: Position) -> Self {
        Self {
            generation: ask.generation,
            ask,
            response,
            remembered: true,
            asked: false,
            message: None,
            text: String::new(),
            calls: Vec::new(),
            next_index: 0,
            usage: None,
            speech: Speech::default(),
            written: None,
            inner: None,
            speech_end,
            progress: now,
            voice_failed: false,
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
        self.written.is_some() && self.speech.unsent() == Some(Duration::ZERO)
    }

    /// How it ends by itself: without any sound it failed if the voice did.
    #[must_use]
    pub fn ending(&self) -> Ending {
        match self.written {
            Some(Ending::Completed) if self.voice_failed && !self.speech.has_sound() => {
                Ending::Failed
            }
            written => written.unwrap_or(Ending::Completed),
        }
    }

    /// The id of its message, once that is open.
    #[must_use]
    pub fn message_id(&self) -> Option<String> {
        let message = self.message.as_ref();
        message.map(|message| message.part.item_id.clone())
    }

    /// When its latency is counted from.
    #[must_use]
    pub fn since(&self) -> Position {
        self.speech_end.unwrap_or(self.decided)
    }

    /// Whether one of its items is still open under this id.
    #[must_use]
    pub fn makes(&self, item_id: &str) -> bool {
        let message = self.message.as_ref();
        message.is_some_and(|message| message.part.item_id == item_id)
            || self.calls.iter().any(|call| call.item_id == item_id)
    }

    /// `response.created`.
    pub fn announce(&self, emit: &mut impl FnMut(ServerEvent)) {
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
                previous_item_id: previous,
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
    pub fn write(&self, delta: String, emit: &mut impl FnMut(ServerEvent)) {
        if let Some(message) = &self.message {
            emit(ServerEvent::OutputTextDelta {
                ids: message.part.clone(),
                delta,
            });
        }
    }

    /// Closes every open item, the message with the text it ended with. `previous` is the item
    /// before another in the conversation. Returns the items.
    pub fn close(
        &mut self,
        ending: Ending,
        text: &str,
        previous: impl Fn(&str) -> Option<String>,
        emit: &mut impl FnMut(ServerEvent),
    ) -> Vec<Arc<Item>> {
        let mut closed = Vec::new();
        if let Some(message) = self.close_message(ending, text, emit) {
            closed.push(message);
        }
        for call in std::mem::take(&mut self.calls) {
            emit(ServerEvent::ArgumentsDone {
                response_id: self.response.id.clone(),
                item_id: call.item_id.clone(),
                output_index: call.output_index,
                call_id: call.call_id.clone(),
                name: call.name.clone(),
                arguments: call.arguments.clone(),
            });
            closed.push((call.output_index, call.item(ending.item_status())));
        }
        for (output_index, item) in &closed {
            if self.remembered {
                emit(ServerEvent::ItemDone {
                    previous_item_id: previous(&item.id),
                    item: item.clone(),
                });
            }
            emit(ServerEvent::OutputItemDone {
                response_id: self.response.id.clone(),
                output_index: *output_index,
                item: item.clone(),
            });
        }
        closed.sort_by_key(|(output_index, _)| *output_index);
        let items: Vec<_> = closed.into_iter().map(|(_, item)| item).collect();
        let output = items.iter().map(|item| Item::clone(item));
        self.response.output.extend(output);
        items
    }

    fn close_message(
        &mut self,
        ending: Ending,
        text: &str,
        emit: &mut impl FnMut(ServerEvent),
    ) -> Option<(u32, Arc<Item>)> {
        let speaks = self.speaks();
        let message = self.message.as_mut().filter(|message| !message.closed)?;
        // Words whose times came late or never are told now.
        if let Some(rest) = text
            .strip_prefix(&message.told)
            .filter(|rest| speaks && !rest.is_empty())
        {
            emit(ServerEvent::OutputTranscriptDelta {
                ids: message.part.clone(),
                delta: rest.to_owned(),
            });
        }
        message.closed = true;
        let ids = message.part.clone();
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
        Some((ids.output_index, item))
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

    /// Adds to a function call's arguments. What the client is told of it.
    pub fn add_arguments(&mut self, call_id: &str, delta: String) -> Option<ServerEvent> {
        let mut calls = self.calls.iter_mut();
        let call = calls.find(|call| call.call_id == call_id)?;
        call.arguments.push_str(&delta);
        Some(ServerEvent::ArgumentsDelta {
            response_id: self.response.id.clone(),
            item_id: call.item_id.clone(),
            output_index: call.output_index,
            call_id: call.call_id.clone(),
            delta,
        })
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
