//! Marks of layout: who speaks, lists, headings, rules, fences, addresses, entities.

use super::directions::is_pause;

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
}

impl Label {
    pub(super) const fn taken(&self) -> usize {
        match self {
            Self::Own(taken) | Self::Other(taken) => *taken,
            Self::None | Self::Undecided => 0,
        }
    }
}

const OWN: &[&str] = &["client", "assistant"];
const OTHER: &[&str] = &["coach", "user", "human", "interviewer"];
/// Longest remark between a name and its colon, in bytes.
const LONGEST_REMARK: usize = 60;

/// Reads `Maya:`, `**Maya**:`, `Maya (quietly):`.
pub(super) fn label(text: &str, speaker: &str, end: bool) -> Label {
    let begun = skip_stars(text);
    let own = [speaker].into_iter().chain(OWN.iter().copied());
    let names = own.map(|name| (name, true));
    let names = names.chain(OTHER.iter().map(|name| (*name, false)));
    let mut undecided = false;
    for (name, own) in names {
        match after_name(begun, name, end) {
            Label::None => {}
            Label::Undecided => undecided = true,
            label => {
                let taken = text.len() - begun.len() + label.taken();
                return if own {
                    Label::Own(taken)
                } else {
                    Label::Other(taken)
                };
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
    let letter =
        mark.len() == 1 && mark.chars().all(|c| c.is_ascii_lowercase()) && word.ends_with(')');
    number && (later_line || mark == "1") || letter
}

/// A silence written between dashes: how many bytes, 0 if more has to be read.
pub(super) fn dashed(text: &str, end: bool) -> Option<usize> {
    let is_dash = |word: &str| !word.is_empty() && word.chars().all(|c| "-–—".contains(c));
    let mut rest = text;
    for count in 0..=LONGEST_SILENCE {
        let word = rest.split_whitespace().next().unwrap_or_default();
        let at = rest.len() - rest.trim_start().len() + word.len();
        if count == 0 && !is_dash(word) {
            let inner = word.trim_matches(['–', '—']);
            let marked = inner.len() < word.len() && is_pause(inner) && word.ends_with(['–', '—']);
            return (marked && word.starts_with(['–', '—'])).then_some(word.len());
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

/// Whether a word is the address of a page.
pub(super) fn is_address(word: &str) -> bool {
    word.contains("://") && !word.starts_with(['(', '[', '<', '{', '*', '_'])
        || word.starts_with("www.")
}

/// A word with its entities (`&amp;`) read, and without escapes.
pub(super) fn entities(word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    let mut rest = word;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let name = after.split_once(';').filter(|(name, _)| {
            let letters = name.strip_prefix('#').unwrap_or(name);
            (1..=8).contains(&letters.len()) && letters.bytes().all(|b| b.is_ascii_alphanumeric())
        });
        let Some((name, then)) = name else {
            out.push('&');
            rest = after;
            continue;
        };
        out.push_str(match name {
            "amp" => "&",
            "quot" | "ldquo" | "rdquo" => "\"",
            "apos" | "#39" | "lsquo" | "rsquo" => "'",
            "mdash" | "ndash" => "—",
            "hellip" => "…",
            _ => " ",
        });
        rest = then;
    }
    out.push_str(rest);
    out.replace("\\n", " ")
}
