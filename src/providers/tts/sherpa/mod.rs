//! A voice that a person brings: Piper or Kokoro, run by sherpa-onnx on this machine.
//!
//! The library is given phonemes; espeak-ng, a process of its own, says how words are pronounced.
//! It states no word times; they are estimated from the length of the words.

mod cast;
mod phonemes;
mod voice;

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use futures::future::BoxFuture;
use futures::stream;
use tokio::time::Instant;

use self::phonemes::Clauses;
use self::voice::Synthesis;
use super::espeak::Espeak;
use super::flite::PERSONAS;
use super::local::Local;
use super::piece::share;
use super::stream::{Made, Piece, Reader, open};
use super::text::Written;
use super::{EngineInfo, ProviderError, Speaking, TextToSpeech, Voice, VoiceRequest};
use crate::providers::models::Model;
use crate::providers::sherpa;

pub use crate::providers::sherpa::NAME;

/// Longest piece in bytes: its whole sound is made before any of it is heard.
const PIECE: usize = 120;

/// How far ahead of its listener a sentence is made; then it waits.
const LEAD: Duration = Duration::from_secs(10);

/// The language of a model that does not say.
const LANGUAGE: &str = "en-us";

/// What a model speaks first: it shows that it does, and how loud.
const TRIAL: &str = "What would you like to talk about today?";

/// One model for its language, and the voices that need none for all others.
pub struct Sherpa {
    engine: Arc<Engine>,
    others: Local,
}

struct Engine {
    synthesis: Synthesis,
    espeak: Espeak,
    model: String,
    language: String,
    gain: f32,
}

impl Sherpa {
    /// Loads a model and has it speak a sentence that nobody hears, which takes some seconds.
    ///
    /// # Errors
    ///
    /// [`ProviderError::Unavailable`] names the file that is missing or damaged, or the model that
    /// could not be loaded or says nothing; so it is without espeak-ng. A model of quite another
    /// build ends the process from within the library, which says why on standard error.
    pub async fn start(model: Model, others: Local) -> Result<Self, ProviderError> {
        let espeak = others.espeak()?.clone();
        let language = model.manifest.language.clone();
        let name = model.name.clone();
        let loaded = tokio::task::spawn_blocking(move || Synthesis::load(&model)).await;
        let broke_off = |_| sherpa::unavailable("it broke off while it started".to_owned());
        let mut engine = Engine {
            synthesis: loaded.map_err(broke_off)??,
            espeak,
            model: name,
            language: language.unwrap_or_else(|| LANGUAGE.to_owned()),
            gain: 1.0,
        };
        let phonemes = engine.phonemes(&Clauses::of([TRIAL])).await?;
        let made = engine.synthesis.speak(0, 1.0, phonemes).await?;
        engine.gain = made
            .gain()
            .ok_or_else(|| sherpa::unavailable(format!("model {} makes no sound", engine.model)))?;
        let engine = Arc::new(engine);
        Ok(Self { engine, others })
    }
}

impl Engine {
    async fn phonemes(&self, clauses: &Clauses) -> Result<Vec<i32>, ProviderError> {
        let said = self
            .espeak
            .phonemes(&self.language, clauses.texts())
            .await?;
        Ok(clauses.codepoints(&said))
    }
}

impl TextToSpeech for Sherpa {
    fn info(&self) -> EngineInfo {
        let Engine {
            model, language, ..
        } = &*self.engine;
        EngineInfo {
            name: NAME.to_owned(),
            processor: None,
            note: format!(
                "Speaks {language} on this machine with the model {model}; other languages \
                 plainly as a computer."
            ),
        }
    }

    fn voices(&self) -> Vec<Voice> {
        let Engine {
            model, synthesis, ..
        } = &*self.engine;
        let persona = |at: usize| {
            let speaker = cast::speaker(at, synthesis.speakers());
            Voice {
                name: PERSONAS[at].name.to_owned(),
                language: self.engine.language.clone(),
                description: format!("{model}, speaker {speaker}"),
            }
        };
        (0..PERSONAS.len()).map(persona).collect()
    }

    fn open(&self, request: VoiceRequest) -> BoxFuture<'_, Result<Speaking, ProviderError>> {
        let wanted = request.language.as_deref().unwrap_or("en");
        if !sherpa::same_language(&self.engine.language, wanted) {
            return self.others.open(request);
        }
        let named = |name: &str| name.eq_ignore_ascii_case(&request.voice);
        let at = PERSONAS.iter().position(|persona| named(persona.name));
        let reader = Speaker {
            engine: Arc::clone(&self.engine),
            speaker: cast::speaker(at.unwrap_or(0), self.engine.synthesis.speakers()),
            pace: request.pace(),
        };
        Box::pin(std::future::ready(Ok(open(reader, LEAD, request.witness))))
    }
}

/// One session's voice.
struct Speaker {
    engine: Arc<Engine>,
    speaker: i32,
    pace: f32,
}

impl Reader for Speaker {
    fn name(&self) -> &'static str {
        NAME
    }

    fn model(&self) -> Option<&str> {
        Some(&self.engine.model)
    }

    fn limit(&self) -> usize {
        PIECE
    }

    fn read(&self, words: &[Written], _due: Instant) -> Piece {
        let clauses = Clauses::of(words.iter().map(|word| word.reading.as_str()));
        let words: Vec<_> = words
            .iter()
            .map(|word| (word.range.clone(), word.reading.chars().count()))
            .collect();
        let engine = Arc::clone(&self.engine);
        let (speaker, pace) = (self.speaker, self.pace);
        let made = async move {
            let phonemes = engine.phonemes(&clauses).await?;
            let made = engine.synthesis.speak(speaker, pace, phonemes).await?;
            let (samples, voiced) = made.sound(engine.gain)?;
            Ok([Made::Words(share(words, voiced)), Made::Audio(samples)])
        };
        let outputs = |made: Result<[Made; 2], ProviderError>| match made {
            Ok(made) => made.map(Ok).to_vec(),
            Err(error) => vec![Err(error)],
        };
        stream::once(made)
            .flat_map(move |made| stream::iter(outputs(made)))
            .boxed()
    }
}

#[cfg(test)]
mod tests;
