//! Items that the client puts in, takes out, reads and truncates.

use std::sync::Arc;

use media::Position;
use signaling::event::{Content, ErrorBody, ItemKind, NewItem, Place, Role, ServerEvent, code};

use super::Conversation;
use super::items::{content_bytes, ms};
use super::response::Ending;
use super::sounding::Sounding;
use super::speech::in_samples;

/// Most items of one conversation; an hour of talk makes a few hundred.
const MOST_ITEMS: usize = 4096;
/// Most that they hold, in bytes: two messages of the longest that the wire takes.
const MOST_BYTES: usize = 32 * 1024 * 1024;

impl Conversation {
    pub(super) fn create_item(
        &mut self,
        new: NewItem,
        place: &Place,
        now: Position,
    ) -> Result<(), ErrorBody> {
        let taken = |id: &str| self.items.has(id) || self.has_turn(id);
        if new.id.as_deref().is_some_and(taken) {
            let message = "An item with this id exists already.";
            return Err(ErrorBody::invalid(code::ITEM_EXISTS, message).with_param("item.id"));
        }
        if self.items.len() >= MOST_ITEMS {
            let message = "The conversation has too many items; delete some.";
            return Err(ErrorBody::invalid("too_many_items", message).with_param("item"));
        }
        if self.items.bytes() + content_bytes(&new.kind) > MOST_BYTES {
            let message = "The conversation holds too much; delete some items.";
            return Err(ErrorBody::invalid("too_many_items", message).with_param("item"));
        }
        if let Some(index) = unheard(&new.kind) {
            let wanted = "sound within an item is not listened to: give its words, or send it \
                          with input_audio_buffer.append";
            let param = format!("item.content[{index}].transcript");
            return Err(ErrorBody::value(param, wanted));
        }
        let id = self.id("item");
        let item = Arc::new(new.into_item(|| id));
        let placed = match place {
            Place::End => {
                self.items.push(item.clone());
                true
            }
            Place::Front => self.items.insert(item.clone(), None),
            Place::After(id) => self.items.insert(item.clone(), Some(id)),
        };
        if let (false, Place::After(id)) = (placed, place) {
            return Err(ErrorBody::no_item("previous_item_id", id));
        }
        self.drop_draft();
        self.quiet_since = now;
        self.prompts = 0;
        let previous_item_id = self.items.before(&item.id);
        self.emit(ServerEvent::ItemAdded {
            previous_item_id: previous_item_id.clone(),
            item: item.clone(),
        });
        let id = item.id.clone();
        self.emit(ServerEvent::ItemDone {
            previous_item_id,
            item,
        });
        self.record_typed(&id, false, now);
        Ok(())
    }

    pub(super) fn retrieve_item(&mut self, id: &str) -> Result<(), ErrorBody> {
        let item = self
            .items
            .get(id)
            .ok_or_else(|| ErrorBody::no_item("item_id", id))?;
        self.emit(ServerEvent::ItemRetrieved { item });
        Ok(())
    }

    pub(super) fn delete_item(&mut self, item_id: String) -> Result<(), ErrorBody> {
        let answer = self.answer.as_ref();
        if answer.is_some_and(|answer| answer.makes(&item_id)) {
            return Err(ErrorBody::value("item_id", "the item is still being made"));
        }
        if !self.items.remove(&item_id) {
            return Err(ErrorBody::no_item("item_id", &item_id));
        }
        self.drop_draft();
        self.forget_unsettled(&item_id);
        self.held.take_if(|(held, _)| *held == item_id);
        self.emit(ServerEvent::ItemDeleted { item_id });
        Ok(())
    }

    pub(super) fn truncate_item(
        &mut self,
        id: &str,
        index: u32,
        end: u64,
        now: Position,
    ) -> Result<(), ErrorBody> {
        if index != 0 {
            return Err(ErrorBody::value(
                "content_index",
                "the item has one part, number 0",
            ));
        }
        let spoken = "only the last eight spoken messages of the assistant can be truncated";
        let answer = self.answer.as_ref().filter(|answer| answer.makes(id));
        if let Some(answer) = answer {
            // The client stopped its playback by itself, before the server decided anything.
            if !answer.speaks() || !answer.remembered {
                return Err(ErrorBody::value("item_id", spoken));
            }
            check_end(end, answer.speech.sent_samples())?;
            self.cut(Ending::ClientCancelled, now);
        } else if !self.items.has(id) {
            return Err(ErrorBody::no_item("item_id", id));
        }
        let Some(sent) = self.items.sent(id) else {
            return Err(ErrorBody::value("item_id", spoken));
        };
        check_end(end, sent)?;
        let sounds = |sounding: &Sounding| sounding.item_id.as_deref() == Some(id);
        if self.sounding.as_ref().is_some_and(sounds) {
            self.cut_rest(now);
        }
        let samples = in_samples(end);
        self.items.truncate(id, samples);
        if !self.server_plays()
            && let Some(spoken) = self.items.speech(id)
        {
            self.playout.correct(spoken.generation.0, samples.min(sent));
        }
        self.record_truncated(id, samples.min(sent));
        self.tell_heard(id, samples.min(sent));
        let (item_id, content_index) = (id.to_owned(), index);
        self.emit(ServerEvent::ItemTruncated {
            item_id,
            content_index,
            audio_end_ms: end,
        });
        Ok(())
    }
}

fn check_end(end: u64, sent: u64) -> Result<(), ErrorBody> {
    // The sound was sent in whole frames: a frame of rounding is not the client's mistake.
    if end <= ms(sent) + 20 {
        return Ok(());
    }
    let message = format!(
        "Audio content of {}ms is already shorter than {end}ms",
        ms(sent)
    );
    Err(ErrorBody::invalid(code::INVALID_VALUE, message).with_param("audio_end_ms"))
}

/// Which part of a message of the user is sound without its words.
fn unheard(kind: &ItemKind) -> Option<usize> {
    let ItemKind::Message {
        role: Role::User,
        content,
    } = kind
    else {
        return None;
    };
    content.iter().position(|part| {
        let Content::InputAudio { transcript, .. } = part else {
            return false;
        };
        transcript
            .as_deref()
            .is_none_or(|words| words.trim().is_empty())
    })
}
