//! The flushes of a connection: which were asked for and answered, and the sound each took.

use std::collections::{BTreeSet, VecDeque};

/// So many stretches are remembered.
const MOST: usize = 256;
/// A vendor that says how far an answer goes may be so many samples short of it.
const SHORT: u64 = 4000;

/// Flushes, numbered from 0.
#[derive(Debug, Default)]
pub(super) struct Flushes {
    asked: u64,
    /// Those that were not answered.
    open: BTreeSet<u64>,
    /// The sound that each took, as samples on the vendor's clock; the latest last.
    taken: VecDeque<(u64, u64)>,
    /// Where the sound begins that the next will take.
    from: Option<u64>,
}

impl Flushes {
    /// Sound goes out that begins at this sample.
    pub fn sound(&mut self, first: u64) {
        self.from.get_or_insert(first);
    }

    /// Whether there is sound that none took.
    pub const fn has_sound(&self) -> bool {
        self.from.is_some()
    }

    /// The vendor forgets the sound that none took.
    pub fn forget(&mut self) {
        self.from = None;
    }

    /// Asks for one that takes the sound up to this sample; its number.
    pub fn ask(&mut self, to: u64) -> u64 {
        self.taken.push_back((self.from.take().unwrap_or(to), to));
        if self.taken.len() > MOST {
            self.taken.pop_front();
        }
        self.asked += 1;
        self.open.insert(self.asked - 1);
        if self.open.len() > MOST {
            self.open.pop_first();
        }
        self.asked - 1
    }

    /// This one was answered.
    pub fn answer(&mut self, number: u64) {
        self.open.remove(&number);
    }

    /// One was answered, with the words up to this sample. Another may never have been, since
    /// there was nothing in it.
    pub fn answer_to(&mut self, to: u64) {
        self.open.pop_first();
        let reached = |number: &u64| {
            let taken = self.stretch(*number, to);
            taken.is_some_and(|(_, end)| end <= to + SHORT)
        };
        let rest = self.open.iter().copied();
        let rest: BTreeSet<u64> = rest.filter(|number| !reached(number)).collect();
        self.open = rest;
    }

    /// Whether this one was.
    pub fn is_answered(&self, number: u64) -> bool {
        number < self.asked && !self.open.contains(&number)
    }

    /// The sound that a flush took, or that the next will take, of which so many samples went out.
    pub fn stretch(&self, number: u64, sent: u64) -> Option<(u64, u64)> {
        if number >= self.asked {
            return Some((self.from?, sent));
        }
        let back = usize::try_from(self.asked - number).ok()?;
        let index = self.taken.len().checked_sub(back)?;
        self.taken.get(index).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_takes_the_sound_since_the_one_before() {
        let mut flushes = Flushes::default();
        assert_eq!(flushes.stretch(0, 10), None);
        flushes.sound(100);
        flushes.sound(200);
        assert_eq!(flushes.stretch(0, 300), Some((100, 300)));
        assert_eq!(flushes.ask(300), 0);
        assert!(!flushes.has_sound());
        flushes.sound(450);
        flushes.forget();
        flushes.sound(500);
        assert_eq!(flushes.ask(600), 1);
        assert_eq!(flushes.stretch(0, 900), Some((100, 300)));
        assert_eq!(flushes.stretch(1, 900), Some((500, 600)));
        assert_eq!(flushes.stretch(2, 900), None);
        // Answers may come in any order, also to questions that were never asked.
        flushes.answer(1);
        flushes.answer(u64::MAX);
        assert!(flushes.is_answered(1) && !flushes.is_answered(0) && !flushes.is_answered(2));
    }

    #[test]
    fn an_answer_that_never_came_does_not_take_the_place_of_the_next() {
        let mut flushes = Flushes::default();
        for to in [16_000, 32_000, 64_000] {
            flushes.sound(to - 16_000);
            flushes.ask(to);
        }
        flushes.answer_to(31_000);
        let answered = [0, 1, 2].map(|number| flushes.is_answered(number));
        assert_eq!(answered, [true, true, false]);
        // The oldest is answered however far the vendor says it went.
        flushes.answer_to(31_000);
        assert!(flushes.is_answered(2));
    }
}
