//! A client over WebRTC, which offers what a browser offers: one Opus track and `oai-events`.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use media::opus::{Decoder, Encoder, EncoderSettings};
use rtc::ice::mdns::MulticastDnsMode;
use rtc::media_stream::MediaStreamTrack;
use rtc::peer_connection::configuration::media_engine::MIME_TYPE_OPUS;
use rtc::rtp::{Header, Packet};
use rtc::rtp_transceiver::rtp_sender::{
    RTCRtpCodec, RTCRtpCodecParameters, RTCRtpCodingParameters, RTCRtpEncodingParameters,
    RtpCodecKind,
};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use webrtc::data_channel::{DataChannel, DataChannelEvent};
use webrtc::media_stream::track_local::TrackLocal;
use webrtc::media_stream::track_local::static_rtp::TrackLocalStaticRTP;
use webrtc::media_stream::track_remote::{TrackRemote, TrackRemoteEvent};
use webrtc::peer_connection::{
    MediaEngine, PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler,
    RTCIceGatheringState, RTCSessionDescription, Registry, SettingEngineBuilder,
    configure_rtcp_reports,
};

use super::{Carrier, Client, Heard, QUEUE, Said, loudness};
use crate::BenchError;

/// The data channel of the protocol's events.
const CHANNEL: &str = "oai-events";
/// The payload type that we give Opus.
const OPUS: u8 = 111;
/// Connecting on one machine takes a fraction of this.
const PATIENCE: Duration = Duration::from_secs(15);

/// Offers a call to `url`/v1/realtime/calls and waits until its channel is open.
pub(super) async fn connect(url: &str) -> Result<Client, BenchError> {
    let connected = tokio::time::timeout(PATIENCE, call(url)).await;
    connected.map_err(|_| BenchError::Late("the call to connect"))?
}

async fn call(url: &str) -> Result<Client, BenchError> {
    let failed = BenchError::connection;
    let (gathered_tx, mut gathered) = watch::channel(false);
    let (tracks_tx, tracks) = mpsc::channel(4);
    let handler = Handler {
        gathered: gathered_tx,
        tracks: tracks_tx,
    };
    let connection = PeerConnectionBuilder::new()
        .with_media_engine(media_engine()?)
        .with_setting_engine(
            SettingEngineBuilder::new()
                .with_multicast_dns_mode(MulticastDnsMode::Disabled)
                .build(),
        )
        .with_interceptor_registry(configure_rtcp_reports(Registry::new()))
        .with_handler(Arc::new(handler))
        .with_udp_addrs(vec![SocketAddr::from((Ipv4Addr::LOCALHOST, 0))])
        .build()
        .await
        .map_err(failed)?;
    let connection: Arc<dyn PeerConnection> = Arc::new(connection);
    let ssrc = rand::random();
    let track = Arc::new(TrackLocalStaticRTP::new(microphone(ssrc)));
    let sender = Arc::clone(&track);
    connection.add_track(sender as _).await.map_err(failed)?;
    let channel = connection.create_data_channel(CHANNEL, None).await;
    let channel = channel.map_err(failed)?;

    let offer = connection.create_offer(None).await.map_err(failed)?;
    connection
        .set_local_description(offer)
        .await
        .map_err(failed)?;
    let all = gathered.wait_for(|done| *done).await.map(|_| ());
    all.map_err(BenchError::connection)?;
    let offer = connection.local_description().await;
    let offer = offer.ok_or_else(|| BenchError::connection("no offer"))?.sdp;
    let answer = RTCSessionDescription::answer(post(url, offer).await?).map_err(failed)?;
    connection
        .set_remote_description(answer)
        .await
        .map_err(failed)?;
    opened(channel.as_ref()).await?;

    let (outgoing, said) = mpsc::channel(QUEUE);
    let (heard, incoming) = mpsc::channel(QUEUE);
    let mut tasks = JoinSet::new();
    let mouth = Mouth {
        encoder: Encoder::new(EncoderSettings {
            dtx: false,
            ..EncoderSettings::default()
        })
        .map_err(|error| BenchError::Sound(error.to_string()))?,
        header: Header {
            version: 2,
            payload_type: OPUS,
            ssrc,
            ..Header::default()
        },
        track,
    };
    tasks.spawn(write(connection, channel.clone(), mouth, said));
    tasks.spawn(read_events(channel, heard.clone()));
    tasks.spawn(read_audio(tracks, heard));
    Ok(Client {
        carrier: Carrier::Webrtc,
        outgoing,
        incoming,
        _tasks: tasks,
    })
}

struct Handler {
    gathered: watch::Sender<bool>,
    tracks: mpsc::Sender<Arc<dyn TrackRemote>>,
}

#[async_trait::async_trait]
impl PeerConnectionEventHandler for Handler {
    async fn on_ice_gathering_state_change(&self, state: RTCIceGatheringState) {
        self.gathered
            .send_replace(state == RTCIceGatheringState::Complete);
    }

    async fn on_track(&self, track: Arc<dyn TrackRemote>) {
        let _ = self.tracks.try_send(track);
    }
}

/// The microphone's way onto the wire.
struct Mouth {
    encoder: Encoder,
    header: Header,
    track: Arc<TrackLocalStaticRTP>,
}

impl Mouth {
    async fn say(&mut self, samples: &[i16]) -> Option<()> {
        let payload = self.encoder.encode(samples).ok()?;
        let payload = bytes::Bytes::copy_from_slice(payload);
        let header = self.header.clone();
        self.header.sequence_number = self.header.sequence_number.wrapping_add(1);
        self.header.timestamp = self.header.timestamp.wrapping_add(960);
        self.track.write_rtp(Packet { header, payload }).await.ok()
    }
}

async fn write(
    connection: Arc<dyn PeerConnection>,
    channel: Arc<dyn DataChannel>,
    mut mouth: Mouth,
    mut said: mpsc::Receiver<Said>,
) {
    while let Some(said) = said.recv().await {
        let sent = match said {
            Said::Sound(frame) => mouth.say(frame.as_slice()).await,
            Said::Event(event) => channel.send_text(&event.to_string()).await.ok(),
        };
        if sent.is_none() {
            break;
        }
    }
    let _ = connection.close().await;
}

async fn read_events(channel: Arc<dyn DataChannel>, heard: mpsc::Sender<Heard>) {
    while let Some(event) = channel.poll().await {
        let at = Instant::now();
        match event {
            DataChannelEvent::OnMessage(message) => {
                let Ok(event) = serde_json::from_slice(&message.data) else {
                    return;
                };
                if heard.send(Heard::Event(at, event)).await.is_err() {
                    return;
                }
            }
            DataChannelEvent::OnClosing | DataChannelEvent::OnClose => return,
            _ => {}
        }
    }
}

async fn read_audio(mut tracks: mpsc::Receiver<Arc<dyn TrackRemote>>, heard: mpsc::Sender<Heard>) {
    let Some(track) = tracks.recv().await else {
        return;
    };
    let Ok(mut decoder) = Decoder::new(16_000) else {
        return;
    };
    let mut samples = Vec::new();
    while let Some(event) = track.poll().await {
        let at = Instant::now();
        let TrackRemoteEvent::OnRtpPacket(packet) = event else {
            continue;
        };
        samples.clear();
        if decoder.decode(&packet.payload, &mut samples).is_ok()
            && heard
                .send(Heard::Audio(at, loudness(&samples)))
                .await
                .is_err()
        {
            return;
        }
    }
}

/// Waits until the channel is open.
async fn opened(channel: &dyn DataChannel) -> Result<(), BenchError> {
    loop {
        match channel.poll().await {
            Some(DataChannelEvent::OnOpen) => return Ok(()),
            Some(_) => {}
            None => return Err(BenchError::connection("its channel did not open")),
        }
    }
}

async fn post(url: &str, offer: String) -> Result<String, BenchError> {
    let request = crate::server::http()?
        .post(format!("{url}/v1/realtime/calls"))
        .header("content-type", "application/sdp")
        .bearer_auth("local")
        .body(offer);
    let answer = request.send().await.map_err(BenchError::connection)?;
    let answer = answer.error_for_status().map_err(BenchError::connection)?;
    answer.text().await.map_err(BenchError::connection)
}

fn media_engine() -> Result<MediaEngine, BenchError> {
    let mut engine = MediaEngine::default();
    let codec = RTCRtpCodecParameters {
        rtp_codec: opus(),
        payload_type: OPUS,
    };
    engine
        .register_codec(codec, RtpCodecKind::Audio)
        .map_err(BenchError::connection)?;
    Ok(engine)
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

fn microphone(ssrc: u32) -> MediaStreamTrack {
    let name = || "microphone".to_owned();
    let encoding = RTCRtpEncodingParameters {
        rtp_coding_parameters: RTCRtpCodingParameters {
            ssrc: Some(ssrc),
            ..Default::default()
        },
        codec: opus(),
        ..Default::default()
    };
    MediaStreamTrack::new(name(), name(), name(), RtpCodecKind::Audio, vec![encoding])
}
