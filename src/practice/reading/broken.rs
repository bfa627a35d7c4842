//! What is wrong with a file that is no TOML, in plain words: what stands there, and how it is written.
//!
//! What is opened and not closed, a quote or a bracket, makes a parser misread all that follows: there
//! the opening alone is named.

use toml::de::Error;

use super::quotes::{closed_at, unclosed};
use super::report::{Report, Span};

/// What stands in a sheet more than once, each under a line of its own.
const REPEATED: &[&str] = &["triggers", "facts", "feelings", "beliefs", "terms", "small"];

/// Notes what the parser found, a mistake for each line.
pub(super) fn note(report: &Report<'_>, text: &str, broken: &[Error]) {
    let mut end = text.len();
    if !broken.is_empty() {
        let quote = unclosed(text).map(|at| {
            (at, "the quote that opens here is not closed: write a \" at the end of the text as well")
        });
        let bracket = open_bracket(text).map(|at| {
            (
                at,
                "the bracket `[` that opens here is not closed: write `]` after the last text",
            )
        });
        let curly = |at: usize| line_at(text, at).1.contains(CURLY);
        let first = quote.into_iter().chain(bracket).min_by_key(|(at, _)| *at);
        if let Some((at, message)) = first.filter(|(at, _)| !curly(*at)) {
            report.note(&(at..at + 1), message);
            end = line_at(text, at).0;
        }
    }
    let mut noted: Vec<usize> = Vec::new();
    for (at, line) in lines(text).filter(|(at, _)| *at < end) {
        let name = line
            .trim()
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'));
        if let Some(name) = name.filter(|name| REPEATED.contains(&name.trim())) {
            let message = format!(
                "`{0}` takes double brackets, each time: [[{0}]]",
                name.trim()
            );
            report.note(&(at..at + 1), message);
            noted.push(at);
        }
    }
    // Where each stands in a table of its own, all but the first were doubled.
    let doubled = !noted.is_empty();
    for error in broken
        .iter()
        .filter(|error| !doubled || !error.message().contains("duplicate key"))
    {
        let place: Span = error.span().unwrap_or(0..0);
        let (at, line) = line_at(text, place.start.min(text.len()));
        if at < end && !noted.contains(&at) {
            noted.push(at);
            report.note(&place, explained(line, error.message()));
        }
    }
}

const CURLY: [char; 6] = ['“', '”', '„', '‟', '‘', '’'];

/// What is wrong with a line, and how it is written.
fn explained(line: &str, message: &str) -> String {
    let bare = line.trim();
    if message.contains("duplicate key") {
        return format!(
            "this stands in the file twice, and may only once: {}",
            shown(bare)
        );
    }
    let (mark, (name, value)) = match (bare.split_once('='), bare.split_once(':')) {
        (Some(both), _) if is_name(both.0) => ('=', both),
        (_, Some(both)) if is_name(both.0) => (':', both),
        _ => {
            return format!(
                "this is not written as a sheet is ({message}): {}",
                shown(bare)
            );
        }
    };
    let (name, value) = (name.trim(), value.trim());
    let text = value.trim_matches(|c: char| CURLY.contains(&c) || "\"',".contains(c));
    let written = match is_value(value) {
        true => value.to_owned(),
        false => format!("\"{}\"", text.replace('"', "\\\"")),
    };
    let written = format!("write {}", shown(&format!("{name} = {written}")));
    if value.is_empty() {
        format!("after `{name} {mark}` nothing stands: write its value there, a text in quotes")
    } else if mark == ':' {
        format!("between a name and its value stands `=`, not `:`; {written}")
    } else if value.starts_with(CURLY) {
        format!("quotes are straight (\") in a sheet, not curly (“ ”); {written}")
    } else if value.starts_with('"') && !is_value(value) {
        format!("a quote within a text takes a backslash before it, as in \\\"; {written}")
    } else if value.starts_with(char::is_alphabetic) && !is_value(value) {
        format!("a text stands in quotes; {written}")
    } else {
        format!(
            "this is not written as a sheet is ({message}): {}",
            shown(bare)
        )
    }
}

fn is_name(text: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || "_-".contains(c);
    !text.trim().is_empty() && text.trim().chars().all(part)
}

/// Whether something is a number, a switch, a list, or a text in quotes with nothing behind it.
fn is_value(text: &str) -> bool {
    let quoted = |quote: char| {
        let inside = text.strip_prefix(quote);
        inside.is_some_and(|inside| closed_at(inside, quote) == Some(inside.len() - 1))
    };
    quoted('"')
        || quoted('\'')
        || text.starts_with(['[', '{'])
        || ["true", "false"].contains(&text)
        || text.parse::<f64>().is_ok()
}

fn shown(text: &str) -> String {
    let mut short: String = text.chars().take(LONGEST_SHOWN).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// Most that is shown of a line, in characters.
const LONGEST_SHOWN: usize = 80;

/// Each line and where it begins.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split_inclusive('\n').map(move |line| {
        at += line.len();
        (at - line.len(), line)
    })
}

/// The line in which something stands.
fn line_at(text: &str, place: usize) -> (usize, &str) {
    lines(text)
        .take_while(|(at, _)| *at <= place)
        .last()
        .unwrap_or((0, ""))
}

/// Where a list opens that is not closed before the next value or table begins.
fn open_bracket(text: &str) -> Option<usize> {
    let mut open: Option<(usize, usize)> = None;
    for (at, line) in lines(text) {
        let begins = line.split_once('=').is_some_and(|(name, _)| is_name(name));
        let begins = begins || line.starts_with('[');
        match open {
            Some((place, _)) if begins => return Some(place),
            _ => {}
        }
        if line.starts_with('[') {
            continue;
        }
        let mut rest = line;
        while let Some(next) = rest.find(['[', ']', '"', '\'', '#']) {
            let place = at + line.len() - rest.len() + next;
            let after = &rest[next + 1..];
            rest = after;
            match &text[place..=place] {
                "#" => break,
                "[" => {
                    open = open.map_or(Some((place, 1)), |(first, deep)| Some((first, deep + 1)))
                }
                "]" => {
                    open = open
                        .filter(|(_, deep)| *deep > 1)
                        .map(|(first, deep)| (first, deep - 1))
                }
                quote => {
                    let quote = if quote == "\"" { '"' } else { '\'' };
                    rest = closed_at(after, quote).map_or("", |end| &after[end + 1..]);
                }
            }
        }
    }
    open.map(|(place, _)| place)
}

#[cfg(test)]
mod tests {
    use super::super::super::sheet::{Sheet, SheetErrors};

    const MAYA: &str = include_str!("../clients/maya-promotion.toml");

    /// The one thing that is wrong with a sheet in which this stands.
    fn said(from: &str, to: &str) -> (usize, String) {
        assert!(MAYA.contains(from), "{from}");
        let text = MAYA.replacen(from, to, 1);
        let SheetErrors(errors) = Sheet::parse("maya.toml", &text).unwrap_err();
        assert_eq!(errors.len(), 1, "{errors:?}");
        (errors[0].line, errors[0].message.clone())
    }

    #[test]
    fn what_is_wrong_is_said_in_plain_words_with_how_it_is_written() {
        for (from, to, says) in [
            (
                "name = \"Maya\"",
                "name = Maya",
                "a text stands in quotes; write name = \"Maya\"",
            ),
            (
                "name = \"Maya\"",
                "name: \"Maya\"",
                "stands `=`, not `:`; write name = \"Maya\"",
            ),
            (
                "name = \"Maya\"",
                "name: Maya",
                "stands `=`, not `:`; write name = \"Maya\"",
            ),
            (
                "name = \"Maya\"",
                "name = “Maya”",
                "not curly (“ ”); write name = \"Maya\"",
            ),
            (
                "name = \"Maya\"",
                "name = ‘Maya’",
                "not curly (“ ”); write name = \"Maya\"",
            ),
            (
                "name = \"Maya\"",
                "name = \"Maya \"May\" Stone\"",
                "write name = \"Maya \\\"May\\\" Stone\"",
            ),
            ("name = \"Maya\"", "name =", "write its value there"),
            (
                "name = \"Maya\"",
                "name = \"Maya\"\nname = \"Ma\"",
                "twice, and may only once: name",
            ),
        ] {
            let (line, message) = said(from, to);
            assert!(message.contains(says), "{message}");
            assert_eq!(line, 2 + to.matches('\n').count(), "{message}");
        }
    }

    #[test]
    fn an_open_bracket_is_the_last_that_is_named() {
        for (from, line) in [
            ("staying with feelings\"]", "trains = ["),
            ("\"I suppose\"]", "words = ["),
        ] {
            let (at, message) = said(from, &from[..from.len() - 1]);
            assert!(
                message.contains("`[` that opens here is not closed"),
                "{message}"
            );
            let before = &MAYA[..MAYA.find(line).unwrap()];
            assert_eq!(at, before.matches('\n').count() + 1);
        }
    }

    #[test]
    fn what_comes_several_times_takes_double_brackets() {
        let SheetErrors(one) = Sheet::parse("m", "name = \"M\"\n[facts]\nlevel = 1\n").unwrap_err();
        let all = MAYA.replace("[[facts]]", "[facts]");
        let SheetErrors(many) = Sheet::parse("m", &all).unwrap_err();
        assert_eq!((one.len(), many.len()), (1, all.matches("[facts]").count()));
        for error in one.iter().chain(&many) {
            assert_eq!(
                error.message,
                "`facts` takes double brackets, each time: [[facts]]"
            );
        }
    }
}
