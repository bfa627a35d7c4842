//! What an answer sounds like: its sentences, when each word is spoken, and which were heard.

mod beginning;
mod estimate;
mod pauses;
mod sent;
mod sentence;

use std::time::Duration;

pub use pauses::{Pause, shown};
use pauses::{marks, word_ranges};
use sentence::{Sentence, slice};

use crate::providers::tts::{RATE, SpokenWord};

/// The sound of one answer, in the order it is spoken. Positions count samples at 24 kHz from
/// the beginning of the answer.
#[derive(Clone, Debug, Default)]
pub struct Speech {
    sentences: Vec<Sentence>,
    /// Sentence and word up to which the transcript was given out.
    told: (usize, usize),
    /// Whether any transcript was given out, so that more of it is set off by a space.
    begun: bool,
}

impl Speech {
    /// Adds a sentence that the voice was asked to speak.
    pub fn push(&mut self, id: u64, text: String) {
        let (words, produced, sent) = (Vec::new(), 0, 0);
        self.sentences.push(Sentence {
            id,
            marks: marks(&text),
            text,
            words,
            produced,
            sent,
            complete: false,
        });
    }

    /// The last sentence, if there is one.
    #[must_use]
    pub fn last(&self) -> Option<u64> {
        self.sentences.last().map(|sentence| sentence.id)
    }

    /// Whether the sentence belongs to this answer.
    #[must_use]
    pub fn has(&self, id: u64) -> bool {
        self.sentences.iter().any(|sentence| sentence.id == id)
    }

    /// More sound was produced.
    pub fn produced(&mut self, id: u64, samples: u64) {
        if let Some(sentence) = self.find(id) {
            sentence.produced += samples;
        }
    }

    /// Word times became known.
    pub fn words(&mut self, id: u64, words: Vec<SpokenWord>) {
        if let Some(sentence) = self.find(id) {
            for word in words {
                let (text, sound) = sentence
                    .words
                    .last()
                    .map_or((0, 0), |last| (last.text.end, last.end));
                let follows = word.text.start >= text
                    && word.start >= sound
                    && word.end >= word.start
                    && sentence.text.get(word.text.clone()).is_some();
                if follows {
                    sentence.words.push(word);
                }
            }
        }
    }

    /// A sentence broke off: nothing more of it will be produced, and what was not produced was
    /// never said.
    pub fn break_off(&mut self, id: u64) {
        if let Some(sentence) = self.find(id) {
            let said = sentence.said_by(sentence.produced).len();
            sentence.text.truncate(said);
            let words = sentence.words.iter();
            let kept = words.take_while(|word| word.text.end <= said).count();
            sentence.words.truncate(kept);
            sentence.marks = marks(&sentence.text);
            sentence.complete = true;
        }
    }

    /// A sentence is complete: nothing more of it will be produced.
    pub fn complete(&mut self, id: u64) {
        if let Some(sentence) = self.find(id) {
            sentence.complete = true;
        }
    }

    /// Sound of a sentence was sent, `samples` of it in all.
    pub fn sent(&mut self, id: u64, samples: u64) {
        if let Some(sentence) = self.find(id) {
            sentence.sent = sentence.sent.max(samples);
        }
    }

    /// Samples sent of the whole answer.
    #[must_use]
    pub fn sent_samples(&self) -> u64 {
        self.sentences.iter().map(Sentence::out).sum()
    }

    /// Whether any sound was produced.
    #[must_use]
    pub fn has_sound(&self) -> bool {
        self.sentences.iter().any(|sentence| sentence.produced > 0)
    }

    /// How much sound is still to be sent; `None` while more may be produced.
    #[must_use]
    pub fn unsent(&self) -> Option<Duration> {
        let mut unsent = 0;
        for sentence in &self.sentences {
            if !sentence.complete {
                return None;
            }
            unsent += sentence.produced - sentence.out();
        }
        Some(span(unsent))
    }

    /// The transcript that goes with the sound sent since this was last asked: words whose sound
    /// has begun, with the spaces and punctuation around them.
    pub fn untold(&mut self) -> String {
        let mut text = String::new();
        while let Some(sentence) = self.sentences.get(self.told.0) {
            let finished = sentence.complete && sentence.sent >= sentence.produced;
            let begun = |word: &SpokenWord| sentence.out() > word.start;
            let until = if finished {
                sentence.words.len()
            } else {
                sentence.words.iter().take_while(|word| begun(word)).count()
            };
            let last = finished.then_some(sentence.text.len());
            let range = slice(sentence, self.told.1, until, last);
            let part = shown(&sentence.text[range]);
            if !part.is_empty() {
                if self.begun && self.told.1 == 0 {
                    text.push(' ');
                }
                self.begun = true;
                text.push_str(&part);
            }
            self.told.1 = until;
            if !finished {
                break;
            }
            self.told = (self.told.0 + 1, 0);
        }
        text
    }

    /// Everything that was to be said.
    #[must_use]
    pub fn text(&self) -> String {
        let sentences = self.sentences.iter();
        join(sentences.map(|sentence| shown(&sentence.text)))
    }

    /// What was heard of it when the listener had heard `samples`: whole words, each counted as
    /// heard once half of it was.
    #[must_use]
    pub fn heard(&self, samples: u64) -> String {
        self.between(0, samples)
    }

    /// The words of which half or more stands between `from` and `to`.
    #[must_use]
    pub fn between(&self, from: u64, to: u64) -> String {
        let mut begins = 0;
        let mut parts = Vec::new();
        for sentence in &self.sentences {
            let (from, to) = (from.saturating_sub(begins), to.saturating_sub(begins));
            let skipped = if from == 0 {
                0
            } else {
                sentence.said_by(from).len()
            };
            let said = sentence.said_by(to);
            parts.push(
                shown(&said[skipped.min(said.len())..])
                    .trim_start()
                    .to_owned(),
            );
            if !sentence.complete || to < sentence.produced {
                break;
            }
            begins += sentence.produced;
        }
        join(parts.into_iter())
    }

    /// The words heard when the listener had heard `samples`: those of [`Speech::heard`].
    #[must_use]
    pub fn words_heard(&self, samples: u64) -> Vec<HeardWord<'_>> {
        let mut begins = 0;
        let mut words = Vec::new();
        for sentence in &self.sentences {
            let to = samples.saturating_sub(begins);
            let said = sentence.said_by(to).len();
            for range in word_ranges(&sentence.text[..said]) {
                let sound = sentence.sound_of(&range);
                words.push(HeardWord {
                    text: &sentence.text[range],
                    from: begins + sound.start,
                    to: (begins + sound.end).min(samples),
                });
            }
            if !sentence.complete || to < sentence.produced {
                break;
            }
            begins += sentence.produced;
        }
        words
    }

    fn find(&mut self, id: u64) -> Option<&mut Sentence> {
        // Sentences arrive in order, so the one meant is nearly always the last or next to last.
        self.sentences
            .iter_mut()
            .rev()
            .find(|sentence| sentence.id == id)
    }
}

/// A word that was heard, and where it sounds, in samples from the beginning of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeardWord<'a> {
    /// With its punctuation.
    pub text: &'a str,
    /// First sample.
    pub from: u64,
    /// Sample after the last that was heard.
    pub to: u64,
}

/// Joins what is not empty.
fn join(parts: impl Iterator<Item = String>) -> String {
    let parts: Vec<String> = parts.filter(|part| !part.is_empty()).collect();
    parts.join(" ")
}

/// A span of time in samples of the voice.
fn samples(span: Duration) -> u64 {
    in_samples(u64::try_from(span.as_millis()).unwrap_or(u64::MAX))
}

/// Milliseconds in samples of the voice.
#[must_use]
pub fn in_samples(ms: u64) -> u64 {
    ms.saturating_mul(u64::from(RATE)) / 1000
}

/// Samples of the voice as a span of time.
#[must_use]
pub fn span(samples: u64) -> Duration {
    Duration::from_micros(samples * 1_000_000 / u64::from(RATE))
}

#[cfg(test)]
mod tests;
