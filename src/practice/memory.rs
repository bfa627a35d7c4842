//! What the client remembers: the session folded into state, lines said and lines cut off.

use std::collections::{BTreeMap, HashMap};

use super::dice::Dice;
use super::moves::{Move, Topic, Understood};
use super::pausing::Pacer;
use super::recognise::{Known, Recogniser};
use super::sheet::{Line, Reaction, Sheet, Slot};
use super::state::{Cause, Moved, State, StateStep, Turn, is_inward};
use super::triggers::MOST_OPENINGS;
use super::words::tokens;
use super::{Heard, Silence};

/// Words from which on an answer tells something.
const TELLS: usize = 5;

/// Silences in a row that mean something: whoever says nothing at all gets nowhere by it.
const MOST_SILENCES: usize = 2;

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
    /// The coach spoke over the client's last words, or into the silence after them.
    pub(super) was_cut: bool,
    /// It was a silence in which the client was thinking.
    pub(super) stepped_in: bool,
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
    /// Silences that the coach left since saying anything.
    silences: usize,
    /// How often each trigger has opened the client.
    openings: Vec<usize>,
    /// The triggers that went off in the coach's last turn.
    pub(super) touched: Vec<usize>,
    /// The coach's last turn closed the client up: nothing deeper is shown now.
    closed_up: bool,
    /// How far the coach's present turn has moved the state.
    moved: Moved,
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
            stepped_in: false,
            cut: None,
            interruptions: 0,
            last_words: "",
            coach: None,
            habit: 0,
            greeted: false,
            misheard: false,
            silences: 0,
            openings: vec![0; sheet.triggers.len()],
            touched: Vec::new(),
            closed_up: false,
            moved: Moved::default(),
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
                Heard::Silence(silence) => {
                    memory.silence(*silence, sheet);
                    i += 1;
                }
                Heard::Coach(_) => {
                    // What the coach says in several breaths, the client hears as one.
                    let mut breaths: Vec<&str> = Vec::new();
                    for heard in &history[i..] {
                        match heard {
                            Heard::Coach(text) => breaths.push(text),
                            Heard::Silence(silence) => memory.silence(*silence, sheet),
                            Heard::Client(_) => break,
                        }
                        i += 1;
                    }
                    memory.coach(&breaths.join(" "), recogniser, &mut known, sheet);
                }
            }
        }
        let spoken = history.iter().rfind(|h| !matches!(h, Heard::Silence(_)));
        if matches!(spoken, Some(Heard::Client(_)) | None) {
            memory.coach = None;
        }
        memory
    }

    /// How deep the client goes now: no level is passed over, and to a coach who has just closed
    /// them up they show nothing that they have not shown before.
    pub(super) fn ceiling(&self) -> u8 {
        let next = match self.closed_up {
            true => self.deepest.max(1),
            false => self.deepest + 1,
        };
        self.state.level().min(next)
    }

    /// Which of its turns the client takes now: what is left to chance follows it.
    pub(super) fn turn(&self) -> usize {
        self.coach_turns * 1009 + self.client_turns
    }

    /// How the client thinks while it answers now.
    pub(super) fn pacer(&self, sheet: &Sheet, seed: u64) -> Pacer {
        let asked = self.coach.as_ref().and_then(|coach| coach.topic);
        let inward = asked
            .filter(|topic| *topic != Topic::More)
            .or(self.topic)
            .is_some_and(is_inward);
        let dice = Dice::of(!seed, self.turn());
        Pacer::new(sheet.thinking, &self.state, inward, dice)
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
        self.silences = 0;
        if self.was_cut && !self.stepped_in {
            self.interruptions += 1;
            self.step(sheet, |state, turn| {
                state.take(turn, Cause::Interruption, None, 0)
            });
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
            let (cause, habit) = (Cause::Move(understood.kind), self.habit);
            self.step(sheet, |state, turn| state.take(turn, cause, topic, habit));
        }
        self.touched.clear();
        self.closed_up = false;
        for (number, trigger) in sheet.triggers.iter().enumerate() {
            let opened = &mut self.openings[number];
            if !trigger.fires(&understood) || (trigger.by > 0 && *opened >= MOST_OPENINGS) {
                continue;
            }
            *opened += usize::from(trigger.by > 0);
            self.touched.push(number);
            self.closed_up |= trigger.by < 0;
            let (cause, effect) = (Cause::Trigger(number), trigger.effect());
            self.step(sheet, |state, turn| state.step(turn, cause, &effect, 0));
        }
        self.moved = Moved::default();
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

    /// What the coach did with a silence. It counts to the turn of the coach that comes next.
    fn silence(&mut self, silence: Silence, sheet: &Sheet) {
        let cause = match silence {
            Silence::Held => Cause::SilenceHeld,
            Silence::Broken => Cause::SteppedIn,
        };
        if silence == Silence::Broken {
            (self.was_cut, self.stepped_in) = (true, true);
        } else {
            self.silences += 1;
            if self.silences > MOST_SILENCES {
                return;
            }
        }
        self.step(sheet, |state, turn| state.take(turn, cause, None, 0));
    }

    /// Moves the state, within what the coach's present turn may move it.
    fn step(&mut self, sheet: &Sheet, change: impl FnOnce(&mut State, &mut Turn<'_>)) {
        let mut turn = Turn {
            number: self.coach_turns,
            pace: sheet.pace,
            moved: &mut self.moved,
            log: &mut self.steps,
        };
        change(&mut self.state, &mut turn);
    }

    fn client(&mut self, text: &'a str, lines: &Openings<'a>) {
        let heard = tokens(text);
        let ended = text
            .trim_end()
            .trim_end_matches(['"', '”', '\''])
            .ends_with(['.', '?', '!', '…']);
        let (mut whole_to_end, mut partial): (bool, Option<(usize, &'a Line)>) = (false, None);
        let mut topics: Vec<(usize, &'a Line)> = Vec::new();
        let mut authored = vec![false; heard.len()];
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
                    authored[at..at + alike].fill(true);
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
        self.stepped_in = false;
        self.cut = None;
        match partial {
            // Most of it was heard, and the point with it.
            Some((k, line)) if k * 10 >= line.words.len() * 6 => topics.push((heard.len(), line)),
            Some((_, line)) => self.cut = Some(line),
            None => {}
        }
        self.misheard = false;
        // A model, too, says "yes" now and then, and that alone is nobody's line.
        let free = authored.iter().filter(|authored| !**authored).count();
        if free * 2 >= heard.len() && self.cut.is_none() && !self.was_cut {
            self.improvised(free);
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
