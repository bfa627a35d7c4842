//! What stands of an utterance that another engine takes over: of sound that is not kept any more the
//! words that were understood of it, which the next engine's words follow.

use std::cmp::Reverse;

use media::Position;

use crate::providers::stt::{Transcript, Word};

/// Within so many words it shows where the one engine's lead over to the other's.
const NEAR: usize = 8;

/// What is understood of one segment.
#[derive(Clone, Debug, Default)]
pub(super) struct Standing {
    /// All of it.
    words: Vec<Word>,
    /// The words of another engine take their place once they reach as far.
    reached: Position,
    /// What was understood before this engine took over.
    before: Vec<Word>,
    /// So many of those are of sound that it is not told.
    lost: usize,
}

impl Standing {
    /// Another engine listens, and is told the sound from here on.
    pub fn hand_over(&mut self, from: Position) {
        self.reached = end(&self.words);
        self.before.clone_from(&self.words);
        self.lost = self.words.partition_point(|word| word.start < from);
    }

    /// An engine understood this, for good if it is the `last` of it: puts what stands before it.
    pub fn lead(&mut self, told: &mut Transcript, last: bool) {
        if self.lost > 0 {
            let (stand, begin) = self.seam(&told.words);
            told.words.drain(..begin);
            told.words.splice(..0, self.before[..stand].iter().cloned());
            told.stable = match last {
                true => told.words.len(),
                // Where the seam is may still change.
                false if told.stable < begin + NEAR => self.lost,
                false => stand + told.stable - begin,
            };
        }
        if end(&told.words) >= self.reached {
            self.words.clone_from(&told.words);
            self.reached = Position::ZERO;
        }
    }

    /// How many words from before stand, and with which its own begin. Near the beginning of the
    /// sound both heard the same: where two words agree the one engine's lead over to the other's,
    /// whatever the times say. Where none do, in the longest pause.
    fn seam(&self, own: &[Word]) -> (usize, usize) {
        let both = &self.before[self.lost..];
        let both = &both[..both.len().min(NEAR)];
        let near = &own[..own.len().min(NEAR)];
        let pairs = both.windows(2).enumerate().flat_map(|(i, first)| {
            let second = near.windows(2).enumerate();
            second.filter_map(move |(j, second)| agree(first, second).then_some((i, j)))
        });
        if let Some((i, j)) = pairs.min_by_key(|(i, j)| (i.abs_diff(*j), *j)) {
            return (self.lost + i, j);
        }
        let pause = |at: &usize| Reverse(both[*at].start - self.ends(self.lost + at));
        let (stand, at) = match (0..both.len()).min_by_key(pause) {
            Some(at) => (
                self.lost + at,
                middle(self.ends(self.lost + at), both[at].start),
            ),
            None => (self.lost, self.ends(self.lost)),
        };
        let begin = own.partition_point(|word| middle(word.start, word.end) < at);
        (stand, begin)
    }

    /// Where the first so many words from before end.
    fn ends(&self, words: usize) -> Position {
        end(&self.before[..words])
    }
}

/// Where words end.
fn end(words: &[Word]) -> Position {
    words.iter().map(|word| word.end).max().unwrap_or_default()
}

fn middle(from: Position, to: Position) -> Position {
    Position::new(from.samples().midpoint(to.samples()))
}

/// Whether these are the same words, however they are written.
fn agree(one: &[Word], other: &[Word]) -> bool {
    let plain = |word: &Word| {
        let letters = word.text.chars().filter(|c| c.is_alphanumeric());
        letters.flat_map(char::to_lowercase).collect::<String>()
    };
    one.iter().map(plain).eq(other.iter().map(plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Words at these times, in tenths of a second.
    fn words(all: &[(&str, u64, u64)]) -> Vec<Word> {
        let word = |(text, from, to): &(&str, u64, u64)| Word {
            text: (*text).to_owned(),
            start: Position::from_ms(from * 100),
            end: Position::from_ms(to * 100),
            confidence: 1.0,
        };
        all.iter().map(word).collect()
    }

    /// What comes of one engine's words when another, told the sound from there on, gives these.
    fn led(from: u64, before: &[(&str, u64, u64)], own: &[(&str, u64, u64)]) -> String {
        let mut standing = Standing::default();
        let mut first = Transcript {
            words: words(before),
            stable: 0,
        };
        standing.lead(&mut first, false);
        standing.hand_over(Position::from_ms(from * 100));
        let words = words(own);
        let stable = words.len();
        let mut told = Transcript { words, stable };
        standing.lead(&mut told, true);
        assert_eq!(told.stable, told.words.len());
        told.text()
    }

    const BEFORE: &[(&str, u64, u64)] = &[
        ("My", 0, 3),
        ("brother", 4, 9),
        ("called", 10, 14),
        ("me", 15, 17),
        ("and", 25, 28),
        ("we", 29, 31),
    ];

    #[test]
    fn with_all_of_the_sound_the_next_engines_words_are_all() {
        assert_eq!(led(0, BEFORE, &[("Mother", 0, 9)]), "Mother");
    }

    #[test]
    fn where_words_agree_the_times_do_not_matter() {
        for shift in [0, 6, 12] {
            let at = |text: &'static str, from: u64| (text, from + shift, from + shift + 3);
            let own = [
                at("thorn", 6),
                at("Called", 10),
                at("me,", 15),
                at("and", 25),
                at("she", 30),
            ];
            let all = "My brother Called me, and she";
            assert_eq!(led(6, BEFORE, &own), all, "{shift}");
        }
    }

    #[test]
    fn where_none_agree_the_seam_lies_in_the_longest_pause() {
        for shift in [0, 3] {
            let own = [
                ("ring", 10 + shift, 14 + shift),
                ("end", 22 + shift, 25 + shift),
                ("he", 28, 30),
            ];
            assert_eq!(
                led(6, BEFORE, &own),
                "My brother called me end he",
                "{shift}"
            );
        }
    }

    #[test]
    fn what_was_understood_to_the_end_is_neither_lost_nor_said_again() {
        let own = [("ee", 30, 31), ("went", 33, 36), ("home", 37, 40)];
        assert_eq!(
            led(30, BEFORE, &own),
            "My brother called me and we went home"
        );
        assert_eq!(led(90, BEFORE, &[]), "My brother called me and we");
    }

    #[test]
    fn until_its_words_reach_as_far_the_former_are_what_the_third_engine_follows() {
        let mut standing = Standing::default();
        let mut first = Transcript {
            words: words(BEFORE),
            stable: 0,
        };
        standing.lead(&mut first, false);
        standing.hand_over(Position::from_ms(600));
        let mut second = Transcript {
            words: words(&[("called", 10, 14)]),
            stable: 0,
        };
        standing.lead(&mut second, false);
        assert_eq!(
            (second.text().as_str(), second.stable),
            ("My brother called me", 2)
        );
        standing.hand_over(Position::from_ms(2800));
        let mut third = Transcript {
            words: words(&[("we", 29, 31), ("went", 33, 36)]),
            stable: 2,
        };
        standing.lead(&mut third, true);
        assert_eq!(third.text(), "My brother called me and we went");
    }
}
