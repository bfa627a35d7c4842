//! One connection to the server, whatever carries it: sound and events both ways.

mod webrtc;
mod websocket;

use std::time::Instant;

use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::BenchError;
use crate::wav::Frame;

/// How many messages wait in either direction.
const QUEUE: usize = 512;
/// Quieter than this, in dBFS, is silence that was sent to let the decoder come to rest.
const SILENCE: f32 = -60.0;

/// What carries a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Carrier {
    /// Events and PCM16 in base64 over one socket.
    Websocket,
    /// Opus over RTP, events over a data channel.
    Webrtc,
}

impl Carrier {
    /// Its name in tables and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Websocket => "websocket",
            Self::Webrtc => "webrtc",
        }
    }
}

/// What the server sent, and when it was received.
#[derive(Debug)]
pub enum Heard {
    /// An event.
    Event(Instant, Value),
    /// Sound of the AI client.
    Audio(Instant, Loudness),
}

/// Whether a packet holds sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loudness {
    /// It can be heard.
    Sound,
    /// It cannot.
    Silence,
}

/// Something to send.
#[derive(Debug)]
pub enum Said {
    /// 20 ms of the microphone.
    Sound(Box<Frame>),
    /// An event.
    Event(Value),
}

/// A connection. Dropping it closes it.
#[derive(Debug)]
pub struct Client {
    carrier: Carrier,
    outgoing: mpsc::Sender<Said>,
    incoming: mpsc::Receiver<Heard>,
    _tasks: JoinSet<()>,
}

impl Client {
    /// Connects to the server at `url` (`http://…`).
    ///
    /// # Errors
    /// If it cannot be reached or refuses.
    pub async fn connect(carrier: Carrier, url: &str) -> Result<Self, BenchError> {
        match carrier {
            Carrier::Websocket => websocket::connect(url).await,
            Carrier::Webrtc => webrtc::connect(url).await,
        }
    }

    /// Sets the session up: our own events, and turns that end after `silence_ms`.
    ///
    /// # Errors
    /// If the server does not agree.
    pub async fn configure(&mut self, silence_ms: u32) -> Result<(), BenchError> {
        self.tell(json!({
            "type": "session.update",
            "session": {
                "type": "realtime",
                "include": ["praxiloom.events"],
                "audio": { "input": { "turn_detection": {
                    "type": "server_vad", "silence_duration_ms": silence_ms,
                } } },
            },
        }))
        .await?;
        loop {
            match self.next().await? {
                Heard::Event(_, event) if event["type"] == "session.updated" => return Ok(()),
                Heard::Event(_, event) if event["type"] == "error" => {
                    return Err(BenchError::Server(event["error"]["message"].to_string()));
                }
                _ => {}
            }
        }
    }

    /// What carries it.
    #[must_use]
    pub const fn carrier(&self) -> Carrier {
        self.carrier
    }

    /// Sends 20 ms of the microphone.
    ///
    /// # Errors
    /// If the connection is gone.
    pub async fn speak(&self, frame: &Frame) -> Result<(), BenchError> {
        self.send(Said::Sound(Box::new(*frame))).await
    }

    /// Sends an event.
    ///
    /// # Errors
    /// If the connection is gone.
    pub async fn tell(&self, event: Value) -> Result<(), BenchError> {
        self.send(Said::Event(event)).await
    }

    /// What the server sends next.
    ///
    /// # Errors
    /// If the connection is gone.
    pub async fn next(&mut self) -> Result<Heard, BenchError> {
        let heard = self.incoming.recv().await;
        heard.ok_or_else(|| BenchError::connection("it ended"))
    }

    async fn send(&self, said: Said) -> Result<(), BenchError> {
        let sent = self.outgoing.send(said).await;
        sent.map_err(|_| BenchError::connection("it ended"))
    }
}

/// Whether these samples can be heard.
fn loudness(samples: &[i16]) -> Loudness {
    if media::level::rms_dbfs(samples) > SILENCE {
        Loudness::Sound
    } else {
        Loudness::Silence
    }
}
