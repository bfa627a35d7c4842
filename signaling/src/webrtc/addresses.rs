//! The shared sockets, and the addresses under which browsers are told to find them.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

use rtc::shared::ifaces::ifaces;
use tokio::net::{TcpListener, UdpSocket};

use super::sdp;

/// Asked of the system for the shared socket, which takes bursts of hundreds of calls.
const SOCKET_BUFFER: usize = 4 * 1024 * 1024;
/// An answer with more addresses helps nobody.
const MAX_ADDRESSES: usize = 16;

/// Where browsers are told to go.
#[derive(Debug)]
pub(super) struct Addresses {
    pub(super) udp: Option<SocketAddr>,
    pub(super) tcp: Option<SocketAddr>,
    pub(super) announced: Vec<IpAddr>,
}

impl Addresses {
    /// Candidates for the answer, looked up anew each time: a laptop changes networks.
    pub(super) fn candidates(&self) -> Vec<String> {
        let at = |listen: &Option<SocketAddr>| match listen {
            Some(listen) if self.announced.is_empty() => reachable(*listen),
            Some(listen) => {
                let port = listen.port();
                let announced = self.announced.iter();
                announced.map(|ip| SocketAddr::new(*ip, port)).collect()
            }
            None => Vec::new(),
        };
        sdp::candidates(&at(&self.udp), &at(&self.tcp))
    }
}

/// The addresses under which a socket can be reached, loopback last.
fn reachable(listen: SocketAddr) -> Vec<SocketAddr> {
    if !listen.ip().is_unspecified() {
        return vec![listen];
    }
    let usable = |ip: &IpAddr| match ip {
        IpAddr::V4(ip) => !ip.is_loopback() && !ip.is_link_local() && !ip.is_unspecified(),
        IpAddr::V6(ip) => {
            listen.is_ipv6()
                && !ip.is_loopback()
                && !ip.is_unicast_link_local()
                && !ip.is_unspecified()
        }
    };
    let found: BTreeSet<IpAddr> = ifaces()
        .unwrap_or_default()
        .into_iter()
        .filter_map(|interface| interface.addr.map(|address| address.ip()))
        .filter(usable)
        .collect();
    found
        .into_iter()
        .take(MAX_ADDRESSES)
        .chain([IpAddr::from([127, 0, 0, 1])])
        .map(|ip| SocketAddr::new(ip, listen.port()))
        .collect()
}

pub(super) fn listen_udp(address: SocketAddr) -> std::io::Result<UdpSocket> {
    let socket = open(address, socket2::Type::DGRAM, socket2::Protocol::UDP)?;
    // The system may grant less (net.core.rmem_max); it is then as good as it gets.
    let _ = socket.set_recv_buffer_size(SOCKET_BUFFER);
    let _ = socket.set_send_buffer_size(SOCKET_BUFFER);
    UdpSocket::from_std(socket.into())
}

pub(super) fn listen_tcp(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = open(address, socket2::Type::STREAM, socket2::Protocol::TCP)?;
    socket.listen(128)?;
    TcpListener::from_std(socket.into())
}

fn open(
    address: SocketAddr,
    kind: socket2::Type,
    protocol: socket2::Protocol,
) -> std::io::Result<socket2::Socket> {
    let socket = socket2::Socket::new(socket2::Domain::for_address(address), kind, Some(protocol))?;
    if address.is_ipv6() {
        // Whatever the system's default: an IPv6 wildcard is to serve IPv4 as well.
        socket.set_only_v6(!address.ip().is_unspecified())?;
    }
    if protocol == socket2::Protocol::TCP {
        // A restarted server takes its port back at once.
        socket.set_reuse_address(true)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidates(listen: &str, announced: &[&str]) -> Vec<String> {
        let addresses = Addresses {
            udp: Some(listen.parse().unwrap()),
            tcp: None,
            announced: announced.iter().map(|ip| ip.parse().unwrap()).collect(),
        };
        addresses.candidates()
    }

    #[test]
    fn announced_addresses_replace_all_others() {
        let told = candidates("0.0.0.0:3478", &["203.0.113.9", "2001:db8::9"]);
        assert_eq!(told.len(), 2);
        assert!(told[0].contains(" 203.0.113.9 3478 typ host"));
        assert!(told[1].contains(" 2001:db8::9 3478 typ host"));
    }

    #[test]
    fn a_wildcard_is_told_as_what_it_stands_for() {
        let told = candidates("0.0.0.0:3478", &[]);
        assert!(told.last().unwrap().contains(" 127.0.0.1 3478 typ host"));
        assert!(told.iter().all(|line| !line.contains(" 0.0.0.0 ")));
        assert!(told.len() <= MAX_ADDRESSES + 1);
    }

    #[test]
    fn one_address_is_told_as_it_is() {
        let told = candidates("127.0.0.1:9", &[]);
        assert_eq!(told, ["candidate:0 1 udp 2130706431 127.0.0.1 9 typ host"]);
    }
}
