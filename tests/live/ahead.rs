//! Connections to vendors are opened when a session is about to begin, and by nobody else.

use std::sync::Arc;
use std::time::Duration;

use praxiloom::app::Engines;
use praxiloom::private::Private;
use praxiloom::providers::llm::ModelSettings;
use praxiloom::providers::llm::chat::Chat;
use praxiloom::providers::stt::cloud::{Cloud, CloudSettings, Kind};
use praxiloom::providers::tts::cloud::elevenlabs;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::listeners::{Fault, KEY, Listener, Vendor};
use crate::models;
use crate::server::{Running, client};
use crate::socket::Socket;
use crate::speakers::{self, Server as Speaker};
use crate::sse_server::SseServer;

const TOKEN: &str = "a token that is long enough";

/// How long vendors take until they answer a handshake, in milliseconds.
const SLOW: u64 = 200;

/// Three vendors, and a server whose engines they are.
struct House {
    listener: Listener,
    model: SseServer,
    speaker: Speaker,
    server: Running,
}

impl House {
    async fn start() -> Self {
        let listener = Listener::start(Vendor::ElevenLabs).await;
        listener.always(Fault {
            slow: Duration::from_millis(SLOW),
            ..Fault::default()
        });
        let model = SseServer::start([models::chat::reply(models::Vendor::DripsBytes)]).await;
        let fault = speakers::Fault::Slow(SLOW);
        let speaker = speakers::start::<speakers::elevenlabs::ElevenLabs>([fault]).await;
        let key = || Private::new(KEY.to_owned());
        let stt = Cloud::new(
            Kind::ElevenLabs,
            CloudSettings {
                key: key(),
                base_url: listener.base_url(),
                model: None,
                processor: None,
            },
        );
        let asked = ModelSettings::new(format!("http://{}/v1", model.address), "small");
        let mut spoken = elevenlabs::settings(key());
        spoken.base_url = speaker.url();
        let engines = Engines {
            stt: Arc::new(stt),
            llm: Some(Arc::new(Chat::new(asked).unwrap())),
            tts: Arc::new(elevenlabs::engine(spoken).unwrap()),
        };
        let token = [("PRAXILOOM_ACCESS_TOKEN", TOKEN)];
        Self {
            server: Running::start_with(&token, engines).await,
            listener,
            model,
            speaker,
        }
    }

    /// Asks for a client secret with this key.
    async fn secret(&self, key: &str) -> (u16, Value) {
        let url = self.server.url("/v1/realtime/client_secrets");
        let asked = client().post(url).bearer_auth(key).json(&json!({}));
        let response = asked.send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    /// Connections to the three.
    fn connections(&self) -> [usize; 3] {
        [
            self.listener.seen().len(),
            self.model.seen().connections,
            self.speaker.seen().connections,
        ]
    }

    /// Begins a session and asks; how long it took to the first sound of the answer.
    async fn ask(&self, key: &str) -> Duration {
        let began = Instant::now();
        let url = format!("ws://{}/v1/realtime", self.server.address);
        let bearer = format!("Bearer {key}");
        let headers = [("authorization", bearer.as_str())];
        let mut socket = Socket::with(&url, &headers).await.unwrap();
        let content = json!([{"type": "input_text", "text": "What brings you here?"}]);
        let item = json!({"type": "message", "role": "user", "content": content});
        let created = json!({"type": "conversation.item.create", "item": item});
        socket.send(created).await;
        socket.send(json!({"type": "response.create"})).await;
        socket.until("response.output_audio.delta").await;
        let took = began.elapsed();
        let done = socket.until("response.done").await;
        assert_eq!(done["response"]["status"], "completed");
        socket.stream.close(None).await.unwrap();
        took
    }
}

#[tokio::test]
async fn a_session_finds_the_connections_that_its_secret_had_opened() {
    let house = House::start().await;
    for key in ["wrong", "ek_never_issued"] {
        assert_eq!(house.secret(key).await.0, 401);
    }
    let (status, secret) = house.secret(TOKEN).await;
    assert_eq!(status, 200);
    // All three stand before there is a session.
    let greeted = |seen: &[_]| {
        seen.iter()
            .any(|seen: &crate::listeners::Seen| !seen.path.is_empty())
    };
    house.listener.until("nobody listens", greeted).await;
    house.speaker.until(|seen| !seen.calls.is_empty()).await;
    house.model.until(|seen| !seen.requests.is_empty()).await;
    assert_eq!(house.connections(), [1; 3], "and nobody opened others");
    let warm = house.ask(secret["value"].as_str().unwrap()).await;
    assert_eq!(house.connections(), [1; 3]);
    assert!(house.listener.ended().await[0].sound.is_empty());

    let cold = House::start().await.ask(TOKEN).await;
    println!("the first sound of an answer: {cold:?} cold, {warm:?} warm");
}
