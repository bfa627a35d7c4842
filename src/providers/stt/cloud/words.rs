//! What a vendor understood so far, turn by turn, on the session's timeline.

use std::collections::BTreeMap;

use media::Position;

use super::clock::{later, samples_between};
use crate::providers::stt::Word;

/// So many words of one turn are kept: an hour of speech.
const MOST_WORDS: usize = 10_000;
/// So many turns are kept, beyond those that are forgotten in time.
const MOST_TURNS: usize = 256;

/// A word on the timeline.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Heard {
    /// The word.
    pub word: Word,
    /// Whether the vendor will not change it.
    pub settled: bool,
}

impl Heard {
    /// Its middle, which says to which segment it belongs.
    pub fn middle(&self) -> Position {
        middle(&self.word)
    }
}

/// The turns of all connections so far.
#[derive(Debug, Default)]
pub(super) struct Words {
    /// By connection and the vendor's number.
    turns: BTreeMap<(u32, u64), Vec<Heard>>,
    connection: u32,
}

impl Words {
    /// The words of a turn, in place of those before.
    pub fn put(&mut self, turn: u64, mut words: Vec<Heard>) {
        words.retain(|heard| !heard.word.text.trim().is_empty());
        words.truncate(MOST_WORDS);
        self.turns.insert((self.connection, turn), words);
        if self.turns.len() > MOST_TURNS {
            self.turns.pop_first();
        }
    }

    /// The latest word of a turn of this connection.
    pub fn last_of(&self, turn: u64) -> Option<&Heard> {
        self.turns.get(&(self.connection, turn))?.last()
    }

    /// The words of this connection, the latest turn first.
    pub fn of_connection(&self) -> impl Iterator<Item = &Heard> {
        let turns = self.turns.range((self.connection, 0)..);
        turns.rev().flat_map(|(_, words)| words)
    }

    /// Another connection follows, which is sent everything from here on once more.
    pub fn reconnected(&mut self, from: Position) {
        for words in self.turns.values_mut() {
            words.retain(|heard| heard.middle() < from);
            // Nobody is left to change them.
            words.iter_mut().for_each(|heard| heard.settled = true);
        }
        self.turns.retain(|_, words| !words.is_empty());
        self.connection += 1;
    }

    /// Every word, in the order of the timeline.
    pub fn all(&self) -> Vec<&Heard> {
        let mut all: Vec<&Heard> = self.turns.values().flatten().collect();
        all.sort_by_key(|heard| heard.word.start);
        all
    }

    /// Words from before are of no interest any more.
    pub fn forget(&mut self, before: Position) {
        let latest = self.turns.last_key_value().map(|(key, _)| *key);
        self.turns.retain(|key, words| {
            words.retain(|heard| heard.middle() >= before);
            // The vendor still talks about the latest.
            !words.is_empty() || Some(*key) == latest
        });
    }
}

fn middle(word: &Word) -> Position {
    Position::new(word.start.samples().midpoint(word.end.samples()))
}

/// Puts words within a stretch, each after the one before: a vendor's times may be a little off.
pub(super) fn within(words: &mut Vec<Word>, from: Position, to: Position) {
    let sample = later(Position::ZERO, 1).samples();
    let last = Position::new(to.samples().saturating_sub(sample));
    if samples_between(from, to) == 0 {
        words.clear();
    }
    let mut before = from;
    for word in words {
        word.start = word.start.clamp(before, last);
        word.end = word.end.clamp(later(word.start, 1), to);
        word.confidence = if word.confidence.is_finite() {
            word.confidence.clamp(0.0, 1.0)
        } else {
            0.0
        };
        before = word.start;
    }
}

/// Spreads words without times over a stretch, by their letters.
pub(super) fn spread(texts: Vec<(String, f32)>, from: Position, to: Position) -> Vec<Word> {
    let letters = |text: &str| text.chars().count() as u64 + 1;
    let all: u64 = texts.iter().map(|(text, _)| letters(text)).sum();
    let length = to.samples().saturating_sub(from.samples());
    let at = |sofar: u64| Position::new(from.samples() + length * sofar / all.max(1));
    let mut sofar = 0;
    let place = |(text, confidence): (String, f32)| {
        let start = at(sofar);
        sofar += letters(&text);
        Word {
            text,
            start,
            end: at(sofar),
            confidence,
        }
    };
    texts.into_iter().map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ms(ms: u64) -> Position {
        Position::from_ms(ms)
    }

    fn heard(text: &str, from: u64, to: u64) -> Heard {
        let (text, start, end) = (text.to_owned(), ms(from), ms(to));
        let word = Word {
            text,
            start,
            end,
            confidence: 0.9,
        };
        Heard {
            word,
            settled: false,
        }
    }

    fn texts(words: &Words) -> Vec<&str> {
        words
            .all()
            .iter()
            .map(|heard| heard.word.text.as_str())
            .collect()
    }

    #[test]
    fn a_turn_replaces_itself_and_another_connection_only_what_it_hears_again() {
        let mut words = Words::default();
        words.put(0, vec![heard("what", 0, 100), heard("wood", 100, 200)]);
        words.put(1, vec![heard("you", 300, 400)]);
        words.put(0, vec![heard("what", 0, 100), heard("would", 100, 200)]);
        assert_eq!(texts(&words), ["what", "would", "you"]);
        words.reconnected(ms(120));
        assert_eq!(texts(&words), ["what"]);
        words.put(0, vec![heard("would", 110, 200)]);
        assert_eq!(texts(&words), ["what", "would"]);
        words.forget(ms(110));
        assert_eq!(texts(&words), ["would"]);
        assert_eq!(words.last_of(0).unwrap().word.text, "would");
    }

    #[test]
    fn words_without_times_share_a_stretch_by_their_letters() {
        let texts = ["a", "abc", "a"].map(|text| (text.to_owned(), 1.0));
        let words = spread(texts.into(), ms(1000), ms(1800));
        let times: Vec<_> = words.iter().map(|w| (w.start.ms(), w.end.ms())).collect();
        assert_eq!(times, [(1000, 1200), (1200, 1600), (1600, 1800)]);
        assert!(spread(Vec::new(), ms(5), ms(1)).is_empty());
    }

    proptest! {
        #[test]
        fn words_end_up_in_order_within_their_stretch(
            times in prop::collection::vec((0..9000u64, 0..9000u64, any::<f32>()), 0..20),
            from in 0..5000u64,
            length in 0..5000u64,
        ) {
            let word = |(start, end, confidence): &(u64, u64, f32)| Word {
                text: "word".to_owned(),
                start: ms(*start),
                end: ms(*end),
                confidence: *confidence,
            };
            let mut words: Vec<Word> = times.iter().map(word).collect();
            let (from, to) = (ms(from), ms(from + length));
            within(&mut words, from, to);
            prop_assert_eq!(words.is_empty(), times.is_empty() || length == 0);
            let mut before = from;
            for word in &words {
                prop_assert!(before <= word.start && word.start < word.end && word.end <= to);
                prop_assert!((0.0..=1.0).contains(&word.confidence));
                before = word.start;
            }
        }
    }
}
