//! What a turn of the coach moved inside a client.

use super::memory::Memory;
use super::moves::{Move, Moves, Topic};
use super::sheet::Sheet;
use super::state::{Cause, State, StateStep};

/// What the coach's last turn moved, and where the client stands since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inner {
    /// Which turn of the coach, from 0: the last one, or of a silent coach the next.
    pub turn: usize,
    /// What that turn changed.
    pub steps: Vec<StateStep>,
    /// Where the client stands now.
    pub state: State,
    /// What the turn was taken for; `None` if the coach was silent.
    pub heard_as: Option<(Move, Option<Topic>)>,
    /// All moves of the turn.
    pub moves: Moves,
    /// What of the sheet's triggers went off, in words.
    pub triggers: Vec<String>,
}

impl Memory {
    pub(super) fn inner(&self, sheet: &Sheet) -> Inner {
        let turn = match self.coach {
            Some(_) => self.coach_turns.saturating_sub(1),
            None => self.coach_turns,
        };
        Inner {
            turn,
            state: self.state,
            heard_as: self.coach.as_ref().map(|u| (u.kind, u.topic)),
            moves: self.coach.as_ref().map(|u| u.moves).unwrap_or_default(),
            triggers: self
                .touched(sheet)
                .map(|(when, _)| when.to_owned())
                .collect(),
            steps: self.steps.clone(),
        }
    }

    /// The triggers that went off in the coach's last turn: what they are, and by how much they
    /// open the client (below zero: close them up).
    pub(super) fn touched<'s>(&'s self, sheet: &'s Sheet) -> impl Iterator<Item = (&'s str, i16)> {
        let triggers = self.touched.iter().filter_map(|at| sheet.triggers.get(*at));
        triggers.map(|trigger| (trigger.when.as_str(), trigger.by))
    }
}

impl StateStep {
    /// Of a step that a trigger caused, when that goes off.
    #[must_use]
    pub fn trigger<'s>(&self, sheet: &'s Sheet) -> Option<&'s str> {
        match self.cause {
            Cause::Trigger(at) => sheet.triggers.get(at).map(|trigger| trigger.when.as_str()),
            _ => None,
        }
    }
}
