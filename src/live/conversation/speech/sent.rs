//! What left of an answer, put down and taken up again: an answer of before a connection was cut.

use super::{Sentence, Speech, in_samples, span};
use crate::archive::event::{Sent, TimedWord};
use crate::providers::tts::SpokenWord;

impl Speech {
    /// The words that left, with their times in the sound.
    #[must_use]
    pub fn words_sent(&self) -> Vec<TimedWord> {
        let ms = |samples| span(samples).as_millis() as u64;
        let words = self.words_heard(self.sent_samples()).into_iter();
        words
            .map(|word| TimedWord {
                text: word.text.to_owned(),
                from_ms: ms(word.from),
                to_ms: ms(word.to),
            })
            .collect()
    }

    /// An answer that was sent over another connection: all that left, as one sentence.
    #[must_use]
    pub fn sent_before(sent: &Sent) -> Self {
        let mut text = String::new();
        let mut words = Vec::new();
        for word in &sent.words {
            if !text.is_empty() {
                text.push(' ');
            }
            let from = text.len();
            text.push_str(&word.text);
            words.push(SpokenWord {
                text: from..text.len(),
                start: in_samples(word.from_ms),
                end: in_samples(word.to_ms),
            });
        }
        let produced = in_samples(sent.audio_ms);
        let sentence = Sentence {
            id: 0,
            marks: Vec::new(),
            text,
            words,
            produced,
            sent: produced,
            complete: true,
        };
        Self {
            sentences: vec![sentence],
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sent_is_cut_as_it_would_have_been() {
        // 2400 samples are 100 ms.
        let mut speech = Speech::default();
        for (id, text) in ["[pause 100] I see, well.", "It is hard."]
            .iter()
            .enumerate()
        {
            let id = id as u64;
            speech.push(id, (*text).to_owned());
            speech.produced(id, 12_000);
            speech.complete(id);
        }
        speech.sent(0, 12_000);
        speech.sent(1, 7200);
        let sent = Sent {
            item_id: "item".to_owned(),
            audio_ms: 800,
            words: speech.words_sent(),
            places: Vec::new(),
        };
        let again = Speech::sent_before(&sent);
        assert_eq!(again.sent_samples(), speech.sent_samples());
        let all = speech.heard(speech.sent_samples());
        assert_eq!(again.heard(u64::MAX), all);
        assert!(
            all.starts_with("I see, well. It") && !all.ends_with("hard."),
            "{all}"
        );
        let words = |speech: &Speech, heard| speech.words_heard(heard).len();
        for heard in (0..speech.sent_samples()).step_by(240) {
            assert!(
                words(&again, heard).abs_diff(words(&speech, heard)) <= 1,
                "{heard}"
            );
            assert!(all.starts_with(&again.heard(heard)));
        }
        assert_eq!(again.words_sent(), sent.words);
    }
}
