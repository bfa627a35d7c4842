//! Where quotations end, and the one that nobody closed.

/// Where the first quote opens that is not closed on its line, or, if it is of those that hold many
/// lines, not at all.
pub(super) fn unclosed(text: &str) -> Option<usize> {
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

/// Where a quotation ends of which this is the inside.
pub(super) fn closed_at(inside: &str, quote: char) -> Option<usize> {
    end_of(inside, quote.encode_utf8(&mut [0; 4]), quote == '"')
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
