//! `GET /api/rtc`: what a browser's `RTCPeerConnection` is to be made with.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use super::auth::Caller;
use crate::app::App;
use crate::config::IceServer;

/// The ICE servers, in the shape that the constructor takes, and whether calls are taken at all.
#[derive(Debug, Serialize)]
pub struct Rtc<'a> {
    enabled: bool,
    ice_servers: Vec<Ice<'a>>,
}

#[derive(Debug, Serialize)]
struct Ice<'a> {
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
pub async fn rtc(State(app): State<Arc<App>>, _: Caller) -> Json<serde_json::Value> {
    let webrtc = &app.config.webrtc;
    let rtc = Rtc {
        enabled: webrtc.enabled(),
        ice_servers: webrtc.ice_servers.iter().map(Ice::from).collect(),
    };
    Json(serde_json::json!(rtc))
}
