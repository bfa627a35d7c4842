//! `GET /api/clients`: the AI clients that a coach can choose from.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method, Uri, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::error::HttpError;
use super::page::page;
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

/// The portrait of a client of the operator's own; all others are the page's.
pub async fn portrait(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
    match app.gallery.portrait(&name) {
        Some(picture) => {
            let kind = [
                (header::CONTENT_TYPE, "image/svg+xml"),
                (header::CACHE_CONTROL, "no-cache"),
            ];
            Ok((kind, picture.to_vec()).into_response())
        }
        None => page(method, uri, headers).await,
    }
}
