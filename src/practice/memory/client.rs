//! What the client was heard to say: which lines of the sheet were in it, and what of them was lost.

use std::collections::HashMap;
use std::sync::Arc;

use super::super::again::wants_own;
use super::super::moves::{Move, Topic};
use super::super::sentences::split;
use super::super::sheet::{Line, Reaction, Slot};
use super::super::words::tokens;
use super::Memory;
use super::utterance::Utterance;

/// Words from which on an answer tells something.
const TELLS: usize = 5;

/// Lines by their first word.
pub(super) struct Openings<'a>(HashMap<&'a str, Vec<&'a Line>>);

impl<'a> Openings<'a> {
    pub(super) fn of(lines: impl Iterator<Item = &'a Line>) -> Self {
        let mut openings: HashMap<&str, Vec<&Line>> = HashMap::new();
        for line in lines {
            if let Some(first) = line.words.first() {
                openings.entry(first).or_default().push(line);
            }
        }
        Self(openings)
    }
}

impl Memory {
    /// The client was heard to say something; `cut` if there was more and the coach spoke over it.
    pub(super) fn client(&mut self, text: &str, cut: bool, lines: &Openings<'_>) {
        self.steps.clear();
        let repeats = self.coach.as_ref();
        let repeats = repeats.filter(|coach| coach.kind == Move::Repeat);
        // The coach's own words make nothing the client's.
        let recalls = repeats.is_some_and(|coach| wants_own(&coach.words));
        let repeats = repeats.is_some();
        if !recalls {
            self.context.client(text);
        }
        let heard = tokens(text);
        let (mut whole_to_end, mut partial): (bool, Option<(usize, &Line)>) = (false, None);
        let mut topics: Vec<(usize, &Line)> = Vec::new();
        let mut authored = vec![false; heard.len()];
        let mut reacts = vec![false; heard.len()];
        for (at, word) in heard.iter().enumerate() {
            for &line in lines.0.get(word.as_str()).into_iter().flatten() {
                let alike = heard[at..]
                    .iter()
                    .zip(&line.words)
                    .take_while(|(a, b)| a == b)
                    .count();
                let to_end = at + alike == heard.len();
                if alike == line.words.len() {
                    whole_to_end |= to_end;
                    authored[at..at + alike].fill(true);
                    if matches!(line.slot, Slot::Reaction(_)) {
                        reacts[at..at + alike].fill(true);
                    }
                    topics.push((at, line));
                } else if cut
                    && to_end
                    && alike >= 2
                    && partial.is_none_or(|(longest, _)| alike > longest)
                {
                    partial = Some((alike, line));
                }
            }
        }
        topics.sort_by_key(|(at, _)| *at);
        let partial = partial.filter(|_| !whole_to_end);
        if let Some((k, _)) = partial {
            authored[heard.len() - k..].fill(true);
        }
        self.was_cut = cut;
        self.stepped_in = false;
        self.cut = None;
        match partial {
            // Most of it was heard, and the point with it.
            Some((k, line)) if k * 10 >= line.words.len() * 6 => topics.push((heard.len(), line)),
            Some((_, line)) => self.cut = Some(Arc::new(line.clone())),
            None => {}
        }
        self.misheard = false;
        // What broke off in the middle of a sentence is not told yet.
        let told = match (cut, text.rfind(['.', '?', '!', '…'])) {
            (false, _) => heard.len(),
            (true, end) => end.map_or(0, |end| tokens(&text[..end]).len().min(heard.len())),
        };
        // A model, too, says "yes" now and then, and that alone is nobody's line.
        let free = authored[..told].iter().filter(|one| !**one).count();
        if told > 0 && free * 2 >= told && !repeats && !self.is_of_danger() {
            self.improvised(free);
        }
        for (_, line) in topics {
            self.said.insert(line.id.clone(), self.client_turns);
            self.deepest = self.deepest.max(line.level);
            match line.slot {
                Slot::Topic(topic) => self.topic = Some(topic),
                Slot::Reaction(Reaction::Greeting) => self.greeted = true,
                Slot::Reaction(Reaction::Misheard) => self.misheard = true,
                Slot::Reaction(_) | Slot::Term(_) | Slot::Small(_) => {}
            }
        }
        self.answered = true;
        self.client_turns += 1;
        self.last_words = text.into();
        if !recalls {
            let told = Utterance::of(&told_in(text, &reacts));
            self.spoken.push(Arc::new(told));
        }
    }

    /// The client said what nobody wrote: a language model spoke. What it may know is known by
    /// what was unlocked, so an answer long enough to tell something uncovers that level.
    fn improvised(&mut self, words: usize) {
        self.greeted = true;
        if words >= TELLS {
            self.deepest = self.deepest.max(self.ceiling().max(1));
        }
        if let Some(asked) = self.coach.as_ref().and_then(|coach| coach.topic) {
            self.topic = Some(asked)
                .filter(|topic| *topic != Topic::More)
                .or(self.topic);
        }
    }
}

/// The sentences that tell something, and do not only react.
fn told_in(text: &str, reacts: &[bool]) -> String {
    let mut at = 0;
    let mut sentences = split(text);
    sentences.retain(|sentence| {
        let from = at;
        at = (from + tokens(sentence).len()).min(reacts.len());
        reacts[from..at].iter().any(|reacts| !reacts)
    });
    sentences.concat()
}
