//! The client's inner state, and the small steps by which the coach's moves change it.

use serde::{Deserialize, Serialize};

use super::moves::{Move, Topic};

/// Where the client stands inside, each 0 to 100.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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
    /// The coach gave back what the client neither said nor feels, and not for the first time.
    Missed,
    /// The coach spoke over the client.
    Interruption,
    /// The coach spoke into a silence in which the client was thinking.
    SteppedIn,
    /// The coach left a silence to the client.
    SilenceHeld,
    /// The coach touched what opens or closes this client: the trigger of this number on the sheet.
    Trigger(usize),
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

    /// Takes in a cause that does to everybody what it does. `habit` counts the turns just before
    /// with the same cause: a coach who does only one thing gets less and less for it.
    pub(super) fn take(
        &mut self,
        turn: &mut Turn<'_>,
        cause: Cause,
        topic: Option<Topic>,
        habit: usize,
    ) {
        self.step(turn, cause, effect(cause, topic), habit);
    }

    /// Takes in half of what a cause would do to open them.
    pub(super) fn take_half(
        &mut self,
        turn: &mut Turn<'_>,
        cause: Cause,
        topic: Option<Topic>,
        habit: usize,
    ) {
        let halved = |(dimension, by): &(Dimension, i16)| (*dimension, by / 2 + by % 2);
        let half: Vec<(Dimension, i16)> = effect(cause, topic).iter().map(halved).collect();
        self.step(turn, cause, &half, habit);
    }

    /// Takes in what a cause does. However much comes together, one turn moves a dimension by no
    /// more than [`MOST`].
    pub(super) fn step(
        &mut self,
        turn: &mut Turn<'_>,
        cause: Cause,
        effects: &[(Dimension, i16)],
        habit: usize,
    ) {
        for (dimension, by) in effects {
            let opens = (*by > 0) != (*dimension == Dimension::Resistance);
            let by = if opens {
                let worn =
                    by * turn.pace / 100 / (1 + i16::try_from(habit.min(4)).unwrap_or(4) / 2);
                if worn == 0 && habit < 2 {
                    by.signum()
                } else {
                    worn
                }
            } else {
                *by
            };
            let moved = &mut turn.moved.0[*dimension as usize];
            let by = (*moved + by).clamp(-MOST, MOST) - *moved;
            let value = match dimension {
                Dimension::Trust => &mut self.trust,
                Dimension::Openness => &mut self.openness,
                Dimension::Energy => &mut self.energy,
                Dimension::Insight => &mut self.insight,
                Dimension::Resistance => &mut self.resistance,
            };
            let before = *value;
            *value = (before + by).clamp(0, 100);
            *moved += *value - before;
            if *value != before {
                turn.log.push(StateStep {
                    turn: turn.number,
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

/// Whether a topic is about themselves rather than about the matter.
pub(super) const fn is_inward(topic: Topic) -> bool {
    matches!(
        topic,
        Topic::Feelings | Topic::Values | Topic::Identity | Topic::Learning
    )
}

/// The most by which one turn moves a dimension.
pub const MOST: i16 = 6;

/// How far a turn has moved each dimension.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Moved([i16; 5]);

/// A turn of the coach while it is taken in.
pub(super) struct Turn<'a> {
    /// Which one, from 0.
    pub(super) number: usize,
    /// Percent: how fast this client opens.
    pub(super) pace: i16,
    pub(super) moved: &'a mut Moved,
    /// Where the steps are written down.
    pub(super) log: &'a mut Vec<StateStep>,
}

/// What a cause does. Steps are small, so that nobody flips within a few turns.
fn effect(cause: Cause, topic: Option<Topic>) -> &'static [(Dimension, i16)] {
    use Dimension::{Energy, Insight, Openness, Resistance, Trust};
    let kind = match cause {
        Cause::Move(kind) => kind,
        Cause::Missed => return &[(Trust, -2), (Energy, -1), (Resistance, 2)],
        Cause::Interruption => return INTERRUPTED,
        Cause::SteppedIn => return &[(Trust, -1), (Openness, -2), (Resistance, 1)],
        Cause::SilenceHeld => return &[(Trust, 1), (Openness, 2), (Resistance, -1)],
        // What it does stands on the sheet.
        Cause::Trigger(_) => return &[],
    };
    let inward = topic.is_some_and(is_inward);
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
        // A number is an answer of one's own.
        Move::ClosedQuestion if topic == Some(Topic::Scale) => &[(Insight, 1)],
        Move::ClosedQuestion => &[(Openness, -1), (Energy, -1)],
        Move::StackedQuestion => &[(Openness, -1), (Energy, -2)],
        Move::WhyQuestion => &[(Openness, -1), (Resistance, 2)],
        Move::LeadingQuestion => &[(Trust, -1), (Resistance, 3)],
        Move::Advice => &[(Trust, -3), (Openness, -2), (Resistance, 4)],
        Move::Telling => &[(Trust, -1), (Energy, -3), (Resistance, 2)],
        Move::Hostility => &[(Trust, -4), (Openness, -3), (Energy, -1), (Resistance, 5)],
        Move::Unclear => &[(Energy, -1)],
        Move::Repeat
        | Move::SoundCheck
        | Move::AskName
        | Move::AskNature
        | Move::OffTopic
        | Move::Thanks
        | Move::Goodbye
        | Move::Danger
        | Move::AskDanger => &[],
    }
}

#[cfg(test)]
mod tests;
