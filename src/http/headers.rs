//! Headers that every answer carries: what a page may do, and what other origins may read.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, Version, header};
use axum::middleware::Next;
use axum::response::Response;
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};

use super::guard;
use crate::app::App;

/// Everything from this server alone; worklets and workers may be made from blobs, and elements
/// may carry a style of their own.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; \
    script-src 'self'; \
    style-src 'self'; \
    style-src-attr 'unsafe-inline'; \
    img-src 'self' data:; \
    media-src 'self' blob:; \
    worker-src 'self' blob:; \
    connect-src 'self'; \
    object-src 'none'; \
    base-uri 'none'; \
    form-action 'self'; \
    frame-ancestors 'none'";

const ALWAYS: [(HeaderName, HeaderValue); 6] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(CONTENT_SECURITY_POLICY),
    ),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static(
            "microphone=(self), autoplay=(self), camera=(), geolocation=(), payment=(), usb=()",
        ),
    ),
    (
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    ),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (
        header::REFERRER_POLICY,
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    ),
];

/// Adds them. What an answer says about its own caching stands; otherwise it is not kept.
pub async fn headers(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let version = request.version();
    let mut response = next.run(request).await;
    let upgraded = response.status() == StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    if !app.lifecycle.is_open() && version < Version::HTTP_2 && !upgraded {
        // Whoever keeps connections for later, as proxies do, keeps none to a server that stops.
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    headers.extend(ALWAYS);
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    if app.config.server.tls.is_some() {
        headers.insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000"),
        );
    }
    response
}

/// Lets the pages that the settings name read answers, and of their headers what a call and a player need.
pub fn cors(app: &Arc<App>) -> CorsLayer {
    let app = app.clone();
    let allowed = move |origin: &HeaderValue, _: &axum::http::request::Parts| {
        let origin = origin.to_str().ok().and_then(|origin| origin.parse().ok());
        origin.is_some_and(|origin| guard::allows(&app.config.server, &origin))
    };
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(allowed))
        .allow_methods([Method::GET, Method::POST, Method::DELETE])
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers([
            header::LOCATION,
            header::RETRY_AFTER,
            header::ACCEPT_RANGES,
            header::CONTENT_RANGE,
            header::ETAG,
        ])
}
