//! Leaves out what a reasoning model thinks before it answers, where its server does not.
//!
//! Most servers give it apart. Some pass it through as it is, between `<think>` and `</think>` or
//! tags of another name, or `[THINK]` and `[/THINK]`. Whatever the model, its answers go through here before anybody sees or
//! hears them.

/// The names of such tags. In square brackets it is the first only: `[thinking]` can be what an
/// answer begins with.
const NAMES: [&str; 4] = ["think", "thinking", "thought", "reasoning"];

const BRACKETS: [char; 2] = ['<', '['];

/// One answer, as far as it has come.
#[derive(Clone, Debug, Default)]
pub struct Thoughts {
    /// What may become a tag, from its bracket on.
    tag: String,
    hidden: bool,
    /// The answer has begun. The blanks between the thoughts before it and the answer belong to
    /// neither.
    begun: bool,
    over: bool,
}

impl Thoughts {
    /// What of this piece belongs to the answer. However the answer is cut into pieces, all of
    /// them together give the same.
    pub fn pass(&mut self, piece: &str) -> String {
        let mut answer = String::with_capacity(piece.len());
        for c in piece.chars() {
            self.take(c, &mut answer);
        }
        answer
    }

    /// What was held back of an answer that ends here.
    pub fn end(&mut self) -> String {
        let Self { tag, hidden, .. } = std::mem::take(self);
        if hidden { String::new() } else { tag }
    }

    fn take(&mut self, c: char, answer: &mut String) {
        if self.tag.is_empty() && !BRACKETS.contains(&c) {
            self.say(c, answer);
            return;
        }
        self.tag.push(c);
        match Tag::of(&self.tag) {
            Tag::Open => {}
            Tag::Begins | Tag::Ends => {
                self.hidden = Tag::of(&self.tag) == Tag::Begins;
                self.over = !self.hidden && !self.begun;
                self.tag.clear();
            }
            Tag::None => {
                // It is words with a bracket; the last of them may be the next bracket.
                let mut words = std::mem::take(&mut self.tag);
                words.pop();
                for word in words.chars() {
                    self.say(word, answer);
                }
                match BRACKETS.contains(&c) {
                    true => self.tag.push(c),
                    false => self.say(c, answer),
                }
            }
        }
    }

    fn say(&mut self, c: char, answer: &mut String) {
        self.over &= c.is_whitespace();
        if !self.hidden && !self.over {
            self.begun |= !c.is_whitespace();
            answer.push(c);
        }
    }
}

/// What text from a bracket on is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tag {
    /// It may become a tag of thoughts.
    Open,
    Begins,
    Ends,
    None,
}

impl Tag {
    fn of(text: &str) -> Self {
        let square = text.starts_with('[');
        let (names, closing) = match square {
            true => (&NAMES[..1], ']'),
            false => (&NAMES[..], '>'),
        };
        let rest = &text[1..];
        let (slash, rest) = match rest.strip_prefix('/') {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        let rest = rest.to_ascii_lowercase();
        match rest.strip_suffix(closing) {
            Some(name) if names.contains(&name) && slash => Self::Ends,
            Some(name) if names.contains(&name) => Self::Begins,
            None if names.iter().any(|name| name.starts_with(&rest)) => Self::Open,
            _ => Self::None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn passed<'a>(pieces: impl IntoIterator<Item = &'a str>) -> String {
        let mut thoughts = Thoughts::default();
        let pieces = pieces.into_iter();
        let mut answer: String = pieces.map(|piece| thoughts.pass(piece)).collect();
        answer.push_str(&thoughts.end());
        answer
    }

    #[test]
    fn an_answer_comes_as_it_is() {
        for answer in [
            "Well.",
            "  Well.",
            "<th",
            "<thin ice>",
            "<b>Well</b>",
            "One < two and <",
            "a << b </ c <",
            "[pause 800] Well.",
            "[thinking] Well [th",
            "I think > you",
            "",
            " ",
        ] {
            assert_eq!(passed([answer]), answer);
        }
        assert_eq!(Thoughts::default().pass("W"), "W", "and at once");
    }

    #[test]
    fn thoughts_are_left_out() {
        for (text, answer) in [
            ("\n<think>Hm.\n</think>\n\nWell. <think>", "\nWell. "),
            ("<think></think>\nWell.", "Well."),
            ("<think>without an end", ""),
            ("<THINK>loud</Think> Well.", "Well."),
            ("<thinking>I am < 3.</thinking>Well.", "Well."),
            ("Well. <reasoning>no</reasoning>Yes.", "Well. Yes."),
            ("a <<think>no</think> b", "a < b"),
            ("ends</think> twice", "ends twice"),
            ("[THINK]plan[/THINK]Hello", "Hello"),
            ("[[think]no[/think] <think>[/th]</think>b", "[ b"),
        ] {
            assert_eq!(passed([text]), answer, "{text}");
        }
    }

    proptest! {
        #[test]
        fn pieces_do_not_matter(
            text in "([a-zé<>/\\[\\] ]|<think>|</think>|<thought>|\\[THINK\\]|\\[/THINK\\]){0,40}",
            cuts in prop::collection::vec(1usize..9, 0..40),
        ) {
            let mut letters: Vec<char> = text.chars().collect();
            let mut pieces: Vec<String> = cuts
                .iter()
                .map(|cut| letters.drain(..(*cut).min(letters.len())).collect())
                .collect();
            pieces.push(letters.into_iter().collect());
            let whole = passed([text.as_str()]);
            prop_assert_eq!(passed(pieces.iter().map(String::as_str)), whole);
        }

        #[test]
        fn no_thought_is_passed_on(thought in "[a-zé<>/ ]{0,40}", answer in "[A-Z]{1,20}") {
            prop_assume!(!thought.contains("</think>"));
            let whole = format!("<think>{thought}</think> {answer}");
            prop_assert_eq!(passed([whole.as_str()]), answer);
        }
    }
}
