//! The words of gestures: what a stage direction is made of.

/// Whether a word is that of a gesture and hardly anything else.
pub(super) fn is_plain_gesture(word: &str) -> bool {
    PLAIN
        .iter()
        .any(|base| word == *base || is_form(word, base))
        || FOREIGN.contains(&word)
}

/// Whether a word names a gesture: `laugh`.
pub(super) fn is_noun(word: &str) -> bool {
    PLAIN.contains(&word)
}

/// Whether a word tells of a gesture that somebody makes: `sighs`, `seufzt`.
pub(super) fn is_made(word: &str) -> bool {
    word.ends_with('s') && is_gesture(word) || FOREIGN.contains(&word)
}

/// Whether a word can be that of a gesture, or say how one is made.
pub(super) fn is_gesture(word: &str) -> bool {
    is_plain_gesture(word)
        || ADVERBS.contains(&word)
        || GESTURES.iter().any(|base| is_form(word, base))
}

/// Whether a word says what somebody does (`I look`), or is that of a gesture.
pub(super) fn is_own_gesture(word: &str) -> bool {
    word != "think" && GESTURES.contains(&word) || is_gesture(word)
}

/// Whether a word can be a verb in the third person.
pub(super) fn is_third_person(word: &str) -> bool {
    word.len() > 3 && word.ends_with('s') && !word.contains('\'') && !NO_VERBS.contains(&word)
}

/// Whether a word ends as those do that tell what somebody does, or how they are meanwhile: in
/// `english`, or in any of the languages of clients.
pub(super) fn is_inflected(word: &str, english: bool) -> bool {
    let ends = |ends: &[&str]| ends.iter().any(|end| word.ends_with(end));
    ends(&["s", "ing", "ed", "ly", "ful"]) || !english && ends(&["t", "e", "é", "a", "y"])
}

/// `rolls` or `rolling` of `roll`.
fn is_form(word: &str, base: &str) -> bool {
    let stem = base.strip_suffix('e').unwrap_or(base);
    let last = base.chars().next_back();
    match word.strip_suffix("ing") {
        Some(head) => {
            head == base || head == stem || head.strip_suffix(|c| Some(c) == last) == Some(base)
        }
        None => {
            let head = word.strip_suffix('s').unwrap_or_default();
            head == base
                || head.strip_suffix('e') == Some(base)
                || head.strip_suffix("ie") == base.strip_suffix('y') && base.ends_with('y')
        }
    }
}

/// Gestures whose words hardly mean anything else.
const PLAIN: &[&str] = &[
    "sigh", "pause", "laugh", "smile", "nod", "shrug", "chuckle", "sob", "sniff", "gasp", "giggle",
    "frown", "grimace", "wince", "grin", "hesitate", "exhale", "inhale", "snort", "scoff",
    "silence", "cough", "yawn", "beam", "blush", "stammer", "groan", "sniffle", "whimper", "gulp",
    "fidget", "beat",
];
/// The plainest in the other languages of clients.
const FOREIGN: &[&str] = &[
    "seufzt",
    "lacht",
    "lächelt",
    "nickt",
    "schluckt",
    "zögert",
    "weint",
    "schweigt",
    "soupire",
    "räuspert",
    "schluchzt",
    "stockt",
    "grinst",
    "rit",
    "sourit",
    "hésite",
    "pleure",
    "suspira",
    "ríe",
    "sonríe",
    "llora",
    "sospira",
    "sorride",
    "piange",
    "esita",
];
/// Gestures whose words are also said of other things.
const GESTURES: &[&str] = &[
    "look",
    "take",
    "lean",
    "think",
    "breathe",
    "clear",
    "cry",
    "shift",
    "gesture",
    "rub",
    "stare",
    "glance",
    "whisper",
    "roll",
    "wipe",
    "tear",
    "swallow",
    "blink",
    "bite",
    "cross",
    "fold",
    "tap",
    "shake",
    "wink",
    "turn",
    "sit",
    "stand",
    "stretch",
    "tilt",
    "raise",
    "lower",
    "drop",
    "hold",
    "hug",
    "close",
    "mutter",
    "mumble",
    "trail",
    "stutter",
    "weep",
    "choke",
    "tremble",
    "wring",
    "clench",
    "purse",
    "wave",
    "gaze",
    "straighten",
    "slump",
    "wrap",
    "pull",
    "clasp",
    "avoid",
    "nibble",
    "play",
    "run",
    "scratch",
    "hang",
    "squirm",
    "cringe",
];
const ADVERBS: &[&str] = &[
    "softly",
    "quietly",
    "slowly",
    "nervously",
    "hesitantly",
    "silently",
    "tearfully",
];
/// Words on `s` that are no verbs of a gesture.
const NO_VERBS: &[&str] = &[
    "is",
    "was",
    "has",
    "does",
    "this",
    "his",
    "its",
    "us",
    "as",
    "yes",
    "always",
    "sometimes",
    "perhaps",
    "less",
    "besides",
    "towards",
    "things",
    "says",
    "means",
    "makes",
    "gets",
    "goes",
    "comes",
    "needs",
    "wants",
    "puts",
    "gives",
    "parents",
    "kids",
    "days",
    "years",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_gesture_is_there_twice() {
        let mut words: Vec<&str> = PLAIN.iter().chain(GESTURES).copied().collect();
        words.sort_unstable();
        let all = words.len();
        words.dedup();
        assert_eq!(words.len(), all);
    }
}
