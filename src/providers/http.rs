//! The HTTP client that adapters share: TLS by ring and Mozilla's roots, no redirects.

use std::sync::Arc;
use std::time::Duration;

use reqwest::{Client, redirect};

/// A client that gives up connecting after `connect`. Other deadlines are the caller's.
///
/// It follows no redirects, so that a key never goes to another host. A server on this machine
/// (`here`) is never asked through a proxy.
///
/// # Errors
///
/// What is wrong with TLS on this machine.
pub(super) fn client(connect: Duration, here: bool) -> Result<Client, String> {
    let tls = tls()?;
    let mut builder = Client::builder();
    if here {
        builder = builder.no_proxy();
    }
    builder
        .tls_backend_preconfigured(tls)
        .connect_timeout(connect)
        .redirect(redirect::Policy::none())
        .user_agent(concat!("praxiloom/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| error.to_string())
}

/// TLS by ring and Mozilla's roots.
///
/// # Errors
///
/// What is wrong with TLS on this machine.
pub(super) fn tls() -> Result<rustls::ClientConfig, String> {
    let roots = rustls::RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}
