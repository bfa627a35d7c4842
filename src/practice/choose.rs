//! What to say without a language model: authored lines, chosen by what was heard and the state.

use super::dice::Dice;
use super::memory::Memory;
use super::moves::{Move, Topic};
use super::pausing::Pacer;
use super::sentences::split;
use super::sheet::{Line, Reaction, Sheet, Slot};
use super::words::words;
use super::{Reply, Sentence};

/// Client turns that pass before a reaction may be said again.
const APART: usize = 12;
/// Silence between two lines, in milliseconds.
const BETWEEN_LINES: u32 = 300;

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

/// Makes one answer.
pub(super) struct Chooser<'a> {
    sheet: &'a Sheet,
    shared: &'a [Line],
    memory: &'a Memory,
    dice: Dice,
    pacer: Pacer,
    /// The deepest level that this answer may go to.
    ceiling: u8,
    out: Vec<(String, String)>,
}

impl<'a> Chooser<'a> {
    pub(super) fn new(sheet: &'a Sheet, shared: &'a [Line], memory: &'a Memory, seed: u64) -> Self {
        Self {
            sheet,
            shared,
            ceiling: memory.ceiling().max(1),
            dice: Dice::of(seed, memory.turn()),
            pacer: memory.pacer(sheet, seed),
            memory,
            out: Vec::new(),
        }
    }

    pub(super) fn reply(mut self) -> Reply {
        self.answer();
        if self.out.is_empty() {
            self.must(Reaction::Musing);
        }
        let mut sentences: Vec<Sentence> = Vec::new();
        let first = self.out.first().map_or("", |(_, text)| text.as_str());
        // A silence that ends a line belongs to the sentence after it.
        let mut silence = self.pacer.before(first);
        for (i, (_, text)) in self.out.iter().enumerate() {
            if i > 0 {
                silence += BETWEEN_LINES;
            }
            // Who wrote silences into a line knew where they belong.
            let written = text.contains("[pause ");
            for sentence in split(text) {
                if let Some(pause) = lone_pause(&sentence) {
                    silence += pause;
                    continue;
                }
                let text = match written {
                    true => sentence,
                    false => self.pacer.within(&sentence),
                };
                sentences.push(Sentence {
                    text,
                    pause_before_ms: std::mem::take(&mut silence),
                });
            }
        }
        Reply {
            sentences,
            line_ids: self.out.into_iter().map(|(id, _)| id).collect(),
            inner: self.memory.inner(self.sheet),
        }
    }

    fn answer(&mut self) {
        let Some(coach) = self.memory.coach.clone() else {
            return self.silence();
        };
        let goes_on = matches!(
            coach.kind,
            Move::Backchannel | Move::InviteSilence | Move::Unclear | Move::Repeat
        ) || (coach.kind == Move::OpenQuestion
            && matches!(coach.topic, Some(Topic::More)));
        if let Some(lost) = self.memory.cut.as_deref().filter(|_| goes_on) {
            self.must(Reaction::Resume);
            return self.say(lost);
        }
        if self.memory.was_cut
            && coach.kind != Move::Goodbye
            && (self.memory.interruptions >= 2 || self.memory.state.trust < 45)
        {
            self.may(Reaction::Interrupted);
        }
        // A question that was perhaps another one opens no door that is still closed.
        if !coach.sure {
            self.ceiling = self.ceiling.min(self.memory.deepest.max(1));
        }
        let open = self.memory.state.level();
        match coach.kind {
            Move::Greeting | Move::Telling
                if coach.greets && (!self.memory.greeted || self.memory.coach_turns <= 2) =>
            {
                self.must(Reaction::Greeting)
            }
            Move::Greeting | Move::SoundCheck => self.must(Reaction::SoundCheck),
            Move::AskName => self.must(Reaction::Name),
            Move::Thanks => self.must(Reaction::Thanks),
            Move::Contracting => self.must(Reaction::Contract),
            Move::Backchannel | Move::InviteSilence | Move::SilenceHeld => {
                if self.more().is_some() && self.dice.below(2) == 0 {
                    self.may(Reaction::Listened);
                }
                self.go_on();
            }
            Move::AskNature => self.only(Reaction::Nature),
            Move::OffTopic => self.must(Reaction::OffTopic),
            Move::SmallTalk => self.must(Reaction::SmallTalk),
            Move::OpenQuestion => self.about(coach.topic),
            Move::SimpleReflection | Move::ComplexReflection => {
                if self.dice.below(3) > 0 {
                    self.may(Reaction::Reflection);
                }
                match self.more() {
                    Some(line) => self.say(line),
                    None => self.wander(),
                }
            }
            Move::Summary => {
                self.must(Reaction::Summary);
                if open >= 3
                    && let Some(line) = self.more()
                {
                    self.say(line);
                }
            }
            Move::Affirmation => self.must(Reaction::Affirmation),
            Move::Advice => self.must(Reaction::Advice),
            Move::AdviceWithPermission | Move::TellingWithPermission => {
                self.must(Reaction::AdviceWelcome)
            }
            Move::AskPermission => self.must(Reaction::Permission),
            Move::Telling => self.must(Reaction::Telling),
            Move::LeadingQuestion => self.must(Reaction::Leading),
            Move::ClosedQuestion => {
                self.must(Reaction::Closed);
                if open >= 2 && coach.topic.is_some() {
                    self.about(coach.topic);
                }
            }
            Move::StackedQuestion => match coach.topic {
                Some(topic) if self.dice.below(2) == 0 => self.about(Some(topic)),
                _ => self.must(Reaction::Stacked),
            },
            Move::WhyQuestion => {
                self.must(Reaction::Why);
                if open >= 3 {
                    self.about(coach.topic);
                }
            }
            Move::Clarify => {
                let term = self.sheet.terms.iter().position(|term| {
                    term.iter()
                        .flat_map(|t| words(t))
                        .any(|t| coach.words.iter().any(|w| t.likeness(w) >= 80))
                });
                let explained = term.and_then(|i| self.fresh(Slot::Term(i)));
                match explained {
                    Some(line) => self.say(line),
                    None => self.must(Reaction::Clarify),
                }
            }
            Move::Repeat => self.again(),
            Move::Goodbye => self.must(Reaction::Goodbye),
            // Nobody says twice in a row that they did not understand: they guess, and show nothing.
            Move::Unclear if self.memory.misheard => {
                self.ceiling = 1;
                match self.more() {
                    Some(line) => self.say(line),
                    None => self.must(Reaction::Musing),
                }
            }
            Move::Unclear | Move::Interruption => self.must(Reaction::Misheard),
        }
    }

    fn silence(&mut self) {
        match (self.memory.client_turns, self.sheet.opens) {
            (0, true) => self.must(Reaction::Greeting),
            (0, false) => self.must(Reaction::Opening),
            _ => self.must(Reaction::Idle),
        }
    }

    /// Answers a question about a topic.
    fn about(&mut self, topic: Option<Topic>) {
        let Some(topic) = topic.filter(|t| *t != Topic::More) else {
            return self.go_on();
        };
        match self.fresh(Slot::Topic(topic)) {
            Some(line) => self.say(line),
            None => {
                self.may(Reaction::Musing);
                if self.out.is_empty() {
                    self.wander();
                }
            }
        }
    }

    /// The next line of what is being talked about.
    fn more(&self) -> Option<&'a Line> {
        self.fresh(Slot::Topic(self.memory.topic.unwrap_or(Topic::WhatBrings)))
    }

    /// Says more about what is being talked about, and of nothing else.
    fn go_on(&mut self) {
        match self.more() {
            Some(line) => self.say(line),
            None => self.must(Reaction::AllTold),
        }
    }

    fn wander(&mut self) {
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
    fn fresh(&self, slot: Slot) -> Option<&'a Line> {
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
    fn again(&mut self) {
        let said = split(&self.memory.last_words);
        if said.is_empty() {
            return self.must(Reaction::Opening);
        }
        self.must(Reaction::Repeat);
        let tail = said[said.len().saturating_sub(2)..].concat();
        self.out.push(("again".to_owned(), tail.trim().to_owned()));
    }

    /// Reacts, if there is something that was not said lately.
    fn may(&mut self, reaction: Reaction) {
        if let Some(line) = self.pick(reaction, true) {
            self.say(line);
        }
    }

    /// Reacts, with what was said longest ago if need be.
    fn must(&mut self, reaction: Reaction) {
        let line = self
            .pick(reaction, true)
            .or_else(|| self.pick(Reaction::Musing, true))
            .or_else(|| self.pick(reaction, false));
        if let Some(line) = line {
            self.say(line);
        }
    }

    /// Reacts in no other way, with what was said longest ago if need be.
    fn only(&mut self, reaction: Reaction) {
        let line = self
            .pick(reaction, true)
            .or_else(|| self.pick(reaction, false));
        if let Some(line) = line {
            self.say(line);
        }
    }

    fn pick(&mut self, reaction: Reaction, only_rested: bool) -> Option<&'a Line> {
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

    fn say(&mut self, line: &Line) {
        if !self.out.iter().any(|(id, _)| **id == *line.id) {
            self.out.push((line.id.to_string(), line.text.clone()));
        }
    }
}

/// The silence of a sentence that is nothing else.
fn lone_pause(sentence: &str) -> Option<u32> {
    let mark = sentence.trim().strip_prefix("[pause ")?;
    mark.strip_suffix(']')?.parse().ok()
}
