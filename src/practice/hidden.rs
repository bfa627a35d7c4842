//! Takes marked-up passages out of a model's stream: what a reasoning model thinks is not said.

/// Longest tag; anything longer is words with a stray bracket.
const LONGEST_TAG: usize = 24;

/// Removes tags, and `<think>` with all that is inside.
#[derive(Clone, Debug, Default)]
pub(super) struct HiddenFilter {
    /// A tag not yet complete, from its bracket on.
    tag: String,
    hidden: bool,
}

impl HiddenFilter {
    /// Takes one character; gives those that are to be said.
    pub(super) fn take(&mut self, c: char, mut say: impl FnMut(char)) {
        if self.tag.is_empty() {
            match c {
                '<' => self.tag.push(c),
                _ if !self.hidden => say(c),
                _ => {}
            }
            return;
        }
        let grows = c.is_ascii_alphanumeric() || "/_|".contains(c);
        if grows && self.tag.len() < LONGEST_TAG {
            self.tag.push(c);
        } else if c == '>' {
            let tag = std::mem::take(&mut self.tag);
            let name = tag.trim_start_matches(['<', '/', '|']);
            if ["think", "thinking", "thought", "reasoning"].contains(&name) {
                self.hidden = !tag.starts_with("</");
            }
        } else {
            let words = std::mem::take(&mut self.tag);
            if !self.hidden {
                words.chars().for_each(&mut say);
            }
            self.take(c, say);
        }
    }

    /// What was held back at the end of the stream. The filter is then as new.
    pub(super) fn finish(&mut self) -> String {
        let filter = std::mem::take(self);
        if filter.hidden {
            String::new()
        } else {
            filter.tag
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thoughts_are_not_said() {
        for (text, said) in [
            ("<think>The coach asks. I am < 3.</think>Well.", "Well."),
            ("Yes <b>really</b>.", "Yes really."),
            ("One < two and <", "One < two and <"),
            ("a <<think>no</think> b", "a < b"),
            ("<think>never ended", ""),
        ] {
            let (mut filter, mut out) = (HiddenFilter::default(), String::new());
            for c in text.chars() {
                filter.take(c, |c| out.push(c));
            }
            out.push_str(&filter.finish());
            assert_eq!(out, said, "{text}");
        }
    }
}
