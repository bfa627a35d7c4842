//! Taking turns: voice activity, words, interruptions, and the decision that a turn is over.

use std::sync::Arc;
use std::time::Duration;

use media::Position;
use signaling::event::audio::TurnDetection;
use signaling::event::own::Caption;
use signaling::event::{
    Content, ErrorBody, Item, ItemKind, ItemStatus, Role, ServerEvent, TranscriptionUsage,
};

use super::endpoint::silence_needed;
use super::interruption::{Overlap, Verdict, judge};
use super::turn::{TRANSCRIPT_PATIENCE, Turn, Voice};
use super::{Conversation, Ending, LONGEST_HOLD, Note, OVERLAP_STEP, Output, Reason};
use crate::providers::ProviderError;
use crate::providers::stt::Transcript;

/// A turn without a word that is shorter than this was a noise, not a turn.
const SHORTEST_WORDLESS: Duration = Duration::from_millis(1000);
/// Speech goes on sounding this long after voice activity ends.
const TRAILING: Duration = Duration::from_millis(200);
/// The least audio that a commit takes.
const LEAST_COMMIT: Duration = Duration::from_millis(100);

impl Conversation {
    pub(super) fn audio(&mut self, to: Position, now: Position) {
        let from = self.received;
        self.received = self.received.max(to);
        let manual = self.detection().is_none();
        if manual && self.turn.is_none() {
            // Push to talk: whatever comes until the commit belongs to the turn.
            let begun = self.buffer_from.max(from);
            self.begin_turn(begun);
            self.begin_segment(begun, Duration::ZERO);
            if let Some(turn) = &mut self.turn {
                turn.announced = true;
            }
            self.quiet_since = now;
        }
    }

    pub(super) fn voice_started(&mut self, at: Position, now: Position) {
        let Some(detection) = self.detection().copied() else {
            return;
        };
        self.drop_draft();
        let padding = Duration::from_millis(padding(&detection).into());
        if self.turn.is_none() {
            self.begin_turn(at);
            let over_client = self.client_has_the_floor(now);
            if let Some(turn) = &mut self.turn {
                turn.overlapping = over_client && detection.interrupt_response();
            }
        }
        self.begin_segment(at, padding);
        let overlapping = self.turn.as_ref().is_some_and(|turn| turn.overlapping);
        if !overlapping {
            self.announce_turn(padding);
        } else if !self.paused && self.false_alarms == 0 {
            self.pause(now);
        }
    }

    pub(super) fn voice_stopped(&mut self, at: Position, now: Position) {
        if self.detection().is_none() {
            return;
        }
        if let Some(segment) = self.turn.as_mut().and_then(|turn| turn.end(at)) {
            self.outputs.push_back(Output::End {
                segment,
                to: at + TRAILING,
            });
        }
        self.quiet_since = now;
    }

    pub(super) fn words(
        &mut self,
        segment: u64,
        transcript: Transcript,
        last: bool,
        now: Position,
    ) {
        if let Some(turn) = &mut self.turn
            && turn.understood(segment, transcript.clone(), last)
        {
            let caption = turn.caption();
            if caption != self.caption {
                self.caption = caption.clone();
                let item_id = turn.item_id.clone();
                let (stable, unstable) = caption;
                self.emit_own(ServerEvent::Caption(Caption {
                    item_id,
                    stable,
                    unstable,
                }));
            }
            if last {
                self.draft_if_likely(now);
            }
            return;
        }
        for turn in &mut self.unsettled {
            if turn.understood(segment, transcript.clone(), last) {
                break;
            }
        }
    }

    pub(super) fn transcript_failed(&mut self, segment: u64, error: &ProviderError, now: Position) {
        let known = self
            .turn
            .iter_mut()
            .chain(&mut self.unsettled)
            .any(|turn| turn.give_up(segment));
        if known {
            self.notice("recogniser_trouble", &error.to_string());
            self.settle_unsettled(now);
        }
    }

    /// Whether the client's voice is on, or about to be.
    fn client_has_the_floor(&self, now: Position) -> bool {
        self.answer.as_ref().is_some_and(|answer| answer.speaks()) || self.playout.is_playing(now)
    }

    pub(super) fn begin_turn(&mut self, at: Position) {
        let item_id = self.id("item");
        self.drafts_of_turn = 0;
        self.caption = (String::new(), String::new());
        self.turn = Some(Turn::new(item_id, at));
    }

    fn begin_segment(&mut self, at: Position, padding: Duration) {
        self.counters.segment += 1;
        let segment = self.counters.segment;
        let from = at.back(padding).max(self.buffer_from);
        if let Some(turn) = &mut self.turn {
            turn.begin(segment, at);
            self.outputs.push_back(Output::Begin { segment, from });
        }
    }

    fn announce_turn(&mut self, padding: Duration) {
        let Some(turn) = &self.turn else { return };
        if turn.announced {
            return;
        }
        let started = turn.started.back(padding).max(self.buffer_from);
        let (audio_start_ms, item_id) = (self.buffer_ms(started), turn.item_id.clone());
        if let Some(turn) = &mut self.turn {
            turn.announced = true;
        }
        self.emit(ServerEvent::SpeechStarted {
            audio_start_ms,
            item_id,
        });
    }

    /// Decides what speech over the client's voice is, as soon as it is clear.
    pub(super) fn judge_overlap(&mut self, now: Position) {
        let Some(turn) = self.turn.as_ref().filter(|turn| turn.overlapping) else {
            return;
        };
        let late = match turn.voice {
            Voice::Off(since) => now >= since + TRANSCRIPT_PATIENCE,
            Voice::On(_) => false,
        };
        let over = matches!(turn.voice, Voice::Off(_)) && (turn.settled() || late);
        let spoken = self.answer.as_ref().map(|answer| answer.speech.text());
        let spoken = spoken
            .or_else(|| self.items.last_spoken())
            .unwrap_or_default();
        let (text, voiced) = (turn.text(), turn.voiced(now));
        match judge(Overlap {
            text: &text,
            voiced,
            over,
            spoken: &spoken,
        }) {
            Verdict::Undecided => {}
            Verdict::Interrupts => {
                let padding = self.detection().map_or(0, padding);
                if let Some(turn) = &mut self.turn {
                    turn.overlapping = false;
                }
                self.note(Note::BargeIn);
                self.announce_turn(Duration::from_millis(padding.into()));
                self.cut(Ending::TurnDetected, now);
                if over {
                    self.draft_if_likely(now);
                }
            }
            Verdict::Harmless(kind) => {
                self.discard_turn();
                self.false_alarms += 1;
                self.note(Note::Overlap(kind));
                self.resume(now);
            }
        }
    }

    /// Forgets the turn: it was none.
    pub(super) fn discard_turn(&mut self) {
        let Some(turn) = self.turn.take() else { return };
        for segment in turn.open() {
            self.outputs.push_back(Output::Discard { segment });
        }
        self.drop_draft();
    }

    pub(super) fn turn_deadline(&self) -> Option<(Position, Reason)> {
        let turn = self.turn.as_ref()?;
        if turn.overlapping {
            return Some((self.clock + OVERLAP_STEP, Reason::Overlap));
        }
        let due = self.end_of_turn(turn)?;
        if turn.settled() || self.clock < due {
            return Some((due, Reason::EndOfTurn));
        }
        Some((due + TRANSCRIPT_PATIENCE, Reason::TranscriptLate))
    }

    fn end_of_turn(&self, turn: &Turn) -> Option<Position> {
        let Voice::Off(since) = turn.voice else {
            return None;
        };
        if turn.held {
            return None;
        }
        let wait = silence_needed(self.detection(), &turn.text(), self.patience())?;
        Some(since + wait)
    }

    pub(super) fn end_turn_if_due(&mut self, now: Position) {
        let Some(turn) = self.turn.as_ref().filter(|turn| !turn.overlapping) else {
            return;
        };
        let Some(due) = self.end_of_turn(turn) else {
            return;
        };
        if now >= due && (turn.settled() || now >= due + TRANSCRIPT_PATIENCE) {
            self.end_turn(now);
        }
    }

    /// The turn is over: it becomes an item and, if the session wants so, is answered.
    fn end_turn(&mut self, now: Position) {
        let Some(mut turn) = self.turn.take() else {
            return;
        };
        let open: Vec<u64> = turn.open().collect();
        for segment in open {
            turn.give_up(segment);
            self.outputs.push_back(Output::Discard { segment });
        }
        let ended = match turn.voice {
            Voice::On(_) => now,
            Voice::Off(since) => since,
        };
        let audio_end_ms = self.buffer_ms(self.received.min(ended + TRAILING).max(ended));
        self.emit(ServerEvent::SpeechStopped {
            audio_end_ms,
            item_id: turn.item_id.clone(),
        });
        if turn.text().is_empty() && turn.voiced(now) < SHORTEST_WORDLESS {
            self.drop_draft();
            self.emit(ServerEvent::InputCleared {});
            self.buffer_from = self.received;
            return;
        }
        let answered = self.detection().is_some_and(TurnDetection::create_response);
        self.commit(turn);
        if answered {
            self.respond_to_turn(ended, now);
        }
    }

    /// The coach corrected a turn before it was over: the typed words end it.
    pub(super) fn commit_corrected(&mut self, mut turn: Turn, text: &str, now: Position) {
        let open: Vec<u64> = turn.open().collect();
        for segment in open {
            turn.give_up(segment);
            self.outputs.push_back(Output::Discard { segment });
        }
        self.drop_draft();
        turn.correct(text.to_owned());
        if turn.announced {
            let audio_end_ms = self.buffer_ms(self.received);
            self.emit(ServerEvent::SpeechStopped {
                audio_end_ms,
                item_id: turn.item_id.clone(),
            });
        }
        self.commit(turn);
        self.respond_to_turn(now, now);
    }

    /// A turn becomes an item of the conversation.
    fn commit(&mut self, turn: Turn) {
        let item_id = turn.item_id.clone();
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
        self.emit(ServerEvent::ItemAdded {
            previous_item_id: previous_item_id.clone(),
            item: item.clone(),
        });
        self.emit(ServerEvent::ItemDone {
            previous_item_id,
            item,
        });
        self.buffer_from = self.received;
        if turn.settled() {
            self.transcribed(&turn);
        } else {
            self.unsettled.push(turn);
        }
    }

    /// The words of a committed turn are final.
    fn transcribed(&mut self, turn: &Turn) {
        let text = turn.text();
        self.items.understood(&turn.item_id, &text);
        let seconds = turn.voiced(self.received).as_secs_f64();
        self.tell_transcript(&turn.item_id, &text, seconds);
    }

    /// Tells the client what was understood, if it wants to know.
    pub(super) fn tell_transcript(&mut self, item_id: &str, text: &str, seconds: f64) {
        if self.session.audio.input.transcription.is_none() {
            return;
        }
        let item_id = item_id.to_owned();
        let (content_index, logprobs) = (0, None);
        if !text.is_empty() {
            let delta = text.to_owned();
            let item_id = item_id.clone();
            self.emit(ServerEvent::TranscriptionDelta {
                item_id,
                content_index,
                delta,
                logprobs: None,
            });
        }
        let transcript = text.to_owned();
        let usage = TranscriptionUsage::Duration { seconds };
        self.emit(ServerEvent::TranscriptionCompleted {
            item_id,
            content_index,
            transcript,
            usage,
            logprobs,
        });
    }

    pub(super) fn unsettled_deadline(&self) -> Option<Position> {
        let since = self.unsettled.iter().filter_map(|turn| match turn.voice {
            Voice::Off(since) => Some(since + TRANSCRIPT_PATIENCE),
            Voice::On(_) => None,
        });
        since.min()
    }

    /// Committed turns whose words have come, or will not come any more.
    pub(super) fn settle_unsettled(&mut self, now: Position) {
        let late = |turn: &Turn| matches!(turn.voice, Voice::Off(since) if now >= since + TRANSCRIPT_PATIENCE);
        while let Some(at) = self
            .unsettled
            .iter()
            .position(|turn| turn.settled() || late(turn))
        {
            let turn = self.unsettled.remove(at);
            for segment in turn.open() {
                self.outputs.push_back(Output::Discard { segment });
            }
            if turn.settled() || !turn.text().is_empty() {
                self.transcribed(&turn);
                continue;
            }
            if self.session.audio.input.transcription.is_some() {
                let error = ErrorBody::server(
                    "transcription_failed",
                    "The speech could not be transcribed.",
                );
                let (item_id, content_index) = (turn.item_id.clone(), 0);
                self.emit(ServerEvent::TranscriptionFailed {
                    item_id,
                    content_index,
                    error,
                });
            }
        }
        self.ask_if_settled();
    }

    /// `input_audio_buffer.commit`.
    pub(super) fn commit_by_client(&mut self, event_id: Option<String>, now: Position) {
        let buffered = self.received - self.buffer_from;
        if buffered < LEAST_COMMIT {
            let error = ErrorBody::commit_empty(buffered.as_millis() as u64).for_event(event_id);
            self.emit(ServerEvent::Error { error });
            return;
        }
        if self.turn.is_none() {
            // Nobody spoke; the client wants an item all the same.
            let from = self.buffer_from;
            self.begin_turn(from);
        }
        let received = self.received;
        if let Some(segment) = self.turn.as_mut().and_then(|turn| turn.end(received)) {
            self.outputs.push_back(Output::End {
                segment,
                to: received,
            });
        }
        if let Some(turn) = self.turn.take() {
            self.commit(turn);
        }
        self.quiet_since = now;
    }

    /// `input_audio_buffer.clear`.
    pub(super) fn clear_by_client(&mut self, now: Position) {
        let overlapping = self.turn.as_ref().is_some_and(|turn| turn.overlapping);
        self.discard_turn();
        if overlapping {
            self.resume(now);
        }
        self.buffer_from = self.received;
        self.emit(ServerEvent::InputCleared {});
    }

    pub(super) fn idle_deadline(&self) -> Option<Position> {
        let Some(TurnDetection::ServerVad(vad)) = self.detection() else {
            return None;
        };
        let idle = self.turn.is_none()
            && self.answer.is_none()
            && self.sounding.is_none()
            && self.held.is_none();
        let wait = Duration::from_millis(vad.idle_timeout_ms?.into());
        idle.then(|| self.quiet_since + wait)
    }

    /// Nobody spoke for as long as the session allows: the client is prompted.
    pub(super) fn idle_if_due(&mut self, now: Position) {
        if self.idle_deadline().is_none_or(|due| now < due) {
            return;
        }
        let from = self.buffer_from.max(self.quiet_since);
        self.begin_turn(from);
        let Some(turn) = self.turn.take() else { return };
        self.emit(ServerEvent::TimeoutTriggered {
            audio_start_ms: self.buffer_ms(from),
            audio_end_ms: self.buffer_ms(now),
            item_id: turn.item_id.clone(),
        });
        self.commit(turn);
        self.quiet_since = now;
        self.respond_to_turn(now, now);
    }

    pub(super) fn expire_hold(&mut self, now: Position) {
        if let Some((item_id, since)) = self.held.clone()
            && now >= since + LONGEST_HOLD
        {
            self.release_turn(&item_id, now);
        }
    }
}

fn padding(detection: &TurnDetection) -> u32 {
    match detection {
        TurnDetection::ServerVad(vad) => vad.prefix_padding_ms,
        TurnDetection::SemanticVad(_) => 300,
    }
}
