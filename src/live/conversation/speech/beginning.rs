//! Where the client's voice begins in an answer: after the silence in which it was to think first.

use super::pauses::has_words;
use super::{Sentence, Speech};

impl Speech {
    /// Whether any sound of the voice was produced, rather than a silence to think.
    #[must_use]
    pub fn voice_produced(&self) -> bool {
        let mut sentences = self.sentences.iter();
        sentences.any(|sentence| sentence.is_voiced_by(sentence.produced))
    }

    /// How many samples of silence were sent before the voice, once some of that was sent.
    #[must_use]
    pub fn silent_before(&self) -> Option<u64> {
        let mut before = 0;
        for sentence in &self.sentences {
            if sentence.is_voiced_by(sentence.out()) {
                return Some(before + sentence.silent_for());
            }
            before += sentence.out();
        }
        None
    }
}

impl Sentence {
    /// Whether any of the voice is in so many samples of it. One that broke off in its silence says
    /// nothing.
    fn is_voiced_by(&self, samples: u64) -> bool {
        samples > self.silent_for() && has_words(&self.text)
    }

    /// How many samples of silence stand before its first word.
    fn silent_for(&self) -> u64 {
        let marks = self.marks.iter();
        let before = marks.take_while(|mark| !has_words(&self.text[..mark.text.start]));
        before.map(|mark| mark.samples).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_voice_begins_where_the_silence_before_it_ends() {
        let mut speech = Speech::default();
        speech.push(1, "[pause 1000] Well, [pause 500] yes.".to_owned());
        speech.produced(1, 24_000);
        speech.sent(1, 24_000);
        assert!(!speech.voice_produced());
        assert_eq!(speech.silent_before(), None);
        speech.produced(1, 480);
        assert!(speech.voice_produced());
        assert_eq!(speech.silent_before(), None);
        speech.sent(1, 24_480);
        assert_eq!(speech.silent_before(), Some(24_000));
    }

    #[test]
    fn without_a_mark_it_begins_with_the_sound() {
        let mut speech = Speech::default();
        speech.push(1, "Well, [pause 500] yes.".to_owned());
        assert!(!speech.voice_produced());
        speech.produced(1, 1);
        speech.sent(1, 1);
        assert!(speech.voice_produced());
        assert_eq!(speech.silent_before(), Some(0));
    }

    #[test]
    fn a_sentence_that_failed_in_its_silence_adds_to_it() {
        let mut speech = Speech::default();
        speech.push(1, "[pause 1000] Well.".to_owned());
        speech.produced(1, 12_000);
        speech.sent(1, 12_000);
        speech.break_off(1);
        assert!(!speech.voice_produced());
        speech.push(2, "[pause 100] Yes.".to_owned());
        speech.produced(2, 2_500);
        speech.sent(2, 2_500);
        assert!(speech.voice_produced());
        assert_eq!(speech.silent_before(), Some(14_400));
    }
}
