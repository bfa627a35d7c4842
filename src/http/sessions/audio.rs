//! `GET /api/sessions/{id}/audio…`: how it sounded, both voices or one alone.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::Response;
use serde::Deserialize;
use utoipa::{IntoParams, IntoResponses, ToSchema};

use super::ticket::Listener;
use super::{PRIVATE, find, name};
use crate::app::App;
use crate::archive::Voices;
use crate::archive::event::Speaker;
use crate::http::error::{Error, HttpError};
use crate::http::file::Wanted;
use crate::http::params::{Params, flag};

/// The media type (RFC 7845, section 9).
const KIND: &str = "audio/ogg; codecs=opus";

/// Ogg Opus (RFC 7845).
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "it describes what goes out as a file")]
pub struct Sound(Vec<u8>);

/// What each of these routes answers with.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "it describes what goes out")]
enum Answers {
    /// One file; byte ranges are answered (RFC 9110), and so is HEAD
    #[response(status = 200, content_type = "audio/ogg; codecs=opus")]
    Whole(Sound),
    /// The range that was asked for
    #[response(status = 206, content_type = "audio/ogg; codecs=opus")]
    Range(Sound),
    /// As the caller has it, by its `ETag`
    #[response(status = 304)]
    Known,
    /// `invalid_value`
    #[response(status = 400)]
    Wrong(Error),
    /// No key or ticket that is known here: `missing_api_key`, `invalid_api_key`, `invalid_ticket`
    #[response(status = 401)]
    Keyless(Error),
    /// `not_found`: this account has no such session; `not_recorded`: there is no sound of it
    #[response(status = 404)]
    Missing(Error),
    /// `precondition_failed`: it is not what `If-Match` or `If-Unmodified-Since` takes it for
    #[response(status = 412)]
    Changed(Error),
    /// `range_not_satisfiable`: the range lies beyond the end
    #[response(status = 416)]
    Beyond(Error),
}

/// How the sound is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// As a file to be saved, with a speaking name.
    #[serde(default, deserialize_with = "flag")]
    #[param(default = false)]
    download: bool,
}

/// Both voices on one timeline: one stereo file, the coach left and the client right.
#[utoipa::path(
    get,
    path = "/api/sessions/{id}/audio",
    tag = "sessions",
    operation_id = "get_audio",
    security(("key" = []), ("ticket" = [])),
    params(("id" = String, Path, description = "`sess_…`"), Asked),
    responses(Answers),
)]
pub async fn both(
    State(app): State<Arc<App>>,
    listener: Listener,
    Params(asked): Params<Asked>,
    wanted: Wanted,
) -> Result<Response, HttpError> {
    send(&app, listener, Voices::Both, asked, wanted).await
}

/// The coach alone, as their packets came.
#[utoipa::path(
    get,
    path = "/api/sessions/{id}/audio/coach",
    tag = "sessions",
    operation_id = "get_audio_of_coach",
    security(("key" = []), ("ticket" = [])),
    params(("id" = String, Path, description = "`sess_…`"), Asked),
    responses(Answers),
)]
pub async fn coach(
    State(app): State<Arc<App>>,
    listener: Listener,
    Params(asked): Params<Asked>,
    wanted: Wanted,
) -> Result<Response, HttpError> {
    send(&app, listener, Voices::One(Speaker::Coach), asked, wanted).await
}

/// The AI client alone, as they were heard.
#[utoipa::path(
    get,
    path = "/api/sessions/{id}/audio/client",
    tag = "sessions",
    operation_id = "get_audio_of_client",
    security(("key" = []), ("ticket" = [])),
    params(("id" = String, Path, description = "`sess_…`"), Asked),
    responses(Answers),
)]
pub async fn client(
    State(app): State<Arc<App>>,
    listener: Listener,
    Params(asked): Params<Asked>,
    wanted: Wanted,
) -> Result<Response, HttpError> {
    send(&app, listener, Voices::One(Speaker::Client), asked, wanted).await
}

async fn send(
    app: &App,
    listener: Listener,
    voices: Voices,
    asked: Asked,
    wanted: Wanted,
) -> Result<Response, HttpError> {
    let Listener { account, session } = listener;
    let archive = &app.archive;
    let known = match wanted.goes_on() {
        true => {
            let made = archive.sounds_made(&account, &session, voices).await?;
            wanted.known(made).await?
        }
        false => None,
    };
    let sound = match known {
        Some(known) => known,
        None => archive.sound(&account, &session, voices).await?,
    };
    let mut response = wanted.of(sound, KIND).await?;
    let headers = response.headers_mut();
    headers.extend([PRIVATE]);
    if asked.download {
        let session = find(app, &account, &session).await?;
        let alone = match voices {
            Voices::Both => None,
            Voices::One(Speaker::Coach) => Some("coach"),
            Voices::One(Speaker::Client) => Some("client"),
        };
        let name = name::attachment(&session, alone, "opus");
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    Ok(response)
}
