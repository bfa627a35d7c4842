//! Signs that are written another way, and what no voice can read out: entities, addresses.

/// The mark that another sign is written for: of full width, or a look-alike.
pub(super) const fn plain(c: char) -> char {
    match c {
        '＊' | '∗' | '⁎' | '✱' | '﹡' => '*',
        '＿' => '_',
        '（' | '⟨' | '〈' | '❨' | '﹙' => '(',
        '）' | '⟩' | '〉' | '❩' | '﹚' => ')',
        '【' | '［' | '〔' | '〖' => '[',
        '】' | '］' | '〕' | '〗' => ']',
        '｛' => '{',
        '｝' => '}',
        '＜' => '<',
        '＞' => '>',
        '＃' => '#',
        _ => c,
    }
}

/// The mark at the end of a text that is written as an entity (`&ast;`), and how long that is.
pub(super) fn written_out(text: &str) -> Option<(usize, char)> {
    let at = text.rfind('&')?;
    let name = text[at + 1..].strip_suffix(';')?.to_ascii_lowercase();
    let mark = match &*name {
        "ast" | "midast" | "lowast" | "#42" | "#x2a" => '*',
        "lowbar" | "#95" | "#x5f" => '_',
        "lpar" | "#40" | "#x28" => '(',
        "rpar" | "#41" | "#x29" => ')',
        "lsqb" | "lbrack" | "#91" | "#x5b" => '[',
        "rsqb" | "rbrack" | "#93" | "#x5d" => ']',
        "lt" | "#60" | "#x3c" => '<',
        "gt" | "#62" | "#x3e" => '>',
        _ => return None,
    };
    Some((text.len() - at, mark))
}

/// Whether a word is a face or a heart drawn with characters.
pub(super) fn is_drawn(word: &str) -> bool {
    let face = word
        .strip_prefix([':', ';', '='])
        .map(|face| face.strip_prefix(['-', '\'', '^', 'o']).unwrap_or(face));
    let mouth =
        |mouth: &str| !mouth.is_empty() && mouth.chars().all(|c| "()[]DPpOo/\\|*3".contains(c));
    let figure = word.contains(['(', 'ツ']) && word.contains(['¯', 'ツ', '╯', 'ಠ', 'ಥ', '□']);
    face.is_some_and(mouth) || figure || DRAWN.contains(&&*word.to_lowercase())
}

const DRAWN: &[&str] = &["<3", "</3", "xd", "^^", "^_^", "t_t", "o_o", "-_-", "\\o/"];

/// Whether a word is the address of a page or of a letter box.
pub(super) fn is_address(word: &str) -> bool {
    let schemed = word.contains("://") && !word.starts_with(['(', '[', '<', '{', '*', '_']);
    let bare = word.trim_start_matches(['"', '“', '\'']);
    let www = bare
        .get(..4)
        .is_some_and(|head| head.eq_ignore_ascii_case("www."));
    let host = match bare.split_once(['/', '@']) {
        Some((_, host)) if bare.contains('@') => Some(host),
        Some((host, _)) => Some(host),
        None => None,
    };
    schemed || www || host.is_some_and(is_host)
}

/// `example.com`, perhaps with a full stop after it.
fn is_host(text: &str) -> bool {
    let text = text.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
    let named = |name: &str| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    text.rsplit_once('.').is_some_and(|(names, top)| {
        let top = (2..=10).contains(&top.len()) && top.bytes().all(|b| b.is_ascii_lowercase());
        top && names.split('.').all(named)
    })
}

/// A word with its entities read and the signs that are spoken by a name: `3*4`, `C#`.
pub(super) fn written_as_said(word: &str) -> String {
    let word = entities(word);
    let mut out = String::with_capacity(word.len());
    let mut before = [None; 2];
    let mut rest = word.chars().peekable();
    while let Some(c) = rest.next() {
        let [earlier, last] = before;
        let next = rest.peek().copied();
        let digits = [last, next]
            .iter()
            .all(|c| c.is_some_and(|c: char| c.is_ascii_digit()));
        let ends = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
        match c {
            '*' if digits => out.push('×'),
            '#' if ends(earlier)
                && ends(next)
                && last.is_some_and(|c: char| c.is_ascii_uppercase()) =>
            {
                out.push_str(" sharp");
            }
            _ => out.push(c),
        }
        before = [last, Some(c)];
    }
    out
}

/// A word with its entities (`&amp;`) read, and without escapes.
fn entities(word: &str) -> String {
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
