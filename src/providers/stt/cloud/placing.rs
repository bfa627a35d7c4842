//! A vendor's words on the session's timeline, whichever way it tells their times.

use std::time::Duration;

use super::clock::time;
use super::ear::Ear;
use super::wire::Spoken;
use super::words::{Heard, spread};
use crate::providers::stt::Word;

/// By how much a vendor's times may be off and still be times of the whole connection.
const OFF: Duration = Duration::from_millis(300);

/// Few words last longer, and none of those by which a line is guessed to be all that was said.
const LONG: Duration = Duration::from_millis(500);

impl Ear {
    /// Puts a vendor's words on the timeline.
    pub(super) fn place(&self, turn: u64, words: Vec<Spoken>) -> Vec<Heard> {
        let settled: Vec<bool> = words.iter().map(|word| word.settled).collect();
        let words = if self.habits.speech_only {
            self.place_in_stretch(turn, words)
        } else {
            let words = words.into_iter();
            words.map(|word| self.timed(word, Duration::ZERO)).collect()
        };
        let heard = |(word, settled)| Heard { word, settled };
        words.into_iter().zip(settled).map(heard).collect()
    }

    /// The same for the words of one flush, whose times may count from its beginning, or be none.
    fn place_in_stretch(&self, turn: u64, words: Vec<Spoken>) -> Vec<Word> {
        let Some((from, to)) = self.flushes.stretch(turn, self.clock.count()) else {
            return Vec::new();
        };
        let (from, to) = (time(from), time(to));
        let all = |from: Duration, to: Duration| {
            let within = |span: (Duration, Duration)| span.0 + OFF >= from && span.1 <= to + OFF;
            words.iter().all(|word| word.span.is_some_and(within))
        };
        let shift = if all(from, to) {
            Some(Duration::ZERO)
        } else {
            all(Duration::ZERO, to.saturating_sub(from)).then_some(from)
        };
        match shift {
            Some(shift) => words
                .into_iter()
                .map(|word| self.timed(word, shift))
                .collect(),
            None => {
                let (begins, mut ends) = (self.clock.begins(from), self.clock.ends(to));
                if words.iter().any(|word| !word.settled) {
                    // They are of what the vendor has listened to, which may not be all of it.
                    let most = LONG * u32::try_from(words.len()).unwrap_or(u32::MAX);
                    ends = ends.min(begins + most);
                }
                let texts = words.into_iter().map(|word| (word.text, word.confidence));
                spread(texts.collect(), begins, ends)
            }
        }
    }

    fn timed(&self, word: Spoken, shift: Duration) -> Word {
        let (start, end) = word.span.unwrap_or_default();
        Word {
            text: word.text,
            start: self.clock.begins(start + shift),
            end: self.clock.ends(end + shift),
            confidence: word.confidence,
        }
    }
}
