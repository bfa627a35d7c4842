//! What the coach's words and silences do to the client.

use super::super::Silence;
use super::super::moves::{Move, Topic, Understood};
use super::super::sheet::Sheet;
use super::super::state::{Cause, Moved, State, Turn};
use super::super::triggers::MOST_OPENINGS;
use super::Memory;

/// Silences in a row that mean something: whoever says nothing at all gets nowhere by it.
const MOST_SILENCES: usize = 2;

impl Memory {
    /// The coach said something.
    pub(super) fn coach(&mut self, understood: Understood, sheet: &Sheet) {
        let before = self.coach.as_ref().map(|u| u.kind);
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
        self.context.coach(understood.moves);
        self.coach_turns += 1;
        self.coach = Some(understood);
    }

    /// What the coach did with a silence. It counts to the turn of the coach that comes next.
    pub(super) fn silence(&mut self, silence: Silence, sheet: &Sheet) {
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
}
