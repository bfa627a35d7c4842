//! What becomes of words between marks: said, a silence, or left out.

use super::directions::Place;
use super::spans::{Read, Span};
use super::{SpokenFilter, marks, named};

impl SpokenFilter {
    /// What stands between marks.
    pub(super) fn span(
        &mut self,
        span: Span,
        text: &str,
        end: bool,
        out: &mut String,
    ) -> Option<usize> {
        let place = Place {
            mark: span.mark,
            speaker: &self.speaker,
            mid_sentence: self.said.mid_sentence,
            before: &self.said.before,
            english: self.said.english,
            of_oneself: self.said.of_oneself,
            carried: span.is_carried(),
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
                // What a model's template parts one turn from the next with.
                if span.mark == '<' && inner.starts_with('|') {
                    self.said.ended();
                    return Some(taken);
                }
                if span.mark == '[' && text[taken..].starts_with('(') {
                    return self.link(inner, text, taken, end, out);
                }
                if text.len() == taken
                    && !end
                    && !place.mid_sentence
                    && !self.said.before.is_empty()
                {
                    self.carried = Some(span).filter(|span| span.is_carried());
                    return None;
                }
                let trails = !place.mid_sentence && self.said.trails_into(&text[taken..]);
                let place = Place {
                    mid_sentence: place.mid_sentence || trails,
                    ..place
                };
                let apart = match place.asks_what_follows() {
                    true => marks::ends_here(&text[taken..], end),
                    false => Some(false),
                };
                let Some(apart) = apart else {
                    self.carried = Some(span).filter(|span| span.is_carried());
                    return None;
                };
                // Whoever speaks may be named so.
                let own = inner.to_lowercase() == self.speaker.name;
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
                } else if (place.is_open_direction(inner) || self.is_told(inner))
                    && head + inner.len() > 0
                {
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

    /// Whether a sentence tells what the speaker does.
    fn is_told(&self, sentence: &str) -> bool {
        !self.said.mid_sentence && named::told(sentence, &self.speaker.name, true).is_some()
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
