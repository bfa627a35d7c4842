//! What the coach's words and silences do to the client.

use super::super::Silence;
use super::super::danger::goes_on;
use super::super::moves::{Move, Moves, Topic, Understood};
use super::super::sheet::Sheet;
use super::super::state::{Cause, Moved, State, Turn};
use super::super::triggers::{MOST_OPENINGS, Trigger};
use super::Memory;
use super::checking::only_checks;
use super::fitting::{Fit, Theirs};

/// Silences in a row that mean something: whoever says nothing at all gets nowhere by it.
const MOST_SILENCES: usize = 2;

impl Memory {
    /// The coach said something.
    pub(super) fn coach(&mut self, understood: Understood, sheet: &Sheet) {
        self.stepped_out = understood.kind == Move::Danger
            || self.stepped_out && !goes_on(understood.words.iter().map(|word| &*word.text));
        if self.stepped_out || understood.moves.are_of_danger() {
            return self.steps_out(understood);
        }
        let felt = understood.felt();
        let before = self.coach.as_ref().map(Understood::felt);
        self.habit = if before == Some(felt) {
            self.habit + 1
        } else {
            0
        };
        let last = self.coach.as_ref();
        self.again = last.is_some_and(|coach| coach.words == understood.words);
        let mut fit = Fit::default();
        if felt.reflects() {
            let (said, ceiling) = (&understood.words, self.ceiling().max(1));
            let told = self.told(sheet, ceiling, said);
            let spoken = &self.spoken;
            let theirs = Theirs {
                sheet,
                ceiling,
                spoken,
            };
            fit = self.given.take(said, &theirs, told);
        } else if !only_checks(&understood.words) {
            self.given.right = None;
        }
        let put_off = self.puts_off(sheet, self.ceiling().max(1), &understood);
        self.silences = 0;
        self.begins();
        if self.was_cut && !self.stepped_in {
            self.around.insert(Move::Interruption);
            self.touch(sheet, |trigger| trigger.fires_on(Move::Interruption));
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
            let (cause, habit) = (Cause::Move(felt), self.habit);
            let missed = self.given.missed;
            self.step(sheet, |state, turn| match fit {
                // A guess at what is nobody's business yet earns nothing.
                _ if put_off && (felt.reflects() || felt == Move::Affirmation) => {}
                Fit::Theirs => state.take(turn, cause, topic, habit),
                Fit::Anybodys => state.take_half(turn, cause, topic, habit),
                Fit::Nobodys if missed > 1 => state.take(turn, Cause::Missed, None, 0),
                Fit::Again | Fit::Nobodys => {}
            });
        }
        self.closed_up |= felt == Move::Hostility;
        let around = self.around;
        self.touch(sheet, |trigger| {
            trigger.fires(&understood, around) && !(put_off && trigger.by > 0)
        });
        self.around = Moves::default();
        self.moved = Moved::default();
        let about = matches!(
            understood.kind,
            Move::OpenQuestion
                | Move::ClosedQuestion
                | Move::WhyQuestion
                | Move::SimpleReflection
                | Move::ComplexReflection
        );
        // The rest is of their story: plans and conclusions come when they are plainly asked for.
        let asked = understood.sure
            && match understood.kind {
                Move::OpenQuestion => true,
                // What a number answers, or what was done.
                Move::ClosedQuestion => {
                    matches!(understood.topic, Some(Topic::Scale | Topic::Tried))
                }
                _ => false,
            };
        let topic = understood
            .topic
            .filter(|t| *t != Topic::More && (asked || is_story(*t)));
        if about && let Some(topic) = topic {
            self.topic = Some(topic);
        }
        self.context.coach(understood.moves);
        self.coach_turns += 1;
        self.coach = Some(understood);
    }

    /// Where a life may be in danger nobody practises, and nothing that is said counts.
    fn steps_out(&mut self, understood: Understood) {
        self.begins();
        self.given.right = None;
        (self.silences, self.habit, self.again) = (0, 0, false);
        (self.around, self.moved) = (Moves::default(), Moved::default());
        self.context.coach(understood.moves);
        self.coach_turns += 1;
        self.coach = Some(understood);
    }

    /// What the coach did with a silence. It counts to the turn of the coach that comes next.
    pub(super) fn silence(&mut self, silence: Silence, sheet: &Sheet) {
        if self.stepped_out {
            return;
        }
        let cause = match silence {
            Silence::Held => Cause::SilenceHeld,
            Silence::Broken => Cause::SteppedIn,
        };
        self.begins();
        let kind = if silence == Silence::Broken {
            (self.was_cut, self.stepped_in) = (true, true);
            Move::Interruption
        } else {
            self.silences += 1;
            if self.silences > MOST_SILENCES {
                return;
            }
            Move::SilenceHeld
        };
        self.step(sheet, |state, turn| state.take(turn, cause, None, 0));
        self.around.insert(kind);
        self.touch(sheet, |trigger| trigger.fires_on(kind));
    }

    /// The coach does something after the client spoke: what was touched before is past.
    fn begins(&mut self) {
        if std::mem::take(&mut self.answered) {
            self.touched.clear();
            self.closed_up = false;
        }
    }

    /// Sets off the triggers that fire.
    fn touch(&mut self, sheet: &Sheet, fires: impl Fn(&Trigger) -> bool) {
        for (number, trigger) in sheet.triggers.iter().enumerate() {
            let opened = &mut self.openings[number];
            if !fires(trigger) || (trigger.by > 0 && *opened >= MOST_OPENINGS) {
                continue;
            }
            *opened += usize::from(trigger.by > 0);
            self.touched.push(number);
            self.closed_up |= trigger.by < 0;
            let (cause, effect) = (Cause::Trigger(number), trigger.effect());
            self.step(sheet, |state, turn| state.step(turn, cause, &effect, 0));
        }
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

/// Whether a topic is of what happened and how it is for them, rather than of what is to come of it.
const fn is_story(topic: Topic) -> bool {
    use Topic as T;
    matches!(
        topic,
        T::WhatBrings | T::Others | T::Obstacles | T::Feelings | T::WhyNow | T::Identity
    ) || matches!(topic, T::Values | T::Strengths | T::Fears | T::Tried)
}
