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
mod tests;
