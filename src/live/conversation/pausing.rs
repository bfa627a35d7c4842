//! The client's silences: whether the coach leaves them, or steps in.
//!
//! While the client thinks, before an answer or in the middle of one, the turn is its own. And
//! what the coach leaves after the client has said all is a silence, too.

use std::ops::RangeInclusive;
use std::time::Duration;

use media::Position;

use super::Conversation;
use super::input::Generation;
use super::items::ms;
use super::speech::{Pause, Speech};
use super::turn::Turn;
use crate::archive::event::{Event, Outcome, Place, Silence};

/// How long the coach leaves a silence, after the client has said all, that is no mere breath: a
/// longer one is an absence.
const HELD_AFTER: RangeInclusive<Duration> = Duration::from_secs(3)..=Duration::from_secs(30);
/// A coach who speaks so soon after the client's turn began goes on with their own.
const OWN_BREATH: Duration = Duration::from_millis(700);
/// How long after its last word an echo of the client's voice may come.
const ECHO: Duration = Duration::from_millis(600);

/// A silence that is being heard.
#[derive(Clone, Copy, Debug)]
struct Present {
    pause: Pause,
    /// Where it began, on the session's timeline.
    since: Position,
    /// What of the answer was heard, in samples.
    heard: u64,
}

impl Conversation {
    /// Notes the silences that were heard to their end: the coach waited.
    pub(super) fn watch_silences(&mut self, now: Position) {
        let Some((generation, speech)) = self.sounding_speech().filter(|(_, s)| s.has_pauses())
        else {
            self.thinks_aloud = false;
            return;
        };
        let heard = self.playout.heard_of(generation.0, now);
        let heard = heard.map_or(0, |heard| heard.heard);
        let thinks = speech.thinks_at(heard);
        let noted = self.sounding.as_ref().map_or(0, |sound| sound.silences);
        let over = speech.pauses().into_iter().skip(noted);
        let over: Vec<Pause> = over.take_while(|pause| pause.to <= heard).collect();
        self.thinks_aloud = thinks;
        for pause in over {
            if let Some(sounding) = &mut self.sounding {
                sounding.silences += 1;
            }
            self.note_pause(generation, pause, None);
        }
    }

    /// The coach takes the turn: if the client was thinking, into its silence. Whether that was so.
    pub(super) fn note_stepping_in(&mut self, now: Position) -> bool {
        let Some(Present { pause, since, .. }) = self.present_silence(now) else {
            return false;
        };
        let least = match pause.within {
            true => Duration::ZERO,
            false => OWN_BREATH,
        };
        let began = self.turn.as_ref().map(|turn| turn.started);
        if began.is_none_or(|began| began < since + least) {
            return false;
        }
        match self.sounding_speech() {
            Some((generation, _)) => self.note_pause(generation, pause, began),
            None => false,
        }
    }

    /// From which sample on the client's voice may come back as an echo, if its last words are too
    /// long ago for that.
    pub(super) fn silent_for_long(&self, now: Position) -> Option<u64> {
        let present = self.present_silence(now)?;
        let long = ms(present.heard - present.pause.from) >= ECHO.as_millis() as u64;
        long.then_some(present.heard)
    }

    /// The silence to think that is being heard.
    fn present_silence(&self, now: Position) -> Option<Present> {
        let (generation, speech) = self.sounding_speech()?;
        if !speech.has_pauses() {
            return None;
        }
        let heard = self.playout.heard_of(generation.0, now)?.heard;
        let mut pauses = speech.pauses().into_iter();
        let pause = pauses.find(|pause| (pause.from..pause.to).contains(&heard))?;
        let since = self.playout.place(generation.0, pause.from)?;
        Some(Present {
            pause,
            since,
            heard,
        })
    }

    /// The answer that sounds.
    fn sounding_speech(&self) -> Option<(Generation, &Speech)> {
        let sounding = self.sounding.as_ref()?;
        let generation = sounding.generation;
        let present = self.answer.as_ref();
        let present = present.filter(|answer| answer.generation == generation);
        let kept = || {
            let spoken = self.items.speech(sounding.item_id.as_deref()?)?;
            (spoken.generation == generation).then_some(&spoken.speech)
        };
        let speech = present.map(|answer| &answer.speech);
        let speech = speech.or(sounding.speech.as_ref()).or_else(kept)?;
        Some((generation, speech))
    }

    /// Keeps what became of a silence; `broken` is where the coach stepped in. Whether it was one
    /// of the conversation's.
    fn note_pause(
        &mut self,
        generation: Generation,
        pause: Pause,
        broken: Option<Position>,
    ) -> bool {
        let at = |sample| self.playout.place(generation.0, sample);
        let Some(from) = at(pause.from) else {
            return false;
        };
        let Some(item_id) = self.sounding.as_ref().and_then(|s| s.item_id.clone()) else {
            return false;
        };
        let place = match pause.within {
            true => Place::Within,
            false => Place::Before,
        };
        let outcome = match broken {
            Some(_) => Outcome::Broken,
            None => Outcome::Held,
        };
        let last = || at(pause.to.saturating_sub(1)).unwrap_or(from);
        let to = broken.unwrap_or_else(last);
        self.note_silence(item_id, place, outcome, from, to)
    }

    pub(super) fn note_silence(
        &mut self,
        item_id: String,
        place: Place,
        outcome: Outcome,
        from: Position,
        to: Position,
    ) -> bool {
        let noted = self.items.silence(&item_id, outcome);
        if noted {
            self.record(Event::Silence(Silence {
                item_id,
                place,
                outcome,
                from_ms: from.ms(),
                to_ms: to.max(from).ms(),
            }));
        }
        noted
    }

    /// The silence that the coach left before a turn of theirs: after which item, and since when.
    fn left_before(&self, turn: &Turn) -> Option<(&str, Position)> {
        let (item_id, ended) = self.said_all.as_ref()?;
        let left = turn.started.since(*ended);
        let spoken = turn.has_speech() && turn.started >= *ended;
        (spoken && HELD_AFTER.contains(&left)).then_some((item_id.as_str(), *ended))
    }

    /// Whether the coach left a silence before the turn that is still open.
    pub(super) fn leaves_silence(&self) -> bool {
        let turn = self.turn.as_ref();
        turn.is_some_and(|turn| self.left_before(turn).is_some())
    }

    /// The coach's turn is over: notes the silence that they left before it.
    pub(super) fn note_left(&mut self, turn: &Turn) {
        let left = self.left_before(turn);
        let left = left.map(|(item_id, ended)| (item_id.to_owned(), ended));
        self.said_all = None;
        if let Some((item_id, ended)) = left {
            self.note_silence(item_id, Place::After, Outcome::Held, ended, turn.started);
        }
    }
}
