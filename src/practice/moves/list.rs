//! The moves of one utterance as a set, and the list of all moves as people read it.

use std::fmt::Write;

use serde::ser::{Serialize, Serializer};

use super::Move;

/// The moves of one utterance, in the order of the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Moves(u64);

/// Every move with its name and what it stands for.
const LIST: &[(Move, &str, &str)] = &[
    (
        Move::OpenQuestion,
        "open_question",
        "a question that any answer fits",
    ),
    (
        Move::ClosedQuestion,
        "closed_question",
        "a question that a word or a number answers",
    ),
    (
        Move::LeadingQuestion,
        "leading_question",
        "besides open or closed: carries its answer",
    ),
    (
        Move::WhyQuestion,
        "why_question",
        "besides open or closed: asks why, however kindly",
    ),
    (
        Move::StackedQuestion,
        "stacked_question",
        "besides open or closed: several questions at once",
    ),
    (
        Move::SimpleReflection,
        "simple_reflection",
        "gives back what was said, close to its words",
    ),
    (
        Move::ComplexReflection,
        "complex_reflection",
        "gives back what was meant: a feeling, a picture, both sides",
    ),
    (
        Move::Summary,
        "summary",
        "gathers what was said over more than one turn",
    ),
    (
        Move::Affirmation,
        "affirmation",
        "names a strength, an effort, a success",
    ),
    (Move::Advice, "advice", "says what to do"),
    (
        Move::AdviceWithPermission,
        "advice_with_permission",
        "says what to do, having been allowed to or asked",
    ),
    (
        Move::Telling,
        "telling",
        "explains, informs, says what the coach thinks",
    ),
    (
        Move::TellingWithPermission,
        "telling_with_permission",
        "explains, having been allowed to or asked",
    ),
    (
        Move::AskPermission,
        "ask_permission",
        "asks whether a thought or a topic is welcome",
    ),
    (
        Move::Contracting,
        "contracting",
        "agrees what the session is about and how to work together",
    ),
    (Move::InviteSilence, "invite_silence", "gives time to think"),
    (
        Move::Backchannel,
        "backchannel",
        "mm-hm: listens, and says no more",
    ),
    (Move::Greeting, "greeting", "opens the meeting"),
    (Move::Goodbye, "goodbye", "ends the meeting"),
    (Move::Thanks, "thanks", "thanks"),
    (Move::SmallTalk, "small_talk", "the weather, the journey"),
    (Move::Clarify, "clarify", "asks what a word means"),
    (Move::Repeat, "repeat", "asks to hear it again"),
    (
        Move::SoundCheck,
        "sound_check",
        "asks whether the line is good",
    ),
    (Move::AskName, "ask_name", "asks who they are"),
    (
        Move::AskNature,
        "ask_nature",
        "asks whether they are a person",
    ),
    (
        Move::OffTopic,
        "off_topic",
        "asks what has nothing to do with the client",
    ),
    (Move::Unclear, "unclear", "could not be understood"),
    (
        Move::Interruption,
        "interruption",
        "spoke over the client; told by a recording, never by words",
    ),
    (
        Move::SilenceHeld,
        "silence_held",
        "let the client's silence be; told by a recording, never by words",
    ),
    (
        Move::Hostility,
        "hostility",
        "insults, belittles, threatens",
    ),
    (
        Move::Danger,
        "danger",
        "says that their own life is in danger",
    ),
    (
        Move::AskDanger,
        "ask_danger",
        "asks whether the client's life is in danger",
    ),
];

impl Move {
    /// The name in files, logs and on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        LIST.iter()
            .find(|(kind, ..)| *kind == self)
            .map_or("unclear", |(_, name, _)| name)
    }

    /// Every move, in the order of the list.
    pub fn all() -> impl Iterator<Item = Self> {
        LIST.iter().map(|(kind, ..)| *kind)
    }

    /// The list as text, a move a line.
    #[must_use]
    pub fn list() -> String {
        LIST.iter()
            .fold(String::new(), |mut text, (_, name, about)| {
                // Writing to a string does not fail.
                let _ = writeln!(text, "  {name:<24}{about}");
                text
            })
    }
}

impl Moves {
    /// Adds a move.
    pub fn insert(&mut self, kind: Move) {
        self.0 |= bit(kind);
    }

    /// Takes a move away.
    pub fn remove(&mut self, kind: Move) {
        self.0 &= !bit(kind);
    }

    /// Whether the move is among them.
    #[must_use]
    pub fn contains(self, kind: Move) -> bool {
        self.0 & bit(kind) != 0
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The moves, in the order of the list.
    pub fn iter(self) -> impl Iterator<Item = Move> {
        Move::all().filter(move |kind| self.contains(*kind))
    }

    /// Whether it asks: then exactly one of open and closed is among the moves.
    #[must_use]
    pub fn asks(self) -> bool {
        self.contains(Move::OpenQuestion) || self.contains(Move::ClosedQuestion)
    }

    /// Whether it gives back what the client said or meant.
    #[must_use]
    pub fn reflects(self) -> bool {
        [
            Move::SimpleReflection,
            Move::ComplexReflection,
            Move::Summary,
        ]
        .into_iter()
        .any(|kind| self.contains(kind))
    }

    /// Whether it says what to do.
    #[must_use]
    pub fn advises(self) -> bool {
        self.contains(Move::Advice) || self.contains(Move::AdviceWithPermission)
    }

    /// Whether it is about a life in danger, the coach's own or the client's.
    #[must_use]
    pub fn are_of_danger(self) -> bool {
        self.contains(Move::Danger) || self.contains(Move::AskDanger)
    }

    /// Whether it explains or says what to do.
    #[must_use]
    pub fn tells(self) -> bool {
        self.advises() || self.contains(Move::Telling) || self.contains(Move::TellingWithPermission)
    }
}

fn bit(kind: Move) -> u64 {
    1 << kind as u32
}

impl FromIterator<Move> for Moves {
    fn from_iter<I: IntoIterator<Item = Move>>(kinds: I) -> Self {
        let mut moves = Self::default();
        kinds.into_iter().for_each(|kind| moves.insert(kind));
        moves
    }
}

impl Serialize for Moves {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(Move::name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_the_enum_in_its_order() {
        let kinds: Vec<Move> = Move::all().collect();
        for (place, kind) in kinds.iter().enumerate() {
            assert_eq!(*kind as usize, place, "{kind:?}");
            let json = serde_json::to_value(kind).unwrap();
            assert_eq!(json, kind.name());
            assert!(Move::list().contains(kind.name()));
        }
        assert_eq!(Move::AskDanger as usize + 1, kinds.len());
    }

    #[test]
    fn a_set_keeps_each_once_and_in_order() {
        let mut moves: Moves = [Move::Telling, Move::OpenQuestion, Move::Telling]
            .into_iter()
            .collect();
        let json = serde_json::to_string(&moves).unwrap();
        assert_eq!(json, r#"["open_question","telling"]"#);
        assert!(moves.asks() && moves.tells() && !moves.reflects() && !moves.advises());
        moves.remove(Move::OpenQuestion);
        assert!(!moves.asks() && !moves.is_empty());
        assert_eq!(serde_json::to_string(&Moves::default()).unwrap(), "[]");
    }
}
