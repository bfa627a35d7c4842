//! One piece of text while a vendor reads it: bytes become samples, and words get their times.

use super::align::Aligner;
use crate::providers::ProviderError;
use crate::providers::socket::unavailable;
use crate::providers::tts::RATE;
use crate::providers::tts::stream::Made;
use crate::providers::tts::text::Written;

/// Samples below this (−45 dBFS) count as silence around the words.
const HUSH: u16 = 184;

/// By so much the times of words may go beyond their sound: 100 ms.
const SLACK: u64 = RATE as u64 / 10;

/// Samples that a letter takes at the quickest: thirty letters a second.
const QUICKEST: u64 = RATE as u64 / 30;

/// What has come of a piece so far.
#[derive(Debug)]
pub(super) struct Reading {
    aligner: Aligner,
    letters: u64,
    /// Whether there is anything in it to be heard.
    speakable: bool,
    /// The first half of a sample that was cut in two.
    odd: Option<u8>,
    produced: u64,
    /// From the first sample that is no silence to after the last.
    loud: Option<(u64, u64)>,
}

impl Reading {
    pub fn new(words: &[Written]) -> Self {
        let letters = words.iter().map(|word| word.reading.chars().count() as u64);
        Self {
            aligner: Aligner::new(words),
            letters: letters.sum(),
            speakable: words
                .iter()
                .any(|word| word.reading.contains(char::is_alphanumeric)),
            odd: None,
            produced: 0,
            loud: None,
        }
    }

    /// Takes 16-bit samples, low byte first, cut anywhere.
    pub fn sound(&mut self, bytes: &[u8]) -> Option<Made> {
        let mut samples = Vec::with_capacity(bytes.len() / 2 + 1);
        let mut bytes = bytes;
        if let (Some(low), Some((high, rest))) = (self.odd, bytes.split_first()) {
            samples.push(i16::from_le_bytes([low, *high]));
            self.odd = None;
            bytes = rest;
        }
        let (pairs, rest) = bytes.as_chunks::<2>();
        samples.extend(pairs.iter().map(|pair| i16::from_le_bytes(*pair)));
        if let [low] = rest {
            self.odd = Some(*low);
        }
        let is_loud = |sample: &i16| sample.unsigned_abs() > HUSH;
        if let Some(first) = samples.iter().position(is_loud) {
            let last = samples.iter().rposition(is_loud).unwrap_or(first);
            let begun = self.loud.map(|(begun, _)| begun);
            self.loud = Some((
                begun.unwrap_or(self.produced + first as u64),
                self.produced + last as u64 + 1,
            ));
        }
        self.produced += samples.len() as u64;
        (!samples.is_empty()).then_some(Made::Audio(samples))
    }

    /// Takes the time of a character or a word, in samples from the beginning of the piece.
    pub fn said(&mut self, text: &str, start: u64, end: u64) {
        self.aligner.hear(text, start, end);
    }

    /// Words whose times are certain by now.
    pub fn words(&mut self) -> Option<Made> {
        let words = self.aligner.ready(self.produced);
        (!words.is_empty()).then_some(Made::Words(words))
    }

    /// The words that are left, once the piece is complete.
    ///
    /// # Errors
    ///
    /// [`ProviderError::Unavailable`] if there was something to say and no sound came.
    pub fn finish(&mut self, engine: &str) -> Result<Option<Made>, ProviderError> {
        if self.speakable && self.produced == 0 {
            let message = "it answered without a sound".to_owned();
            return Err(unavailable(engine, message));
        }
        let sound = self.loud.map_or(0..self.produced, |(from, to)| from..to);
        let words = self.aligner.rest(&sound, self.produced);
        Ok((!words.is_empty()).then_some(Made::Words(words)))
    }

    /// Whether the vendor said when the last word is spoken, and that much sound has come.
    pub fn is_complete(&self) -> bool {
        self.aligner.is_complete() && self.aligner.lasts_until() <= self.produced + SLACK
    }

    /// Whether a piece that falls silent without a word may be all there was.
    pub fn may_be_whole(&self) -> bool {
        let counted = !self.aligner.heard_any() && self.produced >= self.letters * QUICKEST;
        self.is_complete() || counted
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::providers::tts::text::{Part, parse};

    fn words(text: &str) -> Vec<Written> {
        match parse(text).pop() {
            Some(Part::Speech(words)) => words,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_no_vendor_says_is_estimated_where_there_is_sound() {
        let mut reading = Reading::new(&words("abc defgh"));
        let mut bytes = vec![0; 2000];
        bytes.extend(std::iter::repeat_n([0, 40], 10_000).flatten());
        bytes.extend([0; 3000]);
        reading.sound(&bytes);
        assert!(reading.words().is_none());
        let Ok(Some(Made::Words(words))) = reading.finish("vendor") else {
            panic!("no words")
        };
        let times: Vec<_> = words.iter().map(|word| (word.start, word.end)).collect();
        assert_eq!(times, [(1000, 5000), (5000, 11_000)]);
    }

    #[test]
    fn without_any_sound_nothing_was_said() {
        assert!(Reading::new(&words("Yes.")).finish("vendor").is_err());
        let mut reading = Reading::new(&words("Yes."));
        reading.sound(&[0, 0]);
        assert!(reading.finish("vendor").is_ok());
        assert!(Reading::new(&[]).finish("vendor").is_ok());
    }

    proptest! {
        #[test]
        fn samples_survive_being_cut_anywhere(bytes in prop::collection::vec(any::<u8>(), 0..200), cuts in prop::collection::vec(0usize..200, 0..10)) {
            let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let mut reading = Reading::new(&words("one"));
            let mut samples = Vec::new();
            for cut in cuts.windows(2) {
                if let Some(Made::Audio(more)) = reading.sound(&bytes[cut[0]..cut[1]]) {
                    samples.extend(more);
                }
            }
            let whole: Vec<_> = bytes.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect();
            prop_assert_eq!(samples, whole);
        }
    }
}
