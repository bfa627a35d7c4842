//! OpenAI's voices over `POST /v1/audio/speech`: one request per sentence, no word times.

mod asker;
mod body;

use std::time::Duration;

use asker::{Asker, Order};

use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::poll_fn;
use reqwest::Url;
use reqwest::header::HeaderValue;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;

use super::{CloudSettings, Recipient, WAITING, plain, whole};
use crate::private::Private;
use crate::providers::http::{self, Warmth};
use crate::providers::socket::{unavailable, unusable};
use crate::providers::tts::stream::{Piece, Reader, open};
use crate::providers::tts::text::Written;
use crate::providers::tts::{
    EngineInfo, ProviderError, Speaking, TextToSpeech, Voice, VoiceRequest,
};

/// Its name in the configuration.
pub const NAME: &str = "openai";

/// Where it is.
pub const BASE_URL: &str = "https://api.openai.com/v1";

/// The model that speaks unless another is named.
pub const MODEL: &str = "gpt-4o-mini-tts";

/// Our voices with its.
pub const VOICES: &[(&str, &str)] = &[
    ("reed", "onyx"),
    ("hazel", "coral"),
    ("heath", "ballad"),
    ("linnet", "shimmer"),
    ("flint", "ash"),
    ("rowan", "verse"),
    ("relay", "alloy"),
];

/// The usual settings with this key.
#[must_use]
pub fn settings(key: Private<String>) -> CloudSettings {
    CloudSettings::usual(BASE_URL, MODEL, VOICES, key)
}

/// The engine.
#[derive(Debug)]
pub struct Speech {
    asker: Asker,
    settings: CloudSettings,
}

impl Speech {
    /// An engine for these settings. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`ProviderError::Unusable`] if the address or the key cannot be used or there is no voice,
    /// [`ProviderError::Unavailable`] if there is no TLS.
    pub fn new(settings: CloudSettings) -> Result<Self, ProviderError> {
        let wrong = |what: &str| unusable(NAME, what.to_owned());
        let base = http::address(&settings.base_url)
            .ok_or_else(|| wrong("its address is not one of http or https"))?;
        if settings.voices.is_empty() {
            return Err(wrong("it has no voices"));
        }
        let url = |path: &str| {
            Url::parse(&format!("{}/{path}", base.as_str().trim_end_matches('/')))
                .map_err(|_| wrong("its address takes no path"))
        };
        let mut key = HeaderValue::from_str(&format!("Bearer {}", settings.key.expose()))
            .map_err(|_| wrong("its key has characters that no key has"))?;
        key.set_sensitive(true);
        let here = http::processor(&base).is_none();
        let client = http::client(settings.patience.connect, here)
            .map_err(|error| unavailable(NAME, error))?;
        Ok(Self {
            asker: Asker {
                client,
                speech: url("audio/speech")?,
                models: url("models")?,
                key,
                patience: settings.patience,
                warmth: Warmth::default(),
            },
            settings,
        })
    }
}

impl TextToSpeech for Speech {
    fn info(&self) -> EngineInfo {
        EngineInfo {
            name: NAME.to_owned(),
            processor: self.settings.receiver("OpenAI"),
            note: "OpenAI speaks; when each word is spoken is estimated.".to_owned(),
        }
    }

    fn voices(&self) -> Vec<Voice> {
        self.settings.listed()
    }

    fn warm(&self, _: &VoiceRequest) {
        let asker = self.asker.clone();
        tokio::spawn(async move { asker.warm().await });
    }

    fn open(&self, request: VoiceRequest) -> BoxFuture<'_, Result<Speaking, ProviderError>> {
        let settings = &self.settings;
        let mut body = json!({
            "model": settings.model,
            "voice": settings.voice(&request.voice),
            "response_format": "pcm",
        });
        if (request.pace() - 1.0).abs() > 0.01 {
            body["speed"] = json!(request.pace());
        }
        self.warm(&request);
        let speaker = Speaker {
            asker: self.asker.clone(),
            recipient: Recipient {
                engine: NAME,
                processor: self.info().processor,
                witness: request.witness.clone(),
            },
            model: settings.model.clone(),
            body,
            ahead: settings.ahead,
        };
        let speaking = open(speaker, settings.ahead, request.witness);
        Box::pin(std::future::ready(Ok(speaking)))
    }
}

/// A voice of one session.
struct Speaker {
    asker: Asker,
    recipient: Recipient,
    model: String,
    /// What every request repeats.
    body: Value,
    ahead: Duration,
}

impl Reader for Speaker {
    fn name(&self) -> &'static str {
        NAME
    }

    fn model(&self) -> Option<&str> {
        Some(&self.model)
    }

    fn limit(&self) -> usize {
        super::LONGEST
    }

    fn pieces<'a>(&self, words: &'a [Written]) -> Vec<&'a [Written]> {
        whole(words)
    }

    fn ahead(&self) -> Option<Duration> {
        Some(self.ahead)
    }

    fn read(&self, words: &[Written], _due: Instant) -> Piece {
        let (reply, mut answers) = mpsc::channel(WAITING);
        let text = plain(words);
        let mut body = self.body.clone();
        body["input"] = json!(text);
        let order = Order {
            text,
            body,
            words: words.to_vec(),
            recipient: self.recipient.clone(),
            reply,
        };
        let asker = self.asker.clone();
        let speaking = AbortOnDropHandle::new(tokio::spawn(async move {
            if let Err(error) = asker.speak(&order).await {
                let _ = order.reply.send(Err(error)).await;
            }
        }));
        poll_fn(move |context| {
            let _speaking = &speaking;
            answers.poll_recv(context)
        })
        .boxed()
    }
}
