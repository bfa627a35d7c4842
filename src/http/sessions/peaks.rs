//! `GET /api/sessions/{id}/peaks`: how loud both voices are, for drawing.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use serde::Deserialize;
use utoipa::IntoParams;

use super::PRIVATE;
use crate::app::App;
use crate::archive::MOST_POINTS;
use crate::archive::shapes::Peaks;
use crate::http::auth::Holder;
use crate::http::error::{Error, HttpError};
use crate::http::params::{Id, Params};

/// How fine, and of what.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// Into how many stretches of one length it is cut.
    #[serde(default = "usual")]
    #[param(minimum = 1, maximum = 20000, default = 1000)]
    points: usize,
    /// Where on the timeline the first begins; at its beginning, if it is left out.
    from_ms: Option<u32>,
    /// Where the last ends; at the end of the session, if it is left out.
    to_ms: Option<u32>,
}

const fn usual() -> usize {
    1000
}

/// How loud both voices are along the timeline.
#[utoipa::path(
    get,
    path = "/api/sessions/{id}/peaks",
    tag = "sessions",
    operation_id = "get_peaks",
    security(("key" = [])),
    params(("id" = String, Path, description = "`sess_…`"), Asked),
    responses(
        (status = 200, description = "The loudest sample of each stretch", body = Peaks),
        (status = 400, description = "`invalid_value`", body = Error),
        (status = 404, description = "`not_found`: this account has no such session", body = Error),
    )
)]
pub async fn peaks(
    State(app): State<Arc<App>>,
    holder: Holder,
    Id(id): Id,
    Params(asked): Params<Asked>,
) -> Result<impl IntoResponse, HttpError> {
    if !(1..=MOST_POINTS).contains(&asked.points) {
        let message = format!("must be from 1 to {MOST_POINTS}");
        return Err(HttpError::invalid("points", message));
    }
    let window = (asked.from_ms.map(u64::from), asked.to_ms.map(u64::from));
    if asked
        .to_ms
        .is_some_and(|to| to <= asked.from_ms.unwrap_or(0))
    {
        return Err(HttpError::invalid("to_ms", "must be after from_ms"));
    }
    let archive = &app.archive;
    let peaks = archive.peaks(&holder.account, &id, asked.points, window);
    Ok(([PRIVATE], Json(peaks.await?)))
}
