//! Listening to the coach: voice activity and words become a turn.

use std::time::Duration;

use media::Position;
use signaling::event::ServerEvent;
use signaling::event::audio::TurnDetection;
use signaling::event::own::{Caption, Notice};

use super::endpoint::{longest_silence, silence_needed};
use super::turn::{Turn, Voice};
use super::{Conversation, Input, Output, Reason};
use crate::providers::ProviderError;
use crate::providers::stt::Transcript;

/// The code of the notice that another recogniser listens.
const REPLACED: &str = "recogniser_replaced";

/// The code of the notice that the one from before listens again.
const BACK: &str = "recogniser_back";

/// Speech goes on sounding this long after voice activity ends.
pub const TRAILING: Duration = Duration::from_millis(200);

impl Conversation {
    pub(super) fn audio(&mut self, to: Position, now: Position) {
        let from = self.received;
        self.received = self.received.max(to);
        if self.detection().is_none() && self.turn.is_none() {
            // Push to talk: whatever comes until the commit belongs to the turn.
            let begun = self.buffer_from.max(from);
            self.begin_turn(begun);
            self.begin_segment(begun, Duration::ZERO);
            self.quiet_since = now;
        }
    }

    pub(super) fn voice_started(&mut self, at: Position, now: Position) {
        let Some(detection) = self.detection().copied() else {
            return;
        };
        self.end_turn_before(at, now);
        self.drop_draft();
        let padding = padding(&detection);
        if self.turn.is_none() {
            self.begin_turn(at);
            let overlapping = detection.interrupt_response() && self.client_has_the_floor();
            if let Some(turn) = &mut self.turn {
                turn.overlapping = overlapping;
            }
        }
        self.begin_segment(at, padding);
        let overlapping = self.turn.as_ref().is_some_and(|turn| turn.overlapping);
        if !overlapping {
            self.announce_turn();
        } else if !self.false_alarm {
            self.pause(now);
        }
    }

    pub(super) fn voice_stopped(&mut self, at: Position, now: Position) {
        if self.detection().is_none() {
            return;
        }
        // Sound may have broken off with the speech.
        let to = self.received.min(at + TRAILING).max(at);
        self.end_segment(at, to, now);
        self.quiet_since = now;
    }

    /// Takes in what the recogniser says; anything else is not for it.
    pub(super) fn recognised(&mut self, input: Input, now: Position) {
        match input {
            Input::Partial {
                segment,
                transcript,
            } => self.words(segment, transcript, false, now),
            Input::Final {
                segment,
                transcript,
            } => self.words(segment, transcript, true, now),
            Input::TranscriptFailed { segment, error } => self.transcript_failed(segment, &error),
            _ => {}
        }
    }

    fn words(&mut self, segment: u64, transcript: Transcript, last: bool, now: Position) {
        let mut turns = self.turn.iter_mut().chain(&mut self.unsettled);
        if !turns.any(|turn| turn.understood(segment, transcript.clone(), last, now)) {
            return;
        }
        self.tell_caption();
        self.record_turn_so_far(last, now);
        if last {
            self.draft_if_likely(now);
        }
    }

    fn transcript_failed(&mut self, segment: u64, error: &ProviderError) {
        let mut turns = self.turn.iter_mut().chain(&mut self.unsettled);
        if turns.any(|turn| turn.give_up(segment)) {
            self.record_failed("stt", error);
            self.notice("recogniser_trouble", &error.to_string());
        }
    }

    /// The recogniser believes that the coach has finished.
    pub(super) fn hinted(&mut self, segment: u64, confidence: f32, now: Position) {
        if let Some(turn) = &mut self.turn {
            turn.hinted(segment, confidence);
            self.draft_if_likely(now);
        }
    }

    /// The recogniser failed, and another listens: the coach is told quietly, unless it is the one
    /// that they were told of last.
    pub(super) fn listener_stood_in(&mut self, error: &ProviderError, by: String, now: Position) {
        for turn in self.turn.iter_mut().chain(&mut self.unsettled) {
            turn.asked_anew(now);
        }
        self.record_failed("stt", error);
        let message = format!("Another recogniser listens now: {error}");
        if self.replaced.as_ref().is_none_or(|(told, _)| *told != by) {
            self.notice(REPLACED, &message);
        }
        self.replaced = Some((by, message));
    }

    /// A recogniser from before listens again: of the first the coach is told as quietly as of the
    /// other, and of one between them nothing, since still another listens.
    pub(super) fn listener_back(&mut self, by: String, first: bool) {
        if !first {
            if let Some(replaced) = &mut self.replaced {
                let message = format!("Another recogniser listens now: {by}");
                *replaced = (by, message);
            }
        } else if self.replaced.take().is_some() {
            self.notice(BACK, "The recogniser from before listens again.");
        }
    }

    /// The same to a client that wants to know such things only now, since it still holds.
    pub(super) fn tell_replaced(&mut self) {
        if let Some((_, message)) = self.replaced.clone() {
            let code = REPLACED.to_owned();
            self.emit_own(ServerEvent::Notice(Notice { code, message }));
        }
    }

    /// Whether the client speaks, writes, or is about to.
    pub(super) fn client_has_the_floor(&self) -> bool {
        self.answer.is_some() || self.client_sounds()
    }

    pub(super) fn begin_turn(&mut self, at: Position) {
        let item_id = self.id("item");
        self.drafts_of_turn = 0;
        self.caption = (String::new(), String::new());
        self.turn = Some(Turn::new(item_id, at));
    }

    pub(super) fn begin_segment(&mut self, at: Position, padding: Duration) {
        let from = at.back(padding).max(self.buffer_from);
        if let Some(turn) = &mut self.turn {
            self.counters.segment += 1;
            let segment = self.counters.segment;
            // Sound that the segment before has taken is not decoded twice.
            let from = from.max(turn.taken_to().unwrap_or_default());
            turn.begin(segment, at);
            self.outputs.push_back(Output::Begin { segment, from });
        }
    }

    /// Speech ended at `at`; its sound is taken up to `to`.
    pub(super) fn end_segment(&mut self, at: Position, to: Position, now: Position) {
        if let Some(segment) = self.turn.as_mut().and_then(|turn| turn.end(at, to, now)) {
            self.outputs.push_back(Output::End { segment, to });
        }
    }

    /// `input_audio_buffer.speech_started`, once for every turn.
    pub(super) fn announce_turn(&mut self) {
        let padding = self.detection().map_or(Duration::ZERO, padding);
        let Some(turn) = self.turn.as_mut().filter(|turn| turn.announced.is_none()) else {
            return;
        };
        let started = turn.started.back(padding).max(self.buffer_from);
        let item_id = turn.item_id.clone();
        let audio_start_ms = self.gaps.audio_ms(started);
        turn.announced = Some(audio_start_ms);
        self.emit(ServerEvent::SpeechStarted {
            audio_start_ms,
            item_id,
        });
    }

    /// Shows what was understood so far. Words over the client's voice are not shown before they
    /// are known to be the coach's and meant as a turn.
    pub(super) fn tell_caption(&mut self) {
        let Some(turn) = self.turn.as_ref().filter(|turn| !turn.overlapping) else {
            return;
        };
        let caption = turn.caption();
        let item_id = turn.item_id.clone();
        self.show_caption(item_id, caption);
    }

    fn show_caption(&mut self, item_id: String, caption: (String, String)) {
        if caption == self.caption {
            return;
        }
        self.caption = caption.clone();
        let (stable, unstable) = caption;
        self.emit_own(ServerEvent::Caption(Caption {
            item_id,
            stable,
            unstable,
        }));
    }

    /// Forgets the turn: it was none. A caption of it is taken back.
    pub(super) fn discard_turn(&mut self) {
        let Some(mut turn) = self.turn.take() else {
            return;
        };
        self.give_up_words(&mut turn);
        self.drop_draft();
        self.record_unsaid(&turn);
        self.show_caption(turn.item_id, (String::new(), String::new()));
    }

    /// The words of a turn that are still to come are not waited for any more.
    pub(super) fn give_up_words(&mut self, turn: &mut Turn) {
        for segment in turn.open().collect::<Vec<_>>() {
            turn.give_up(segment);
            self.outputs.push_back(Output::Discard { segment });
        }
    }

    pub(super) fn turn_deadline(&self) -> Option<(Position, Reason)> {
        let turn = self.turn.as_ref()?;
        let settled = turn.settled();
        if turn.overlapping {
            // While the voice is on, the sound that arrives is what may change the verdict.
            let waits = matches!(turn.voice, Voice::Off(_)) && !settled;
            return waits.then(|| (turn.patience_ends(), Reason::TranscriptLate));
        }
        let due = self.end_of_turn(turn)?;
        if settled {
            return Some((due, Reason::EndOfTurn));
        }
        Some((due.max(turn.patience_ends()), Reason::TranscriptLate))
    }

    fn end_of_turn(&self, turn: &Turn) -> Option<Position> {
        let Voice::Off(since) = turn.voice else {
            return None;
        };
        if turn.held {
            return None;
        }
        let wait = silence_needed(self.detection(), turn.completeness(), self.patience())?;
        Some(since + wait)
    }

    pub(super) fn end_turn_if_due(&mut self, now: Position) {
        if self.turn.as_ref().is_some_and(|turn| turn.overlapping) {
            return;
        }
        if self.turn_deadline().is_some_and(|(due, _)| now >= due) {
            self.end_turn(now);
        }
    }

    /// Ends a turn whose silence had lasted long enough when speech began again at `at`, though
    /// its words are not there yet: sound may come faster than time passes.
    fn end_turn_before(&mut self, at: Position, now: Position) {
        let Some(turn) = self.turn.as_ref().filter(|turn| !turn.overlapping) else {
            return;
        };
        let Some(silence) = longest_silence(self.detection()) else {
            return;
        };
        if let Voice::Off(since) = turn.voice
            && !turn.held
            && at >= since + silence
        {
            self.end_turn_unheard(now);
        }
    }
}

/// How much sound before the onset of speech belongs to it.
pub fn padding(detection: &TurnDetection) -> Duration {
    let ms = match detection {
        TurnDetection::ServerVad(vad) => vad.prefix_padding_ms,
        TurnDetection::SemanticVad(_) => 300,
    };
    Duration::from_millis(ms.into())
}
