//! Marks of layout: lists, headings, rules, fences, formulas.

use super::directions::is_pause;
use super::gestures::is_gesture;

/// Whether after marked words nothing of their sentence comes; nothing if more has to be read.
pub(super) fn ends_here(after: &str, end: bool) -> Option<bool> {
    let tells = |c: &char| c.is_alphanumeric() || ",;:，、；：.!?…。！？\n*_~([{<«".contains(*c);
    match after.chars().find(tells) {
        Some(c) => Some(!c.is_lowercase() && !",;:，、；：".contains(c)),
        None => end.then_some(true),
    }
}

/// Whether a word begins or ends a block of code.
pub(super) fn is_fence(word: &str, mid_line: bool) -> bool {
    let named =
        |language: &str| language.starts_with(char::is_alphabetic) && !language.contains('~');
    word.strip_prefix("```")
        .is_some_and(|language| !language.contains('`'))
        || !mid_line && word.strip_prefix("~~~").is_some_and(named)
}

/// Whether a word is a line drawn with characters.
pub(super) fn is_rule(word: &str) -> bool {
    let drawn = word.chars().all(|c| "-=_*|:~+—–".contains(c));
    drawn && (word.chars().count() >= 3 || word.contains('|'))
}

/// Whether a line's first word is a bullet, a number or a heading's mark. On the first line no
/// number but the first is: `7. No, 6.` is what was said.
pub(super) fn is_line_mark(word: &str, later_line: bool) -> bool {
    let bullets = ["-", "•", "–", "—", "*", "+", "·"];
    if word.chars().all(|c| "#>".contains(c)) || bullets.contains(&word) {
        return true;
    }
    let word = word.trim_matches(['*', '_']);
    let Some(mark) = word.strip_suffix(['.', ')', ':']) else {
        return false;
    };
    let number = mark.len() <= 2 && !mark.is_empty() && mark.chars().all(|c| c.is_ascii_digit());
    let letter = mark.len() == 1 && mark.chars().all(|c| c.is_ascii_alphabetic());
    let letter = letter && !word.ends_with(':');
    let small = mark.chars().all(|c| c.is_ascii_lowercase());
    number && (later_line || mark == "1")
        || letter && (small || later_line || mark == "A" || word.ends_with(')'))
        || is_roman(mark) && !word.ends_with(':')
}

/// Whether a word counts the parts of a list within a line: `i)`, `b)`, `2)`.
pub(super) fn is_counter(word: &str) -> bool {
    word.strip_suffix(')').is_some_and(|mark| {
        let letter = mark.len() == 1 && mark.chars().all(|c| c.is_ascii_alphabetic());
        let number = (1..=2).contains(&mark.len()) && mark.chars().all(|c| c.is_ascii_digit());
        letter || number || is_roman(mark)
    })
}

fn is_roman(mark: &str) -> bool {
    let lower = ["ii", "iii", "iv", "vi", "vii", "viii", "ix"];
    lower.contains(&mark)
}

/// A silence written between dashes: how many bytes, 0 if more has to be read.
pub(super) fn dashed(text: &str, end: bool) -> Option<usize> {
    let is_dash = |word: &str| !word.is_empty() && word.chars().all(|c| "-–—".contains(c));
    let mut rest = text;
    for count in 0..=LONGEST_SILENCE {
        let word = rest.split_whitespace().next().unwrap_or_default();
        let at = rest.len() - rest.trim_start().len() + word.len();
        if count == 0 && !is_dash(word) {
            let dashes = ['-', '–', '—', '/', ':', '|'];
            let whole = word.trim_end_matches(['.', ',', '…']);
            let inner = whole.trim_matches(dashes);
            let marked = whole.starts_with(dashes) && whole.ends_with(dashes);
            return (marked && is_gesture(inner)).then_some(whole.len());
        }
        if word.is_empty() {
            return (!end).then_some(0);
        }
        if count > 1 && is_dash(word) {
            return Some(text.len() - rest.len() + at);
        }
        if count > 0 && (!is_pause(word) || rest[..at].contains('\n')) {
            return None;
        }
        rest = &rest[at..];
    }
    None
}

/// A formula between `$$`: how many bytes, 0 if more has to be read.
pub(super) fn formula(text: &str, end: bool) -> Option<usize> {
    let inner = text.strip_prefix("$$")?;
    match inner.find(['\n', '$']) {
        Some(at) if inner[at..].starts_with("$$") => Some(at + 4),
        None if !end && inner.len() <= LONGEST_FORMULA => Some(0),
        _ => Some(2),
    }
}

/// Longest formula, in bytes.
const LONGEST_FORMULA: usize = 120;

/// Most words of a silence between dashes, and the closing dash.
const LONGEST_SILENCE: usize = 5;
