//! The HTTP edge: the router is its table of contents.

pub mod auth;
mod body;
mod clients;
mod engines;
pub mod error;
mod guard;
mod headers;
mod health;
mod metrics;
mod observe;
mod page;
mod realtime;
mod rtc;
mod secrets;
mod serve;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use tower_http::compression::CompressionLayer;

use crate::app::App;
pub use error::HttpError;
pub use serve::{Edge, ServeError};

/// Every address that the server answers.
pub fn router(app: &Arc<App>) -> Router {
    // Held to their time: everything but live sessions, which set their own.
    let requests = Router::new()
        .route("/v1/realtime/calls", post(realtime::call))
        .route("/v1/realtime/calls/{id}/hangup", post(realtime::hang_up))
        .route("/health", get(health::health))
        .route("/metrics", get(metrics::metrics))
        .route("/api/clients", get(clients::clients))
        .route("/api/engines", get(engines::engines))
        .route("/api/rtc", get(rtc::rtc))
        .route("/v1/realtime/client_secrets", post(secrets::create))
        .fallback(page::page)
        .layer(CompressionLayer::new())
        .layer(from_fn_with_state(app.clone(), observe::in_time));

    // The last layer sees a request first.
    requests
        .route("/v1/realtime", get(realtime::socket))
        .method_not_allowed_fallback(async || HttpError::WrongMethod)
        .layer(DefaultBodyLimit::max(app.config.server.max_body))
        .layer(from_fn_with_state(app.clone(), guard::guard))
        .layer(headers::cors(app))
        .layer(from_fn_with_state(app.clone(), headers::headers))
        .layer(from_fn_with_state(app.clone(), observe::observe))
        .with_state(app.clone())
}
