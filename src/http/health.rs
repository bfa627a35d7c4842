//! `GET /health`: whether the server can take a session now.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::archive::Warning;

/// The state of the server.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    status: HealthStatus,
    /// What is wrong, though sessions begin and go on.
    warnings: Vec<HealthWarning>,
    /// The release.
    version: &'static str,
}

/// Whether a session can begin, or what is in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum HealthStatus {
    /// One can begin.
    Ok,
    /// The server is stopping.
    Stopping,
    /// The database does not answer.
    Database,
}

/// What is wrong, though sessions begin and go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum HealthWarning {
    /// The disk of recordings is full: nothing more is recorded.
    DiskFull,
    /// The disk of recordings may not be written to: no session that begins is recorded.
    DiskReadOnly,
    /// The disk of recordings fails, or does not answer.
    DiskFailed,
    /// The database takes nothing: what happens is kept in memory until it does.
    DatabaseBehind,
}

impl From<Warning> for HealthWarning {
    fn from(warning: Warning) -> Self {
        match warning {
            Warning::DiskFull => Self::DiskFull,
            Warning::DiskReadOnly => Self::DiskReadOnly,
            Warning::DiskFailed => Self::DiskFailed,
            Warning::DatabaseBehind => Self::DatabaseBehind,
        }
    }
}

/// Whether the server can take a session now.
#[utoipa::path(
    get,
    path = "/health",
    tag = "server",
    security(()),
    responses(
        (status = 200, description = "`ok`; `warnings` says what is wrong all the same", body = Health),
        (status = 503, description = "`stopping` or `database`", body = Health),
    )
)]
pub async fn health(State(app): State<Arc<App>>) -> (StatusCode, Json<Health>) {
    let status = if !app.lifecycle.is_open() {
        HealthStatus::Stopping
    } else if let Err(error) = app.db.ping().await {
        tracing::warn!(%error, "the database does not answer");
        HealthStatus::Database
    } else {
        HealthStatus::Ok
    };
    let code = match status {
        HealthStatus::Ok => StatusCode::OK,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    };
    let warnings = app.archive.warnings().into_iter().map(Into::into).collect();
    let health = Health {
        status,
        warnings,
        version: env!("CARGO_PKG_VERSION"),
    };
    (code, Json(health))
}
