//! One log line and one count per request, by route: neither addresses nor their queries, which
//! may hold private words, are kept.

use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;

use super::error::HttpError;
use crate::app::App;

/// Counts and logs a request.
pub async fn observe(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let method = request.method().clone();
    let began = app.clock.steady();
    let response = next.run(request).await;
    let route = route.as_ref().map_or("page", MatchedPath::as_str);
    let status = response.status();
    app.metrics.request(route, status.as_u16());
    let ms = began.elapsed().as_millis();
    if status.is_server_error() {
        tracing::warn!(%method, route, status = status.as_u16(), ms, "answered");
    } else {
        tracing::debug!(%method, route, status = status.as_u16(), ms, "answered");
    }
    response
}

/// Gives up on an answer that takes too long.
pub async fn in_time(
    State(app): State<Arc<App>>,
    request: Request,
    next: Next,
) -> Result<Response, HttpError> {
    let patience = app.config.server.request_timeout;
    let answer = tokio::time::timeout(patience, next.run(request)).await;
    answer.map_err(|_| HttpError::TimedOut)
}
