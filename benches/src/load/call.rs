//! A session over WebRTC that costs little: one thread drives all calls, packets are shared.

use std::io;
use std::net::{SocketAddr, UdpSocket as StdSocket};
use std::sync::Arc;
use std::time::{Duration, Instant};

use mio::net::UdpSocket;
use mio::{Interest, Registry, Token};
use str0m::change::SdpAnswer;
use str0m::channel::ChannelId;
use str0m::media::{Direction, MediaKind, Mid, Pt};
use str0m::net::{Protocol, Receive};
use str0m::rtp::RtpWrite;
use str0m::{Candidate, Event, IceConnectionState, Input, Output, Rtc, RtcConfig};

use super::target::Target;
use crate::BenchError;

/// The data channel of the protocol's events.
const CHANNEL: &str = "oai-events";
/// Longest wait for a connection.
const PATIENCE: Duration = Duration::from_secs(15);
/// RTP time that passes in a frame.
const TICKS: u32 = 960;
/// The largest datagram.
const DATAGRAM: usize = 2000;

/// A connected call.
#[derive(Debug)]
pub struct Call {
    rtc: Rtc,
    socket: UdpSocket,
    local: SocketAddr,
    mid: Mid,
    payload_type: Pt,
    channel: ChannelId,
    sequence: u64,
    timestamp: u32,
    /// When the stack wants to be woken.
    due: Instant,
}

/// What came over a call.
#[derive(Debug)]
pub enum Came<'a> {
    /// An event.
    Event(&'a str),
    /// A packet of the answer's sound.
    Packet {
        /// Its number, made whole.
        sequence: u64,
        /// Its RTP time, made whole.
        timestamp: u64,
        /// The first after a silence.
        marker: bool,
        /// The Opus packet.
        payload: &'a [u8],
    },
}

impl Call {
    /// Calls and waits until sound and events can flow.
    ///
    /// # Errors
    /// If the server cannot be reached or refuses.
    pub async fn connect(target: &Target, http: &reqwest::Client) -> Result<Self, BenchError> {
        let now = Instant::now();
        let mut rtc = RtcConfig::new()
            .set_crypto_provider(Arc::new(str0m::crypto::from_feature_flags()))
            .clear_codecs()
            .enable_opus(true, false)
            .set_rtp_mode(true)
            .build(now);
        let socket = bound_towards(target.address()?).map_err(BenchError::connection)?;
        let local = socket.local_addr().map_err(BenchError::connection)?;
        let candidate = Candidate::host(local, "udp").map_err(BenchError::connection)?;
        rtc.add_local_candidate(candidate);
        let mut changes = rtc.sdp_api();
        let mid = changes.add_media(MediaKind::Audio, Direction::SendRecv, None, None, None);
        let channel = changes.add_channel(CHANNEL.to_owned());
        let (offer, pending) = changes
            .apply()
            .ok_or_else(|| BenchError::connection("no offer"))?;
        let answer = target.call(http, offer.to_sdp_string()).await?;
        let answer = SdpAnswer::from_sdp_string(&answer).map_err(BenchError::connection)?;
        rtc.sdp_api()
            .accept_answer(pending, answer)
            .map_err(BenchError::connection)?;
        socket
            .set_nonblocking(true)
            .map_err(BenchError::connection)?;
        let socket = tokio::net::UdpSocket::from_std(socket).map_err(BenchError::connection)?;
        let opened = tokio::time::timeout(PATIENCE, open(&mut rtc, &socket, local)).await;
        opened.map_err(|_| BenchError::Late("the call to connect"))??;
        let socket = socket.into_std().map_err(BenchError::connection)?;
        let media = rtc.media(mid);
        let payload_type = media.and_then(|media| media.remote_pts().first().copied());
        let payload_type =
            payload_type.ok_or_else(|| BenchError::connection("the answer has no Opus"))?;
        Ok(Self {
            rtc,
            socket: UdpSocket::from_std(socket),
            local,
            mid,
            payload_type,
            channel,
            sequence: u64::from(rand::random::<u16>() >> 1),
            timestamp: rand::random(),
            due: now,
        })
    }

    /// Has `registry` tell when there is something to read.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        registry.register(&mut self.socket, token, Interest::READABLE)
    }

    /// Sends a packet of the microphone, and wakes the stack if it wants to be.
    ///
    /// # Errors
    /// If the call is gone.
    pub fn say(
        &mut self,
        packet: &Arc<[u8]>,
        heard: impl FnMut(Came<'_>),
    ) -> Result<(), BenchError> {
        let now = Instant::now();
        let (number, time) = (self.sequence, self.timestamp);
        self.sequence += 1;
        self.timestamp = time.wrapping_add(TICKS);
        if let Some(stream) = self.rtc.direct_api().stream_tx_by_mid(self.mid, None) {
            let payload = Arc::clone(packet);
            let written = RtpWrite::new(self.payload_type, number.into(), time, now, payload);
            stream.write_rtp(written);
        }
        // The stack sends what was written when time moves on.
        self.wake(now)?;
        self.drain(heard)
    }

    /// Sends an event.
    ///
    /// # Errors
    /// If the call is gone.
    pub fn tell(&mut self, event: &str) -> Result<(), BenchError> {
        let channel = self.rtc.channel(self.channel);
        let mut channel = channel.ok_or_else(|| BenchError::connection("no channel"))?;
        let sent = channel.write(false, event.as_bytes());
        sent.map_err(BenchError::connection)?;
        self.drain(|_| {})
    }

    /// Reads all there is.
    ///
    /// # Errors
    /// If the call is gone.
    pub fn read(&mut self, mut heard: impl FnMut(Came<'_>)) -> Result<(), BenchError> {
        let mut bytes = [0; DATAGRAM];
        loop {
            let (length, source) = match self.socket.recv_from(&mut bytes) {
                Ok(received) => received,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                // The server's port is closed: its end shows in the stack's own time.
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => continue,
                Err(error) => return Err(BenchError::connection(error)),
            };
            receive(&mut self.rtc, source, self.local, &bytes[..length])?;
            self.drain(&mut heard)?;
        }
    }

    /// Says goodbye.
    pub fn close(&mut self) {
        let _ = self.rtc.close();
        let _ = self.drain(|_| {});
    }

    fn wake(&mut self, now: Instant) -> Result<(), BenchError> {
        let woken = self.rtc.handle_input(Input::Timeout(now));
        woken.map_err(BenchError::connection)
    }

    fn drain(&mut self, mut heard: impl FnMut(Came<'_>)) -> Result<(), BenchError> {
        loop {
            match self.rtc.poll_output().map_err(BenchError::connection)? {
                Output::Timeout(due) => {
                    self.due = due;
                    return Ok(());
                }
                Output::Transmit(transmit) => {
                    // A full socket loses it, as the network might.
                    let _ = self
                        .socket
                        .send_to(&transmit.contents, transmit.destination);
                }
                Output::Event(event) => match event {
                    Event::RtpPacket(packet) => heard(Came::Packet {
                        sequence: *packet.seq_no,
                        timestamp: packet.time.numer(),
                        marker: packet.header.marker,
                        payload: &packet.payload,
                    }),
                    Event::ChannelData(data) => {
                        heard(Came::Event(
                            std::str::from_utf8(&data.data).unwrap_or_default(),
                        ));
                    }
                    Event::ChannelClose(_)
                    | Event::Closed
                    | Event::IceConnectionStateChange(IceConnectionState::Disconnected) => {
                        return Err(BenchError::connection("the server closed it"));
                    }
                    _ => {}
                },
            }
        }
    }
}

/// A socket on the interface from which the server is reached.
fn bound_towards(server: SocketAddr) -> io::Result<StdSocket> {
    let any: SocketAddr = if server.is_ipv4() {
        ([0, 0, 0, 0], 0).into()
    } else {
        ([0u16; 8], 0).into()
    };
    let probe = StdSocket::bind(any)?;
    probe.connect(server)?;
    StdSocket::bind((probe.local_addr()?.ip(), 0))
}

/// Drives the stack until the channel is open.
async fn open(
    rtc: &mut Rtc,
    socket: &tokio::net::UdpSocket,
    local: SocketAddr,
) -> Result<(), BenchError> {
    let mut bytes = [0; DATAGRAM];
    loop {
        let due = loop {
            match rtc.poll_output().map_err(BenchError::connection)? {
                Output::Timeout(due) => break due,
                Output::Transmit(transmit) => {
                    let _ = socket
                        .send_to(&transmit.contents, transmit.destination)
                        .await;
                }
                Output::Event(Event::ChannelOpen(..)) => return Ok(()),
                Output::Event(_) => {}
            }
        };
        tokio::select! {
            received = socket.recv_from(&mut bytes) => {
                let (length, source) = received.map_err(BenchError::connection)?;
                receive(rtc, source, local, &bytes[..length])?;
            }
            () = tokio::time::sleep_until(due.into()) => {
                rtc.handle_input(Input::Timeout(Instant::now()))
                    .map_err(BenchError::connection)?;
            }
        }
    }
}

fn receive(
    rtc: &mut Rtc,
    source: SocketAddr,
    local: SocketAddr,
    bytes: &[u8],
) -> Result<(), BenchError> {
    // What is none of STUN, DTLS and RTP is not for us.
    let Ok(received) = Receive::new(Protocol::Udp, source, local, bytes) else {
        return Ok(());
    };
    let taken = rtc.handle_input(Input::Receive(Instant::now(), received));
    taken.map_err(BenchError::connection)
}
