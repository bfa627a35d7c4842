//! What of a page's layout a stream goes through: labels, lines of lists, fences, objects.

use super::labels::{self, Label};
use super::quoted::{self, Quoted};
use super::{SpokenFilter, marks, named, speech, staged};

impl SpokenFilter {
    /// Takes the words of an answer that is wrapped in something.
    pub(super) fn unwrapped(&mut self, says: &str, out: &mut String) {
        let mut inner = Self::by(self.speaker.clone());
        out.push_str(&inner.push(says));
        inner.release(true, out);
        self.said = inner.said;
        self.mid_line = true;
    }

    /// What only tells whose words these are, or of whoever speaks: how many bytes, 0 if more has
    /// to be read.
    pub(super) fn whose(&mut self, text: &str, end: bool) -> Option<usize> {
        if self.speaker.name.is_empty() {
            return None;
        }
        if self.said.quoted == Quoted::After
            && let Some(taken) = quoted::told(text, &self.speaker, end)
        {
            return Some(taken);
        }
        if self.mid_line && self.said.mid_sentence {
            return None;
        }
        let before = !self.said.anything;
        let speaker = &*self.speaker.name;
        let mut label = labels::label(text, speaker, before, end);
        if label == Label::None && (before || !self.mid_line) {
            label = labels::introduced(text, speaker, end);
        }
        match label {
            Label::Undecided => return Some(0),
            Label::None => {}
            Label::Told(taken) => {
                self.acting = true;
                return Some(taken);
            }
            Label::Noted(taken) => {
                self.noting = true;
                return Some(taken);
            }
            label => {
                self.mid_line = true;
                self.said.labelled(&label);
                return Some(label.taken());
            }
        }
        let told = named::told(text, speaker, end);
        let told = told.or_else(|| named::signed(text, speaker, end));
        told.or_else(|| staged::told(text, &self.speaker, end).filter(|_| before))
    }

    /// Whether a word is a mark of layout.
    pub(super) fn paper(&mut self, word: &str, followed: bool) -> bool {
        self.fenced = marks::is_fence(word, self.mid_line);
        self.acting = !self.mid_line && word == "/me";
        let listed = || marks::is_line_mark(word, self.later_line) && followed;
        let counted = marks::is_counter(word) && followed;
        let listed = counted || !self.mid_line && listed();
        if listed && !self.mid_line && word != ">" {
            self.said.parted();
            self.in_list = true;
        }
        self.fenced || self.acting || marks::is_rule(word) || listed
    }

    /// A line between ```` ``` ````: what is speech is spoken all the same.
    pub(super) fn fenced_line(&mut self, text: &str, end: bool, out: &mut String) -> Option<usize> {
        let taken = match text.find('\n') {
            Some(at) => at + 1,
            None if end => text.len(),
            None => return None,
        };
        let line = &text[..taken];
        self.fenced = !["```", "~~~"].contains(&line.trim_start().get(..3).unwrap_or_default());
        self.mid_line = false;
        if self.fenced && speech::is_own_speech(line) {
            self.said.words(line, out);
        }
        self.said.one(' ', out);
        Some(taken)
    }
}
