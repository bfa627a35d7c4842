//! What is confirmed, denied or put off: by what is on the sheet and was said, never by chance.

use std::cell::LazyCell;
use std::collections::BTreeSet;

use super::super::locked::is_locked;
use super::super::memory::is_check;
use super::super::moves::{Move, Topic, Understood};
use super::super::sheet::Reaction;
use super::super::tender::is_tender;
use super::super::words::{Word, words};
use super::Chooser;

impl Chooser<'_> {
    /// The answer to what is so or not so, or is nobody's business yet; `None` if it is to be
    /// answered in another way.
    pub(super) fn settled(&self, coach: &Understood) -> Option<Reaction> {
        let heard = &coach.words;
        match coach.kind {
            // A number answers it.
            Move::ClosedQuestion if coach.topic == Some(Topic::Scale) => None,
            Move::ClosedQuestion | Move::LeadingQuestion => {
                let told = || self.memory.told(self.sheet, self.ceiling, heard);
                let checked = || self.memory.agrees().filter(|_| is_check(heard));
                let so = match self.is_locked(heard) {
                    true => None,
                    false => told().or_else(checked),
                };
                match so {
                    Some(true) => Some(Reaction::Reflection),
                    Some(false) => Some(Reaction::NotSo),
                    None => self.is_tender(heard).then_some(Reaction::Private),
                }
            }
            Move::SimpleReflection | Move::ComplexReflection if self.is_tender(heard) => {
                Some(Reaction::Private)
            }
            // "That's not it": what is given back is not theirs.
            kind if kind.reflects() && self.memory.is_missed() => Some(Reaction::NotSo),
            _ => None,
        }
    }

    /// Goes on after what was given back, mostly with a yes before it if it is right.
    pub(super) fn given_back(&mut self) {
        if self.memory.agrees() == Some(true) && self.dice.below(3) > 0 {
            self.may(Reaction::Reflection);
        }
        match self.more() {
            Some(line) => self.say(line),
            None => self.wander(),
        }
    }

    /// Whether words take up what they do not speak of yet.
    pub(super) fn is_locked(&self, heard: &[Word]) -> bool {
        is_locked(self.sheet, self.ceiling, heard)
    }

    /// Whether words are about what one does not tell whoever asks, and this client does not either.
    fn is_tender(&self, heard: &[Word]) -> bool {
        let open = LazyCell::new(|| {
            let lines = self.sheet.lines.iter();
            let lines = lines.filter(|line| line.level <= self.ceiling);
            let texts = lines.map(|line| &*line.text).chain([&*self.sheet.brings]);
            let texts = texts.chain(self.memory.spoken.iter().map(|text| &**text));
            let words = texts.flat_map(words);
            words
                .map(|word| word.stem().to_owned())
                .collect::<BTreeSet<_>>()
        });
        is_tender(heard, |word| open.contains(word.stem()))
    }
}

#[cfg(test)]
mod tests;
