//! Cuts a stream of text into sentences, so that a voice can begin before the text is complete.

/// Longest piece given to a voice, in characters.
const LONGEST: usize = 240;
/// From so many characters on, the first piece may end at a comma, so that the voice begins early.
const FIRST_CLAUSE: usize = 36;

/// Cuts a stream of text into sentences. The pieces joined are the text: white space stays at their
/// ends.
#[derive(Clone, Debug, Default)]
pub struct SentenceSplitter {
    buffer: String,
    given: bool,
}

impl SentenceSplitter {
    /// Takes more text; gives the sentences that are complete now.
    pub fn push(&mut self, text: &str) -> Vec<String> {
        self.buffer.push_str(text);
        let mut out = Vec::new();
        while let Some(end) = self.next_end() {
            let rest = self.buffer.split_off(end);
            out.push(std::mem::replace(&mut self.buffer, rest));
            self.given = true;
        }
        out
    }

    /// What is left at the end of the stream. The splitter is then as new.
    pub fn finish(&mut self) -> Option<String> {
        self.given = false;
        let rest = std::mem::take(&mut self.buffer);
        (!rest.is_empty()).then_some(rest)
    }

    /// Where the first sentence ends, in bytes, once that is certain.
    fn next_end(&self) -> Option<usize> {
        // No further than a piece can reach: texts may be long.
        let chars = self.buffer.char_indices().take(LONGEST + 3);
        let chars: Vec<(usize, char)> = chars.collect();
        let (mut clause, mut space) = (None, None);
        let mut in_mark = false;
        for (n, &(_, c)) in chars.iter().enumerate() {
            match c {
                '[' => in_mark = true,
                ']' => in_mark = false,
                _ => {}
            }
            if n >= LONGEST {
                let end = clause.or(space).unwrap_or(n);
                return chars.get(end).map(|(at, _)| *at);
            }
            // Only what follows tells whether a mark ends anything.
            let &(_, next) = chars.get(n + 1)?;
            if in_mark {
                continue;
            }
            if next.is_whitespace() {
                space = Some(n + 2);
            }
            if c == '\n' && chars[..n].iter().any(|(_, c)| c.is_alphanumeric()) {
                return Some(chars[n + 1].0);
            }
            let closes = closes(c) && n > 0 && ends(chars[n - 1].1);
            // After a mark of full width no white space stands.
            let wide = ends_wide(c) || closes && ends_wide(chars[n - 1].1);
            if wide && !next.is_whitespace() && !ends(next) && !self::closes(next) {
                return Some(chars[n + 1].0);
            }
            if (ends(c) || closes) && next.is_whitespace() && !self.goes_on(&chars, n) {
                // The white space belongs to the sentence before.
                let &(at, after) = chars.get(n + 2)?;
                if after.is_lowercase()
                    && (c == '…' || self.buffer[..chars[n + 1].0].ends_with("..."))
                {
                    continue;
                }
                return Some(at);
            }
            if matches!(c, '，' | '、' | '；' | '：') {
                clause = Some(n + 1);
                if !self.given && n >= FIRST_CLAUSE {
                    return Some(chars[n + 1].0);
                }
            }
            if matches!(c, ',' | ';' | ':' | '—') && next.is_whitespace() {
                clause = Some(n + 2);
                if !self.given && n >= FIRST_CLAUSE {
                    return chars.get(n + 2).map(|(at, _)| *at);
                }
            }
        }
        None
    }

    /// Whether the full stop at `n` belongs to an abbreviation, an initial or a lone number.
    fn goes_on(&self, chars: &[(usize, char)], n: usize) -> bool {
        if chars[n].1 != '.' {
            return false;
        }
        let word: String = {
            let mut w: Vec<char> = chars[..n]
                .iter()
                .rev()
                .map(|(_, c)| *c)
                .take_while(|c| !c.is_whitespace())
                .collect();
            w.reverse();
            w.into_iter()
                .collect::<String>()
                .trim_start_matches(['"', '(', '“', '\''])
                .to_lowercase()
        };
        let initial =
            word.chars().count() == 1 && word != "i" && word.chars().all(char::is_alphabetic);
        let dotted = word.contains('.') && word.split('.').all(|p| p.chars().count() <= 1);
        initial || dotted || ABBREVIATIONS.contains(&word.as_str())
    }
}

fn ends(c: char) -> bool {
    matches!(c, '.' | '!' | '?' | '…') || ends_wide(c)
}

fn ends_wide(c: char) -> bool {
    matches!(c, '。' | '！' | '？')
}

fn closes(c: char) -> bool {
    matches!(c, '"' | '”' | '\'' | '’' | ')' | '」' | '』')
}

const ABBREVIATIONS: &[&str] = &[
    "mr", "mrs", "ms", "dr", "prof", "st", "vs", "etc", "approx", "dept", "jr", "sr",
];

/// Cuts a finished text into sentences.
pub(super) fn split(text: &str) -> Vec<String> {
    let mut splitter = SentenceSplitter {
        given: true,
        ..SentenceSplitter::default()
    };
    let mut out = splitter.push(text);
    out.extend(splitter.finish());
    out
}

/// A text without its `[pause …]` marks.
pub(super) fn without_pauses(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("[pause ") {
        out.push_str(before.trim_end());
        rest = after.split_once(']').map_or("", |(_, r)| r);
        if !out.is_empty() && !rest.starts_with([' ', '.', ',', '?', '!']) && !rest.is_empty() {
            out.push(' ');
        }
    }
    out.push_str(rest);
    out.trim_start().to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sentences_end_where_they_end() {
        for (text, sentences) in [
            (
                "Yes. I think so. Really?",
                vec!["Yes. ", "I think so. ", "Really?"],
            ),
            (
                "Dr. Stone said 3.5 is fine. OK.",
                vec!["Dr. Stone said 3.5 is fine. ", "OK."],
            ),
            (
                "She said \"go on.\" I did not.",
                vec!["She said \"go on.\" ", "I did not."],
            ),
            (
                "I was... not sure. At all.",
                vec!["I was... not sure. ", "At all."],
            ),
            (
                "I work in the U.S. now. Yes.",
                vec!["I work in the U.S. now. ", "Yes."],
            ),
            (
                "It is me and I. You know?",
                vec!["It is me and I. ", "You know?"],
            ),
            (
                "Well. [pause 1200] I don't know.",
                vec!["Well. ", "[pause 1200] I don't know."],
            ),
            (
                "我不知道。真的吗？！「好。」他走了。 嗯，是。",
                vec![
                    "我不知道。",
                    "真的吗？！",
                    "「好。」",
                    "他走了。 ",
                    "嗯，是。",
                ],
            ),
        ] {
            assert_eq!(split(text), sentences);
        }
    }

    #[test]
    fn a_long_first_sentence_begins_at_a_comma() {
        let mut splitter = SentenceSplitter::default();
        assert!(
            splitter
                .push("When I came into the office on Monday morning,")
                .is_empty()
        );
        assert_eq!(splitter.push(" nobody").len(), 1);
        assert!(
            splitter
                .push(" looked up, and I sat down, and I")
                .is_empty()
        );
    }

    #[test]
    fn pauses_can_be_left_out() {
        assert_eq!(
            without_pauses("Well. [pause 800] I don't know."),
            "Well. I don't know."
        );
        assert_eq!(without_pauses("[pause 800] So [pause 20]."), "So.");
    }

    fn cut(text: &str, at: &[usize]) -> Vec<String> {
        let chars: Vec<char> = text.chars().collect();
        let mut ends: Vec<usize> = at.iter().map(|a| a % (chars.len() + 1)).collect();
        ends.extend([0, chars.len()]);
        ends.sort_unstable();
        ends.windows(2)
            .map(|w| chars[w[0]..w[1]].iter().collect())
            .collect()
    }

    proptest! {
        #[test]
        fn sentences_joined_are_the_text(text in "([a-zA-Z0-9.,!?…\"\\[\\] \n]|\\PC){0,600}", at in prop::collection::vec(0usize..600, 0..8)) {
            let mut splitter = SentenceSplitter::default();
            let mut pieces: Vec<String> = cut(&text, &at).iter().flat_map(|p| splitter.push(p)).collect();
            pieces.extend(splitter.finish());
            prop_assert_eq!(pieces.concat(), text);
            for piece in pieces {
                prop_assert!(piece.chars().count() <= LONGEST + 2 && !piece.is_empty());
            }
        }
    }
}
