//! One live connection, whatever carries it: events and audio in, events and audio out.

use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::event::{ClientEvent, ErrorBody, ServerEvent};
use crate::heard::Heard;

/// How many messages wait in either direction before the sender is held back.
///
/// Two hundred and fifty-six audio packets are five seconds: longer than any pause a healthy
/// connection makes, short enough that a client that never reads costs little memory.
pub const QUEUE: usize = 256;

/// What carries the connection, which decides who paces and who knows what was heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Carrier {
    /// Events and base64 audio over one socket; the client owns playback.
    WebSocket,
    /// Opus over RTP and events over a data channel; the server owns playback.
    WebRtc,
}

/// The server's end of one live connection.
#[derive(Debug)]
pub struct Link {
    /// What carries it.
    pub carrier: Carrier,
    /// What the client sends, in order of arrival.
    pub incoming: mpsc::Receiver<FromClient>,
    /// What the client is sent.
    pub outgoing: mpsc::Sender<ToClient>,
    /// When something last came from the client, be it only the answer to a ping.
    pub heard: Heard,
}

/// Something a client sent.
#[derive(Debug)]
pub enum FromClient {
    /// A well-formed event.
    Event(Box<ClientEvent>),
    /// Bytes of an `input_audio_buffer.append`, already decoded from base64, in the session's
    /// input format.
    Audio(Bytes),
    /// One RTP packet of the microphone's Opus track.
    Packet(Packet),
    /// A message that is not an event: the error to answer with. The session goes on.
    Malformed(Box<ErrorBody>),
    /// Audio can flow (WebRTC: the peer connection is up). Comes first on every link.
    Ready,
    /// As turns out now, nothing has come from the client since then, though something should
    /// have: it was gone before the connection was. [`FromClient::Closed`] follows.
    SilentSince(Instant),
    /// The connection ended; nothing follows.
    Closed(Closed),
}

/// Why a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// The client closed it.
    ByClient,
    /// It broke, went silent for too long, or was closed by what carries the client: its page left,
    /// its library failed.
    Lost,
    /// The client stopped reading.
    NotReading,
}

/// One Opus packet with what RTP says about it (RFC 3550, RFC 7587: 48 kHz timestamps).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// RTP sequence number.
    pub sequence: u16,
    /// RTP timestamp, 48 kHz, from an arbitrary beginning.
    pub timestamp: u32,
    /// The Opus packet.
    pub payload: Bytes,
}

/// Something to send to a client.
#[derive(Debug)]
pub enum ToClient {
    /// An event. The link serialises it once.
    Event(Arc<ServerEvent>),
    /// Sound of a response. Over WebSocket it becomes `response.output_audio.delta`; over WebRTC
    /// it is one Opus packet.
    Audio(OutputAudio),
    /// Close the connection after everything before this was sent.
    Close(CloseReason),
}

/// Sound of a response on its way to the client.
#[derive(Clone, Debug)]
pub struct OutputAudio {
    /// Which response, item and content part it belongs to.
    pub part: Arc<PartIds>,
    /// WebSocket: samples in the session's output format. WebRTC: one Opus packet.
    pub payload: Bytes,
    /// Where it stands on the output timeline, in samples at 48 kHz. The RTP timestamp follows
    /// it, so that silence between responses takes its time.
    pub at: u64,
    /// Whether it is the first after a silence (the RTP marker bit, RFC 3551 section 4.1).
    pub first: bool,
}

/// The ids that name one content part of a response.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartIds {
    /// `resp_…`
    pub response_id: String,
    /// `item_…`
    pub item_id: String,
    /// Position of the item among the response's output.
    pub output_index: u32,
    /// Position of the part in the item's content.
    pub content_index: u32,
}

/// Why the server closes a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseReason {
    /// The session is over.
    Ended,
    /// The server is stopping (WebSocket 1001).
    GoingAway,
    /// The client broke a rule that cannot be answered with an error (WebSocket 1008).
    Policy,
    /// Something failed on the server (WebSocket 1011).
    Internal,
}
