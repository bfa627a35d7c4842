//! What is seen or heard of whoever speaks, named between marks within a sentence: `nervous laugh`.

use super::bracketed::is_manner;
use super::directions::{Place, is_silence};
use super::gestures::{is_made, is_noun};
use super::speech::{ALONE, is_bodily, speaks};

impl Place<'_> {
    /// Whether words within a sentence name what is seen or heard: `nervous laugh`, `voice breaking`,
    /// and not a part of the sentence that waits for them (`my *fake smile*`).
    pub(super) fn is_shown(&self, words: &[String]) -> bool {
        let before = self.before.trim_end_matches([',', ';', '…']);
        match words {
            // After `I` nobody does anything in the third person.
            [word] => {
                let adverb = [
                    "i", "i'm", "i’m", "just", "really", "can't", "can’t", "only",
                ];
                let made = self.of_oneself && adverb.contains(&before) && is_made(word);
                made || SOUNDS.contains(&&**word) && !waits(before)
            }
            _ if WAITS.contains(&before) => false,
            // `Well, *in a low voice* …`, but not `he left *with a smile*`.
            _ => is_sight(words) || before != self.before && is_manner(words),
        }
    }
}

/// Whether a word waits for a noun, or for a verb as people name it: `I can only *shrug*`.
fn waits(word: &str) -> bool {
    let adverbs = [
        "just", "only", "always", "never", "still", "even", "really", "cannot", "couldn't",
    ];
    WAITS.contains(&word) || NO_ADJECTIVES.contains(&word) || adverbs.contains(&word)
}

/// Whether two to four words name a gesture, or what the body or the voice does.
fn is_sight(words: &[String]) -> bool {
    let [first, .., last] = words else {
        return false;
    };
    if words.len() > 4 || speaks(words) || ALONE.contains(&&**first) {
        return false;
    }
    let second = words.get(1).map_or("", String::as_str);
    if is_bodily(first) {
        return second.ends_with("ing") || is_made(second) || second == "breaks";
    }
    // Before a noun stands an adjective; before a verb an adverb, or who does it.
    let whose = first.ends_with('s') && !first.ends_with("ous") && !first.ends_with("less");
    let adverb = first.ends_with("ly") || whose || NO_ADJECTIVES.contains(&&**first);
    let noun = words.len() <= 3 && (is_noun(last) || last == "breath");
    let drawn = ["air", "finger"].contains(&&**first) && last == "quotes";
    drawn || !adverb && (noun || is_silence(words))
}

/// Whether words in brackets are a note about the role: `Note: I stayed guarded.`
pub(super) fn is_note(inner: &str) -> bool {
    let head = inner
        .split_once(':')
        .map(|(head, _)| head.trim().to_lowercase());
    head.is_some_and(|head| ["note", "ooc", "out of character", "anmerkung"].contains(&&*head))
}

/// What one does with a sound or a move of the head, as it is written on the stage.
const SOUNDS: &[&str] = &[
    "sigh", "chuckle", "sniff", "sniffle", "gulp", "sob", "ahem", "shrug", "nod", "wince",
];
/// Words that wait for a noun, or for what is said of one.
const WAITS: &[&str] = &[
    "a", "an", "the", "my", "your", "his", "her", "our", "their", "this", "that", "these", "those",
    "no", "any", "some", "every", "another", "same", "with", "of", "for", "to", "is", "was", "be",
    "by", "in", "without", "into", "and", "or", "i", "you", "we", "they", "not", "need", "want",
    "hate", "love", "had", "have", "takes", "take", "one", "than", "like",
];
/// First words after which a gesture's word is a verb, or whose it is.
const NO_ADJECTIVES: &[&str] = &[
    "a", "an", "the", "to", "my", "his", "her", "their", "they", "people", "can", "can't", "could",
    "would", "should", "will", "won't", "don't", "didn't", "did", "do", "might", "must", "ever",
    "almost", "who", "men", "women", "nearly", "again", "for", "with", "i", "heart",
];
