//! What clients ask for: every event of the protocol, answered in its order.

use std::sync::Arc;

use media::Position;
use signaling::event::{
    ClientEvent, ClientEventKind, ErrorBody, InputItem, ResponseParams, ServerEvent, SessionUpdate,
    code,
};

use super::response::Ending;
use super::{Conversation, Output, casting};

/// Most answers outside the conversation at once.
const MOST_ASIDES: usize = 8;

impl Conversation {
    pub(super) fn client_event(&mut self, event: ClientEvent, now: Position) {
        let event_id = event.event_id;
        let done = match event.kind {
            ClientEventKind::SessionUpdate(update) => self.update(&update, now),
            // Audio goes through the microphone stage, which reports what it received.
            ClientEventKind::AppendInput(_) => Ok(()),
            ClientEventKind::CommitInput => self.commit_by_client(now),
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
        let cast = &self.settings.cast;
        casting::check(session.prompt.as_ref(), cast, "session.prompt.id")?;
        let recast = session.prompt != self.session.prompt;
        let revoiced = session.audio.output.voice != self.session.audio.output.voice;
        if recast && !revoiced {
            let default = self.settings.default_client.as_deref();
            casting::give_voice(&mut session, &self.settings.cast, default);
            if self.voice_locked && session.audio.output.voice != self.session.audio.output.voice {
                let message =
                    "Another AI client has another voice, and this one was heard already.";
                let error = ErrorBody::invalid(code::CANNOT_UPDATE_VOICE, message);
                return Err(error.with_param("session.prompt.id"));
            }
        }
        let detected = self.detection().is_some();
        let told = self.session.wants_own_events();
        self.session = Arc::new(session);
        match (detected, self.detection().is_some()) {
            (true, false) => self.leave_turn_to_client(now),
            (false, true) => {
                self.discard_turn();
                self.buffer_from = self.received;
            }
            _ => {}
        }
        self.record_configuration();
        self.outputs
            .push_back(Output::Configure(self.session.clone()));
        let session = Box::new((*self.session).clone());
        self.emit(ServerEvent::SessionUpdated { session });
        if !told {
            self.tell_replaced();
        }
        Ok(())
    }

    fn create_response(&mut self, params: &ResponseParams, now: Position) -> Result<(), ErrorBody> {
        let cast = &self.settings.cast;
        casting::check(params.prompt.as_ref(), cast, "response.prompt.id")?;
        for input in params.input.iter().flatten() {
            if let InputItem::Reference(id) = input
                && !self.items.has(id)
            {
                return Err(ErrorBody::no_item("response.input", id));
            }
        }
        let beside = self.runs_beside(params);
        if beside && self.asides.len() >= MOST_ASIDES {
            return Err(ErrorBody::invalid(
                "too_many_responses",
                "Too many responses run beside the conversation.",
            ));
        }
        if let Some(answer) = self.answer.as_ref().filter(|_| !beside) {
            return Err(ErrorBody::active_response(&answer.response.id));
        }
        if !beside {
            self.held = None;
        }
        self.respond_by_client(params, now);
        Ok(())
    }

    fn cancel_response(&mut self, id: Option<&str>, now: Position) -> Result<(), ErrorBody> {
        if self.cancel_beside(id) {
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
}
