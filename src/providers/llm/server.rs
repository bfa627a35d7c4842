//! A server that is asked over HTTP and answers with a stream of events: what every adapter shares.

use std::time::Duration;

use futures::StreamExt;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Url};
use serde_json::{Map, Value};
use tokio::time::{Instant, timeout_at};

use super::fault::Faults;
use super::observed::observed;
use super::tokens::{self, Answer};
use super::{EngineInfo, Prompt, ProviderError, Tokens};
use crate::disclosure::{Data, Purpose};
use crate::private::Private;
use crate::providers::http::{self, Warmth};

/// How a model's server is reached and how patient its adapter is.
#[derive(Clone, Debug)]
pub struct ModelSettings {
    /// Where it is, as its makers' own clients want to be told: `http://127.0.0.1:11434/v1`.
    pub base_url: String,
    /// Which model to ask.
    pub model: String,
    /// Sent as bearer token.
    pub key: Option<Private<String>>,
    /// Who receives the words, if it is not whom the address says.
    pub processor: Option<String>,
    /// More members of the request's body, such as `temperature` or what turns off thinking.
    pub extra: Map<String, Value>,
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

impl ModelSettings {
    /// Settings for a model at an address, with the usual patience.
    #[must_use]
    pub fn new(base_url: impl Into<String>, model: impl Into<String>) -> Self {
        Self {
            base_url: base_url.into(),
            model: model.into(),
            key: None,
            processor: None,
            extra: Map::new(),
            connect: Duration::from_secs(5),
            first_token: Duration::from_secs(20),
            stall: Duration::from_secs(10),
            whole: Duration::from_secs(120),
        }
    }
}

/// The server. Cheap to clone; clones share their connections.
#[derive(Clone, Debug)]
pub(super) struct Server {
    client: Client,
    questions: Url,
    models: Url,
    headers: HeaderMap,
    faults: Faults,
    processor: Option<String>,
    warmth: Warmth,
    pub(super) settings: ModelSettings,
}

impl Server {
    /// A server whose answers are asked for at `questions` and whose models are listed at
    /// `models`, both below its address. `engine` names the adapter, `company` who runs the server,
    /// unless that could be anybody. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`ProviderError::Unusable`] if the address is not one of http or https, or if the key has
    /// characters that cannot be sent; [`ProviderError::Unavailable`] if there is no TLS.
    pub fn new(
        engine: &'static str,
        company: Option<&str>,
        settings: ModelSettings,
        [questions, models]: [&str; 2],
    ) -> Result<Self, ProviderError> {
        let faults = Faults { engine };
        let base = http::address(&settings.base_url)
            .ok_or_else(|| faults.unusable("its address is not one of http or https"))?;
        let url = |path: &str| {
            Url::parse(&format!("{}/{path}", base.as_str().trim_end_matches('/')))
                .map_err(|_| faults.unusable("its address takes no path"))
        };
        let questions = url(questions)?;
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("text/event-stream"));
        if let Some(key) = &settings.key {
            let mut value = HeaderValue::from_str(&format!("Bearer {}", key.expose()))
                .map_err(|_| faults.unusable("its key has characters that cannot be sent"))?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        let named = settings.processor.as_deref();
        let host = http::processor(&base);
        let here = host.is_none();
        let processor = match company {
            Some(company) => http::receiver(named, company, base.as_str()),
            None => named.map(str::to_owned).or(host),
        };
        let client =
            http::client(settings.connect, here).map_err(|message| faults.unavailable(message))?;
        Ok(Self {
            client,
            models: url(models)?,
            questions,
            headers,
            faults,
            processor,
            warmth: Warmth::default(),
            settings,
        })
    }

    /// The same with another header in every request.
    pub fn with_header(mut self, name: &'static str, value: &'static str) -> Self {
        let name = HeaderName::from_static(name);
        self.headers.insert(name, HeaderValue::from_static(value));
        self
    }

    /// What its adapter is.
    pub fn info(&self) -> EngineInfo {
        EngineInfo {
            name: self.faults.engine.to_owned(),
            processor: self.processor.clone(),
            note: format!("The model {} answers.", self.settings.model),
        }
    }

    /// Opens a connection, which then waits for the first question: the list of the models is asked
    /// for, with which nobody's words go out and which costs nothing.
    pub async fn warm(&self) {
        let request = self.client.get(self.models.clone());
        let request = request.headers(self.headers.clone());
        self.warmth.open(request, self.settings.connect).await;
    }

    /// Asks with the body that was made of a prompt, and reads `A`'s answer.
    pub async fn ask<A: Answer>(
        &self,
        prompt: &Prompt,
        body: &Value,
    ) -> Result<Tokens, ProviderError> {
        let (engine, model) = (self.faults.engine, Some(&*self.settings.model));
        let asking = self.answer::<A>(prompt, body);
        observed(&prompt.witness, engine, model, asking).await
    }

    async fn answer<A: Answer>(
        &self,
        prompt: &Prompt,
        body: &Value,
    ) -> Result<Tokens, ProviderError> {
        let characters = prompt.characters();
        prompt.witness.tell(
            self.processor.as_deref(),
            self.faults.engine,
            Data::Words { characters },
            Purpose::Answering,
        );
        let asked = Instant::now();
        let (settings, faults) = (&self.settings, self.faults);
        let request = self.client.post(self.questions.clone());
        let opening = async {
            let sending = request.headers(self.headers.clone()).json(body).send();
            let response = sending.await.map_err(|error| faults.sending(&error))?;
            if response.status().is_success() {
                Ok(response)
            } else {
                Err(faults.status(response).await)
            }
        };
        let response = timeout_at(asked + settings.first_token, opening)
            .await
            .unwrap_or_else(|_| Err(faults.silence(settings.first_token)))?;
        let kind = response.headers().get(CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if kind.starts_with("application/json") || kind.starts_with("text/html") {
            let message = format!("it answered with {kind}, not a stream");
            return Err(match kind.starts_with("text/html") {
                true => faults.unusable(&message),
                false => faults.rejected(message),
            });
        }
        let bytes = response
            .bytes_stream()
            .map(move |chunk| chunk.map_err(|error| faults.broken_off(&error)))
            .boxed();
        Ok(tokens::read::<A>(bytes, asked, settings, faults))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(settings: ModelSettings) -> Result<Server, ProviderError> {
        Server::new("e", None, settings, ["chat/completions", "models"])
    }

    #[test]
    fn addresses_and_keys_that_cannot_work_are_refused() {
        for address in ["", "localhost:11434", "ftp://host/v1", "http://"] {
            let made = server(ModelSettings::new(address, "m"));
            assert!(
                matches!(made, Err(ProviderError::Unusable { .. })),
                "{address}"
            );
        }
        let mut settings = ModelSettings::new("http://localhost/v1", "m");
        settings.key = Some("line\nbreak".to_owned().into());
        assert!(server(settings).is_err());
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
            let server = server(ModelSettings::new(address, "m")).unwrap();
            assert_eq!(server.info().processor.as_deref(), host);
            assert!(server.questions.path().ends_with("/v1/chat/completions"));
        }
        let mut gateway = ModelSettings::new("http://localhost:4000/v1", "m");
        gateway.processor = Some("Vendor by our gateway".to_owned());
        assert_eq!(
            server(gateway.clone()).unwrap().info().processor,
            gateway.processor
        );
    }

    #[test]
    fn the_key_does_not_print() {
        let mut settings = ModelSettings::new("https://example.org/v1", "m");
        settings.key = Some("sk-letters".to_owned().into());
        assert!(!format!("{:?}", server(settings).unwrap()).contains("letters"));
    }
}
