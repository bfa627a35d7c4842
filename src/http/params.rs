//! Parameters of an address, with this edge's errors.

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};

use super::error::HttpError;

/// The parameters after the question mark.
#[derive(Clone, Copy, Debug)]
pub struct Params<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, HttpError> {
        let query = parts.uri.query().unwrap_or_default();
        let pairs = form_urlencoded::parse(query.as_bytes());
        let params = serde_urlencoded::Deserializer::new(pairs);
        // With the name of the one that cannot be read.
        let params = serde_path_to_error::deserialize(params).map_err(|error| {
            let named = error.path().iter().next().is_some();
            HttpError::Invalid {
                param: named.then(|| error.path().to_string()),
                message: error.into_inner().to_string(),
            }
        })?;
        Ok(Self(params))
    }
}

/// The id in an address. One that cannot be read names nothing.
#[derive(Clone, Debug)]
pub struct Id(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, HttpError> {
        let id = Path::<String>::from_request_parts(parts, state).await;
        id.map(|Path(id)| Self(id)).map_err(|_| HttpError::NotFound)
    }
}

/// A parameter that is on as soon as it is there: `?download`, or `?download=true`.
pub fn flag<'de, D: Deserializer<'de>>(value: D) -> Result<bool, D::Error> {
    match String::deserialize(value)?.as_str() {
        "" | "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(D::Error::custom("must be `true` or `false`")),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "what is read is not of interest")]
    struct Asked {
        limit: Option<u32>,
        #[serde(default, deserialize_with = "flag")]
        download: bool,
    }

    #[tokio::test]
    async fn names_what_cannot_be_read() {
        for (query, wrong) in [
            ("limit=some", "limit"),
            ("download&limit=-1", "limit"),
            ("limit=1&download=maybe", "download"),
        ] {
            let request = Request::get(format!("/api/sessions?{query}"));
            let (mut parts, ()) = request.body(()).unwrap().into_parts();
            match Params::<Asked>::from_request_parts(&mut parts, &()).await {
                Err(HttpError::Invalid { param, .. }) => {
                    assert_eq!(param.as_deref(), Some(wrong), "{query}");
                }
                other => panic!("{query}: {other:?}"),
            }
        }
    }
}
