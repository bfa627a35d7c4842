//! Tells a stage direction from words that are only marked.

use super::gestures::{is_gesture, is_plain_gesture, is_third_person};

/// Where marked words stand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    /// The opening mark.
    pub(super) mark: char,
    /// In a sentence of which something was said.
    pub(super) mid_sentence: bool,
    /// The word said before.
    pub(super) before: &'a str,
    /// In a direction that goes on.
    pub(super) goes_on: bool,
    /// Struck out (`~~`).
    pub(super) struck: bool,
}

impl Place<'_> {
    /// Whether words between two marks are not said.
    pub(super) fn is_left_out(&self, inner: &str) -> bool {
        let words = words(inner);
        match self.mark {
            '<' => true,
            '(' | '[' | '{' => !is_speech(&words) || self.is_direction(inner),
            '~' if self.struck => true,
            _ => {
                let aside = !self.mid_sentence && words.len() >= 2;
                let aside = aside && inner.trim().starts_with(char::is_lowercase);
                self.is_direction(inner) || aside && !speaks(&words)
            }
        }
    }

    /// Whether words are a stage direction beyond doubt.
    pub(super) fn is_direction(&self, inner: &str) -> bool {
        let words = words(inner);
        let Some(first) = words.first().map(String::as_str) else {
            return true;
        };
        if words.iter().any(|word| is_first_person(word)) {
            return false;
        }
        let second = words.get(1).map_or("", String::as_str);
        let in_brackets = "([{".contains(self.mark);
        // With a capital it is a sentence of its own.
        let own = inner.trim_start().starts_with(char::is_uppercase);
        let mid_sentence = self.mid_sentence && !in_brackets && !own;
        if self.goes_on || (THEY.contains(&first) && !second.is_empty() && !mid_sentence) {
            return true;
        }
        if !mid_sentence {
            let adorned = is_gesture(second) && !speaks(&words);
            return is_gesture(first) || adorned;
        }
        // In the middle of a sentence a gesture's word may only be stressed.
        let third = |word: &str| word.ends_with('s') && is_gesture(word);
        match words.len() {
            1 => third(first) && is_plain_gesture(first) && !SUBJECTS.contains(&self.before),
            _ => {
                let bodily = BODY.contains(&second);
                third(first) && !SUBJECTS.contains(&self.before)
                    || bodily && (is_gesture(first) || is_third_person(first))
                    || first.ends_with("ly") && third(second)
            }
        }
    }
}

/// Whether a text is somebody's own words.
pub(super) fn is_own_speech(text: &str) -> bool {
    is_speech(&words(text))
}

/// Whether a word can stand for a silence (`— a long pause —`).
pub(super) fn is_pause(word: &str) -> bool {
    let word = word.to_lowercase();
    let adorns = ["a", "long", "short", "brief", "deep", "heavy", "another"];
    adorns.contains(&&*word) || is_plain_gesture(&word)
}

fn words(text: &str) -> Vec<String> {
    let plain = |word: &str| {
        let lower = word.to_lowercase().replace('’', "'");
        let inner = lower.trim_matches(|c: char| !c.is_alphanumeric());
        inner.to_owned()
    };
    let words = text.split_whitespace().map(plain);
    words.filter(|word| !word.is_empty()).collect()
}

fn is_first_person(word: &str) -> bool {
    ["i", "i'm", "i've", "i'd", "i'll"].contains(&word)
}

/// Whether words between brackets are a sentence that is said.
fn is_speech(words: &[String]) -> bool {
    words.iter().any(|word| is_first_person(word)) && words.len() >= 2
        || words.len() >= 3 && speaks(words)
}

/// Whether words are what somebody says of themselves or to somebody.
fn speaks(words: &[String]) -> bool {
    let said = |word: &String| {
        is_first_person(word)
            || SAID.contains(&&**word)
            || word.contains('\'') && !word.ends_with("s'")
    };
    words.iter().any(said)
        || words
            .first()
            .is_some_and(|first| SENTENCE.contains(&&**first))
}

/// Words that stand in speech, and in no direction.
const SAID: &[&str] = &[
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
const THEY: &[&str] = &["she", "he", "they", "her", "his", "their"];
const SUBJECTS: &[&str] = &[
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
/// What a gesture is made with, or where it goes.
const BODY: &[&str] = &[
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
