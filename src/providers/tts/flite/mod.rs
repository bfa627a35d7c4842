//! English voices without a key and without a network, by the flite library.

mod english;
mod ffi;
mod persona;
mod worker;

use std::ffi::CString;
use std::time::Duration;

use futures::StreamExt;
use futures::channel::mpsc;
use futures::future::BoxFuture;
use futures::stream;
use tokio::time::Instant;

use self::english::tokens;
#[cfg(any(test, feature = "sherpa"))]
pub(super) use self::persona::PERSONAS;
pub(super) use self::persona::Persona;
use self::worker::{Job, Worker};
use super::stream::{Piece, Reader, open};
use super::text::Written;
use super::{EngineInfo, ProviderError, Speaking, TextToSpeech, Voice, VoiceRequest};

/// Its name in the configuration.
pub const NAME: &str = "flite";

/// Longest piece at the voice's own pace, in bytes: about ten seconds of speech, so 140 ms of the
/// thread's time.
const PIECE: f32 = 160.0;

/// How it behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FliteSettings {
    /// How far ahead of its listener a sentence is made; then it waits.
    pub lead: Duration,
}

impl Default for FliteSettings {
    fn default() -> Self {
        Self {
            lead: Duration::from_secs(10),
        }
    }
}

/// The flite engine: one thread, however many sessions.
#[derive(Debug)]
pub struct Flite {
    worker: Worker,
    lead: Duration,
}

impl Flite {
    /// Starts the engine's thread.
    ///
    /// # Errors
    ///
    /// [`ProviderError::Unavailable`] if the system gives no thread.
    pub fn start(settings: FliteSettings) -> Result<Self, ProviderError> {
        let worker = Worker::start().map_err(|error| unavailable(error.to_string()))?;
        Ok(Self {
            worker,
            lead: settings.lead,
        })
    }
}

impl TextToSpeech for Flite {
    fn info(&self) -> EngineInfo {
        EngineInfo {
            name: NAME.to_owned(),
            processor: None,
            note: "Speaks English on this machine; clear, but plainly a computer.".to_owned(),
        }
    }

    fn voices(&self) -> Vec<Voice> {
        persona::PERSONAS.iter().map(Persona::voice).collect()
    }

    fn open(&self, request: VoiceRequest) -> BoxFuture<'_, Result<Speaking, ProviderError>> {
        let speaker = Speaker {
            worker: self.worker.clone(),
            persona: Persona::named(&request.voice),
            pace: request.pace(),
        };
        let speaking = open(speaker, self.lead, request.witness);
        Box::pin(std::future::ready(Ok(speaking)))
    }
}

/// One session's voice.
struct Speaker {
    worker: Worker,
    persona: &'static Persona,
    pace: f32,
}

impl Reader for Speaker {
    fn name(&self) -> &'static str {
        NAME
    }

    fn limit(&self) -> usize {
        (PIECE * self.pace.min(1.0)) as usize
    }

    fn read(&self, words: &[Written], due: Instant) -> Piece {
        let mut text = String::new();
        let mut owners = Vec::new();
        for (at, word) in words.iter().enumerate() {
            for token in tokens(&word.reading) {
                if !text.is_empty() {
                    text.push(' ');
                }
                text.push_str(&token);
                owners.push(at);
            }
        }
        if owners.is_empty() {
            return stream::empty().boxed();
        }
        let Ok(text) = CString::new(text) else {
            // The alphabet has no zero byte; an empty piece is the harmless answer if it had.
            return stream::empty().boxed();
        };
        let (sink, sound) = mpsc::unbounded();
        let moved = self.persona.play_rate as f32 / ffi::RATE as f32;
        let job = Job {
            due,
            recording: self.persona.recording,
            play_rate: self.persona.play_rate,
            stretch: moved / self.pace,
            gain: self.persona.gain,
            text,
            tokens: owners,
            words: words.iter().map(|word| word.range.clone()).collect(),
            sink,
        };
        match self.worker.speak(job) {
            Ok(()) => sound.boxed(),
            Err(_) => {
                stream::once(async { Err(unavailable("its thread has ended".to_owned())) }).boxed()
            }
        }
    }
}

fn unavailable(message: String) -> ProviderError {
    ProviderError::Unavailable {
        engine: NAME.to_owned(),
        message,
    }
}
