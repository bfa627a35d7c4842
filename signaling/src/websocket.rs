//! A link over one WebSocket: events as text, sound as base64 inside them.
//!
//! [`open`] gives the session its [`Link`] and the caller a [`Pump`] to run beside it. The pump
//! reads and writes independently, so that a session that is busy does not stop what is sent and
//! a client that reads slowly does not stop what is heard. Its memory is bounded by the two queues
//! and one message each way.

use std::time::Duration;

use axum::extract::WebSocketUpgrade;
use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::stream::{SplitSink, SplitStream};
use futures::{SinkExt as _, StreamExt as _};
use serde::Serialize;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};

use crate::event::parse::MAX_MESSAGE;
use crate::event::{ClientEvent, ClientEventKind, ErrorBody, EventIds, code, parse};
use crate::heard::Heard;
use crate::link::{
    Carrier, CloseReason, Closed, FromClient, Link, OutputAudio, PartIds, QUEUE, ToClient,
};

/// What is read from a socket at once: some frames of sound. Every session keeps so much, and more
/// only while a longer message comes.
const READ_BUFFER: usize = 16 * 1024;

/// The subprotocol of the Realtime API. The server must echo it to clients that offer it, and
/// never the other one they offer, which is their key.
pub const SUBPROTOCOL: &str = "realtime";

/// Messages longer than this do not wait beside others: with the queue full of shorter ones a
/// client takes 16 MiB at most.
const LONG: usize = 64 * 1024;

/// How long the pump waits for a client.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Time between two pings.
    pub ping_every: Duration,
    /// Time without anything from the client, pongs included, after which it is gone.
    pub silence: Duration,
    /// Time that one message may take to be written, after which the client is not reading.
    pub write: Duration,
    /// Time for the client to answer a close.
    pub close: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            ping_every: Duration::from_secs(2),
            silence: Duration::from_secs(45),
            write: Duration::from_secs(10),
            close: Duration::from_secs(3),
        }
    }
}

/// Sets the limits and the subprotocol of an upgrade that will become a link.
pub fn prepare<F>(upgrade: WebSocketUpgrade<F>) -> WebSocketUpgrade<F> {
    upgrade
        .protocols([SUBPROTOCOL])
        .max_message_size(MAX_MESSAGE)
        .max_frame_size(MAX_MESSAGE)
        .read_buffer_size(READ_BUFFER)
}

/// Makes a link of a socket. Nothing happens until the pump runs.
pub fn open(socket: WebSocket, patience: Patience) -> (Link, Pump) {
    let (to_session, incoming) = mpsc::channel(QUEUE);
    let (outgoing, from_session) = mpsc::channel(QUEUE);
    let link = Link {
        carrier: Carrier::WebSocket,
        incoming,
        outgoing,
        heard: Heard::new(patience.ping_every),
    };
    let pump = Pump {
        socket,
        patience,
        heard: link.heard.clone(),
        to_session,
        from_session,
    };
    (link, pump)
}

/// Moves messages between a socket and its link.
#[must_use = "nothing moves until it runs"]
#[derive(Debug)]
pub struct Pump {
    socket: WebSocket,
    patience: Patience,
    heard: Heard,
    to_session: mpsc::Sender<FromClient>,
    from_session: mpsc::Receiver<ToClient>,
}

/// Why the pump stops, and what the client is told.
enum End {
    /// The client closed, and meant to or not: its close was answered by the socket itself.
    Closing(Closed),
    /// Nothing came for too long, or the connection broke.
    Lost,
    /// What came was too long or no WebSocket message.
    Unreadable,
    /// A message could not be written in time.
    NotReading,
    /// The session wants to close, or is gone.
    BySession(CloseReason),
}

impl Pump {
    /// Runs until the connection has ended and the session was told so.
    pub async fn run(self) {
        let Self {
            socket,
            patience,
            heard,
            to_session,
            from_session,
        } = self;
        let (mut sink, mut stream) = socket.split();
        // Since when nothing could be written.
        let mut stuck = None;
        // The first message into an empty queue: it fits, unless the session is gone already.
        let _ = to_session.try_send(FromClient::Ready);
        let end = tokio::select! {
            end = read(&mut stream, &to_session, patience.silence, &heard) => end,
            end = write(&mut sink, from_session, patience, &mut stuck) => end,
        };
        let silent_since = match end {
            End::NotReading => stuck,
            // Whoever is there answers every ping.
            End::Lost => heard.silent_since(false),
            _ => None,
        };
        let closed = match end {
            End::NotReading => Closed::NotReading,
            End::Lost => Closed::Lost,
            End::Closing(closed) => {
                // The answer to the client's close stands ready and has only to be sent.
                let _ = timeout(patience.close, sink.close()).await;
                closed
            }
            End::Unreadable => {
                close(&mut sink, &mut stream, CloseReason::Policy, patience.close).await;
                Closed::Lost
            }
            End::BySession(reason) => close(&mut sink, &mut stream, reason, patience.close).await,
        };
        if let Some(since) = silent_since {
            let message = FromClient::SilentSince(since);
            let _ = to_session.send_timeout(message, patience.silence).await;
        }
        let told = to_session
            .send_timeout(FromClient::Closed(closed), patience.silence)
            .await;
        if told.is_err() {
            tracing::debug!(?closed, "a connection ended after its session");
        }
    }
}

async fn read(
    stream: &mut SplitStream<WebSocket>,
    to_session: &mpsc::Sender<FromClient>,
    silence: Duration,
    heard: &Heard,
) -> End {
    loop {
        let message = match timeout(silence, stream.next()).await {
            Ok(Some(Ok(message))) => message,
            Ok(Some(Err(error))) => {
                tracing::debug!(%error, "a connection could not be read");
                return End::Unreadable;
            }
            Ok(None) | Err(_) => return End::Lost,
        };
        heard.note();
        // A long message waits until the session has taken all before it, so that a queue of them
        // does not fill the memory.
        if matches!(&message, Message::Text(text) if text.len() > LONG) {
            let _ = to_session.reserve_many(to_session.max_capacity()).await;
        }
        let message = match message {
            Message::Text(text) => understand(&text),
            Message::Binary(_) => FromClient::Malformed(Box::new(ErrorBody::invalid(
                code::INVALID_JSON,
                "Events are text messages; a binary message came.",
            ))),
            Message::Ping(_) | Message::Pong(_) => continue,
            Message::Close(frame) => return End::Closing(meant(frame.map(|frame| frame.code))),
        };
        // A session that stopped listening may still be saying its last words.
        let _ = to_session.send(message).await;
    }
}

/// What a client means that closes with this code (RFC 6455, section 7.4). Those that say why it could
/// not go on, or that its page went away, are a cut; its library or its browser sent them.
fn meant(code: Option<u16>) -> Closed {
    match code {
        None | Some(close_code::NORMAL | close_code::STATUS | 3000..) => Closed::ByClient,
        Some(_) => Closed::Lost,
    }
}

fn understand(text: &str) -> FromClient {
    match parse(text) {
        Ok(ClientEvent {
            kind: ClientEventKind::AppendInput(bytes),
            ..
        }) => FromClient::Audio(bytes),
        Ok(event) => FromClient::Event(Box::new(event)),
        Err(error) => FromClient::Malformed(Box::new(error)),
    }
}

async fn write(
    sink: &mut SplitSink<WebSocket, Message>,
    mut from_session: mpsc::Receiver<ToClient>,
    patience: Patience,
    stuck: &mut Option<Instant>,
) -> End {
    let mut ids = EventIds::random();
    let mut pings = interval_at(Instant::now() + patience.ping_every, patience.ping_every);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let message = tokio::select! {
            message = from_session.recv() => match message {
                Some(ToClient::Close(reason)) => return End::BySession(reason),
                None => return End::BySession(CloseReason::Ended),
                Some(ToClient::Event(event)) => event.to_json(&ids.next_id()),
                Some(ToClient::Audio(audio)) => audio_delta(&audio, &ids.next_id()),
            }
            .map(|text| Message::Text(text.into())),
            _ = pings.tick() => Ok(Message::Ping(bytes::Bytes::new())),
        };
        let message = match message {
            Ok(message) => message,
            Err(error) => {
                tracing::error!(%error, "an event could not be written as JSON");
                return End::BySession(CloseReason::Internal);
            }
        };
        *stuck = Some(Instant::now());
        match timeout(patience.write, sink.send(message)).await {
            Ok(Ok(())) => *stuck = None,
            Ok(Err(_)) => return End::Lost,
            Err(_) => return End::NotReading,
        }
    }
}

/// Says goodbye and waits for the answer, so that what was sent before arrives.
async fn close(
    sink: &mut SplitSink<WebSocket, Message>,
    stream: &mut SplitStream<WebSocket>,
    reason: CloseReason,
    patience: Duration,
) -> Closed {
    let (code, words) = match reason {
        CloseReason::Ended => (close_code::NORMAL, "The session is over."),
        CloseReason::GoingAway => (close_code::AWAY, "The server is stopping."),
        CloseReason::Policy => (
            close_code::POLICY,
            "The client broke a rule of the protocol.",
        ),
        CloseReason::Internal => (close_code::ERROR, "Something failed on the server."),
    };
    let frame = CloseFrame {
        code,
        reason: words.into(),
    };
    let answered = async {
        sink.send(Message::Close(Some(frame))).await.ok()?;
        while let Some(Ok(message)) = stream.next().await {
            if matches!(message, Message::Close(_)) {
                return Some(());
            }
        }
        None
    };
    match timeout(patience, answered).await {
        Ok(Some(())) => Closed::ByClient,
        Ok(None) | Err(_) => Closed::Lost,
    }
}

/// `response.output_audio.delta`, with the base64 written straight into the message.
pub fn audio_delta(audio: &OutputAudio, event_id: &str) -> Result<String, serde_json::Error> {
    #[derive(Serialize)]
    #[serde(tag = "type", rename = "response.output_audio.delta")]
    struct Delta<'a> {
        event_id: &'a str,
        #[serde(flatten)]
        ids: &'a PartIds,
    }
    const FIELD: &str = ",\"delta\":\"";
    let mut text = Vec::with_capacity(256 + audio.payload.len().div_ceil(3) * 4);
    serde_json::to_writer(
        &mut text,
        &Delta {
            event_id,
            ids: &audio.part,
        },
    )?;
    let mut text = String::from_utf8(text).map_err(serde::ser::Error::custom)?;
    // Open the object again: the samples are its last field.
    text.pop();
    text.push_str(FIELD);
    STANDARD.encode_string(&audio.payload, &mut text);
    text.push_str("\"}");
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;
    use proptest::prelude::*;

    use super::*;
    use crate::event::ServerEvent;

    proptest! {
        #[test]
        fn sound_is_written_as_the_event_it_is(payload: Vec<u8>, item_id: String) {
            let part = Arc::new(PartIds {
                response_id: "resp_1".to_owned(),
                item_id,
                output_index: 0,
                content_index: 1,
            });
            let event = ServerEvent::OutputAudioDelta {
                ids: Arc::clone(&part),
                delta: STANDARD.encode(&payload),
            };
            let audio = OutputAudio { part, payload: Bytes::from(payload), at: 0, first: true };
            let text = audio_delta(&audio, "event_1").unwrap();
            let value: serde_json::Value = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(&value["event_id"], "event_1");
            prop_assert_eq!(serde_json::from_str::<ServerEvent>(&text).unwrap(), event);
        }
    }
}
