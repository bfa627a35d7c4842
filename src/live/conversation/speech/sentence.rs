//! One sentence of an answer: what of its text is said by when, and where its words sound.

use std::ops::Range;

use super::pauses::Mark;
use crate::providers::tts::SpokenWord;

/// A sentence that the voice was asked to speak, and how far it has come. Sound is counted in samples.
#[derive(Clone, Debug)]
pub(super) struct Sentence {
    pub id: u64,
    pub text: String,
    pub marks: Vec<Mark>,
    pub words: Vec<SpokenWord>,
    pub produced: u64,
    pub sent: u64,
    pub complete: bool,
}

impl Sentence {
    /// Samples that were sent.
    pub(super) fn out(&self) -> u64 {
        self.sent.min(self.produced)
    }

    /// The text of the words of which half or more is spoken in the first `samples`. Where the
    /// voice gave no times, they are estimated from the length of the text.
    pub(super) fn said_by(&self, samples: u64) -> &str {
        if samples == 0 {
            return "";
        }
        if self.complete && samples >= self.produced && self.produced > 0 {
            return &self.text;
        }
        let timed = self.words.last();
        let (text_from, sound_from) = timed.map_or((0, 0), |word| (word.text.end, word.end));
        if samples < sound_from {
            let words = self.words.iter();
            let count = words
                .take_while(|word| u64::midpoint(word.start, word.end) <= samples)
                .count();
            return &self.text[slice(self, 0, count, None)];
        }
        let length = self
            .complete
            .then(|| self.produced.saturating_sub(sound_from));
        let sound = self.estimate(text_from..self.text.len(), sound_from, length);
        let mut end = text_from;
        for part in self.parts(text_from) {
            if sound.counts_from(&part) > samples {
                break;
            }
            end = part.end;
        }
        // What looks like a mark for a pause and is none has a space in it, and is no word.
        let said = &self.text[..end];
        let torn = said.rfind("[pause").filter(|at| !said[*at..].contains(']'));
        said[..torn.unwrap_or(end)].trim_end()
    }

    /// Where a word of the text sounds: as the voice said, or estimated where it did not.
    pub(super) fn sound_of(&self, text: &Range<usize>) -> Range<u64> {
        let within = |word: &&SpokenWord| word.text.start < text.end && word.text.end > text.start;
        let mut known = self.words.iter().filter(within);
        if let Some(first) = known.next() {
            let last = known.next_back().unwrap_or(first);
            return first.start..last.end;
        }
        let before = self.words.iter().rfind(|word| word.text.end <= text.start);
        let (text_from, from) = before.map_or((0, 0), |word| (word.text.end, word.end));
        let after = self.words.iter().find(|word| word.text.start >= text.end);
        let (text_to, length) = match after {
            Some(word) => (word.text.start, Some(word.start - from)),
            None => {
                let made = self.produced.saturating_sub(from);
                (self.text.len(), self.complete.then_some(made))
            }
        };
        let sound = self.estimate(text_from..text_to, from, length);
        sound.at(text.start)..sound.at(text.end)
    }
}

/// The text from word `from` to before word `until`, or to `last`.
pub(super) fn slice(
    sentence: &Sentence,
    from: usize,
    until: usize,
    last: Option<usize>,
) -> Range<usize> {
    let begin = if from == 0 {
        0
    } else {
        sentence.words[from - 1].text.end
    };
    let end = last.unwrap_or(if until == 0 {
        0
    } else {
        sentence.words[until - 1].text.end
    });
    begin.min(end)..end
}
