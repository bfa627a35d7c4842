//! A decoder at work on one segment after another, each in its speaker's own voice.

use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

use super::RATE;
use super::ffi::{Cepstrum, Decoder, DecoderError, STEP};
use super::pronounce::phones;
use super::voice::Segment;
use super::words::{Expected, slot, spelling};
use crate::providers::stt::Word;
use crate::providers::stt::local::{CHUNK, Feed, Timeline};

/// Speech of a new voice that is heard before decoding begins, to know its mean cepstrum.
const PRIMING: usize = 2 * RATE;
/// How long a decoder waits for sound before it looks around.
const PATIENCE: Duration = Duration::from_millis(200);
/// While others wait, a decoder is given back after this much speech at the next pause …
const FAIR_SHARE: usize = 5 * RATE;
/// … and after this much in the middle of a word.
const LONGEST_SHARE: usize = 12 * RATE;
/// Steps of silence that count as a pause.
const PAUSE: usize = 25;
/// While catching up, a partial comes after this many chunks only.
const CATCHING_UP: usize = 10;

/// How a decoder left a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Left {
    /// Answered, discarded, or nobody listens any more.
    Done,
    /// Others wait: it is to go on later.
    HandedOn,
}

/// A decoder and what it was taught.
pub(super) struct Ear {
    decoder: Decoder,
    /// The mean of nobody in particular, as the model gives it.
    anybody: Cepstrum,
    /// The names it was taught, each in the place of its index.
    taught: Vec<String>,
}

impl Ear {
    pub(super) fn new(decoder: Decoder) -> Self {
        let anybody = decoder.cepstrum();
        Self {
            decoder,
            anybody,
            taught: Vec::new(),
        }
    }

    /// How many words it was taught for sessions.
    pub(super) fn taught(&self) -> usize {
        self.taught.len()
    }

    /// Decodes until the segment ends, is discarded, or `contested` says that others wait.
    pub(super) fn listen(
        &mut self,
        segment: &mut Segment,
        contested: &dyn Fn() -> bool,
    ) -> Result<Left, DecoderError> {
        if segment.speaker.is_gone() {
            return Ok(Left::Done);
        }
        self.teach(&segment.speaker.voice.expected)?;
        let mut shift = Shift::begin(self, segment)?;
        let left = shift.run(contested);
        // Whatever was broken off must not colour the next voice.
        self.decoder.abandon();
        left
    }

    fn teach(&mut self, expected: &[Expected]) -> Result<(), DecoderError> {
        let mut new = Vec::new();
        for Expected { key, .. } in expected {
            if !self.taught.contains(key) {
                let known = self.decoder.pronunciation(key).or_else(|| phones(key));
                new.extend(known.map(|phones| (slot(self.taught.len()), phones)));
                self.taught.push(key.clone());
            }
        }
        if new.is_empty() {
            Ok(())
        } else {
            self.decoder.add_words(&new)
        }
    }
}

/// A decoder's time with a segment.
struct Shift<'a> {
    decoder: &'a mut Decoder,
    anybody: Cepstrum,
    taught: &'a [String],
    segment: &'a mut Segment,
    timeline: Timeline,
    /// Speech that is kept until the voice's mean is known.
    held: Option<Vec<i16>>,
    /// Chunks since the last partial.
    behind: usize,
    pausing: bool,
}

impl<'a> Shift<'a> {
    fn begin(ear: &'a mut Ear, segment: &'a mut Segment) -> Result<Self, DecoderError> {
        let known = segment.speaker.voice.cepstrum();
        if let Some(cepstrum) = &known {
            ear.decoder.set_cepstrum(cepstrum);
            ear.decoder.begin()?;
        }
        Ok(Self {
            decoder: &mut ear.decoder,
            anybody: ear.anybody,
            taught: &ear.taught,
            segment,
            timeline: Timeline::default(),
            held: known.is_none().then(Vec::new),
            behind: 0,
            pausing: false,
        })
    }

    fn run(&mut self, contested: &dyn Fn() -> bool) -> Result<Left, DecoderError> {
        let mut next = None;
        loop {
            let fed = next
                .take()
                .map_or_else(|| self.segment.feed.recv_timeout(PATIENCE), Ok);
            let starving = matches!(fed, Err(RecvTimeoutError::Timeout));
            match fed {
                Ok(Feed::Audio { at, samples }) => {
                    self.timeline.push(at, samples.len());
                    self.hear(&samples)?;
                    next = self.segment.feed.try_recv().ok();
                    self.behind += 1;
                    if next.is_none() || self.behind >= CATCHING_UP {
                        self.tell();
                    }
                }
                Ok(Feed::End { to }) => {
                    let mut words = self.finish()?;
                    words.retain(|word| word.start < to);
                    words
                        .iter_mut()
                        .for_each(|word| word.end = word.end.min(to));
                    self.segment.answer(words);
                    return Ok(Left::Done);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(Left::Done),
            }
            if self.segment.speaker.is_gone() {
                return Ok(Left::Done);
            }
            if next.is_none() && self.has_had_its_share(starving) && contested() {
                self.segment.earlier = self.finish()?;
                return Ok(Left::HandedOn);
            }
        }
    }

    fn has_had_its_share(&self, starving: bool) -> bool {
        let heard = self.timeline.samples();
        starving || heard >= LONGEST_SHARE || (heard >= FAIR_SHARE && self.pausing)
    }

    fn hear(&mut self, samples: &[i16]) -> Result<(), DecoderError> {
        let Some(held) = &mut self.held else {
            return self.decoder.feed(samples);
        };
        held.extend_from_slice(samples);
        if held.len() >= PRIMING {
            self.prime()
        } else {
            Ok(())
        }
    }

    /// Takes the mean of what was held back, then decodes it.
    fn prime(&mut self) -> Result<(), DecoderError> {
        let Some(held) = self.held.take() else {
            return Ok(());
        };
        let mean = self.decoder.measure(&held).unwrap_or(self.anybody);
        self.decoder.set_cepstrum(&mean);
        self.decoder.begin()?;
        held.chunks(CHUNK)
            .try_for_each(|chunk| self.decoder.feed(chunk))
    }

    fn tell(&mut self) {
        self.behind = 0;
        if self.held.is_some() {
            return;
        }
        let words = self.words();
        self.segment.hint(words);
    }

    /// Ends the utterance; all words of the segment so far.
    fn finish(&mut self) -> Result<Vec<Word>, DecoderError> {
        self.prime()?;
        self.decoder.finish()?;
        self.segment.speaker.voice.keep(self.decoder.cepstrum());
        Ok(self.words())
    }

    fn words(&mut self) -> Vec<Word> {
        let heard = self.decoder.words();
        let spoken = heard
            .iter()
            .rfind(|heard| spelling(&heard.text, self.taught, &[]).is_some());
        let steps = self.timeline.samples() / STEP;
        self.pausing = spoken.map_or(0, |word| word.end) + PAUSE <= steps;
        let mut words = self.segment.earlier.clone();
        let expected = &self.segment.speaker.voice.expected;
        words.extend(heard.iter().filter_map(|heard| {
            Some(Word {
                text: spelling(&heard.text, self.taught, expected)?,
                start: self.timeline.position(heard.start * STEP),
                end: self.timeline.position(heard.end * STEP),
                confidence: heard.confidence,
            })
        }));
        words
    }
}
