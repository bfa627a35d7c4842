//! One UDP port for all calls: which datagram belongs to whom.
//!
//! A STUN request names its call (the user name begins with the fragment our answer carried).
//! Everything else belongs to whoever the call's own ICE agent last spoke STUN with at that
//! address: the agent answers only requests whose integrity it has checked, so an address is
//! learned from what we *send*, never from what a stranger claims.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use dashmap::DashMap;
use tokio::net::UdpSocket;

use super::inbox::{Inbox, lock};
use super::stun::{self, Class};

/// Addresses remembered for one call: as many paths as a browser tries.
const ADDRESSES: usize = 16;
/// User name fragments of one call: the present ones and those before ICE restarts.
const FRAGMENTS: usize = 4;
/// An address heard from within this time is not given to another call.
const OWNED: Duration = Duration::from_secs(5);
/// No datagram of a call is larger: DTLS and SRTP stay below the Ethernet MTU.
const DATAGRAM: usize = 2048;
const CHUNK: usize = 64 * 1024;

/// The shared socket and who owns which part of its traffic.
#[derive(Debug)]
pub(super) struct Mux {
    socket: Option<UdpSocket>,
    by_fragment: DashMap<Box<str>, Arc<Inbox>>,
    by_address: DashMap<SocketAddr, Route>,
    started: Instant,
    unroutable: AtomicU64,
    unsent: AtomicU64,
}

#[derive(Debug)]
struct Route {
    inbox: Arc<Inbox>,
    /// When something last came from there, in milliseconds since the mux started.
    heard: AtomicU64,
}

impl Mux {
    pub(super) fn new(socket: Option<UdpSocket>) -> Arc<Self> {
        Arc::new(Self {
            socket,
            by_fragment: DashMap::new(),
            by_address: DashMap::new(),
            started: Instant::now(),
            unroutable: AtomicU64::new(0),
            unsent: AtomicU64::new(0),
        })
    }

    /// Reads the socket for as long as it is polled.
    pub(super) async fn receive(self: Arc<Self>) {
        let Some(socket) = &self.socket else { return };
        // Datagrams are slices of one large chunk, so that none costs an allocation of its own.
        let mut chunk = BytesMut::with_capacity(CHUNK);
        loop {
            if chunk.capacity() < DATAGRAM {
                chunk = BytesMut::with_capacity(CHUNK);
            }
            match socket.recv_buf_from(&mut chunk).await {
                Ok((_, from)) => self.route(chunk.split().freeze(), plain(from)),
                // What an earlier datagram met on its way shows here; the socket itself is fine.
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {}
                Err(error) => {
                    tracing::debug!(%error, "receiving from the WebRTC port failed");
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            }
        }
    }

    pub(super) fn route(&self, datagram: Bytes, from: SocketAddr) {
        let named = stun::class(&datagram)
            .and_then(|_| stun::receiver_fragment(&datagram))
            .map(|fragment| self.find(fragment));
        let known = self.by_address.get(&from);
        let inbox = match (named, &known) {
            // A name we never gave away is not delivered, whoever sent it.
            (Some(named), _) => named,
            (None, Some(route)) => Some(Arc::clone(&route.inbox)),
            (None, None) => None,
        };
        let Some(inbox) = inbox else {
            self.unroutable.fetch_add(1, Ordering::Relaxed);
            return;
        };
        if let Some(route) = known.filter(|route| Arc::ptr_eq(&route.inbox, &inbox)) {
            route.heard.store(self.now(), Ordering::Relaxed);
        }
        inbox.push(datagram, from);
    }

    /// The call that answers to a user name fragment.
    pub(super) fn find(&self, fragment: &str) -> Option<Arc<Inbox>> {
        self.by_fragment
            .get(fragment)
            .map(|inbox| Arc::clone(&inbox))
    }

    /// Sends one datagram of a call. A full socket drops it, as the network might.
    pub(super) fn send(&self, inbox: &Arc<Inbox>, datagram: &[u8], to: SocketAddr) {
        let Some(socket) = &self.socket else { return };
        let to = inbox.destination(datagram, to);
        if matches!(stun::class(datagram), Some(Class::Request | Class::Success)) {
            self.learn(inbox, to);
        }
        let wildcard_v6 = socket.local_addr().is_ok_and(|local| local.is_ipv6());
        let target = match to.ip() {
            IpAddr::V4(ip) if wildcard_v6 => {
                SocketAddr::new(IpAddr::V6(ip.to_ipv6_mapped()), to.port())
            }
            _ => to,
        };
        if socket.try_send_to(datagram, target).is_err() {
            self.unsent.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn learn(&self, inbox: &Arc<Inbox>, address: SocketAddr) {
        if let Some(route) = self.by_address.get(&address) {
            let silent = self
                .now()
                .saturating_sub(route.heard.load(Ordering::Relaxed));
            if Arc::ptr_eq(&route.inbox, inbox) || u128::from(silent) < OWNED.as_millis() {
                return;
            }
        }
        let mut names = lock(&inbox.names);
        if names.closed {
            return;
        }
        if names.addresses.len() >= ADDRESSES
            && let Some(oldest) = names.addresses.pop_front()
        {
            self.by_address
                .remove_if(&oldest, |_, route| Arc::ptr_eq(&route.inbox, inbox));
        }
        names.addresses.push_back(address);
        let route = Route {
            inbox: Arc::clone(inbox),
            heard: AtomicU64::new(self.now()),
        };
        self.by_address.insert(address, route);
    }

    /// Opens a call's part of the port. It is given back when the registration drops.
    pub(super) fn register(self: &Arc<Self>) -> Registration {
        Registration {
            mux: Arc::clone(self),
            inbox: Arc::new(Inbox::new()),
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// How many fragments and addresses are registered.
    #[cfg(test)]
    pub(super) fn entries(&self) -> (usize, usize) {
        (self.by_fragment.len(), self.by_address.len())
    }

    /// A user name fragment that is in use.
    #[cfg(test)]
    pub(super) fn any_fragment(&self) -> String {
        self.by_fragment.iter().next().unwrap().key().to_string()
    }

    /// An address that is in use.
    #[cfg(test)]
    pub(super) fn any_address(&self) -> SocketAddr {
        *self.by_address.iter().next().unwrap().key()
    }

    /// Datagrams that belonged to no call, and those that could not be sent.
    pub(super) fn dropped(&self) -> (u64, u64) {
        (
            self.unroutable.load(Ordering::Relaxed),
            self.unsent.load(Ordering::Relaxed),
        )
    }
}

/// A call's part of the shared ports, given back on drop.
#[derive(Debug)]
pub(super) struct Registration {
    mux: Arc<Mux>,
    inbox: Arc<Inbox>,
}

impl Registration {
    pub(super) fn mux(&self) -> &Arc<Mux> {
        &self.mux
    }

    pub(super) fn inbox(&self) -> &Arc<Inbox> {
        &self.inbox
    }

    /// Makes the call reachable under a user name fragment.
    pub(super) fn answer_to(&self, fragment: &str) {
        let mut names = lock(&self.inbox.names);
        if names.closed || names.fragments.iter().any(|known| **known == *fragment) {
            return;
        }
        if names.fragments.len() >= FRAGMENTS
            && let Some(oldest) = names.fragments.pop_front()
        {
            self.mux.by_fragment.remove(&oldest);
        }
        names.fragments.push_back(fragment.into());
        self.mux
            .by_fragment
            .insert(fragment.into(), Arc::clone(&self.inbox));
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        let mut names = lock(&self.inbox.names);
        names.closed = true;
        let fragments = std::mem::take(&mut names.fragments);
        let addresses = std::mem::take(&mut names.addresses);
        drop(names);
        for fragment in fragments {
            self.mux.by_fragment.remove(&fragment);
        }
        for address in addresses {
            self.mux
                .by_address
                .remove_if(&address, |_, route| Arc::ptr_eq(&route.inbox, &self.inbox));
        }
    }
}

/// An IPv4 address in IPv6 clothes as what it is: a wildcard IPv6 socket serves both.
pub(super) fn plain(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

#[cfg(test)]
mod tests {
    use super::super::inbox::WAITING;
    use super::*;

    fn address(port: u16) -> SocketAddr {
        SocketAddr::from(([192, 0, 2, 1], port))
    }

    fn waiting(registration: &Registration) -> usize {
        registration.inbox.side(address(1)).waiting()
    }

    async fn mux() -> Arc<Mux> {
        Mux::new(Some(UdpSocket::bind("127.0.0.1:0").await.unwrap()))
    }

    fn success() -> Vec<u8> {
        let mut message = stun::request("x:y");
        message[0] = 1;
        message
    }

    #[tokio::test]
    async fn a_stranger_teaches_nothing() {
        let mux = mux().await;
        let call = mux.register();
        call.answer_to("mine");
        mux.route(stun::request("mine:theirs").into(), address(1));
        mux.route(stun::request("other:theirs").into(), address(1));
        mux.route(Bytes::from_static(&[0x80; 40]), address(1));
        assert_eq!(waiting(&call), 1);
        assert_eq!(mux.entries(), (1, 0));
        assert_eq!(mux.dropped().0, 2);
    }

    #[tokio::test]
    async fn an_answered_address_belongs_to_the_call() {
        let mux = mux().await;
        let call = mux.register();
        mux.send(call.inbox(), &success(), address(1));
        mux.route(Bytes::from_static(&[0x80; 40]), address(1));
        assert_eq!(waiting(&call), 1);
        let other = mux.register();
        mux.send(other.inbox(), &success(), address(1));
        mux.route(Bytes::from_static(&[0x80; 40]), address(1));
        assert_eq!((waiting(&call), waiting(&other)), (2, 0));
        drop(call);
        assert_eq!(mux.entries(), (0, 0));
    }

    #[tokio::test]
    async fn tables_and_queues_are_bounded() {
        let mux = mux().await;
        let call = mux.register();
        for port in 1..=100 {
            mux.send(call.inbox(), &success(), address(port));
            call.answer_to(&format!("f{port}"));
        }
        assert_eq!(mux.entries(), (FRAGMENTS, ADDRESSES));
        for _ in 0..1000 {
            mux.route(Bytes::from_static(&[0x80; 40]), address(100));
        }
        assert_eq!(waiting(&call), WAITING);
        assert_eq!(call.inbox().overflowed(), 1000 - WAITING);
        let inbox = Arc::clone(call.inbox());
        drop(call);
        mux.send(&inbox, &success(), address(7));
        assert_eq!(mux.entries(), (0, 0), "a closed call learns nothing");
    }
}
