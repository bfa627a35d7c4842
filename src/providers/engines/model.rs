//! The language model that the configuration names.

use std::sync::Arc;

use crate::config::Llm;
use crate::providers::ProviderError;
use crate::providers::llm::chat::{Chat, ChatSettings};
use crate::providers::llm::{LanguageModel, standin};

/// Makes the adapter of the language model; `None` if the client speaks authored lines.
///
/// # Errors
///
/// As [`Chat::new`].
pub fn model(settings: &Llm) -> Result<Option<Arc<dyn LanguageModel>>, ProviderError> {
    Ok(match settings {
        Llm::Authored => None,
        Llm::OpenAi(server) => {
            let settings = ChatSettings {
                key: server.key.clone(),
                extra: server.extra.clone(),
                first_token: server.timeout,
                ..ChatSettings::new(&server.base_url, &server.model)
            };
            Some(Arc::new(Chat::new(settings)?))
        }
        Llm::StandIn { delay, says } => {
            let usual = standin::StandinSettings::default();
            let settings = standin::StandinSettings {
                delay: *delay,
                sentences: says
                    .as_ref()
                    .map_or(usual.sentences, |says| vec![says.clone()]),
                between: usual.between,
            };
            Some(Arc::new(standin::Standin::new(settings)))
        }
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::config::OpenAi;
    use crate::providers::llm::chat;

    #[test]
    fn what_is_named_is_made() {
        let delay = Duration::ZERO;
        assert!(model(&Llm::Authored).unwrap().is_none());
        let named = model(&Llm::StandIn { delay, says: None }).unwrap().unwrap();
        assert_eq!(named.info().name, standin::NAME);
        let server = OpenAi {
            base_url: "http://127.0.0.1:11434/v1".to_owned(),
            model: "small".to_owned(),
            key: None,
            timeout: Duration::from_secs(1),
            extra: serde_json::Map::new(),
        };
        let named = model(&Llm::OpenAi(server)).unwrap().unwrap();
        assert_eq!(named.info().name, chat::NAME);
    }
}
