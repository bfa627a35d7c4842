//! What is put off, because it is nobody's business yet: known by what the coach takes up alone.

use std::cell::LazyCell;
use std::collections::BTreeSet;

use super::super::locked::is_locked;
use super::super::moves::{Move, Topic, Understood};
use super::super::sheet::Sheet;
use super::super::tender::{guesses, is_tender};
use super::super::words::{Word, words};
use super::{Memory, is_check};

/// Words up to which a statement is about the client, whether it names them or not.
const SHORT: usize = 8;

impl Memory {
    /// Whether the coach asks or says what a client who speaks of things up to a level puts off,
    /// whether it is right or not.
    pub(in super::super) fn puts_off(
        &self,
        sheet: &Sheet,
        ceiling: u8,
        coach: &Understood,
    ) -> bool {
        let heard = &coach.words;
        let tender = || self.is_tender(sheet, ceiling, heard);
        let locked = || is_locked(sheet, ceiling, heard);
        let of_them = || {
            let names = |word: &Word| ["you", "your", "yours"].contains(&&*word.text);
            heard.len() <= SHORT || heard.iter().any(names) || guesses(heard)
        };
        match coach.kind {
            // A number answers it.
            Move::ClosedQuestion if coach.topic == Some(Topic::Scale) => false,
            Move::ClosedQuestion | Move::LeadingQuestion => {
                tender() && self.is_so(sheet, ceiling, heard).is_none()
            }
            // What is only locked they pass over, as they do what is not so.
            Move::SimpleReflection | Move::ComplexReflection | Move::Summary => tender(),
            Move::Telling | Move::Affirmation | Move::Advice | Move::Unclear => {
                of_them() && (tender() || locked())
            }
            _ => false,
        }
    }

    /// Whether what is asked is so, by what they told or agreed to just now; `None` also of what they
    /// do not speak of yet.
    pub(in super::super) fn is_so(
        &self,
        sheet: &Sheet,
        ceiling: u8,
        heard: &[Word],
    ) -> Option<bool> {
        if is_locked(sheet, ceiling, heard) {
            return None;
        }
        let checked = || self.agrees().filter(|_| is_check(heard));
        self.told(sheet, ceiling, heard).or_else(checked)
    }

    /// Whether words are about what one does not tell whoever asks, and this client does not either.
    fn is_tender(&self, sheet: &Sheet, ceiling: u8, heard: &[Word]) -> bool {
        let open = LazyCell::new(|| {
            let lines = sheet.lines.iter().filter(|line| line.level <= ceiling);
            let texts = lines.map(|line| &*line.text).chain([&*sheet.brings]);
            let words = texts.flat_map(words);
            words
                .map(|word| word.stem().to_owned())
                .collect::<BTreeSet<_>>()
        });
        let told = |stem: &str| self.spoken.iter().any(|told| told.stems.contains(stem));
        is_tender(heard, |word| {
            told(word.stem()) || open.contains(word.stem())
        })
    }
}
