//! What the flite library is given to read: plain tokens of a small alphabet that it is known to
//! bear, whatever the text was.

use deunicode::deunicode_char;

/// Longest token in bytes. The library's letter-to-sound rules are not made for longer ones.
const LONGEST: usize = 40;

/// The tokens that stand for one word of the text; none if nothing of it can be read.
///
/// Letters of other scripts are transliterated, signs are named, quotes dropped. A token holds
/// only ASCII letters, digits and `' . , ; : ! ? $ / -`, and at least one letter or digit.
pub(super) fn tokens(reading: &str) -> Vec<String> {
    let spelled = spell(reading);
    let mut tokens: Vec<String> = Vec::new();
    for token in spelled.split_whitespace() {
        if token.contains(|c: char| c.is_ascii_alphanumeric()) {
            tokens.extend(cut(token).map(str::to_owned));
        } else if let (Some(before), Some(mark)) = (tokens.last_mut(), pause_mark(token))
            && before.ends_with(|c: char| c.is_ascii_alphanumeric())
        {
            before.push(mark);
        }
    }
    tokens
}

fn spell(reading: &str) -> String {
    let mut spelled = String::with_capacity(reading.len() + 8);
    let mut currency = None;
    let mut characters = reading.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '&' => spelled.push_str(" and "),
            '%' => spelled.push_str(" percent "),
            '@' => spelled.push_str(" at "),
            '+' => spelled.push_str(" plus "),
            '=' => spelled.push_str(" equals "),
            '°' => spelled.push_str(" degrees "),
            '€' => currency = Some(" euros "),
            '£' => currency = Some(" pounds "),
            '’' | '‘' => spelled.push('\''),
            '…' | '–' | '—' => spelled.push_str(" , "),
            '/' => {
                let between_digits = spelled.ends_with(|c: char| c.is_ascii_digit())
                    && characters.peek().is_some_and(char::is_ascii_digit);
                spelled.push(if between_digits { '/' } else { ' ' });
            }
            _ if is_permitted(c) => spelled.push(c),
            _ => {
                let latin = deunicode_char(c).unwrap_or_default();
                spelled.extend(latin.chars().filter(|c| is_permitted(*c) || *c == ' '));
            }
        }
    }
    if let Some(name) = currency {
        let amount = spelled
            .trim_end_matches(['.', ',', ';', ':', '!', '?'])
            .len();
        spelled.insert_str(amount, name);
    }
    spelled
}

fn is_permitted(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '\'' | '.' | ',' | ';' | ':' | '!' | '?' | '$' | '-')
}

fn pause_mark(token: &str) -> Option<char> {
    token
        .chars()
        .find(|c| matches!(c, '.' | ',' | ';' | ':' | '!' | '?'))
}

/// Cuts a token into tokens of at most [`LONGEST`] bytes that each can be read.
fn cut(token: &str) -> impl Iterator<Item = &str> {
    // The token is ASCII, so every byte is a character boundary.
    (0..token.len().div_ceil(LONGEST)).filter_map(move |n| {
        token
            .get(n * LONGEST..token.len().min((n + 1) * LONGEST))
            .filter(|part| part.contains(|c: char| c.is_ascii_alphanumeric()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn signs_are_named_and_letters_brought_home() {
        assert_eq!(tokens("50%,"), ["50", "percent,"]);
        assert_eq!(tokens("€12.50."), ["12.50", "euros."]);
        assert_eq!(tokens("R&D"), ["R", "and", "D"]);
        assert_eq!(tokens("café"), ["cafe"]);
        assert_eq!(tokens("“don’t”"), ["don't"]);
        assert_eq!(tokens("and/or"), ["and", "or"]);
        assert_eq!(tokens("3/4"), ["3/4"]);
        assert_eq!(tokens("no—yes"), ["no,", "yes"]);
        assert_eq!(tokens("Привет"), ["Privet"]);
        assert!(!tokens("東京").is_empty());
    }

    #[test]
    fn endless_words_are_cut() {
        assert_eq!(tokens(&"a".repeat(100)).len(), 3);
    }

    proptest! {
        #[test]
        fn tokens_stay_within_the_alphabet(reading in "\\PC{0,80}") {
            for token in tokens(&reading) {
                prop_assert!(token.len() <= LONGEST + 1);
                prop_assert!(token.chars().any(|c| c.is_ascii_alphanumeric()));
                prop_assert!(token.chars().all(|c| is_permitted(c) || c == '/'));
            }
        }
    }
}
