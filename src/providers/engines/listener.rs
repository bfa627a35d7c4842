//! The recognisers that the configuration names, started.

use std::sync::Arc;

use crate::config::{CloudStt, Stt};
use crate::providers::ProviderError;
use crate::providers::stt::cloud::{Cloud, CloudSettings, Kind};
use crate::providers::stt::fallback::Fallback;
use crate::providers::stt::{SpeechToText, pocketsphinx, standin};

/// Starts the recognisers, of which the first listens and the others stand in for it. Local
/// models are loaded before this returns, so that the first session is as quick as the second.
///
/// # Errors
///
/// As the engines' own start.
pub async fn listener(settings: &[Stt]) -> Result<Arc<dyn SpeechToText>, ProviderError> {
    let mut engines = Vec::new();
    for settings in settings {
        engines.push(one_listener(settings).await?);
    }
    match settings {
        // Nothing to be counted, and nobody to stand in.
        [Stt::Pocketsphinx { .. } | Stt::StandIn { .. }] => Ok(engines.remove(0)),
        _ => Ok(Arc::new(Fallback::new(engines))),
    }
}

async fn one_listener(settings: &Stt) -> Result<Arc<dyn SpeechToText>, ProviderError> {
    let cloud = |kind, settings: &CloudStt| -> Arc<dyn SpeechToText> {
        let settings = CloudSettings {
            key: settings.account.key.clone(),
            base_url: settings.account.base_url.clone(),
            model: settings.model.clone(),
        };
        Arc::new(Cloud::new(kind, settings))
    };
    Ok(match settings {
        Stt::Pocketsphinx { decoders, models } => {
            let settings = pocketsphinx::Settings {
                decoders: *decoders,
                models: models.clone(),
                ..pocketsphinx::Settings::default()
            };
            // Loading the models blocks for some tenths of a second.
            let start = move || pocketsphinx::Pocketsphinx::start(&settings);
            let started = tokio::task::spawn_blocking(start).await;
            Arc::new(started.map_err(|_| ProviderError::Unavailable {
                engine: pocketsphinx::NAME.to_owned(),
                message: "it broke off while it started".to_owned(),
            })??)
        }
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::config::Account;
    use crate::private::Private;

    #[tokio::test]
    async fn whoever_may_receive_the_sound_is_named() {
        let settings = |base_url: &str| CloudStt {
            account: Account {
                key: Private::new("letters".to_owned()),
                base_url: base_url.to_owned(),
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
        let info = listener(&all).await.unwrap().info();
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
        let name = listener(&named).await.unwrap().info().name;
        assert_eq!(name, standin::NAME);
        let missing = [Stt::Pocketsphinx {
            decoders: 1,
            models: "/none".into(),
        }];
        assert!(listener(&missing).await.is_err());
    }
}
