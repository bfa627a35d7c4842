//! When words sound for which the voice gave no times: silences last as long as their marks say, and
//! the time that is left is shared out among the letters.

use std::ops::Range;

use super::Sentence;
use super::pauses::Mark;
use crate::providers::tts::RATE;

/// Samples that a letter takes, where nothing better is known: fifteen letters a second.
const PER_LETTER: u64 = RATE as u64 / 15;

/// A stretch of a sentence without word times.
pub(super) struct Estimate<'a> {
    sentence: &'a Sentence,
    text: Range<usize>,
    /// Where its sound begins, in samples of the sentence.
    from: u64,
    letters: u64,
    /// Samples in which the letters are spoken.
    spoken: u64,
}

impl Sentence {
    /// The sound of this text, from the sample `from` on. `length` is how long it lasts, if that is
    /// known.
    pub(super) fn estimate(
        &self,
        text: Range<usize>,
        from: u64,
        length: Option<u64>,
    ) -> Estimate<'_> {
        let letters = self.letters(&text);
        let spoken = match length {
            Some(length) => length.saturating_sub(self.silence(&text)),
            None => letters * PER_LETTER,
        };
        Estimate {
            sentence: self,
            text,
            from,
            letters,
            spoken,
        }
    }

    /// The words of the text from here on, each with the white space that follows it, and the marks
    /// for silences between them.
    pub(super) fn parts(&self, from: usize) -> impl Iterator<Item = Range<usize>> {
        let marks = self.marks.iter().map(|mark| mark.text.clone());
        let marks = marks.filter(move |mark| mark.start >= from);
        let last = self.text.len()..self.text.len();
        let mut at = from;
        marks.chain([last]).flat_map(move |mark| {
            let mut begins = at;
            at = mark.end;
            let words = self.text[begins..mark.start].split_inclusive(char::is_whitespace);
            let words = words.map(move |word| {
                let begun = begins;
                begins += word.len();
                begun..begins
            });
            words.chain([mark])
        })
    }

    /// Letters of this text, spaces included and marks not.
    fn letters(&self, text: &Range<usize>) -> u64 {
        let count = |range: Range<usize>| self.text[range].chars().count() as u64;
        let marks = self.marks_in(text).map(|mark| count(mark.text.clone()));
        count(text.clone()).saturating_sub(marks.sum())
    }

    /// Samples of the silences in this text.
    fn silence(&self, text: &Range<usize>) -> u64 {
        self.marks_in(text).map(|mark| mark.samples).sum()
    }

    fn marks_in(&self, text: &Range<usize>) -> impl Iterator<Item = &Mark> {
        let (from, to) = (text.start, text.end);
        let marks = self.marks.iter();
        marks.filter(move |mark| mark.text.start >= from && mark.text.end <= to)
    }
}

impl Estimate<'_> {
    /// Where the sound of the text up to there ends, in samples of the sentence.
    pub(super) fn at(&self, to: usize) -> u64 {
        let text = self.text.start..to;
        let letters = self.sentence.letters(&text);
        let spoken = letters * self.spoken / self.letters.max(1);
        self.from + self.sentence.silence(&text) + spoken
    }

    /// From which sample on this part counts as said: half of a word, and all of a silence.
    pub(super) fn counts_from(&self, part: &Range<usize>) -> u64 {
        let end = self.at(part.end);
        let is_mark = self.sentence.marks_in(part).next().is_some();
        match is_mark {
            true => end,
            false => u64::midpoint(self.at(part.start), end),
        }
    }
}
