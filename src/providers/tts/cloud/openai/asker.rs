//! OpenAI's wire: a request for every sentence.
//!
//! As of November 2026: raw samples at 24 kHz in chunks that may split one in two. Giving a
//! sentence up drops its request.

use futures::StreamExt;
use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::{Client, Response, Url};
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

use super::NAME;
use super::body::{Beginning, Called, called};
use crate::providers::ProviderError;
use crate::providers::http::{Warmth, body, retry_after};
use crate::providers::socket::unavailable;
use crate::providers::tts::cloud::reading::Reading;
use crate::providers::tts::cloud::wire::{fault, fault_name};
use crate::providers::tts::cloud::{Patience, Recipient};
use crate::providers::tts::stream::Made;
use crate::providers::tts::text::Written;

/// Makes requests.
#[derive(Clone, Debug)]
pub(super) struct Asker {
    pub client: Client,
    pub speech: Url,
    pub models: Url,
    pub key: HeaderValue,
    pub patience: Patience,
    pub warmth: Warmth,
}

/// A sentence to be spoken.
pub(super) struct Order {
    pub text: String,
    /// The request, with the text in it.
    pub body: Value,
    pub words: Vec<Written>,
    pub recipient: Recipient,
    pub reply: mpsc::Sender<Result<Made, ProviderError>>,
}

impl Asker {
    /// Opens a connection, which then waits for the first sentence: the list of the models is asked
    /// for, with which nobody's words go out and which costs nothing.
    pub async fn warm(&self) {
        let request = self.client.get(self.models.clone());
        let request = request.header(AUTHORIZATION, self.key.clone());
        self.warmth.open(request, self.patience.connect).await;
    }

    /// Has a sentence spoken; once more, if the connection breaks before any sound.
    pub async fn speak(&self, order: &Order) -> Result<(), ProviderError> {
        let deadline = Instant::now() + self.patience.first_sound;
        let mut heard = false;
        let mut told = self.attempt(order, deadline, &mut heard).await;
        if !heard && matches!(told, Err(ProviderError::Unavailable { .. })) {
            told = self.attempt(order, deadline, &mut heard).await;
        }
        told
    }

    async fn attempt(
        &self,
        order: &Order,
        deadline: Instant,
        heard: &mut bool,
    ) -> Result<(), ProviderError> {
        let (patience, reply) = (&self.patience, &order.reply);
        let late = |after| ProviderError::TimedOut {
            engine: NAME.to_owned(),
            after,
        };
        order.recipient.gets(&order.text);
        let response = timeout_at(deadline, self.ask(&order.body)).await;
        let response = response.map_err(|_| late(patience.first_sound))??;
        let _ = reply.send(Ok(Made::Reached)).await;
        let mut beginning = match called(&response)? {
            Called::Json => {
                let refused = timeout_at(deadline, refusal(response)).await;
                return Err(refused.unwrap_or_else(|_| late(patience.first_sound)));
            }
            sound => Beginning::new(sound),
        };
        let mut chunks = response.bytes_stream();
        let mut reading = Reading::new(&order.words);
        loop {
            let (until, after) = match heard {
                false => (deadline, patience.first_sound),
                true => (Instant::now() + patience.stall, patience.stall),
            };
            let chunk = timeout_at(until, chunks.next()).await;
            let chunk = chunk.map_err(|_| late(after))?.transpose();
            let chunk = chunk.map_err(|_| unavailable(NAME, "its sound broke off".to_owned()))?;
            let bytes = match &chunk {
                Some(bytes) => beginning.take(bytes),
                None => beginning.end(),
            }?;
            if let Some(sound) = reading.sound(&bytes) {
                *heard = true;
                let _ = reply.send(Ok(sound)).await;
            }
            if chunk.is_none() {
                break;
            }
        }
        if let Some(words) = reading.finish(NAME)? {
            let _ = reply.send(Ok(words)).await;
        }
        Ok(())
    }

    async fn ask(&self, body: &Value) -> Result<Response, ProviderError> {
        let request = self.client.post(self.speech.clone());
        let request = request.header(AUTHORIZATION, self.key.clone()).json(body);
        match request.send().await {
            Ok(response) if response.status().is_success() => Ok(response),
            Ok(response) => Err(refusal(response).await),
            Err(error) => {
                let what = match error.is_connect() {
                    true => "cannot connect",
                    false => "no response",
                };
                Err(unavailable(NAME, what.to_owned()))
            }
        }
    }
}

/// What a response means that is no success, or that tells of an error whatever its status.
async fn refusal(response: Response) -> ProviderError {
    let status = response.status();
    let status = (!status.is_success()).then(|| status.as_u16().into());
    let retry_after = retry_after(response.headers());
    let body = serde_json::from_slice(&body(response).await).unwrap_or(Value::Null);
    match fault(NAME, status, fault_name(&body)) {
        ProviderError::Limited { engine, .. } => ProviderError::Limited {
            engine,
            retry_after,
        },
        other => other,
    }
}
