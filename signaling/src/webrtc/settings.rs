//! What the operator decides about WebRTC: ports, addresses, limits, servers for the page.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Ports, addresses and limits of the WebRTC carrier.
#[derive(Clone, Debug)]
pub struct WebRtcSettings {
    /// Where the one UDP port for all calls listens. An IPv6 wildcard also takes IPv4.
    pub udp_listen: SocketAddr,
    /// Where ICE-TCP listens (RFC 6544, passive), for networks that block UDP.
    pub tcp_listen: Option<SocketAddr>,
    /// Whether UDP is used at all. Without it `tcp_listen` must be set.
    pub udp: bool,
    /// The addresses browsers are told to connect to (NAT 1:1). Empty: the addresses of this
    /// machine's interfaces that the sockets listen on.
    pub announced: Vec<IpAddr>,
    /// STUN and TURN servers the page should use; the carrier itself uses none.
    pub ice_servers: Vec<IceServer>,
    /// How many calls may exist at once.
    pub max_calls: usize,
    /// How many answered calls may still be connecting at once.
    pub max_connecting: usize,
    /// How long an answered call may take to connect and open its data channel.
    pub connect_timeout: Duration,
    /// Silence on the network after which a call counts as disconnected.
    pub disconnected_after: Duration,
    /// How much longer a disconnected call is kept, so that a change of network can recover.
    pub lost_after: Duration,
}

impl Default for WebRtcSettings {
    fn default() -> Self {
        Self {
            udp_listen: SocketAddr::from(([0, 0, 0, 0], 0)),
            tcp_listen: None,
            udp: true,
            announced: Vec::new(),
            ice_servers: Vec::new(),
            max_calls: 256,
            max_connecting: 64,
            connect_timeout: Duration::from_secs(20),
            disconnected_after: Duration::from_secs(5),
            lost_after: Duration::from_secs(10),
        }
    }
}

/// One entry of the page's `RTCConfiguration.iceServers`, in its own JSON shape.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IceServer {
    /// `stun:host:port`, `turn:host:port?transport=tcp` and the like.
    pub urls: Vec<String>,
    /// TURN user name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// TURN password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
}
