//! What somebody told, cut into clauses and stems: once, however often it is compared with.

use std::collections::BTreeSet;

use super::super::moves::meanings;
use super::super::sentences::split;
use super::super::words::{tokens, words};
use super::told::{clauses, keyed};

/// Something that was told.
#[derive(Debug)]
pub(super) struct Utterance {
    /// The stems of its words.
    pub(super) stems: BTreeSet<String>,
    /// The same of those that carry a meaning.
    pub(super) meanings: BTreeSet<String>,
    pub(super) clauses: Vec<Clause>,
}

/// A clause of it.
#[derive(Debug)]
pub(super) struct Clause {
    pub(super) words: Vec<String>,
    /// The stems of those that carry a meaning.
    pub(super) meanings: BTreeSet<String>,
    /// What its words are compared by.
    pub(super) keys: Vec<String>,
    /// It is of a sentence that asks.
    pub(super) asks: bool,
}

impl Utterance {
    pub(super) fn of(text: &str) -> Self {
        let stems = words(text).into_iter();
        Self {
            stems: stems.map(|word| word.stem().to_owned()).collect(),
            meanings: meanings(tokens(text).into_iter()).collect(),
            clauses: Clause::all(text),
        }
    }
}

impl Clause {
    pub(super) fn all(text: &str) -> Vec<Self> {
        let clause = |words: Vec<String>, asks| Self {
            meanings: meanings(words.iter()).collect(),
            keys: keyed(&words).map(|(_, key)| key).collect(),
            words,
            asks,
        };
        let sentences = split(text).into_iter();
        let clauses = sentences.flat_map(|sentence| {
            let asks = sentence.contains('?');
            clauses(&sentence)
                .into_iter()
                .map(move |words| (words, asks))
        });
        clauses.map(|(words, asks)| clause(words, asks)).collect()
    }
}
