//! Word error rate: how many words of a transcript are wrong, missing or too many.

use std::ops::AddAssign;

/// Errors in a number of words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Errors {
    /// Words that were said.
    pub words: usize,
    /// Substitutions, deletions and insertions.
    pub errors: usize,
}

impl Errors {
    /// Errors per word that was said.
    #[must_use]
    pub fn rate(self) -> f64 {
        if self.words == 0 {
            0.0
        } else {
            self.errors as f64 / self.words as f64
        }
    }
}

impl AddAssign for Errors {
    fn add_assign(&mut self, more: Self) {
        self.words += more.words;
        self.errors += more.errors;
    }
}

/// The least number of edits by whole words that turns what was heard into what was said
/// (Levenshtein 1966). Case and punctuation do not count.
#[must_use]
pub fn word_errors(said: &str, heard: &str) -> Errors {
    let (said, heard) = (plain(said), plain(heard));
    let mut row: Vec<usize> = (0..=heard.len()).collect();
    for (done, word) in said.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = done + 1;
        for (index, other) in heard.iter().enumerate() {
            let substituted = diagonal + usize::from(word != other);
            diagonal = row[index + 1];
            row[index + 1] = substituted.min(row[index] + 1).min(diagonal + 1);
        }
    }
    Errors {
        words: said.len(),
        errors: row[heard.len()],
    }
}

fn plain(text: &str) -> Vec<String> {
    text.split_whitespace()
        .map(|word| {
            let kept = word
                .chars()
                .filter(|letter| letter.is_alphanumeric() || *letter == '\'');
            kept.flat_map(char::to_lowercase).collect::<String>()
        })
        .filter(|word| !word.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_every_kind_of_error() {
        let errors = |said, heard| word_errors(said, heard).errors;
        assert_eq!(errors("What's the matter?", "what's the matter"), 0);
        assert_eq!(errors("what is it", "what was it"), 1);
        assert_eq!(errors("what is it", "what it"), 1);
        assert_eq!(errors("what is it", "so what is it now"), 2);
        assert_eq!(errors("what is it", ""), 3);
        assert_eq!(
            word_errors("", "hello"),
            Errors {
                words: 0,
                errors: 1
            }
        );
    }
}
