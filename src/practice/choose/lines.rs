//! Which line to say next about something, or in answer to how the coach does it.

use super::super::again::{last_of, wants_own};
use super::super::moves::{Move, Topic, Understood};
use super::super::sentences::without_pauses;
use super::super::sheet::{Line, Reaction, Slot};
use super::Chooser;

/// Client turns that pass before a reaction may be said again.
const APART: usize = 12;

/// Client turns that pass before they say again that it is not quite what was asked.
const ASIDES_APART: usize = 6;

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

/// What lies next to a topic, nearest first: where a client goes whose lines about it are told.
/// As on the trail, nobody comes to plans and conclusions by themselves.
fn near(topic: Topic) -> &'static [Topic] {
    use Topic as T;
    match topic {
        T::WhatBrings | T::More => &[T::WhyNow, T::Obstacles, T::Others],
        T::Goal => &[T::Measure, T::Values, T::WhyNow],
        T::WhyNow => &[T::WhatBrings, T::Values, T::Fears],
        T::Measure => &[T::Goal, T::Future],
        T::Feelings => &[T::Fears, T::Identity, T::Obstacles],
        T::Values => &[T::Identity, T::WhyNow],
        T::Identity => &[T::Values, T::Strengths, T::Others],
        T::Obstacles => &[T::Fears, T::Tried, T::Feelings],
        T::Others => &[T::WhatBrings, T::Identity, T::Feelings],
        T::Fears => &[T::Obstacles, T::Feelings],
        T::Scale => &[T::Obstacles, T::Strengths],
        T::Tried => &[T::Obstacles, T::Strengths],
        T::Strengths => &[T::Identity, T::Values, T::Tried],
        T::Options => &[T::Tried, T::Obstacles],
        T::Future => &[T::Goal, T::Values, T::Measure],
        T::NextStep => &[T::Options, T::Obstacles],
        T::Support => &[T::Others, T::Obstacles],
        T::Accountability => &[T::Support, T::Obstacles],
        T::Learning => &[T::Identity, T::Feelings],
        T::Closing => &[T::Learning],
    }
}

impl<'a> Chooser<'a> {
    /// Answers a question that no line is left for, or that is about nothing in particular: with
    /// what lies near it and opens no door, or thinking aloud. Only whoever asks the very same
    /// again hears that there is no more.
    pub(super) fn come_near(&mut self, topic: Option<Topic>) {
        if self.memory.again {
            return self.must(Reaction::AllTold);
        }
        self.open_nothing();
        let from = topic.or(self.memory.topic).unwrap_or(Topic::WhatBrings);
        let mut around = std::iter::once(&from).chain(near(from));
        let line = around.find_map(|near| self.fresh(Slot::Topic(*near)));
        // What was not placed at all may be about something else altogether.
        let line = line.filter(|_| topic.is_some() || self.dice.below(2) == 0);
        match line {
            Some(line) => {
                if topic.is_none_or(|topic| line.slot != Slot::Topic(topic)) {
                    self.step_aside();
                }
                self.say(line);
            }
            None => self.must(Reaction::Musing),
        }
    }

    /// Says that what comes is not quite what was asked, unless that was said a moment ago.
    fn step_aside(&mut self) {
        let asides = self.sheet.lines.iter().chain(self.shared);
        let last = asides
            .filter(|line| line.slot == Slot::Reaction(Reaction::Aside))
            .filter_map(|line| self.memory.said.get(&line.id))
            .max();
        if last.is_none_or(|at| self.memory.client_turns - at >= ASIDES_APART) {
            self.may(Reaction::Aside);
        }
    }

    /// Opens no door that is still closed.
    pub(super) fn open_nothing(&mut self) {
        self.ceiling = self.ceiling.min(self.memory.shown());
    }

    /// The next line of what is being talked about.
    pub(super) fn more(&self) -> Option<&'a Line> {
        self.fresh(Slot::Topic(self.memory.topic.unwrap_or(Topic::WhatBrings)))
    }

    /// Says more about what is being talked about. Whoever asks for more of it when it is all told
    /// hears so; to whoever only listens they go on with what comes to mind next.
    pub(super) fn go_on(&mut self) {
        let kind = self.memory.coach.as_ref().map(|coach| coach.kind);
        let listens = matches!(
            kind,
            Some(Move::Backchannel | Move::SilenceHeld | Move::InviteSilence)
        );
        match self.more() {
            Some(line) => self.say(line),
            None if listens => self.drift(),
            None => self.must(Reaction::AllTold),
        }
    }

    /// Goes on with what lies near what is being talked about, then anywhere, then thinking aloud.
    fn drift(&mut self) {
        let from = self.memory.topic.unwrap_or(Topic::WhatBrings);
        let line = near(from).iter().find_map(|t| self.fresh(Slot::Topic(*t)));
        match line {
            Some(line) => self.say(line),
            None => self.wander(),
        }
    }

    /// Goes on with whatever of the story is left.
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

    /// A small fact: what was not said of it yet, or else the same again.
    pub(super) fn known(&self, fact: usize) -> Option<&'a Line> {
        let slot = Slot::Small(fact);
        let mut lines = self.sheet.lines.iter();
        let again = lines.rfind(|line| line.slot == slot && line.level <= self.ceiling);
        self.fresh(slot).or(again)
    }

    /// Says again what was said last: the client's own words, or the coach's where those are wanted.
    pub(super) fn again(&mut self, coach: &Understood) {
        let (said, lead) = match wants_own(&coach.words) {
            true => (&self.memory.coach_words, Reaction::Recalled),
            false => (&self.memory.last_words, Reaction::Repeat),
        };
        let leads = |line: &&Line| line.slot == Slot::Reaction(lead);
        let mut leads = self.sheet.lines.iter().chain(self.shared).filter(leads);
        // Asked once more, it is not said that it was said again.
        let again = leads.find_map(|line| said.strip_prefix(&*without_pauses(&line.text)));
        let Some(last) = last_of(&without_pauses(again.unwrap_or(said))) else {
            return self.must(Reaction::Opening);
        };
        self.must(lead);
        self.out.push(("again".to_owned(), last));
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

    /// Says what must not be mistaken: the sheet's own words for it, or else those that all share.
    pub(super) fn plainly(&mut self, reaction: Reaction) {
        let said = |line: &&Line| self.memory.said.get(&line.id).copied();
        let of = |lines: &'a [Line]| {
            let lines = lines.iter();
            let lines =
                lines.filter(|l| l.slot == Slot::Reaction(reaction) && l.level <= self.ceiling);
            lines.min_by_key(said)
        };
        if let Some(line) = of(&self.sheet.lines).or_else(|| of(self.shared)) {
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
