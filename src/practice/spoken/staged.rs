//! Directions without any mark: whole sentences of what is seen and heard of somebody.

use super::gestures::{is_gesture, is_made, is_plain_gesture};
use super::speaker::{Speaker, Subject};
use super::speech::{follows_gesture, is_bodily};

/// A sentence at the beginning of an answer that tells of who speaks (`She sighs.`, `Looks down.`,
/// `Beat.`): how many bytes, 0 if more has to be read.
pub(super) fn told(text: &str, speaker: &Speaker, end: bool) -> Option<usize> {
    if let Some(sound) = sounded(text, end) {
        return Some(sound);
    }
    if !text.starts_with(char::is_uppercase) {
        return None;
    }
    let ends = text.find(['.', '!', '?', '…', '\n', '。']);
    let sentence = &text[..ends.unwrap_or(text.len())];
    let words = words(sentence);
    let (first, rest) = words.split_first()?;
    let subject = speaker.subject(first) == Some(Subject::Own);
    let verb = is_gesture(first) && first.ends_with('s');
    let other = |word: &String| !(is_stage_word(word) || subject && word == "you");
    if !subject && !verb && !SILENCES.contains(&&**first) || rest.iter().any(other) {
        return None;
    }
    let Some(at) = ends else {
        return match end {
            true => is_told(&words).then_some(text.len()),
            false => (text.len() <= LONGEST).then_some(0),
        };
    };
    let after = text[at..].trim_start_matches(['.', '!', '…', '。']);
    let over = after.is_empty() || after.starts_with(char::is_whitespace);
    (over && is_told(&words)).then(|| text.len() - after.len())
}

/// The bare word of a gesture before what is said: `Sigh.`, `sigh I don't know`.
fn sounded(text: &str, end: bool) -> Option<usize> {
    let ends = |c: char| !c.is_alphanumeric();
    let word = &text[..text.find(ends).unwrap_or(text.len())];
    let lower = word.to_lowercase();
    if !is_plain_gesture(&lower) || lower == "silence" {
        return None;
    }
    let after = text[word.len()..].trim_start_matches(['.', '!', '…', ',']);
    let stopped = text.len() - after.len() > word.len();
    let next = after.split(ends).find(|next| !next.is_empty());
    let over = after.is_empty() || after.starts_with(char::is_whitespace);
    match next {
        None if over && !end && !after.contains('\n') => Some(0),
        None => (over && (stopped || after.contains('\n'))).then_some(text.len() - after.len()),
        Some("I") if over => Some(text.len() - after.len()),
        Some(next) => (over && stopped && next.starts_with(char::is_uppercase))
            .then_some(text.len() - after.len()),
    }
}

/// Whether these words after a name tell what is seen or heard of whoever it is.
pub(super) fn is_of_them(doing: &str) -> bool {
    let words = words(doing);
    let staged = |word: &String| is_stage_word(word) || word == "you";
    words.iter().skip(1).all(staged) && does(&words)
}

/// Whether words after their subject, whoever speaks, are of what is seen or heard of them now.
pub(super) fn is_seen(subject: &str, rest: &[String]) -> bool {
    let adverb = |word: &&String| word.ends_with("ly");
    let mut doing = rest.iter().skip_while(adverb);
    let Some(verb) = doing.next() else {
        return false;
    };
    let they = subject == "they" && is_gesture(&format!("{verb}s"));
    let whole = rest.iter().skip(1).all(|w| is_stage_word(w) || w == "you");
    // With an object of its own (`runs the department`) a gesture's verb tells of something else.
    let free = doing.next().is_none_or(|then| {
        let article = ["a", "the", "her", "his", "their"].contains(&&**then);
        !article && is_stage_word(then)
    });
    let gesture = they || is_made(verb);
    gesture && (whole || free || is_plain_gesture(verb))
        || whole && does(rest)
        || rest.iter().any(|word| is_bodily(word))
}

fn is_told(words: &[String]) -> bool {
    let Some((first, rest)) = words.split_first() else {
        return false;
    };
    match &**first {
        "she" | "he" | "they" => does(rest),
        "her" | "his" | "their" => {
            let (body, then) = rest.split_at(rest.len().min(1));
            body.iter().any(|word| is_bodily(word)) && !then.is_empty() && moves(then)
        }
        _ if SILENCES.contains(&&**first) => {
            let named = |word: &String| SILENCES.contains(&&**word);
            words.iter().all(named)
                && words.last().is_some_and(|last| {
                    last == "beat" || last == "pause" || words.len() > 1 && last == "silence"
                })
        }
        _ => does(words),
    }
}

/// Whether these words are of what somebody does that is seen or heard.
fn does(words: &[String]) -> bool {
    let adverb = |word: &&String| word.ends_with("ly");
    let mut words = words.iter().skip_while(adverb);
    let Some(verb) = words.next() else {
        return false;
    };
    let rest: Vec<&String> = words.collect();
    if STAYS.contains(&&**verb) {
        return rest.iter().any(|word| STILL.contains(&&***word));
    }
    let form = verb.ends_with('s') && is_gesture(verb);
    form && (!rest.is_empty() || is_plain_gesture(verb) || LONE.contains(&&**verb))
}

/// Whether these words are of what a part of the body does.
fn moves(words: &[String]) -> bool {
    let gesture = |word: &String| is_gesture(word) || MOVES.contains(&&**word);
    words.iter().take(2).any(gesture)
}

pub(super) fn is_stage_word(word: &str) -> bool {
    is_gesture(word)
        || follows_gesture(word)
        || is_bodily(word)
        || word.ends_with("ly") && word != "really"
        || [STAYS, STILL, MOVES, SILENCES, FILLERS]
            .iter()
            .any(|list| list.contains(&word))
}

fn words(text: &str) -> Vec<String> {
    let plain = |word: &str| {
        let lower = word.to_lowercase().replace('’', "'");
        lower
            .trim_matches(|c: char| !c.is_alphanumeric())
            .to_owned()
    };
    let words = text.split_whitespace().map(plain);
    words.filter(|word| !word.is_empty()).collect()
}

/// Longest such sentence, in bytes.
const LONGEST: usize = 120;
const SILENCES: &[&str] = &[
    "beat", "pause", "silence", "long", "short", "brief", "another",
];
/// Of who is or falls silent.
const STAYS: &[&str] = &[
    "is", "stays", "falls", "goes", "remains", "says", "keeps", "doesn't", "does",
];
const STILL: &[&str] = &[
    "quiet", "silent", "still", "silence", "nothing", "speak", "answer", "reply",
];
/// What parts of the body do.
const MOVES: &[&str] = &[
    "breaks", "cracks", "shakes", "trembles", "falters", "drops", "fills", "fill", "well", "wells",
    "softens", "tightens", "hardens", "catches", "tremble", "shake", "clench", "tense", "slump",
];
/// A gesture's words that stand by themselves and hardly tell of anything else.
const LONE: &[&str] = &["swallows", "whispers", "blinks", "trembles"];
const FILLERS: &[&str] = &[
    "for",
    "moment",
    "then",
    "and",
    "in",
    "on",
    "with",
    "to",
    "of",
    "not",
    "through",
    "again",
    "little",
    "bit",
    "while",
    "second",
    "seconds",
    "deep",
    "deeply",
    "heavy",
    "hair",
    "window",
    "ground",
    "hard",
    "once",
    "before",
    "answering",
    "speaking",
];
