//! Marks of layout: who speaks, what is told of them, lists, headings, rules, fences.

use super::directions::{is_pause, is_told_of};

/// Whether the text begins with the name of who speaks.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Label {
    None,
    /// More has to be read.
    Undecided,
    /// The person's own. So many bytes.
    Own(usize),
    /// The other side's.
    Other(usize),
    /// Nobody's: what follows tells what is to be seen.
    Told(usize),
}

impl Label {
    pub(super) const fn taken(&self) -> usize {
        match self {
            Self::Own(taken) | Self::Other(taken) | Self::Told(taken) => *taken,
            Self::None | Self::Undecided => 0,
        }
    }
}

const OWN: &[&str] = &["client", "assistant"];
const OTHER: &[&str] = &["coach", "user", "human", "interviewer"];
const TOLD: &[&str] = &[
    "stage direction",
    "stage directions",
    "narrator",
    "narration",
];
/// Longest remark between a name and its colon, in bytes.
const LONGEST_REMARK: usize = 60;

/// Reads `Maya:`, `**Maya**:`, `Maya (quietly):`.
pub(super) fn label(text: &str, speaker: &str, end: bool) -> Label {
    let begun = skip_stars(text);
    let own = [speaker].into_iter().chain(OWN.iter().copied());
    let names = own.map(|name| (name, Label::Own as fn(usize) -> Label));
    let others = [
        (OTHER, Label::Other as fn(usize) -> Label),
        (TOLD, Label::Told),
    ];
    let others = others
        .into_iter()
        .flat_map(|(names, kind)| names.iter().map(move |n| (*n, kind)));
    let names = names.chain(others);
    let mut undecided = false;
    for (name, kind) in names {
        match after_name(begun, name, end) {
            Label::None => {}
            Label::Undecided => undecided = true,
            label => {
                return kind(text.len() - begun.len() + label.taken());
            }
        }
    }
    if undecided {
        Label::Undecided
    } else {
        Label::None
    }
}

fn after_name(text: &str, name: &str, end: bool) -> Label {
    let mut rest = text;
    for expected in name.chars() {
        let Some(c) = rest.chars().next() else {
            return open(end);
        };
        if !c.to_lowercase().eq([expected]) {
            return Label::None;
        }
        rest = &rest[c.len_utf8()..];
    }
    rest = skip_stars(rest).trim_start_matches(' ');
    if let Some(remark) = rest.strip_prefix('(') {
        match remark.find(')') {
            Some(at) if at <= LONGEST_REMARK => rest = &remark[at + 1..],
            None if remark.len() <= LONGEST_REMARK && !remark.contains('\n') => return open(end),
            _ => return Label::None,
        }
    }
    rest = skip_stars(rest).trim_start_matches(' ');
    if rest.is_empty() {
        return open(end);
    }
    let Some(rest) = rest.strip_prefix(':') else {
        return Label::None;
    };
    Label::Own(text.len() - skip_stars(rest).len())
}

/// A whole sentence that tells what the speaker does (`Maya sighs.`): how many bytes, 0 if more
/// has to be read.
pub(super) fn told(text: &str, speaker: &str, end: bool) -> Option<usize> {
    let first = speaker.split_whitespace().next().unwrap_or_default();
    let name = text.split(|c: char| !c.is_alphanumeric()).next()?;
    if first.is_empty() || name.to_lowercase() != first {
        return None;
    }
    let after = text[name.len()..]
        .trim_start_matches("'s")
        .trim_start_matches("’s");
    let doing = after.split_whitespace().next();
    if !after.starts_with(' ') || doing.is_some_and(|word| !word.starts_with(char::is_lowercase)) {
        return (after.is_empty() && !end).then_some(0);
    }
    let ends = after.find(['.', '!', '?', '…', '\n', '。']);
    match ends {
        Some(at) => {
            let mark = after[at..].chars().next().map_or(0, char::len_utf8);
            let whole = after[at + mark..]
                .starts_with(|c: char| c.is_whitespace() || "\"*".contains(c))
                || at + mark == after.len();
            (whole && is_told_of(&after[..at])).then(|| text.len() - after.len() + at + mark)
        }
        None if end => is_told_of(after).then_some(text.len()),
        None => (after.len() <= LONGEST_REMARK * 2).then_some(0),
    }
}

/// Whether after marked words nothing of their sentence comes; nothing if more has to be read.
pub(super) fn ends_here(after: &str, end: bool) -> Option<bool> {
    let tells = |c: &char| c.is_alphanumeric() || ",;:，、；：.!?…。！？\n*_~([{<«".contains(*c);
    match after.chars().find(tells) {
        Some(c) => Some(!c.is_lowercase() && !",;:，、；：".contains(c)),
        None => end.then_some(true),
    }
}

const fn open(end: bool) -> Label {
    if end { Label::None } else { Label::Undecided }
}

fn skip_stars(text: &str) -> &str {
    text.trim_start_matches(['*', '_'])
}

/// Whether a word begins or ends a block of code.
pub(super) fn is_fence(word: &str) -> bool {
    word.strip_prefix("```")
        .is_some_and(|language| !language.contains('`'))
}

/// Whether a word is a line drawn with characters.
pub(super) fn is_rule(word: &str) -> bool {
    let drawn = word.chars().all(|c| "-=_*|:~+—–".contains(c));
    drawn && (word.chars().count() >= 3 || word.contains('|'))
}

/// Whether a line's first word is a bullet, a number or a heading's mark. On the first line no
/// number but the first is: `7. No, 6.` is what was said.
pub(super) fn is_line_mark(word: &str, later_line: bool) -> bool {
    if word.chars().all(|c| "#>".contains(c)) || ["-", "•", "–", "*", "+", "·"].contains(&word)
    {
        return true;
    }
    let Some(mark) = word.strip_suffix(['.', ')']) else {
        return false;
    };
    let number = mark.len() <= 2 && !mark.is_empty() && mark.chars().all(|c| c.is_ascii_digit());
    let letter = mark.len() == 1 && mark.chars().all(|c| c.is_ascii_alphabetic());
    let small = mark.chars().all(|c| c.is_ascii_lowercase());
    number && (later_line || mark == "1")
        || letter && (small || later_line || mark == "A" || word.ends_with(')'))
        || is_roman(mark)
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
            let dashes = ['-', '–', '—'];
            let inner = word.trim_matches(dashes);
            let marked = word.starts_with(dashes) && word.ends_with(dashes) && is_pause(inner);
            return marked.then_some(word.len());
        }
        if word.is_empty() {
            return (!end).then_some(0);
        }
        if count > 1 && is_dash(word) {
            return Some(text.len() - rest.len() + at);
        }
        if count > 0 && !is_pause(word) {
            return None;
        }
        rest = &rest[at..];
    }
    None
}

/// Most words of a silence between dashes, and the closing dash.
const LONGEST_SILENCE: usize = 5;
