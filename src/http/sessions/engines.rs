//! `GET /api/sessions/{id}/engines`: who listened, thought and spoke, how fast and at what cost.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;

use super::PRIVATE;
use crate::app::App;
use crate::archive::engine_calls::EngineCalls;
use crate::http::auth::Holder;
use crate::http::error::{Error, HttpError};
use crate::http::params::Id;

/// What the engines of a session were asked for, by engine. Each single call is among its events.
#[utoipa::path(
    get,
    path = "/api/sessions/{id}/engines",
    tag = "sessions",
    operation_id = "get_session_engines",
    security(("key" = [])),
    params(("id" = String, Path, description = "`sess_…`")),
    responses(
        (status = 200, description = "The calls, added up", body = EngineCalls),
        (status = 404, description = "`not_found`: this account has no such session", body = Error),
    )
)]
pub async fn engines(
    State(app): State<Arc<App>>,
    holder: Holder,
    Id(id): Id,
) -> Result<impl IntoResponse, HttpError> {
    let calls = app.archive.engine_calls(&holder.account, &id).await?;
    Ok(([PRIVATE], Json(calls)))
}
