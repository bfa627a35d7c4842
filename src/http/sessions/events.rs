//! `GET /api/sessions/{id}/events`: what happened, entry by entry.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::IntoResponse;
use serde::Deserialize;
use utoipa::IntoParams;

use super::log::{self, Form};
use super::{PRIVATE, VARY};
use crate::app::App;
use crate::archive::event::Entry;
use crate::http::accept::preferred;
use crate::http::auth::Holder;
use crate::http::error::{Error, HttpError};
use crate::http::params::{Id, Params};

/// Which entries.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// Those of one connection alone, by its number.
    #[param(minimum = 1)]
    part: Option<u32>,
}

/// The log of a session, in order, as a JSON array; with `Accept: application/x-ndjson` one entry a line.
#[utoipa::path(
    get,
    path = "/api/sessions/{id}/events",
    tag = "sessions",
    operation_id = "get_events",
    security(("key" = [])),
    params(("id" = String, Path, description = "`sess_…`"), Asked),
    responses(
        (status = 200, description = "The entries", content(
            (Vec<Entry> = "application/json"),
            (String = "application/x-ndjson"),
        )),
        (status = 400, description = "`invalid_value`", body = Error),
        (status = 404, description = "`not_found`: this account has no such session, or it no such part", body = Error),
    )
)]
pub async fn events(
    State(app): State<Arc<App>>,
    holder: Holder,
    Id(id): Id,
    Params(asked): Params<Asked>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, HttpError> {
    if asked.part == Some(0) {
        return Err(HttpError::invalid("part", "parts count from 1"));
    }
    let logs = app.archive.event_logs(&holder.account, &id, asked.part);
    let logs = logs.await?;
    if logs.is_empty() {
        return Err(HttpError::NotFound);
    }
    let (form, kind) = FORMS[preferred(&headers, &FORMS.map(|(_, kind)| kind))];
    let kind = (header::CONTENT_TYPE, HeaderValue::from_static(kind));
    Ok(([PRIVATE, kind, VARY], log::body(logs, form)))
}

const FORMS: [(Form, &str); 2] = [
    (Form::Array, "application/json"),
    (Form::Lines, "application/x-ndjson"),
];
