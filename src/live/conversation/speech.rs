//! What an answer sounds like: its sentences, when each word is spoken, and which were heard.

mod estimate;
mod pauses;

use std::ops::Range;
use std::time::Duration;

pub use pauses::Pause;
use pauses::{Mark, marks};

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

#[derive(Clone, Debug)]
struct Sentence {
    id: u64,
    text: String,
    marks: Vec<Mark>,
    words: Vec<SpokenWord>,
    produced: u64,
    sent: u64,
    complete: bool,
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

impl Sentence {
    /// Samples that were sent.
    fn out(&self) -> u64 {
        self.sent.min(self.produced)
    }

    /// The text of the words of which half or more is spoken in the first `samples`. Where the
    /// voice gave no times, they are estimated from the length of the text.
    fn said_by(&self, samples: u64) -> &str {
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
}

impl Sentence {
    /// Where a word of the text sounds: as the voice said, or estimated where it did not.
    fn sound_of(&self, text: &Range<usize>) -> Range<u64> {
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

/// Where the words of a text stand, marks for pauses left out.
fn word_ranges(text: &str) -> Vec<Range<usize>> {
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

/// Joins what is not empty.
fn join(parts: impl Iterator<Item = String>) -> String {
    let parts: Vec<String> = parts.filter(|part| !part.is_empty()).collect();
    parts.join(" ")
}

/// The text from word `from` to before word `until`, or to `last`.
fn slice(sentence: &Sentence, from: usize, until: usize, last: Option<usize>) -> Range<usize> {
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

/// A span of time in samples of the voice.
fn samples(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX) * u64::from(RATE) / 1000
}

/// Samples of the voice as a span of time.
#[must_use]
pub fn span(samples: u64) -> Duration {
    Duration::from_micros(samples * 1_000_000 / u64::from(RATE))
}

#[cfg(test)]
mod tests;
