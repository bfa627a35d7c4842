//! From words to what the models were trained on: phonemes of espeak-ng, with the punctuation
//! between clauses that its output leaves out.

/// Clauses of a piece, each with the mark that ends it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Clauses {
    texts: Vec<String>,
    marks: Vec<Option<char>>,
}

impl Clauses {
    /// Those of some words, which carry the punctuation that follows them.
    pub(super) fn of<'a>(words: impl IntoIterator<Item = &'a str>) -> Self {
        let mut clauses = Self::default();
        let mut text = String::new();
        for word in words {
            let bare = word.trim_end_matches(['"', '\'', ')', '”', '’', '»']);
            let mark = bare.chars().last().and_then(mark);
            if !text.is_empty() {
                text.push(' ');
            }
            // One line is one clause: what else would end one is taken out.
            text.extend(word.chars().map(|c| if c.is_control() { ' ' } else { c }));
            if mark.is_some() {
                clauses.push(&mut text, mark);
            }
        }
        clauses.push(&mut text, None);
        clauses
    }

    fn push(&mut self, text: &mut String, mark: Option<char>) {
        if text.chars().any(char::is_alphanumeric) {
            self.texts.push(std::mem::take(text));
            self.marks.push(mark);
        }
        text.clear();
    }

    /// What is to be pronounced, a line each.
    pub(super) fn texts(&self) -> &[String] {
        &self.texts
    }

    /// The phonemes of all of them, of which `said` are the lines, as the models take them. If
    /// there are more lines than clauses, the marks between them are not known: they are commas.
    pub(super) fn codepoints(&self, said: &[String]) -> Vec<i32> {
        let known = said.len() == self.texts.len();
        let mut text = String::new();
        for (at, line) in said.iter().enumerate() {
            let last = at + 1 == said.len();
            let mark = match self.marks.get(at) {
                Some(mark) if known => *mark,
                _ if last => self.marks.last().copied().flatten(),
                _ => Some(','),
            };
            text.push_str(without_languages(line).trim());
            text.extend(mark);
            if !last {
                text.push(' ');
            }
        }
        text.chars().map(|phoneme| phoneme as i32).collect()
    }
}

/// The mark that the models know for a punctuation mark that ends a clause.
const fn mark(last: char) -> Option<char> {
    match last {
        '.' | '…' | '。' => Some('.'),
        ',' | '—' | '–' | '、' | '，' => Some(','),
        '!' | '！' => Some('!'),
        '?' | '？' => Some('?'),
        ';' => Some(';'),
        ':' => Some(':'),
        _ => None,
    }
}

/// Without the marks where espeak-ng changes the language for a word, such as `(en)`.
fn without_languages(line: &str) -> String {
    let mut depth = 0_u32;
    line.chars()
        .filter(|c| {
            match c {
                '(' => depth += 1,
                ')' => {
                    depth = depth.saturating_sub(1);
                    return false;
                }
                _ => {}
            }
            depth == 0
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(clauses: &Clauses, lines: &[&str]) -> String {
        let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        let codepoints = clauses.codepoints(&lines);
        let letters = codepoints
            .iter()
            .map(|code| char::from_u32(*code as u32).unwrap());
        letters.collect()
    }

    #[test]
    fn punctuation_goes_back_to_where_it_was() {
        let clauses = Clauses::of(["\"Well,", "Maya", "—", "what", "else?”", "1.5", "and"]);
        assert_eq!(
            clauses.texts(),
            ["\"Well,", "Maya —", "what else?”", "1.5 and"]
        );
        let lines = ["wˈɛl", " mˈaɪə ", "wˌʌt (en)ˈɛls(de)", "wˈʌn"];
        assert_eq!(said(&clauses, &lines), "wˈɛl, mˈaɪə, wˌʌt ˈɛls? wˈʌn");
    }

    #[test]
    fn more_lines_than_clauses_are_parted_by_commas() {
        let clauses = Clauses::of(["No.", "Why?"]);
        assert_eq!(said(&clauses, &["nˈoʊ", "ɐ", "wˈaɪ"]), "nˈoʊ, ɐ, wˈaɪ?");
        assert_eq!(said(&clauses, &[]), "");
        assert_eq!(Clauses::of(["…", "—"]), Clauses::default());
    }
}
