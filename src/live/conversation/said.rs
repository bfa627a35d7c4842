//! What was said, by whom and when: the words of both sides with their place on the session's
//! timeline, for the archive.

use std::time::Duration;

use media::Position;
use media::playout::RATE;
use signaling::event::{Item, ItemKind, Role};

use super::Conversation;
use super::input::Generation;
use super::items::ms;
use super::sounding::Sounding;
use super::speech::Speech;
use super::turn::Turn;
use crate::archive::event::{Event, Placed, Said, Sent, Speaker, TimedWord};

/// How often, while somebody speaks, the archive is told what was said so far: a killed process
/// loses no more than that and what the recorder gathers before it writes, together less than a second.
pub(super) const EVERY: Duration = Duration::from_millis(400);
/// What is told so far holds all the words again. Of a speech that lasts minutes it is told less often, so
/// that it takes so many bytes of the log a second at most; the trace, which tells only what is new, has the
/// coach's words all the same.
const A_SECOND: u64 = 8 << 10;
/// A byte of the words takes about so many there, with their times.
const FOR_A_BYTE: u64 = 10;

impl Conversation {
    /// The words of a turn, as they are for now or for good.
    fn said_in(&self, turn: &Turn, cut: bool) -> Said {
        let (from, to) = turn.span(self.received);
        let words = turn.words();
        Said {
            item_id: turn.item_id.clone(),
            speaker: Speaker::Coach,
            from_ms: words.first().map_or(from.ms(), |word| word.from_ms),
            to_ms: words.iter().map(|word| word.to_ms).max().unwrap_or(to.ms()),
            text: turn.sentence(),
            words,
            cut,
            typed: turn.is_corrected(),
            afterwards: false,
        }
    }

    /// Keeps what the coach said in a turn that is over.
    pub(super) fn record_turn(&mut self, turn: &Turn) {
        if turn.has_speech() {
            let said = self.said_in(turn, false);
            self.record(Event::Said(said));
        }
    }

    /// Keeps what the coach has said so far in a turn that goes on.
    pub(super) fn record_turn_so_far(&mut self, settled: bool, now: Position) {
        let Some(turn) = self.turn.as_ref().filter(|turn| !turn.overlapping) else {
            return;
        };
        // Words that are settled are kept at once, unless that were too often.
        let soon = if settled { EVERY } else { Duration::ZERO };
        let due = match &turn.kept {
            None => true,
            Some((at, text)) => now + soon >= *at + wait(text),
        };
        let before = turn.kept.as_ref().map_or("", |(_, text)| text);
        if !due || turn.text() == before {
            return;
        }
        let said = self.said_in(turn, true);
        if let Some(turn) = &mut self.turn {
            turn.kept = Some((now, turn.text()));
        }
        self.record(Event::Said(said));
    }

    /// Takes back what was kept of a turn that was none.
    pub(super) fn record_unsaid(&mut self, turn: &Turn) {
        if turn.kept.is_some() {
            let said = Said {
                text: String::new(),
                words: Vec::new(),
                ..self.said_in(turn, false)
            };
            self.record(Event::Said(said));
        }
    }

    /// Keeps what somebody typed: a message, or what was really said in place of what was
    /// understood.
    pub(super) fn record_typed(&mut self, item_id: &str, cut: bool, now: Position) {
        let Some(item) = self.items.get(item_id) else {
            return;
        };
        let speaker = match writer(&item) {
            Some(Role::User) => Speaker::Coach,
            Some(Role::Assistant) => Speaker::Client,
            Some(Role::System) | None => return,
        };
        let text = self.items.text(item_id).unwrap_or_default();
        let (from, to) = self.items.span(item_id).unwrap_or((now, now));
        self.record(Event::Said(Said {
            item_id: item_id.to_owned(),
            speaker,
            from_ms: from.ms(),
            to_ms: to.ms(),
            text,
            words: Vec::new(),
            cut,
            typed: true,
            afterwards: false,
        }));
    }

    /// Keeps how much of an item of the conversation was heard, in samples.
    pub(super) fn record_heard(&mut self, item_id: &str, heard: u64, cut: bool) {
        if let Some(spoken) = self.items.speech(item_id) {
            let said = self.said_of(item_id, spoken.generation, &spoken.speech, heard, cut);
            self.record_sound(said);
        }
    }

    /// The same of an answer outside the conversation.
    pub(super) fn record_heard_beside(&mut self, sounding: &Sounding, heard: u64, cut: bool) {
        if let (Some(item_id), Some(speech)) = (&sounding.item_id, &sounding.speech) {
            let said = self.said_of(item_id, sounding.generation, speech, heard, cut);
            self.record_sound(said);
        }
    }

    /// Keeps how much was heard so far of the answer that sounds.
    pub(super) fn record_heard_so_far(&mut self, now: Position) {
        let (Some(sounding), Some(answer)) = (&self.sounding, &self.answer) else {
            return;
        };
        if sounding.generation != answer.generation || now < sounding.kept_until {
            return;
        }
        let heard = self.playout.heard_of(sounding.generation.0, now);
        let heard = heard.map_or(0, |heard| heard.heard);
        let said = sounding.item_id.as_ref().and_then(|item_id| {
            self.said_of(item_id, sounding.generation, &answer.speech, heard, true)
        });
        let words = said.as_ref().map_or("", |said| &said.text);
        let until = now + wait(words);
        if let Some(sounding) = &mut self.sounding {
            sounding.kept_until = until;
        }
        self.record_sound(said);
    }

    /// Keeps that an answer was cut to what was heard of it.
    pub(super) fn record_truncated(&mut self, item_id: &str, heard: u64) {
        let (item_id, audio_ms) = (item_id.to_owned(), ms(heard));
        let text = self.items.text(&item_id).unwrap_or_default();
        self.record(Event::Truncated {
            item_id: item_id.clone(),
            audio_ms,
            text,
        });
        self.record_heard(&item_id, heard, true);
    }

    /// Keeps how an answer of the conversation sounds, and where.
    pub(super) fn record_sent(&mut self, item_id: &str) {
        let Some(spoken) = self.items.speech(item_id) else {
            return;
        };
        let sent = spoken.speech.sent_samples();
        if sent == 0 {
            return;
        }
        let places = self.playout.places(spoken.generation.0);
        let sent = Sent {
            item_id: item_id.to_owned(),
            audio_ms: ms(sent),
            words: spoken.speech.words_sent(),
            places: places
                .map(|(sample, at)| Placed {
                    audio_ms: ms(sample),
                    at_ms: at.ms(),
                })
                .collect(),
        };
        self.record(Event::Sent(sent));
    }

    fn record_sound(&mut self, said: Option<Said>) {
        if let Some(said) = said {
            self.record(Event::Said(said));
        }
    }

    /// What was heard of an answer, word by word, where it was heard. `None` if that was nothing.
    fn said_of(
        &self,
        item_id: &str,
        generation: Generation,
        speech: &Speech,
        heard: u64,
        cut: bool,
    ) -> Option<Said> {
        let heard = heard.min(speech.sent_samples());
        let begin = |sample: u64| self.playout.place(generation.0, sample);
        // The end of a sample, so that a pause after a word does not lengthen it.
        let end = |sample: u64| {
            let last = begin(sample.checked_sub(1)?)?;
            Some(last + Duration::from_nanos(1_000_000_000 / u64::from(RATE)))
        };
        let timed = |word: &super::speech::HeardWord<'_>| {
            Some(TimedWord {
                text: word.text.to_owned(),
                from_ms: begin(word.from)?.ms(),
                to_ms: end(word.to)?.ms(),
            })
        };
        let words = speech.words_heard(heard);
        Some(Said {
            item_id: item_id.to_owned(),
            speaker: Speaker::Client,
            from_ms: begin(0)?.ms(),
            to_ms: end(heard).or(begin(0))?.ms(),
            text: speech.heard(heard),
            words: words
                .iter()
                .map(timed)
                .collect::<Option<_>>()
                .unwrap_or_default(),
            cut,
            typed: false,
            afterwards: false,
        })
    }
}

/// How long nothing more is told after so many words.
fn wait(words: &str) -> Duration {
    let bytes = words.len() as u64 * FOR_A_BYTE;
    EVERY.max(Duration::from_millis(bytes * 1000 / A_SECOND))
}

fn writer(item: &Item) -> Option<Role> {
    match &item.kind {
        ItemKind::Message { role, .. } => Some(*role),
        _ => None,
    }
}
