//! A caller over WebRTC: the browser's part, played by the same stack as offerer.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use media::FRAME;
use media::opus::{Encoder, EncoderSettings};
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Response};
use rtc::ice::mdns::MulticastDnsMode;
use rtc::media_stream::MediaStreamTrack;
use rtc::peer_connection::configuration::RTCOfferOptions;
use rtc::peer_connection::configuration::media_engine::MIME_TYPE_OPUS;
use rtc::rtp::{Header, Packet};
use rtc::rtp_transceiver::rtp_sender::{
    RTCRtpCodec, RTCRtpCodecParameters, RTCRtpCodingParameters, RTCRtpEncodingParameters,
    RtpCodecKind,
};
use serde_json::Value;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};
use webrtc::data_channel::{DataChannel, DataChannelEvent};
use webrtc::media_stream::track_local::TrackLocal;
use webrtc::media_stream::track_local::static_rtp::TrackLocalStaticRTP;
use webrtc::peer_connection::{
    MediaEngine, PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler,
    RTCIceGatheringState, RTCSessionDescription, Registry, SettingEngineBuilder,
    configure_rtcp_reports,
};

use crate::socket::LONG;

/// A session over WebRTC.
pub struct Call {
    connection: Arc<dyn PeerConnection>,
    channel: Arc<dyn DataChannel>,
    track: Arc<TrackLocalStaticRTP>,
    gathered: watch::Receiver<bool>,
    http: Client,
    /// What it shows at every request.
    key: Option<String>,
    /// Where the call is: `http://…/v1/realtime/calls/ID`.
    pub location: String,
    encoder: Encoder,
    sequence: u16,
    /// Every event so far.
    pub seen: Vec<Value>,
}

struct Handler(watch::Sender<bool>);

#[async_trait::async_trait]
impl PeerConnectionEventHandler for Handler {
    async fn on_ice_gathering_state_change(&self, state: RTCIceGatheringState) {
        self.0.send_replace(state == RTCIceGatheringState::Complete);
    }
}

fn opus() -> RTCRtpCodec {
    RTCRtpCodec {
        mime_type: MIME_TYPE_OPUS.to_owned(),
        clock_rate: 48_000,
        channels: 2,
        sdp_fmtp_line: "minptime=10;useinbandfec=1".to_owned(),
        rtcp_feedback: vec![],
    }
}

fn voice() -> MediaStreamTrack {
    let coding = RTCRtpEncodingParameters {
        rtp_coding_parameters: RTCRtpCodingParameters {
            ssrc: Some(SSRC),
            ..Default::default()
        },
        codec: opus(),
        ..Default::default()
    };
    let name = || "microphone".to_owned();
    MediaStreamTrack::new(name(), name(), name(), RtpCodecKind::Audio, vec![coding])
}

const SSRC: u32 = 7;

impl Call {
    /// Calls the server at `base`; `query` begins with `?` or is empty.
    pub async fn at(base: &str, query: &str) -> Self {
        Self::with_key(base, query, None).await
    }

    /// With this key.
    pub async fn with_key(base: &str, query: &str, key: Option<&str>) -> Self {
        let (gathered_tx, gathered) = watch::channel(false);
        let mut engine = MediaEngine::default();
        let codec = RTCRtpCodecParameters {
            rtp_codec: opus(),
            payload_type: 111,
        };
        engine.register_codec(codec, RtpCodecKind::Audio).unwrap();
        let settings = SettingEngineBuilder::new()
            .with_multicast_dns_mode(MulticastDnsMode::Disabled)
            .with_ice_connection_attempts(Some(Duration::from_millis(20)), Some(50))
            .build();
        let connection = PeerConnectionBuilder::new()
            .with_media_engine(engine)
            .with_setting_engine(settings)
            .with_interceptor_registry(configure_rtcp_reports(Registry::new()))
            .with_handler(Arc::new(Handler(gathered_tx)))
            .with_udp_addrs(vec![SocketAddr::from((Ipv4Addr::LOCALHOST, 0))])
            .build()
            .await
            .unwrap();
        let connection: Arc<dyn PeerConnection> = Arc::new(connection);
        let track = Arc::new(TrackLocalStaticRTP::new(voice()));
        connection.add_track(Arc::clone(&track) as _).await.unwrap();
        let channel = connection.create_data_channel("oai-events", None).await;
        let settings = EncoderSettings {
            rate: 16_000,
            ..EncoderSettings::default()
        };
        let mut call = Self {
            connection,
            channel: channel.unwrap(),
            track,
            gathered,
            http: crate::server::client(),
            key: key.map(str::to_owned),
            location: format!("{base}/v1/realtime/calls{query}"),
            encoder: Encoder::new(settings).unwrap(),
            sequence: 0,
            seen: Vec::new(),
        };
        let response = call.offer(false).await;
        assert_eq!(response.status(), 201);
        let location = response.headers()["location"].to_str().unwrap();
        call.location = format!("{base}{location}");
        call.accept(&response.text().await.unwrap()).await;
        call.until("conversation.created").await;
        call
    }

    /// Sends an offer to where the call is, and gives the answer.
    async fn offer(&self, ice_restart: bool) -> Response {
        let options = ice_restart.then_some(RTCOfferOptions { ice_restart });
        let offer = self.connection.create_offer(options).await.unwrap();
        self.connection.set_local_description(offer).await.unwrap();
        let mut gathered = self.gathered.clone();
        timeout(LONG, gathered.wait_for(|done| *done))
            .await
            .unwrap()
            .unwrap();
        let offer = self.connection.local_description().await.unwrap().sdp;
        let mut post = self.http.post(&self.location);
        if let Some(key) = &self.key {
            post = post.bearer_auth(key);
        }
        let post = post.header(CONTENT_TYPE, "application/sdp").body(offer);
        post.send().await.unwrap()
    }

    async fn accept(&self, answer: &str) {
        let answer = RTCSessionDescription::answer(answer.to_owned()).unwrap();
        self.connection
            .set_remote_description(answer)
            .await
            .unwrap();
    }

    /// Negotiates again, as after a change of network.
    pub async fn restart(&self) {
        let response = self.offer(true).await;
        assert_eq!(response.status(), 200);
        self.accept(&response.text().await.unwrap()).await;
    }

    /// The name of the session.
    pub fn id(&self) -> String {
        self.location.rsplit('/').next().unwrap().to_owned()
    }

    /// The next event; `None` when the channel closed.
    pub async fn event(&mut self) -> Option<Value> {
        loop {
            match timeout(LONG, self.channel.poll()).await.unwrap()? {
                DataChannelEvent::OnMessage(message) => {
                    let event: Value = serde_json::from_slice(&message.data).unwrap();
                    self.seen.push(event.clone());
                    return Some(event);
                }
                DataChannelEvent::OnClose | DataChannelEvent::OnClosing => return None,
                _ => {}
            }
        }
    }

    /// Passes over events until one of this type comes.
    pub async fn until(&mut self, kind: &str) -> Value {
        loop {
            let event = self.event().await;
            let event = event.unwrap_or_else(|| panic!("closed before {kind}: {:?}", self.seen));
            if event["type"] == kind {
                return event;
            }
        }
    }

    pub async fn send(&self, event: Value) {
        self.channel.send_text(&event.to_string()).await.unwrap();
    }

    /// Speaks 16 kHz samples in real time.
    pub async fn speak(&mut self, samples: &[i16]) {
        let began = Instant::now();
        for (number, frame) in (0u32..).zip(samples.chunks_exact(320)) {
            tokio::time::sleep_until(began + FRAME * number).await;
            let payload = self.encoder.encode(frame).unwrap().to_vec().into();
            let header = Header {
                version: 2,
                payload_type: 111,
                sequence_number: self.sequence,
                timestamp: u32::from(self.sequence) * 960,
                ssrc: SSRC,
                ..Header::default()
            };
            self.sequence += 1;
            self.track
                .write_rtp(Packet { header, payload })
                .await
                .unwrap();
        }
    }

    /// Leaves in good order.
    pub async fn close(self) {
        self.connection.close().await.unwrap();
    }
}
