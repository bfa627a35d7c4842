//! What was understood of a turn: as text, as a sentence, as words with their times, as a caption.

use super::{State, Turn};
use crate::archive::event::TimedWord;
use crate::providers::stt::Word;
use crate::providers::stt::punctuate::punctuated;

impl Turn {
    /// Replaces what was understood by what the coach typed.
    pub fn correct(&mut self, text: String) {
        self.corrected = Some(text);
    }

    /// What was understood so far, or what the coach typed instead.
    #[must_use]
    pub fn text(&self) -> String {
        if let Some(text) = &self.corrected {
            return text.clone();
        }
        let texts = self
            .segments
            .iter()
            .map(|segment| segment.transcript.text());
        texts
            .filter(|text| !text.is_empty())
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// What was understood as a sentence to show and remember; as it is where the coach typed it.
    #[must_use]
    pub fn sentence(&self) -> String {
        self.corrected
            .clone()
            .unwrap_or_else(|| punctuated(&self.text()))
    }

    /// Whether the coach typed what was said.
    #[must_use]
    pub fn is_corrected(&self) -> bool {
        self.corrected.is_some()
    }

    /// The words of its sentence with their times; none where the coach typed it.
    #[must_use]
    pub fn words(&self) -> Vec<TimedWord> {
        if self.is_corrected() {
            return Vec::new();
        }
        let sentence = self.sentence();
        let shown: Vec<&str> = sentence.split_whitespace().collect();
        let words = self.segments.iter();
        let words: Vec<&Word> = words
            .flat_map(|segment| &segment.transcript.words)
            .filter(|word| !word.text.trim().is_empty())
            .collect();
        // A sentence differs from its words in capitals and marks.
        let same = shown.len() == words.len();
        let mut at = 0;
        let timed = |(index, word): (usize, &&Word)| {
            // A recogniser may err about times; words follow each other all the same.
            at = word.start.ms().max(at);
            TimedWord {
                text: if same { shown[index] } else { &word.text }.to_owned(),
                from_ms: at,
                to_ms: word.end.ms().max(at),
            }
        };
        words.iter().enumerate().map(timed).collect()
    }

    /// What was understood, split into what stays and what may still be revised.
    #[must_use]
    pub fn caption(&self) -> (String, String) {
        let (mut stable, mut unstable) = (Vec::new(), Vec::new());
        for segment in &self.segments {
            let words = segment
                .transcript
                .words
                .iter()
                .map(|word| word.text.as_str());
            let kept = match segment.state {
                State::Final | State::Failed => usize::MAX,
                State::Listening | State::Awaited => segment.transcript.stable,
            };
            for (index, word) in words.enumerate() {
                // A word after an unstable one is not shown as settled.
                if index < kept && unstable.is_empty() {
                    stable.push(word)
                } else {
                    unstable.push(word)
                }
            }
        }
        (stable.join(" "), unstable.join(" "))
    }
}
