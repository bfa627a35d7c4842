//! Settings of WebRTC: one port for all calls, and the ways out of networks that block it.

use std::net::{IpAddr, SocketAddr};

use super::error::ConfigError;
use super::server::Server;
use super::setting::Setting;
use super::values::Values;
use crate::private::Private;

/// Where calls arrive and what browsers are told about it.
#[derive(Clone, Debug)]
pub struct WebRtc {
    /// The one port, for UDP and TCP alike.
    pub listen: SocketAddr,
    /// Whether calls may use UDP.
    pub udp: bool,
    /// Whether calls may use TCP (RFC 6544).
    pub tcp: bool,
    /// Addresses to tell browsers instead of the one listened on, for a server behind NAT.
    pub announce: Vec<IpAddr>,
    /// STUN and TURN servers that browsers are told to use.
    pub ice_servers: Vec<IceServer>,
}

/// An ICE server as a browser's `RTCPeerConnection` takes it.
#[derive(Clone, Debug)]
pub struct IceServer {
    /// `stun:…` or `turn:…` (RFC 7064, RFC 7065).
    pub url: String,
    /// For TURN: name and credential.
    pub login: Option<(String, Private<String>)>,
}

static LISTEN: Setting = Setting::text(
    "webrtc.listen",
    "",
    "Address and port of all calls, UDP and TCP. Not set: the port after server.listen's.",
);
static UDP: Setting = Setting::switch("webrtc.udp", "true", "Take calls over UDP.");
static TCP: Setting = Setting::switch(
    "webrtc.tcp",
    "true",
    "Take calls over TCP too, for networks that block UDP.",
);
static ANNOUNCE: Setting = Setting::list(
    "webrtc.announce",
    "IP addresses to tell browsers, if the server stands behind NAT or listens on 0.0.0.0.",
);
static ICE_SERVERS: Setting = Setting::list(
    "webrtc.ice_servers",
    "STUN and TURN servers for the browser, e.g. [\"turns:turn.example.org:443?transport=tcp\"].",
);
static TURN_USERNAME: Setting =
    Setting::text("webrtc.turn_username", "", "User name at the TURN servers.");
static TURN_CREDENTIAL: Setting = Setting::secret(
    "webrtc.turn_credential",
    "Password at the TURN servers. Everyone who may start a session is told it.",
);

pub(super) static SETTINGS: &[&Setting] = &[
    &LISTEN,
    &UDP,
    &TCP,
    &ANNOUNCE,
    &ICE_SERVERS,
    &TURN_USERNAME,
    &TURN_CREDENTIAL,
];

impl WebRtc {
    pub(super) fn read(values: &Values, server: &Server) -> Result<Self, ConfigError> {
        let listen = match values.optional(&LISTEN)? {
            Some(listen) => listen,
            None => after(server.listen).ok_or_else(|| {
                values.refuse(
                    &LISTEN,
                    "server.listen has the last port: name one for calls",
                )
            })?,
        };
        let announce: Vec<IpAddr> = values.list(&ANNOUNCE)?;
        if announce.iter().any(IpAddr::is_unspecified) {
            return Err(values.refuse(&ANNOUNCE, "nobody can reach 0.0.0.0 or ::"));
        }
        Ok(Self {
            listen,
            udp: values.get(&UDP)?,
            tcp: values.get(&TCP)?,
            announce,
            ice_servers: ice_servers(values)?,
        })
    }

    /// Whether there are calls at all; without them sessions run over WebSocket.
    #[must_use]
    pub const fn enabled(&self) -> bool {
        self.udp || self.tcp
    }
}

/// The next port of the same address; port 0 (any free one) stays 0.
fn after(listen: SocketAddr) -> Option<SocketAddr> {
    let port = if listen.port() == 0 {
        0
    } else {
        listen.port().checked_add(1)?
    };
    Some(SocketAddr::new(listen.ip(), port))
}

fn ice_servers(values: &Values) -> Result<Vec<IceServer>, ConfigError> {
    let urls: Vec<String> = values.list(&ICE_SERVERS)?;
    let username: Option<String> = values.optional(&TURN_USERNAME)?;
    let login = username.zip(values.secret(&TURN_CREDENTIAL));
    let mut servers = Vec::with_capacity(urls.len());
    for url in urls {
        let (scheme, host) = url.split_once(':').unwrap_or_default();
        let login = match scheme {
            _ if host.is_empty() || host.starts_with('/') => None,
            "stun" | "stuns" => Some(None),
            "turn" | "turns" if login.is_none() => {
                let why = format!("`{url}` needs webrtc.turn_username and webrtc.turn_credential");
                return Err(values.refuse(&ICE_SERVERS, why));
            }
            "turn" | "turns" => Some(login.clone()),
            _ => None,
        };
        let Some(login) = login else {
            let why = format!("`{url}` is not stun:HOST[:PORT] or turn:HOST[:PORT]");
            return Err(values.refuse(&ICE_SERVERS, why));
        };
        servers.push(IceServer { url, login });
    }
    Ok(servers)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{config, refused};

    #[test]
    fn calls_arrive_on_the_next_port_unless_told_otherwise() {
        let listen = ("PRAXILOOM_LISTEN", "127.0.0.1:9000");
        assert_eq!(
            config(&[listen]).webrtc.listen.to_string(),
            "127.0.0.1:9001"
        );
        let any = config(&[("PRAXILOOM_LISTEN", "127.0.0.1:0")]);
        assert_eq!(any.webrtc.listen.port(), 0);
        assert!(refused(&[("PRAXILOOM_LISTEN", "127.0.0.1:65535")]).contains("webrtc.listen"));
    }

    #[test]
    fn turn_needs_a_login() {
        let servers = (
            "PRAXILOOM_WEBRTC_ICE_SERVERS",
            "stun:s.example, turn:t.example:3478",
        );
        assert!(refused(&[servers]).contains("`turn:t.example:3478` needs webrtc.turn_username"));
        let name = ("PRAXILOOM_WEBRTC_TURN_USERNAME", "coach");
        let word = ("PRAXILOOM_WEBRTC_TURN_CREDENTIAL", "word");
        let found = config(&[servers, name, word]).webrtc.ice_servers;
        assert!(found[0].login.is_none());
        assert_eq!(found[1].login.as_ref().unwrap().0, "coach");
        for wrong in ["http://t.example", "stun:", "stun://s.example", "example"] {
            assert!(refused(&[("PRAXILOOM_WEBRTC_ICE_SERVERS", wrong)]).contains("is not stun:"));
        }
    }
}
