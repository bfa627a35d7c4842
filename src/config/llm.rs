//! Settings of who thinks of an answer.

use std::time::Duration;

use serde_json::{Map, Value};

use super::engines::{delay, unknown};
use super::error::ConfigError;
use super::setting::Setting;
use super::values::Values;
use crate::private::Private;

/// Who thinks of what the client says.
#[derive(Clone, Debug)]
pub enum Llm {
    /// Nobody: the client's authored lines.
    Authored,
    /// A server that speaks OpenAI's chat completions.
    OpenAi(OpenAi),
    /// An engine for measuring the rest: it always says the same.
    StandIn {
        /// From the question to the first token.
        delay: Duration,
        /// What it says; some sentences of its own if nothing is given.
        says: Option<String>,
    },
}

/// A server that speaks OpenAI's chat completions, such as Ollama, llama.cpp or vLLM.
#[derive(Clone, Debug)]
pub struct OpenAi {
    /// Where it is, without `/chat/completions`.
    pub base_url: String,
    /// Which model to ask.
    pub model: String,
    /// Sent as bearer token.
    pub key: Option<Private<String>>,
    /// Longest wait for the first token.
    pub timeout: Duration,
    /// More members of the request's body.
    pub extra: Map<String, Value>,
}

static LLM_ENGINE: Setting = Setting::text(
    "llm.engine",
    "authored",
    "Who thinks of what the client says: `authored` (lines written beforehand, on this machine),\n\
     `openai` (any server that speaks OpenAI's chat completions), or `standin`.",
);
static LLM_BASE_URL: Setting = Setting::text(
    "llm.base_url",
    "http://127.0.0.1:11434/v1",
    "Where the server of `openai` is; the default is Ollama on this machine.",
);
static LLM_MODEL: Setting = Setting::text("llm.model", "", "Which model to ask.");
static LLM_KEY: Setting = Setting::secret("llm.key", "Key for that server, if it wants one.");
static LLM_TIMEOUT: Setting = Setting::number(
    "llm.timeout_seconds",
    "20",
    "Longest wait for the first token.",
);
static LLM_EXTRA: Setting = Setting::text(
    "llm.extra",
    "",
    "More members of the request's body, as a JSON object, e.g. '{\"temperature\": 0.7}'.",
);
static LLM_STANDIN: Setting = Setting::number(
    "llm.standin_ms",
    "0",
    "How long the stand-in takes for its first token.",
);

static LLM_STANDIN_SAYS: Setting = Setting::text(
    "llm.standin_says",
    "",
    "What the stand-in answers; with the stand-in's voice a character takes 60 ms.",
);

pub(super) static SETTINGS: &[&Setting] = &[
    &LLM_ENGINE,
    &LLM_BASE_URL,
    &LLM_MODEL,
    &LLM_KEY,
    &LLM_TIMEOUT,
    &LLM_EXTRA,
    &LLM_STANDIN,
    &LLM_STANDIN_SAYS,
];

impl Llm {
    pub(super) fn read(values: &Values) -> Result<Self, ConfigError> {
        let delay = delay(values, &LLM_STANDIN)?;
        let timeout = Duration::from_secs(values.within(&LLM_TIMEOUT, 1..=300)?);
        match values.get::<String>(&LLM_ENGINE)?.as_str() {
            "authored" => Ok(Self::Authored),
            "standin" => Ok(Self::StandIn {
                delay,
                says: values.optional(&LLM_STANDIN_SAYS)?,
            }),
            "openai" => Ok(Self::OpenAi(OpenAi {
                base_url: base_url(values)?,
                model: values.optional(&LLM_MODEL)?.ok_or_else(|| {
                    values.refuse(&LLM_MODEL, "must be set when llm.engine is `openai`")
                })?,
                key: values.secret(&LLM_KEY),
                timeout,
                extra: extra(values)?,
            })),
            other => Err(unknown(
                values,
                &LLM_ENGINE,
                other,
                "authored, openai, standin",
            )),
        }
    }
}

fn base_url(values: &Values) -> Result<String, ConfigError> {
    let url: String = values.get(&LLM_BASE_URL)?;
    let parsed: Result<axum::http::Uri, _> = url.parse();
    match parsed {
        Ok(uri) if matches!(uri.scheme_str(), Some("http" | "https")) && uri.query().is_none() => {
            Ok(url.trim_end_matches('/').to_owned())
        }
        _ => Err(values.refuse(&LLM_BASE_URL, format!("`{url}` is not an http(s) address"))),
    }
}

fn extra(values: &Values) -> Result<Map<String, Value>, ConfigError> {
    let text: Option<String> = values.optional(&LLM_EXTRA)?;
    let parsed = text.map_or_else(|| Ok(Map::new()), |text| serde_json::from_str(&text));
    parsed.map_err(|error| values.refuse(&LLM_EXTRA, format!("not a JSON object: {error}")))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{config, refused};
    use super::*;

    #[test]
    fn a_model_server_needs_a_model() {
        let openai = ("PRAXILOOM_LLM_ENGINE", "openai");
        assert!(refused(&[openai]).contains("must be set when llm.engine is `openai`"));
        let model = ("PRAXILOOM_LLM_MODEL", "qwen3:4b");
        let Llm::OpenAi(server) = config(&[openai, model]).llm else {
            panic!("not openai")
        };
        assert_eq!(server.base_url, "http://127.0.0.1:11434/v1");
        let extra = ("PRAXILOOM_LLM_EXTRA", r#"{"temperature": 0.5}"#);
        let Llm::OpenAi(server) = config(&[openai, model, extra]).llm else {
            panic!("not openai")
        };
        assert_eq!(server.extra["temperature"], 0.5);
        let list = ("PRAXILOOM_LLM_EXTRA", "[1]");
        assert!(refused(&[openai, model, list]).starts_with("PRAXILOOM_LLM_EXTRA: not a JSON"));
        let wrong = ("PRAXILOOM_LLM_BASE_URL", "localhost");
        assert!(refused(&[openai, model, wrong]).starts_with("PRAXILOOM_LLM_BASE_URL: "));
    }
}
