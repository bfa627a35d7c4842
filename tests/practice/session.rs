//! A page that types to its client over a real WebSocket, and the model behind it.

use std::sync::Arc;
use std::time::Duration;

use futures::{SinkExt, StreamExt};
use praxiloom::providers::llm::chat::Chat;
use praxiloom::providers::llm::{LanguageModel, ModelSettings};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::server::{Running, engines};
use crate::sse_server::{Reply, SseServer};

/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(20);

/// A page in a session.
pub struct Page {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    pub server: Running,
    /// The session's.
    pub id: String,
}

/// A piece of text on the wire of chat completions.
pub fn text(content: &str) -> String {
    delta(&json!({"content": content}))
}

/// Anything else in an answer.
pub fn delta(delta: &Value) -> String {
    let event = json!({"choices": [{"index": 0, "delta": delta, "finish_reason": null}]});
    format!("data: {event}\n\n")
}

/// The end of an answer.
pub fn done() -> String {
    let event = json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]});
    format!("data: {event}\n\ndata: [DONE]\n\n")
}

/// A whole answer in these pieces.
pub fn says(pieces: &[&str]) -> Reply {
    let pieces = pieces.iter().map(|piece| text(piece));
    Reply::stream(pieces.chain([done()]))
}

impl Page {
    /// Opens a session whose language model is this server.
    pub async fn open(model: &SseServer, session: Value) -> Self {
        let settings = ModelSettings {
            first_token: Duration::from_millis(500),
            ..ModelSettings::new(format!("http://{}/v1", model.address), "small")
        };
        Self::open_with(settings, session).await
    }

    /// Opens a session with a language model reached like this.
    pub async fn open_with(settings: ModelSettings, session: Value) -> Self {
        Self::open_model(Arc::new(Chat::new(settings).unwrap()), session).await
    }

    /// Opens a session with this language model.
    pub async fn open_model(model: Arc<dyn LanguageModel>, session: Value) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let engines = praxiloom::app::Engines {
            llm: Some(model),
            ..engines()
        };
        // Sound is sent at once rather than as it is heard.
        let lead = ("PRAXILOOM_LIVE_WEBSOCKET_LEAD_MS", "10000");
        let server = Running::start_with(&[lead], engines).await;
        let url = format!("ws://{}/v1/realtime?model=praxiloom", server.address);
        let (socket, _) = connect_async(url).await.unwrap();
        let mut page = Self {
            socket,
            server,
            id: String::new(),
        };
        let created = page.until("session.created").await;
        page.id = created["session"]["id"].as_str().unwrap().to_owned();
        let mut session = session;
        session["type"] = json!("realtime");
        page.send(json!({"type": "session.update", "session": session}))
            .await;
        page.until("session.updated").await;
        page
    }

    /// Sends an event.
    pub async fn send(&mut self, event: Value) {
        let message = Message::text(event.to_string());
        self.socket.send(message).await.unwrap();
    }

    /// Waits for an event of this type.
    pub async fn until(&mut self, kind: &str) -> Value {
        self.all_until(kind).await.pop().unwrap()
    }

    /// Every event up to the first of this type.
    pub async fn all_until(&mut self, kind: &str) -> Vec<Value> {
        let mut events: Vec<Value> = Vec::new();
        let waiting = async {
            loop {
                let message = self.socket.next().await.unwrap().unwrap();
                let Ok(text) = message.to_text() else {
                    continue;
                };
                let Ok(event) = serde_json::from_str::<Value>(text) else {
                    continue;
                };
                let found = event["type"] == kind;
                events.push(event);
                if found {
                    return;
                }
            }
        };
        let waited = timeout(LONG, waiting).await;
        let kinds = || events.iter().map(|e| e["type"].clone()).collect::<Vec<_>>();
        assert!(waited.is_ok(), "no {kind}, only {:?}", kinds());
        events
    }

    /// Types what the coach would say.
    pub async fn types(&mut self, text: &str) {
        let content = json!([{"type": "input_text", "text": text}]);
        let item = json!({"type": "message", "role": "user", "content": content});
        self.send(json!({"type": "conversation.item.create", "item": item}))
            .await;
        self.send(json!({"type": "response.create"})).await;
    }

    /// Types, and waits for the whole answer.
    pub async fn asks(&mut self, text: &str) -> Answer {
        self.types(text).await;
        Answer(self.all_until("response.done").await)
    }
}

/// The events of an answer.
pub struct Answer(pub Vec<Value>);

impl Answer {
    /// What the voice said.
    pub fn spoken(&self) -> String {
        let part = |output: &Value| {
            output["content"][0]["transcript"]
                .as_str()
                .map(str::to_owned)
        };
        let output = self.response()["output"].as_array().unwrap().clone();
        output.iter().filter_map(part).collect()
    }

    /// How it ended.
    pub fn status(&self) -> &str {
        self.response()["status"].as_str().unwrap()
    }

    /// Events of a type.
    pub fn of(&self, kind: &str) -> Vec<&Value> {
        self.0.iter().filter(|e| e["type"] == kind).collect()
    }

    fn response(&self) -> &Value {
        &self.0.last().unwrap()["response"]
    }
}
