//! What is confirmed, denied or put off: by what is on the sheet and was said, never by chance.

use super::super::locked::is_locked;
use super::super::memory::is_check;
use super::super::moves::{Move, Topic, Understood};
use super::super::sheet::Reaction;
use super::super::words::Word;
use super::Chooser;

impl Chooser<'_> {
    /// The answer to what is so or not so, or is nobody's business yet; `None` if it is to be
    /// answered in another way.
    pub(super) fn settled(&self, coach: &Understood) -> Option<Reaction> {
        let heard = &coach.words;
        if self.memory.puts_off(self.sheet, self.ceiling, coach) {
            return Some(Reaction::Private);
        }
        match coach.kind {
            // A number answers it.
            Move::ClosedQuestion if coach.topic == Some(Topic::Scale) => None,
            Move::ClosedQuestion | Move::LeadingQuestion => {
                match self.memory.is_so(self.sheet, self.ceiling, heard)? {
                    true if is_check(heard) => Some(Reaction::Reflection),
                    true => Some(Reaction::So),
                    false => Some(Reaction::NotSo),
                }
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
}

#[cfg(test)]
mod tests;
