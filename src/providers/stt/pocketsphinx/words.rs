//! From the decoder's words to a transcript: spelling, fillers, and which words are settled.

use std::collections::VecDeque;

use media::Position;

use crate::providers::stt::{Transcript, Word};

/// How many partials in a row must agree on a word before it is settled.
const AGREEING: usize = 3;

/// Stands for an expected name in the sentences of the coaching model.
pub(super) const PLACEHOLDER: &str = "NAME";
/// Names that one decoder can know.
///
/// The library adds no words to a mixture of language models (it takes it to be read-only), so
/// the coaching model holds places for names from the start; a name becomes known when its
/// pronunciation is put into one.
pub(super) const SLOTS: usize = 64;
/// Marks a place, so that a name that is also in the dictionary has one beside it.
const ADDED: char = '_';

/// The word that stands for a place in the model and the dictionary.
pub(super) fn slot(index: usize) -> String {
    format!("{index}{ADDED}")
}

/// How a word of the dictionary is written, `None` for fillers and noises. `taught` tells whose
/// name is in which place.
pub(super) fn spelling(word: &str, taught: &[String], expected: &[Expected]) -> Option<String> {
    // Alternative pronunciations are numbered: `read(2)`.
    let word = word.split('(').next().unwrap_or_default();
    if word.is_empty() || word.starts_with(['<', '[', '+']) {
        return None;
    }
    if let Some(index) = word.strip_suffix(ADDED) {
        let key = taught.get(index.parse::<usize>().ok()?)?;
        let known = expected.iter().find(|expected| expected.key == *key);
        return Some(known.map_or_else(|| key.clone(), |known| known.written.clone()));
    }
    if word == "i" || word.starts_with("i'") {
        return Some(format!("I{}", &word[1..]));
    }
    Some(word.to_owned())
}

/// A word that a session expects, such as the client's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Expected {
    /// Lower case, letters only.
    pub key: String,
    /// As the session writes it.
    pub written: String,
}

/// Expected words of one session at most.
pub(super) const EXPECTED: usize = 16;
/// Letters of an expected word at most.
const LETTERS: usize = 32;

impl Expected {
    /// The single words of what a session expects; what cannot be pronounced in English letters
    /// is left out.
    pub(super) fn parse(expect: &[String]) -> Vec<Self> {
        let mut parsed: Vec<Self> = Vec::new();
        for written in expect.iter().flat_map(|phrase| phrase.split_whitespace()) {
            let written = written.trim_matches(|letter: char| !letter.is_alphabetic());
            let plain = written
                .chars()
                .all(|letter| letter.is_ascii_alphabetic() || letter == '\'');
            let key = written.to_ascii_lowercase();
            let new = parsed.iter().all(|known| known.key != key);
            if plain && new && (2..=LETTERS).contains(&key.len()) && parsed.len() < EXPECTED {
                parsed.push(Self {
                    key,
                    written: written.to_owned(),
                });
            }
        }
        parsed
    }
}

/// Finds the words that later partials will not revise.
#[derive(Debug, Default)]
pub(super) struct Settling {
    settled: Vec<Word>,
    recent: VecDeque<Vec<String>>,
    last: Vec<String>,
}

impl Settling {
    /// The next partial for a new hypothesis; `None` if it says the same as the one before.
    pub(super) fn next(&mut self, hypothesis: Vec<Word>) -> Option<Transcript> {
        let words = self.behind_settled(hypothesis);
        let texts: Vec<String> = words.iter().map(|word| word.text.clone()).collect();
        if self.recent.len() == AGREEING {
            self.recent.pop_front();
        }
        self.recent.push_back(texts);
        let stable = self.agreed().max(self.settled.len());
        let grown = stable > self.settled.len();
        if grown {
            self.settled = words[..stable].to_vec();
        }
        let texts = self.recent.back()?;
        if !grown && *texts == self.last {
            return None;
        }
        self.last.clone_from(texts);
        Some(Transcript { words, stable })
    }

    /// Settled words stay as they are, whatever the decoder thinks of them now: what it says
    /// about the time after them follows.
    fn behind_settled(&self, hypothesis: Vec<Word>) -> Vec<Word> {
        let Some(last) = self.settled.last() else {
            return hypothesis;
        };
        let agrees = hypothesis.len() >= self.settled.len()
            && self
                .settled
                .iter()
                .zip(&hypothesis)
                .all(|(settled, word)| settled.text == word.text);
        let rest: Vec<Word> = if agrees {
            hypothesis.into_iter().skip(self.settled.len()).collect()
        } else {
            hypothesis
                .into_iter()
                .filter(|word| middle(word) >= last.end)
                .collect()
        };
        let mut words = self.settled.clone();
        words.extend(rest.into_iter().map(|word| Word {
            start: word.start.max(last.end),
            ..word
        }));
        words
    }

    fn agreed(&self) -> usize {
        let Some(newest) = self.recent.back() else {
            return 0;
        };
        if self.recent.len() < AGREEING {
            return 0;
        }
        // The last word is still being spoken.
        (0..newest.len().saturating_sub(1))
            .take_while(|&index| {
                self.recent
                    .iter()
                    .all(|texts| texts.get(index) == newest.get(index))
            })
            .count()
    }
}

fn middle(word: &Word) -> Position {
    Position::new(u64::midpoint(word.start.samples(), word.end.samples()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words(text: &str) -> Vec<Word> {
        text.split_whitespace()
            .enumerate()
            .map(|(index, text)| Word {
                text: text.to_owned(),
                start: Position::from_ms(index as u64 * 200),
                end: Position::from_ms(index as u64 * 200 + 200),
                confidence: 1.0,
            })
            .collect()
    }

    #[test]
    fn spells_words_as_people_do() {
        let maya = Expected::parse(&["Maya O'Brien!".to_owned(), "maya".to_owned()]);
        assert_eq!(maya.len(), 2);
        let taught = ["tom", "o'brien", "maya"].map(str::to_owned);
        let spelt = |word: &str| spelling(word, &taught, &maya);
        assert_eq!(spelt("read(2)").as_deref(), Some("read"));
        assert_eq!(spelt("i").as_deref(), Some("I"));
        assert_eq!(spelt("i'm(2)").as_deref(), Some("I'm"));
        assert_eq!(spelt("2_").as_deref(), Some("Maya"));
        assert_eq!(spelt("1_").as_deref(), Some("O'Brien"));
        assert_eq!(spelt("0_").as_deref(), Some("tom"));
        assert_eq!(spelt("3_"), None);
        for filler in ["<s>", "</s>", "<sil>", "[NOISE]", "++UM++", ""] {
            assert_eq!(spelt(filler), None, "{filler}");
        }
    }

    #[test]
    fn leaves_out_what_cannot_be_pronounced() {
        let odd = ["張偉", "x", "--", "a\0b", &"a".repeat(50), "42"].map(str::to_owned);
        assert_eq!(Expected::parse(&odd), []);
        let many: Vec<String> = (b'a'..=b'z').map(|a| format!("na{}", a as char)).collect();
        assert_eq!(Expected::parse(&many).len(), EXPECTED);
    }

    #[test]
    fn settles_what_three_partials_share_but_not_the_last_word() {
        let mut settling = Settling::default();
        let mut next = |text| {
            settling
                .next(words(text))
                .map(|told| (told.text(), told.stable))
        };
        let told = |text: &str, stable| Some((text.to_owned(), stable));
        assert_eq!(next("what"), told("what", 0));
        assert_eq!(next("what wood"), told("what wood", 0));
        assert_eq!(next("what would you"), told("what would you", 1));
        assert_eq!(
            next("watt would you"),
            None,
            "what is settled stays, so nothing is new"
        );
        assert_eq!(next("watt would you like"), told("what would you like", 3));
        assert_eq!(
            next("what"),
            told("what would you", 3),
            "settled words cannot go missing"
        );
    }

    proptest! {
        #[test]
        fn never_takes_a_settled_word_back(
            hypotheses in prop::collection::vec(prop::collection::vec("[ab]", 0..6), 0..40),
        ) {
            let mut settling = Settling::default();
            let mut settled: Vec<Word> = Vec::new();
            for hypothesis in hypotheses {
                let Some(partial) = settling.next(words(&hypothesis.join(" "))) else { continue };
                prop_assert!(partial.stable >= settled.len());
                prop_assert_eq!(&partial.words[..settled.len()], &settled[..]);
                settled = partial.words[..partial.stable].to_vec();
                prop_assert!(partial.words.is_sorted_by_key(|word| word.start));
            }
        }
    }
}
