//! Settings of the HTTP edge: where it listens, who may come in, how much they may send.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use axum::http::Uri;

use super::error::ConfigError;
use super::setting::Setting;
use super::values::Values;
use crate::private::Private;

/// Where the server listens and whom it trusts.
#[derive(Clone, Debug)]
pub struct Server {
    /// Address of HTTP and WebSocket.
    pub listen: SocketAddr,
    /// Folder of the database and the archive.
    pub data: PathBuf,
    /// Certificate chain and private key, both PEM; HTTPS if set.
    pub tls: Option<Tls>,
    /// How browsers reach the server, if a proxy stands before it.
    pub public_url: Option<Origin>,
    /// Other pages that may call the server from a browser.
    pub origins: Origins,
    /// What a caller must present when the server listens on more than loopback.
    pub access_token: Option<Private<String>>,
    /// Whether anybody may come in without a token, from anywhere.
    pub open: bool,
    /// Longest request body in bytes.
    pub max_body: usize,
    /// Longest time until a request is answered. Live sessions are not requests.
    pub request_timeout: Duration,
}

/// A certificate and its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    /// PEM, leaf first.
    pub cert: PathBuf,
    /// PEM.
    pub key: PathBuf,
}

/// Which pages of other origins may call the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origins {
    /// These.
    Listed(Vec<Origin>),
    /// Every one: the access token alone decides.
    Any,
}

/// An origin as browsers write it: scheme, host, and port unless it is the scheme's own (RFC 6454
/// section 6.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(String);

impl Origin {
    /// As browsers write it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The host alone.
    #[must_use]
    pub fn host(&self) -> &str {
        let authority = self.authority();
        match authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
            _ => authority,
        }
    }

    /// Host, and port unless it is the scheme's own.
    #[must_use]
    pub fn authority(&self) -> &str {
        self.0
            .split_once("://")
            .map_or(&self.0, |(_, authority)| authority)
    }
}

impl std::str::FromStr for Origin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong =
            || "an origin is http:// or https:// with a host and nothing after it".to_owned();
        let uri: Uri = text.parse().map_err(|_| wrong())?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(wrong());
        };
        let own = match scheme {
            "http" => 80,
            "https" => 443,
            _ => return Err(wrong()),
        };
        if uri.path() != "/" || uri.query().is_some() || authority.as_str().contains('@') {
            return Err(wrong());
        }
        let host = authority.host().to_lowercase();
        Ok(Self(match authority.port_u16() {
            Some(port) if port != own => format!("{scheme}://{host}:{port}"),
            _ => format!("{scheme}://{host}"),
        }))
    }
}

pub(super) static LISTEN: Setting = Setting::text(
    "server.listen",
    "127.0.0.1:8080",
    "Address and port of HTTP and WebSocket. Anything but a loopback address needs\n\
     server.access_token (or server.open), and browsers give no microphone to a page that comes\n\
     neither from there nor over HTTPS.",
);
pub(super) static DATA: Setting = Setting::text(
    "server.data",
    "data",
    "Folder of the database, the archive and installed models; made if missing.",
);
static TLS_CERT: Setting = Setting::text(
    "server.tls_cert",
    "",
    "Certificate chain (PEM, leaf first). With server.tls_key the server speaks HTTPS.",
);
static TLS_KEY: Setting = Setting::text(
    "server.tls_key",
    "",
    "Private key (PEM) of server.tls_cert.",
);
static PUBLIC_URL: Setting = Setting::text(
    "server.public_url",
    "",
    "How browsers reach the server if a proxy stands before it, e.g. https://coach.example.org.",
);
static ORIGINS: Setting = Setting::list(
    "server.origins",
    "Other pages that may call the server from a browser, e.g. [\"https://app.example.org\"].\n\
     [\"*\"] lets every page, and needs server.access_token.",
);
static ACCESS_TOKEN: Setting = Setting::secret(
    "server.access_token",
    "What callers present as bearer token. Without it a server on loopback lets everybody in.",
);
static OPEN: Setting = Setting::switch(
    "server.open",
    "false",
    "Let everybody in without a token, even from other machines.",
);
static MAX_BODY: Setting = Setting::number(
    "server.max_body",
    "262144",
    "Longest request body in bytes.",
);
static REQUEST_TIMEOUT: Setting = Setting::number(
    "server.request_timeout_seconds",
    "30",
    "Longest time until a request is answered. Live sessions are not requests.",
);

pub(super) static SETTINGS: &[&Setting] = &[
    &LISTEN,
    &DATA,
    &TLS_CERT,
    &TLS_KEY,
    &PUBLIC_URL,
    &ORIGINS,
    &ACCESS_TOKEN,
    &OPEN,
    &MAX_BODY,
    &REQUEST_TIMEOUT,
];

impl Server {
    pub(super) fn read(values: &Values) -> Result<Self, ConfigError> {
        let server = Self {
            listen: values.get(&LISTEN)?,
            data: values.get(&DATA)?,
            tls: match (values.optional(&TLS_CERT)?, values.optional(&TLS_KEY)?) {
                (Some(cert), Some(key)) => Some(Tls { cert, key }),
                (None, None) => None,
                (Some(_), None) => {
                    return Err(values.refuse(&TLS_CERT, "needs server.tls_key too"));
                }
                (None, Some(_)) => {
                    return Err(values.refuse(&TLS_KEY, "needs server.tls_cert too"));
                }
            },
            public_url: values.optional(&PUBLIC_URL)?,
            origins: origins(values)?,
            access_token: values.secret(&ACCESS_TOKEN),
            open: values.get(&OPEN)?,
            max_body: values.within(&MAX_BODY, 4096..=64 * 1024 * 1024)?,
            request_timeout: Duration::from_secs(values.within(&REQUEST_TIMEOUT, 1..=600)?),
        };
        if server
            .access_token
            .as_ref()
            .is_some_and(|token| token.expose().len() < 16)
        {
            return Err(values.refuse(&ACCESS_TOKEN, "is shorter than 16 characters"));
        }
        if !server.is_local() && server.access_token.is_none() && !server.open {
            let why = "other machines can reach this address: set server.access_token \
                       (PRAXILOOM_ACCESS_TOKEN), or server.open (--open) to let everybody in";
            return Err(values.refuse(&LISTEN, why));
        }
        let behind_proxy = server.public_url.as_ref();
        if behind_proxy.is_some_and(|url| !is_local_name(url.host()))
            && server.access_token.is_none()
            && !server.open
        {
            let why = "whoever reaches the proxy comes in: set server.access_token \
                       (PRAXILOOM_ACCESS_TOKEN), or server.open (--open) to let everybody in";
            return Err(values.refuse(&PUBLIC_URL, why));
        }
        if server.origins == Origins::Any && server.access_token.is_none() {
            return Err(values.refuse(&ORIGINS, "`*` needs server.access_token"));
        }
        Ok(server)
    }

    /// Whether only this machine can reach the server.
    #[must_use]
    pub const fn is_local(&self) -> bool {
        self.listen.ip().is_loopback()
    }
}

/// Whether a host name always means this machine (RFC 6761 section 6.3).
#[must_use]
pub fn is_local_name(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    let address: Option<IpAddr> = address.parse().ok();
    host == "localhost"
        || host.ends_with(".localhost")
        || address.is_some_and(|address| address.is_loopback())
}

fn origins(values: &Values) -> Result<Origins, ConfigError> {
    let words: Vec<String> = values.list(&ORIGINS)?;
    if words.iter().any(|word| word == "*") {
        return Ok(Origins::Any);
    }
    values.list(&ORIGINS).map(Origins::Listed)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{config, refused};
    use super::*;

    #[test]
    fn more_than_loopback_needs_a_token() {
        let listen = ("PRAXILOOM_LISTEN", "0.0.0.0:8080");
        assert!(refused(&[listen]).starts_with("PRAXILOOM_LISTEN: other machines"));
        assert!(
            !config(&[listen, ("PRAXILOOM_OPEN", "true")])
                .server
                .is_local()
        );
        let token = ("PRAXILOOM_ACCESS_TOKEN", "long enough to guess at");
        assert!(config(&[listen, token]).server.access_token.is_some());
        let short = refused(&[("PRAXILOOM_ACCESS_TOKEN", "short-one")]);
        assert!(!short.contains("short-one"), "{short}");
    }

    #[test]
    fn a_proxy_needs_a_token() {
        let public = ("PRAXILOOM_PUBLIC_URL", "https://coach.example:8443");
        assert!(refused(&[public]).starts_with("PRAXILOOM_PUBLIC_URL: whoever reaches"));
        let token = ("PRAXILOOM_ACCESS_TOKEN", "long enough to guess at");
        let url = config(&[public, token]).server.public_url.unwrap();
        assert_eq!(url.host(), "coach.example");
        let local = config(&[("PRAXILOOM_PUBLIC_URL", "http://[::1]")]);
        assert_eq!(local.server.public_url.unwrap().host(), "[::1]");
    }

    #[test]
    fn a_certificate_needs_its_key() {
        let error = refused(&[("PRAXILOOM_TLS_CERT", "a.pem")]);
        assert_eq!(error, "PRAXILOOM_TLS_CERT: needs server.tls_key too");
    }

    #[test]
    fn origins_are_written_as_browsers_do() {
        let origin = |text: &str| text.parse::<Origin>().map(|origin| origin.0);
        assert_eq!(
            origin("https://App.example.org:443/").unwrap(),
            "https://app.example.org"
        );
        assert_eq!(origin("http://[::1]:5173").unwrap(), "http://[::1]:5173");
        for wrong in [
            "app.example.org",
            "ftp://a",
            "https://a/b",
            "https://u@a",
            "null",
            "",
        ] {
            assert!(origin(wrong).is_err(), "{wrong}");
        }
        let every = refused(&[("PRAXILOOM_ORIGINS", "*")]);
        assert_eq!(every, "PRAXILOOM_ORIGINS: `*` needs server.access_token");
    }
}
