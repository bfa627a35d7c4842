//! The listener: HTTP or HTTPS on one address, until the server stops.

use std::convert::Infallible;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use axum_server::accept::NoDelayAcceptor;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use axum_server::{Handle, Server};
use hyper_util::rt::TokioTimer;

use super::guests::Guests;
use super::router;
use crate::app::App;
use crate::config::Tls;
use crate::lifecycle::Lifecycle;

/// How long a client may take to send the head of a request, so that many slow ones do not pile
/// up.
const HEAD_TIMEOUT: Duration = Duration::from_secs(15);

/// How much longer a request that is being answered may take once nothing else is waited for.
const LAST_ANSWERS: Duration = Duration::from_secs(1);

/// Why the server does not listen.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address cannot be had.
    #[error("server.listen: {address}: {error}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why not.
        error: std::io::Error,
    },
    /// Certificate and key cannot be used.
    #[error("server.tls_cert {}, server.tls_key {}: {error}", tls.cert.display(), tls.key.display())]
    Tls {
        /// Which.
        tls: Tls,
        /// Why not.
        error: std::io::Error,
    },
}

/// A listener that is bound but not yet served, so that its address is known first.
#[derive(Debug)]
pub struct Edge {
    listener: TcpListener,
    tls: Option<RustlsConfig>,
    address: SocketAddr,
}

impl Edge {
    /// Binds the address of the settings and loads the certificate.
    ///
    /// # Errors
    ///
    /// If either cannot be done.
    pub async fn bind(app: &App) -> Result<Self, ServeError> {
        let server = &app.config.server;
        let tls = match &server.tls {
            None => None,
            Some(tls) => {
                let loaded = RustlsConfig::from_pem_file(&tls.cert, &tls.key).await;
                let refused = |error| ServeError::Tls {
                    tls: tls.clone(),
                    error,
                };
                Some(loaded.map_err(refused)?)
            }
        };
        let refused = |error| ServeError::Listen {
            address: server.listen,
            error,
        };
        let listener = TcpListener::bind(server.listen).map_err(refused)?;
        listener.set_nonblocking(true).map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        Ok(Self {
            listener,
            tls,
            address,
        })
    }

    /// Where it listens; tells the port if the settings asked for any free one.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The same as a person types it.
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// Answers requests until the server has stopped: for as long as sessions are live, so that they
    /// can be hung up and go on over another network. Requests that are being answered then have
    /// what is left of the sessions' grace.
    ///
    /// # Errors
    ///
    /// If the listener fails.
    pub async fn run(self, app: Arc<App>) -> std::io::Result<()> {
        let handle = Handle::new();
        let stop = stop(handle.clone(), app.lifecycle.clone());
        let service = router(&app);
        let guests = Guests::new(HEAD_TIMEOUT);
        // Sound goes out in small messages, none of which may wait for the one before it to be
        // acknowledged.
        let serve = async {
            match self.tls {
                None => {
                    let acceptor = guests.acceptor(NoDelayAcceptor::new());
                    let server = axum_server::from_tcp(self.listener)?.acceptor(acceptor);
                    impatient(server.handle(handle))
                        .serve(service.into_make_service())
                        .await
                }
                Some(tls) => {
                    let acceptor = RustlsAcceptor::new(tls).acceptor(NoDelayAcceptor::new());
                    let acceptor = guests.acceptor(acceptor);
                    let server = axum_server::from_tcp(self.listener)?.acceptor(acceptor);
                    impatient(server.handle(handle))
                        .serve(service.into_make_service())
                        .await
                }
            }
        };
        tokio::select! {
            served = serve => served,
            never = stop => match never {},
        }
    }
}

/// Closes the listener when nobody is left inside, and every connection at a hard stop.
async fn stop(handle: Handle<SocketAddr>, lifecycle: Lifecycle) -> Infallible {
    lifecycle.shut().cancelled().await;
    handle.graceful_shutdown(None);
    lifecycle.hard().cancelled().await;
    tokio::time::sleep(LAST_ANSWERS).await;
    handle.shutdown();
    std::future::pending().await
}

/// A server that does not wait for ever for the head of a request.
fn impatient<A: axum_server::Address, T>(mut server: Server<A, T>) -> Server<A, T> {
    let mut http = server.http_builder().http1();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT);
    let mut http = server.http_builder().http2();
    http.timer(TokioTimer::new())
        .keep_alive_interval(HEAD_TIMEOUT);
    server
}
