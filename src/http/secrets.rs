//! `POST /v1/realtime/client_secrets`: a short-lived key with which a browser begins a session, or
//! goes on with one.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::{Map, Value};
use signaling::event::{Field, Session, parse_session};
use utoipa::ToSchema;
use uuid::Uuid;

use super::auth::Holder;
use super::body::JsonBody;
use super::error::{Error, HttpError};
use crate::accounts::secrets::Grant;
use crate::app::App;

/// How long a secret lives, in seconds, unless the request says otherwise.
const LIFETIME: u64 = 600;
/// The model of sessions that name none. Whatever they name, the configured engines answer.
const MODEL: &str = "praxiloom";
const SHORTEST: u64 = 10;
const LONGEST: u64 = 7200;
/// Longest id of a session, in bytes; ours are half as long.
const MAX_ID: usize = 128;

/// The answer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ClientSecret)]
pub struct Issued {
    /// `ek_…`
    value: String,
    /// Seconds since 1970.
    expires_at: i64,
    /// The session that it begins, in the words of the protocol.
    #[schema(value_type = Object)]
    session: Session,
}

/// What is asked for. It is read member by member, so that a refusal names the one that is wrong.
#[derive(ToSchema)]
#[schema(as = ClientSecretRequest)]
#[expect(dead_code, reason = "it describes what `create` reads")]
pub struct Asked {
    /// When the secret expires.
    expires_after: Option<ExpiresAfter>,
    /// The session that it begins, as in `session.update`.
    #[schema(value_type = Option<Object>)]
    session: Option<Value>,
    /// What is ours alone.
    praxiloom: Option<Own>,
}

/// What this server adds to the request.
#[derive(ToSchema)]
#[schema(as = ClientSecretExtension)]
#[expect(dead_code, reason = "it describes what `create` reads")]
struct Own {
    /// The session that its holder may go on with, after its connection ended. It then begins no
    /// other.
    resume: Option<String>,
}

/// When a secret expires.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes what `create` reads")]
struct ExpiresAfter {
    /// `created_at`
    anchor: Option<String>,
    /// From then on.
    #[schema(minimum = 10, maximum = 7200, default = 600)]
    seconds: Option<u64>,
}

/// Issues a secret. An empty body counts as `{}`.
#[utoipa::path(
    post,
    path = "/v1/realtime/client_secrets",
    tag = "realtime",
    operation_id = "create_client_secret",
    security(("key" = [])),
    request_body = Option<Asked>,
    responses(
        (status = 200, description = "The secret, told this once", body = Issued),
        (status = 400, description = "`invalid_value`, or a code of the protocol; `param` says where", body = Error),
        (status = 413, description = "`body_too_large`", body = Error),
        (status = 415, description = "`unsupported_media_type`: the body must be JSON", body = Error),
        (status = 429, description = "`too_many_client_secrets`", body = Error),
    )
)]
pub async fn create(
    State(app): State<Arc<App>>,
    holder: Holder,
    JsonBody(request): JsonBody<Map<String, Value>>,
) -> Result<Json<Issued>, HttpError> {
    let known = ["expires_after", "session", "praxiloom"];
    if let Some(name) = request.keys().find(|name| !known.contains(&name.as_str())) {
        return Err(unknown(name));
    }
    let lifetime = lifetime(request.get("expires_after"))?;
    let resumes = resumes(request.get("praxiloom"))?;
    let asked = session(request.get("session"))?;
    let session = in_force(&app, &asked)?;
    if !app.allowances.take(&holder.account, app.clock.steady()) {
        return Err(HttpError::TooManySecrets);
    }
    app.live.warm(&session);
    let expires_at = app.clock.now().plus(lifetime);
    let grant = Grant {
        account: holder.account,
        session: asked,
        resumes: resumes.map(str::to_owned),
        expires_at,
    };
    let secret = app.issued.secret(grant, rand::random()).await?;
    Ok(Json(Issued {
        value: secret.into_exposed(),
        expires_at: expires_at.seconds(),
        session,
    }))
}

fn lifetime(expires_after: Option<&Value>) -> Result<Duration, HttpError> {
    let Some(expires_after) = expires_after.filter(|value| !value.is_null()) else {
        return Ok(Duration::from_secs(LIFETIME));
    };
    let Value::Object(expires_after) = expires_after else {
        return Err(HttpError::invalid("expires_after", "must be an object"));
    };
    for (name, value) in expires_after {
        match name.as_str() {
            "anchor" if value == "created_at" => {}
            "anchor" => {
                let message = "the only anchor is `created_at`";
                return Err(HttpError::invalid("expires_after.anchor", message));
            }
            "seconds" => {}
            other => return Err(unknown(&format!("expires_after.{other}"))),
        }
    }
    let seconds = match expires_after.get("seconds") {
        None | Some(Value::Null) => Some(LIFETIME),
        Some(seconds) => seconds.as_u64(),
    };
    let bounded = seconds.filter(|seconds| (SHORTEST..=LONGEST).contains(seconds));
    bounded.map(Duration::from_secs).ok_or_else(|| {
        let message = format!("must be a whole number from {SHORTEST} to {LONGEST}");
        HttpError::invalid("expires_after.seconds", message)
    })
}

/// The session that the secret is for. Whether there is one it says when it is taken up, as to
/// everybody else.
fn resumes(own: Option<&Value>) -> Result<Option<&str>, HttpError> {
    let Some(own) = own.filter(|own| !own.is_null()) else {
        return Ok(None);
    };
    let Value::Object(own) = own else {
        return Err(HttpError::invalid("praxiloom", "must be an object"));
    };
    if let Some(other) = own.keys().find(|name| *name != "resume") {
        return Err(unknown(&format!("praxiloom.{other}")));
    }
    match own.get("resume") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(id)) if (1..=MAX_ID).contains(&id.len()) => Ok(Some(id)),
        Some(_) => {
            let message = "must be the id of a session";
            Err(HttpError::invalid("praxiloom.resume", message))
        }
    }
}

/// The session configuration, which is merged with the server's own when the session begins.
fn session(session: Option<&Value>) -> Result<Value, HttpError> {
    let mut session = match session {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(session)) => session.clone(),
        Some(_) => return Err(HttpError::invalid("session", "must be an object")),
    };
    session.entry("type").or_insert("realtime".into());
    Ok(Value::Object(session))
}

/// The session as it would begin, so that a wrong configuration is refused now and not then.
fn in_force(app: &App, asked: &Value) -> Result<Session, HttpError> {
    let update = parse_session(&asked.to_string())?;
    let client = match &update.prompt {
        Field::Value(prompt) => Some(app.gallery.get(&prompt.id).ok_or_else(|| {
            let message = format!("there is no AI client `{}`", prompt.id);
            HttpError::invalid("session.prompt.id", message)
        })?),
        _ => app.gallery.first(),
    };
    let voice = client.map_or_else(String::new, |client| client.voice.clone());
    let ends = app.clock.now().plus(app.config.live.max_length).seconds();
    let session = Session::new(
        format!("sess_{}", Uuid::now_v7().simple()),
        update.model.as_deref().unwrap_or(MODEL),
        voice,
        u64::try_from(ends).unwrap_or_default(),
    );
    Ok(session.merged(&update, false)?)
}

fn unknown(name: &str) -> HttpError {
    HttpError::invalid(name, format!("unknown parameter: `{name}`"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn param<T: std::fmt::Debug>(refused: Result<T, HttpError>) -> String {
        match refused.unwrap_err() {
            HttpError::Invalid { param, .. } => param.unwrap(),
            other => panic!("{other}"),
        }
    }

    #[test]
    fn a_lifetime_is_between_ten_seconds_and_two_hours() {
        let seconds =
            |seconds: Value| lifetime(Some(&json!({"anchor": "created_at", "seconds": seconds})));
        assert_eq!(lifetime(None).unwrap().as_secs(), 600);
        assert_eq!(
            lifetime(Some(&json!({"anchor": "created_at"})))
                .unwrap()
                .as_secs(),
            600
        );
        assert_eq!(seconds(json!(10)).unwrap().as_secs(), 10);
        assert_eq!(seconds(json!(7200)).unwrap().as_secs(), 7200);
        for wrong in [
            json!(9),
            json!(7201),
            json!(-1),
            json!(1.5),
            json!("60"),
            json!(1e300),
        ] {
            assert_eq!(param(seconds(wrong)), "expires_after.seconds");
        }
        assert_eq!(
            param(lifetime(Some(&json!({"anchor": "now"})))),
            "expires_after.anchor"
        );
        assert_eq!(
            param(lifetime(Some(&json!({"second": 60})))),
            "expires_after.second"
        );
        assert_eq!(param(lifetime(Some(&json!(60)))), "expires_after");
    }

    #[test]
    fn a_secret_is_for_one_session_or_for_new_ones() {
        assert_eq!(resumes(None).unwrap(), None);
        assert_eq!(resumes(Some(&json!({}))).unwrap(), None);
        assert_eq!(resumes(Some(&json!({"resume": null}))).unwrap(), None);
        let named = json!({"resume": "sess_1"});
        assert_eq!(resumes(Some(&named)).unwrap(), Some("sess_1"));
        for wrong in [json!(1), json!(""), json!("x".repeat(129)), json!({})] {
            let asked = json!({"resume": wrong});
            assert_eq!(param(resumes(Some(&asked))), "praxiloom.resume", "{asked}");
        }
        assert_eq!(param(resumes(Some(&json!("sess_1")))), "praxiloom");
        let other = json!({"resumes": "sess_1"});
        assert_eq!(param(resumes(Some(&other))), "praxiloom.resumes");
    }

    #[test]
    fn a_session_is_a_conversation() {
        assert_eq!(session(None).unwrap(), json!({"type": "realtime"}));
        assert!(session(Some(&json!([]))).is_err());
    }
}
