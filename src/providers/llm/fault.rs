//! What went wrong with a request, without any word that was private in it.

use std::error::Error;
use std::time::Duration;

use reqwest::{Response, StatusCode};
use serde::Deserialize;
use serde_json::Value;

use super::ProviderError;
use crate::providers::http;
use crate::providers::status::judge;
use crate::providers::term::{AUTH, marked, may_quote_key, names, term};

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

/// What stands in an error, whatever its status, that no other request would be spared: money that
/// ran out, which is no limit that passes, a key or a model that is none.
const FOR_ALL: [&str; 6] = [
    "insufficient_quota",
    "billing_error",
    "billing_hard_limit_reached",
    "enforced_spend_limit_reached",
    "invalid_api_key",
    "model_not_found",
];

/// The status that an error without one would have, by how words of its terms begin, as
/// [`marked`]. The first counts.
const TERMS: [(&[&str], StatusCode); 5] = [
    (&["_rate_limit", "_overload"], StatusCode::TOO_MANY_REQUESTS),
    (AUTH, StatusCode::UNAUTHORIZED),
    (&["_billing"], StatusCode::PAYMENT_REQUIRED),
    (&["_not_found"], StatusCode::NOT_FOUND),
    (
        &["_invalid", "_context", "_content", "_policy"],
        StatusCode::BAD_REQUEST,
    ),
];

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
        self.judge(status, retry_after, &said.unwrap_or_default())
    }

    /// An event of the stream is wrong, or tells of an error.
    pub fn in_stream(&self, trouble: &Trouble) -> ProviderError {
        let said = match trouble {
            Trouble::Odd(message) => return self.unavailable(*message),
            Trouble::Error(said) => said,
        };
        let status = said.code.as_ref().and_then(Value::as_u64);
        let status = status.and_then(|code| StatusCode::from_u16(u16::try_from(code).ok()?).ok());
        let terms = [said.kind.as_deref(), said.code()];
        let terms = terms.map(|term| marked(term.unwrap_or_default()));
        let told = |parts: &[&str]| terms.iter().any(|term| names(term, parts));
        let status = status.unwrap_or_else(|| {
            let known = TERMS.iter().find(|(parts, _)| told(parts));
            known.map_or(StatusCode::INTERNAL_SERVER_ERROR, |(_, status)| *status)
        });
        self.judge(status, None, said)
    }

    fn judge(
        &self,
        status: StatusCode,
        retry_after: Option<Duration>,
        said: &Said,
    ) -> ProviderError {
        let for_all = FOR_ALL.iter().any(|what| said.names(what));
        let message = said.describe(status);
        match for_all {
            true => self.unusable(message),
            false => judge(self.engine, status.as_u16(), retry_after, message),
        }
    }
}

impl Said {
    fn names(&self, what: &str) -> bool {
        self.kind.as_deref() == Some(what) || self.code() == Some(what)
    }

    /// The code, where it is text.
    fn code(&self) -> Option<&str> {
        let code = self.code.as_ref().and_then(Value::as_str);
        code.or_else(|| self.details.as_ref()?.error_code.as_deref())
    }

    /// The status and the server's own terms. Its sentence may quote the conversation or the key,
    /// so it is passed on only where it speaks of the address or the model.
    fn describe(&self, status: StatusCode) -> String {
        let mut text = status.to_string();
        let code = self.code().map(str::to_owned);
        let code = code.or_else(|| self.code.as_ref().map(Value::to_string));
        let terms = [
            ("type", &self.kind),
            ("code", &code),
            ("param", &self.param),
        ];
        for (name, said) in terms {
            let said = said.as_deref().map(term).unwrap_or_default();
            if !said.is_empty() {
                text.push_str(&format!(", {name} {said}"));
            }
        }
        if status == StatusCode::NOT_FOUND
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
    fn what_is_wrong_with_a_request_is_told_from_what_is_wrong_with_all() {
        for (status, code, kind) in [
            (400, "", "rejected"),
            (400, "context_length_exceeded", "rejected"),
            (400, "content_filter", "rejected"),
            (400, "invalid_api_key", "unusable"),
            (400, "model_not_found", "unusable"),
            (401, "", "unusable"),
            (429, "insufficient_quota", "unusable"),
            (429, "", "limited"),
            (503, "", "unavailable"),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            let error = FAULTS.judge(status, None, &said(json!({"message": "m", "code": code})));
            assert_eq!(error.kind(), kind, "{status} {code}");
        }
    }

    #[test]
    fn so_it_is_inside_of_an_answer() {
        for (error, kind) in [
            (
                json!({"code": "context_length_exceeded", "message": "m"}),
                "rejected",
            ),
            (json!({"type": "invalid_request_error"}), "rejected"),
            (json!({"code": "invalid_prompt"}), "rejected"),
            (json!({"code": "content_policy_violation"}), "rejected"),
            (json!({"code": 400}), "rejected"),
            (json!({"code": 402}), "unusable"),
            (json!({"type": "authentication_error"}), "unusable"),
            (
                json!({"type": "invalid_request_error", "code": "invalid_api_key"}),
                "unusable",
            ),
            (json!({"type": "not_found_error"}), "unusable"),
            (json!({"code": "AuthenticationError"}), "unusable"),
            (json!({"code": "author_busy"}), "unavailable"),
            (json!({"code": "server_error"}), "unavailable"),
        ] {
            let text = error.to_string();
            assert_eq!(in_stream(error).kind(), kind, "{text}");
        }
    }

    fn in_stream(value: Value) -> ProviderError {
        FAULTS.in_stream(&Trouble::said(value))
    }

    #[test]
    fn numbers_as_codes_and_unknown_types_are_understood() {
        let loading = json!({"code": 503, "message": "Loading", "type": "unavailable_error"});
        assert!(in_stream(loading).to_string().contains("503"));
        for limits in [
            "rate_limit_exceeded",
            "rate_limit_error",
            "overloaded_error",
        ] {
            let error = in_stream(json!({"type": limits}));
            assert!(matches!(error, ProviderError::Limited { .. }), "{limits}");
        }
        let odd = in_stream(json!({"code": 1e99}));
        assert!(matches!(odd, ProviderError::Unavailable { .. }));
    }

    #[test]
    fn money_that_ran_out_is_no_limit_that_passes() {
        let spent = json!({"type": "rate_limit_error", "details": {"error_code": "enforced_spend_limit_reached"}});
        for error in [
            spent,
            json!({"type": "billing_error"}),
            json!({"code": "insufficient_quota", "type": "insufficient_quota"}),
        ] {
            let text = error.to_string();
            let error = in_stream(error);
            assert!(matches!(error, ProviderError::Unusable { .. }), "{text}");
        }
    }

    #[test]
    fn a_message_that_may_quote_is_not_passed_on() {
        let error = said(json!({"message": "Incorrect key sk-letters", "code": "invalid_api_key"}));
        let text = error.describe(StatusCode::UNAUTHORIZED);
        assert!(
            text.contains("invalid_api_key") && !text.contains("letters"),
            "{text}"
        );
        let error = said(json!({"message": "model 'x' not found"}));
        assert!(error.describe(StatusCode::NOT_FOUND).contains("model 'x'"));
    }

    #[test]
    fn no_key_is_passed_on_for_a_term() {
        let key = "sk-secret-ABCDEF123456";
        for quoted in [key.to_owned(), format!("bad {key}"), format!("bad.{key}")] {
            let error = said(json!({"message": quoted, "type": quoted, "code": quoted,
                "param": quoted, "details": {"error_code": quoted}}));
            for status in [StatusCode::UNAUTHORIZED, StatusCode::NOT_FOUND] {
                let text = error.describe(status);
                assert!(!text.contains("secret") && !text.contains("ABC"), "{text}");
            }
        }
        let odd = said(json!({"code": {"key": key}}));
        assert_eq!(odd.describe(StatusCode::UNAUTHORIZED), "401 Unauthorized");
    }
}
