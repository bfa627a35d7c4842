//! What is wrong with a file that is no TOML: above all the quote that nobody closed, from which on
//! the rest is misread.

use toml::de::Error;

use super::report::{Report, Span};

/// Notes what the parser found. Behind an open quote it takes words for quotations and quotations for
/// words: there the quote alone is named.
pub(super) fn note(report: &Report<'_>, text: &str, broken: &[Error]) {
    let open = if broken.is_empty() {
        None
    } else {
        unclosed(text)
    };
    if let Some(at) = open {
        report.note(&(at..at + 1), "the quote that opens here is not closed");
    }
    let line = open.map(|at| text[..at].rfind('\n').map_or(0, |end| end + 1));
    let place = |error: &Error| -> Span { error.span().unwrap_or(0..0) };
    let before = |error: &&Error| line.is_none_or(|line| place(error).start < line);
    for error in broken.iter().filter(before) {
        report.note(&place(error), error.message());
    }
}

/// Where the first quote opens that is not closed on its line, or, if it is of those that hold many
/// lines, not at all.
fn unclosed(text: &str) -> Option<usize> {
    let mut rest = text;
    let at = |rest: &str| text.len() - rest.len();
    while let Some(next) = rest.find(['"', '\'', '#']) {
        let opens = &rest[next..];
        let quote = &opens[..1];
        if quote == "#" {
            rest = opens.find('\n').map_or("", |end| &opens[end..]);
            continue;
        }
        let many = quote.repeat(3);
        let long = opens.starts_with(&many);
        let mark = if long { many.as_str() } else { quote };
        let inside = &opens[mark.len()..];
        let Some(end) = end_of(inside, mark, quote == "\"") else {
            return Some(at(opens));
        };
        if !long && inside[..end].contains('\n') {
            return Some(at(opens));
        }
        rest = &inside[end + mark.len()..];
    }
    None
}

/// Where a quotation ends that a mark ends; a backslash may stand before a mark that does not.
fn end_of(inside: &str, mark: &str, escapes: bool) -> Option<usize> {
    let mut from = 0;
    loop {
        let end = from + inside[from..].find(mark)?;
        let slashes = inside[..end].bytes().rev().take_while(|b| *b == b'\\');
        if !escapes || slashes.count() % 2 == 0 {
            return Some(end);
        }
        from = end + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::unclosed;

    #[test]
    fn the_quote_that_is_not_closed_is_found() {
        for (text, open) in [
            ("a = \"b\nc = \"d\"\n", "\"b"),
            ("a = [\"b, \"c\"]\nd = 1", "\"]"),
            ("a = \"b\" # it\'s \"\nc = \'d\ne = 2", "\'d"),
            ("a = \"b \\\" c\nd = 1", "\"b"),
            ("a = \"\"\"b\n\"c\"\nd = 1", "\"\"\"b"),
            ("a = \"é\"\nb = c\"\n", "\"\n"),
        ] {
            let found = unclosed(text).map(|at| text[at..].starts_with(open));
            assert_eq!(found, Some(true), "{text}");
        }
        for closed in [
            "a = \"b\" # \"\nc = \'\"\'\n",
            "a = \"\"\"b\n\"c\" d\n\"\"\"\n",
            "a = \"b \\\" c\"\nd = \"e \\\\\"\n",
            "a = \"\"\nb = \'\'\n",
        ] {
            assert_eq!(unclosed(closed), None, "{closed}");
        }
    }
}
