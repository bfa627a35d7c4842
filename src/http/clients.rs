//! `GET /api/clients`: the AI clients that a coach can choose from.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use crate::app::App;
use crate::practice::Card;

/// The gallery.
#[derive(Debug, Serialize)]
pub struct Clients {
    clients: Vec<Card>,
}

/// What may be known of each before the session.
pub async fn clients(State(app): State<Arc<App>>) -> Json<Clients> {
    let clients = app.gallery.cards();
    Json(Clients { clients })
}
