//! WebRTC as a carrier of links: offer and answer, an Opus track, a data channel, shared ports.
//!
//! The browser offers one audio section and the data channel `oai-events`; the answer names this
//! server's one UDP port and its ICE-TCP port for every call. Client events come and server
//! events go as JSON text over the channel; audio goes as one Opus packet per RTP packet.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

mod addresses;
mod call;
mod error;
mod handle;
mod inbox;
mod mux;
mod peer;
mod roaming;
mod rtp;
mod runtime;
mod sdp;
mod settings;
mod stun;
mod tcp;
#[cfg(test)]
mod tests;

pub use error::{Error, OfferError};
pub use handle::{CallHandle, CallStats};
pub use sdp::MAX_SDP;
pub use settings::{IceServer, WebRtcSettings};

use crate::link::{Carrier, Link, QUEUE};
use addresses::{Addresses, listen_tcp, listen_udp};
use call::{Call, Shared};
use mux::{Mux, Registration};
use peer::Peer;
use rtp::OutgoingRtp;
use runtime::CallRuntime;

/// The WebRTC side of the server. Dropping it closes the ports; calls then end as lost.
#[derive(Debug)]
pub struct WebRtc {
    settings: Arc<WebRtcSettings>,
    mux: Arc<Mux>,
    udp: Option<SocketAddr>,
    tcp: Option<SocketAddr>,
    calls: Arc<Semaphore>,
    connecting: Arc<Semaphore>,
    _ports: JoinSet<()>,
}

impl WebRtc {
    /// Opens the ports.
    ///
    /// # Errors
    ///
    /// [`Error::Listen`] if a port cannot be had, [`Error::NoTransport`] if none is wanted.
    pub fn bind(settings: WebRtcSettings) -> Result<Self, Error> {
        if !settings.udp && settings.tcp_listen.is_none() {
            return Err(Error::NoTransport);
        }
        let failed = |address| move |source| Error::Listen { address, source };
        let socket = settings
            .udp
            .then(|| listen_udp(settings.udp_listen).map_err(failed(settings.udp_listen)))
            .transpose()?;
        let listener = settings
            .tcp_listen
            .map(|address| listen_tcp(address).map_err(failed(address)))
            .transpose()?;
        let udp = socket.as_ref().and_then(|s| s.local_addr().ok());
        let tcp = listener.as_ref().and_then(|l| l.local_addr().ok());
        let mux = Mux::new(socket);
        let mut ports = JoinSet::new();
        ports.spawn(Arc::clone(&mux).receive());
        if let Some(listener) = listener {
            ports.spawn(tcp::accept(Arc::clone(&mux), listener));
        }
        Ok(Self {
            calls: Arc::new(Semaphore::new(settings.max_calls)),
            connecting: Arc::new(Semaphore::new(settings.max_connecting)),
            settings: Arc::new(settings),
            mux,
            udp,
            tcp,
            _ports: ports,
        })
    }

    /// Answers a browser's offer. The link is ready when [`crate::link::FromClient::Ready`] says
    /// so; an answered call that never connects ends as [`crate::link::Closed::Lost`].
    ///
    /// When the session closes the link ([`crate::link::ToClient::Close`]) or drops it, what it
    /// sent is delivered and the link ends without [`crate::link::FromClient::Closed`].
    ///
    /// # Errors
    ///
    /// [`Error::Offer`] says what is wrong with the offer, [`Error::Busy`] that a limit is
    /// reached.
    pub async fn answer(&self, offer: &str) -> Result<(String, Link, CallHandle), Error> {
        let offer = sdp::check_offer(offer)?;
        let permit = |semaphore: &Arc<Semaphore>| Arc::clone(semaphore).try_acquire_owned();
        let allowed = permit(&self.calls).map_err(|_| Error::Busy)?;
        let connecting = permit(&self.connecting).map_err(|_| Error::Busy)?;
        let start = start(
            Arc::clone(&self.settings),
            self.mux.register(),
            offer,
            self.addresses(),
            allowed,
            connecting,
        );
        // In a task of its own, so that a caller who goes away cannot leave half a call behind:
        // the finished call ends as soon as nobody holds its link.
        tokio::spawn(start)
            .await
            .map_err(|_| Error::Setup("negotiation failed".to_owned()))?
    }

    /// STUN and TURN servers for the page's `RTCConfiguration.iceServers`.
    pub fn ice_servers(&self) -> &[IceServer] {
        &self.settings.ice_servers
    }

    /// How many calls exist, connecting ones included.
    pub fn calls(&self) -> usize {
        self.settings.max_calls - self.calls.available_permits()
    }

    /// The UDP and the ICE-TCP address actually listened on.
    pub fn local_addresses(&self) -> (Option<SocketAddr>, Option<SocketAddr>) {
        (self.udp, self.tcp)
    }

    /// Waits until every call has ended and told its client so. No call can begin meanwhile.
    pub async fn ended(&self) {
        let all = u32::try_from(self.settings.max_calls).unwrap_or(u32::MAX);
        // The semaphore is never closed.
        let _ = self.calls.acquire_many(all).await;
    }

    /// Datagrams since the start that belonged to no call, and that could not be sent.
    pub fn dropped_datagrams(&self) -> (u64, u64) {
        self.mux.dropped()
    }

    fn addresses(&self) -> Addresses {
        Addresses {
            udp: self.udp,
            tcp: self.tcp,
            announced: self.settings.announced.clone(),
        }
    }
}

async fn start(
    settings: Arc<WebRtcSettings>,
    registration: Registration,
    offer: String,
    addresses: Addresses,
    allowed: OwnedSemaphorePermit,
    connecting: OwnedSemaphorePermit,
) -> Result<(String, Link, CallHandle), Error> {
    let driver_gone = CancellationToken::new();
    let runtime = CallRuntime {
        mux: Arc::clone(registration.mux()),
        inbox: Arc::clone(registration.inbox()),
        gone: driver_gone.clone(),
    };
    let rtp = OutgoingRtp::new(uuid::Uuid::new_v4().as_u128());
    let peer = Peer::build(&settings, runtime, rtp.ssrc()).await?;
    let connection = Arc::clone(&peer.connection);
    let mut gathered = peer.reports.gathered.clone();
    let candidates = addresses.candidates();
    let negotiated = peer::negotiate(connection.as_ref(), &mut gathered, offer, &candidates).await;
    let answer = match negotiated {
        Ok(answer) => answer,
        Err(error) => {
            let _ = connection.close().await;
            return Err(error);
        }
    };
    registration.answer_to(&answer.fragment);

    let shared = Arc::new(Shared::default());
    shared
        .payload_type
        .store(answer.payload_type, Ordering::Relaxed);
    let (to_session, incoming) = mpsc::channel(QUEUE);
    let (outgoing, from_session) = mpsc::channel(QUEUE);
    let call = Call {
        peer,
        shared: Arc::clone(&shared),
        inbox: Arc::clone(registration.inbox()),
        rtp,
        incoming: to_session,
        outgoing: from_session,
        driver_gone,
        connect_timeout: settings.connect_timeout,
        connecting: Some(connecting),
        readers: JoinSet::new(),
    };
    let registration = Arc::new(registration);
    let handle = CallHandle {
        connection,
        shared,
        registration: Arc::downgrade(&registration),
        addresses: Arc::new(addresses),
        gathered: Arc::new(Mutex::new(gathered)),
    };
    let heard = call.inbox.heard.clone();
    tokio::spawn(async move {
        call.run().await;
        drop(registration);
        drop(allowed);
    });
    let link = Link {
        carrier: Carrier::WebRtc,
        incoming,
        outgoing,
        heard,
    };
    Ok((answer.sdp, link, handle))
}
