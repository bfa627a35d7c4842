//! `GET /api/rtc`: what a browser's `RTCPeerConnection` is to be made with.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::auth::Caller;
use crate::app::App;
use crate::config::IceServer;

/// The ICE servers, in the shape that the constructor takes, and whether calls are taken at all.
#[derive(Debug, Serialize, ToSchema)]
pub struct Rtc<'a> {
    /// Whether calls are taken at all.
    enabled: bool,
    /// For the constructor of `RTCPeerConnection`.
    ice_servers: Vec<Ice<'a>>,
}

/// A server that helps two ends to find a path to each other.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IceServer)]
struct Ice<'a> {
    /// `stun:`, `turn:` or `turns:`.
    urls: [&'a str; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    credential: Option<&'a str>,
}

impl<'a> From<&'a IceServer> for Ice<'a> {
    fn from(server: &'a IceServer) -> Self {
        let login = server.login.as_ref();
        Self {
            urls: [&server.url],
            username: login.map(|(name, _)| name.as_str()),
            credential: login.map(|(_, word)| word.expose().as_str()),
        }
    }
}

/// What it is to be made with; the TURN password is told to callers alone.
#[utoipa::path(
    get,
    path = "/api/rtc",
    tag = "practice",
    security(("key" = [])),
    responses((status = 200, description = "What to make a connection with", body = Rtc))
)]
pub async fn rtc(State(app): State<Arc<App>>, _: Caller) -> Json<serde_json::Value> {
    let webrtc = &app.config.webrtc;
    let rtc = Rtc {
        enabled: webrtc.enabled(),
        ice_servers: webrtc.ice_servers.iter().map(Ice::from).collect(),
    };
    Json(serde_json::json!(rtc))
}
