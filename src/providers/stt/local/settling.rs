//! Which words of a hypothesis that grows are settled.

use std::collections::VecDeque;

use media::Position;

use crate::providers::stt::{Transcript, Word};

/// How many partials in a row must agree on a word before it is settled.
const AGREEING: usize = 3;

/// Finds the words that later partials will not revise.
#[derive(Debug, Default)]
pub(in crate::providers::stt) struct Settling {
    settled: Vec<Word>,
    recent: VecDeque<Vec<String>>,
    last: Vec<String>,
}

impl Settling {
    /// The next partial for a new hypothesis; `None` if it says the same as the one before.
    pub(in crate::providers::stt) fn next(&mut self, hypothesis: Vec<Word>) -> Option<Transcript> {
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
