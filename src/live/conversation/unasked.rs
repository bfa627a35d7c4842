//! The client speaks unasked: to begin with, if it is of those who do, and into a silence in which
//! nobody says anything any more.

use std::time::Duration;

use media::Position;
use signaling::event::ServerEvent;
use signaling::event::audio::TurnDetection;

use super::Conversation;
use crate::archive::event::{Outcome, Place};

/// How often in a row the client speaks into a silence by itself.
const MOST_PROMPTS: u8 = 2;

impl Conversation {
    /// Whether the client may speak now without having been asked.
    fn may_speak_unasked(&self) -> bool {
        self.connected
            && self.answers_by_itself()
            && self.turn.is_none()
            && !self.client_has_the_floor()
            && !self.response_waits
            && self.held.is_none()
            && self.deserted.is_none()
    }

    /// After how long a silence the session has the client prompted, if it does.
    fn idle_timeout(&self) -> Option<Duration> {
        match self.detection()? {
            TurnDetection::ServerVad(vad) => {
                let ms = vad.idle_timeout_ms?;
                Some(Duration::from_millis(ms.into()))
            }
            TurnDetection::SemanticVad(_) => None,
        }
    }

    /// When the client says something into the silence after its own words were heard: after as long
    /// as the session says, or else as it leaves a coach by itself, which it does not for ever.
    pub(super) fn silence_ends(&self) -> Option<Position> {
        let own = || {
            let traits = self.partner().filter(|_| self.prompts < MOST_PROMPTS);
            traits.map(|traits| traits.silence)
        };
        let wait = self.idle_timeout().or_else(own)?;
        let waits = wait > Duration::ZERO && self.may_speak_unasked() && self.items.has_answer();
        waits.then(|| self.quiet_since + wait)
    }

    /// The client speaks, if it is time to without having been asked.
    pub(super) fn speak_unasked(&mut self, now: Position) {
        if self.silence_ends().is_some_and(|due| now >= due) {
            match self.idle_timeout() {
                Some(_) => self.prompt(now),
                None => self.end_silence(now),
            }
        } else if self.unopened && self.may_speak_unasked() {
            let opens = self.partner().is_some_and(|traits| traits.opens);
            if opens && self.items.len() == 0 {
                self.unopened = false;
                self.respond_to_turn(None, now);
            }
        }
    }

    /// The client speaks into the silence by itself.
    fn end_silence(&mut self, now: Position) {
        let left = self.said_all.take().filter(|_| self.prompts == 0);
        self.prompts += 1;
        // The coach left all of it to the client.
        if let Some((item_id, ended)) = left {
            self.note_silence(item_id, Place::After, Outcome::Held, ended, now);
        }
        self.respond_to_turn(None, now);
    }

    /// The session has the client prompted: the silence becomes a turn of the coach.
    fn prompt(&mut self, now: Position) {
        let from = self.buffer_from.max(self.quiet_since);
        self.begin_turn(from);
        let Some(turn) = self.turn.take() else { return };
        self.emit(ServerEvent::TimeoutTriggered {
            audio_start_ms: self.gaps.audio_ms(from),
            audio_end_ms: self.gaps.audio_ms(now),
            item_id: turn.item_id.clone(),
        });
        self.commit(turn);
        self.quiet_since = now;
        self.respond_to_turn(None, now);
    }
}
