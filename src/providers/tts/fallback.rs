//! Voices in an order: where one fails, the next speaks.
//!
//! A sentence of which nothing was heard yet is said by the next engine; one that broke off in the
//! middle is not repeated. The session then stays where it is, and goes back to a better engine in
//! a moment of silence once that has rested. What failed is left alone by all sessions meanwhile.

mod said;
mod session;

use std::sync::Arc;

use futures::future::BoxFuture;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::{EngineInfo, ProviderError, QUEUE, Speaking, TextToSpeech, Voice, VoiceRequest};
use crate::providers::ranking::Ranking;
use session::Session;

/// Engines in the order in which they are asked.
pub struct Fallback {
    ranking: Ranking<dyn TextToSpeech>,
}

impl Fallback {
    /// One engine out of several, of which the first is asked first.
    #[must_use]
    pub fn new(engines: impl IntoIterator<Item = Arc<dyn TextToSpeech>>) -> Self {
        let ranking = Ranking::new(engines);
        Self { ranking }
    }
}

impl TextToSpeech for Fallback {
    fn info(&self) -> EngineInfo {
        self.ranking.info(TextToSpeech::info)
    }

    fn voices(&self) -> Vec<Voice> {
        let mut voices: Vec<Voice> = Vec::new();
        for voice in self.ranking.engines().flat_map(TextToSpeech::voices) {
            if voices.iter().all(|known| known.name != voice.name) {
                voices.push(voice);
            }
        }
        voices
    }

    fn warm(&self, request: &VoiceRequest) {
        let ready = self.ranking.ready(Instant::now());
        self.ranking.engine(ready).warm(request);
    }

    fn open(&self, request: VoiceRequest) -> BoxFuture<'_, Result<Speaking, ProviderError>> {
        Box::pin(async move {
            let ranking = self.ranking.for_session();
            let opening = ranking.open(None, |engine| engine.open(request.clone()));
            let opened = opening.await?;
            let (input, inbox) = mpsc::channel(QUEUE);
            let (outbox, output) = mpsc::channel(QUEUE);
            let session = Session::new(ranking, request, opened, outbox);
            tokio::spawn(session.run(inbox));
            Ok(Speaking { input, output })
        })
    }
}
