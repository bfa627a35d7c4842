//! `GET /api/sessions/{id}/transcript`: what was said, to read or to show beside the sound.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::shapes::Transcript;
use crate::app::App;
use crate::archive::sessions;
use crate::http::auth::Holder;
use crate::http::error::{Error, HttpError};
use crate::http::params::{Params, flag};

/// How the transcript is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// Otherwise by `Accept`, and JSON if that says nothing.
    #[param(inline)]
    #[expect(dead_code, reason = "nothing is written down yet")]
    format: Option<Format>,
    /// As a file to be saved, with a speaking name.
    #[serde(default, deserialize_with = "flag")]
    #[param(default = false)]
    #[expect(dead_code, reason = "nothing is written down yet")]
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
    Path(id): Path<String>,
    Params(_asked): Params<Asked>,
) -> Result<Response, HttpError> {
    let row = sessions::find(app.db.of(&holder.account), &id).await?;
    row.ok_or(HttpError::NotFound)?;
    Err(HttpError::NotFound)
}
