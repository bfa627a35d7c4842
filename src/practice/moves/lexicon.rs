//! Finds the phrases that give a move away, in one pass over the words of a sentence.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::phrases::{Cue, phrases};
use super::text::Sentence;

/// Which cues a sentence has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cues(u64);

impl Cues {
    /// Whether the cue is in the sentence.
    pub(super) fn has(self, cue: Cue) -> bool {
        self.0 & bit(cue) != 0
    }
}

fn bit(cue: Cue) -> u64 {
    1 << cue as u64
}

/// A phrase: for each place the words that may stand there; none of them if any may.
#[derive(Debug)]
struct Phrase {
    cue: Cue,
    /// It must open the sentence, or what is left without what merely leads in.
    opens: bool,
    /// It must close the sentence.
    closes: bool,
    places: Vec<Vec<&'static str>>,
}

static LEXICON: LazyLock<HashMap<&'static str, Vec<Phrase>>> = LazyLock::new(|| {
    let mut lexicon: HashMap<&'static str, Vec<Phrase>> = HashMap::new();
    for (cue, text) in phrases() {
        for &first in Phrase::new(cue, text).places.first().into_iter().flatten() {
            let phrases = lexicon.entry(first).or_default();
            phrases.push(Phrase::new(cue, text));
        }
    }
    lexicon
});

impl Phrase {
    fn new(cue: Cue, text: &'static str) -> Self {
        let opens = text.starts_with("^ ");
        let closes = text.ends_with(" $");
        let words = text.split(' ').filter(|word| !matches!(*word, "^" | "$"));
        let places = words.map(|word| match word {
            "*" => Vec::new(),
            word => word.split('/').collect(),
        });
        Self {
            cue,
            opens,
            closes,
            places: places.collect(),
        }
    }

    fn stands(&self, sentence: &Sentence, at: usize) -> bool {
        let words = &sentence.words[at..];
        words.len() >= self.places.len()
            && (!self.opens || at == sentence.body || at == 0)
            && (!self.closes || words.len() == self.places.len())
            && self
                .places
                .iter()
                .zip(words)
                .all(|(may, word)| may.is_empty() || may.contains(&word.as_str()))
    }
}

/// The cues of a sentence.
pub(super) fn cues(sentence: &Sentence) -> Cues {
    let mut cues = Cues::default();
    for (at, word) in sentence.words.iter().enumerate() {
        for phrase in LEXICON.get(word.as_str()).into_iter().flatten() {
            if phrase.stands(sentence, at) {
                cues.0 |= bit(phrase.cue);
            }
        }
    }
    cues
}

#[cfg(test)]
mod tests {
    use super::super::text::sentences;
    use super::*;

    /// Every phrase is written as words are heard, so that it can be found at all.
    #[test]
    fn every_phrase_is_found_in_itself() {
        let mut lost = Vec::new();
        for (cue, text) in phrases() {
            let places = Phrase::new(cue, text).places;
            assert!(!places[0].is_empty(), "{text}: begins with any word");
            for choice in 0..places.iter().map(Vec::len).max().unwrap() {
                let words = places.iter().map(|may| match may.len() {
                    0 => "blue",
                    count => may[choice % count],
                });
                let said = words.collect::<Vec<_>>().join(" ");
                let found = sentences(&said).iter().any(|s| cues(s).has(cue));
                if !found {
                    lost.push(format!("{cue:?}: {text}: not found in \"{said}\""));
                }
            }
        }
        assert!(lost.is_empty(), "{lost:#?}");
    }

    #[test]
    fn places_are_kept() {
        let invites = |text: &str| cues(&sentences(text)[0]).has(Cue::Invites);
        assert!(invites("so tell me about it") && invites("the rest you can tell me about"));
        assert!(!invites("you told me about it"));
        assert!(invites("describe it") && !invites("they describe it"));
    }
}
