//! `GET /health`: whether the server can take a session now.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::app::App;

/// 200 `{"status":"ok"}`; 503 with `stopping` or `database` instead.
pub async fn health(State(app): State<Arc<App>>) -> (StatusCode, Json<Value>) {
    let status = if !app.lifecycle.is_open() {
        "stopping"
    } else if let Err(error) = app.db.ping().await {
        tracing::warn!(%error, "the database does not answer");
        "database"
    } else {
        "ok"
    };
    let code = match status {
        "ok" => StatusCode::OK,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    };
    let body = json!({"status": status, "version": env!("CARGO_PKG_VERSION")});
    (code, Json(body))
}
