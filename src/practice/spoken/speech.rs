//! The words by which speech and stage directions are told apart.

/// Words that stand in speech, and in no direction.
pub(super) const SAID: &[&str] = &[
    "me", "my", "mine", "myself", "we", "us", "our", "you", "your", "yours", "am", "yes", "please",
    "sorry",
];
/// Words with which a sentence begins, and no direction.
pub(super) const SENTENCE: &[&str] = &[
    "it",
    "that",
    "this",
    "there",
    "nobody",
    "everybody",
    "somebody",
    "nothing",
    "everything",
    "something",
    "what",
    "how",
    "who",
    "why",
    "when",
    "where",
    "not",
    "but",
    "and",
    "or",
    "so",
    "well",
    "no",
    "never",
    "always",
    "maybe",
    "perhaps",
    "just",
];
pub(super) const THEY: &[&str] = &["she", "he", "they", "her", "his", "their"];
pub(super) const SUBJECTS: &[&str] = &[
    "he",
    "she",
    "it",
    "who",
    "that",
    "what",
    "which",
    "everybody",
    "nobody",
    "somebody",
];
/// What a gesture is made with.
const LIMBS: &[&str] = &[
    "eyes",
    "head",
    "hands",
    "hand",
    "arms",
    "shoulders",
    "tears",
    "lip",
    "lips",
    "face",
];
/// What else follows the word of a gesture.
const THITHER: &[&str] = &[
    "up",
    "down",
    "away",
    "off",
    "out",
    "back",
    "into",
    "at",
    "over",
    "a",
    "the",
    "her",
    "his",
    "their",
    "softly",
    "quietly",
    "slowly",
    "nervously",
    "slightly",
    "briefly",
];
/// What else is of the body, or where it sits, in what somebody tells of their own.
const SEAT: &[&str] = &[
    "voice", "breath", "gaze", "throat", "jaw", "chair", "seat", "floor",
];
/// Where a gesture goes, if it is one's own.
pub(super) const WHERE: &[&str] = &["up", "down", "away", "aside", "at", "back", "over"];
/// Words that are said by themselves (`*Fine.*`), or stressed before a name (`*Every* Monday`).
pub(super) const ALONE: &[&str] = &[
    "fine",
    "okay",
    "ok",
    "right",
    "exactly",
    "really",
    "honestly",
    "enough",
    "stop",
    "true",
    "oh",
    "him",
    "her",
    "them",
    "every",
    "only",
    "even",
    "still",
    "if",
    "because",
    "then",
    "all",
    "one",
    "the",
    "a",
    "some",
    "most",
    "any",
    "yesterday",
    "today",
    "tomorrow",
];

/// Whether a word says what a gesture is made with, or where it goes.
pub(super) fn follows_gesture(word: &str) -> bool {
    LIMBS.contains(&word) || THITHER.contains(&word)
}

/// Whether a word is of the body, or where it sits.
pub(super) fn is_bodily(word: &str) -> bool {
    LIMBS.contains(&word) || SEAT.contains(&word)
}
