//! The table of cues: which words and phrases give a topic or a move away, read from a file.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::moves::{Move, Topic};
use super::parse::File;
use super::sheet::SheetError;
use super::words::words;

/// What coaches say.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Cues {
    /// Sounds of listening.
    pub(super) listening: BTreeSet<String>,
    /// What opens an open question.
    pub(super) openers: BTreeSet<String>,
    /// What opens a closed question.
    pub(super) closed: BTreeSet<String>,
    pub(super) topics: BTreeMap<Topic, TopicCues>,
    pub(super) moves: BTreeMap<Move, Vec<String>>,
}

/// Words and phrases of a topic, by weight.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TopicCues {
    #[serde(default)]
    words: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    phrases: BTreeMap<String, Vec<String>>,
}

impl TopicCues {
    pub(super) fn words(&self) -> impl Iterator<Item = (&str, u32)> {
        weighed(&self.words)
    }

    pub(super) fn phrases(&self) -> impl Iterator<Item = (&str, u32)> {
        weighed(&self.phrases)
    }
}

/// A weight that is no number is refused when the table is read.
fn weighed(table: &BTreeMap<String, Vec<String>>) -> impl Iterator<Item = (&str, u32)> {
    table.iter().flat_map(|(weight, texts)| {
        let weight = weight.parse().unwrap_or(0);
        texts.iter().map(move |text| (text.as_str(), weight))
    })
}

impl Cues {
    /// The table built into the binary.
    pub(super) fn load() -> Result<Self, SheetError> {
        Self::parse(include_str!("cues.toml"))
    }

    fn parse(text: &str) -> Result<Self, SheetError> {
        let file = File {
            file: "cues.toml",
            text,
        };
        let cues: Self = file.read()?;
        let wrong = |name: &str, message: &str| {
            let at = text.find(name).unwrap_or(0);
            Err(file.at(at..at, format!("\"{name}\": {message}")))
        };
        for topic in cues.topics.values() {
            for weight in topic.words.keys().chain(topic.phrases.keys()) {
                if !matches!(weight.parse(), Ok(1..=9u32)) {
                    return wrong(weight, "a weight is 1 to 9");
                }
            }
            for (word, _) in topic.words() {
                if words(word).len() != 1 {
                    return wrong(word, "one word, its contraction opened");
                }
            }
        }
        let phrases = cues.topics.values().flat_map(|t| t.phrases().map(|p| p.0));
        for phrase in phrases.chain(cues.moves.values().flatten().map(String::as_str)) {
            let opened: Vec<String> = words(phrase).into_iter().map(|w| w.text).collect();
            if opened.is_empty() || opened.join(" ") != phrase {
                return wrong(phrase, "lower case, contractions opened, no punctuation");
            }
        }
        Ok(cues)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = include_str!("cues.toml");

    #[test]
    fn every_topic_has_cues_and_none_is_in_two_weights() {
        let cues = Cues::load().unwrap();
        assert_eq!(cues.topics.len(), 21);
        for (topic, cues) in &cues.topics {
            for all in [cues.words().collect::<Vec<_>>(), cues.phrases().collect()] {
                let distinct: BTreeSet<&str> = all.iter().map(|(text, _)| *text).collect();
                assert_eq!(distinct.len(), all.len(), "{topic:?}");
            }
        }
    }

    #[test]
    fn a_cue_that_could_never_match_is_refused() {
        for (from, to) in [
            ("\"do not you think\"", "\"don't you think\""),
            ("\"hello\"", "\"Hello\""),
            ("\"goal\"", "\"our goal\""),
        ] {
            assert!(TABLE.contains(from), "{from}");
            let error = Cues::parse(&TABLE.replacen(from, to, 1)).unwrap_err();
            let line = TABLE[..TABLE.find(from).unwrap()].matches('\n').count() + 1;
            assert_eq!(error.line, line, "{error}");
        }
        assert!(Cues::parse(&TABLE.replacen("\n4 = ", "\nx = ", 1)).is_err());
    }
}
