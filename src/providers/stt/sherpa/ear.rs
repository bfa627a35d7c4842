//! One session's thread: a stream of the recogniser for each segment, one after the other.

use std::sync::mpsc::Receiver;

use sherpa_onnx::{OnlineRecognizer, OnlineStream};

use super::words::Spelling;
use crate::providers::stt::Word;
use crate::providers::stt::local::{Feed, RATE, Segment, Timeline};

/// Silence after the last sample, in samples: a model looks so far ahead at most.
const AHEAD: usize = RATE * 2 / 3;

/// Hears segments until the session ends.
pub(super) fn run(
    recogniser: &OnlineRecognizer,
    spelling: Spelling,
    segments: &Receiver<Segment<()>>,
) {
    while let Ok(mut segment) = segments.recv() {
        let mut hearing = Hearing {
            recogniser,
            spelling,
            stream: recogniser.create_stream(),
            timeline: Timeline::default(),
        };
        hearing.segment(&mut segment);
    }
}

struct Hearing<'a> {
    recogniser: &'a OnlineRecognizer,
    spelling: Spelling,
    stream: OnlineStream,
    timeline: Timeline,
}

impl Hearing<'_> {
    /// Decodes until the segment ends or is discarded.
    fn segment(&mut self, segment: &mut Segment<()>) {
        // A closed feed without an end: it is discarded.
        while let Ok(fed) = segment.feed.recv() {
            if segment.speaker.is_gone() {
                return;
            }
            match fed {
                Feed::Audio { at, samples } => {
                    self.timeline.push(at, samples.len());
                    self.hear(&samples);
                    segment.hint(self.words());
                }
                Feed::End { to } => {
                    self.hear(&[0; AHEAD]);
                    self.stream.input_finished();
                    self.decode();
                    let mut words = self.words();
                    words.retain(|word| word.start < to);
                    for word in &mut words {
                        word.end = word.end.min(to);
                    }
                    return segment.answer(words);
                }
            }
        }
    }

    fn hear(&self, samples: &[i16]) {
        let samples: Vec<f32> = samples
            .iter()
            .map(|sample| f32::from(*sample) / 32768.0)
            .collect();
        self.stream.accept_waveform(RATE as i32, &samples);
        self.decode();
    }

    fn decode(&self) {
        while self.recogniser.is_ready(&self.stream) {
            self.recogniser.decode(&self.stream);
        }
    }

    fn words(&self) -> Vec<Word> {
        let Some(result) = self.recogniser.get_result(&self.stream) else {
            return Vec::new();
        };
        let times = result.timestamps.unwrap_or_default();
        self.spelling.words(&result.tokens, &times, &self.timeline)
    }
}
