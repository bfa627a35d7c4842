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
    /// Where on the timeline the first begins; at its beginning, if it is left out. What lies beyond
    /// the end is silent, and `length_ms` says where that is.
    #[param(maximum = 9007199254740991_u64)]
    from_ms: Option<u64>,
    /// Where the last ends, at least a millisecond later; at the end of the session, if it is left
    /// out.
    #[param(minimum = 1, maximum = 9007199254740991_u64)]
    to_ms: Option<u64>,
}

/// The last place that can be asked for: the largest whole number that JSON carries everywhere.
const LAST: u64 = (1 << 53) - 1;

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
    for (name, ms) in [("from_ms", asked.from_ms), ("to_ms", asked.to_ms)] {
        if ms.is_some_and(|ms| ms > LAST) {
            return Err(HttpError::invalid(name, format!("must be at most {LAST}")));
        }
    }
    let window = (asked.from_ms, asked.to_ms);
    if window.1.is_some_and(|to| to <= window.0.unwrap_or(0)) {
        let message = "must be greater than `from_ms`".to_owned();
        return Err(HttpError::invalid("to_ms", message));
    }
    let archive = &app.archive;
    let peaks = archive.peaks(&holder.account, &id, asked.points, window);
    Ok(([PRIVATE], Json(peaks.await?)))
}
