//! Takes tags (`<b>`, `</speak>`, `<|end|>`) out of a stream of text; what stands between them stays.

/// Longest tag; anything longer is words with a stray bracket.
const LONGEST: usize = 24;

/// A tag not yet complete, from its bracket on.
#[derive(Clone, Debug, Default)]
pub(super) struct Tags {
    open: String,
}

impl Tags {
    /// Takes one character; gives those that belong to no tag.
    pub(super) fn take(&mut self, c: char, mut say: impl FnMut(char)) {
        if self.open.is_empty() {
            match c {
                '<' => self.open.push(c),
                _ => say(c),
            }
            return;
        }
        let grows = c.is_ascii_alphanumeric() || "/_|".contains(c);
        if grows && self.open.len() < LONGEST {
            self.open.push(c);
        } else if c == '>' {
            self.open.clear();
        } else {
            std::mem::take(&mut self.open).chars().for_each(&mut say);
            self.take(c, say);
        }
    }

    /// What was held back at the end of the stream. The filter is then as new.
    pub(super) fn finish(&mut self) -> String {
        std::mem::take(&mut self.open)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_not_said() {
        for (text, said) in [
            ("Yes <b>really</b>.", "Yes really."),
            ("One < two and <", "One < two and <"),
            ("a <<i>b</i> c", "a <b c"),
            ("Done.<|end|>", "Done."),
        ] {
            let (mut tags, mut out) = (Tags::default(), String::new());
            for c in text.chars() {
                tags.take(c, |c| out.push(c));
            }
            out.push_str(&tags.finish());
            assert_eq!(out, said, "{text}");
        }
    }
}
