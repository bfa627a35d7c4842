//! A recogniser that a person brings: a streaming transducer, run by sherpa-onnx on this machine.

mod ear;
mod words;

use std::sync::Arc;
use std::sync::mpsc::channel;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use sherpa_onnx::{OnlineRecognizer, OnlineRecognizerConfig};
use tokio::sync::mpsc;

use self::words::Spelling;
use super::local::{RATE, Segment, Speaker, Stream};
use super::{ListenRequest, Listening, QUEUE, SpeechToText};
use crate::providers::models::{Family, Model};
use crate::providers::{EngineInfo, ProviderError, sherpa};

pub use crate::providers::sherpa::NAME;

/// The recogniser: one model, and a thread for each session.
pub struct Sherpa {
    recogniser: Arc<OnlineRecognizer>,
    spelling: Spelling,
    model: String,
    language: Option<String>,
}

impl Sherpa {
    /// Loads a model, which blocks for some seconds.
    ///
    /// # Errors
    ///
    /// [`ProviderError::Unavailable`] names the file that is missing or damaged, or the model that
    /// could not be loaded. A model of quite another build ends the process from within the
    /// library, which says why on standard error.
    pub fn start(model: &Model) -> Result<Self, ProviderError> {
        sherpa::check(model, &[Family::Transducer])?;
        let tokens = sherpa::file(model, "tokens")?;
        let spelling = Spelling::of(&sherpa::read(&tokens)?);
        let mut config = OnlineRecognizerConfig::default();
        let parts = &mut config.model_config;
        parts.transducer.encoder = Some(sherpa::file(model, "encoder")?);
        parts.transducer.decoder = Some(sherpa::file(model, "decoder")?);
        parts.transducer.joiner = Some(sherpa::file(model, "joiner")?);
        parts.tokens = Some(tokens);
        config.feat_config.sample_rate = RATE as i32;
        config.decoding_method = Some("greedy_search".to_owned());
        sherpa::loading(model);
        let recogniser = OnlineRecognizer::create(&config);
        Ok(Self {
            recogniser: Arc::new(recogniser.ok_or_else(|| sherpa::not_loaded(model))?),
            spelling,
            model: model.name.clone(),
            language: model.manifest.language.clone(),
        })
    }
}

impl SpeechToText for Sherpa {
    fn info(&self) -> EngineInfo {
        EngineInfo {
            name: NAME.to_owned(),
            processor: None,
            note: format!(
                "Listens on this machine with the model {}, nothing leaves it.",
                self.model
            ),
        }
    }

    fn open(&self, request: ListenRequest) -> BoxFuture<'_, Result<Listening, ProviderError>> {
        async move {
            let wanted = request.language.as_deref().unwrap_or("en");
            let own = self.language.as_deref();
            if own.is_some_and(|own| !sherpa::same_language(own, wanted)) {
                return Err(ProviderError::Rejected {
                    engine: NAME.to_owned(),
                    message: format!("the model {} does not understand {wanted:?}", self.model),
                });
            }
            let (input, inputs) = mpsc::channel(QUEUE);
            let (outputs, output) = mpsc::channel(QUEUE);
            let (segments, mine) = channel::<Segment<()>>();
            let recogniser = Arc::clone(&self.recogniser);
            let spelling = self.spelling;
            // It waits for sound most of the time, and ends with the session.
            let thread = std::thread::Builder::new().name(NAME.to_owned());
            let run = move || ear::run(&recogniser, spelling, &mine);
            let spawned = thread.spawn(run);
            spawned.map_err(|error| sherpa::unavailable(error.to_string()))?;
            let submit = move |segment| {
                if let Err(refused) = segments.send(segment) {
                    let why = "the session's thread has ended".to_owned();
                    refused.0.fail(sherpa::unavailable(why));
                }
            };
            let stream = Stream::new(NAME, Speaker::new((), outputs), submit);
            tokio::spawn(stream.run(inputs));
            Ok(Listening { input, output })
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests;
