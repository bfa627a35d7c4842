//! Recognisers in an order: where one fails, the next listens, from the sound that is kept.
//!
//! What the session said of segments that are not answered yet is told again to the next engine,
//! with their sound. What failed is left alone for a while by all sessions; a session that has
//! moved on stays where it is.

mod memory;
mod session;

use std::sync::Arc;

use futures::future::BoxFuture;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::{ListenRequest, Listening, QUEUE, SpeechToText};
use crate::providers::breaker::Breaker;
use crate::providers::{EngineInfo, ProviderError};
use session::Session;

/// Engines in the order in which they are asked.
pub struct Fallback {
    engines: Arc<[Ranked]>,
}

/// An engine and what is known of its failures.
struct Ranked {
    engine: Arc<dyn SpeechToText>,
    breaker: Breaker,
}

impl Fallback {
    /// One engine out of several, of which the first is asked first.
    #[must_use]
    pub fn new(engines: impl IntoIterator<Item = Arc<dyn SpeechToText>>) -> Self {
        let ranked = |engine| Ranked {
            engine,
            breaker: Breaker::default(),
        };
        Self {
            engines: engines.into_iter().map(ranked).collect(),
        }
    }
}

impl SpeechToText for Fallback {
    fn info(&self) -> EngineInfo {
        let mut infos = self.engines.iter().map(|ranked| ranked.engine.info());
        let mut info = infos.next().unwrap_or_else(|| EngineInfo {
            name: String::new(),
            processor: None,
            note: String::new(),
        });
        let mut processors: Vec<String> = info.processor.take().into_iter().collect();
        let mut others = Vec::new();
        for other in infos {
            processors.extend(other.processor.filter(|name| !processors.contains(name)));
            others.push(other.name);
        }
        info.processor = (!processors.is_empty()).then(|| processors.join(", "));
        if !others.is_empty() {
            info.note = format!("{} If it fails: {}.", info.note, others.join(", then "));
        }
        info
    }

    fn open(&self, request: ListenRequest) -> BoxFuture<'_, Result<Listening, ProviderError>> {
        Box::pin(async move {
            let opened = first(self.engines.clone(), request.clone(), None, None).await?;
            let (input, inputs) = mpsc::channel(QUEUE);
            let (outputs, output) = mpsc::channel(QUEUE);
            let session = Session::new(self.engines.clone(), request, opened, inputs, outputs);
            tokio::spawn(session.run());
            Ok(Listening { input, output })
        })
    }
}

/// A stream of an engine that could be opened.
struct Opened {
    rank: usize,
    listening: Listening,
    /// Why the ones before it were not taken, if there are any.
    instead: Option<ProviderError>,
}

/// Opens the first engine that can be opened and does not rest; if all rest, whichever can be.
/// `except`, which failed with `why`, is not asked.
async fn first(
    engines: Arc<[Ranked]>,
    request: ListenRequest,
    except: Option<usize>,
    why: Option<ProviderError>,
) -> Result<Opened, ProviderError> {
    let now = Instant::now();
    let resting = |rank: &usize| engines[*rank].breaker.rests(now);
    let asked = (0..engines.len()).filter(|rank| Some(*rank) != except);
    let (rest, ready): (Vec<_>, Vec<_>) = asked.partition(|rank| resting(rank).is_some());
    let mut instead = why;
    if let (Some(passed), Some(taken)) = (rest.first(), ready.first())
        && passed < taken
        && let Some((_, error)) = resting(passed)
    {
        instead.get_or_insert(error);
    }
    for rank in ready.into_iter().chain(rest) {
        let Ranked { engine, breaker } = &engines[rank];
        match engine.open(request.clone()).await {
            Ok(listening) => {
                return Ok(Opened {
                    rank,
                    listening,
                    instead,
                });
            }
            Err(error) => {
                breaker.failed(&error, Instant::now());
                instead.get_or_insert(error);
            }
        }
    }
    Err(instead.unwrap_or_else(|| ProviderError::Unavailable {
        engine: "recogniser".to_owned(),
        message: "no other engine is configured".to_owned(),
    }))
}

#[cfg(test)]
mod tests;
