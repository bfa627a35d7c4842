//! What went wrong with a request, without any word that was private in it.

use std::error::Error;
use std::time::Duration;

use futures::StreamExt;
use reqwest::header::HeaderMap;
use reqwest::{Response, StatusCode};
use serde::Deserialize;
use serde_json::Value;

use super::ProviderError;

/// The most of an error's body that is read, in bytes.
const MOST: usize = 64 * 1024;

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

/// What stands in an error for money that ran out. None of them is a limit that passes.
const NO_MONEY: [&str; 4] = [
    "insufficient_quota",
    "billing_error",
    "billing_hard_limit_reached",
    "enforced_spend_limit_reached",
];

/// Makes errors of failed requests.
#[derive(Clone, Copy, Debug)]
pub(super) struct Faults {
    /// Whose they are.
    pub engine: &'static str,
}

impl Faults {
    /// It would fail again.
    pub fn refused(&self, message: &str) -> ProviderError {
        ProviderError::Refused {
            engine: self.engine.to_owned(),
            message: message.to_owned(),
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
        let retry_after = retry_after(response.headers());
        let body = body(response).await;
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
        let names = |part: &str| terms.iter().flatten().any(|term| term.contains(part));
        let status = status.unwrap_or_else(|| {
            if names("rate_limit") || names("overloaded") {
                StatusCode::TOO_MANY_REQUESTS
            } else if ["invalid", "auth", "permission", "not_found", "billing"]
                .into_iter()
                .any(names)
            {
                StatusCode::BAD_REQUEST
            } else {
                StatusCode::INTERNAL_SERVER_ERROR
            }
        });
        self.judge(status, None, said)
    }

    fn judge(
        &self,
        status: StatusCode,
        retry_after: Option<Duration>,
        said: &Said,
    ) -> ProviderError {
        let no_money = NO_MONEY.iter().any(|what| said.names(what));
        match status.as_u16() {
            429 | 529 if !no_money => ProviderError::Limited {
                engine: self.engine.to_owned(),
                retry_after,
            },
            408 | 409 | 425 | 500.. if !no_money => self.unavailable(said.describe(status)),
            _ => self.refused(&said.describe(status)),
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
        for (name, term) in terms {
            if let Some(term) = term {
                text.push_str(&format!(", {name} {}", clip(term)));
            }
        }
        if status == StatusCode::NOT_FOUND
            && let Some(message) = &self.message
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

/// When to come back: `retry-after-ms`, else `retry-after` in seconds.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<f64>().ok();
    let seconds = number("retry-after-ms")
        .map(|ms| ms / 1000.0)
        .or_else(|| number("retry-after"))?;
    Duration::try_from_secs_f64(seconds).ok()
}

/// Reads a body as far as it is worth reading.
pub(super) async fn body(response: Response) -> Vec<u8> {
    let mut body = Vec::new();
    let mut chunks = response.bytes_stream();
    while let Some(Ok(chunk)) = chunks.next().await {
        body.extend_from_slice(&chunk);
        if body.len() > MOST {
            break;
        }
    }
    body
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
    fn what_would_fail_again_is_refused_and_the_rest_is_not() {
        let quota = said(json!({"message": "m", "code": "insufficient_quota"}));
        let none = Said::default();
        for (status, said, refused) in [
            (400, &none, true),
            (401, &none, true),
            (404, &none, true),
            (307, &none, true),
            (429, &quota, true),
            (408, &none, false),
            (500, &none, false),
            (503, &none, false),
        ] {
            let error = FAULTS.judge(StatusCode::from_u16(status).unwrap(), None, said);
            assert_eq!(
                matches!(error, ProviderError::Refused { .. }),
                refused,
                "{status}"
            );
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
            assert!(matches!(error, ProviderError::Refused { .. }), "{text}");
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
    fn odd_times_to_come_back_are_none() {
        let mut headers = HeaderMap::new();
        for (value, expected) in [
            ("2", Some(Duration::from_secs(2))),
            ("0.5", Some(Duration::from_millis(500))),
            ("-1", None),
            ("inf", None),
            ("Sat, 21 Nov 2026 10:00:00 GMT", None),
        ] {
            headers.insert("retry-after", value.parse().unwrap());
            assert_eq!(retry_after(&headers), expected, "{value}");
        }
        headers.insert("retry-after-ms", "250".parse().unwrap());
        assert_eq!(retry_after(&headers), Some(Duration::from_millis(250)));
    }
}
