//! Recognisers of vendors: one way to listen through any of them, and a file per vendor with its
//! wire alone.
//!
//! Sound goes out over one WebSocket per session and is kept until its words are settled. A
//! vendor's times, which count the sound it was sent, are mapped to the session's timeline; its
//! words go to the segment of the session in which they were said. When the connection breaks,
//! another is made and what was not settled is sent again; when that fails for too long, the
//! stream is [lost](super::ListenOutput::Lost). At the end of the session the vendor is told, so
//! that nothing is paid for after it.

mod ahead;
mod answering;
mod assemblyai;
mod budget;
mod clock;
mod deepgram;
mod ear;
mod elevenlabs;
mod flushes;
mod flux;
mod link;
mod openai;
mod pace;
mod placing;
mod segments;
mod sending;
mod session;
mod tape;
mod wire;
mod words;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use futures::FutureExt as _;
use futures::future::BoxFuture;

use self::ahead::Pool;
use self::wire::Vendor;
use super::{ListenRequest, Listening, SpeechToText};
use crate::private::Private;
use crate::providers::http;
use crate::providers::{EngineInfo, ProviderError};

/// Whose recogniser it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// AssemblyAI Universal-Streaming v3.
    AssemblyAi,
    /// Deepgram listen v1.
    Deepgram,
    /// Deepgram Flux v2.
    DeepgramFlux,
    /// ElevenLabs Scribe realtime.
    ElevenLabs,
    /// OpenAI realtime transcription.
    OpenAi,
}

/// With which account, where, and which model.
#[derive(Clone, Debug)]
pub struct CloudSettings {
    /// The key.
    pub key: Private<String>,
    /// Where the vendor is, as `http(s)` or `ws(s)`.
    pub base_url: String,
    /// Which model; the vendor's usual one if none is named.
    pub model: Option<String>,
    /// Who receives the sound, if it is not whom the address says.
    pub processor: Option<String>,
}

impl CloudSettings {
    /// Who receives the sound of a company's recogniser.
    fn receiver(&self, company: &str) -> Option<String> {
        http::receiver(self.processor.as_deref(), company, &self.base_url)
    }
}

/// A vendor's recogniser.
#[derive(Clone)]
pub struct Cloud {
    vendor: Arc<dyn Vendor>,
    ahead: Pool,
}

impl Cloud {
    /// The recogniser of this vendor. Nothing is sent yet.
    #[must_use]
    pub fn new(kind: Kind, settings: CloudSettings) -> Self {
        let vendor: Arc<dyn Vendor> = match kind {
            Kind::AssemblyAi => Arc::new(assemblyai::AssemblyAi::new(settings)),
            Kind::Deepgram => Arc::new(deepgram::Deepgram::new(settings)),
            Kind::DeepgramFlux => Arc::new(flux::Flux::new(settings)),
            Kind::ElevenLabs => Arc::new(elevenlabs::ElevenLabs::new(settings)),
            Kind::OpenAi => Arc::new(openai::OpenAi::new(settings)),
        };
        Self::of(vendor)
    }

    fn of(vendor: Arc<dyn Vendor>) -> Self {
        let ahead = Pool::default();
        Self { vendor, ahead }
    }
}

impl std::fmt::Debug for Cloud {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Cloud")
            .field(&self.vendor.info().name)
            .finish()
    }
}

impl SpeechToText for Cloud {
    fn info(&self) -> EngineInfo {
        self.vendor.info()
    }

    fn warm(&self, request: &ListenRequest) {
        ahead::warm(&self.ahead, &self.vendor, request);
    }

    fn open(&self, request: ListenRequest) -> BoxFuture<'_, Result<Listening, ProviderError>> {
        session::open(self.vendor.clone(), request, &self.ahead).boxed()
    }
}
