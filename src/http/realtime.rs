//! Live sessions: `GET /v1/realtime` (WebSocket), `POST /v1/realtime/calls` (WebRTC), both with
//! `?resume=ID` for one whose connection ended, `POST /v1/realtime/calls/{id}` (ICE restart) and
//! `POST /v1/realtime/calls/{id}/hangup`.

use std::sync::Arc;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{FromRequest, Multipart, Request, State, WebSocketUpgrade};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use signaling::event::{SessionUpdate, parse};
use signaling::link::{Carrier, Link};
use signaling::webrtc::{self, MAX_SDP};
use signaling::websocket::{self, Patience};
use utoipa::ToSchema;

use super::auth::{Caller, Party};
use super::body::refused;
use super::error::{Error, HttpError};
use super::guests::Guest;
use super::params::Params;
use crate::app::App;
use crate::live::{BeginError, Begun, Opening};

/// The media type of an offer and its answer (RFC 8866).
const SDP: &str = "application/sdp";

/// What a session is opened with.
#[derive(Debug, Deserialize)]
pub struct Asked {
    model: Option<String>,
    intent: Option<String>,
    call_id: Option<String>,
    resume: Option<String>,
}

/// A call's request in parts.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes what `parts_of` reads")]
pub struct Call {
    /// The offer.
    sdp: String,
    /// The session, as in `session.update`: JSON.
    #[schema(nullable = false)]
    session: Option<String>,
}

/// A session over a WebSocket. What goes over it is the protocol of `signaling/README.md`.
#[utoipa::path(
    get,
    path = "/v1/realtime",
    tag = "realtime",
    operation_id = "open_session",
    security(("key" = [])),
    params(
        ("model" = Option<String>, Query, description = "Anything: the settings decide which engines answer"),
        ("resume" = Option<String>, Query, description = "The session to go on with after its connection ended"),
        ("upgrade" = String, Header, description = "`websocket`"),
        ("sec-websocket-protocol" = Option<String>, Header,
            description = "`realtime`, and `openai-insecure-api-key.KEY` from browsers, which can set no other header"),
    ),
    responses(
        (status = 101, description = "The session begins; its first event is `session.created`"),
        (status = 400, description = "`invalid_value`: no upgrade, or `intent` or `call_id`, which are not taken", body = Error),
        (status = 404, description = "`not_found`: no such session of this account to resume, or not by this client secret", body = Error),
        (status = 409, description = "`session_not_resumable`: it is over for good, or another connection has it", body = Error),
        (status = 429, description = "`too_many_sessions`", body = Error),
        (status = 503, description = "`server_stopping`, `database_unavailable`", body = Error),
    )
)]
pub async fn socket(
    State(app): State<Arc<App>>,
    caller: Caller,
    Params(asked): Params<Asked>,
    guest: Option<Extension<Guest>>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, HttpError> {
    let upgrade = upgrade.map_err(|error| HttpError::invalid("upgrade", error.to_string()))?;
    if asked.intent.is_some() {
        let message = "only conversations are held here: leave `intent` out";
        return Err(HttpError::invalid("intent", message));
    }
    if asked.call_id.is_some() {
        let message = "a call's events go over its own data channel: no second connection joins it";
        return Err(HttpError::invalid("call_id", message));
    }
    let begun = match asked.resume {
        Some(id) => resume(&app, caller, Carrier::WebSocket, &id, None).await?,
        None => begin(&app, caller, Carrier::WebSocket, asked.model, None)?,
    };
    if let Some(guest) = guest {
        guest.stays();
    }
    Ok(websocket::prepare(upgrade).on_upgrade(async move |socket| {
        let (link, pump) = websocket::open(socket, Patience::default());
        app.lifecycle.spawn(pump.run());
        run(app, begun, link);
    }))
}

/// A session over WebRTC: an offer in, its answer out, and where the call is (`Location`).
#[utoipa::path(
    post,
    path = "/v1/realtime/calls",
    tag = "realtime",
    operation_id = "create_call",
    security(("key" = [])),
    params(
        ("resume" = Option<String>, Query, description = "The session to go on with after its connection ended"),
    ),
    request_body(content(
        (String = "application/sdp"),
        (Call = "multipart/form-data"),
    )),
    responses(
        (status = 201, description = "The answer, which carries all candidates", body = String, content_type = "application/sdp",
            headers(("location" = String, description = "`/v1/realtime/calls/{id}`"))),
        (status = 400, description = "`invalid_value` or a code of the protocol; `param: \"sdp\"`: the message says what the offer lacks", body = Error),
        (status = 404, description = "`not_found`: calls are turned off, or no such session of this account to resume, or not by this client secret", body = Error),
        (status = 409, description = "`session_not_resumable`: it is over for good, or another connection has it", body = Error),
        (status = 413, description = "`body_too_large`", body = Error),
        (status = 415, description = "`unsupported_media_type`", body = Error),
        (status = 429, description = "`too_many_sessions`", body = Error),
        (status = 503, description = "`server_stopping`, `database_unavailable`", body = Error),
    )
)]
pub async fn call(
    State(app): State<Arc<App>>,
    caller: Caller,
    Params(asked): Params<Asked>,
    request: Request,
) -> Result<Response, HttpError> {
    let Some(calls) = &app.calls else {
        return Err(HttpError::NotFound);
    };
    let (offer, session) = read(request).await?;
    let (begun, (answer, link, handle)) = match asked.resume {
        // A wrong offer must not end the connection that the session still has.
        Some(id) => {
            let answered = calls.answer(&offer).await.map_err(unanswered)?;
            let begun = resume(&app, caller, Carrier::WebRtc, &id, session).await?;
            (begun, answered)
        }
        None => {
            let begun = begin(&app, caller, Carrier::WebRtc, None, session)?;
            (begun, calls.answer(&offer).await.map_err(unanswered)?)
        }
    };
    begun.carried_by(handle);
    let location = format!("/v1/realtime/calls/{}", begun.id());
    run(app, begun, link);
    let headers = [
        (header::CONTENT_TYPE, SDP.to_owned()),
        (header::LOCATION, location),
    ];
    Ok((StatusCode::CREATED, headers, answer).into_response())
}

/// A later offer of a call that is live, after a change of network (ICE restart): its answer.
#[utoipa::path(
    post,
    path = "/v1/realtime/calls/{id}",
    tag = "realtime",
    operation_id = "renegotiate_call",
    security(("key" = [])),
    params(("id" = String, Path, description = "The call, by its `Location`")),
    request_body(content(
        (String = "application/sdp"),
        (Call = "multipart/form-data"),
    )),
    responses(
        (status = 200, description = "The answer, which carries all candidates", body = String, content_type = "application/sdp"),
        (status = 400, description = "`invalid_value`: the message says what the offer lacks; the call goes on as it was", body = Error),
        (status = 404, description = "`not_found`: no such call of this account is live at this server; its session goes on with `?resume=`", body = Error),
        (status = 413, description = "`body_too_large`", body = Error),
        (status = 415, description = "`unsupported_media_type`", body = Error),
    )
)]
pub async fn renegotiate(
    State(app): State<Arc<App>>,
    Party { account, id }: Party,
    request: Request,
) -> Result<Response, HttpError> {
    let call = app.live.registry().call(&id, &account);
    let call = call.ok_or(HttpError::NoCall)?;
    let (offer, _) = read(request).await?;
    let answer = call.reoffer(&offer).await.map_err(unanswered)?;
    Ok(([(header::CONTENT_TYPE, SDP)], answer).into_response())
}

/// Ends a call for good, also one that has no connection any more and could still be resumed.
#[utoipa::path(
    post,
    path = "/v1/realtime/calls/{id}/hangup",
    tag = "realtime",
    operation_id = "hang_up",
    security(("key" = [])),
    params(("id" = String, Path, description = "The call, by its `Location`")),
    responses(
        (status = 200, description = "It ends"),
        (status = 404, description = "`not_found`: no such call of this account is live, or could still be resumed: it has ended already", body = Error),
    )
)]
pub async fn hang_up(
    State(app): State<Arc<App>>,
    Party { account, id }: Party,
) -> Result<StatusCode, HttpError> {
    match app.live.hang_up(&id, &account).await? {
        true => Ok(StatusCode::OK),
        false => Err(HttpError::NothingToHangUp),
    }
}

/// Takes a place for the session. What the client secret settled comes first, what the request
/// says after it.
fn begin(
    app: &App,
    caller: Caller,
    carrier: Carrier,
    model: Option<String>,
    session: Option<SessionUpdate>,
) -> Result<Begun, HttpError> {
    if !app.lifecycle.is_open() {
        return Err(HttpError::Stopping);
    }
    let secret = caller.secret;
    if secret
        .as_ref()
        .is_some_and(|secret| secret.resumes.is_some())
    {
        return Err(HttpError::Forbidden(
            "this client secret goes on with one session and begins no other: ask for another one",
        ));
    }
    let granted = secret
        .as_ref()
        .map(|secret| parse::parse_session(&secret.session.to_string()))
        .transpose()?;
    let opening = Opening {
        account: caller.account,
        seal: secret.map(|secret| secret.seal),
        carrier,
        model,
        updates: granted.into_iter().chain(session).collect(),
    };
    app.live.begin(opening).map_err(refusal)
}

/// Takes up a session whose connection ended. What the client secret settled was settled when the
/// session began.
async fn resume(
    app: &App,
    caller: Caller,
    carrier: Carrier,
    id: &str,
    session: Option<SessionUpdate>,
) -> Result<Begun, HttpError> {
    if !app.lifecycle.is_open() {
        return Err(HttpError::Stopping);
    }
    if !caller.reaches(id) {
        return Err(HttpError::NotFound);
    }
    let opening = Opening {
        account: caller.account,
        seal: None,
        carrier,
        model: None,
        updates: session.into_iter().collect(),
    };
    app.live.resume(id, opening).await.map_err(refusal)
}

fn refusal(error: BeginError) -> HttpError {
    match error {
        BeginError::Full => HttpError::TooManySessions,
        BeginError::Session(error) => HttpError::Protocol(error),
        BeginError::NotFound => HttpError::NotFound,
        BeginError::NotResumable(why) => HttpError::NotResumable(why),
        BeginError::Database(error) => HttpError::Database(error),
        BeginError::Disk(error) => HttpError::disk(error),
    }
}

fn run(app: Arc<App>, begun: Begun, link: Link) {
    let lifecycle = app.lifecycle.clone();
    let (soft, hard) = (lifecycle.soft().clone(), lifecycle.hard().clone());
    lifecycle.spawn(async move { app.live.run(begun, link, soft, hard).await });
}

/// The offer and the session that a call's request carries: the offer alone, or both as parts.
async fn read(request: Request) -> Result<(String, Option<SessionUpdate>), HttpError> {
    match content_type(request.headers()).as_deref() {
        Some(SDP) => {
            let body = Bytes::from_request(request, &()).await.map_err(refused)?;
            Ok((text(body, "sdp")?, None))
        }
        Some("multipart/form-data") => {
            let parts = Multipart::from_request(request, &()).await;
            parts_of(parts.map_err(|error| HttpError::invalid("body", error.body_text()))?).await
        }
        _ => Err(HttpError::WrongType(
            "application/sdp or multipart/form-data",
        )),
    }
}

async fn parts_of(mut parts: Multipart) -> Result<(String, Option<SessionUpdate>), HttpError> {
    let (mut offer, mut session) = (None, None);
    let broken = |error: axum::extract::multipart::MultipartError| {
        if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
            HttpError::TooLarge
        } else {
            HttpError::invalid("body", error.body_text())
        }
    };
    let twice = |name: &str| HttpError::invalid(name, format!("the part `{name}` came twice"));
    while let Some(part) = parts.next_field().await.map_err(broken)? {
        match part.name() {
            Some("sdp") if offer.is_some() => return Err(twice("sdp")),
            Some("session") if session.is_some() => return Err(twice("session")),
            Some("sdp") => offer = Some(text(part.bytes().await.map_err(broken)?, "sdp")?),
            Some("session") => {
                let given = text(part.bytes().await.map_err(broken)?, "session")?;
                session = Some(parse::parse_session(&given)?);
            }
            // Other parts are none of ours; clients of the future may send them.
            _ => {}
        }
    }
    let offer = offer.ok_or_else(|| HttpError::invalid("sdp", "the part `sdp` is missing"))?;
    Ok((offer, session))
}

fn text(body: Bytes, param: &str) -> Result<String, HttpError> {
    if param == "sdp" && body.len() > MAX_SDP {
        return Err(HttpError::TooLarge);
    }
    String::from_utf8(body.into()).map_err(|_| HttpError::invalid(param, "must be UTF-8"))
}

fn content_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    Some(value.split(';').next()?.trim().to_ascii_lowercase())
}

fn unanswered(error: webrtc::Error) -> HttpError {
    match error {
        webrtc::Error::Offer(error) => HttpError::invalid("sdp", error.to_string()),
        webrtc::Error::Busy => HttpError::TooManySessions,
        webrtc::Error::Ended => HttpError::NoCall,
        error => {
            tracing::error!(%error, "a call could not be answered");
            HttpError::Internal("a call could not be answered")
        }
    }
}
