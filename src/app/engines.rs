//! The three engines that the settings name.

use std::fmt;
use std::sync::Arc;

use crate::config::{self, Config};
use crate::providers::llm::LanguageModel;
use crate::providers::llm::chat::{Chat, ChatSettings};
use crate::providers::stt::SpeechToText;
use crate::providers::stt::pocketsphinx::{self, Pocketsphinx};
use crate::providers::tts::TextToSpeech;
use crate::providers::tts::espeak::EspeakSettings;
use crate::providers::tts::flite::FliteSettings;
use crate::providers::tts::local::Local;
use crate::providers::{EngineInfo, ProviderError, llm, stt, tts};

/// Who listens, thinks and speaks.
#[derive(Clone)]
pub struct Engines {
    /// Who listens.
    pub stt: Arc<dyn SpeechToText>,
    /// Who thinks of what the client says; `None`: the client's authored lines.
    pub llm: Option<Arc<dyn LanguageModel>>,
    /// Who speaks.
    pub tts: Arc<dyn TextToSpeech>,
}

impl Engines {
    /// Starts the engines that the settings name. Models are loaded before this returns, so that
    /// the first session is as quick as the second.
    ///
    /// # Errors
    ///
    /// If one cannot work here; the error says which.
    pub async fn start(config: &Config) -> Result<Self, ProviderError> {
        Ok(Self {
            stt: listener(&config.stt).await?,
            llm: thinker(&config.llm).await?,
            tts: speaker(&config.tts).await?,
        })
    }

    /// What they are: who listens, who thinks, who speaks.
    #[must_use]
    pub fn info(&self) -> (EngineInfo, EngineInfo, EngineInfo) {
        let llm = self.llm.as_ref().map_or_else(authored, |llm| llm.info());
        (self.stt.info(), llm, self.tts.info())
    }
}

impl fmt::Debug for Engines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (stt, llm, tts) = self.info();
        let names = [stt.name, llm.name, tts.name];
        f.debug_tuple("Engines").field(&names).finish()
    }
}

async fn listener(config: &config::Stt) -> Result<Arc<dyn SpeechToText>, ProviderError> {
    Ok(match config {
        config::Stt::Pocketsphinx { decoders, models } => {
            let settings = pocketsphinx::Settings {
                decoders: *decoders,
                models: models.clone(),
                ..Default::default()
            };
            // Loading the models blocks for some tenths of a second.
            let started = tokio::task::spawn_blocking(move || Pocketsphinx::start(&settings));
            Arc::new(started.await.map_err(|_| gone(pocketsphinx::NAME))??)
        }
        config::Stt::StandIn { delay } => {
            let delay = *delay;
            let settings = stt::standin::Settings {
                delay,
                ..Default::default()
            };
            Arc::new(stt::standin::Standin::new(settings))
        }
    })
}

async fn thinker(config: &config::Llm) -> Result<Option<Arc<dyn LanguageModel>>, ProviderError> {
    Ok(match config {
        config::Llm::Authored => None,
        config::Llm::OpenAi(server) => {
            let chat = Chat::new(ChatSettings {
                key: server.key.clone(),
                extra: server.extra.clone(),
                first_token: server.timeout,
                ..ChatSettings::new(&server.base_url, &server.model)
            })?;
            chat.warm().await;
            Some(Arc::new(chat))
        }
        config::Llm::StandIn { delay } => {
            let delay = *delay;
            let settings = llm::standin::StandinSettings {
                delay,
                ..Default::default()
            };
            Some(Arc::new(llm::standin::Standin::new(settings)))
        }
    })
}

async fn speaker(config: &config::Tts) -> Result<Arc<dyn TextToSpeech>, ProviderError> {
    Ok(match config {
        config::Tts::Local => {
            Arc::new(Local::start(FliteSettings::default(), EspeakSettings::default()).await?)
        }
        config::Tts::StandIn { delay } => {
            let delay = *delay;
            let settings = tts::standin::StandinSettings {
                delay,
                ..Default::default()
            };
            Arc::new(tts::standin::Standin::new(settings))
        }
    })
}

fn gone(engine: &str) -> ProviderError {
    ProviderError::Unavailable {
        engine: engine.to_owned(),
        message: "it broke off while it started".to_owned(),
    }
}

fn authored() -> EngineInfo {
    EngineInfo {
        name: "authored".to_owned(),
        processor: None,
        note: "The client answers with lines written beforehand, on this machine.".to_owned(),
    }
}
