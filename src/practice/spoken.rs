//! Keeps of a model's stream what can be spoken: what only makes sense on paper is left out.

mod directions;
mod gestures;
mod marks;
mod said;
mod signs;
mod spans;
mod speech;
#[cfg(test)]
mod stressed;

use directions::Place;
use marks::Label;
use said::Said;
pub(super) use said::is_speakable;
use spans::{Read, Span};

/// Keeps the speakable words of a model's stream: drops markdown, stage directions, emoji, tags,
/// addresses, the speaker's name, and what the model says for the other side. `[pause 800]` stays.
/// However the stream is cut, the result is the same.
///
/// Words are given out as soon as white space ends them. What a mark opened is held until it is
/// closed, at most to the end of the sentence or for some 80 characters.
#[derive(Clone, Debug, Default)]
pub struct SpokenFilter {
    /// Who speaks, in lower case. Empty: nobody in particular.
    speaker: String,
    /// What is not yet decided upon.
    held: String,
    /// What was taken last.
    last: Option<char>,
    /// A direction that was left out so far, and goes on.
    carried: Option<Span>,
    /// Between ```` ``` ````.
    fenced: bool,
    /// In a `/me …` line.
    acting: bool,
    mid_line: bool,
    later_line: bool,
    said: Said,
}

/// So many bytes without white space are held at most.
const MOST_HELD: usize = 400;

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
        let mut out = String::new();
        for c in text.chars() {
            self.held.push(signs::plain(c));
            if let Some((length, mark)) = signs::written_out(&self.held).filter(|_| c == ';') {
                self.held.truncate(self.held.len() - length);
                self.held.push(mark);
            }
            // In some scripts no white space stands between sentences.
            if c.is_whitespace() || "。！？".contains(c) {
                self.release(false, &mut out);
            }
            if self.held.len() > MOST_HELD {
                self.release(true, &mut out);
            }
        }
        out
    }

    /// What was held back at the end of the stream. The filter is then as new.
    pub fn finish(&mut self) -> String {
        let mut out = String::new();
        self.release(true, &mut out);
        *self = Self::of(&self.speaker);
        out
    }

    /// Gives out what is decided of the text that is held; all of it at the `end`.
    fn release(&mut self, end: bool, out: &mut String) {
        let held = std::mem::take(&mut self.held);
        let mut rest = &*held;
        while !rest.is_empty() {
            let Some(taken) = self.take(rest, end, out) else {
                break;
            };
            let (now, then) = rest.split_at(taken);
            self.last = now.chars().next_back().or(self.last);
            rest = then;
        }
        self.held = rest.to_owned();
    }

    /// Takes what stands first; gives how much that was, in bytes, unless it is not decided yet.
    fn take(&mut self, text: &str, end: bool, out: &mut String) -> Option<usize> {
        if self.fenced {
            return self.fenced_line(text, end, out);
        }
        if let Some(span) = self.carried.take() {
            return self.span(span, text, end, out);
        }
        let first = text.chars().next()?;
        if first.is_whitespace() {
            if first == '\n' {
                (self.mid_line, self.later_line, self.acting) = (false, true, false);
                self.said.mid_sentence = false;
            }
            self.said.one(' ', out);
            return Some(first.len_utf8());
        }
        let word = &text[..text.find(char::is_whitespace).unwrap_or(text.len())];
        if self.acting {
            self.acting = !word.ends_with(['.', '!', '?', '…']);
            return Some(word.len());
        }
        if (!self.mid_line || !self.said.mid_sentence) && !self.speaker.is_empty() {
            match marks::label(text, &self.speaker, end) {
                Label::Undecided => return None,
                Label::None => {}
                Label::Told(taken) => {
                    self.acting = true;
                    return Some(taken);
                }
                label => {
                    self.mid_line = true;
                    self.said.labelled(&label);
                    return Some(label.taken());
                }
            }
            if let Some(taken) = marks::told(text, &self.speaker, end) {
                return (taken > 0).then_some(taken);
            }
        }
        if !self.said.mid_sentence
            && let Some(span) = Span::spaced(text, end)?
        {
            return self.span(span, text, end, out);
        }
        if self.paper(word, word.len() < text.len()) {
            return Some(word.len());
        }
        if let Some(taken) = marks::dashed(text, end) {
            return (taken > 0).then_some(taken);
        }
        self.mid_line = true;
        if signs::is_address(word) {
            let kept = word.trim_end_matches(['.', ',', ';', ':', '!', '?', '…']);
            self.said.all(&word[kept.len()..], out);
            return Some(word.len());
        }
        if let Some(span) = Span::opened(text, self.last) {
            return self.span(span, text, end, out);
        }
        let mut before = Some(first);
        let opens = |(at, c): &(usize, char)| {
            let opens = *at > 0 && Span::opened(&text[*at..], before).is_some();
            before = Some(*c);
            opens
        };
        let plain = word
            .char_indices()
            .find(opens)
            .map_or(word, |(at, _)| &word[..at]);
        self.said.words(plain, out);
        Some(plain.len())
    }

    /// Whether a word is a mark of layout.
    fn paper(&mut self, word: &str, followed: bool) -> bool {
        self.fenced = marks::is_fence(word);
        self.acting = !self.mid_line && word == "/me";
        let listed = || marks::is_line_mark(word, self.later_line) && followed;
        let counted = marks::is_counter(word) && followed;
        self.fenced || self.acting || marks::is_rule(word) || counted || !self.mid_line && listed()
    }

    /// A line between ```` ``` ````: what is speech is spoken all the same.
    fn fenced_line(&mut self, text: &str, end: bool, out: &mut String) -> Option<usize> {
        let taken = match text.find('\n') {
            Some(at) => at + 1,
            None if end => text.len(),
            None => return None,
        };
        let line = &text[..taken];
        self.fenced = !line.trim_start().starts_with("```");
        self.mid_line = false;
        if self.fenced && directions::is_own_speech(line) {
            self.said.words(line, out);
        }
        self.said.one(' ', out);
        Some(taken)
    }

    /// What stands between marks.
    fn span(&mut self, span: Span, text: &str, end: bool, out: &mut String) -> Option<usize> {
        let place = Place {
            mark: span.mark,
            mid_sentence: self.said.mid_sentence,
            before: &self.said.before,
            goes_on: span.goes_on,
            struck: span.head == "~~",
            bold: span.head.len() > 1 && !span.head.contains([' ', '«']),
        };
        match span.read(text, end) {
            Read::Undecided => {
                self.carried = Some(span).filter(|span| span.is_carried());
                None
            }
            Read::Closed { inner, taken } => {
                if let Some(ms) = pause(span.mark, inner) {
                    self.said.pause(ms, out);
                    return Some(taken);
                }
                if span.mark == '[' && text[taken..].starts_with('(') {
                    return self.link(inner, text, taken, end, out);
                }
                let apart = match place.asks_what_follows() {
                    true => marks::ends_here(&text[taken..], end),
                    false => Some(false),
                };
                let Some(apart) = apart else {
                    self.carried = Some(span).filter(|span| span.is_carried());
                    return None;
                };
                // Whoever speaks may be named so.
                let own = inner.to_lowercase() == self.speaker;
                let next = text[taken..].split_whitespace().next();
                let next = next.filter(|_| !own).unwrap_or_default();
                if !place.is_left_out(inner, apart, next) {
                    self.said.words(inner, out);
                }
                Some(taken)
            }
            Read::Open { inner, sentence } => {
                let head = span.head.len();
                if let Some(at) = place.direction_before(inner).filter(|_| head > 0) {
                    Some(head + at)
                } else if place.is_open_direction(inner) && head + inner.len() > 0 {
                    self.carried = (!end).then(|| span.carried(!sentence));
                    Some(head + inner.len())
                } else if head == 0 {
                    self.take(text, end, out)
                } else {
                    Some(head)
                }
            }
        }
    }

    /// `[words](address)`: the words.
    fn link(
        &mut self,
        words: &str,
        text: &str,
        at: usize,
        end: bool,
        out: &mut String,
    ) -> Option<usize> {
        let address = Span::opened(&text[at..], None)?;
        match address.read(&text[at..], end) {
            Read::Undecided => None,
            Read::Open { .. } => Some(at),
            Read::Closed { taken, .. } => {
                if self.last != Some('!') {
                    self.said.words(words, out);
                }
                Some(at + taken)
            }
        }
    }
}

fn pause(mark: char, inner: &str) -> Option<u32> {
    let ms = inner.strip_prefix("pause ").filter(|_| mark == '[')?;
    ms.trim().parse().ok()
}

#[cfg(test)]
mod apart;
#[cfg(test)]
mod tests;
