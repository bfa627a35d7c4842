//! `GET /api/clients`: the AI clients that a coach can choose from.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::practice::Card;

/// The gallery.
#[derive(Debug, Serialize, ToSchema)]
pub struct Clients {
    /// By how demanding they are.
    clients: Vec<Card>,
}

/// What may be known of each before the session.
#[utoipa::path(
    get,
    path = "/api/clients",
    tag = "practice",
    security(()),
    responses((status = 200, description = "The AI clients to choose from", body = Clients))
)]
pub async fn clients(State(app): State<Arc<App>>) -> Json<Clients> {
    let clients = app.gallery.cards();
    Json(Clients { clients })
}
