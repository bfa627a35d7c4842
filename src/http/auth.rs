//! Who calls: the bearer of a request, from its header or, for browsers' WebSockets, from its
//! subprotocol.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use serde_json::Value;

use super::error::HttpError;
use super::params::Id;
use crate::accounts::seal::Seal;
use crate::accounts::secrets;
use crate::app::App;
use crate::db::AccountId;

/// The subprotocol that a client asks for and is given.
pub const SUBPROTOCOL: &str = "realtime";

/// The subprotocol in which a browser, which can set no header on a WebSocket, sends its key.
const KEY_SUBPROTOCOL: &str = "openai-insecure-api-key.";

/// Who sent a request, found out while it is extracted.
///
/// Without `server.access_token` everybody is the local account, whatever key they send (the
/// settings let such a server listen on loopback only, unless it is told to be open). A client
/// secret that this server issued counts as what it is even then.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Whose data the caller reaches.
    pub account: AccountId,
    /// The client secret that they sent, if it was not the server's own key.
    pub secret: Option<ClientSecret>,
}

/// What a client secret lets its holder do.
#[derive(Clone, Debug)]
pub struct ClientSecret {
    /// The session configuration that it was issued with.
    pub session: Value,
    /// The one session that it was issued to go on with; it begins no other.
    pub resumes: Option<String>,
    /// Ends the ids of the sessions that it begins.
    pub seal: Seal,
    expired: bool,
}

impl Caller {
    /// Who sends this key. A client secret that has expired says so.
    async fn of(key: Option<&str>, app: &App) -> Result<Self, HttpError> {
        if let Some(key) = key.filter(|key| key.starts_with(secrets::PREFIX))
            && let Some(grant) = app.issued.grant(key).await?
        {
            return Ok(Self {
                account: grant.account,
                secret: Some(ClientSecret {
                    session: grant.session,
                    resumes: grant.resumes,
                    seal: Seal::of(key),
                    expired: grant.expires_at <= app.clock.now(),
                }),
            });
        }
        match (&app.config.server.access_token, key) {
            (Some(_), None) => Err(HttpError::NoKey),
            (Some(token), Some(key)) if !token.matches(key) => Err(HttpError::WrongKey),
            _ => Ok(Self {
                account: app.account.clone(),
                secret: None,
            }),
        }
    }

    /// Whether they may act on a session, should it be one of their account's: with the server's
    /// key on every one, with a client secret on those that it began or was issued for.
    #[must_use]
    pub fn reaches(&self, session: &str) -> bool {
        self.secret.as_ref().is_none_or(|secret| {
            secret.resumes.as_deref() == Some(session) || secret.seal.is_on(session)
        })
    }

    fn is_expired(&self) -> bool {
        self.secret.as_ref().is_some_and(|secret| secret.expired)
    }
}

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, HttpError> {
        let caller = Self::of(bearer(&parts.headers), app).await?;
        match caller.is_expired() {
            true => Err(HttpError::ExpiredSecret),
            false => Ok(caller),
        }
    }
}

/// Whoever may act on the call that the address names. To hang up, or to bring it over another
/// network, the client secret that began it will do even after it has expired: it expires sooner
/// than a conversation ends, and this begins nothing.
#[derive(Clone, Debug)]
pub struct Party {
    /// Whose call it is, if there is one.
    pub account: AccountId,
    /// Its id.
    pub id: String,
}

impl FromRequestParts<Arc<App>> for Party {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, HttpError> {
        let caller = Caller::of(bearer(&parts.headers), app).await?;
        let Id(id) = Id::from_request_parts(parts, app).await?;
        match caller.reaches(&id) {
            true => Ok(Self {
                account: caller.account,
                id,
            }),
            false if caller.is_expired() => Err(HttpError::ExpiredSecret),
            false => Err(HttpError::NotFound),
        }
    }
}

/// A caller with the server's own key: not one who may only begin the session that their client
/// secret stands for.
#[derive(Clone, Debug)]
pub struct Holder {
    /// Whose data they reach.
    pub account: AccountId,
}

impl FromRequestParts<Arc<App>> for Holder {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, HttpError> {
        let caller = Caller::from_request_parts(parts, app).await?;
        match caller.secret {
            None => Ok(Self {
                account: caller.account,
            }),
            Some(_) => Err(HttpError::Forbidden(
                "a client secret only begins a session: this takes the API key",
            )),
        }
    }
}

/// The key in `Authorization: Bearer …`, or among the subprotocols.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let authorization = headers.get(header::AUTHORIZATION);
    let in_header = authorization
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, key)| key.trim());
    let mut offered = headers
        .get_all(header::SEC_WEBSOCKET_PROTOCOL)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    in_header
        .or_else(|| offered.find_map(|offer| offer.trim().strip_prefix(KEY_SUBPROTOCOL)))
        .filter(|key| !key.is_empty())
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn headers(pairs: &[(HeaderName, &'static str)]) -> HeaderMap {
        let pairs = pairs.iter();
        pairs
            .map(|(name, value)| (name.clone(), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn finds_the_key_wherever_it_is() {
        let offered = header::SEC_WEBSOCKET_PROTOCOL;
        for (sent, key) in [
            (
                headers(&[(header::AUTHORIZATION, "Bearer sk-1")]),
                Some("sk-1"),
            ),
            (
                headers(&[(header::AUTHORIZATION, "bearer  sk-1 ")]),
                Some("sk-1"),
            ),
            (headers(&[(header::AUTHORIZATION, "Basic sk-1")]), None),
            (headers(&[(header::AUTHORIZATION, "Bearer ")]), None),
            (
                headers(&[(offered.clone(), "realtime, openai-insecure-api-key.ek_2")]),
                Some("ek_2"),
            ),
            (headers(&[(offered, "realtime")]), None),
            (HeaderMap::new(), None),
        ] {
            assert_eq!(bearer(&sent), key, "{sent:?}");
        }
    }
}
