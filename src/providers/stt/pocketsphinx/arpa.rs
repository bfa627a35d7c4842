//! Makes a small trigram language model from written sentences, in the ARPA format.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::words::{PLACEHOLDER, SLOTS, slot};

/// What is taken from every count and given to what was not seen (absolute discounting, Ney,
/// Essen and Kneser 1994).
const DISCOUNT: f64 = 0.5;

/// How much of a word's probability these sentences claim to know when they have not seen what
/// comes before it; the rest stays with the general model. So only sequences that were seen
/// weigh in when the two are mixed, and frequent words are not forced upon other talk.
const KNOWN: f64 = 0.02;

/// Stands for every other word. It is not written: the library would give its probability to each.
const UNKNOWN: &str = "<UNK>";

/// A logarithm that stands for "never".
const NEVER: f64 = -99.0;

type Counts<'a> = BTreeMap<Vec<&'a str>, f64>;

/// Counts of one to three words that follow each other.
#[derive(Debug)]
pub(super) struct Trigrams<'a> {
    counts: [Counts<'a>; 3],
    /// What follows each context of one and of two words.
    contexts: [BTreeMap<Vec<&'a str>, Following>; 2],
    /// All words but the beginnings of sentences.
    words: f64,
}

/// What was seen after a context.
#[derive(Clone, Copy, Debug, Default)]
struct Following {
    /// How often it was followed at all.
    times: f64,
    /// By how many different words.
    words: f64,
    /// How probable these are in the next shorter context.
    shorter: f64,
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
        let words = counts[0]
            .iter()
            .filter(|(word, _)| word[0] != "<s>")
            .map(|(_, count)| count);
        let words = words.sum();
        let mut model = Self {
            counts,
            contexts: [BTreeMap::new(), BTreeMap::new()],
            words,
        };
        for order in 1..=2 {
            // The shorter contexts must be complete before the longer ones are summed up.
            let mut contexts: BTreeMap<Vec<&str>, Following> = BTreeMap::new();
            for (words, count) in &model.counts[order] {
                let following = contexts.entry(words[..order].to_vec()).or_default();
                following.times += count;
                following.words += 1.0;
                following.shorter += model.probability(&words[1..]);
            }
            model.contexts[order - 1] = contexts;
        }
        model
    }

    /// The words that it knows.
    #[cfg(test)]
    pub(super) fn vocabulary(&self) -> std::collections::BTreeSet<&'a str> {
        self.counts[0].keys().map(|words| words[0]).collect()
    }

    /// The model in the ARPA format. [`PLACEHOLDER`] is written once per slot, each time with its
    /// whole probability: a slot that nobody's name was put into has no sound and takes part in nothing.
    pub(super) fn arpa(&self) -> String {
        let mut arpa = String::from("\\data\\\n");
        for (order, counts) in self.counts.iter().enumerate() {
            let written: usize = counts.keys().map(|words| spellings(words).count()).sum();
            let _ = writeln!(arpa, "ngram {}={written}", order + 1);
        }
        for (order, counts) in self.counts.iter().enumerate() {
            let _ = writeln!(arpa, "\n\\{}-grams:", order + 1);
            for words in counts.keys() {
                for spelt in spellings(words) {
                    let _ = write!(arpa, "{:.4} {spelt}", self.logarithm(words));
                    if order < 2 {
                        let _ = write!(arpa, " {:.4}", self.backoff(words).log10());
                    }
                    arpa.push('\n');
                }
            }
        }
        arpa.push_str("\n\\end\\\n");
        arpa
    }

    fn logarithm(&self, words: &[&str]) -> f64 {
        if words == ["<s>"] {
            NEVER
        } else {
            self.probability(words).log10()
        }
    }

    /// Probability of the last of one to three words after those before it.
    fn probability(&self, words: &[&str]) -> f64 {
        let order = words.len() - 1;
        let seen = self.counts[order].get(words);
        if order == 0 {
            let unknown = if words == [UNKNOWN] { 1.0 - KNOWN } else { 0.0 };
            return seen.map_or(unknown, |seen| KNOWN * seen / self.words);
        }
        match (seen, self.contexts[order - 1].get(&words[..order])) {
            (Some(seen), Some(following)) => (seen - DISCOUNT) / following.times,
            _ => self.backoff(&words[..order]) * self.probability(&words[1..]),
        }
    }

    /// What a context leaves for the words that were not seen after it, as a factor of their
    /// probability in the shorter context.
    fn backoff(&self, context: &[&str]) -> f64 {
        self.contexts[context.len() - 1]
            .get(context)
            .map_or(1.0, |following| {
                DISCOUNT * following.words / following.times / (1.0 - following.shorter)
            })
    }
}

/// The words as they are written, once for every slot if there is a name among them.
fn spellings<'a>(words: &'a [&'a str]) -> impl Iterator<Item = String> + 'a {
    let slots = if words.contains(&PLACEHOLDER) {
        SLOTS
    } else {
        1
    };
    (0..slots).map(move |index| {
        let spelt = words.iter().map(|word| match *word {
            PLACEHOLDER => Cow::Owned(slot(index)),
            word => Cow::Borrowed(word),
        });
        spelt.collect::<Vec<_>>().join(" ")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "# Questions.\nwhat would you like\nwhat do you want\n\nyou would like that\n";

    #[test]
    fn probabilities_sum_to_one_in_every_context() {
        let model = Trigrams::count(TEXT);
        let mut vocabulary: Vec<&str> = model
            .vocabulary()
            .into_iter()
            .filter(|word| *word != "<s>")
            .collect();
        vocabulary.push(UNKNOWN);
        let contexts: [&[&str]; 5] = [
            &[],
            &["what"],
            &["<s>", "what"],
            &["would", "you"],
            &["like", "want"],
        ];
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
    fn writes_a_name_once_for_every_slot() {
        let arpa = Trigrams::count("hello NAME\nhello there\n").arpa();
        assert!(arpa.contains(&format!("ngram 1={}\n", 4 + SLOTS)), "{arpa}");
        let lines: Vec<&str> = arpa.lines().collect();
        let written = |index: usize| {
            let words = format!(" hello {} ", slot(index));
            lines.iter().filter(|line| line.contains(&words)).count()
        };
        // As a pair, and before the end of the sentence.
        assert_eq!((written(0), written(SLOTS - 1), written(SLOTS)), (2, 2, 0));
        assert!(!arpa.contains("NAME"));
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
