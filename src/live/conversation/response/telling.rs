//! The protocol's events around an answer, in the order that clients rely on.

use std::sync::Arc;

use signaling::event::{Content, Item, ItemKind, ItemStatus, Part, Role, ServerEvent};
use signaling::link::PartIds;

use super::{Answer, Ending, Message};

impl Answer {
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
