//! Both talk at once: whether the coach takes the turn or the client goes on.

use std::time::Duration;

use media::Position;

use super::interruption::{Harmless, Overlap, Sign, Verdict, judge};
use super::turn::Voice;
use super::{Conversation, Ending};
use crate::archive::event::Event;

/// A client that has this little left to say is done: a "yes" over it is an answer, not a
/// back-channel.
const NEARLY_DONE: Duration = Duration::from_millis(600);
/// How far back from what is heard now an echo may come, in samples at 24 kHz.
const ECHO_PAST: u64 = 4 * 24_000;
/// How far the estimate of what is heard now may lag behind.
const ECHO_AHEAD: u64 = 24_000;

impl Conversation {
    /// Decides what speech over the client's voice is, as soon as it is clear.
    pub(super) fn judge_overlap(&mut self, now: Position) {
        let sounds = self.client_sounds();
        let Some(turn) = self.turn.as_mut().filter(|turn| turn.overlapping) else {
            return;
        };
        // The echo of its last words outlasts the client's voice.
        turn.over_voice |= sounds;
        let audible = turn.over_voice;
        let late = now >= turn.patience_ends();
        let over = matches!(turn.voice, Voice::Off(_)) && (turn.settled() || late);
        let (text, voiced) = (turn.text(), turn.voiced(self.received));
        let spoken = self.possible_echo(now);
        let verdict = judge(Overlap {
            text: &text,
            voiced,
            over,
            audible,
            paused: self.paused,
            spoken: &spoken,
        });
        match verdict {
            Verdict::Interrupts => self.take_floor(now),
            Verdict::Harmless(Harmless::BackChannel) if self.client_nearly_done(now) => {
                self.let_both(now);
            }
            Verdict::Harmless(kind) => {
                self.discard_turn();
                self.false_alarm = true;
                self.record_harmless(kind);
                self.resume(now);
            }
            Verdict::Unclear(Sign::Echo) => {}
            Verdict::Unclear(_) if !self.client_has_the_floor() => self.let_both(now),
            Verdict::Unclear(Sign::Words) => self.pause(now),
            Verdict::Unclear(Sign::Sound) => {}
        }
        if over {
            self.draft_if_likely(now);
        }
    }

    /// The coach takes the turn: the client falls silent, and what it was heard to say remains.
    pub(super) fn take_floor(&mut self, now: Position) {
        let sounding = self.sounding.as_ref().map(|sound| &sound.response_id);
        let answer = self.answer.as_ref().map(|answer| &answer.response.id);
        let response_id = answer.or(sounding).cloned();
        let thinking = self.note_stepping_in(now);
        self.record(Event::BargeIn {
            response_id,
            thinking,
        });
        if let Some(turn) = &mut self.turn {
            turn.overlapping = false;
        }
        self.announce_turn();
        // If this turns out to be no turn, the coach's last one has still to be answered.
        self.response_waits |= self.answers_by_itself()
            && self.answer.as_ref().is_some_and(|answer| answer.remembered)
            && self.heard_now(now).is_empty();
        self.cut(Ending::TurnDetected, now);
        self.tell_caption();
    }

    /// The coach takes the next turn while the client ends by itself.
    fn let_both(&mut self, now: Position) {
        if let Some(turn) = &mut self.turn {
            turn.overlapping = false;
        }
        self.resume(now);
        self.announce_turn();
        self.tell_caption();
    }

    /// What of the client's voice may come back through the microphone about now.
    fn possible_echo(&self, now: Position) -> String {
        let answer = self.answer.as_ref();
        let present = answer.filter(|answer| answer.first_packet.is_some());
        let Some(speech) = present
            .map(|answer| &answer.speech)
            .or_else(|| self.items.last_speech())
        else {
            return String::new();
        };
        let heard = self
            .sounding
            .as_ref()
            .map_or(speech.sent_samples(), |sounding| {
                let heard = self.playout.heard_of(sounding.generation.0, now);
                heard.map_or(0, |heard| heard.heard)
            });
        let from = self.silent_for_long(now);
        let from = from.unwrap_or_else(|| heard.saturating_sub(ECHO_PAST));
        speech.between(from, heard + ECHO_AHEAD)
    }

    /// What was heard of the present answer so far.
    pub(super) fn heard_now(&self, now: Position) -> String {
        let Some(answer) = &self.answer else {
            return String::new();
        };
        let heard = self.playout.heard_of(answer.generation.0, now);
        heard.map_or_else(String::new, |heard| answer.speech.heard(heard.heard))
    }

    fn client_nearly_done(&self, now: Position) -> bool {
        let unsent = match &self.answer {
            None => Duration::ZERO,
            Some(answer) if answer.written.is_some() && answer.first_packet.is_some() => {
                match answer.speech.unsent() {
                    Some(unsent) => unsent,
                    None => return false,
                }
            }
            Some(_) => return false,
        };
        unsent + self.playout.ahead(now) <= NEARLY_DONE
    }
}
