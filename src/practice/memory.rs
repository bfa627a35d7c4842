//! What the client remembers: the session folded into state, lines said and lines cut off.

use std::collections::{BTreeMap, HashMap};

use super::Heard;
use super::moves::{Move, Topic, Understood};
use super::recognise::{Known, Recogniser};
use super::sheet::{Line, Reaction, Sheet, Slot};
use super::state::{Cause, State, StateStep};
use super::words::tokens;

/// Words from which on an answer tells something.
const TELLS: usize = 5;

/// Lines by their first word.
type Openings<'a> = HashMap<&'a str, Vec<&'a Line>>;

/// The session so far, as the client lived it. Made anew for every answer, so that what was
/// truncated, corrected or deleted needs no undoing.
#[derive(Clone, Debug)]
pub(super) struct Memory<'a> {
    pub(super) state: State,
    /// Every step of the session.
    pub(super) steps: Vec<StateStep>,
    /// How many times the coach spoke.
    pub(super) coach_turns: usize,
    /// How many times the client spoke.
    pub(super) client_turns: usize,
    /// The client turn in which each line was last heard.
    pub(super) said: BTreeMap<&'a str, usize>,
    /// The deepest level disclosed.
    pub(super) deepest: u8,
    /// What is being talked about.
    pub(super) topic: Option<Topic>,
    /// The coach spoke over the client's last words.
    pub(super) was_cut: bool,
    /// The line that was lost by it.
    pub(super) cut: Option<&'a Line>,
    pub(super) interruptions: usize,
    /// The client's last words.
    pub(super) last_words: &'a str,
    /// What the coach said last; `None` if the coach stays silent.
    pub(super) coach: Option<Understood>,
    /// The same move how many times in a row, before the last.
    pub(super) habit: usize,
    pub(super) greeted: bool,
    /// The client's last words were that it had not understood.
    pub(super) misheard: bool,
}

impl<'a> Memory<'a> {
    pub(super) fn recall(
        recogniser: &Recogniser,
        sheet: &'a Sheet,
        shared: &'a [Line],
        history: &'a [Heard],
    ) -> Self {
        let mut memory = Self {
            state: sheet.start,
            steps: Vec::new(),
            coach_turns: 0,
            client_turns: 0,
            said: BTreeMap::new(),
            deepest: 0,
            topic: None,
            was_cut: false,
            cut: None,
            interruptions: 0,
            last_words: "",
            coach: None,
            habit: 0,
            greeted: false,
            misheard: false,
        };
        let mut known = Known::default();
        let mut lines: Openings<'a> = HashMap::new();
        for line in sheet.lines.iter().chain(shared) {
            if let Some(first) = line.words.first() {
                lines.entry(first).or_default().push(line);
            }
        }
        let mut i = 0;
        while let Some(item) = history.get(i) {
            match item {
                Heard::Client(text) => {
                    memory.client(text, &lines);
                    i += 1;
                }
                Heard::Coach(_) => {
                    // What the coach says in several breaths, the client hears as one.
                    let breaths: Vec<&str> = history[i..]
                        .iter()
                        .map_while(|h| match h {
                            Heard::Coach(text) => Some(text.as_str()),
                            Heard::Client(_) => None,
                        })
                        .collect();
                    memory.coach(&breaths.join(" "), recogniser, &mut known, sheet);
                    i += breaths.len();
                }
            }
        }
        if matches!(history.last(), Some(Heard::Client(_)) | None) {
            memory.coach = None;
        }
        memory
    }

    /// How deep the client goes now: no level is passed over.
    pub(super) fn ceiling(&self) -> u8 {
        self.state.level().min(self.deepest + 1)
    }

    fn coach(&mut self, text: &str, recogniser: &Recogniser, known: &mut Known, sheet: &Sheet) {
        let before = self.coach.as_ref().map(|u| u.kind);
        let understood = recogniser.understand_with(
            known,
            text,
            self.last_words,
            before == Some(Move::AskPermission),
        );
        self.habit = if before == Some(understood.kind) {
            self.habit + 1
        } else {
            0
        };
        let turn = self.coach_turns;
        if self.was_cut {
            self.interruptions += 1;
            self.state
                .take(turn, Cause::Interruption, None, 100, 0, &mut self.steps);
        }
        let pleasantry = matches!(
            understood.kind,
            Move::Greeting | Move::SmallTalk | Move::SoundCheck | Move::AskName | Move::Thanks
        );
        // The weather in the middle of the story brings nobody closer.
        if !(pleasantry && (self.topic.is_some() || self.greeted && self.habit > 0)) {
            let topic = understood
                .topic
                .filter(|t| *t != Topic::More)
                .or(self.topic);
            self.state.take(
                turn,
                Cause::Move(understood.kind),
                topic,
                sheet.pace,
                self.habit,
                &mut self.steps,
            );
        }
        let about = matches!(
            understood.kind,
            Move::OpenQuestion
                | Move::ClosedQuestion
                | Move::WhyQuestion
                | Move::SimpleReflection
                | Move::ComplexReflection
        );
        if about && let Some(topic) = understood.topic.filter(|t| *t != Topic::More) {
            self.topic = Some(topic);
        }
        self.coach_turns += 1;
        self.coach = Some(understood);
    }

    fn client(&mut self, text: &'a str, lines: &Openings<'a>) {
        let heard = tokens(text);
        let ended = text
            .trim_end()
            .trim_end_matches(['"', '”', '\''])
            .ends_with(['.', '?', '!', '…']);
        let (mut whole_to_end, mut partial): (bool, Option<(usize, &'a Line)>) = (false, None);
        let mut topics: Vec<(usize, &'a Line)> = Vec::new();
        for (at, word) in heard.iter().enumerate() {
            for &line in lines.get(word.as_str()).into_iter().flatten() {
                let alike = heard[at..]
                    .iter()
                    .zip(&line.words)
                    .take_while(|(a, b)| a == b)
                    .count();
                let to_end = at + alike == heard.len();
                if alike == line.words.len() {
                    whole_to_end |= to_end;
                    topics.push((at, line));
                } else if to_end && alike >= 2 && partial.is_none_or(|(longest, _)| alike > longest)
                {
                    partial = Some((alike, line));
                }
            }
        }
        topics.sort_by_key(|(at, _)| *at);
        let partial = partial.filter(|(k, _)| !whole_to_end && (!ended || *k >= 3));
        self.was_cut = !heard.is_empty() && (partial.is_some() || !ended);
        self.cut = None;
        match partial {
            // Most of it was heard, and the point with it.
            Some((k, line)) if k * 10 >= line.words.len() * 6 => topics.push((heard.len(), line)),
            Some((_, line)) => self.cut = Some(line),
            None => {}
        }
        self.misheard = false;
        if topics.is_empty() && self.cut.is_none() && !self.was_cut {
            self.improvised(heard.len());
        }
        for (_, line) in topics {
            self.said.insert(&line.id, self.client_turns);
            self.deepest = self.deepest.max(line.level);
            match line.slot {
                Slot::Topic(topic) => self.topic = Some(topic),
                Slot::Reaction(Reaction::Greeting) => self.greeted = true,
                Slot::Reaction(Reaction::Misheard) => self.misheard = true,
                Slot::Reaction(_) | Slot::Term(_) => {}
            }
        }
        self.client_turns += 1;
        self.last_words = text;
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
