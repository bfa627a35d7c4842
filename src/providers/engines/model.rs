//! The language models that the configuration names.

use std::sync::Arc;

use crate::config::{Llm, ModelServer};
use crate::providers::ProviderError;
use crate::providers::llm::anthropic::Anthropic;
use crate::providers::llm::chat::Chat;
use crate::providers::llm::fallback::Fallback;
use crate::providers::llm::responses::Responses;
use crate::providers::llm::{LanguageModel, ModelSettings, standin};

/// Makes the adapters of the language models, of which the first answers and the others stand in
/// for it; `None` if the client speaks authored lines.
///
/// # Errors
///
/// As the adapters' own making.
pub fn model(settings: &[Llm]) -> Result<Option<Arc<dyn LanguageModel>>, ProviderError> {
    let models: Result<Vec<_>, _> = settings.iter().map(one_model).collect();
    let mut models = models?;
    Ok(match models.len() {
        0 | 1 => models.pop(),
        _ => Some(Arc::new(Fallback::new(models))),
    })
}

pub(in crate::providers) fn one_model(
    settings: &Llm,
) -> Result<Arc<dyn LanguageModel>, ProviderError> {
    Ok(match settings {
        Llm::OpenAi(server) => Arc::new(Chat::new(asked(server))?),
        Llm::Anthropic(server) => Arc::new(Anthropic::new(asked(server))?),
        Llm::Responses(server) => Arc::new(Responses::new(asked(server))?),
        Llm::DeepSeek(server) => Arc::new(Chat::deepseek(asked(server))?),
        Llm::StandIn { delay, says } => {
            let usual = standin::StandinSettings::default();
            Arc::new(standin::Standin::new(standin::StandinSettings {
                delay: *delay,
                sentences: says
                    .as_ref()
                    .map_or(usual.sentences, |says| vec![says.clone()]),
                between: usual.between,
            }))
        }
    })
}

/// How a model's server is asked.
fn asked(server: &ModelServer) -> ModelSettings {
    ModelSettings {
        key: server.key.clone(),
        processor: server.processor.clone(),
        extra: server.extra.clone(),
        first_token: server.timeout,
        stall: server.stall,
        ..ModelSettings::new(&server.base_url, &server.model)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::providers::llm::{anthropic, chat};

    #[test]
    fn what_is_named_is_made() {
        let delay = Duration::ZERO;
        assert!(model(&[]).unwrap().is_none());
        let named = model(&[Llm::StandIn { delay, says: None }]).unwrap();
        assert_eq!(named.unwrap().info().name, standin::NAME);
    }

    #[test]
    fn models_stand_in_for_one_another() {
        let server = |base_url: &str| ModelServer {
            base_url: base_url.to_owned(),
            model: "small".to_owned(),
            key: Some("letters".to_owned().into()),
            processor: None,
            timeout: Duration::from_secs(1),
            stall: Duration::from_secs(1),
            extra: serde_json::Map::new(),
        };
        let all = [
            Llm::Anthropic(server("https://api.anthropic.com")),
            Llm::Responses(server("https://api.openai.com/v1")),
            Llm::DeepSeek(server("https://api.deepseek.com")),
            Llm::OpenAi(server("http://127.0.0.1:11434/v1")),
        ];
        let info = model(&all).unwrap().unwrap().info();
        assert_eq!(info.name, anthropic::NAME);
        let hosts = "Anthropic (api.anthropic.com), OpenAI (api.openai.com), \
            DeepSeek (api.deepseek.com)";
        assert_eq!(info.processor.as_deref(), Some(hosts));
        let order = "If it fails: responses, then deepseek, then openai.";
        assert!(info.note.ends_with(order), "{}", info.note);
        let one = model(&all[3..]).unwrap().unwrap().info();
        assert_eq!((one.name.as_str(), one.processor), (chat::NAME, None));
    }
}
