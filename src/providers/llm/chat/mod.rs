//! Any server that speaks OpenAI's streaming chat completions: Ollama, llama.cpp, vLLM, hosted.

mod answer;
mod fault;
mod request;
mod tokens;

use std::time::Duration;

use futures::StreamExt;
use futures::future::BoxFuture;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Client, Url};
use tokio::time::{Instant, timeout, timeout_at};

use self::fault::Faults;
use super::{EngineInfo, LanguageModel, Prompt, ProviderError, Tokens};
use crate::private::Private;
use crate::providers::http;

/// Its name in the configuration.
pub const NAME: &str = "openai";

/// How it is reached and how patient it is.
#[derive(Clone, Debug)]
pub struct ChatSettings {
    /// Where it is, without `/chat/completions`: `http://127.0.0.1:11434/v1`.
    pub base_url: String,
    /// Which model to ask.
    pub model: String,
    /// Sent as bearer token.
    pub key: Option<Private<String>>,
    /// More members of the request's body, such as `temperature` or what turns off thinking.
    pub extra: serde_json::Map<String, serde_json::Value>,
    /// Longest wait for a connection.
    pub connect: Duration,
    /// Longest wait from the request to the first token. A server that has to load its model
    /// first takes tens of seconds.
    pub first_token: Duration,
    /// Longest wait between two tokens. Comments that keep the connection alive do not count.
    pub stall: Duration,
    /// Longest answer.
    pub whole: Duration,
}

impl ChatSettings {
    /// Settings for a model at an address, with the usual patience.
    #[must_use]
    pub fn new(base_url: impl Into<String>, model: impl Into<String>) -> Self {
        Self {
            base_url: base_url.into(),
            model: model.into(),
            key: None,
            extra: serde_json::Map::new(),
            connect: Duration::from_secs(5),
            first_token: Duration::from_secs(20),
            stall: Duration::from_secs(10),
            whole: Duration::from_secs(120),
        }
    }
}

/// The adapter. Cheap to clone; clones share their connections.
#[derive(Clone, Debug)]
pub struct Chat {
    client: Client,
    completions: Url,
    models: Url,
    authorization: Option<HeaderValue>,
    settings: ChatSettings,
    processor: Option<String>,
}

impl Chat {
    /// An adapter for `settings`. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`ProviderError::Refused`] if the address is not one of http or https, or if the key has
    /// characters that cannot be sent; [`ProviderError::Unavailable`] if there is no TLS.
    pub fn new(settings: ChatSettings) -> Result<Self, ProviderError> {
        let base = http::address(&settings.base_url)
            .ok_or_else(|| refused("its address is not one of http or https"))?;
        let url = |path: &str| {
            Url::parse(&format!("{}/{path}", base.as_str().trim_end_matches('/')))
                .map_err(|_| refused("its address takes no path"))
        };
        let completions = url("chat/completions")?;
        let authorization = settings.key.as_ref().map(|key| {
            let mut value = HeaderValue::from_str(&format!("Bearer {}", key.expose()))
                .map_err(|_| refused("its key has characters that cannot be sent"))?;
            value.set_sensitive(true);
            Ok(value)
        });
        let processor = http::processor(&completions);
        let client = http::client(settings.connect, processor.is_none()).map_err(unavailable)?;
        Ok(Self {
            client,
            processor,
            models: url("models")?,
            completions,
            authorization: authorization.transpose()?,
            settings,
        })
    }

    /// Opens a connection, which then waits for the first question.
    async fn connect(&self) {
        let request = self.authorized(self.client.get(self.models.clone()));
        let exchange = async {
            if let Ok(response) = request.send().await {
                // The connection is free for the next request once the answer is read.
                fault::body(response).await;
            }
        };
        let _ = timeout(self.settings.connect, exchange).await;
    }

    fn authorized(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        match &self.authorization {
            Some(value) => request.header(AUTHORIZATION, value.clone()),
            None => request,
        }
    }

    async fn ask(&self, prompt: Prompt) -> Result<Tokens, ProviderError> {
        let asked = Instant::now();
        let settings = &self.settings;
        let faults = Faults {
            first_token: settings.first_token,
        };
        let hosted = self.completions.host_str() == Some("api.openai.com");
        let body = request::body(&prompt, &settings.model, &settings.extra, hosted);
        let request = self
            .authorized(self.client.post(self.completions.clone()))
            .header(ACCEPT, "text/event-stream")
            .json(&body);
        let opening = async {
            let response = request
                .send()
                .await
                .map_err(|error| faults.sending(&error))?;
            if response.status().is_success() {
                Ok(response)
            } else {
                Err(faults.status(response).await)
            }
        };
        let response = timeout_at(asked + settings.first_token, opening)
            .await
            .unwrap_or_else(|_| Err(faults.silence()))?;
        let kind = response.headers().get(CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if kind.starts_with("application/json") || kind.starts_with("text/html") {
            return Err(refused(&format!("it answered with {kind}, not a stream")));
        }
        let bytes = response
            .bytes_stream()
            .map(|chunk| chunk.map_err(|error| broken_off(&error)))
            .boxed();
        Ok(tokens::read(bytes, asked, settings))
    }
}

impl LanguageModel for Chat {
    fn info(&self) -> EngineInfo {
        EngineInfo {
            name: NAME.to_owned(),
            processor: self.processor.clone(),
            note: format!("The model {} answers.", self.settings.model),
        }
    }

    fn warm(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.connect())
    }

    fn respond(&self, prompt: Prompt) -> BoxFuture<'_, Result<Tokens, ProviderError>> {
        Box::pin(self.ask(prompt))
    }
}

fn refused(message: &str) -> ProviderError {
    ProviderError::Refused {
        engine: NAME.to_owned(),
        message: message.to_owned(),
    }
}

fn unavailable(message: impl Into<String>) -> ProviderError {
    ProviderError::Unavailable {
        engine: NAME.to_owned(),
        message: message.into(),
    }
}

fn broken_off(error: &reqwest::Error) -> ProviderError {
    unavailable(format!("its answer broke off: {}", fault::cause(error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_keys_that_cannot_work_are_refused() {
        for address in ["", "localhost:11434", "ftp://host/v1", "http://"] {
            let made = Chat::new(ChatSettings::new(address, "m"));
            assert!(
                matches!(made, Err(ProviderError::Refused { .. })),
                "{address}"
            );
        }
        let mut settings = ChatSettings::new("http://localhost/v1", "m");
        settings.key = Some("line\nbreak".to_owned().into());
        assert!(Chat::new(settings).is_err());
    }

    #[test]
    fn who_receives_the_data_is_told_unless_it_stays_here() {
        for (address, host) in [
            ("http://localhost:11434/v1", None),
            ("http://127.0.0.1:8080/v1/", None),
            ("http://[::1]:8080/v1", None),
            ("https://api.openai.com/v1", Some("api.openai.com")),
            ("http://192.168.1.7/v1", Some("192.168.1.7")),
        ] {
            let chat = Chat::new(ChatSettings::new(address, "m")).unwrap();
            assert_eq!(chat.info().processor.as_deref(), host);
            assert!(chat.completions.path().ends_with("/v1/chat/completions"));
        }
    }

    #[test]
    fn the_key_does_not_print() {
        let mut settings = ChatSettings::new("https://example.org/v1", "m");
        settings.key = Some("sk-letters".to_owned().into());
        let chat = Chat::new(settings).unwrap();
        assert!(!format!("{chat:?}").contains("letters"));
    }
}
