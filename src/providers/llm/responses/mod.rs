//! OpenAI's Responses, streamed.

mod answer;
mod request;

use futures::future::BoxFuture;

pub(super) use self::answer::Answer;
use super::server::{ModelSettings, Server};
use super::{EngineInfo, LanguageModel, Prompt, ProviderError, Tokens};

/// Its name in the configuration.
pub const NAME: &str = "responses";

/// The adapter. Cheap to clone; clones share their connections.
#[derive(Clone, Debug)]
pub struct Responses {
    server: Server,
}

impl Responses {
    /// An adapter for `settings`. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`ProviderError::Unusable`] if the address is not one of http or https, or if the key has
    /// characters that cannot be sent; [`ProviderError::Unavailable`] if there is no TLS.
    pub fn new(settings: ModelSettings) -> Result<Self, ProviderError> {
        let server = Server::new(NAME, Some("OpenAI"), settings, ["responses", "models"])?;
        Ok(Self { server })
    }
}

impl LanguageModel for Responses {
    fn info(&self) -> EngineInfo {
        self.server.info()
    }

    fn warm(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.server.warm())
    }

    fn respond(&self, prompt: Prompt) -> BoxFuture<'_, Result<Tokens, ProviderError>> {
        let settings = &self.server.settings;
        let body = request::body(&prompt, &settings.model, &settings.extra);
        Box::pin(async move { self.server.ask::<Answer>(&prompt, &body).await })
    }
}
