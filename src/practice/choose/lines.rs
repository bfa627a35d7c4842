//! Which line to say next about something, or in answer to how the coach does it.

use super::super::moves::Topic;
use super::super::sentences::split;
use super::super::sheet::{Line, Reaction, Slot};
use super::Chooser;

/// Client turns that pass before a reaction may be said again.
const APART: usize = 12;

/// The order in which a client's thoughts wander when nothing is left to say about a topic: through
/// the story. Plans and conclusions come only when they are asked for.
const TRAIL: &[Topic] = &[
    Topic::WhatBrings,
    Topic::Others,
    Topic::Obstacles,
    Topic::Feelings,
    Topic::WhyNow,
    Topic::Identity,
    Topic::Values,
    Topic::Strengths,
];

impl<'a> Chooser<'a> {
    /// The next line of what is being talked about.
    pub(super) fn more(&self) -> Option<&'a Line> {
        self.fresh(Slot::Topic(self.memory.topic.unwrap_or(Topic::WhatBrings)))
    }

    /// Says more about what is being talked about, and of nothing else.
    pub(super) fn go_on(&mut self) {
        match self.more() {
            Some(line) => self.say(line),
            None => self.must(Reaction::AllTold),
        }
    }

    pub(super) fn wander(&mut self) {
        let from = self.memory.topic;
        let start = TRAIL
            .iter()
            .position(|t| Some(*t) == from)
            .map_or(0, |i| i + 1);
        let next = (0..TRAIL.len())
            .find_map(|i| self.fresh(Slot::Topic(TRAIL[(start + i) % TRAIL.len()])));
        match next {
            Some(line) => self.say(line),
            None if self.out.is_empty() => self.must(Reaction::Musing),
            None => {}
        }
    }

    /// The deepest line not yet heard that may be said now. Whoever said that it hurts does not go
    /// on to say that it is fine: nothing shallower than what was said to the same.
    pub(super) fn fresh(&self, slot: Slot) -> Option<&'a Line> {
        let said = |l: &&Line| self.memory.said.contains_key(&l.id);
        let lines = || self.sheet.lines.iter().filter(move |l| l.slot == slot);
        let floor = lines().filter(said).map(|l| l.level).max().unwrap_or(1);
        // Of one depth, in the order they were written.
        lines()
            .filter(|l| !said(l) && (floor..=self.ceiling).contains(&l.level))
            .rev()
            .max_by_key(|l| l.level)
    }

    /// Says the client's last words again, the last two sentences of them.
    pub(super) fn again(&mut self) {
        let said = split(&self.memory.last_words);
        if said.is_empty() {
            return self.must(Reaction::Opening);
        }
        self.must(Reaction::Repeat);
        let tail = said[said.len().saturating_sub(2)..].concat();
        self.out.push(("again".to_owned(), tail.trim().to_owned()));
    }

    /// Reacts, if there is something that was not said lately.
    pub(super) fn may(&mut self, reaction: Reaction) {
        if let Some(line) = self.pick(reaction, true) {
            self.say(line);
        }
    }

    /// Reacts, with what was said longest ago if need be.
    pub(super) fn must(&mut self, reaction: Reaction) {
        let line = self
            .pick(reaction, true)
            .or_else(|| self.pick(Reaction::Musing, true))
            .or_else(|| self.pick(reaction, false));
        if let Some(line) = line {
            self.say(line);
        }
    }

    /// Reacts in no other way, with what was said longest ago if need be.
    pub(super) fn only(&mut self, reaction: Reaction) {
        let line = self
            .pick(reaction, true)
            .or_else(|| self.pick(reaction, false));
        if let Some(line) = line {
            self.say(line);
        }
    }

    pub(super) fn pick(&mut self, reaction: Reaction, only_rested: bool) -> Option<&'a Line> {
        let ceiling = self.ceiling;
        let fits = |l: &&Line| {
            l.slot == Slot::Reaction(reaction)
                && l.level <= ceiling
                && !self.out.iter().any(|(id, _)| **id == *l.id)
        };
        let own: Vec<&Line> = self.sheet.lines.iter().filter(fits).collect();
        let all: Vec<&Line> = own
            .iter()
            .copied()
            .chain(self.shared.iter().filter(fits))
            .collect();
        for pool in [&own, &all] {
            let fresh: Vec<&Line> = pool
                .iter()
                .copied()
                .filter(|l| !self.memory.said.contains_key(&l.id))
                .collect();
            if !fresh.is_empty() {
                return fresh
                    .get(self.dice.below(fresh.len() as u32) as usize)
                    .copied();
            }
        }
        let now = self.memory.client_turns;
        all.into_iter()
            .filter_map(|l| Some((*self.memory.said.get(&l.id)?, l)))
            .filter(|(at, _)| !only_rested || now - at >= APART)
            .min_by_key(|(at, _)| *at)
            .map(|(_, l)| l)
    }

    pub(super) fn say(&mut self, line: &Line) {
        if !self.out.iter().any(|(id, _)| **id == *line.id) {
            self.out.push((line.id.to_string(), line.text.clone()));
        }
    }
}
