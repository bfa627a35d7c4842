//! Turns become items: when they end, when the client commits, when nobody spoke.

use std::sync::Arc;
use std::time::Duration;

use media::Position;
use signaling::event::audio::TurnDetection;
use signaling::event::{
    Content, ErrorBody, Item, ItemKind, ItemStatus, Role, ServerEvent, TranscriptionUsage,
};

use super::Conversation;
use super::leaving::Phase;
use super::listening::TRAILING;
use super::turn::{Turn, Voice};
use crate::archive::event::Event;

/// A turn in which no word was understood is a noise if it is shorter than this.
const SHORTEST_WORDLESS: Duration = Duration::from_secs(2);
/// The same where the recogniser failed, so that there may have been words.
const SHORTEST_FAILED: Duration = Duration::from_millis(400);
/// The least audio that a commit takes.
const LEAST_COMMIT: Duration = Duration::from_millis(100);

impl Conversation {
    /// Whether a turn that ends is answered without the client asking for it.
    pub(super) fn answers_by_itself(&self) -> bool {
        self.phase == Phase::Talking && self.detection().is_some_and(TurnDetection::create_response)
    }

    /// The turn is over: it becomes an item and, if the session wants so, is answered. Words that
    /// are still to come are given up.
    pub(super) fn end_turn(&mut self, now: Position) {
        if let Some(mut turn) = self.turn.take() {
            self.give_up_words(&mut turn);
            self.turn = Some(turn);
        }
        self.end_turn_unheard(now);
    }

    /// The same, and the words follow when they come.
    pub(super) fn end_turn_unheard(&mut self, now: Position) {
        let Some(turn) = self.turn.take() else {
            return;
        };
        let ended = match turn.voice {
            Voice::On(_) => now,
            Voice::Off(since) => since,
        };
        self.tell_speech_stopped(&turn, self.received.min(ended + TRAILING).max(ended));
        let shortest = if turn.failed() {
            SHORTEST_FAILED
        } else {
            SHORTEST_WORDLESS
        };
        let wordless = turn.settled() && turn.text().is_empty();
        // Where the client commits by itself, silence too is part of a turn; it did not commit.
        let left = self.phase != Phase::Talking && self.detection().is_none();
        if wordless && (left || turn.voiced(self.received) < shortest) {
            self.drop_draft();
            self.record_unsaid(&turn);
            self.buffer_from = self.received;
            self.emit(ServerEvent::InputCleared {});
            return;
        }
        // Without the words there is nothing to answer: the coach is told, and speaks again.
        let answered = self.answers_by_itself() && !turn.failed();
        self.commit(turn);
        if answered {
            self.respond_to_turn(Some(ended), now);
        } else {
            self.drop_draft();
        }
    }

    /// The coach corrected a turn before it was over: the typed words end it.
    pub(super) fn commit_corrected(&mut self, mut turn: Turn, text: &str, now: Position) {
        self.give_up_words(&mut turn);
        self.drop_draft();
        turn.correct(text.to_owned());
        self.tell_speech_stopped(&turn, self.received);
        self.commit(turn);
        self.respond_to_turn(None, now);
    }

    fn tell_speech_stopped(&mut self, turn: &Turn, at: Position) {
        if let Some(started) = turn.announced {
            let audio_end_ms = self.gaps.audio_ms(at).max(started);
            let item_id = turn.item_id.clone();
            self.emit(ServerEvent::SpeechStopped {
                audio_end_ms,
                item_id,
            });
        }
    }

    /// A turn becomes an item of the conversation.
    pub(super) fn commit(&mut self, turn: Turn) {
        let item_id = turn.item_id.clone();
        let (from, to) = turn.span(self.received);
        self.note_left(&turn);
        if turn.has_speech() {
            self.prompts = 0;
            self.record(Event::TurnEnded {
                item_id: item_id.clone(),
                from_ms: from.ms(),
                to_ms: to.ms(),
            });
        }
        let previous_item_id = self.items.last();
        self.emit(ServerEvent::InputCommitted {
            previous_item_id: previous_item_id.clone(),
            item_id: item_id.clone(),
        });
        let content = vec![Content::InputAudio {
            audio: None,
            transcript: None,
        }];
        let kind = ItemKind::Message {
            role: Role::User,
            content,
        };
        let item = Arc::new(Item {
            id: item_id,
            status: ItemStatus::Completed,
            kind,
        });
        self.items.push(item.clone());
        self.items.said(&item.id, from, to);
        self.emit(ServerEvent::ItemAdded {
            previous_item_id: previous_item_id.clone(),
            item: item.clone(),
        });
        self.emit(ServerEvent::ItemDone {
            previous_item_id,
            item,
        });
        // Sound that the turn did not take may be the beginning of the next.
        self.buffer_from = turn.taken_to().unwrap_or(self.received).min(self.received);
        if turn.settled() {
            self.transcribed(&turn);
        } else {
            self.unsettled.push(turn);
        }
    }

    /// No more words of a committed turn will come.
    fn transcribed(&mut self, turn: &Turn) {
        if turn.failed() {
            self.record_turn(turn);
            self.tell_not_understood(&turn.item_id);
            return;
        }
        let text = turn.sentence();
        self.items.understood(&turn.item_id, &text);
        self.record_turn(turn);
        let seconds = turn.voiced(self.received).as_secs_f64();
        self.tell_transcript(&turn.item_id, &text, seconds);
    }

    /// Tells the client what was understood, if it wants to know.
    pub(super) fn tell_transcript(&mut self, item_id: &str, text: &str, seconds: f64) {
        if self.session.audio.input.transcription.is_none() {
            return;
        }
        let (item_id, content_index) = (item_id.to_owned(), 0);
        if !text.is_empty() {
            self.emit(ServerEvent::TranscriptionDelta {
                item_id: item_id.clone(),
                content_index,
                delta: text.to_owned(),
                logprobs: None,
            });
        }
        self.emit(ServerEvent::TranscriptionCompleted {
            item_id,
            content_index,
            transcript: text.to_owned(),
            usage: TranscriptionUsage::Duration { seconds },
            logprobs: None,
        });
    }

    fn tell_not_understood(&mut self, item_id: &str) {
        let message = "The speech could not be transcribed.";
        self.notice("not_understood", message);
        // Also to a client that wants no transcripts: it would wait for an answer in vain.
        self.emit(ServerEvent::TranscriptionFailed {
            item_id: item_id.to_owned(),
            content_index: 0,
            error: ErrorBody::server("transcription_failed", message),
        });
    }

    pub(super) fn unsettled_deadline(&self) -> Option<Position> {
        self.unsettled.iter().map(Turn::patience_ends).min()
    }

    /// Committed turns whose words have come, or will not come any more: not at all if it is
    /// `late`.
    pub(super) fn settle_unsettled(&mut self, now: Position, late: bool) {
        let done = |turn: &Turn| turn.settled() || late || now >= turn.patience_ends();
        while let Some(at) = self.unsettled.iter().position(done) {
            let mut turn = self.unsettled.remove(at);
            self.give_up_words(&mut turn);
            self.transcribed(&turn);
        }
        self.ask_if_settled();
    }

    /// `input_audio_buffer.commit`.
    pub(super) fn commit_by_client(&mut self, now: Position) -> Result<(), ErrorBody> {
        let buffered = self.received - self.buffer_from;
        if buffered < LEAST_COMMIT {
            return Err(ErrorBody::commit_empty(buffered.as_millis() as u64));
        }
        if self.turn.is_none() {
            // Nobody spoke; the client wants an item all the same.
            let from = self.buffer_from;
            self.begin_turn(from);
        }
        let received = self.received;
        let speaks = self.detection().is_some()
            && self
                .turn
                .as_ref()
                .is_some_and(|turn| matches!(turn.voice, Voice::On(_)));
        self.end_segment(received, received, now);
        self.drop_draft();
        self.resume(now);
        if let Some(turn) = self.turn.take() {
            self.tell_speech_stopped(&turn, received);
            self.commit(turn);
        }
        self.buffer_from = received;
        self.quiet_since = now;
        if speaks {
            // Voice activity goes on without another beginning.
            self.voice_started(received, now);
        }
        Ok(())
    }

    /// `input_audio_buffer.clear`.
    pub(super) fn clear_by_client(&mut self, now: Position) {
        if let Some(turn) = &self.turn {
            self.tell_speech_stopped(&turn.clone(), self.received);
        }
        self.discard_turn();
        self.resume(now);
        self.buffer_from = self.received;
        self.emit(ServerEvent::InputCleared {});
    }

    /// Turn detection is switched off in the middle of a turn: what was said stays in the buffer,
    /// and the client commits it. Speech over the client's voice does not stop it any more.
    pub(super) fn leave_turn_to_client(&mut self, now: Position) {
        self.drop_draft();
        self.resume(now);
        let Some(mut turn) = self.turn.take() else {
            self.buffer_from = self.received;
            return;
        };
        self.tell_speech_stopped(&turn, self.received);
        turn.announced = None;
        turn.overlapping = false;
        let silent = matches!(turn.voice, Voice::Off(_));
        self.turn = Some(turn);
        if silent {
            self.begin_segment(self.received, Duration::ZERO);
        }
    }
}
