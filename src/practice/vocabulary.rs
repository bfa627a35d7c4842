//! The words of the cues, indexed so that a heard word finds those it is like without trying each.

use std::collections::HashMap;

use super::words::Word;

/// Words of the vocabulary that a heard word is like, and how much (1 to 100).
pub(super) type Hits = Vec<(u16, u32)>;

/// Distinct words, numbered in the order in which they were added.
#[derive(Clone, Debug, Default)]
pub(super) struct Vocabulary {
    words: Vec<Word>,
    by_text: HashMap<String, u16>,
    by_stem: HashMap<String, Vec<u16>>,
    by_sound: HashMap<String, Vec<u16>>,
    /// Long enough to be known with a letter wrong.
    long: Vec<Long>,
}

/// A long word, with the letters of its stem and of its sound.
#[derive(Clone, Copy, Debug)]
struct Long {
    number: u16,
    stem: u32,
    sound: u32,
}

/// Which letters occur, as bits.
fn letters(text: &str) -> u32 {
    text.bytes().fold(0, |set, byte| set | 1 << (byte & 31))
}

/// Words whose letters differ in more than one put in and one left out are more than one letter
/// apart: far quicker to see than by comparing them.
fn may_be_alike(a: u32, b: u32) -> bool {
    (a ^ b).count_ones() <= 2
}

impl Vocabulary {
    /// The number of a word, which is added if it is new.
    pub(super) fn number(&mut self, word: Word) -> u16 {
        if let Some(number) = self.by_text.get(&word.text) {
            return *number;
        }
        let number = u16::try_from(self.words.len()).unwrap_or(u16::MAX);
        self.by_text.insert(word.text.clone(), number);
        if !word.is_function() {
            let stem = self.by_stem.entry(word.stem().to_owned());
            stem.or_default().push(number);
            let sound = self.by_sound.entry(word.sound().to_owned());
            sound.or_default().push(number);
            if word.stem().len() >= Word::EDITABLE {
                self.long.push(Long {
                    number,
                    stem: letters(word.stem()),
                    sound: letters(word.sound()),
                });
            }
        }
        self.words.push(word);
        number
    }

    pub(super) fn len(&self) -> usize {
        self.words.len()
    }

    pub(super) fn is_content(&self, number: u16) -> bool {
        self.words[usize::from(number)].is_content()
    }

    /// The words that `heard` is like.
    pub(super) fn hits(&self, heard: &Word) -> Hits {
        let mut numbers: Vec<u16> = self.by_text.get(&heard.text).copied().into_iter().collect();
        if !heard.is_function() {
            numbers.extend(self.by_stem.get(heard.stem()).into_iter().flatten());
            numbers.extend(self.by_sound.get(heard.sound()).into_iter().flatten());
            if heard.stem().len() >= Word::EDITABLE {
                let (stem, sound) = (letters(heard.stem()), letters(heard.sound()));
                let alike =
                    |long: &&Long| may_be_alike(long.stem, stem) || may_be_alike(long.sound, sound);
                numbers.extend(self.long.iter().filter(alike).map(|long| long.number));
            }
        }
        numbers.sort_unstable();
        numbers.dedup();
        let likeness = |number: u16| self.words[usize::from(number)].likeness(heard);
        numbers
            .into_iter()
            .map(|number| (number, likeness(number)))
            .filter(|(_, likeness)| *likeness > 0)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn the_index_finds_what_trying_each_word_finds(words in proptest::collection::vec("[a-ikst]{1,7}|the|what", 1..40), heard in "[a-ikst]{1,8}") {
            let mut vocabulary = Vocabulary::default();
            for word in &words {
                vocabulary.number(Word::new(word));
            }
            let heard = Word::new(&heard);
            let all: Hits = (0u16..).zip(&vocabulary.words)
                .map(|(number, word)| (number, word.likeness(&heard)))
                .filter(|(_, likeness)| *likeness > 0)
                .collect();
            proptest::prop_assert_eq!(vocabulary.hits(&heard), all);
        }
    }
}
