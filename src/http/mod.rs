//! The HTTP edge: the router is its table of contents.

mod accept;
pub mod auth;
mod body;
mod clients;
mod engines;
pub mod error;
mod file;
mod guard;
mod guests;
mod headers;
mod health;
mod metrics;
mod observe;
pub mod openapi;
mod page;
mod params;
mod realtime;
mod rtc;
mod secrets;
mod serve;
mod sessions;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use tower_http::compression::CompressionLayer;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
pub use error::HttpError;
pub use serve::{Edge, ServeError};

/// Every address that the server answers.
pub fn router(app: &Arc<App>) -> Router {
    let requests = Router::from(requests())
        .route("/portraits/{name}", get(clients::portrait))
        .fallback(page::page)
        .layer(CompressionLayer::new())
        .merge(Router::from(sounds()))
        .layer(from_fn_with_state(app.clone(), observe::in_time));

    // The last layer sees a request first.
    requests
        .merge(Router::from(streams()))
        .method_not_allowed_fallback(async || HttpError::WrongMethod)
        .layer(DefaultBodyLimit::max(app.config.server.max_body))
        .layer(from_fn_with_state(app.clone(), guard::guard))
        .layer(headers::cors(app))
        .layer(from_fn_with_state(app.clone(), headers::headers))
        .layer(from_fn_with_state(app.clone(), observe::observe))
        .with_state(app.clone())
}

/// Held to their time, and compressed.
fn requests() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(realtime::call))
        .routes(routes!(realtime::renegotiate))
        .routes(routes!(realtime::hang_up))
        .routes(routes!(secrets::create))
        .routes(routes!(sessions::list::list))
        .routes(routes!(sessions::one::read, sessions::one::delete))
        .routes(routes!(sessions::events::events))
        .routes(routes!(sessions::engines::engines))
        .routes(routes!(sessions::transcript::transcript))
        .routes(routes!(sessions::peaks::peaks))
        .routes(routes!(sessions::ticket::create))
        .routes(routes!(clients::clients))
        .routes(routes!(engines::engines))
        .routes(routes!(rtc::rtc))
        .routes(routes!(openapi::openapi))
        .routes(routes!(health::health))
        .routes(routes!(metrics::metrics))
}

/// Held to their time, but sound is small already, and asked for in ranges.
fn sounds() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(sessions::audio::both))
        .routes(routes!(sessions::audio::coach))
        .routes(routes!(sessions::audio::client))
}

/// Live sessions, which set their own time.
fn streams() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(realtime::socket))
}

/// What these routes say of themselves.
fn described() -> OpenApi {
    requests().merge(sounds()).merge(streams()).into_openapi()
}
