//! What the client remembers: the session folded into state, lines said and lines cut off.

mod checking;
mod client;
mod coach;
mod fitting;
mod past;
mod private;
#[cfg(test)]
mod tests;
mod told;
mod utterance;

use std::collections::BTreeMap;
use std::sync::Arc;

pub(super) use checking::is_check;
pub(super) use past::Minds;
pub use past::Past;

use fitting::GivenBack;
use utterance::Utterance;

use super::dice::Dice;
use super::moves::{Context, Moves, Topic, Understood};
use super::pausing::Pacer;
use super::sheet::{Line, Sheet};
use super::state::{Moved, State, StateStep, is_inward};

/// The session so far, as the client lived it.
#[derive(Clone, Debug)]
pub struct Memory {
    pub(super) state: State,
    /// The steps of the turn of the coach that is under way, or was the last.
    pub(super) steps: Vec<StateStep>,
    /// How many times the coach spoke.
    pub(super) coach_turns: usize,
    /// How many times the client spoke.
    pub(super) client_turns: usize,
    /// The client turn in which each line was last heard.
    pub(super) said: BTreeMap<Arc<str>, usize>,
    /// The deepest level disclosed.
    pub(super) deepest: u8,
    /// What is being talked about.
    pub(super) topic: Option<Topic>,
    /// The coach spoke over the client's last words, or into the silence after them.
    pub(super) was_cut: bool,
    /// It was a silence in which the client was thinking.
    pub(super) stepped_in: bool,
    /// The line that was lost by it.
    pub(super) cut: Option<Arc<Line>>,
    pub(super) interruptions: usize,
    /// What was said, as far as it changes what the coach says next.
    pub(super) context: Context,
    /// The client's last words.
    pub(super) last_words: Arc<str>,
    /// All that the client told, without what only reacts.
    spoken: Vec<Arc<Utterance>>,
    /// What the coach said last; `None` if the coach stays silent.
    pub(super) coach: Option<Understood>,
    /// In what words, but for asking to hear something again.
    pub(super) coach_words: Arc<str>,
    /// The same move how many times in a row, before the last.
    pub(super) habit: usize,
    /// The coach said the very same twice in a row.
    pub(super) again: bool,
    /// What the coach has given back.
    given: GivenBack,
    pub(super) greeted: bool,
    /// The client's last words were that it had not understood.
    pub(super) misheard: bool,
    /// Silences that the coach left since saying anything.
    silences: usize,
    /// How often each trigger has opened the client.
    openings: Vec<usize>,
    /// The triggers that went off in the coach's last turn.
    pub(super) touched: Vec<usize>,
    /// What the coach did with the time since its last turn.
    around: Moves,
    /// The client has spoken since the coach's last turn.
    answered: bool,
    /// The coach's last turn closed the client up: nothing deeper is shown now.
    closed_up: bool,
    /// How far the coach's present turn has moved the state.
    moved: Moved,
    /// The client left the role, since the coach spoke of a danger to their own life, and nothing
    /// that takes up the practice has been said since.
    pub(super) stepped_out: bool,
}

impl Memory {
    /// What is talked about is a life in danger.
    pub(super) fn is_of_danger(&self) -> bool {
        let mut coach = self.coach.iter();
        self.stepped_out || coach.any(|coach| coach.moves.are_of_danger())
    }

    /// The coach gave back what is not theirs.
    pub(super) fn is_missed(&self) -> bool {
        self.agrees() == Some(false)
    }

    /// Whether what the coach gave back just now is right; `None` if nothing was given back, or what
    /// could be said of anybody, or what they do not speak of yet.
    pub(super) fn agrees(&self) -> Option<bool> {
        self.given.right
    }

    /// The deepest level that opens nothing new.
    pub(super) fn shown(&self) -> u8 {
        self.deepest.max(1)
    }

    /// Before anything was said.
    fn new(sheet: &Sheet) -> Self {
        let mut context = Context::new();
        let open = sheet.facts.iter().filter(|fact| fact.level == 1);
        let open = open.map(|fact| &*fact.text);
        let matter = open.chain([&*sheet.brings, &*sheet.who]);
        context.brings(matter, &sheet.vocabulary);
        let doors = sheet.triggers.iter().filter(|trigger| trigger.by > 0);
        let doors = doors.flat_map(|trigger| trigger.phrases.iter().flatten());
        context.opened_by(doors.map(String::as_str));
        Self {
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
            context,
            last_words: "".into(),
            spoken: Vec::new(),
            coach: None,
            coach_words: "".into(),
            habit: 0,
            again: false,
            given: GivenBack::default(),
            greeted: false,
            misheard: false,
            silences: 0,
            openings: vec![0; sheet.triggers.len()],
            touched: Vec::new(),
            around: Moves::default(),
            answered: false,
            closed_up: false,
            moved: Moved::default(),
            stepped_out: false,
        }
    }

    /// How deep the client goes now: no level is passed over, and to a coach who has just closed
    /// them up they show nothing that they have not shown before.
    pub(super) fn ceiling(&self) -> u8 {
        let next = match self.closed_up {
            true => self.shown(),
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
}
