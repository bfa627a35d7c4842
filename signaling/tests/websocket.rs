//! A link over a real socket: what passes, what holds it back, and every way it ends.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{State, WebSocketUpgrade};
use axum::routing::any;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use signaling::event::{ClientEventKind, ServerEvent};
use signaling::link::{CloseReason, Closed, FromClient, Link, OutputAudio, PartIds, ToClient};
use signaling::websocket::{self, Patience};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

type Client = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Longer than anything here takes: a test that hangs fails.
const LONG: Duration = Duration::from_secs(20);

struct Server {
    address: String,
    links: mpsc::Receiver<Link>,
}

async fn serve(patience: Patience) -> Server {
    let (sender, links) = mpsc::channel(4);
    let open = move |State(sender): State<mpsc::Sender<Link>>, upgrade: WebSocketUpgrade| async move {
        websocket::prepare(upgrade).on_upgrade(move |socket| async move {
            let (link, pump) = websocket::open(socket, patience);
            sender.send(link).await.unwrap();
            pump.run().await;
        })
    };
    let app = Router::new()
        .route("/v1/realtime", any(open))
        .with_state(sender);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("ws://{}/v1/realtime", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    Server { address, links }
}

async fn connect(patience: Patience) -> (Client, Link) {
    let mut server = serve(patience).await;
    let (client, _) = connect_async(&server.address).await.unwrap();
    let mut link = server.links.recv().await.unwrap();
    assert!(matches!(receive(&mut link).await, FromClient::Ready));
    (client, link)
}

async fn receive(link: &mut Link) -> FromClient {
    timeout(LONG, link.incoming.recv()).await.unwrap().unwrap()
}

async fn ended(link: &mut Link) -> Closed {
    match receive(link).await {
        FromClient::Closed(closed) => {
            assert!(
                link.incoming.recv().await.is_none(),
                "nothing follows the end"
            );
            closed
        }
        other => panic!("{other:?}"),
    }
}

async fn next(client: &mut Client) -> Message {
    timeout(LONG, client.next())
        .await
        .unwrap()
        .unwrap()
        .unwrap()
}

async fn next_event(client: &mut Client) -> Value {
    loop {
        match next(client).await {
            Message::Text(text) => return serde_json::from_str(&text).unwrap(),
            Message::Ping(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

async fn say(client: &mut Client, event: Value) {
    client.send(Message::text(event.to_string())).await.unwrap();
}

fn sound(payload: Bytes) -> ToClient {
    let part = Arc::new(PartIds {
        response_id: "resp_1".to_owned(),
        item_id: "item_1".to_owned(),
        output_index: 0,
        content_index: 0,
    });
    ToClient::Audio(OutputAudio {
        part,
        payload,
        at: 0,
        first: false,
    })
}

#[tokio::test]
async fn the_subprotocol_is_echoed_and_the_key_is_not() {
    let server = serve(Patience::default()).await;
    let mut request = server.address.into_client_request().unwrap();
    let offered = HeaderValue::from_static("realtime, openai-insecure-api-key.ek_1");
    request
        .headers_mut()
        .insert("sec-websocket-protocol", offered);
    let (_client, response) = connect_async(request).await.unwrap();
    assert_eq!(response.headers()["sec-websocket-protocol"], "realtime");
}

#[tokio::test]
async fn events_and_sound_pass_in_both_directions_in_order() {
    let (mut client, mut link) = connect(Patience::default()).await;
    let samples: Vec<u8> = (0..960).map(|at| at as u8).collect();
    say(
        &mut client,
        json!({"type": "input_audio_buffer.append", "audio": STANDARD.encode(&samples)}),
    )
    .await;
    say(
        &mut client,
        json!({"type": "response.create", "event_id": "mine"}),
    )
    .await;
    say(
        &mut client,
        json!({"type": "response.cancel", "response_id": 4, "event_id": "wrong"}),
    )
    .await;
    client.send(Message::binary(vec![1, 2, 3])).await.unwrap();

    let FromClient::Audio(bytes) = receive(&mut link).await else {
        panic!()
    };
    assert_eq!(bytes, samples);
    let FromClient::Event(event) = receive(&mut link).await else {
        panic!()
    };
    assert_eq!(event.event_id.as_deref(), Some("mine"));
    assert!(matches!(event.kind, ClientEventKind::CreateResponse(_)));
    let FromClient::Malformed(error) = receive(&mut link).await else {
        panic!()
    };
    assert_eq!(error.param.as_deref(), Some("response_id"));
    assert_eq!(error.event_id.as_deref(), Some("wrong"));
    assert!(matches!(receive(&mut link).await, FromClient::Malformed(_)));

    let cleared = Arc::new(ServerEvent::InputCleared {});
    link.outgoing
        .send(ToClient::Event(Arc::clone(&cleared)))
        .await
        .unwrap();
    link.outgoing
        .send(sound(Bytes::from(samples.clone())))
        .await
        .unwrap();
    link.outgoing.send(ToClient::Event(cleared)).await.unwrap();
    let first = next_event(&mut client).await;
    assert_eq!(first["type"], "input_audio_buffer.cleared");
    let delta = next_event(&mut client).await;
    assert_eq!(delta["type"], "response.output_audio.delta");
    assert_eq!(delta["response_id"], "resp_1");
    assert_eq!(delta["delta"], STANDARD.encode(&samples));
    let last = next_event(&mut client).await;
    let ids = [&first, &delta, &last].map(|event| event["event_id"].as_str().unwrap());
    assert!(
        ids[0] != ids[1] && ids[1] != ids[2] && ids[0] != ids[2],
        "{ids:?}"
    );
}

#[tokio::test]
async fn a_client_that_closes_is_answered() {
    let (mut client, mut link) = connect(Patience::default()).await;
    client.close(None).await.unwrap();
    assert_eq!(ended(&mut link).await, Closed::ByClient);
    while let Some(message) = timeout(LONG, client.next()).await.unwrap() {
        assert!(matches!(message, Ok(Message::Close(_))), "{message:?}");
    }
}

#[tokio::test]
async fn a_close_that_nobody_meant_is_a_loss() {
    for (code, closed) in [
        (1000, Closed::ByClient),
        (1001, Closed::Lost),
        (1008, Closed::Lost),
        (1011, Closed::Lost),
        (3000, Closed::ByClient),
        (4000, Closed::ByClient),
    ] {
        let (mut client, mut link) = connect(Patience::default()).await;
        let frame = CloseFrame {
            code: code.into(),
            reason: "".into(),
        };
        client.close(Some(frame)).await.unwrap();
        assert_eq!(ended(&mut link).await, closed, "{code}");
    }
}

#[tokio::test]
async fn a_client_that_vanishes_is_lost() {
    let (client, mut link) = connect(Patience::default()).await;
    drop(client);
    assert_eq!(ended(&mut link).await, Closed::Lost);
}

#[tokio::test]
async fn the_server_closes_with_its_reason_after_everything_before_it() {
    for (reason, code) in [
        (CloseReason::Ended, CloseCode::Normal),
        (CloseReason::GoingAway, CloseCode::Away),
        (CloseReason::Policy, CloseCode::Policy),
        (CloseReason::Internal, CloseCode::Error),
    ] {
        let (mut client, mut link) = connect(Patience::default()).await;
        for _ in 0..100 {
            link.outgoing
                .try_send(sound(Bytes::from(vec![0; 4096])))
                .unwrap();
        }
        link.outgoing.try_send(ToClient::Close(reason)).unwrap();
        for _ in 0..100 {
            next_event(&mut client).await;
        }
        let Message::Close(Some(frame)) = next(&mut client).await else {
            panic!()
        };
        assert_eq!(frame.code, code);
        let end = client.next();
        let (end, closed) = tokio::join!(timeout(LONG, end), ended(&mut link));
        assert!(
            matches!(end, Ok(None | Some(Err(Error::ConnectionClosed)))),
            "{end:?}"
        );
        assert_eq!(closed, Closed::ByClient);
    }
}

#[tokio::test]
async fn a_session_that_is_gone_ends_the_connection() {
    let (mut client, link) = connect(Patience::default()).await;
    drop(link);
    let Message::Close(Some(frame)) = next(&mut client).await else {
        panic!()
    };
    assert_eq!(frame.code, CloseCode::Normal);
}

#[tokio::test]
async fn a_client_that_never_reads_is_cut_off_in_time_and_memory() {
    let write = Duration::from_millis(400);
    let patience = Patience {
        write,
        ..Patience::default()
    };
    let (client, mut link) = connect(patience).await;
    let mut full_since = None;
    let mut sent = 0;
    let begin = Instant::now();
    let closed = loop {
        assert!(begin.elapsed() < LONG);
        match link
            .outgoing
            .try_send(sound(Bytes::from(vec![7; 64 * 1024])))
        {
            Ok(()) => {
                sent += 1;
                full_since = None;
                tokio::task::yield_now().await;
            }
            Err(mpsc::error::TrySendError::Full(_)) => {
                full_since.get_or_insert_with(Instant::now);
                tokio::task::yield_now().await;
            }
            Err(mpsc::error::TrySendError::Closed(_)) => {
                let FromClient::SilentSince(since) = receive(&mut link).await else {
                    panic!("it is told since when nothing is read");
                };
                assert!(since.elapsed() >= write / 2, "{:?}", since.elapsed());
                break ended(&mut link).await;
            }
        }
    };
    assert_eq!(closed, Closed::NotReading);
    let waited = full_since.unwrap().elapsed();
    assert!(
        waited < 4 * write,
        "cut off {waited:?} after the queue filled"
    );
    // The queue, and what the system's socket buffers hold.
    assert!(sent < 600, "{sent} messages of 87 kB were taken");
    drop(client);
}

#[tokio::test]
async fn a_client_that_is_silent_is_lost_and_one_that_answers_pings_is_not() {
    let patience = Patience {
        ping_every: Duration::from_millis(100),
        silence: Duration::from_millis(500),
        ..Patience::default()
    };
    let (silent, mut link) = connect(patience).await;
    let begin = Instant::now();
    let FromClient::SilentSince(since) = receive(&mut link).await else {
        panic!("it is told since when nobody is there");
    };
    let after = since.into_std().saturating_duration_since(begin);
    assert!(after < Duration::from_millis(100), "{after:?}");
    assert_eq!(ended(&mut link).await, Closed::Lost);
    assert!(begin.elapsed() >= Duration::from_millis(400));
    drop(silent);

    let (mut client, mut link) = connect(patience).await;
    let mut pings = 0;
    while pings < 10 {
        // Reading answers the ping.
        assert!(matches!(next(&mut client).await, Message::Ping(_)));
        pings += 1;
    }
    assert!(
        link.incoming.try_recv().is_err(),
        "it is still there after a second"
    );
}

#[tokio::test]
async fn a_message_that_is_too_long_ends_the_connection() {
    let (mut client, mut link) = connect(Patience::default()).await;
    let long = "A".repeat(16 * 1024 * 1024 + 1);
    let (_, closed) = tokio::join!(client.send(Message::text(long)), ended(&mut link));
    assert_eq!(closed, Closed::Lost);
}

#[tokio::test]
async fn a_busy_session_holds_the_client_back_and_loses_nothing() {
    let (mut client, mut link) = connect(Patience::default()).await;
    let count = 3000u32;
    let speaking = tokio::spawn(async move {
        for number in 0..count {
            let audio = STANDARD.encode([number.to_le_bytes(); 1000].concat());
            say(
                &mut client,
                json!({"type": "input_audio_buffer.append", "audio": audio}),
            )
            .await;
        }
        client
    });
    // What is sent does not wait for what is heard.
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!speaking.is_finished(), "16 MB went nowhere");
    for wanted in 0..count {
        let FromClient::Audio(bytes) = receive(&mut link).await else {
            panic!()
        };
        assert_eq!(bytes[..4], wanted.to_le_bytes());
    }
    let mut client = timeout(LONG, speaking).await.unwrap().unwrap();
    let event = ToClient::Event(Arc::new(ServerEvent::InputCleared {}));
    link.outgoing.try_send(event).unwrap();
    assert_eq!(
        next_event(&mut client).await["type"],
        "input_audio_buffer.cleared"
    );
}
