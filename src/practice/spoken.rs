//! Keeps of a model's stream what can be spoken: what only makes sense on paper is left out.

mod between;
mod bracketed;
mod directions;
mod gestures;
mod labels;
mod layout;
mod marks;
mod named;
#[cfg(test)]
mod papers;
#[cfg(test)]
mod passing;
mod quoted;
mod said;
#[cfg(test)]
mod shown;
mod sights;
mod signs;
mod spans;
mod speaker;
mod speech;
mod staged;
#[cfg(test)]
mod stressed;
mod wrapped;

use said::Said;
pub(super) use said::is_speakable;
use spans::Span;
use speaker::Speaker;
use wrapped::Wrapped;

/// Keeps the speakable words of a model's stream: drops markdown, stage directions, emoji, tags,
/// addresses, the speaker's name, and what the model says for the other side. `[pause 800]` stays.
/// However the stream is cut, the result is the same.
///
/// Words are given out as soon as white space ends them. What a mark opened is held until it is
/// closed, at most to the end of the sentence or for some 80 characters.
#[derive(Clone, Debug, Default)]
pub struct SpokenFilter {
    speaker: Speaker,
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
    /// In a line of notes about the role.
    noting: bool,
    /// In a line of a list, or a heading.
    in_list: bool,
    mid_line: bool,
    later_line: bool,
    said: Said,
}

/// So many bytes without white space are held at most.
const MOST_HELD: usize = 400;

impl SpokenFilter {
    /// A filter for what the person of this name and these pronouns (`she/her`) says.
    #[must_use]
    pub fn of(speaker: &str, pronouns: &str) -> Self {
        Self::by(Speaker::new(speaker, pronouns))
    }

    fn by(speaker: Speaker) -> Self {
        Self {
            speaker,
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
            let most = match wrapped::begins(&self.held) {
                true => wrapped::LONGEST,
                false => MOST_HELD,
            };
            if self.held.len() > most {
                self.release(true, &mut out);
            }
        }
        out
    }

    /// What was held back at the end of the stream. The filter is then as new.
    pub fn finish(&mut self) -> String {
        let mut out = String::new();
        self.release(true, &mut out);
        *self = Self::by(std::mem::take(&mut self.speaker));
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
        if !self.said.anything && !self.mid_line {
            match wrapped::read(text, end) {
                Wrapped::None => {}
                Wrapped::Undecided => return None,
                Wrapped::Says(says, taken) => {
                    self.unwrapped(&says, out);
                    return Some(taken);
                }
            }
        }
        if self.fenced {
            return self.fenced_line(text, end, out);
        }
        if let Some(span) = self.carried.take() {
            return self.span(span, text, end, out);
        }
        let first = text.chars().next()?;
        if first.is_whitespace() {
            if first == '\n' {
                (self.mid_line, self.later_line) = (false, true);
                (self.acting, self.noting) = (false, false);
                self.said.mid_sentence = false;
                if std::mem::take(&mut self.in_list) {
                    self.said.parted();
                }
            }
            self.said.one(' ', out);
            return Some(first.len_utf8());
        }
        let word = &text[..text.find(char::is_whitespace).unwrap_or(text.len())];
        if self.noting {
            return Some(word.len());
        }
        if self.acting {
            self.acting = !word.ends_with(['.', '!', '?', '…']);
            return Some(word.len());
        }
        if let Some(taken) = self.whose(text, end) {
            return (taken > 0).then_some(taken);
        }
        if !self.said.mid_sentence
            && let Some(span) = Span::spaced(text, end)?
        {
            return self.span(span, text, end, out);
        }
        if let Some(taken) = marks::dashed(text, end).or_else(|| marks::formula(text, end)) {
            return (taken > 0).then_some(taken);
        }
        if word == "*" && self.mid_line && self.said.ends_in_digit() {
            match text[1..].chars().find(|c| !c.is_whitespace()) {
                None if !end => return None,
                Some(c) if c.is_ascii_digit() => {
                    self.said.one('×', out);
                    return Some(1);
                }
                _ => {}
            }
        }
        if self.paper(word, word.len() < text.len()) {
            return Some(word.len());
        }
        self.mid_line = true;
        let kept = word.trim_end_matches(['.', ',', ';', ':', '!', '?', '…']);
        if signs::is_address(word) || signs::is_drawn(kept) {
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
}

#[cfg(test)]
mod apart;
#[cfg(test)]
mod tests;
