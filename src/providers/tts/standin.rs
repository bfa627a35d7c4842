//! A voice for tests and benches: a tone as long as the text, after a fixed delay, always the same.

use std::f32::consts::TAU;
use std::time::Duration;

use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream;
use tokio::time::Instant;

use super::stream::{Made, Piece, Reader, open};
use super::text::Written;
use super::{
    EngineInfo, ProviderError, RATE, Speaking, SpokenWord, TextToSpeech, Voice, VoiceRequest,
};

/// Its name in the configuration.
pub const NAME: &str = "standin";

/// Pitch of the tone in hertz: a whole number of samples per wave.
const PITCH: u32 = 240;

/// Peak of the tone: a sine of this height measures −20 dBFS.
const PEAK: f32 = 4634.0;

/// How it behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StandinSettings {
    /// From asking for a piece (a sentence, as a rule) to its first sound.
    pub delay: Duration,
    /// Sound per character of what is to be read.
    pub per_character: Duration,
    /// How far ahead of the listener a sentence is made.
    pub lead: Duration,
}

impl Default for StandinSettings {
    fn default() -> Self {
        Self {
            delay: Duration::ZERO,
            per_character: Duration::from_millis(60),
            lead: Duration::from_secs(10),
        }
    }
}

/// The stand-in engine.
#[derive(Clone, Copy, Debug, Default)]
pub struct Standin {
    settings: StandinSettings,
}

impl Standin {
    /// An engine that behaves as `settings` say.
    #[must_use]
    pub fn new(settings: StandinSettings) -> Self {
        Self { settings }
    }
}

impl TextToSpeech for Standin {
    fn info(&self) -> EngineInfo {
        EngineInfo {
            name: NAME.to_owned(),
            processor: None,
            note: "A tone instead of a voice, for tests.".to_owned(),
        }
    }

    fn voices(&self) -> Vec<Voice> {
        vec![Voice {
            name: "tone".to_owned(),
            language: "en".to_owned(),
            description: "A steady tone".to_owned(),
        }]
    }

    fn open(&self, request: VoiceRequest) -> BoxFuture<'_, Result<Speaking, ProviderError>> {
        let seconds = self.settings.per_character.as_secs_f64() / f64::from(request.pace());
        let reader = Tone {
            delay: self.settings.delay,
            per_character: (seconds * f64::from(RATE)).round() as u64,
        };
        let speaking = open(reader, self.settings.lead, request.witness);
        Box::pin(std::future::ready(Ok(speaking)))
    }
}

struct Tone {
    delay: Duration,
    per_character: u64,
}

impl Reader for Tone {
    fn name(&self) -> &'static str {
        NAME
    }

    fn limit(&self) -> usize {
        usize::MAX
    }

    fn read(&self, words: &[Written], _due: Instant) -> Piece {
        let mut at = 0;
        let words: Vec<_> = words
            .iter()
            .map(|word| {
                let start = at;
                at += self.per_character * word.reading.chars().count() as u64;
                SpokenWord {
                    text: word.range.clone(),
                    start,
                    end: at,
                }
            })
            .collect();
        let delay = self.delay;
        stream::once(async move {
            if !delay.is_zero() {
                tokio::time::sleep(delay).await;
            }
            Ok(Made::Words(words))
        })
        .chain(stream::iter(
            seconds(at).map(|samples| Ok(Made::Audio(samples))),
        ))
        .boxed()
    }
}

/// The tone in steps of at most a second, so that a long text is not held in memory at once.
fn seconds(length: u64) -> impl Iterator<Item = Vec<i16>> {
    let wave: Vec<i16> = (0..RATE / PITCH)
        .map(|n| (PEAK * (TAU * n as f32 * PITCH as f32 / RATE as f32).sin()) as i16)
        .collect();
    let step = u64::from(RATE);
    (0..length.div_ceil(step)).map(move |second| {
        let take = step.min(length - second * step) as usize;
        wave.iter().copied().cycle().take(take).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::tts::{SpeakInput, SpeakOutput};

    #[tokio::test(start_paused = true)]
    async fn the_tone_is_as_long_as_the_text_and_comes_after_the_delay() {
        let engine = Standin::new(StandinSettings {
            delay: Duration::from_millis(200),
            ..StandinSettings::default()
        });
        let request = VoiceRequest {
            voice: "tone".to_owned(),
            language: None,
            speed: 1.0,
            witness: crate::disclosure::Witness::default(),
        };
        let mut speaking = engine.open(request).await.unwrap();
        let asked = Instant::now();
        let text = "four [pause 100] more".to_owned();
        speaking
            .input
            .send(SpeakInput::Say { sentence: 7, text })
            .await
            .unwrap();
        let mut total = 0;
        let mut words = Vec::new();
        loop {
            match speaking.output.recv().await.unwrap() {
                SpeakOutput::Audio { samples, .. } => total += samples.len() as u64,
                SpeakOutput::Words { words: more, .. } => {
                    if words.is_empty() {
                        assert_eq!(asked.elapsed(), Duration::from_millis(200));
                    }
                    words.extend(more);
                }
                SpeakOutput::Done { sentence } => break assert_eq!(sentence, 7),
                other => panic!("{other:?}"),
            }
        }
        let word = 4 * 60 * 24;
        let pause = 100 * 24;
        assert_eq!(total, 2 * word + pause);
        assert_eq!(words[1].text, 17..21);
        assert_eq!((words[1].start, words[1].end), (word + pause, total));
    }
}
