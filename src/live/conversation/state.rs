//! Whose turn it is, as told to a client that wants to know.

use signaling::event::ServerEvent;
use signaling::event::own::{Turn, TurnState};

use super::Conversation;
use super::leaving::Phase;
use super::turn::Voice;

impl Conversation {
    /// Whether sound of the client was sent, and not all of it heard.
    pub(super) fn client_sounds(&self) -> bool {
        self.sounding.is_some()
    }

    /// Tells whose turn it is, if that changed.
    pub(super) fn tell_state(&mut self) {
        let state = self.whose_turn();
        if state == self.state || self.phase != Phase::Talking {
            return;
        }
        self.state = state;
        let sounding = self.sounding.as_ref().map(|sound| &sound.response_id);
        let answer = self.answer.as_ref().map(|answer| &answer.response.id);
        let turn = Turn {
            state,
            at_ms: self.clock.ms(),
            item_id: self.turn.as_ref().map(|turn| turn.item_id.clone()),
            response_id: answer.or(sounding).cloned(),
        };
        self.emit_own(ServerEvent::Turn(turn));
    }

    fn whose_turn(&self) -> TurnState {
        // Where the client commits by itself, sound alone does not say that anybody speaks.
        let turn = self.turn.as_ref().filter(|_| self.detection().is_some());
        match turn {
            _ if self.paused && self.client_sounds() => TurnState::ClientPaused,
            Some(turn) if turn.overlapping => self.state,
            Some(turn) if matches!(turn.voice, Voice::On(_)) => TurnState::CoachSpeaking,
            Some(_) => TurnState::Pausing,
            None if self.client_sounds() && self.thinks_aloud => TurnState::Thinking,
            None if self.client_sounds() => TurnState::ClientSpeaking,
            None if self.answer.is_some() => TurnState::Thinking,
            None => TurnState::Listening,
        }
    }
}
