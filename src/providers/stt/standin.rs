//! A recogniser that understands what it was told to: for tests, and for measuring the server
//! without the cost of listening. Its name in the configuration is `standin`.

use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use media::Position;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::{
    ListenInput, ListenOutput, ListenRequest, Listening, QUEUE, SpeechToText, Transcript, Word,
};
use crate::providers::{EngineInfo, ProviderError};

/// Its name in the configuration.
pub const NAME: &str = "standin";

/// Sound below this amplitude (-50 dB of full scale) is silence.
const SILENCE: u16 = 104;

/// What the stand-in understands, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// What each segment of a session means, in order and then again from the first. A segment
    /// of silence, or one that is discarded, uses none up.
    pub lines: Vec<String>,
    /// From the end of a segment to its final.
    pub delay: Duration,
    /// How much sound it takes to say a word: a partial with one more word comes after each.
    pub word: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        let lines = [
            "What would you like to talk about today?",
            "What makes this important to you now?",
            "What have you tried so far?",
            "What will you do next?",
        ];
        Self {
            lines: lines.map(str::to_owned).to_vec(),
            delay: Duration::ZERO,
            word: Duration::from_millis(200),
        }
    }
}

/// The stand-in.
#[derive(Clone, Debug, Default)]
pub struct Standin {
    settings: Settings,
}

impl Standin {
    /// A stand-in that understands `settings.lines`.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self { settings }
    }
}

impl SpeechToText for Standin {
    fn info(&self) -> EngineInfo {
        EngineInfo {
            name: NAME.to_owned(),
            processor: None,
            note: "Does not listen: it understands prepared sentences, for tests and measurements."
                .to_owned(),
        }
    }

    fn open(&self, _: ListenRequest) -> BoxFuture<'_, Result<Listening, ProviderError>> {
        let (input, inputs) = mpsc::channel(QUEUE);
        let (outputs, output) = mpsc::channel(QUEUE);
        let stream = Stream {
            settings: self.settings.clone(),
            next: 0,
            active: None,
            closed: None,
        };
        tokio::spawn(stream.run(inputs, outputs));
        async move { Ok(Listening { input, output }) }.boxed()
    }
}

struct Stream {
    settings: Settings,
    /// The line that is understood next.
    next: usize,
    active: Option<Active>,
    /// The last segment that was ended or discarded.
    closed: Option<u64>,
}

struct Active {
    id: u64,
    from: Position,
    /// How much was heard that is not silence, …
    sound: Duration,
    /// … and where it ended last.
    heard_to: Position,
    shown: usize,
}

impl Active {
    /// Takes in sound. What is silent before the first of it is no part of what is said: where the
    /// client says when a turn is over, a segment begins long before anybody speaks.
    fn hear(&mut self, at: Position, samples: &[i16]) {
        let lasts = Duration::from_micros(samples.len() as u64 * 1_000_000 / 16_000);
        if samples.iter().any(|sample| sample.unsigned_abs() > SILENCE) {
            self.sound += lasts;
            self.heard_to = at + lasts;
        } else if self.sound.is_zero() {
            self.from = self.from.max(at + lasts);
        }
    }
}

impl Stream {
    async fn run(
        mut self,
        mut input: mpsc::Receiver<ListenInput>,
        output: mpsc::Sender<ListenOutput>,
    ) {
        while let Some(input) = input.recv().await {
            // Time is spent here rather than in a task of its own, so that finals keep their order.
            let due = Instant::now() + self.settings.delay;
            let Some(answer) = self.handle(input) else {
                continue;
            };
            if matches!(answer, ListenOutput::Final { .. }) {
                tokio::time::sleep_until(due).await;
            }
            if output.send(answer).await.is_err() {
                return;
            }
        }
    }

    fn handle(&mut self, input: ListenInput) -> Option<ListenOutput> {
        match input {
            ListenInput::Audio { at, samples } => {
                self.active.as_mut()?.hear(at, &samples);
                self.partial()
            }
            ListenInput::Begin { segment, from } => {
                let new = self.closed.is_none_or(|closed| segment > closed);
                self.active = new.then_some(Active {
                    id: segment,
                    from,
                    sound: Duration::ZERO,
                    heard_to: from,
                    shown: 0,
                });
                None
            }
            ListenInput::End { segment, to } => self.finish(segment, to),
            ListenInput::Discard { segment } => {
                self.active.take_if(|active| active.id == segment);
                self.closed = self.closed.max(Some(segment));
                None
            }
        }
    }

    fn partial(&mut self) -> Option<ListenOutput> {
        let line = self.line();
        let active = self.active.as_mut()?;
        let said = active.sound.as_micros() / self.settings.word.as_micros().max(1);
        let said = usize::try_from(said)
            .unwrap_or(usize::MAX)
            .min(line.split_whitespace().count());
        if said <= active.shown {
            return None;
        }
        active.shown = said;
        let to = active.from + self.settings.word * u32::try_from(said).unwrap_or(u32::MAX);
        let words = spread(line.split_whitespace().take(said), said, active.from, to);
        let transcript = Transcript {
            stable: words.len(),
            words,
        };
        Some(ListenOutput::Partial {
            segment: active.id,
            transcript,
        })
    }

    fn finish(&mut self, segment: u64, to: Position) -> Option<ListenOutput> {
        if self.closed.is_some_and(|closed| segment <= closed) {
            return None;
        }
        self.closed = Some(segment);
        let active = self.active.take().filter(|active| active.id == segment);
        let heard = active.filter(|active| !active.sound.is_zero());
        let words = heard.map_or_else(Vec::new, |active| {
            let line = self.line();
            self.next += 1;
            let count = line.split_whitespace().count();
            let to = active.heard_to.min(to);
            spread(line.split_whitespace(), count, active.from, to)
        });
        let transcript = Transcript {
            stable: words.len(),
            words,
        };
        Some(ListenOutput::Final {
            segment,
            transcript,
        })
    }

    fn line(&self) -> String {
        let lines = &self.settings.lines;
        let index = self.next.checked_rem(lines.len());
        index
            .and_then(|index| lines.get(index))
            .cloned()
            .unwrap_or_default()
    }
}

/// Words of equal length between two positions.
fn spread<'a>(
    words: impl Iterator<Item = &'a str>,
    count: usize,
    from: Position,
    to: Position,
) -> Vec<Word> {
    let each = (to.samples().saturating_sub(from.samples())) / count.max(1) as u64;
    words
        .zip(0..)
        .map(|(text, index)| Word {
            text: text.to_owned(),
            start: Position::new(from.samples() + index * each),
            end: Position::new(from.samples() + (index + 1) * each),
            confidence: 1.0,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::stt::conformance;

    #[tokio::test]
    async fn is_a_recogniser_like_every_other() {
        conformance::all(&Standin::default()).await;
    }

    #[tokio::test(start_paused = true)]
    async fn understands_its_lines_in_order_after_the_delay() {
        let delay = Duration::from_millis(300);
        let lines = ["one two".to_owned(), "three".to_owned()].to_vec();
        let engine = Standin::new(Settings {
            lines,
            delay,
            ..Settings::default()
        });
        let mut stream = engine.open(ListenRequest::default()).await.unwrap();
        for (segment, expected) in ["one two", "three", "one two"].into_iter().enumerate() {
            let from = Position::from_ms(segment as u64 * 1000);
            conformance::say(&stream, segment as u64, from, &[3000; 8000]).await;
            let ended = Instant::now();
            let heard = conformance::until_final(&mut stream).await;
            assert_eq!(heard.last.text(), expected);
            assert_eq!(ended.elapsed(), delay);
            assert!(!heard.partials.is_empty());
        }
    }

    #[test]
    fn words_stand_where_there_is_sound() {
        let ms = Position::from_ms;
        let mut stream = Stream {
            settings: Settings::default(),
            next: 0,
            active: None,
            closed: None,
        };
        // A segment that the client ends: silence, a second of sound with a pause in it, silence.
        let (segment, from) = (0, ms(500));
        stream.handle(ListenInput::Begin { segment, from });
        for frame in 0..200 {
            let at = ms(500 + frame * 20);
            let is_sound = (50..75).contains(&frame) || (90..115).contains(&frame);
            let samples = [if is_sound { 3000 } else { 0 }; 320].into();
            stream.handle(ListenInput::Audio { at, samples });
        }
        let to = ms(4500);
        let Some(ListenOutput::Final { transcript, .. }) =
            stream.handle(ListenInput::End { segment, to })
        else {
            panic!("nothing was understood");
        };
        let (first, last) = (&transcript.words[0], transcript.words.last().unwrap());
        assert_eq!(first.start, ms(1500));
        assert!(last.end <= ms(2800) && last.end > ms(2790), "{last:?}");
    }
}
