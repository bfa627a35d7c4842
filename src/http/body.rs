//! Request bodies as JSON, with this edge's errors.

use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use bytes::Bytes;
use serde::de::DeserializeOwned;

use super::error::HttpError;

/// A JSON body. None, and `null`, count as `{}`: SDKs send none when nothing is to be said.
#[derive(Clone, Copy, Debug)]
pub struct JsonBody<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = HttpError;

    async fn from_request(request: Request, state: &S) -> Result<Self, HttpError> {
        let content_type = request.headers().get(header::CONTENT_TYPE).cloned();
        let bytes = Bytes::from_request(request, state).await.map_err(refused)?;
        if matches!(bytes.trim_ascii(), b"" | b"null") {
            return parse(b"{}").map(Self);
        }
        let named = content_type.as_ref().and_then(|value| value.to_str().ok());
        if !named.is_some_and(is_json) {
            return Err(HttpError::WrongType("application/json"));
        }
        parse(&bytes).map(Self)
    }
}

/// Why a body could not be read, in this edge's words.
pub fn refused(rejection: BytesRejection) -> HttpError {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        HttpError::TooLarge
    } else {
        HttpError::Invalid {
            param: None,
            message: "the body broke off".to_owned(),
        }
    }
}

fn is_json(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/json")
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, HttpError> {
    serde_json::from_slice(bytes).map_err(|error| HttpError::Invalid {
        param: None,
        message: format!("the body is not what is taken here: {error}"),
    })
}
