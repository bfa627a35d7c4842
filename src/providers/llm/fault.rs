//! What went wrong with a request, without any word that was private in it.

use std::error::Error;
use std::time::Duration;

use reqwest::{Response, StatusCode};
use serde::Deserialize;
use serde_json::Value;

use super::ProviderError;
use crate::providers::term::{may_quote_key, reason, term};
use crate::providers::{http, named};

/// Longest message that is passed on, in characters.
const MESSAGE: usize = 200;

/// The body of an error, as far as servers agree on it. `code` is text or a number.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Said {
    #[serde(default)]
    message: Option<String>,
    #[serde(default, rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    code: Option<Value>,
    #[serde(default)]
    param: Option<String>,
    /// Where Anthropic has its code.
    #[serde(default)]
    details: Option<Details>,
}

#[derive(Debug, Default, Deserialize)]
struct Details {
    #[serde(default)]
    error_code: Option<String>,
}

/// What is wrong with an event of an answer.
#[derive(Debug)]
pub(super) enum Trouble {
    /// It cannot be what it should be.
    Odd(&'static str),
    /// It tells of an error.
    Error(Box<Said>),
}

impl Trouble {
    /// What an event says that tells of an error, in whatever shape.
    pub fn said(error: Value) -> Self {
        Self::Error(serde_json::from_value(error).unwrap_or_default())
    }
}

/// Makes errors of failed requests.
#[derive(Clone, Copy, Debug)]
pub(super) struct Faults {
    /// Whose they are.
    pub engine: &'static str,
}

impl Faults {
    /// Whatever it is asked, it would fail again.
    pub fn unusable(&self, message: impl Into<String>) -> ProviderError {
        ProviderError::Unusable {
            engine: self.engine.to_owned(),
            message: message.into(),
        }
    }

    /// This request would fail again.
    pub fn rejected(&self, message: impl Into<String>) -> ProviderError {
        ProviderError::Rejected {
            engine: self.engine.to_owned(),
            message: message.into(),
        }
    }

    /// It is not there, or broke off.
    pub fn unavailable(&self, message: impl Into<String>) -> ProviderError {
        ProviderError::Unavailable {
            engine: self.engine.to_owned(),
            message: message.into(),
        }
    }

    /// Nothing came for so long.
    pub fn silence(&self, after: Duration) -> ProviderError {
        ProviderError::TimedOut {
            engine: self.engine.to_owned(),
            after,
        }
    }

    /// The request could not be sent, or no response came.
    pub fn sending(&self, error: &reqwest::Error) -> ProviderError {
        let what = if error.is_connect() {
            "cannot connect"
        } else {
            "no response"
        };
        self.unavailable(format!("{what}: {}", cause(error)))
    }

    /// The response ended before its answer did.
    pub fn broken_off(&self, error: &reqwest::Error) -> ProviderError {
        self.unavailable(format!("its answer broke off: {}", cause(error)))
    }

    /// A response came, and is not a success.
    pub async fn status(&self, response: Response) -> ProviderError {
        let status = response.status();
        let retry_after = http::retry_after(response.headers());
        let body = http::body(response).await;
        let said = serde_json::from_slice::<Value>(&body)
            .ok()
            .and_then(|mut body| serde_json::from_value(body.get_mut("error")?.take()).ok());
        self.judge(Some(status), retry_after, &said.unwrap_or_default())
    }

    /// An event of the stream is wrong, or tells of an error.
    pub fn in_stream(&self, trouble: &Trouble) -> ProviderError {
        let said = match trouble {
            Trouble::Odd(message) => return self.unavailable(*message),
            Trouble::Error(said) => said,
        };
        let status = said.code.as_ref().and_then(Value::as_u64);
        let status = status.and_then(|code| StatusCode::from_u16(u16::try_from(code).ok()?).ok());
        self.judge(status, None, said)
    }

    fn judge(
        &self,
        status: Option<StatusCode>,
        retry_after: Option<Duration>,
        said: &Said,
    ) -> ProviderError {
        let names = [said.kind.as_deref(), said.code()].map(Option::unwrap_or_default);
        let (number, message) = (status.map(|status| status.as_u16()), said.describe(status));
        named::judge(self.engine, number, &names, retry_after, message)
    }
}

impl Said {
    /// The code, where it is text.
    fn code(&self) -> Option<&str> {
        let code = self.code.as_ref().and_then(Value::as_str);
        code.or_else(|| self.details.as_ref()?.error_code.as_deref())
    }

    /// The status and the server's own terms. Its sentence may quote the conversation or the key,
    /// so it is passed on only where it speaks of the address or the model.
    fn describe(&self, status: Option<StatusCode>) -> String {
        let code = self.code().map(str::to_owned);
        let code = code.or_else(|| self.code.as_ref().map(Value::to_string));
        let terms = [
            ("type", &self.kind),
            ("code", &code),
            ("param", &self.param),
        ];
        let terms = terms.into_iter().filter_map(|(name, said)| {
            let said = term(said.as_deref()?);
            (!said.is_empty()).then(|| format!("{name} {said}"))
        });
        let told = status.map(|status| status.to_string());
        let told: Vec<String> = told.into_iter().chain(terms).collect();
        let mut text = match told.is_empty() {
            true => reason("").to_owned(),
            false => told.join(", "),
        };
        if status == Some(StatusCode::NOT_FOUND)
            && let Some(message) = &self.message
            && !may_quote_key(message)
        {
            text.push_str(&format!(": {}", clip(message)));
        }
        text
    }
}

fn clip(text: &str) -> String {
    let plain = text.chars().filter(|c| !c.is_control());
    plain.take(MESSAGE).collect()
}

/// The innermost cause, which names what happened; the outer ones name the address.
fn cause(error: &reqwest::Error) -> String {
    let mut inner: &dyn Error = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const FAULTS: Faults = Faults { engine: "e" };

    fn said(value: Value) -> Said {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn names_and_numbers_of_an_error_are_found_wherever_they_stand() {
        for (error, kind) in [
            (json!({"type": "authentication_error"}), "unusable"),
            (json!({"type": "e", "code": "invalid_api_key"}), "unusable"),
            (
                json!({"type": "rate_limit_error", "details": {"error_code": "enforced_spend_limit_reached"}}),
                "unusable",
            ),
            (json!({"code": "context_length_exceeded"}), "rejected"),
            (json!({"code": 400}), "rejected"),
            (json!({"code": 402}), "unusable"),
            (json!({"type": "overloaded_error"}), "limited"),
            (json!({"message": "invalid_api_key"}), "unavailable"),
            (json!({"code": 1e99}), "unavailable"),
        ] {
            let text = error.to_string();
            assert_eq!(in_stream(error).kind(), kind, "{text}");
        }
        let spent = said(json!({"message": "m", "code": "insufficient_quota"}));
        let error = FAULTS.judge(Some(StatusCode::TOO_MANY_REQUESTS), None, &spent);
        assert_eq!(error.kind(), "unusable");
    }

    fn in_stream(value: Value) -> ProviderError {
        FAULTS.in_stream(&Trouble::said(value))
    }

    #[test]
    fn only_what_was_said_is_told() {
        for (error, told) in [
            (
                json!({"code": 503, "message": "Loading", "type": "unavailable_error"}),
                "503 Service Unavailable, type unavailable_error, code 503",
            ),
            (json!({"type": "server_error"}), "type server_error"),
            (json!({"message": "m"}), "it gave no reason"),
        ] {
            let error = in_stream(error).to_string();
            assert_eq!(error, format!("e is unavailable: {told}"));
        }
    }

    #[test]
    fn a_message_that_may_quote_is_not_passed_on() {
        let error = said(json!({"message": "Incorrect key sk-letters", "code": "invalid_api_key"}));
        let text = error.describe(Some(StatusCode::UNAUTHORIZED));
        assert!(
            text.contains("invalid_api_key") && !text.contains("letters"),
            "{text}"
        );
        let error = said(json!({"message": "model 'x' not found"}));
        assert!(
            error
                .describe(Some(StatusCode::NOT_FOUND))
                .contains("model 'x'")
        );
    }

    #[test]
    fn no_key_is_passed_on_for_a_term() {
        let key = "sk-secret-ABCDEF123456";
        for quoted in [key.to_owned(), format!("bad {key}"), format!("bad.{key}")] {
            let error = said(json!({"message": quoted, "type": quoted, "code": quoted,
                "param": quoted, "details": {"error_code": quoted}}));
            for status in [StatusCode::UNAUTHORIZED, StatusCode::NOT_FOUND] {
                let text = error.describe(Some(status));
                assert!(!text.contains("secret") && !text.contains("ABC"), "{text}");
            }
        }
        let odd = said(json!({"code": {"key": key}}));
        assert_eq!(
            odd.describe(Some(StatusCode::UNAUTHORIZED)),
            "401 Unauthorized"
        );
    }
}
