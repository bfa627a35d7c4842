//! What is said as somebody's own words, and the words by which directions are told from it.

/// Words that stand in speech, and in no direction.
pub(super) const SAID: &[&str] = &[
    "me", "my", "mine", "myself", "we", "us", "our", "you", "your", "yours", "am", "yes", "please",
    "sorry",
];
/// Words with which a sentence begins, and no direction.
const SENTENCE: &[&str] = &[
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
    "er",
    "sie",
    "es",
    "elle",
    "il",
    "qui",
    "él",
    "ella",
    "quien",
    "lui",
    "lei",
    "hij",
    "zij",
    "ela",
    "ele",
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

/// Whether a text is somebody's own words.
pub(super) fn is_own_speech(text: &str) -> bool {
    is_speech(&words(text))
}

/// Whether words between brackets are a sentence that is said.
pub(super) fn is_speech(words: &[String]) -> bool {
    words.iter().any(|word| is_first_person(word)) && words.len() >= 2
        || words.len() >= 3 && speaks(words)
}

/// Whether words are what somebody says of themselves or to somebody.
pub(super) fn speaks(words: &[String]) -> bool {
    let said =
        |word: &String| is_first_person(word) || SAID.contains(&&**word) || is_contracted(word);
    words.iter().any(said)
        || words
            .first()
            .is_some_and(|first| SENTENCE.contains(&&**first))
}

/// Whether words begin as speech does.
pub(super) fn begins_speech(words: &[String]) -> bool {
    words.first().is_some_and(|first| {
        let subject = first.split('\'').next().unwrap_or_default();
        let begins = |list: &[&str]| list.contains(&subject) || list.contains(&&**first);
        subject == "i"
            || begins(SAID)
            || begins(SENTENCE)
            || is_contracted(first) && !first.ends_with("'s")
    })
}

pub(super) fn is_first_person(word: &str) -> bool {
    ["i", "i'm", "i've", "i'd", "i'll"].contains(&word)
}

pub(super) fn is_contracted(word: &str) -> bool {
    let ends = ["'s", "'m", "'d", "'t", "'re", "'ve", "'ll"];
    ends.iter().any(|end| word.ends_with(end))
}

pub(super) fn words(text: &str) -> Vec<String> {
    let plain = |word: &str| {
        let lower = word.to_lowercase().replace('’', "'");
        let inner = lower.trim_matches(|c: char| !c.is_alphanumeric());
        inner.to_owned()
    };
    let words = text.split_whitespace().map(plain);
    words.filter(|word| !word.is_empty()).collect()
}
