//! Any server that speaks OpenAI's streaming chat completions: Ollama, llama.cpp, vLLM, hosted;
//! and DeepSeek, whose dialect of them is its own.

mod answer;
mod request;

use futures::future::BoxFuture;
use serde_json::json;

pub(super) use self::answer::Answer;
use self::request::Dialect;
use super::server::{ModelSettings, Server};
use super::{EngineInfo, LanguageModel, Prompt, ProviderError, Tokens};

/// Its name in the configuration.
pub const NAME: &str = "openai";

/// DeepSeek's name in the configuration.
pub const DEEPSEEK: &str = "deepseek";

const PATHS: [&str; 2] = ["chat/completions", "models"];

/// The adapter. Cheap to clone; clones share their connections.
#[derive(Clone, Debug)]
pub struct Chat {
    server: Server,
    dialect: Dialect,
}

impl Chat {
    /// An adapter for `settings`. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`ProviderError::Unusable`] if the address is not one of http or https, or if the key has
    /// characters that cannot be sent; [`ProviderError::Unavailable`] if there is no TLS.
    pub fn new(settings: ModelSettings) -> Result<Self, ProviderError> {
        let server = Server::new(NAME, None, settings, PATHS)?;
        let hosted = server.info().processor.as_deref() == Some("api.openai.com");
        let dialect = if hosted {
            Dialect::OpenAi
        } else {
            Dialect::Any
        };
        Ok(Self { server, dialect })
    }

    /// The adapter of DeepSeek. Its models think before they answer unless that is turned off,
    /// which takes longer than a coach waits: `extra` may turn it on.
    ///
    /// # Errors
    ///
    /// As [`Chat::new`].
    pub fn deepseek(mut settings: ModelSettings) -> Result<Self, ProviderError> {
        let thinking = settings.extra.entry("thinking");
        thinking.or_insert_with(|| json!({"type": "disabled"}));
        Ok(Self {
            server: Server::new(DEEPSEEK, Some("DeepSeek"), settings, PATHS)?,
            dialect: Dialect::DeepSeek,
        })
    }
}

impl LanguageModel for Chat {
    fn info(&self) -> EngineInfo {
        self.server.info()
    }

    fn warm(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.server.warm())
    }

    fn respond(&self, prompt: Prompt) -> BoxFuture<'_, Result<Tokens, ProviderError>> {
        let settings = &self.server.settings;
        let body = request::body(&prompt, &settings.model, &settings.extra, self.dialect);
        Box::pin(async move { self.server.ask::<Answer>(&prompt, &body).await })
    }
}
