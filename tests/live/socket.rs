//! A client over WebSocket, and a server whose engines answer at once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::{SinkExt as _, StreamExt as _};
use media::resample::Resampler;
use praxiloom::app::Engines;
use praxiloom::providers::{stt, tts};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::server::Running;

/// Longer than anything here takes: a test that hangs fails.
pub const LONG: Duration = Duration::from_secs(30);
/// What the stand-in recogniser understands first.
pub const UNDERSTOOD: &str = "What would you like to talk about today?";

/// A recogniser that understands prepared lines, authored answers, a tone for a voice.
pub fn quick() -> Engines {
    let voice = tts::standin::StandinSettings {
        per_character: Duration::from_millis(15),
        ..tts::standin::StandinSettings::default()
    };
    Engines {
        stt: Arc::new(stt::standin::Standin::default()),
        llm: None,
        tts: Arc::new(tts::standin::Standin::new(voice)),
    }
}

/// A server with those.
pub async fn serve(variables: &[(&str, &str)]) -> Running {
    Running::start_with(variables, quick()).await
}

/// "What would you like to talk about today", 16 kHz.
pub fn question() -> Vec<i16> {
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/fixtures/speech/begin.wav"
    );
    let mut wave = hound::WavReader::open(file).unwrap();
    wave.samples().map(Result::unwrap).collect()
}

/// The same at another rate.
pub fn question_at(rate: u32) -> Vec<i16> {
    let (mut out, mut resampler) = (Vec::new(), Resampler::new(16_000, rate).unwrap());
    resampler.process(&question(), &mut out).unwrap();
    resampler.flush(&mut out).unwrap();
    out
}

/// As PCM16, 24 kHz.
pub fn question_pcm() -> Vec<u8> {
    let mut bytes = Vec::new();
    media::pcm::write(&question_at(24_000), &mut bytes);
    bytes
}

/// One session over WebSocket.
pub struct Socket {
    pub stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// Every event so far.
    pub seen: Vec<Value>,
}

/// What a response gave.
#[derive(Debug)]
pub struct Answer {
    /// `response.done`'s response.
    pub response: Value,
    pub transcript: String,
    pub text: String,
    pub audio: Vec<u8>,
}

impl Socket {
    /// Opens a session and takes its greeting.
    pub async fn open(server: &Running) -> Self {
        Self::at(&format!(
            "ws://{}/v1/realtime?model=praxiloom",
            server.address
        ))
        .await
    }

    pub async fn at(url: &str) -> Self {
        Self::with(url, &[]).await.unwrap()
    }

    /// With these headers; gives what the server says if it refuses.
    pub async fn with(url: &str, headers: &[(&'static str, &str)]) -> Result<Self, Error> {
        let mut request = url.into_client_request()?;
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        let (stream, response) = timeout(LONG, connect_async(request)).await.unwrap()?;
        if headers
            .iter()
            .any(|(name, _)| *name == "sec-websocket-protocol")
        {
            assert_eq!(response.headers()["sec-websocket-protocol"], "realtime");
        }
        let mut socket = Self {
            stream,
            seen: Vec::new(),
        };
        assert_eq!(socket.event().await["type"], "session.created");
        assert_eq!(socket.event().await["type"], "conversation.created");
        Ok(socket)
    }

    pub async fn send(&mut self, event: Value) {
        self.send_text(event.to_string()).await;
    }

    pub async fn send_text(&mut self, text: String) {
        let sent = self.stream.send(Message::text(text));
        timeout(LONG, sent).await.unwrap().unwrap();
    }

    pub async fn append(&mut self, bytes: &[u8]) {
        let audio = STANDARD.encode(bytes);
        self.send(json!({"type": "input_audio_buffer.append", "audio": audio}))
            .await;
    }

    /// Sends sound in chunks of 40 ms of 24 kHz PCM16, as fast as they go.
    pub async fn speak(&mut self, pcm: &[u8]) {
        for chunk in pcm.chunks(1920) {
            self.append(chunk).await;
        }
    }

    /// The next event.
    pub async fn event(&mut self) -> Value {
        let message = self.message().await;
        let Some(Message::Text(text)) = message else {
            panic!("not an event: {message:?}, after {:?}", self.kinds());
        };
        let event: Value = serde_json::from_str(&text).unwrap();
        self.seen.push(event.clone());
        event
    }

    /// The next message that is not a ping.
    pub async fn message(&mut self) -> Option<Message> {
        let next = async {
            loop {
                match self.stream.next().await {
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                    other => return other,
                }
            }
        };
        match timeout(LONG, next).await {
            Ok(Some(Ok(message))) => Some(message),
            Ok(Some(Err(error))) => panic!("{error} after {:?}", self.kinds()),
            Ok(None) => None,
            Err(_) => panic!("nothing after {:?}", self.kinds()),
        }
    }

    /// The next event of this kind, whatever comes before.
    pub async fn until(&mut self, kind: &str) -> Value {
        loop {
            let event = self.event().await;
            if event["type"] == kind {
                return event;
            }
        }
    }

    /// The next error.
    pub async fn error(&mut self) -> Value {
        self.until("error").await["error"].clone()
    }

    /// The next response, to its end.
    pub async fn answer(&mut self) -> Answer {
        let mut answer = Answer {
            response: Value::Null,
            transcript: String::new(),
            text: String::new(),
            audio: Vec::new(),
        };
        let created = self.until("response.created").await;
        let id = created["response"]["id"].clone();
        loop {
            let event = self.event().await;
            let delta = || event["delta"].as_str().unwrap().to_owned();
            match event["type"].as_str().unwrap() {
                "response.output_audio.delta" => {
                    assert_eq!(event["response_id"], id);
                    answer.audio.extend(STANDARD.decode(delta()).unwrap());
                }
                "response.output_audio_transcript.delta" => answer.transcript += &delta(),
                "response.output_text.delta" => answer.text += &delta(),
                "response.done" => {
                    assert_eq!(event["response"]["id"], id);
                    answer.response = event["response"].clone();
                    return answer;
                }
                _ => {}
            }
        }
    }

    /// Types a line and takes the answer.
    pub async fn type_line(&mut self, text: &str) -> Answer {
        let content = json!([{"type": "input_text", "text": text}]);
        let item = json!({"type": "message", "role": "user", "content": content});
        self.send(json!({"type": "conversation.item.create", "item": item}))
            .await;
        self.send(json!({"type": "response.create"})).await;
        self.answer().await
    }

    /// Answers are written, which takes no time.
    pub async fn write_only(&mut self) {
        let session = json!({"type": "realtime", "output_modalities": ["text"]});
        self.send(json!({"type": "session.update", "session": session}))
            .await;
        self.until("session.updated").await;
    }

    /// Asserts that the session is well: it answers a typed line.
    pub async fn is_well(&mut self) {
        self.write_only().await;
        let answer = self.type_line("What would you like to talk about?").await;
        assert_eq!(answer.response["status"], "completed");
        assert!(!answer.text.is_empty());
    }

    /// The code with which the server closes.
    pub async fn closed(&mut self) -> u16 {
        loop {
            match self.message().await {
                Some(Message::Close(Some(frame))) => return frame.code.into(),
                Some(Message::Text(text)) => self.seen.push(serde_json::from_str(&text).unwrap()),
                other => panic!("{other:?}"),
            }
        }
    }

    pub fn id(&self) -> String {
        self.seen[0]["session"]["id"].as_str().unwrap().to_owned()
    }

    /// How often each kind of event came.
    pub fn kinds(&self) -> BTreeMap<String, usize> {
        let mut kinds = BTreeMap::new();
        for event in &self.seen {
            *kinds
                .entry(event["type"].as_str().unwrap().to_owned())
                .or_default() += 1;
        }
        kinds
    }
}
