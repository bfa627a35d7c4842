//! An utterance while it is being understood: its words, and which words of the cues they are like.

use std::collections::HashMap;
use std::rc::Rc;

use super::super::forms::in_order;
use super::super::vocabulary::{Hits, Vocabulary};
use super::super::words::{Word, tokens, words};

/// What was worked out of each word so far: people use the same few words again and again.
#[derive(Debug, Default)]
pub(super) struct Known {
    words: HashMap<String, Rc<Word>>,
    hits: HashMap<String, Rc<Hits>>,
}

impl Known {
    pub(super) fn word(&mut self, token: &str) -> Rc<Word> {
        if let Some(word) = self.words.get(token) {
            return word.clone();
        }
        let word = Rc::new(Word::new(token));
        self.words.insert(token.to_owned(), word.clone());
        word
    }

    fn hits(&mut self, vocabulary: &Vocabulary, word: &Word) -> Rc<Hits> {
        if let Some(hits) = self.hits.get(&word.text) {
            return hits.clone();
        }
        let hits = Rc::new(vocabulary.hits(word));
        self.hits.insert(word.text.clone(), hits.clone());
        hits
    }
}

/// Words of the vocabulary in their order.
#[derive(Clone, Debug)]
pub(super) struct Phrase {
    words: Vec<u16>,
    /// How many of them may be lost: one, where two carry a meaning of their own. Not where they are
    /// of the two who talk: `before term ends` is not `before we end`.
    may_miss: usize,
}

impl Phrase {
    pub(super) fn new(vocabulary: &mut Vocabulary, text: &str) -> Self {
        let words = words(text);
        let meaning = words.iter().filter(|w| w.is_content()).count();
        let ours = words.iter().any(|w| w.text == "we");
        Self {
            may_miss: usize::from(meaning >= 2 && !ours),
            words: words.into_iter().map(|w| vocabulary.number(w)).collect(),
        }
    }
}

/// An utterance as it was heard.
pub(super) struct Heard<'a> {
    vocabulary: &'a Vocabulary,
    pub(super) words: Vec<Word>,
    /// What each word is like.
    pub(super) hits: Vec<Rc<Hits>>,
    /// Words of the vocabulary that occur.
    present: Vec<bool>,
}

impl<'a> Heard<'a> {
    pub(super) fn new(text: &str, vocabulary: &'a Vocabulary, known: &mut Known) -> Self {
        let mut heard = Self {
            vocabulary,
            words: Vec::new(),
            hits: Vec::new(),
            present: vec![false; vocabulary.len()],
        };
        for token in tokens(text) {
            let word = known.word(&token);
            let hits = known.hits(vocabulary, &word);
            for (number, _) in hits
                .iter()
                .filter(|(_, likeness)| *likeness >= Word::LETTER)
            {
                heard.present[usize::from(*number)] = true;
            }
            heard.words.push(Word::clone(&word));
            heard.hits.push(hits);
        }
        heard
    }

    /// Whether the phrase stands in the words from `from` on. One word that only holds it together
    /// may be lost, if two of meaning are there.
    pub(super) fn contains(&self, from: usize, phrase: &Phrase) -> bool {
        let needed = |word: usize| self.vocabulary.is_content(phrase.words[word]);
        let absent = |word: &usize| !self.present[usize::from(phrase.words[*word])];
        let mut absent = (0..phrase.words.len()).filter(absent);
        if absent.clone().any(needed) || absent.nth(phrase.may_miss).is_some() {
            return false;
        }
        let is = |at: usize, word: usize| {
            let mut hits = self.hits[at].iter();
            hits.any(|(number, like)| *number == phrase.words[word] && *like >= Word::LETTER)
        };
        let all = phrase.words.len();
        in_order(from..self.hits.len(), all, phrase.may_miss, is, needed)
    }
}
