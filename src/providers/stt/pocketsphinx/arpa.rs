//! Makes a small trigram language model from written sentences, in the ARPA format.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// What is taken from every count and given to what was not seen (absolute discounting, Ney,
/// Essen and Kneser 1994).
const DISCOUNT: f64 = 0.5;

/// A logarithm that stands for "never".
const NEVER: f64 = -99.0;

type Counts<'a> = BTreeMap<Vec<&'a str>, f64>;

/// Counts of one to three words that follow each other.
#[derive(Debug)]
pub(super) struct Trigrams<'a> {
    counts: [Counts<'a>; 3],
}

impl<'a> Trigrams<'a> {
    /// Counts one sentence per line; lines that are empty or begin with `#` are passed over.
    pub(super) fn count(text: &'a str) -> Self {
        let mut counts = [Counts::new(), Counts::new(), Counts::new()];
        let lines = text.lines().map(str::trim);
        for line in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let mut words = vec!["<s>"];
            words.extend(line.split_whitespace());
            words.push("</s>");
            for (order, counts) in counts.iter_mut().enumerate() {
                for window in words.windows(order + 1) {
                    *counts.entry(window.to_vec()).or_insert(0.0) += 1.0;
                }
            }
        }
        Self { counts }
    }

    /// The words that it knows.
    #[cfg(test)]
    pub(super) fn vocabulary(&self) -> std::collections::BTreeSet<&'a str> {
        self.counts[0].keys().map(|words| words[0]).collect()
    }

    /// The model in the ARPA format.
    pub(super) fn arpa(&self) -> String {
        let mut arpa = String::from("\\data\\\n");
        for (order, counts) in self.counts.iter().enumerate() {
            let _ = writeln!(arpa, "ngram {}={}", order + 1, counts.len());
        }
        for (order, counts) in self.counts.iter().enumerate() {
            let _ = writeln!(arpa, "\n\\{}-grams:", order + 1);
            for words in counts.keys() {
                let _ = write!(arpa, "{:.4} {}", self.logarithm(words), words.join(" "));
                if order < 2 {
                    let _ = write!(arpa, " {:.4}", self.backoff(words).log10().max(NEVER));
                }
                arpa.push('\n');
            }
        }
        arpa.push_str("\n\\end\\\n");
        arpa
    }

    fn logarithm(&self, words: &[&str]) -> f64 {
        if words == ["<s>"] { NEVER } else { self.probability(words).log10() }
    }

    /// Probability of the last of one to three words after those before it.
    fn probability(&self, words: &[&str]) -> f64 {
        let order = words.len() - 1;
        let seen = self.counts[order].get(words);
        if order == 0 {
            let all: f64 = self.counts[0].values().sum();
            let begins = self.counts[0].get(&["<s>"][..]).copied().unwrap_or_default();
            return seen.map_or(0.0, |seen| seen / (all - begins));
        }
        match seen {
            Some(seen) => (seen - DISCOUNT) / self.following(&words[..order]).0,
            None => self.backoff(&words[..order]) * self.probability(&words[1..]),
        }
    }

    /// What a context leaves for the words that were not seen after it, as a factor of their
    /// probability in the shorter context.
    fn backoff(&self, context: &[&str]) -> f64 {
        let (all, different, shorter) = self.following(context);
        if all == 0.0 {
            return 1.0;
        }
        let left = 1.0 - shorter;
        // Every word that the shorter context knows was seen here: nothing is left to divide.
        if left < 1e-9 { 1e-9 } else { DISCOUNT * different / all / left }
    }

    /// How often anything follows a context, how many different words do, and how probable
    /// these are in the shorter context.
    fn following(&self, context: &[&str]) -> (f64, f64, f64) {
        let mut sums = (0.0, 0.0, 0.0);
        let after = self.counts[context.len()]
            .range(context.to_vec()..)
            .take_while(|(words, _)| words.starts_with(context));
        for (words, count) in after {
            sums.0 += count;
            sums.1 += 1.0;
            sums.2 += self.probability(&words[1..]);
        }
        sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# Questions.\nwhat would you like\nwhat do you want\n\nyou would like that\n";

    #[test]
    fn probabilities_sum_to_one_in_every_context() {
        let model = Trigrams::count(TEXT);
        let vocabulary: Vec<&str> =
            model.vocabulary().into_iter().filter(|word| *word != "<s>").collect();
        let contexts: [&[&str]; 5] =
            [&[], &["what"], &["<s>", "what"], &["would", "you"], &["like", "want"]];
        for context in contexts {
            let sum: f64 = vocabulary
                .iter()
                .map(|word| {
                    let words: Vec<&str> = context.iter().chain([word]).copied().collect();
                    model.probability(&words)
                })
                .sum();
            assert!((sum - 1.0).abs() < 1e-6, "{context:?}: {sum}");
        }
    }

    #[test]
    fn writes_every_section_with_its_count() {
        let arpa = Trigrams::count(TEXT).arpa();
        for order in 1..=3 {
            let section = arpa.split(&format!("\\{order}-grams:\n")).nth(1).unwrap();
            let lines = section.lines().take_while(|line| !line.is_empty()).count();
            assert!(arpa.contains(&format!("ngram {order}={lines}\n")), "{arpa}");
        }
        assert!(arpa.ends_with("\\end\\\n"));
        assert!(arpa.contains("\n-99.0000 <s> "));
        assert!(!arpa.contains("Questions"));
        assert!(arpa.contains(" what would you\n"));
    }
}
