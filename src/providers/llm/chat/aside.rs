//! Leaves out what a reasoning model thinks before it answers, where its server does not.
//!
//! Most servers give it apart (`reasoning`, `reasoning_content`). Some pass it through as it is:
//! an answer that begins with `<think>…</think>`.

const OPENS: &str = "<think>";
const CLOSES: &str = "</think>";

/// How far an answer has come.
#[derive(Debug)]
pub(super) enum Aside {
    /// Nothing but the beginning of what may become `<think>`.
    Beginning(String),
    /// Thinking; kept is what may be the beginning of `</think>`.
    Thinking(String),
    /// The blanks between the thoughts and the answer.
    Over,
    /// The answer itself.
    Answering,
}

impl Default for Aside {
    fn default() -> Self {
        Self::Beginning(String::new())
    }
}

impl Aside {
    /// What of this piece belongs to the answer.
    pub(super) fn pass(&mut self, piece: String) -> String {
        let mut rest = piece;
        loop {
            match self {
                Self::Answering => return rest,
                Self::Over => {
                    let begun = rest.trim_start();
                    if !begun.is_empty() {
                        let begun = begun.to_owned();
                        *self = Self::Answering;
                        return begun;
                    }
                    return String::new();
                }
                Self::Beginning(held) => {
                    held.push_str(&rest);
                    let begun = held.trim_start();
                    if let Some(thought) = begun.strip_prefix(OPENS) {
                        rest = thought.to_owned();
                        *self = Self::Thinking(String::new());
                    } else if OPENS.starts_with(begun) {
                        return String::new();
                    } else {
                        return self.end();
                    }
                }
                Self::Thinking(held) => {
                    held.push_str(&rest);
                    let Some(at) = held.find(CLOSES) else {
                        // Only its last bytes can still become the end.
                        let keep = held.len().saturating_sub(CLOSES.len() - 1);
                        let keep = held.ceil_char_boundary(keep);
                        held.drain(..keep);
                        return String::new();
                    };
                    rest = held.split_off(at + CLOSES.len());
                    *self = Self::Over;
                }
            }
        }
    }

    /// What was held back of an answer that ends here.
    pub(super) fn end(&mut self) -> String {
        match std::mem::replace(self, Self::Answering) {
            Self::Beginning(held) => held,
            Self::Thinking(_) | Self::Over | Self::Answering => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn passed<'a>(pieces: impl IntoIterator<Item = &'a str>) -> String {
        let mut aside = Aside::default();
        let mut answer: String = pieces
            .into_iter()
            .map(|piece| aside.pass(piece.to_owned()))
            .collect();
        answer.push_str(&aside.end());
        answer
    }

    #[test]
    fn an_answer_comes_as_it_is() {
        for answer in [
            "Well.",
            "  Well.",
            "<th",
            "<thin ice>",
            "a <think>b</think>",
            "",
            " ",
        ] {
            assert_eq!(passed([answer]), answer);
        }
        let mut aside = Aside::default();
        assert_eq!(aside.pass("W".to_owned()), "W", "and at once");
    }

    #[test]
    fn thoughts_are_left_out() {
        assert_eq!(
            passed(["\n<think>Hm.\n</think>\n\nWell. <think>"]),
            "Well. <think>"
        );
        assert_eq!(passed(["<think>", "</think>", "\n", "Well."]), "Well.");
        assert_eq!(passed(["<think>without an end"]), "");
    }

    proptest! {
        #[test]
        fn pieces_do_not_matter(
            thought in "[a-zé<>/ ]{0,40}",
            answer in "[a-zé]{1}[a-zé<>/ ]{0,20}",
            cuts in prop::collection::vec(1usize..9, 0..40),
        ) {
            prop_assume!(!thought.contains(CLOSES));
            let whole = format!("<think>{thought}</think> {answer}");
            let mut letters: Vec<char> = whole.chars().collect();
            let mut pieces: Vec<String> = cuts
                .iter()
                .map(|cut| letters.drain(..(*cut).min(letters.len())).collect())
                .collect();
            pieces.push(letters.into_iter().collect());
            prop_assert_eq!(passed(pieces.iter().map(String::as_str)), answer);
        }
    }
}
