//! The three engines that the settings name.

use std::fmt;
use std::sync::Arc;

use signaling::event::own;

use crate::config::Config;
use crate::providers::llm::LanguageModel;
use crate::providers::models::Shelf;
use crate::providers::stt::SpeechToText;
use crate::providers::tts::TextToSpeech;
use crate::providers::{EngineInfo, ProviderError, engines};

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
        let shelf = Shelf::new(&config.server.data);
        let engines = Self {
            stt: engines::listener(&config.stt, &shelf).await?,
            llm: engines::model(&config.llm)?,
            tts: engines::voice(&config.tts, &shelf).await?,
        };
        if let Some(llm) = engines.llm.clone() {
            tokio::spawn(async move { llm.warm().await });
        }
        Ok(engines)
    }

    /// What they are: who listens, who thinks, who speaks.
    #[must_use]
    pub fn info(&self) -> (EngineInfo, EngineInfo, EngineInfo) {
        let llm = self.llm.as_ref().map_or_else(authored, |llm| llm.info());
        (self.stt.info(), llm, self.tts.info())
    }

    /// What coaches are told of them.
    #[must_use]
    pub fn lines(&self) -> own::Engines {
        let line = |info: EngineInfo| own::Engine {
            name: info.name,
            note: info.note,
            processor: info.processor,
        };
        let (stt, llm, tts) = self.info();
        own::Engines {
            stt: line(stt),
            llm: line(llm),
            tts: line(tts),
        }
    }
}

impl fmt::Debug for Engines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (stt, llm, tts) = self.info();
        let names = [stt.name, llm.name, tts.name];
        f.debug_tuple("Engines").field(&names).finish()
    }
}

fn authored() -> EngineInfo {
    EngineInfo {
        name: "authored".to_owned(),
        processor: None,
        note: "The client answers with lines written beforehand, on this machine.".to_owned(),
    }
}
