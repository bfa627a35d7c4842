//! The silences in what is spoken: where the client stops to think, in samples of the answer.

use std::ops::Range;
use std::time::Duration;

use super::{Sentence, Speech, samples};

/// A silence that is shorter, within an answer or before it, is a breath.
const LEAST_WITHIN: Duration = Duration::from_millis(900);
const LEAST_BEFORE: Duration = Duration::from_millis(1500);

/// No silence that is asked for is longer.
const LONGEST_MS: u32 = 10_000;

/// A silence in which the client thinks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pause {
    /// First sample of it.
    pub from: u64,
    /// Sample after the last.
    pub to: u64,
    /// Whether the client has said something of the answer before it.
    pub within: bool,
}

/// A mark for a silence in a sentence: where it stands in the text, and its length in samples.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) text: Range<usize>,
    pub(super) samples: u64,
}

impl Speech {
    /// Whether there is any mark for a silence in it.
    #[must_use]
    pub fn has_pauses(&self) -> bool {
        let mut sentences = self.sentences.iter();
        sentences.any(|sentence| !sentence.marks.is_empty())
    }

    /// The silences to think, in order, as far as it is known where they sound.
    #[must_use]
    pub fn pauses(&self) -> Vec<Pause> {
        let mut silences = self.silences();
        silences.retain(Pause::is_thought);
        silences
    }

    /// Whether nothing sounds there because the client thinks, however shortly before its first
    /// word.
    #[must_use]
    pub fn thinks_at(&self, sample: u64) -> bool {
        let silences = self.silences();
        let mut shown = silences.iter().filter(|p| !p.within || p.is_thought());
        shown.any(|pause| (pause.from..pause.to).contains(&sample))
    }

    /// All silences in order, as far as it is known where they sound.
    fn silences(&self) -> Vec<Pause> {
        let mut begins = 0;
        let (mut silences, mut said) = (Vec::new(), false);
        for sentence in &self.sentences {
            for mark in &sentence.marks {
                let within = said || has_words(&sentence.text[..mark.text.start]);
                let Some(from) = sentence.sounds_from(mark) else {
                    return silences;
                };
                let from = begins + from;
                let to = from + mark.samples;
                silences.push(Pause { from, to, within });
            }
            said |= has_words(&sentence.text);
            if !sentence.complete {
                break;
            }
            begins += sentence.produced;
        }
        silences
    }
}

impl Pause {
    /// Whether it is longer than a breath.
    fn is_thought(&self) -> bool {
        let least = if self.within {
            LEAST_WITHIN
        } else {
            LEAST_BEFORE
        };
        self.to - self.from >= samples(least)
    }
}

impl Sentence {
    /// Where a silence begins to sound; `None` while that is not known.
    fn sounds_from(&self, mark: &Mark) -> Option<u64> {
        let before = &self.text[..mark.text.start];
        if !has_words(before) {
            // Other silences may stand before it.
            let earlier = self.marks.iter().take_while(|other| *other != mark);
            return Some(earlier.map(|mark| mark.samples).sum());
        }
        let mut spoken = self.words.iter();
        let last = spoken.rfind(|word| word.text.end <= mark.text.start)?;
        let between = &self.text[last.text.end..mark.text.start];
        if !has_words(between) {
            let earlier = self.marks.iter().filter(|other| {
                other.text.start >= last.text.end && other.text.end <= mark.text.start
            });
            return Some(last.end + earlier.map(|mark| mark.samples).sum::<u64>());
        }
        None
    }
}

/// The marks for silences in a text.
pub(super) fn marks(text: &str) -> Vec<Mark> {
    let mut marks = Vec::new();
    let mut from = 0;
    while let Some(at) = text[from..].find("[pause ").map(|at| from + at) {
        let Some(end) = text[at..].find(']').map(|end| at + end + 1) else {
            break;
        };
        let ms = text[at + "[pause ".len()..end - 1].trim().parse::<u32>();
        if let Ok(ms) = ms {
            let samples = samples(Duration::from_millis(ms.min(LONGEST_MS).into()));
            let text = at..end;
            marks.push(Mark { text, samples });
        }
        from = end;
    }
    marks
}

/// Whether anything of a text is said, marks left out.
pub(super) fn has_words(text: &str) -> bool {
    shown(text).contains(char::is_alphanumeric)
}

/// The text without its marks for pauses (`[pause 1200]`), which are for the voice alone.
#[must_use]
pub fn shown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("[pause ") {
        let Some(length) = rest[at..].find(']') else {
            break;
        };
        out.push_str(&rest[..at]);
        rest = &rest[at + length + 1..];
        if out.ends_with(' ') || out.is_empty() {
            rest = rest.trim_start();
        }
    }
    out.push_str(rest);
    out.truncate(out.trim_end().len());
    out
}

/// Where the words of a text stand, marks for pauses left out.
pub(super) fn word_ranges(text: &str) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        if rest.starts_with("[pause ") {
            at += rest.find(']').map_or(rest.len(), |end| end + 1);
            continue;
        }
        let mark = rest.find("[pause ").unwrap_or(rest.len());
        let end = rest
            .find(char::is_whitespace)
            .unwrap_or(rest.len())
            .min(mark);
        if end == 0 {
            at += rest.chars().next().map_or(1, char::len_utf8);
            continue;
        }
        ranges.push(at..at + end);
        at += end;
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::super::tests::spoken;
    use super::*;
    use crate::providers::tts::SpokenWord;

    const SECOND: u64 = 24_000;

    #[test]
    fn a_silence_stands_where_it_sounds() {
        // Every word, and every part of a mark, takes a hundred samples here.
        let mut speech = Speech::default();
        speech.push(0, "[pause 2000] Well, [pause 1000] I see.".to_owned());
        assert!(speech.has_pauses());
        let before = Pause {
            from: 0,
            to: 2 * SECOND,
            within: false,
        };
        assert_eq!(speech.pauses(), [before]);
        let word = |text, start, end| SpokenWord { text, start, end };
        speech.words(0, vec![word(13..18, 2 * SECOND, 2 * SECOND + 500)]);
        let within = Pause {
            from: 2 * SECOND + 500,
            to: 3 * SECOND + 500,
            within: true,
        };
        assert_eq!(speech.pauses(), [before, within]);
        speech.produced(0, 4 * SECOND);
        speech.push(1, "[pause 1500] And so.".to_owned());
        assert_eq!(speech.pauses().len(), 2, "the sentence is not complete");
        speech.complete(0);
        let next = Pause {
            from: 4 * SECOND,
            to: 4 * SECOND + 36_000,
            within: true,
        };
        assert_eq!(speech.pauses(), [before, within, next]);
    }

    #[test]
    fn a_breath_is_no_silence_to_think() {
        let mut speech = Speech::default();
        speech.push(0, "[pause 1200] Well.".to_owned());
        speech.produced(0, 100);
        speech.complete(0);
        speech.push(1, "[pause 500] Yes.".to_owned());
        assert_eq!(speech.pauses(), []);
        let thinks = [0, SECOND, 28_799, 28_800, 29_000].map(|at| speech.thinks_at(at));
        assert_eq!(thinks, [true, true, true, false, false], "but it is seen");
        assert!(!spoken(&["Yes.", "[pause] no."]).has_pauses());
    }
}
