//! The engines that the configuration names, started.

use std::sync::Arc;

use super::ProviderError;
use super::llm::chat::{Chat, ChatSettings};
use super::llm::{self, LanguageModel};
use super::stt::cloud::{Cloud, CloudSettings, Kind};
use super::stt::{self, SpeechToText, pocketsphinx};
use super::tts::local::Local;
use super::tts::{self, TextToSpeech, espeak, flite};
use crate::config::{CloudStt, Llm, Stt, Tts};

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
    match engines.len() {
        1 => Ok(engines.remove(0)),
        _ => Ok(Arc::new(stt::fallback::Fallback::new(engines))),
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
        Stt::StandIn { delay } => Arc::new(stt::standin::Standin::new(stt::standin::Settings {
            delay: *delay,
            ..stt::standin::Settings::default()
        })),
    })
}

/// Starts the voice.
///
/// # Errors
///
/// As the engine's own start.
pub async fn voice(settings: &Tts) -> Result<Arc<dyn TextToSpeech>, ProviderError> {
    Ok(match settings {
        Tts::Local => Arc::new(
            Local::start(
                flite::FliteSettings::default(),
                espeak::EspeakSettings::default(),
            )
            .await?,
        ),
        Tts::StandIn { delay } => {
            Arc::new(tts::standin::Standin::new(tts::standin::StandinSettings {
                delay: *delay,
                ..tts::standin::StandinSettings::default()
            }))
        }
    })
}

/// Makes the adapter of the language model; `None` if the client speaks authored lines.
///
/// # Errors
///
/// As [`Chat::new`].
pub fn model(settings: &Llm) -> Result<Option<Arc<dyn LanguageModel>>, ProviderError> {
    Ok(match settings {
        Llm::Authored => None,
        Llm::OpenAi(server) => {
            let settings = ChatSettings {
                key: server.key.clone(),
                extra: server.extra.clone(),
                first_token: server.timeout,
                ..ChatSettings::new(&server.base_url, &server.model)
            };
            Some(Arc::new(Chat::new(settings)?))
        }
        Llm::StandIn { delay, says } => {
            let usual = llm::standin::StandinSettings::default();
            let settings = llm::standin::StandinSettings {
                delay: *delay,
                sentences: says
                    .as_ref()
                    .map_or(usual.sentences, |says| vec![says.clone()]),
                between: usual.between,
            };
            Some(Arc::new(llm::standin::Standin::new(settings)))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Account, OpenAi};
    use crate::private::Private;
    use std::time::Duration;

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
        let standin = [Stt::StandIn { delay }];
        let name = listener(&standin).await.unwrap().info().name;
        assert_eq!(name, stt::standin::NAME);
        let missing = [Stt::Pocketsphinx {
            decoders: 1,
            models: "/none".into(),
        }];
        assert!(listener(&missing).await.is_err());
        let name = voice(&Tts::Local).await.unwrap().info().name;
        assert_eq!(name, tts::local::NAME);
        let name = voice(&Tts::StandIn { delay }).await.unwrap().info().name;
        assert_eq!(name, tts::standin::NAME);
        assert!(model(&Llm::Authored).unwrap().is_none());
        let standin = model(&Llm::StandIn { delay, says: None }).unwrap().unwrap();
        assert_eq!(standin.info().name, llm::standin::NAME);
        let server = OpenAi {
            base_url: "http://127.0.0.1:11434/v1".to_owned(),
            model: "small".to_owned(),
            key: None,
            timeout: Duration::from_secs(1),
            extra: serde_json::Map::new(),
        };
        let chat = model(&Llm::OpenAi(server)).unwrap().unwrap();
        assert_eq!(chat.info().name, llm::chat::NAME);
    }
}
