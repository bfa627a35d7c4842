//! `GET /api/engines`: who listens, thinks and speaks, and where the words go.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use signaling::event::own::Engines;

use crate::app::App;

/// What they are, as `praxiloom.engines` says it in a session.
pub async fn engines(State(app): State<Arc<App>>) -> Json<Engines> {
    Json(app.engines.lines())
}
