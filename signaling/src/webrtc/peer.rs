//! One peer connection of the `webrtc` stack, set up for a call: Opus both ways, one channel.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use rtc::ice::mdns::MulticastDnsMode;
use rtc::media_stream::MediaStreamTrack;
use rtc::peer_connection::configuration::media_engine::MIME_TYPE_OPUS;
use rtc::peer_connection::configuration::setting_engine::SctpMaxMessageSize;
use rtc::peer_connection::transport::RTCDtlsRole;
use rtc::rtp_transceiver::rtp_sender::{
    RTCRtpCodec, RTCRtpCodecParameters, RTCRtpCodingParameters, RTCRtpEncodingParameters,
    RtpCodecKind,
};
use tokio::sync::{mpsc, watch};
use webrtc::data_channel::DataChannel;
use webrtc::media_stream::track_local::static_rtp::TrackLocalStaticRTP;
use webrtc::media_stream::track_remote::TrackRemote;
use webrtc::peer_connection::{
    MediaEngine, PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler,
    RTCIceConnectionState, RTCIceGatheringState, RTCPeerConnectionState, RTCSessionDescription,
    Registry, SettingEngine, SettingEngineBuilder, configure_rtcp_reports,
};

use super::error::{Error, OfferError};
use super::inbox::Inbox;
use super::runtime::CallRuntime;
use super::sdp::{self, Answer};
use super::settings::WebRtcSettings;

/// The largest event either side may send, as advertised (RFC 8841 section 6).
pub(super) const MAX_EVENT: u32 = 256 * 1024;
/// Bytes of events a client may leave unacknowledged before it counts as not reading.
pub(super) const MAX_UNREAD: usize = 1024 * 1024;
/// Two to five milliseconds as measured; more only on a machine that cannot hold calls anyway.
const NEGOTIATION: Duration = Duration::from_secs(5);
/// How many channels and tracks may wait to be looked at.
const ARRIVALS: usize = 16;

/// A peer connection and what it reports.
pub(super) struct Peer {
    pub(super) connection: Arc<dyn PeerConnection>,
    pub(super) track: Arc<TrackLocalStaticRTP>,
    pub(super) reports: Reports,
}

/// What the peer connection's callbacks say.
pub(super) struct Reports {
    pub(super) state: watch::Receiver<RTCPeerConnectionState>,
    pub(super) gathered: watch::Receiver<bool>,
    pub(super) arrivals: mpsc::Receiver<Arrival>,
}

/// Something the client opened.
pub(super) enum Arrival {
    Channel(Arc<dyn DataChannel>),
    Track(Arc<dyn TrackRemote>),
}

/// Callbacks run on the connection's own driver, so they only leave word.
struct Handler {
    state: watch::Sender<RTCPeerConnectionState>,
    gathered: watch::Sender<bool>,
    arrivals: mpsc::Sender<Arrival>,
    inbox: Arc<Inbox>,
}

#[async_trait::async_trait]
impl PeerConnectionEventHandler for Handler {
    async fn on_connection_state_change(&self, state: RTCPeerConnectionState) {
        self.state.send_replace(state);
    }

    async fn on_ice_connection_state_change(&self, state: RTCIceConnectionState) {
        use RTCIceConnectionState::{Completed, Connected};
        if matches!(state, Connected | Completed) {
            self.inbox.path_found();
        }
    }

    async fn on_ice_gathering_state_change(&self, state: RTCIceGatheringState) {
        self.gathered
            .send_replace(state == RTCIceGatheringState::Complete);
    }

    async fn on_data_channel(&self, channel: Arc<dyn DataChannel>) {
        let _ = self.arrivals.try_send(Arrival::Channel(channel));
    }

    async fn on_track(&self, track: Arc<dyn TrackRemote>) {
        let _ = self.arrivals.try_send(Arrival::Track(track));
    }
}

impl Peer {
    /// Builds the connection with its outgoing track, before any offer is seen: the track then
    /// takes the offered audio section instead of asking for one more.
    pub(super) async fn build(
        settings: &WebRtcSettings,
        runtime: CallRuntime,
        ssrc: u32,
    ) -> Result<Self, Error> {
        let (state, state_rx) = watch::channel(RTCPeerConnectionState::New);
        let (gathered, gathered_rx) = watch::channel(false);
        let (arrivals, arrivals_rx) = mpsc::channel(ARRIVALS);
        let handler = Handler {
            state,
            gathered,
            arrivals,
            inbox: Arc::clone(&runtime.inbox),
        };
        // The sockets behind these addresses are closed at once; the addresses only name the
        // local candidates, one per family.
        let mut local = vec![SocketAddr::from((Ipv4Addr::LOCALHOST, 0))];
        if settings.udp_listen.is_ipv6() || settings.tcp_listen.is_some_and(|a| a.is_ipv6()) {
            local.push(SocketAddr::from((Ipv6Addr::LOCALHOST, 0)));
        }
        let none = Vec::new();
        let connection = PeerConnectionBuilder::new()
            .with_media_engine(media_engine()?)
            .with_setting_engine(setting_engine(settings))
            .with_interceptor_registry(configure_rtcp_reports(Registry::new()))
            .with_handler(Arc::new(handler))
            .with_runtime(Arc::new(runtime))
            .with_data_channel_send_buffer_limit(MAX_UNREAD)
            .with_udp_addrs(if settings.udp {
                local.clone()
            } else {
                none.clone()
            })
            .with_tcp_addrs(if settings.tcp_listen.is_some() {
                local
            } else {
                none
            })
            .build()
            .await
            .map_err(setup)?;
        let connection: Arc<dyn PeerConnection> = Arc::new(connection);
        let track = Arc::new(TrackLocalStaticRTP::new(voice(ssrc)));
        let peer = Self {
            connection,
            track,
            reports: Reports {
                state: state_rx,
                gathered: gathered_rx,
                arrivals: arrivals_rx,
            },
        };
        if let Err(error) = peer
            .connection
            .add_track(Arc::clone(&peer.track) as _)
            .await
        {
            let _ = peer.connection.close().await;
            return Err(setup(error));
        }
        Ok(peer)
    }
}

/// Applies a checked offer and returns the finished answer. For the first offer of a call and
/// for every later one (ICE restart, another microphone).
pub(super) async fn negotiate(
    connection: &dyn PeerConnection,
    gathered: &mut watch::Receiver<bool>,
    offer: String,
    candidates: &[String],
) -> Result<Answer, Error> {
    let answer = async {
        let offer = RTCSessionDescription::offer(offer).map_err(rejected)?;
        connection
            .set_remote_description(offer)
            .await
            .map_err(rejected)?;
        let answer = connection.create_answer(None).await.map_err(rejected)?;
        connection
            .set_local_description(answer.clone())
            .await
            .map_err(rejected)?;
        // Checks arrive as soon as the answer is out, and the agent drops those for a local
        // candidate it does not have yet.
        let _ = gathered.wait_for(|done| *done).await;
        let answer = connection.local_description().await.unwrap_or(answer);
        sdp::finish_answer(&answer.sdp, candidates)
            .ok_or_else(|| rejected("audio or data channel could not be agreed on"))
    };
    // The stack parses what a stranger wrote: a panic there must cost this call alone.
    match tokio::time::timeout(NEGOTIATION, AssertUnwindSafe(answer).catch_unwind()).await {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => Err(rejected("it could not be processed")),
        Err(_) => Err(setup("negotiation took too long")),
    }
}

pub(super) fn media_engine() -> Result<MediaEngine, Error> {
    let mut engine = MediaEngine::default();
    engine
        .register_codec(
            RTCRtpCodecParameters {
                rtp_codec: opus(),
                payload_type: 111,
            },
            RtpCodecKind::Audio,
        )
        .map_err(setup)?;
    Ok(engine)
}

fn setting_engine(settings: &WebRtcSettings) -> SettingEngine {
    SettingEngineBuilder::new()
        // The default opens a socket per call and fails where only loopback exists.
        .with_multicast_dns_mode(MulticastDnsMode::Disabled)
        // A browser speaks first as DTLS client, which saves a wait.
        .with_answering_dtls_role(RTCDtlsRole::Server)
        .with_ice_timeouts(
            Some(settings.disconnected_after),
            Some(settings.lost_after),
            // Often enough that a healthy connection never counts as silent.
            Some((settings.disconnected_after / 2).min(Duration::from_secs(2))),
        )
        .with_sctp_max_message_size(SctpMaxMessageSize::Bounded(MAX_EVENT))
        .build()
}

/// Opus as RFC 7587 names it; mono unless the other side asks for more.
fn opus() -> RTCRtpCodec {
    RTCRtpCodec {
        mime_type: MIME_TYPE_OPUS.to_owned(),
        clock_rate: 48_000,
        channels: 2,
        sdp_fmtp_line: "minptime=10;useinbandfec=1".to_owned(),
        rtcp_feedback: vec![],
    }
}

pub(super) fn voice(ssrc: u32) -> MediaStreamTrack {
    MediaStreamTrack::new(
        "voice".to_owned(),
        "voice".to_owned(),
        "voice".to_owned(),
        RtpCodecKind::Audio,
        vec![RTCRtpEncodingParameters {
            rtp_coding_parameters: RTCRtpCodingParameters {
                ssrc: Some(ssrc),
                ..Default::default()
            },
            codec: opus(),
            ..Default::default()
        }],
    )
}

fn setup(error: impl ToString) -> Error {
    Error::Setup(error.to_string())
}

fn rejected(error: impl ToString) -> Error {
    OfferError::Rejected(error.to_string()).into()
}
