//! What went wrong with a request, without any word that was private in it.

use std::error::Error;
use std::time::Duration;

use futures::StreamExt;
use reqwest::header::HeaderMap;
use reqwest::{Response, StatusCode};
use serde::Deserialize;
use serde_json::Value;

use super::{NAME, ProviderError, unavailable};

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
}

/// Makes errors of failed requests.
#[derive(Clone, Copy, Debug)]
pub(super) struct Faults {
    /// How long was waited.
    pub first_token: Duration,
}

impl Faults {
    /// Nothing came at all.
    pub fn silence(&self) -> ProviderError {
        ProviderError::TimedOut {
            engine: NAME.to_owned(),
            after: self.first_token,
        }
    }

    /// The request could not be sent, or no response came.
    pub fn sending(&self, error: &reqwest::Error) -> ProviderError {
        let what = if error.is_connect() {
            "cannot connect"
        } else {
            "no response"
        };
        unavailable(format!("{what}: {}", cause(error)))
    }

    /// A response came, and is not a success.
    pub async fn status(&self, response: Response) -> ProviderError {
        let status = response.status();
        let retry_after = retry_after(response.headers());
        let body = body(response).await;
        let said = serde_json::from_slice::<Value>(&body)
            .ok()
            .and_then(|mut body| serde_json::from_value(body.get_mut("error")?.take()).ok());
        judge(status, retry_after, &said.unwrap_or_default())
    }
}

/// An error that came in the middle of a stream.
pub(super) fn in_stream(said: &Said) -> ProviderError {
    let status = said.code.as_ref().and_then(Value::as_u64);
    let status = status.and_then(|code| StatusCode::from_u16(u16::try_from(code).ok()?).ok());
    let kind = said.kind.as_deref().unwrap_or_default();
    let status = status.unwrap_or(match kind {
        kind if kind.contains("rate_limit") => StatusCode::TOO_MANY_REQUESTS,
        kind if kind.contains("invalid") || kind.contains("auth") => StatusCode::BAD_REQUEST,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    });
    judge(status, None, said)
}

fn judge(status: StatusCode, retry_after: Option<Duration>, said: &Said) -> ProviderError {
    let out_of_money = said.names("insufficient_quota");
    match status.as_u16() {
        429 | 529 if !out_of_money => ProviderError::Limited {
            engine: NAME.to_owned(),
            retry_after,
        },
        408 | 409 | 425 | 500.. => unavailable(said.describe(status)),
        _ => ProviderError::Refused {
            engine: NAME.to_owned(),
            message: said.describe(status),
        },
    }
}

impl Said {
    fn names(&self, what: &str) -> bool {
        self.kind.as_deref() == Some(what)
            || self.code.as_ref().and_then(Value::as_str) == Some(what)
    }

    /// The status and the server's own terms. Its sentence may quote the conversation or the key,
    /// so it is passed on only where it speaks of the address or the model.
    fn describe(&self, status: StatusCode) -> String {
        let mut text = status.to_string();
        let code = self.code.as_ref().map(|code| match code {
            Value::String(code) => code.clone(),
            other => other.to_string(),
        });
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
pub(super) fn cause(error: &reqwest::Error) -> String {
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
            let error = judge(StatusCode::from_u16(status).unwrap(), None, said);
            assert_eq!(
                matches!(error, ProviderError::Refused { .. }),
                refused,
                "{status}"
            );
        }
    }

    #[test]
    fn numbers_as_codes_and_unknown_types_are_understood() {
        let loading = said(json!({"code": 503, "message": "Loading", "type": "unavailable_error"}));
        assert!(in_stream(&loading).to_string().contains("503"));
        let limited = in_stream(&said(json!({"type": "rate_limit_exceeded"})));
        assert!(matches!(limited, ProviderError::Limited { .. }));
        let odd = in_stream(&said(json!({"code": 1e99})));
        assert!(matches!(odd, ProviderError::Unavailable { .. }));
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
