//! Recognisers in an order: where one fails, the next listens, from the sound that is kept.
//!
//! What the session said of segments that are not answered yet is told again to the next engine,
//! with their sound. What failed is left alone for a while by all sessions; a session that has
//! moved on goes back once that has rested, at a moment when everything is answered.

mod memory;
mod session;
mod standing;

use std::sync::Arc;

use futures::future::BoxFuture;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::{ListenRequest, Listening, QUEUE, SpeechToText};
use crate::providers::ranking::Ranking;
use crate::providers::{EngineInfo, ProviderError};
use session::Session;

/// Engines in the order in which they are asked.
pub struct Fallback {
    ranking: Ranking<dyn SpeechToText>,
}

impl Fallback {
    /// One engine out of several, of which the first is asked first.
    #[must_use]
    pub fn new(engines: impl IntoIterator<Item = Arc<dyn SpeechToText>>) -> Self {
        let ranking = Ranking::new(engines);
        Self { ranking }
    }
}

impl SpeechToText for Fallback {
    fn info(&self) -> EngineInfo {
        self.ranking.info(SpeechToText::info)
    }

    fn warm(&self, request: &ListenRequest) {
        let ready = self.ranking.ready(Instant::now());
        self.ranking.engine(ready).warm(request);
    }

    fn open(&self, request: ListenRequest) -> BoxFuture<'_, Result<Listening, ProviderError>> {
        let has_stand_in = self.ranking.len() > 1;
        let request = ListenRequest {
            has_stand_in,
            ..request
        };
        Box::pin(async move {
            let ranking = self.ranking.for_session();
            let opening = ranking.open(None, |engine| engine.open(request.clone()));
            let opened = opening.await?;
            let (input, inputs) = mpsc::channel(QUEUE);
            let (outputs, output) = mpsc::channel(QUEUE);
            let session = Session::new(ranking, request, opened, inputs, outputs);
            tokio::spawn(session.run());
            Ok(Listening { input, output })
        })
    }
}

#[cfg(test)]
mod tests;
