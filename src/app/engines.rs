//! The three engines that the settings name.

use std::fmt;
use std::sync::Arc;

use crate::providers::EngineInfo;
use crate::providers::llm::LanguageModel;
use crate::providers::stt::SpeechToText;
use crate::providers::tts::TextToSpeech;

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

fn authored() -> EngineInfo {
    EngineInfo {
        name: "authored".to_owned(),
        processor: None,
        note: "The client answers with lines written beforehand, on this machine.".to_owned(),
    }
}
