//! `GET /api/sessions`: the list, latest first.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use serde::Deserialize;
use utoipa::IntoParams;

use super::shapes::SessionPage;
use super::{PRIVATE, told};
use crate::app::App;
use crate::archive::is_plain;
use crate::http::auth::Holder;
use crate::http::error::{Error, HttpError};
use crate::http::params::Params;

/// Which page of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// How many at most.
    #[serde(default = "usual")]
    #[param(minimum = 1, maximum = 50, default = 20)]
    limit: u32,
    /// What the page before gave as `next`.
    #[param(pattern = r"^[0-9]{1,16}\.[A-Za-z0-9_-]{1,100}$")]
    before: Option<String>,
}

/// Most sessions on one page.
const MOST: u32 = 50;

const fn usual() -> u32 {
    20
}

/// The account's sessions, latest first.
#[utoipa::path(
    get,
    path = "/api/sessions",
    tag = "sessions",
    operation_id = "list_sessions",
    security(("key" = [])),
    params(Asked),
    responses(
        (status = 200, description = "One page of them", body = SessionPage),
        (status = 400, description = "`invalid_value`", body = Error),
    )
)]
pub async fn list(
    State(app): State<Arc<App>>,
    holder: Holder,
    Params(asked): Params<Asked>,
) -> Result<impl IntoResponse, HttpError> {
    if !(1..=MOST).contains(&asked.limit) {
        let message = format!("must be from 1 to {MOST}");
        return Err(HttpError::invalid("limit", message));
    }
    let before = asked.before.as_deref().map(place).transpose()?;
    // One more than wanted tells whether there are more.
    let account = &holder.account;
    let mut rows = app.archive.list(account, asked.limit + 1, before).await?;
    let limit = asked.limit as usize;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more);
    let next = next.map(|row| format!("{}.{}", row.started_at, row.id));
    let sessions = told(&app, rows).await?;
    Ok(([PRIVATE], Json(SessionPage { sessions, next })))
}

/// Where a page of the list begins: after the session that began then and is named so.
fn place(next: &str) -> Result<(i64, &str), HttpError> {
    let place = next.split_once('.').and_then(|(began, id)| {
        let dated = began.len() <= 16 && began.bytes().all(|b| b.is_ascii_digit());
        let began = began.parse().ok()?;
        (is_plain(id) && dated).then_some((began, id))
    });
    place.ok_or_else(|| HttpError::invalid("before", "must be a `next` of this list"))
}
