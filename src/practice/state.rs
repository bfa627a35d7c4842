//! The client's inner state, and the small steps by which the coach's moves change it.

use serde::{Deserialize, Serialize};

use super::moves::{Move, Topic};

/// Where the client stands inside, each 0 to 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// Whether the coach is safe.
    pub trust: i16,
    /// How much they are ready to show.
    pub openness: i16,
    /// How alive they are in the conversation.
    pub energy: i16,
    /// How much they have seen about themselves.
    pub insight: i16,
    /// How much they push back.
    pub resistance: i16,
}

/// A dimension of the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dimension {
    /// See [`State::trust`].
    Trust,
    /// See [`State::openness`].
    Openness,
    /// See [`State::energy`].
    Energy,
    /// See [`State::insight`].
    Insight,
    /// See [`State::resistance`].
    Resistance,
}

/// What moved the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// A move of the coach.
    Move(Move),
    /// The coach spoke over the client.
    Interruption,
}

/// One step of the state, for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateStep {
    /// Coach turn that caused it, counted from 0.
    pub turn: usize,
    /// Why.
    pub cause: Cause,
    /// What moved.
    pub dimension: Dimension,
    /// By how much.
    pub by: i16,
    /// Where it stands now.
    pub now: i16,
}

impl State {
    /// How deep the client would go now: disclosure level 1 (guarded) to 4.
    pub fn level(&self) -> u8 {
        let open = (self.trust + self.openness) / 2 - self.resistance / 4;
        match open {
            66.. => 4,
            50.. => 3,
            35.. => 2,
            _ => 1,
        }
    }

    /// Takes a cause in. `pace` is percent: how fast this client opens. `habit` counts the turns
    /// just before with the same move: a coach who does only one thing gets less and less for it.
    pub(super) fn take(
        &mut self,
        turn: usize,
        cause: Cause,
        topic: Option<Topic>,
        pace: i16,
        habit: usize,
        log: &mut Vec<StateStep>,
    ) {
        for (dimension, by) in effect(cause, topic) {
            let opens = (*by > 0) != (*dimension == Dimension::Resistance);
            let by = if opens {
                let worn = by * pace / 100 / (1 + i16::try_from(habit.min(4)).unwrap_or(4) / 2);
                if worn == 0 && habit < 2 {
                    by.signum()
                } else {
                    worn
                }
            } else {
                *by
            };
            let value = match dimension {
                Dimension::Trust => &mut self.trust,
                Dimension::Openness => &mut self.openness,
                Dimension::Energy => &mut self.energy,
                Dimension::Insight => &mut self.insight,
                Dimension::Resistance => &mut self.resistance,
            };
            let before = *value;
            *value = (before + by).clamp(0, 100);
            if *value != before {
                log.push(StateStep {
                    turn,
                    cause,
                    dimension: *dimension,
                    by: *value - before,
                    now: *value,
                });
            }
        }
    }
}

const INTERRUPTED: &[(Dimension, i16)] = &[
    (Dimension::Trust, -3),
    (Dimension::Openness, -2),
    (Dimension::Resistance, 2),
];

/// What a cause does. Steps are small, so that nobody flips within a few turns.
fn effect(cause: Cause, topic: Option<Topic>) -> &'static [(Dimension, i16)] {
    use Dimension::{Energy, Insight, Openness, Resistance, Trust};
    let Cause::Move(kind) = cause else {
        return INTERRUPTED;
    };
    let inward = matches!(
        topic,
        Some(Topic::Feelings | Topic::Values | Topic::Identity | Topic::Learning)
    );
    match kind {
        Move::OpenQuestion if inward => &[(Openness, 2), (Trust, 1), (Insight, 2)],
        Move::OpenQuestion => &[(Openness, 2), (Trust, 1), (Insight, 1)],
        Move::SimpleReflection => &[(Trust, 3), (Openness, 3), (Resistance, -2), (Insight, 1)],
        Move::ComplexReflection => &[(Trust, 3), (Openness, 3), (Resistance, -2), (Insight, 2)],
        Move::Summary => &[(Trust, 3), (Openness, 1), (Resistance, -1), (Insight, 2)],
        Move::Affirmation => &[(Trust, 2), (Energy, 2), (Resistance, -1)],
        Move::InviteSilence | Move::SilenceHeld => &[(Trust, 2), (Openness, 2), (Resistance, -1)],
        Move::Interruption => INTERRUPTED,
        Move::Backchannel => &[(Openness, 1)],
        Move::Clarify => &[(Trust, 1), (Openness, 1)],
        Move::AskPermission => &[(Trust, 1), (Resistance, -1)],
        Move::AdviceWithPermission => &[(Energy, 1)],
        Move::TellingWithPermission => &[(Energy, -1)],
        Move::Greeting | Move::SmallTalk | Move::Contracting => &[(Trust, 1)],
        Move::ClosedQuestion => &[(Openness, -1), (Energy, -1)],
        Move::StackedQuestion => &[(Openness, -1), (Energy, -2)],
        Move::WhyQuestion => &[(Openness, -1), (Resistance, 2)],
        Move::LeadingQuestion => &[(Trust, -1), (Resistance, 3)],
        Move::Advice => &[(Trust, -3), (Openness, -2), (Resistance, 4)],
        Move::Telling => &[(Trust, -1), (Energy, -3), (Resistance, 2)],
        Move::Unclear => &[(Energy, -1)],
        Move::Repeat
        | Move::SoundCheck
        | Move::AskName
        | Move::AskNature
        | Move::OffTopic
        | Move::Thanks
        | Move::Goodbye => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: State = State {
        trust: 30,
        openness: 25,
        energy: 50,
        insight: 10,
        resistance: 20,
    };

    fn after(kind: Move, turns: usize) -> State {
        let mut state = START;
        for turn in 0..turns {
            state.take(turn, Cause::Move(kind), None, 100, 0, &mut Vec::new());
        }
        state
    }

    #[test]
    fn reflecting_opens_and_telling_closes() {
        assert!(after(Move::SimpleReflection, 10).level() >= 3);
        assert_eq!(after(Move::Advice, 30).level(), 1);
        assert_eq!(after(Move::ClosedQuestion, 30).level(), 1);
    }

    #[test]
    fn one_turn_never_flips_a_client() {
        for kind in [
            Move::SimpleReflection,
            Move::Summary,
            Move::Advice,
            Move::OpenQuestion,
        ] {
            let now = after(kind, 1);
            assert!(
                (now.trust - START.trust).abs() <= 4 && (now.openness - START.openness).abs() <= 4
            );
        }
    }

    #[test]
    fn steps_add_up() {
        let (mut state, mut log) = (START, Vec::new());
        state.take(0, Cause::Interruption, None, 100, 0, &mut log);
        state.take(
            1,
            Cause::Move(Move::SimpleReflection),
            None,
            100,
            0,
            &mut log,
        );
        let trust: i16 = log
            .iter()
            .filter(|s| s.dimension == Dimension::Trust)
            .map(|s| s.by)
            .sum();
        assert_eq!(START.trust + trust, state.trust);
    }
}
