//! A way between client and server on which what the server sends can get lost.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::net::UdpSocket;
use tokio::task::JoinHandle;

/// The way. It ends when dropped.
pub(super) struct Relay {
    address: SocketAddr,
    loses: Arc<AtomicBool>,
    task: JoinHandle<()>,
}

impl Relay {
    /// A way to the server of this answer, and the answer as the client is to have it: with the
    /// way's end for an address.
    pub(super) async fn for_answer(answer: &str) -> (Self, String) {
        let server = answer.lines().find_map(udp_candidate).unwrap();
        let loopback = (Ipv4Addr::LOCALHOST, 0);
        let front = UdpSocket::bind(loopback).await.unwrap();
        let back = UdpSocket::bind(loopback).await.unwrap();
        back.connect(server).await.unwrap();
        let address = front.local_addr().unwrap();
        let loses = Arc::<AtomicBool>::default();
        let task = tokio::spawn(carry(front, back, Arc::clone(&loses)));
        let relay = Self {
            address,
            loses,
            task,
        };
        let told = answer.lines().map(|line| match udp_candidate(line) {
            Some(found) => line.replace(&spelled(found), &spelled(relay.address)),
            None => line.to_owned(),
        });
        let told: String = told.map(|line| line + "\r\n").collect();
        (relay, told)
    }

    /// Whether what the server sends gets lost from now on.
    pub(super) fn loses(&self, loses: bool) {
        self.loses.store(loses, Ordering::Release);
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// An offer that tells no address of its client, so that there is no other way to it.
pub(super) fn without_candidates(offer: &str) -> String {
    let lines = offer.lines();
    let kept = lines.filter(|line| !line.starts_with("a=candidate:"));
    kept.map(|line| format!("{line}\r\n")).collect()
}

/// Where a line of a description says that its side is, by UDP (RFC 8839 section 5.1).
fn udp_candidate(line: &str) -> Option<SocketAddr> {
    let mut words = line.strip_prefix("a=candidate:")?.split(' ');
    let (protocol, ip, port) = (words.nth(2)?, words.nth(1)?, words.next()?);
    let address = SocketAddr::new(ip.parse().ok()?, port.parse().ok()?);
    protocol.eq_ignore_ascii_case("udp").then_some(address)
}

fn spelled(address: SocketAddr) -> String {
    format!(" {} {} ", address.ip(), address.port())
}

async fn carry(front: UdpSocket, back: UdpSocket, loses: Arc<AtomicBool>) {
    let (mut there, mut here) = (vec![0; 2048], vec![0; 2048]);
    let mut client = None;
    loop {
        tokio::select! {
            Ok((length, from)) = front.recv_from(&mut there) => {
                client = Some(from);
                let _ = back.send(&there[..length]).await;
            }
            Ok(length) = back.recv(&mut here) => {
                if let Some(client) = client.filter(|_| !loses.load(Ordering::Acquire)) {
                    let _ = front.send_to(&here[..length], client).await;
                }
            }
        }
    }
}
