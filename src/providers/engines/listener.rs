//! The recognisers that the configuration names, started.

use std::path::Path;
use std::sync::Arc;

use super::installed;
use crate::config::{CloudStt, Stt};
use crate::providers::ProviderError;
use crate::providers::models::{Kind as Does, Shelf};
use crate::providers::stt::cloud::{Cloud, CloudSettings, Kind};
use crate::providers::stt::fallback::Fallback;
use crate::providers::stt::{SpeechToText, pocketsphinx, standin};

/// Starts the recognisers, of which the first listens and the others stand in for it. Local
/// models are loaded before this returns, so that the first session is as quick as the second;
/// those that a person brought stand on the shelf. An engine that two names lead to is one; a last
/// resort that cannot work here is none.
///
/// # Errors
///
/// As the engines' own start.
pub async fn listener(
    settings: &[Stt],
    shelf: &Shelf,
) -> Result<Arc<dyn SpeechToText>, ProviderError> {
    let mut engines: Vec<Arc<dyn SpeechToText>> = Vec::new();
    for settings in settings {
        let engine = match one_listener(settings, shelf).await {
            Err(error) if matches!(settings, Stt::LastResort { .. }) => {
                tracing::warn!(%error, "if every vendor fails, nobody on this machine listens");
                continue;
            }
            engine => engine?,
        };
        let name = engine.info().name;
        if engines.iter().all(|other| other.info().name != name) {
            engines.push(engine);
        }
    }
    match settings {
        // Nothing to be counted, and nobody to stand in.
        [Stt::Local { .. } | Stt::Pocketsphinx { .. } | Stt::StandIn { .. }] => {
            Ok(engines.remove(0))
        }
        _ => Ok(Arc::new(Fallback::new(engines))),
    }
}

pub(in crate::providers) async fn one_listener(
    settings: &Stt,
    shelf: &Shelf,
) -> Result<Arc<dyn SpeechToText>, ProviderError> {
    let cloud = |kind, settings: &CloudStt| -> Arc<dyn SpeechToText> {
        let settings = CloudSettings {
            key: settings.account.key.clone(),
            base_url: settings.account.base_url.clone(),
            model: settings.model.clone(),
            processor: settings.account.processor.clone(),
        };
        Arc::new(Cloud::new(kind, settings))
    };
    Ok(match settings {
        Stt::Local {
            model,
            decoders,
            models,
        } => match installed::model(shelf, Does::Stt, model.as_deref())? {
            #[cfg(feature = "sherpa")]
            Some(model) => {
                use crate::providers::stt::sherpa::{NAME, Sherpa};
                Arc::new(loaded(NAME, move || Sherpa::start(&model)).await?)
            }
            _ => sphinx(*decoders, models).await?,
        },
        Stt::LastResort { decoders, models } => {
            let local = Stt::Local {
                model: None,
                decoders: *decoders,
                models: models.clone(),
            };
            Box::pin(one_listener(&local, shelf)).await?
        }
        Stt::Pocketsphinx { decoders, models } => sphinx(*decoders, models).await?,
        Stt::AssemblyAi(settings) => cloud(Kind::AssemblyAi, settings),
        Stt::Deepgram(settings) => cloud(Kind::Deepgram, settings),
        Stt::DeepgramFlux(settings) => cloud(Kind::DeepgramFlux, settings),
        Stt::ElevenLabs(settings) => cloud(Kind::ElevenLabs, settings),
        Stt::OpenAi(settings) => cloud(Kind::OpenAi, settings),
        Stt::StandIn { delay } => Arc::new(standin::Standin::new(standin::Settings {
            delay: *delay,
            ..standin::Settings::default()
        })),
    })
}

async fn sphinx(decoders: usize, models: &Path) -> Result<Arc<dyn SpeechToText>, ProviderError> {
    let settings = pocketsphinx::Settings {
        decoders,
        models: models.to_owned(),
        ..pocketsphinx::Settings::default()
    };
    let start = move || pocketsphinx::Pocketsphinx::start(&settings);
    Ok(Arc::new(loaded(pocketsphinx::NAME, start).await?))
}

/// Loading models blocks for tenths of a second, or seconds.
async fn loaded<E: Send + 'static>(
    engine: &str,
    start: impl FnOnce() -> Result<E, ProviderError> + Send + 'static,
) -> Result<E, ProviderError> {
    let started = tokio::task::spawn_blocking(start).await;
    started.map_err(|_| ProviderError::Unavailable {
        engine: engine.to_owned(),
        message: "it broke off while it started".to_owned(),
    })?
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::config::Account;
    use crate::private::Private;

    /// Without models.
    fn shelf() -> Shelf {
        Shelf::new(Path::new("/none"))
    }

    #[tokio::test]
    async fn whoever_may_receive_the_sound_is_named() {
        let settings = |base_url: &str| CloudStt {
            account: Account {
                key: Private::new("letters".to_owned()),
                base_url: base_url.to_owned(),
                processor: None,
            },
            model: None,
        };
        let delay = Duration::ZERO;
        let all = [
            Stt::DeepgramFlux(settings("wss://api.eu.deepgram.com")),
            Stt::Deepgram(settings("wss://api.eu.deepgram.com")),
            Stt::AssemblyAi(settings("https://streaming.assemblyai.com")),
            Stt::ElevenLabs(settings("https://api.elevenlabs.io")),
            Stt::OpenAi(settings("https://api.openai.com/v1")),
            Stt::StandIn { delay },
        ];
        let info = listener(&all, &shelf()).await.unwrap().info();
        assert_eq!(info.name, "deepgram-flux");
        let processors = "Deepgram (api.eu.deepgram.com), \
            AssemblyAI (streaming.assemblyai.com), ElevenLabs (api.elevenlabs.io), \
            OpenAI (api.openai.com)";
        assert_eq!(info.processor.as_deref(), Some(processors));
        assert!(info.note.contains("If it fails: deepgram, then assemblyai"));
    }

    #[tokio::test]
    async fn what_is_named_is_started() {
        let delay = Duration::ZERO;
        let named = [Stt::StandIn { delay }];
        let name = listener(&named, &shelf()).await.unwrap().info().name;
        assert_eq!(name, standin::NAME);
        let missing = [Stt::Pocketsphinx {
            decoders: 1,
            models: "/none".into(),
        }];
        assert!(listener(&missing, &shelf()).await.is_err());
    }

    #[tokio::test]
    async fn this_machine_stands_in_at_last_if_it_can() {
        let cloud = || {
            let key = Private::new("letters".to_owned());
            let base_url = "https://api.deepgram.com".to_owned();
            let account = Account {
                key,
                base_url,
                processor: None,
            };
            let model = None;
            Stt::Deepgram(CloudStt { account, model })
        };
        let last = |models| Stt::LastResort {
            decoders: 1,
            models,
        };
        let models = pocketsphinx::Settings::default().models;
        let both = [cloud(), last(models)];
        let note = listener(&both, &shelf()).await.unwrap().info().note;
        assert!(note.ends_with("If it fails: pocketsphinx."), "{note}");
        let alone = [cloud(), last("/none".into())];
        let note = listener(&alone, &shelf()).await.unwrap().info().note;
        assert!(!note.contains("If it fails"), "{note}");
    }

    #[tokio::test]
    async fn without_a_model_pocketsphinx_listens_and_only_once() {
        let models = pocketsphinx::Settings::default().models;
        let local = Stt::Local {
            model: None,
            decoders: 1,
            models: models.clone(),
        };
        let sphinx = Stt::Pocketsphinx {
            decoders: 1,
            models,
        };
        let both = [local, sphinx];
        let info = listener(&both, &shelf()).await.unwrap().info();
        assert_eq!(info.name, pocketsphinx::NAME);
        assert!(!info.note.contains("If it fails"), "{}", info.note);
    }
}
