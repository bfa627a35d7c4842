//! `GET /metrics`: every metric in the text format of Prometheus.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;

use super::auth::Holder;
use crate::app::App;

/// The metrics, for holders of the key.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "server",
    security(("key" = [])),
    responses((
        status = 200,
        description = "Prometheus, text format 0.0.4",
        body = String,
        content_type = "text/plain; version=0.0.4; charset=utf-8",
    ))
)]
pub async fn metrics(State(app): State<Arc<App>>, _: Holder) -> impl IntoResponse {
    let format = "text/plain; version=0.0.4; charset=utf-8";
    ([(header::CONTENT_TYPE, format)], app.metrics.render())
}
