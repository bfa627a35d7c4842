//! Settings of who thinks of what the client says: the models in the order in which they are tried.

use std::time::Duration;

use serde_json::{Map, Value};

use super::engines::{delay, in_order, unknown};
use super::error::ConfigError;
use super::setting::Setting;
use super::values::Values;
use super::vendors::{Account, PROCESSOR, Vendor, address};
use crate::private::Private;

/// A language model.
#[derive(Clone, Debug)]
pub enum Llm {
    /// Any server that speaks OpenAI's chat completions, such as Ollama, llama.cpp or vLLM.
    OpenAi(ModelServer),
    /// Anthropic.
    Anthropic(ModelServer),
    /// OpenAI, by its Responses.
    Responses(ModelServer),
    /// DeepSeek.
    DeepSeek(ModelServer),
    /// An engine for measuring the rest: it always says the same.
    StandIn {
        /// From the question to the first token.
        delay: Duration,
        /// What it says; some sentences of its own if nothing is given.
        says: Option<String>,
    },
}

/// A model and where it is asked.
#[derive(Clone, Debug)]
pub struct ModelServer {
    /// Where it is, as the vendor's own clients want to be told.
    pub base_url: String,
    /// Which model to ask.
    pub model: String,
    /// Sent as bearer token.
    pub key: Option<Private<String>>,
    /// Who receives the words, if it is not whom the address says.
    pub processor: Option<String>,
    /// Longest wait for the first token.
    pub timeout: Duration,
    /// Longest wait between two tokens.
    pub stall: Duration,
    /// More members of the request's body.
    pub extra: Map<String, Value>,
}

/// Longest wait between two tokens of a server of one's own, which may share its machine.
const STALL: Duration = Duration::from_secs(10);
/// Longest wait between two tokens of a vendor: longer than this, a listener takes it for the end.
const VENDOR_STALL: Duration = Duration::from_secs(5);

/// What can be named.
pub(super) const KNOWN: &str = "openai, anthropic, responses, deepseek, standin";

static ENGINE: Setting = Setting::text(
    "llm.engine",
    "authored",
    "Who thinks of what the client says: `authored` (lines written beforehand, on this machine);\n\
     `openai` (any server that speaks OpenAI's chat completions, at `llm.base_url`); with a key\n\
     `anthropic`, `responses` (OpenAI itself) or `deepseek`, who then receive the words; or\n\
     `standin` (for measurements).",
);
static MODEL: Setting = Setting::text(
    "llm.model",
    "",
    "Which model to ask. `openai` needs one; of a vendor it is a quick one if nothing is named.",
);
static FALLBACK: Setting = Setting::list(
    "llm.fallback",
    "Who answers when that fails, in order, with a model after a colon where another than the\n\
     usual one is meant, e.g. [\"anthropic\", \"openai:qwen3:8b\"]. Within the same turn; the coach\n\
     is told. When all fail, the authored lines answer.",
);
static BASE_URL: Setting = Setting::text(
    "llm.base_url",
    "http://127.0.0.1:11434/v1",
    "Where the server of `openai` is; the default is Ollama on this machine.",
);
static KEY: Setting = Setting::secret("llm.key", "Key for that server, if it wants one.");
static RECEIVER: Setting = Setting::text("llm.processor", "", PROCESSOR);
static TIMEOUT: Setting = Setting::number(
    "llm.timeout_seconds",
    "20",
    "Longest wait for that server's first token; it may have to load its model first.",
);
static VENDOR_TIMEOUT: Setting = Setting::number(
    "llm.vendor_timeout_seconds",
    "5",
    "Longest wait for a vendor's first token; then the next one of `llm.fallback` answers.",
);
static EXTRA: Setting = Setting::text(
    "llm.extra",
    "",
    "More members of the body of requests to `openai`, as a JSON object, e.g.\n\
     '{\"temperature\": 0.7}'.",
);
static ANTHROPIC_EXTRA: Setting = Setting::text(
    "llm.anthropic_extra",
    "",
    "The same for `anthropic`, e.g. '{\"thinking\": {\"type\": \"disabled\"}}'.",
);
static RESPONSES_EXTRA: Setting = Setting::text(
    "llm.responses_extra",
    "",
    "The same for `responses`, e.g. '{\"reasoning\": {\"effort\": \"none\"}}'.",
);
static DEEPSEEK_EXTRA: Setting =
    Setting::text("llm.deepseek_extra", "", "The same for `deepseek`.");
static STANDIN: Setting = Setting::number(
    "llm.standin_ms",
    "0",
    "How long the stand-in takes for its first token.",
);
static STANDIN_SAYS: Setting = Setting::text(
    "llm.standin_says",
    "",
    "What the stand-in answers; with the stand-in's voice a character takes 60 ms.",
);

pub(super) static SETTINGS: &[&Setting] = &[
    &ENGINE,
    &MODEL,
    &FALLBACK,
    &BASE_URL,
    &KEY,
    &RECEIVER,
    &TIMEOUT,
    &VENDOR_TIMEOUT,
    &EXTRA,
    &ANTHROPIC_EXTRA,
    &RESPONSES_EXTRA,
    &DEEPSEEK_EXTRA,
    &STANDIN,
    &STANDIN_SAYS,
];

impl Llm {
    /// The models in the order in which they are tried; none if the lines are authored.
    pub(super) fn read(values: &Values) -> Result<Vec<Self>, ConfigError> {
        if values.get::<String>(&ENGINE)? == "authored" {
            let stands_in = values.optional::<String>(&FALLBACK)?.is_some();
            return match stands_in {
                false => Ok(Vec::new()),
                true => Err(values.refuse(&FALLBACK, "authored lines do not fail")),
            };
        }
        in_order(values, &ENGINE, &FALLBACK, |setting, name| {
            let (engine, model) = match name.split_once(':') {
                Some((engine, model)) => (engine, Some(model.to_owned())),
                None if setting.key == ENGINE.key => (name, values.optional(&MODEL)?),
                None => (name, None),
            };
            Self::named(values, setting, engine, model)
        })
    }

    fn named(
        values: &Values,
        setting: &'static Setting,
        engine: &str,
        model: Option<String>,
    ) -> Result<Self, ConfigError> {
        let hosted = |vendor, usual: &str, more| {
            let wanted_by = format!("{} = {engine}", setting.key);
            let account = Account::read(values, vendor, &wanted_by)?;
            Ok(ModelServer {
                base_url: account.base_url,
                model: model.clone().unwrap_or_else(|| usual.to_owned()),
                key: Some(account.key),
                processor: account.processor,
                timeout: Duration::from_secs(values.within(&VENDOR_TIMEOUT, 1..=300)?),
                stall: VENDOR_STALL,
                extra: extra(values, more)?,
            })
        };
        Ok(match engine {
            "openai" => Self::OpenAi(own(values, setting, model)?),
            "anthropic" => Self::Anthropic(hosted(
                Vendor::Anthropic,
                "claude-haiku-5-5",
                &ANTHROPIC_EXTRA,
            )?),
            "responses" => {
                Self::Responses(hosted(Vendor::OpenAi, "gpt-4.1-mini", &RESPONSES_EXTRA)?)
            }
            "deepseek" => {
                Self::DeepSeek(hosted(Vendor::DeepSeek, "deepseek-flash", &DEEPSEEK_EXTRA)?)
            }
            "standin" => Self::StandIn {
                delay: delay(values, &STANDIN)?,
                says: values.optional(&STANDIN_SAYS)?,
            },
            other if setting.key == ENGINE.key => {
                let known = format!("authored, {KNOWN}");
                return Err(unknown(values, setting, other, &known));
            }
            other => return Err(unknown(values, setting, other, KNOWN)),
        })
    }
}

/// A server of one's own.
fn own(
    values: &Values,
    setting: &'static Setting,
    model: Option<String>,
) -> Result<ModelServer, ConfigError> {
    let model = model.ok_or_else(|| match setting.key == ENGINE.key {
        true => values.refuse(&MODEL, "must be set when llm.engine is `openai`"),
        false => values.refuse(setting, "`openai` needs a model, as `openai:MODEL`"),
    })?;
    Ok(ModelServer {
        base_url: address(values, &BASE_URL)?,
        model,
        key: values.secret(&KEY),
        processor: values.optional(&RECEIVER)?,
        timeout: Duration::from_secs(values.within(&TIMEOUT, 1..=300)?),
        stall: STALL,
        extra: extra(values, &EXTRA)?,
    })
}

fn extra(values: &Values, setting: &'static Setting) -> Result<Map<String, Value>, ConfigError> {
    let text: Option<String> = values.optional(setting)?;
    let parsed = text.map_or_else(|| Ok(Map::new()), |text| serde_json::from_str(&text));
    parsed.map_err(|error| values.refuse(setting, format!("not a JSON object: {error}")))
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
        let [Llm::OpenAi(server)] = &config(&[openai, model]).llm[..] else {
            panic!("not openai")
        };
        assert_eq!(server.base_url, "http://127.0.0.1:11434/v1");
        let extra = ("PRAXILOOM_LLM_EXTRA", r#"{"temperature": 0.5}"#);
        let [Llm::OpenAi(server)] = &config(&[openai, model, extra]).llm[..] else {
            panic!("not openai")
        };
        assert_eq!(server.extra["temperature"], 0.5);
        let list = ("PRAXILOOM_LLM_EXTRA", "[1]");
        assert!(refused(&[openai, model, list]).starts_with("PRAXILOOM_LLM_EXTRA: not a JSON"));
        let wrong = ("PRAXILOOM_LLM_BASE_URL", "localhost");
        assert!(refused(&[openai, model, wrong]).starts_with("PRAXILOOM_LLM_BASE_URL: "));
    }

    #[test]
    fn models_stand_in_the_order_in_which_they_are_tried() {
        let config = config(&[
            ("PRAXILOOM_LLM_ENGINE", "anthropic"),
            (
                "PRAXILOOM_LLM_FALLBACK",
                "responses:gpt-6-sol, deepseek, openai:qwen3:8b",
            ),
            ("PRAXILOOM_ANTHROPIC_KEY", "letters"),
            ("PRAXILOOM_OPENAI_KEY", "letters"),
            ("PRAXILOOM_DEEPSEEK_KEY", "letters"),
        ]);
        let [
            Llm::Anthropic(first),
            Llm::Responses(second),
            Llm::DeepSeek(third),
            Llm::OpenAi(fourth),
        ] = &config.llm[..]
        else {
            panic!("{:?}", config.llm)
        };
        assert_eq!(first.base_url, "https://api.anthropic.com");
        let models = [first, second, third, fourth].map(|server| server.model.as_str());
        assert_eq!(
            models,
            [
                "claude-haiku-5-5",
                "gpt-6-sol",
                "deepseek-flash",
                "qwen3:8b"
            ]
        );
        assert!(first.timeout < fourth.timeout);
        assert!(!format!("{config:?}").contains("letters"));
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let engine = |name| ("PRAXILOOM_LLM_ENGINE", name);
        let fallback = |names| ("PRAXILOOM_LLM_FALLBACK", names);
        for (variables, says) in [
            (
                vec![engine("brain")],
                "PRAXILOOM_LLM_ENGINE: `brain` is none of authored, openai",
            ),
            (
                vec![engine("deepseek")],
                "deepseek.key (by default): must be set for llm.engine = deepseek",
            ),
            (
                vec![fallback("standin")],
                "PRAXILOOM_LLM_FALLBACK: authored lines do not fail",
            ),
            (
                vec![engine("standin"), fallback("standin")],
                "PRAXILOOM_LLM_FALLBACK: `standin` is named twice",
            ),
            (
                vec![engine("standin"), fallback("authored")],
                "PRAXILOOM_LLM_FALLBACK: `authored` is none of openai",
            ),
            (
                vec![engine("standin"), fallback("openai")],
                "PRAXILOOM_LLM_FALLBACK: `openai` needs a model",
            ),
        ] {
            let error = refused(&variables);
            assert!(error.starts_with(says), "{error}");
        }
    }
}
