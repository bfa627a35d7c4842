//! What a model tells of whoever speaks after it put their words in quotation marks.

use super::gestures::{is_gesture, is_made};
use super::speaker::{Speaker, Subject};
use super::speech::{is_first_person, words};
use super::staged;

/// How far an answer is quoted that began with a quotation mark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Quoted {
    #[default]
    No,
    Within,
    /// After what was quoted.
    After,
}

impl Quoted {
    /// After this character, which is said; `last` was said before.
    pub(super) fn then(self, c: char, last: Option<char>) -> Self {
        let stopped = last.is_some_and(|last| ",.!?…—–-".contains(last));
        match (self, c) {
            (Self::No, '"' | '“') if last.is_none() => Self::Within,
            (Self::After, '"' | '“') => Self::Within,
            (Self::Within, '"' | '”') if stopped => Self::After,
            // Only a word was quoted, in somebody's speech.
            (Self::Within, '"' | '”') => Self::No,
            _ => self,
        }
    }
}

/// A sentence after a quotation that tells of who speaks (`Maya says.`, `She shrugs.`): how many
/// bytes, 0 if more has to be read.
pub(super) fn told(text: &str, speaker: &Speaker, end: bool) -> Option<usize> {
    let ends = text.find(['.', '!', '?', '…', '\n', '"', '“']);
    let sentence = &text[..ends.unwrap_or(text.len())];
    let words = words(sentence);
    let (first, rest) = words.split_first()?;
    let own = |word: &String| speaker.subject(word) == Some(Subject::Own);
    if !own(first) && !SAYS.contains(&&**first) {
        return None;
    }
    let Some(at) = ends.filter(|at| *at <= LONGEST) else {
        return match end && text.len() <= LONGEST {
            true => tells(&words, own).then_some(text.len()),
            false => (text.len() <= LONGEST && rest.len() <= MOST).then_some(0),
        };
    };
    let after = text[at..].trim_start_matches(['.', '!', '?', '…']);
    let over =
        after.is_empty() || after.starts_with(|c: char| c.is_whitespace() || "\"“".contains(c));
    (over && tells(&words, own)).then(|| text.len() - after.len())
}

/// Whether these words are of what `own` says, or is seen to do, now.
fn tells(words: &[String], own: impl Fn(&String) -> bool) -> bool {
    let Some((first, rest)) = words.split_first() else {
        return false;
    };
    let mine = |word: &String| is_first_person(word) || ["me", "my", "us"].contains(&&**word);
    if rest.iter().any(mine) {
        return false;
    }
    if !own(first) {
        return SAYS.contains(&&**first) && rest.first().is_some_and(own);
    }
    let mut doing = rest.iter().skip_while(|word| word.ends_with("ly"));
    let verb = doing.next().map_or("", String::as_str);
    let then = doing.next().map_or("", String::as_str);
    // Of somebody else one tells what it was that they said.
    let says = SAYS.contains(&verb) && (then.is_empty() || !OBJECTS.contains(&then));
    says || is_made(verb) && then.ends_with("ly") && !is_gesture(then)
        || staged::is_seen(first, rest)
}

/// Longest such sentence, in bytes, and in words.
const LONGEST: usize = 160;
const MOST: usize = 24;
/// Verbs by which a quotation is told to be somebody's.
const SAYS: &[&str] = &[
    "says",
    "replies",
    "answers",
    "whispers",
    "murmurs",
    "mutters",
    "mumbles",
    "admits",
    "adds",
    "responds",
    "sagt",
    "antwortet",
    "flüstert",
    "dit",
    "répond",
    "dice",
    "responde",
    "risponde",
];
/// With these begins what somebody says or thinks in general.
const OBJECTS: &[&str] = &[
    "that", "it", "this", "so", "i", "to", "the", "a", "he", "she", "they", "we", "you", "no",
    "yes",
];
