//! A connection to a vendor on which nothing was said yet: TCP, and TLS where the address asks for
//! it.

use std::io;
use std::sync::{Arc, OnceLock};

use futures::FutureExt as _;
use rustls::pki_types::ServerName;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::MaybeTlsStream;
use tokio_tungstenite::tungstenite::http::Uri;

use super::http;
use super::spares::Spare;

/// A connection on which a WebSocket may be opened.
pub(super) type Line = MaybeTlsStream<TcpStream>;

/// Why there is none.
#[derive(Debug)]
pub(super) enum Unreached {
    /// The address is not one of `ws` or `wss`, or has no host.
    Address,
    /// What the operating system or TLS says, which names no key.
    Io(io::Error),
}

impl From<io::Error> for Unreached {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Connects to where an address is.
///
/// # Errors
/// If it cannot be one, or nobody answers there.
pub(super) async fn reach(uri: &Uri) -> Result<Line, Unreached> {
    let usual = match uri.scheme_str() {
        Some("ws") => 80,
        Some("wss") => 443,
        _ => return Err(Unreached::Address),
    };
    let host = uri.host().ok_or(Unreached::Address)?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let stream = TcpStream::connect((host, uri.port_u16().unwrap_or(usual))).await?;
    stream.set_nodelay(true)?;
    if usual == 80 {
        return Ok(MaybeTlsStream::Plain(stream));
    }
    let name = ServerName::try_from(host.to_owned()).map_err(|_| Unreached::Address)?;
    let tls = connector().map_err(io::Error::other)?;
    let stream = tls.connect(name, stream).await?;
    Ok(MaybeTlsStream::Rustls(stream))
}

/// One for all, so that a connection made again takes up its TLS session.
fn connector() -> Result<TlsConnector, String> {
    static TLS: OnceLock<Result<Arc<rustls::ClientConfig>, String>> = OnceLock::new();
    let tls = TLS.get_or_init(|| http::tls().map(Arc::new)).clone();
    tls.map(TlsConnector::from)
}

impl Spare for Line {
    fn stands(&mut self) -> bool {
        // Nobody was asked anything: whatever comes, even the end, is no good.
        self.read(&mut [0]).now_or_never().is_none()
    }

    async fn close(self) {}
}
