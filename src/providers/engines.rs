//! The engines that the configuration names, started.

use std::sync::Arc;

use super::ProviderError;
use super::llm::chat::{Chat, ChatSettings};
use super::llm::{self, LanguageModel};
use super::tts::local::Local;
use super::tts::{self, TextToSpeech, espeak, flite};
use crate::config::{Llm, Tts};

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
                first_token: server.timeout,
                ..ChatSettings::new(&server.base_url, &server.model)
            };
            Some(Arc::new(Chat::new(settings)?))
        }
        Llm::StandIn { delay } => Some(Arc::new(llm::standin::Standin::new(
            llm::standin::StandinSettings {
                delay: *delay,
                ..llm::standin::StandinSettings::default()
            },
        ))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::OpenAi;
    use std::time::Duration;

    #[tokio::test]
    async fn what_is_named_is_started() {
        let delay = Duration::ZERO;
        let name = voice(&Tts::Local).await.unwrap().info().name;
        assert_eq!(name, tts::local::NAME);
        let name = voice(&Tts::StandIn { delay }).await.unwrap().info().name;
        assert_eq!(name, tts::standin::NAME);
        assert!(model(&Llm::Authored).unwrap().is_none());
        let standin = model(&Llm::StandIn { delay }).unwrap().unwrap();
        assert_eq!(standin.info().name, llm::standin::NAME);
        let server = OpenAi {
            base_url: "http://127.0.0.1:11434/v1".to_owned(),
            model: "small".to_owned(),
            key: None,
            timeout: Duration::from_secs(1),
        };
        let chat = model(&Llm::OpenAi(server)).unwrap().unwrap();
        assert_eq!(chat.info().name, llm::chat::NAME);
    }
}
