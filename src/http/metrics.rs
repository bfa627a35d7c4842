//! `GET /metrics`: every metric in the text format of Prometheus.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;

use super::auth::Caller;
use super::error::HttpError;
use crate::app::App;

/// The metrics, for callers with the key.
pub async fn metrics(
    State(app): State<Arc<App>>,
    caller: Caller,
) -> Result<impl IntoResponse, HttpError> {
    caller.full()?;
    let format = "text/plain; version=0.0.4; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, format)], app.metrics.render()))
}
