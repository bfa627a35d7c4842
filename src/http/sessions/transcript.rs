//! `GET /api/sessions/{id}/transcript`: what was said, to read or to show beside the sound.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{PRIVATE, VARY, find, name};
use crate::app::App;
use crate::archive::shapes::Transcript;
use crate::http::accept::preferred;
use crate::http::auth::Holder;
use crate::http::error::{Error, HttpError};
use crate::http::params::{Id, Params, flag};

/// How the transcript is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// Otherwise by `Accept`, and JSON if that says nothing.
    #[param(inline)]
    format: Option<Format>,
    /// As a file to be saved, with a speaking name.
    #[serde(default, deserialize_with = "flag")]
    #[param(default = false)]
    download: bool,
}

/// A format of transcripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Lines with word times.
    Json,
    /// WebVTT.
    Vtt,
    /// SubRip.
    Srt,
    /// Plain text.
    Text,
}

/// What was said.
#[utoipa::path(
    get,
    path = "/api/sessions/{id}/transcript",
    tag = "sessions",
    operation_id = "get_transcript",
    security(("key" = [])),
    params(("id" = String, Path, description = "`sess_…`"), Asked),
    responses(
        (status = 200, description = "The transcript", content(
            (Transcript = "application/json"),
            (String = "text/vtt"),
            (String = "application/x-subrip"),
            (String = "text/plain"),
        )),
        (status = 400, description = "`invalid_value`", body = Error),
        (status = 404, description = "`not_found`: this account has no such session", body = Error),
    )
)]
pub async fn transcript(
    State(app): State<Arc<App>>,
    holder: Holder,
    Id(id): Id,
    Params(asked): Params<Asked>,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
    let transcript = app.archive.transcript(&holder.account, &id).await?;
    let by_accept = || Format::ALL[preferred(&headers, &Format::ALL.map(Format::kind))];
    let format = asked.format.unwrap_or_else(by_accept);
    let mut response = match format {
        Format::Json => Json(&transcript).into_response(),
        Format::Vtt => transcript.vtt().into_response(),
        Format::Srt => transcript.srt().into_response(),
        Format::Text => transcript.text().into_response(),
    };
    let kind = HeaderValue::from_static(format.content_type());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, kind);
    headers.extend([PRIVATE, VARY]);
    if asked.download {
        let session = find(&app, &holder.account, &id).await?;
        let name = name::attachment(&session, None, format.extension());
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    Ok(response)
}

impl Format {
    const ALL: [Self; 4] = [Self::Json, Self::Vtt, Self::Srt, Self::Text];

    /// Its media type.
    const fn kind(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Vtt => "text/vtt",
            Self::Srt => "application/x-subrip",
            Self::Text => "text/plain",
        }
    }

    const fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Vtt => "text/vtt; charset=utf-8",
            Self::Srt => "application/x-subrip; charset=utf-8",
            Self::Text => "text/plain; charset=utf-8",
        }
    }

    const fn extension(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Vtt => "vtt",
            Self::Srt => "srt",
            Self::Text => "txt",
        }
    }
}
