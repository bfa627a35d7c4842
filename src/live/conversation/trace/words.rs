//! The words of a segment as they are revised: a recogniser repeats nearly all of them each time.

use media::Position;
use serde::{Deserialize, Serialize};

use crate::providers::stt::{Transcript, Word};

/// What a line says of a segment's words.
#[derive(Serialize, Deserialize)]
pub struct Revision {
    /// The segment.
    pub segment: u64,
    keep: usize,
    stable: usize,
    words: Vec<WordLine>,
}

/// Text, beginning, end, and how sure the engine is (`null` if that is no number).
#[derive(Serialize, Deserialize)]
struct WordLine(String, Position, Position, Option<f32>);

/// The words of the last line about words.
#[derive(Debug, Default)]
pub struct Heard {
    segment: u64,
    words: Vec<Word>,
}

impl Heard {
    /// What changed.
    pub fn revise(&mut self, segment: u64, transcript: &Transcript) -> Revision {
        self.begin(segment);
        let words = &transcript.words;
        let both = self.words.iter().zip(words);
        let keep = both.take_while(|(old, new)| old == new).count();
        self.words.truncate(keep);
        self.words.extend_from_slice(&words[keep..]);
        let line = |word: &Word| {
            let sure = Some(word.confidence).filter(|sure| sure.is_finite());
            WordLine(word.text.clone(), word.start, word.end, sure)
        };
        Revision {
            segment,
            keep,
            stable: transcript.stable,
            words: words[keep..].iter().map(line).collect(),
        }
    }

    /// The words after the change; `None` if it keeps more than there are.
    pub fn read(&mut self, revision: Revision) -> Option<Transcript> {
        self.begin(revision.segment);
        if revision.keep > self.words.len() {
            return None;
        }
        self.words.truncate(revision.keep);
        let words = revision.words.into_iter();
        self.words
            .extend(words.map(|WordLine(text, start, end, sure)| Word {
                text,
                start,
                end,
                confidence: sure.unwrap_or(f32::NAN),
            }));
        Some(Transcript {
            words: self.words.clone(),
            stable: revision.stable,
        })
    }

    fn begin(&mut self, segment: u64) {
        if segment != self.segment {
            self.segment = segment;
            self.words.clear();
        }
    }
}
