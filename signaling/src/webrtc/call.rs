//! One call from its answer to its end: events and audio between the client and the session.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::time::Duration;

use rtc::shared::error::Error as StackError;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use webrtc::data_channel::{DataChannel, DataChannelEvent};
use webrtc::media_stream::track_local::TrackLocal;
use webrtc::media_stream::track_remote::{TrackRemote, TrackRemoteEvent};
use webrtc::peer_connection::RTCPeerConnectionState;

use super::inbox::Inbox;
use super::peer::{Arrival, Peer};
use super::rtp::OutgoingRtp;
use crate::event::{self, ClientEvent, ClientEventKind, ErrorBody, ServerEvent};
use crate::link::{Closed, FromClient, Packet, ToClient};

/// The data channel the protocol runs on; the client creates it.
pub(super) const CHANNEL: &str = "oai-events";
/// The code of the error sent in place of an event that exceeds the client's message size.
const TOO_LARGE: &str = "event_too_large";
/// Places in the session's queue that audio leaves to events.
const EVENT_ROOM: usize = 32;
/// How long a closing call waits for what it sent to arrive: so long that a word lost on the way is
/// sent again twice, a second after the first time and three seconds after it (RFC 9260 sections
/// 6.3.1 to 6.3.3, with the minimum of section 16).
const FLUSH: Duration = Duration::from_millis(3500);

/// What a call's task and its handle share.
#[derive(Debug, Default)]
pub(super) struct Shared {
    /// Cancelled to hang up.
    pub(super) hang_up: CancellationToken,
    /// Set once the session was told that audio can flow; what comes before is not delivered.
    pub(super) ready: AtomicBool,
    /// The payload type of Opus as last negotiated.
    pub(super) payload_type: AtomicU8,
    /// Packets of the client dropped because the session did not take them.
    pub(super) lagged: AtomicU64,
}

/// The task of one call.
pub(super) struct Call {
    pub(super) peer: Peer,
    pub(super) shared: Arc<Shared>,
    pub(super) inbox: Arc<Inbox>,
    pub(super) rtp: OutgoingRtp,
    pub(super) incoming: mpsc::Sender<FromClient>,
    pub(super) outgoing: mpsc::Receiver<ToClient>,
    /// Cancelled when the stack's driver is gone.
    pub(super) driver_gone: CancellationToken,
    pub(super) connect_timeout: Duration,
    /// Held until the call is up.
    pub(super) connecting: Option<OwnedSemaphorePermit>,
    pub(super) readers: JoinSet<Option<Closed>>,
}

/// How a call ended.
enum End {
    /// On the client's side.
    Client(Closed),
    /// The session closed it, or let go of its link.
    Session,
}

impl Call {
    /// Runs the call to its end. The connection is closed in every case.
    pub(super) async fn run(mut self) {
        let mut channel = None;
        let end = match tokio::time::timeout(self.connect_timeout, self.connect(&mut channel)).await
        {
            Ok(None) => self.converse(channel.as_ref()).await,
            Ok(Some(end)) => end,
            Err(_) => End::Client(Closed::Lost),
        };
        match end {
            End::Session => {
                if let Some(channel) = &channel {
                    self.last_words(channel.as_ref()).await;
                    flush(channel.as_ref()).await;
                }
                self.readers.shutdown().await;
            }
            End::Client(reason) => {
                self.readers.shutdown().await;
                if reason == Closed::Lost {
                    // It takes ICE a while to give up; nobody was there meanwhile.
                    let message = FromClient::SilentSince(self.inbox.heard.last());
                    let _ = self.incoming.send_timeout(message, FLUSH).await;
                }
                let _ = self
                    .incoming
                    .send_timeout(FromClient::Closed(reason), FLUSH)
                    .await;
            }
        }
        if let Err(error) = self.peer.connection.close().await {
            tracing::debug!(%error, "closing a peer connection failed");
        }
    }

    /// Waits until the connection is up and the channel open. `Some` if the call ended first.
    async fn connect(&mut self, channel: &mut Option<Arc<dyn DataChannel>>) -> Option<End> {
        let ended = self.ended();
        tokio::pin!(ended);
        loop {
            let connected = *self.peer.reports.state.borrow() == RTCPeerConnectionState::Connected;
            if connected && channel.is_some() {
                break;
            }
            tokio::select! {
                end = &mut ended => return Some(end),
                changed = self.peer.reports.state.changed() => {
                    if changed.is_err() || over(*self.peer.reports.state.borrow()) {
                        return Some(End::Client(Closed::Lost));
                    }
                }
                Some(arrival) = self.peer.reports.arrivals.recv() => {
                    self.arrived(arrival, channel).await;
                }
                Some(Ok(Some(reason))) = self.readers.join_next() => {
                    return Some(End::Client(reason));
                }
            }
        }
        self.connecting = None;
        // The queue is empty: nothing is put in before this.
        let _ = self.incoming.send(FromClient::Ready).await;
        self.shared.ready.store(true, Ordering::Release);
        if let Some(channel) = channel {
            let channel = Arc::clone(channel);
            let incoming = self.incoming.clone();
            self.readers.spawn(read_events(channel, incoming));
        }
        None
    }

    async fn converse(&mut self, channel: Option<&Arc<dyn DataChannel>>) -> End {
        let mut channel = channel.cloned();
        let Some(events) = channel.clone() else {
            return End::Client(Closed::Lost);
        };
        let ended = self.ended();
        tokio::pin!(ended);
        loop {
            tokio::select! {
                end = &mut ended => return end,
                changed = self.peer.reports.state.changed() => {
                    let state = *self.peer.reports.state.borrow();
                    if changed.is_err() || over(state) {
                        return End::Client(match state {
                            RTCPeerConnectionState::Closed => Closed::ByClient,
                            _ => Closed::Lost,
                        });
                    }
                }
                Some(arrival) = self.peer.reports.arrivals.recv() => {
                    self.arrived(arrival, &mut channel).await;
                }
                Some(Ok(Some(reason))) = self.readers.join_next() => {
                    return End::Client(match *self.peer.reports.state.borrow() {
                        RTCPeerConnectionState::Failed => Closed::Lost,
                        _ => reason,
                    });
                }
                message = self.outgoing.recv() => match message {
                    Some(ToClient::Audio(audio)) => {
                        let payload_type = self.shared.payload_type.load(Ordering::Relaxed);
                        let packet = self.rtp.next(&audio, payload_type);
                        // Fails only when the driver is gone, which ends the call by itself.
                        let _ = self.peer.track.write_rtp(packet).await;
                    }
                    Some(ToClient::Event(event)) => {
                        if let Some(end) = send_event(events.as_ref(), &event).await {
                            return end;
                        }
                    }
                    Some(ToClient::Close(_)) | None => return End::Session,
                }
            }
        }
    }

    /// Sends the events that the session left behind: it may have let go before they were read.
    async fn last_words(&mut self, channel: &dyn DataChannel) {
        while let Ok(message) = self.outgoing.try_recv() {
            match message {
                ToClient::Event(event) => {
                    if send_event(channel, &event).await.is_some() {
                        return;
                    }
                }
                ToClient::Audio(_) => {}
                ToClient::Close(_) => return,
            }
        }
    }

    /// What can end a call at any time, whatever it waits for.
    fn ended(&self) -> impl Future<Output = End> + use<> {
        let shared = Arc::clone(&self.shared);
        let driver_gone = self.driver_gone.clone();
        let incoming = self.incoming.clone();
        async move {
            tokio::select! {
                () = shared.hang_up.cancelled() => End::Client(Closed::ByClient),
                () = driver_gone.cancelled() => End::Client(Closed::Lost),
                () = incoming.closed() => End::Session,
            }
        }
    }

    /// Takes the first channel of the right name and the first track; closes other channels.
    async fn arrived(&mut self, arrival: Arrival, channel: &mut Option<Arc<dyn DataChannel>>) {
        match arrival {
            Arrival::Channel(opened) => {
                if channel.is_none() && opened.label().await.is_ok_and(|label| label == CHANNEL) {
                    *channel = Some(opened);
                } else {
                    let _ = opened.close().await;
                }
            }
            Arrival::Track(track) => {
                let incoming = self.incoming.clone();
                let shared = Arc::clone(&self.shared);
                self.readers.spawn(read_audio(track, incoming, shared));
            }
        }
    }
}

fn over(state: RTCPeerConnectionState) -> bool {
    matches!(
        state,
        RTCPeerConnectionState::Failed | RTCPeerConnectionState::Closed
    )
}

/// Reads events until the channel closes. A session that lags holds the client back.
async fn read_events(
    channel: Arc<dyn DataChannel>,
    incoming: mpsc::Sender<FromClient>,
) -> Option<Closed> {
    while let Some(event) = channel.poll().await {
        match event {
            DataChannelEvent::OnMessage(message) => {
                let text = String::from_utf8_lossy(&message.data);
                let event = match event::parse(&text) {
                    Ok(ClientEvent {
                        kind: ClientEventKind::AppendInput(audio),
                        ..
                    }) => FromClient::Audio(audio),
                    Ok(event) => FromClient::Event(Box::new(event)),
                    Err(error) => FromClient::Malformed(Box::new(error)),
                };
                incoming.send(event).await.ok()?;
            }
            DataChannelEvent::OnClosing | DataChannelEvent::OnClose => {
                return Some(Closed::ByClient);
            }
            _ => {}
        }
    }
    Some(Closed::Lost)
}

/// Reads audio in order of arrival. What a lagging session does not take is dropped.
async fn read_audio(
    track: Arc<dyn TrackRemote>,
    incoming: mpsc::Sender<FromClient>,
    shared: Arc<Shared>,
) -> Option<Closed> {
    while let Some(event) = track.poll().await {
        let TrackRemoteEvent::OnRtpPacket(packet) = event else {
            continue;
        };
        if packet.payload.is_empty() || !shared.ready.load(Ordering::Acquire) {
            continue;
        }
        if incoming.capacity() <= EVENT_ROOM {
            shared.lagged.fetch_add(1, Ordering::Relaxed);
            continue;
        }
        let packet = Packet {
            sequence: packet.header.sequence_number,
            timestamp: packet.header.timestamp,
            payload: packet.payload,
        };
        if incoming.try_send(FromClient::Packet(packet)).is_err() {
            shared.lagged.fetch_add(1, Ordering::Relaxed);
        }
    }
    None
}

/// Sends an event, or in place of one that the client cannot take, an error that says so.
async fn send_event(channel: &dyn DataChannel, event: &ServerEvent) -> Option<End> {
    match send_json(channel, event).await {
        Err(StackError::ErrSendBufferFull) => return Some(End::Client(Closed::NotReading)),
        Err(StackError::ErrOutboundPacketTooLarge) => {
            tracing::warn!("an event was larger than the client takes");
            let message = "An event was left out: it is larger than the data channel takes.";
            let error = ErrorBody::server(TOO_LARGE, message);
            let _ = send_json(channel, &ServerEvent::Error { error }).await;
        }
        Err(error) => tracing::debug!(%error, "an event could not be sent"),
        Ok(()) => {}
    }
    None
}

async fn send_json(channel: &dyn DataChannel, event: &ServerEvent) -> Result<(), StackError> {
    let id = format!("event_{}", Uuid::new_v4().simple());
    let json = event
        .to_json(&id)
        .map_err(|error| StackError::Other(error.to_string()))?;
    channel.try_send_text(&json).await
}

/// Closes the channel once everything sent has arrived, or the patience for it is over.
async fn flush(channel: &dyn DataChannel) {
    let arrived = async {
        while channel.outstanding_bytes().await.is_ok_and(|left| left > 0) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let _ = tokio::time::timeout(FLUSH, arrived).await;
    let _ = channel.close().await;
}
