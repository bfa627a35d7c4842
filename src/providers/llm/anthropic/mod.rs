//! Anthropic's Messages, streamed, as their API of 2026-10-21 has them.

mod answer;
mod request;

use futures::future::BoxFuture;

pub(super) use self::answer::Answer;
use super::server::{ModelSettings, Server};
use super::{EngineInfo, LanguageModel, Prompt, ProviderError, Tokens};

/// Its name in the configuration.
pub const NAME: &str = "anthropic";

/// Which of their API's versions is spoken.
const VERSION: &str = "2026-10-21";

/// The adapter. Cheap to clone; clones share their connections.
#[derive(Clone, Debug)]
pub struct Anthropic {
    server: Server,
}

impl Anthropic {
    /// An adapter for `settings`, whose address is the vendor's, without `/v1`. Nothing is sent
    /// yet.
    ///
    /// # Errors
    ///
    /// [`ProviderError::Unusable`] if the address is not one of http or https, or if the key has
    /// characters that cannot be sent; [`ProviderError::Unavailable`] if there is no TLS.
    pub fn new(settings: ModelSettings) -> Result<Self, ProviderError> {
        let server = Server::new(
            NAME,
            Some("Anthropic"),
            settings,
            ["v1/messages", "v1/models"],
        )?;
        Ok(Self {
            server: server.with_header("anthropic-version", VERSION),
        })
    }
}

impl LanguageModel for Anthropic {
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
