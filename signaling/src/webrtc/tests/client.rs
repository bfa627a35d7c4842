//! The browser's part, played by the same stack as offerer.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use rtc::ice::mdns::MulticastDnsMode;
use rtc::peer_connection::configuration::RTCOfferOptions;
use rtc::peer_connection::configuration::setting_engine::SctpMaxMessageSize;
use rtc::rtp::{Header, Packet};
use tokio::sync::{mpsc, watch};
use webrtc::data_channel::{DataChannel, DataChannelEvent};
use webrtc::media_stream::track_local::TrackLocal;
use webrtc::media_stream::track_local::static_rtp::TrackLocalStaticRTP;
use webrtc::media_stream::track_remote::{TrackRemote, TrackRemoteEvent};
use webrtc::peer_connection::{
    PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler, RTCIceCandidateInit,
    RTCIceGatheringState, RTCPeerConnectionState, RTCSessionDescription, Registry,
    SettingEngineBuilder, configure_rtcp_reports,
};

use super::super::peer::{MAX_EVENT, media_engine, voice};
use super::soon;

pub(super) struct Client {
    pub(super) connection: Arc<dyn PeerConnection>,
    pub(super) channel: Arc<dyn DataChannel>,
    track: Arc<TrackLocalStaticRTP>,
    ssrc: u32,
    tcp: bool,
    gathered: watch::Receiver<bool>,
    state: watch::Receiver<RTCPeerConnectionState>,
    tracks: tokio::sync::Mutex<mpsc::UnboundedReceiver<Arc<dyn TrackRemote>>>,
}

struct Handler {
    gathered: watch::Sender<bool>,
    state: watch::Sender<RTCPeerConnectionState>,
    tracks: mpsc::UnboundedSender<Arc<dyn TrackRemote>>,
}

#[async_trait::async_trait]
impl PeerConnectionEventHandler for Handler {
    async fn on_ice_gathering_state_change(&self, state: RTCIceGatheringState) {
        self.gathered
            .send_replace(state == RTCIceGatheringState::Complete);
    }

    async fn on_connection_state_change(&self, state: RTCPeerConnectionState) {
        self.state.send_replace(state);
    }

    async fn on_track(&self, track: Arc<dyn TrackRemote>) {
        let _ = self.tracks.send(track);
    }
}

impl Client {
    pub(super) async fn udp() -> Self {
        Self::new(false, super::super::call::CHANNEL).await
    }

    pub(super) async fn tcp() -> Self {
        Self::new(true, super::super::call::CHANNEL).await
    }

    pub(super) async fn new(tcp: bool, label: &str) -> Self {
        Self::at([127, 0, 0, 1].into(), tcp, label).await
    }

    pub(super) async fn at(ip: IpAddr, tcp: bool, label: &str) -> Self {
        let (gathered_tx, gathered) = watch::channel(false);
        let (state_tx, state) = watch::channel(RTCPeerConnectionState::New);
        let (tracks_tx, tracks) = mpsc::unbounded_channel();
        let local = vec![SocketAddr::new(ip, 0)];
        let connection = PeerConnectionBuilder::new()
            .with_media_engine(media_engine().unwrap())
            .with_setting_engine(
                SettingEngineBuilder::new()
                    .with_multicast_dns_mode(MulticastDnsMode::Disabled)
                    // As quick and as ready for large messages as a browser is.
                    .with_ice_connection_attempts(Some(Duration::from_millis(20)), Some(50))
                    .with_sctp_max_message_size(SctpMaxMessageSize::Bounded(MAX_EVENT))
                    .build(),
            )
            .with_interceptor_registry(configure_rtcp_reports(Registry::new()))
            .with_handler(Arc::new(Handler {
                gathered: gathered_tx,
                state: state_tx,
                tracks: tracks_tx,
            }))
            .with_udp_addrs(if tcp { vec![] } else { local.clone() })
            .with_tcp_addrs(if tcp { local } else { vec![] })
            .build()
            .await
            .unwrap();
        let connection: Arc<dyn PeerConnection> = Arc::new(connection);
        let ssrc = rand::random();
        let track = Arc::new(TrackLocalStaticRTP::new(voice(ssrc)));
        connection.add_track(Arc::clone(&track) as _).await.unwrap();
        let channel = connection.create_data_channel(label, None).await.unwrap();
        Self {
            connection,
            channel,
            track,
            ssrc,
            tcp,
            gathered,
            state,
            tracks: tokio::sync::Mutex::new(tracks),
        }
    }

    pub(super) async fn offer(&self) -> String {
        self.make_offer(false).await
    }

    pub(super) async fn make_offer(&self, ice_restart: bool) -> String {
        let options = ice_restart.then_some(RTCOfferOptions { ice_restart });
        let offer = self.connection.create_offer(options).await.unwrap();
        self.connection.set_local_description(offer).await.unwrap();
        let mut gathered = self.gathered.clone();
        soon(gathered.wait_for(|done| *done)).await.unwrap();
        self.connection.local_description().await.unwrap().sdp
    }

    pub(super) async fn accept(&self, answer: &str) {
        let description = RTCSessionDescription::answer(answer.to_owned()).unwrap();
        self.connection
            .set_remote_description(description)
            .await
            .unwrap();
        if self.tcp {
            // The stack dials only candidates that are given to it one by one.
            for line in answer.lines().filter(|line| line.contains(" tcp ")) {
                let candidate = RTCIceCandidateInit {
                    candidate: line.trim_start_matches("a=").to_owned(),
                    ..Default::default()
                };
                self.connection.add_ice_candidate(candidate).await.unwrap();
            }
        }
    }

    pub(super) async fn send_audio(&self, sequence: u16, payload: &'static [u8]) {
        let packet = Packet {
            header: Header {
                version: 2,
                payload_type: 111,
                sequence_number: sequence,
                timestamp: u32::from(sequence) * 960,
                ssrc: self.ssrc,
                ..Header::default()
            },
            payload: bytes::Bytes::from_static(payload),
        };
        self.track.write_rtp(packet).await.unwrap();
    }

    pub(super) async fn audio(&self, count: usize) -> Vec<Packet> {
        let track = soon(async { self.tracks.lock().await.recv().await }).await;
        let track = track.unwrap();
        let mut packets = Vec::new();
        while packets.len() < count {
            if let TrackRemoteEvent::OnRtpPacket(packet) = soon(track.poll()).await.unwrap() {
                packets.push(packet);
            }
        }
        packets
    }

    /// The next text on the channel; `None` when it closed.
    pub(super) async fn text(&self) -> Option<String> {
        loop {
            match soon(self.channel.poll()).await? {
                DataChannelEvent::OnMessage(message) => {
                    assert!(message.is_string);
                    return Some(String::from_utf8(message.data.to_vec()).unwrap());
                }
                DataChannelEvent::OnClose | DataChannelEvent::OnClosing => return None,
                _ => {}
            }
        }
    }

    pub(super) async fn state(&self, wanted: RTCPeerConnectionState) {
        let mut state = self.state.clone();
        soon(state.wait_for(|state| *state == wanted))
            .await
            .unwrap();
    }
}
