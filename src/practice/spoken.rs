//! Keeps of a model's stream what can be spoken: what only makes sense on paper is left out.

use super::tags::Tags;

/// Keeps the speakable words of a model's stream: drops markdown, stage directions, emoji, tags and
/// the speaker's name. `[pause 800]` stays. However the stream is cut, the result is the same.
#[derive(Clone, Debug, Default)]
pub struct SpokenFilter {
    tags: Tags,
    /// Who speaks, in lower case: `Maya: ` at the beginning is not said.
    speaker: String,
    /// The first word, while it may still be the speaker's name.
    label: Label,
    held: String,
    mid_line: bool,
    after_word: bool,
    /// White space is due before the next word.
    spaced: bool,
    /// Something was said of the sentence that goes on.
    mid_sentence: bool,
    bracket: Option<(char, String)>,
    /// What stands between stars, and whether a sentence was going on before it.
    stars: Option<(String, bool)>,
}

/// What stands at the beginning of the stream.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Label {
    /// May be a name.
    Open(String),
    /// Was read.
    Past,
}

impl Default for Label {
    fn default() -> Self {
        Self::Open(String::new())
    }
}

/// A direction longer than this is not one: the words are kept.
const LONGEST_DIRECTION: usize = 160;
/// Longest silence that is passed on, in milliseconds.
const LONGEST_PAUSE: u32 = 5_000;

impl SpokenFilter {
    /// A filter for what this person says.
    #[must_use]
    pub fn of(speaker: &str) -> Self {
        Self {
            speaker: speaker.to_lowercase(),
            ..Self::default()
        }
    }

    /// Takes more text; gives what can be spoken of it now.
    pub fn push(&mut self, text: &str) -> String {
        let (mut out, mut said) = (String::new(), String::new());
        for c in text.chars() {
            self.tags.take(c, |c| said.push(c));
        }
        for c in said.chars() {
            self.after_label(c, &mut out);
        }
        out
    }

    /// What was held back at the end of the stream. The filter is then as new.
    pub fn finish(&mut self) -> String {
        let mut out = String::new();
        let rest = self.tags.finish();
        for c in rest.chars() {
            self.after_label(c, &mut out);
        }
        self.end_label(&mut out);
        self.line_start_over(&mut out);
        // A direction left open is dropped; an emphasis left open is spoken.
        if let Some((words, _)) = self.stars.take() {
            self.plain_all(&words, &mut out);
        }
        *self = Self::of(&self.speaker);
        out
    }

    fn after_label(&mut self, c: char, out: &mut String) {
        let Label::Open(name) = &mut self.label else {
            return self.take(c, out);
        };
        if c == ':' && [self.speaker.as_str(), "client"].contains(&name.to_lowercase().as_str()) {
            self.label = Label::Past;
        } else if c.is_alphanumeric() && name.len() < LONGEST_NAME
            || c.is_whitespace() && name.is_empty()
        {
            name.extend(Some(c).filter(|c| !c.is_whitespace()));
        } else {
            self.end_label(out);
            self.take(c, out);
        }
    }

    fn end_label(&mut self, out: &mut String) {
        if let Label::Open(name) = std::mem::replace(&mut self.label, Label::Past) {
            for c in name.chars() {
                self.take(c, out);
            }
        }
    }

    fn take(&mut self, c: char, out: &mut String) {
        if let Some((close, mut inner)) = self.bracket.take() {
            if c == close {
                self.close_bracket(close, &inner, out);
            } else if inner.chars().count() >= LONGEST_DIRECTION || c == '\n' {
                inner.push(c);
                self.plain_all(&inner, out);
            } else {
                inner.push(c);
                self.bracket = Some((close, inner));
            }
            return;
        }
        if !self.mid_line {
            // A line's first characters may be a bullet, a number, a heading.
            if c == '\n' || (c.is_whitespace() && self.held.is_empty()) {
                self.held.clear();
                return;
            }
            let mark = self.held.chars().all(|h| h.is_ascii_digit())
                && (c.is_ascii_digit() || (".)".contains(c) && !self.held.is_empty()))
                || "#>".contains(c) && self.held.chars().all(|h| "#>".contains(h))
                || "-•–".contains(c) && self.held.is_empty();
            if mark && self.held.len() < 8 {
                self.held.push(c);
                return;
            }
            if c.is_whitespace() && !self.held.chars().all(|h| h.is_ascii_digit()) {
                self.held.clear();
                self.mid_line = true;
                return;
            }
            self.line_start_over(out);
        }
        self.body(c, out);
    }

    fn line_start_over(&mut self, out: &mut String) {
        self.mid_line = true;
        let held = std::mem::take(&mut self.held);
        self.plain_all(&held, out);
    }

    fn body(&mut self, c: char, out: &mut String) {
        match c {
            '[' => self.bracket = Some((']', String::new())),
            '(' => self.bracket = Some((')', String::new())),
            '*' | '_' => match self.stars.take() {
                // **bold**: the second star of a pair opens nothing.
                Some((inner, _)) if inner.is_empty() => self.stars = None,
                Some((inner, mid_sentence)) => {
                    if !is_direction(&inner, mid_sentence) {
                        self.plain_all(&inner, out);
                    }
                }
                None => self.stars = (c == '*').then(|| (String::new(), self.mid_sentence)),
            },
            '\n' => {
                if let Some((inner, _)) = self.stars.take() {
                    self.plain_all(&inner, out);
                }
                self.mid_line = false;
                self.plain(' ', out);
            }
            _ => match &mut self.stars {
                Some((inner, _)) if inner.chars().count() < LONGEST_DIRECTION => inner.push(c),
                Some(_) => {
                    let (inner, _) = self.stars.take().unwrap_or_default();
                    self.plain_all(&inner, out);
                    self.plain(c, out);
                }
                None => self.plain(c, out),
            },
        }
    }

    fn close_bracket(&mut self, close: char, inner: &str, out: &mut String) {
        if close == ')' {
            return;
        }
        if let Some(ms) = inner
            .strip_prefix("pause ")
            .and_then(|n| n.trim().parse::<u32>().ok())
        {
            let mark = format!("[pause {}]", ms.min(LONGEST_PAUSE));
            if self.after_word || self.spaced {
                out.push(' ');
            }
            out.push_str(&mark);
            (self.after_word, self.spaced) = (true, false);
        }
    }

    fn plain_all(&mut self, text: &str, out: &mut String) {
        for c in text.chars() {
            self.plain(c, out);
        }
    }

    fn plain(&mut self, c: char, out: &mut String) {
        if c.is_whitespace() {
            self.spaced |= self.after_word;
            self.after_word = false;
        } else if is_speakable(c) {
            // What stood between may have been left out: no space before a full stop.
            if self.spaced && !".,;:!?…".contains(c) {
                out.push(' ');
            }
            out.push(c);
            (self.after_word, self.spaced) = (true, false);
            self.mid_sentence = !".!?…".contains(c);
        }
    }
}

/// Whether starred words are a stage direction rather than emphasis: a gesture, or a passage that
/// stands where a sentence would begin and is not written as one.
fn is_direction(inner: &str, mid_sentence: bool) -> bool {
    let lower = inner.trim().to_lowercase();
    let words: Vec<&str> = lower.split_whitespace().collect();
    let gesture = words.iter().take(2).any(|w| {
        GESTURES
            .split(' ')
            .any(|g| g == w.trim_end_matches(['.', ',']))
    });
    let aside = !mid_sentence && words.len() >= 2 && inner.trim().starts_with(char::is_lowercase);
    (gesture || aside) && !words.contains(&"i")
}

const GESTURES: &str = "sighs sigh sighing pauses pause pausing laughs laugh laughing smiles smile smiling nods nod \
    nodding looks looking takes taking leans leaning shrugs shrug shrugging thinks thinking chuckles silence softly \
    quietly hesitates hesitating exhales inhales breathes clears crying sniffs frowns slowly nervously fidgets \
    shifts gestures rubs stares glances whispers";

/// Longest name that may stand before what is said, in bytes.
const LONGEST_NAME: usize = 24;

fn is_speakable(c: char) -> bool {
    c.is_alphanumeric() || ".,;:!?'’\"“”…-–—%&+/$€£°".contains(c)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::SentenceSplitter;
    use super::*;
    use crate::providers::llm::thoughts::Thoughts;

    fn clean(text: &str) -> String {
        let mut filter = SpokenFilter::of("Maya");
        let mut out = filter.push(text);
        out.push_str(&filter.finish());
        out.trim().to_owned()
    }

    #[test]
    fn only_words_reach_the_voice() {
        for (text, spoken) in [
            ("*sighs* I don't know.", "I don't know."),
            ("I *really* want it.", "I really want it."),
            ("I **really** want it.", "I really want it."),
            (
                "(looks away) Maybe. [pause 900] Maybe not.",
                "Maybe. [pause 900] Maybe not.",
            ),
            ("[nervous laugh] Fine 🙂.", "Fine."),
            (
                "## Plan\n- one thing\n- another\n2. third",
                "Plan one thing another third",
            ),
            ("*She looks away* It hurts.", "It hurts."),
            ("Well. *voice breaking* It hurts.", "Well. It hurts."),
            ("Maya: It hurts.", "It hurts."),
            ("Client: Maya: yes.", "Maya: yes."),
            ("Honestly: no.", "Honestly: no."),
            ("Maya: **Yes.**", "Yes."),
            ("<speak>Yes, <b>really</b>.</speak>", "Yes, really."),
            ("* one\n* two", "one two"),
            ("...", "..."),
            ("In 2019 I left.", "In 2019 I left."),
            ("2019 was hard.", "2019 was hard."),
            ("It costs $5, 20% of it.", "It costs $5, 20% of it."),
        ] {
            assert_eq!(clean(text), spoken, "{text}");
        }
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

    /// Something that a model may write, and the words of it that are said.
    fn written() -> impl Strategy<Value = (&'static str, &'static str)> {
        prop::sample::select(vec![
            ("Well, maybe. ", "Well, maybe."),
            ("It hurts. ", "It hurts."),
            ("I *really* mean it. ", "I really mean it."),
            ("I **do** want it. ", "I do want it."),
            ("*sighs* ", ""),
            ("*She looks away* ", ""),
            ("(a long pause) ", ""),
            ("[nervous laugh] ", ""),
            ("🙂 ", ""),
            ("\n## Plan\n", "Plan"),
            ("\n- one\n- two\n", "one two"),
            ("\n* three\n* four\n", "three four"),
            ("\n1. five\n2) six\n", "five six"),
            ("\n> quoted\n", "quoted"),
            ("\n| left | right |\n", "left right"),
            ("`code` ", "code"),
            ("<b>bold</b> ", "bold"),
            ("<think>The coach *asks*.\n- so what</think>\n", ""),
            ("[pause 700] Yes. ", "[pause 700] Yes."),
        ])
    }

    proptest! {
        #[test]
        fn what_only_makes_sense_on_paper_is_not_said(parts in prop::collection::vec(written(), 0..12), at in prop::collection::vec(0usize..400, 0..12)) {
            let text: String = parts.iter().map(|(text, _)| *text).collect();
            let (mut thoughts, mut filter) = (Thoughts::default(), SpokenFilter::of("Maya"));
            let mut splitter = SentenceSplitter::default();
            let mut sentences = Vec::new();
            for piece in cut(&text, &at) {
                sentences.extend(splitter.push(&filter.push(&thoughts.pass(&piece))));
            }
            sentences.extend(splitter.push(&filter.push(&thoughts.end())));
            sentences.extend(splitter.push(&filter.finish()));
            sentences.extend(splitter.finish());
            let said: Vec<&str> = sentences.iter().flat_map(|s| s.split_whitespace()).collect();
            let words: Vec<&str> = parts.iter().flat_map(|(_, said)| said.split_whitespace()).collect();
            prop_assert_eq!(said, words, "{}", text);
        }

        #[test]
        fn cutting_the_stream_changes_nothing(text in "([a-z*_#(\\[\\]).:<>/ 0-9\n-]|think|\\PC){0,300}", at in prop::collection::vec(0usize..300, 0..8)) {
            let mut filter = SpokenFilter::default();
            let mut out: String = cut(&text, &at).iter().map(|p| filter.push(p)).collect();
            out.push_str(&filter.finish());
            let mut whole = SpokenFilter::default();
            let mut all = whole.push(&text);
            all.push_str(&whole.finish());
            prop_assert_eq!(&out, &all);
            prop_assert!(!out.contains(['*', '#', '_', '<', '`']));
        }
    }
}
