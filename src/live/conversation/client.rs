//! What clients ask for: every event of the protocol, answered in its order.

use std::sync::Arc;

use media::Position;
use signaling::event::session::Voice;
use signaling::event::{
    ClientEvent, ClientEventKind, ErrorBody, NewItem, Place, ResponseParams, ServerEvent, Session,
    SessionUpdate, code,
};

use super::items::ms;
use super::response::Ending;
use super::{Conversation, Output};
use crate::providers::tts::RATE;

/// Most items of one conversation; an hour of talk makes a few hundred.
const MOST_ITEMS: usize = 4096;
/// Most answers outside the conversation at once.
const MOST_ASIDES: usize = 8;

impl Conversation {
    pub(super) fn client_event(&mut self, event: ClientEvent, now: Position) {
        let event_id = event.event_id;
        let done = match event.kind {
            ClientEventKind::SessionUpdate(update) => self.update(&update, now),
            // Audio goes through the microphone stage, which reports what it received.
            ClientEventKind::AppendInput(_) => Ok(()),
            ClientEventKind::CommitInput => {
                self.commit_by_client(event_id.clone(), now);
                Ok(())
            }
            ClientEventKind::ClearInput => {
                self.clear_by_client(now);
                Ok(())
            }
            ClientEventKind::ClearOutput => self.clear_output_by_client(now),
            ClientEventKind::CreateItem { item, place } => self.create_item(*item, &place, now),
            ClientEventKind::RetrieveItem { item_id } => self.retrieve_item(&item_id),
            ClientEventKind::TruncateItem {
                item_id,
                content_index,
                audio_end_ms,
            } => self.truncate_item(&item_id, content_index, audio_end_ms, now),
            ClientEventKind::DeleteItem { item_id } => self.delete_item(item_id),
            ClientEventKind::CreateResponse(params) => self.create_response(&params, now),
            ClientEventKind::CancelResponse { response_id } => {
                self.cancel_response(response_id.as_deref(), now)
            }
            ClientEventKind::HoldTurn { item_id } => self.hold_turn(&item_id, now),
            ClientEventKind::CorrectTurn {
                item_id,
                transcript,
            } => self.correct_turn(&item_id, &transcript, now),
            ClientEventKind::ReleaseTurn { item_id } => {
                self.release_turn(&item_id, now);
                Ok(())
            }
        };
        if let Err(error) = done {
            self.emit(ServerEvent::Error {
                error: error.for_event(event_id),
            });
        }
    }

    fn update(&mut self, update: &SessionUpdate, now: Position) -> Result<(), ErrorBody> {
        let mut session = self.session.merged(update, self.voice_locked)?;
        self.check_client(&session)?;
        let recast = session.prompt != self.session.prompt;
        let revoiced = session.audio.output.voice != self.session.audio.output.voice;
        if recast && !revoiced {
            self.give_voice(&mut session);
        }
        let listens = |session: &Session| session.audio.input.turn_detection.is_some();
        if listens(&session) != listens(&self.session) {
            self.discard_turn();
            self.resume(now);
            self.buffer_from = self.received;
        }
        self.session = Arc::new(session);
        self.outputs
            .push_back(Output::Configure(self.session.clone()));
        let session = Box::new((*self.session).clone());
        self.emit(ServerEvent::SessionUpdated { session });
        Ok(())
    }

    fn check_client(&self, session: &Session) -> Result<(), ErrorBody> {
        match &session.prompt {
            Some(prompt) if !self.settings.cast.contains_key(&prompt.id) => {
                let known: Vec<&str> = self.settings.cast.keys().map(String::as_str).collect();
                let wanted = format!("no AI client has this id. Known: {}", known.join(", "));
                Err(ErrorBody::value("session.prompt.id", &wanted))
            }
            _ => Ok(()),
        }
    }

    /// Gives the session the voice of its AI client.
    fn give_voice(&self, session: &mut Session) {
        let picked = session.prompt.as_ref().map(|prompt| prompt.id.as_str());
        let picked = picked.or(self.settings.default_client.as_deref());
        if let Some(traits) = picked.and_then(|id| self.settings.cast.get(id)) {
            session.audio.output.voice = Voice::Named(traits.voice.clone());
        }
    }

    fn create_item(&mut self, new: NewItem, place: &Place, now: Position) -> Result<(), ErrorBody> {
        if new.id.as_deref().is_some_and(|id| self.items.has(id)) {
            let message = "An item with this id exists already.";
            return Err(ErrorBody::invalid(code::ITEM_EXISTS, message).with_param("item.id"));
        }
        if self.items.len() >= MOST_ITEMS {
            let message = "The conversation has too many items; delete some.";
            return Err(ErrorBody::invalid("too_many_items", message).with_param("item"));
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
        let previous_item_id = self.items.before(&item.id);
        self.emit(ServerEvent::ItemAdded {
            previous_item_id: previous_item_id.clone(),
            item: item.clone(),
        });
        self.emit(ServerEvent::ItemDone {
            previous_item_id,
            item,
        });
        Ok(())
    }

    fn retrieve_item(&mut self, id: &str) -> Result<(), ErrorBody> {
        let item = self
            .items
            .get(id)
            .cloned()
            .ok_or_else(|| ErrorBody::no_item("item_id", id))?;
        self.emit(ServerEvent::ItemRetrieved { item });
        Ok(())
    }

    fn delete_item(&mut self, item_id: String) -> Result<(), ErrorBody> {
        let open = self
            .answer
            .as_ref()
            .and_then(|answer| answer.message.as_ref());
        if open.is_some_and(|message| message.part.item_id == item_id) {
            return Err(ErrorBody::value("item_id", "the item is still being made"));
        }
        if !self.items.remove(&item_id) {
            return Err(ErrorBody::no_item("item_id", &item_id));
        }
        self.drop_draft();
        self.emit(ServerEvent::ItemDeleted { item_id });
        Ok(())
    }

    fn truncate_item(
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
        let samples = end.saturating_mul(u64::from(RATE)) / 1000;
        let open = self
            .answer
            .as_ref()
            .and_then(|answer| answer.message.as_ref());
        if open.is_some_and(|message| message.part.item_id == id) {
            // The client stopped its playback by itself, before the server decided anything.
            let sent = self
                .answer
                .as_ref()
                .map_or(0, |answer| answer.speech.sent_samples());
            self.check_end(end, sent)?;
            self.cut(Ending::ClientCancelled, now);
        } else if !self.items.has(id) {
            return Err(ErrorBody::no_item("item_id", id));
        }
        let Some(sent) = self.items.sent(id) else {
            return Err(ErrorBody::value(
                "item_id",
                "only spoken messages of the assistant can be truncated",
            ));
        };
        self.check_end(end, sent)?;
        if self
            .sounding
            .as_ref()
            .is_some_and(|sounding| sounding.item_id.as_deref() == Some(id))
        {
            self.playout.flush(now);
            self.sounding = None;
        }
        self.items.truncate(id, samples);
        self.tell_heard(id, samples.min(sent));
        let (item_id, content_index) = (id.to_owned(), index);
        self.emit(ServerEvent::ItemTruncated {
            item_id,
            content_index,
            audio_end_ms: end,
        });
        Ok(())
    }

    fn check_end(&self, end: u64, sent: u64) -> Result<(), ErrorBody> {
        // The sound was sent in whole frames: half a frame of rounding is not the client's mistake.
        let length = ms(sent) + 20;
        if end <= length {
            return Ok(());
        }
        let message = format!(
            "Audio content of {}ms is already shorter than {end}ms",
            ms(sent)
        );
        Err(ErrorBody::invalid(code::INVALID_VALUE, message).with_param("audio_end_ms"))
    }

    fn create_response(&mut self, params: &ResponseParams, now: Position) -> Result<(), ErrorBody> {
        if let Some(prompt) = &params.prompt
            && !self.settings.cast.contains_key(&prompt.id)
        {
            return Err(ErrorBody::value(
                "response.prompt.id",
                "no AI client has this id",
            ));
        }
        for input in params.input.iter().flatten() {
            if let signaling::event::InputItem::Reference(id) = input
                && !self.items.has(id)
            {
                return Err(ErrorBody::no_item("response.input", id));
            }
        }
        let modality = params
            .output_modalities
            .unwrap_or(self.session.output_modalities);
        let beside = params.out_of_band && modality == signaling::event::session::Modality::Text;
        if beside && self.asides.len() >= MOST_ASIDES {
            return Err(ErrorBody::invalid(
                "too_many_responses",
                "Too many responses run beside the conversation.",
            ));
        }
        if let Some(answer) = self.answer.as_ref().filter(|_| !beside) {
            return Err(ErrorBody::active_response(&answer.response.id));
        }
        self.held = None;
        self.respond_by_client(params, now);
        Ok(())
    }

    fn cancel_response(&mut self, id: Option<&str>, now: Position) -> Result<(), ErrorBody> {
        if let Some(at) = self
            .asides
            .iter()
            .position(|aside| Some(aside.response.id.as_str()) == id)
        {
            let aside = self.asides.remove(at);
            self.cancel_aside(aside);
            return Ok(());
        }
        let active = self
            .answer
            .as_ref()
            .map(|answer| answer.response.id.as_str());
        if active.is_none() || (id.is_some() && id != active) {
            return Err(ErrorBody::no_active_response());
        }
        self.cut(Ending::ClientCancelled, now);
        Ok(())
    }

    fn clear_output_by_client(&mut self, now: Position) -> Result<(), ErrorBody> {
        if !self.server_plays() {
            let message = "output_audio_buffer.clear is for WebRTC; over WebSocket the client owns its playback.";
            return Err(ErrorBody::invalid(code::INVALID_VALUE, message).with_param("type"));
        }
        self.cut(Ending::ClientCancelled, now);
        Ok(())
    }

    /// The coach corrects what was understood: no answer until that is done.
    fn hold_turn(&mut self, id: &str, now: Position) -> Result<(), ErrorBody> {
        if let Some(turn) = self.turn.as_mut().filter(|turn| turn.item_id == id) {
            turn.held = true;
            self.drop_draft();
        } else if self.items.has(id) {
            if !self.items.followed(id) && self.answer.is_some() {
                self.cut(Ending::ClientCancelled, now);
            }
        } else {
            return Err(ErrorBody::no_item("item_id", id));
        }
        self.held = Some((id.to_owned(), now));
        Ok(())
    }

    /// The coach typed what was really said.
    fn correct_turn(&mut self, id: &str, text: &str, now: Position) -> Result<(), ErrorBody> {
        self.held = None;
        if let Some(turn) = self.turn.take_if(|turn| turn.item_id == id) {
            self.commit_corrected(turn, text, now);
            return Ok(());
        }
        let latest = self.items.has(id) && !self.items.followed(id);
        let unanswered = latest && !self.items.answered(id);
        if !self.items.understood(id, text) {
            return Err(ErrorBody::no_item("item_id", id));
        }
        self.unsettled.retain(|turn| turn.item_id != id);
        self.tell_transcript(id, text, 0.0);
        if unanswered {
            if self.answer.is_some() {
                self.cut(Ending::ClientCancelled, now);
            }
            self.respond_to_turn(now, now);
        }
        Ok(())
    }

    /// The correction was given up: the turn goes on as it was understood.
    pub(super) fn release_turn(&mut self, id: &str, now: Position) {
        self.held = None;
        if let Some(turn) = self.turn.as_mut().filter(|turn| turn.item_id == id) {
            turn.held = false;
        } else if self.items.has(id)
            && !self.items.followed(id)
            && !self.items.answered(id)
            && self.answer.is_none()
        {
            self.respond_to_turn(now, now);
        }
    }
}
