//! Of several moves in one utterance the one that is felt, and the one that is answered.

use super::{Move, Moves};

/// What hurts before what helps, and what says much before what says little.
const ORDER: &[Move] = &[
    Move::Danger,
    Move::AskDanger,
    Move::Hostility,
    // What has no weight beside being what it is.
    Move::AskNature,
    Move::OffTopic,
    Move::SoundCheck,
    Move::AskName,
    Move::Repeat,
    Move::Clarify,
    Move::SmallTalk,
    Move::Advice,
    Move::LeadingQuestion,
    Move::Summary,
    Move::Goodbye,
    Move::ComplexReflection,
    Move::SimpleReflection,
    Move::StackedQuestion,
    Move::WhyQuestion,
    Move::AskPermission,
    Move::Telling,
    Move::Affirmation,
    Move::InviteSilence,
    Move::OpenQuestion,
    Move::AdviceWithPermission,
    Move::Contracting,
    Move::ClosedQuestion,
    Move::TellingWithPermission,
    Move::Greeting,
    Move::Thanks,
    Move::Backchannel,
    Move::Interruption,
    Move::SilenceHeld,
    Move::Unclear,
];

/// What nobody answers who is asked something.
const SAID: &[Move] = &[
    Move::Goodbye,
    Move::ComplexReflection,
    Move::SimpleReflection,
    Move::Telling,
    Move::Affirmation,
    Move::InviteSilence,
];

/// What nobody answers either who is asked for more than yes or no.
const OFFERED: &[Move] = &[Move::Advice, Move::AskPermission];

const WANTS_MORE: &[Move] = &[
    Move::LeadingQuestion,
    Move::StackedQuestion,
    Move::WhyQuestion,
    Move::OpenQuestion,
];

impl Moves {
    /// The one that weighs most with the client.
    pub(in super::super) fn felt(self) -> Move {
        self.first(|_| true)
    }

    /// The one that is answered: after a reflection the question, although what opens is the
    /// reflection.
    pub(in super::super) fn answered(self) -> Move {
        let (asks, more) = (
            self.asks(),
            WANTS_MORE.iter().any(|kind| self.contains(*kind)),
        );
        self.first(|kind| !(asks && SAID.contains(&kind) || more && OFFERED.contains(&kind)))
    }

    fn first(self, counts: impl Fn(Move) -> bool) -> Move {
        let mut order = ORDER.iter().copied();
        let first = order.find(|kind| self.contains(*kind) && counts(*kind));
        first.unwrap_or(Move::Unclear)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_move_has_its_place() {
        for kind in Move::all() {
            let places = ORDER.iter().filter(|one| **one == kind).count();
            assert_eq!(places, 1, "{kind:?}");
        }
    }

    #[test]
    fn what_is_felt_need_not_be_what_is_answered() {
        use Move::{
            Advice, Affirmation, ClosedQuestion, ComplexReflection, Goodbye, OpenQuestion, Telling,
        };
        for (moves, felt, answered) in [
            (
                &[OpenQuestion, ComplexReflection][..],
                ComplexReflection,
                OpenQuestion,
            ),
            (&[ClosedQuestion, Advice], Advice, Advice),
            (&[OpenQuestion, Advice], Advice, OpenQuestion),
            (&[ClosedQuestion, Telling], Telling, ClosedQuestion),
            (&[ClosedQuestion, Affirmation], Affirmation, ClosedQuestion),
            (&[ComplexReflection, Goodbye], Goodbye, Goodbye),
            (&[], Move::Unclear, Move::Unclear),
        ] {
            let moves: Moves = moves.iter().copied().collect();
            assert_eq!(
                (moves.felt(), moves.answered()),
                (felt, answered),
                "{moves:?}"
            );
        }
    }
}
