//! Gives the words of a text their times, from what a vendor says of its characters or words.
//!
//! Letters and digits alone are compared, in lower case: vendors differ in what they do to spaces
//! and punctuation, and cut their answers anywhere. What they read out differently (`2024` as
//! words) is passed over until three letters in a row agree again; words in between share the time
//! that is left for them by their length. So does a whole text of which nothing is said: that is an
//! estimate.

use std::collections::VecDeque;
use std::ops::Range;

use crate::providers::tts::SpokenWord;
use crate::providers::tts::text::Written;

/// How far ahead a place is searched where the vendor's letters agree with ours again.
const WINDOW: usize = 80;

/// So many letters in a row are no coincidence.
const AGREEING: usize = 3;

/// The words of a text on their way to having times.
#[derive(Debug)]
pub(super) struct Aligner {
    /// What is to be heard, each with the number of its word.
    letters: Vec<(char, usize)>,
    words: Vec<Slot>,
    /// The letter that is expected next.
    at: usize,
    /// The last letters that were not expected.
    astray: VecDeque<Letter>,
    /// Words given out, and until when the last of them lasts.
    told: usize,
    told_to: u64,
}

#[derive(Debug)]
struct Slot {
    text: Range<usize>,
    /// Letter after its last.
    passed_at: usize,
    /// How long it takes in relation to the others.
    weight: u64,
    heard: Option<Range<u64>>,
}

#[derive(Clone, Copy, Debug)]
struct Letter {
    letter: char,
    start: u64,
    end: u64,
}

impl Aligner {
    pub fn new(words: &[Written]) -> Self {
        let mut letters = Vec::new();
        let mut slots = Vec::with_capacity(words.len());
        for (word, written) in words.iter().enumerate() {
            letters.extend(fold(&written.reading).map(|letter| (letter, word)));
            slots.push(Slot {
                text: written.range.clone(),
                passed_at: letters.len(),
                weight: written.reading.chars().count() as u64 + 1,
                heard: None,
            });
        }
        Self {
            letters,
            words: slots,
            at: 0,
            astray: VecDeque::with_capacity(AGREEING),
            told: 0,
            told_to: 0,
        }
    }

    /// A character, or a word, is spoken from `start` to `end`.
    pub fn hear(&mut self, text: &str, start: u64, end: u64) {
        let count = fold(text).count() as u64;
        let length = end.saturating_sub(start);
        for (n, letter) in fold(text).enumerate() {
            let n = n as u64;
            self.take(Letter {
                letter,
                start: start + length * n / count,
                end: start + length * (n + 1) / count,
            });
        }
    }

    /// Whether the vendor said when the last letter is spoken.
    pub fn is_complete(&self) -> bool {
        self.at == self.letters.len()
    }

    /// Until when what the vendor said lasts.
    pub fn lasts_until(&self) -> u64 {
        let heard = self.words.iter().filter_map(|word| word.heard.as_ref());
        heard.map(|heard| heard.end).max().unwrap_or_default()
    }

    /// Whether the vendor said anything at all.
    pub fn heard_any(&self) -> bool {
        self.at > 0
    }

    /// Words whose times are certain and lie within the `produced` samples.
    pub fn ready(&mut self, produced: u64) -> Vec<SpokenWord> {
        let certain = self.words[self.told..]
            .iter()
            .enumerate()
            .take_while(|(_, word)| word.passed_at <= self.at)
            .filter(|(_, word)| {
                let heard = word.heard.as_ref();
                heard.is_some_and(|heard| heard.end <= produced)
            })
            .last();
        match certain.map(|(n, _)| self.told + n + 1) {
            Some(upto) => self.give(upto, produced, produced),
            None => Vec::new(),
        }
    }

    /// The rest of the words. Nothing lies beyond the `produced` samples; what the vendor said
    /// nothing of lies where there is `sound`.
    pub fn rest(&mut self, sound: &Range<u64>, produced: u64) -> Vec<SpokenWord> {
        if self.told == 0 && !self.heard_any() {
            self.told_to = sound.start;
        }
        self.give(self.words.len(), sound.end, produced)
    }

    fn take(&mut self, heard: Letter) {
        let expected = self.letters.get(self.at).map(|(letter, _)| *letter);
        if self.astray.is_empty() && expected == Some(heard.letter) {
            self.assign(heard);
            return;
        }
        if self.astray.len() == AGREEING {
            self.astray.pop_front();
        }
        self.astray.push_back(heard);
        let left = &self.letters[self.at..];
        let many = AGREEING.min(left.len());
        if many == 0 || self.astray.len() < many {
            return;
        }
        let last = self.astray.len() - many;
        let agree = |window: &[(char, usize)]| {
            let ours = window.iter().map(|(letter, _)| *letter);
            ours.eq(self.astray.iter().skip(last).map(|heard| heard.letter))
        };
        let near = &left[..left.len().min(WINDOW)];
        if let Some(found) = near.windows(many).position(agree) {
            self.at += found;
            for heard in std::mem::take(&mut self.astray).into_iter().skip(last) {
                self.assign(heard);
            }
        }
    }

    fn assign(&mut self, heard: Letter) {
        let Some(&(_, word)) = self.letters.get(self.at) else {
            return;
        };
        self.at += 1;
        let span = self.words[word].heard.get_or_insert(heard.start..heard.end);
        span.start = span.start.min(heard.start);
        span.end = span.end.max(heard.end);
    }

    /// Gives out the words up to `upto`: those that nothing is known of lie between the others, at
    /// the end up to `end`.
    fn give(&mut self, upto: usize, end: u64, limit: u64) -> Vec<SpokenWord> {
        let mut given = Vec::with_capacity(upto - self.told);
        while self.told < upto {
            let rest = &self.words[self.told..upto];
            let unknown = rest.iter().take_while(|word| word.heard.is_none()).count();
            let known = rest.get(unknown).and_then(|word| word.heard.clone());
            let from = self.told_to.min(limit);
            let to = known.as_ref().map_or(end, |heard| heard.start);
            let length = to.min(limit).saturating_sub(from);
            let all: u64 = rest[..unknown].iter().map(|word| word.weight).sum();
            let mut passed = 0;
            for word in &rest[..unknown] {
                let start = from + length * passed / all;
                passed += word.weight;
                let end = from + length * passed / all;
                let text = word.text.clone();
                given.push(SpokenWord { text, start, end });
            }
            self.told_to = from + length;
            if let Some(heard) = known {
                let start = heard.start.clamp(self.told_to, limit);
                let end = heard.end.clamp(start, limit);
                let text = rest[unknown].text.clone();
                given.push(SpokenWord { text, start, end });
                self.told_to = end;
            }
            self.told = upto.min(self.told + unknown + 1);
        }
        given
    }
}

/// Letters and digits in lower case.
fn fold(text: &str) -> impl Iterator<Item = char> + '_ {
    let lower = text.chars().flat_map(char::to_lowercase);
    lower.filter(|letter| letter.is_alphanumeric())
}

#[cfg(test)]
mod tests;
