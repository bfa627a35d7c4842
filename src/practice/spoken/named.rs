//! The name of who speaks where nothing is said with it: below an answer, and in what is told of them.

use super::directions::is_told_of;
use super::labels::LONGEST_REMARK;
use super::staged;

/// The name below an answer (`— Maya`): how many bytes, 0 if more has to be read.
pub(super) fn signed(text: &str, speaker: &str, end: bool) -> Option<usize> {
    let first = speaker.split_whitespace().next()?;
    let after = text.trim_start_matches(['-', '–', '—', '~']);
    if after.len() == text.len() {
        return None;
    }
    let after = after.trim_start_matches([' ', '*', '_']);
    if after.is_empty() {
        return (!end).then_some(0);
    }
    let name = after.split(|c: char| !c.is_alphanumeric()).next()?;
    if name.to_lowercase() != first {
        return None;
    }
    let after = after[name.len()..].trim_start_matches(['*', '_', '.', ' ']);
    let over = after.starts_with('\n') || after.is_empty() && end;
    match over {
        true => Some(text.len() - after.len()),
        false => (after.is_empty() && !end).then_some(0),
    }
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
    let tells = |doing: &str| is_told_of(doing) || staged::is_of_them(doing);
    let ends = after.find(['.', '!', '?', '…', '\n', '。']);
    match ends {
        Some(at) => {
            let mark = after[at..].chars().next().map_or(0, char::len_utf8);
            let whole = after[at + mark..]
                .starts_with(|c: char| c.is_whitespace() || "\"*".contains(c))
                || at + mark == after.len();
            (whole && tells(&after[..at])).then(|| text.len() - after.len() + at + mark)
        }
        None if end => tells(after).then_some(text.len()),
        None => (after.len() <= LONGEST_REMARK * 2).then_some(0),
    }
}
