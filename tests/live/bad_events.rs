//! Messages that are no events, or wrong ones: each is answered as the protocol says, the session
//! goes on, and nobody else notices.

use std::time::Duration;

use futures::SinkExt as _;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;

use crate::server::Running;
use crate::socket::{Socket, serve};

/// Sends text and takes the error that answers it.
async fn answered(socket: &mut Socket, text: String) -> Value {
    socket.send_text(text).await;
    socket.error().await
}

#[tokio::test]
async fn what_is_no_event_is_answered_and_the_session_goes_on() {
    let server = serve(&[]).await;
    let (mut bad, mut healthy) = (Socket::open(&server).await, Socket::open(&server).await);
    let deep = format!(
        "{{\"type\":\"session.update\",\"session\":{}1",
        "[".repeat(100_000)
    );
    let nested = format!(
        "{{\"type\":\"session.update\",\"session\":{}{}}}",
        "{\"a\":".repeat(500),
        "1".to_owned() + &"}".repeat(500)
    );
    for text in [
        String::new(),
        "hello".to_owned(),
        "{".to_owned(),
        "[]".to_owned(),
        "null".to_owned(),
        "\u{0}\u{1}".to_owned(),
        "{\"type\":\"a\"} trailing".to_owned(),
        deep,
        nested,
        "{}".to_owned(),
        json!({"type": 7}).to_string(),
        json!({"type": "no.such.event"}).to_string(),
        json!({"type": "conversation.item.create"}).to_string(),
    ] {
        let error = answered(&mut bad, text.clone()).await;
        let text = text.chars().take(60).collect::<String>();
        assert_eq!(error["type"], "invalid_request_error", "{text}");
        assert!(
            error["code"].is_string() && error["message"].is_string(),
            "{text}"
        );
        assert!(error["message"].as_str().unwrap().len() < 1000, "{text}");
    }
    bad.is_well().await;
    healthy.is_well().await;
}

#[tokio::test]
async fn what_is_wrong_in_an_event_is_named() {
    let server = serve(&[]).await;
    let mut socket = Socket::open(&server).await;
    let update =
        |session: Value| json!({"type": "session.update", "event_id": "mine", "session": session});
    let item =
        |item: Value| json!({"type": "conversation.item.create", "event_id": "mine", "item": item});
    let append = |audio: &str| json!({"type": "input_audio_buffer.append", "event_id": "mine", "audio": audio});
    for (event, param) in [
        (update(json!({"type": "translation"})), "session.type"),
        (
            update(
                json!({"type": "realtime", "audio": {"input": {"turn_detection": {"type": "server_vad", "threshold": "high"}}}}),
            ),
            "session.audio.input.turn_detection.threshold",
        ),
        (
            update(json!({"type": "realtime", "audio": {"output": {"speed": 9}}})),
            "session.audio.output.speed",
        ),
        (item(json!({"type": "poem"})), "item.type"),
        (
            item(json!({"type": "message", "role": "judge", "content": []})),
            "item.role",
        ),
        (
            item(json!({"type": "message", "role": "user", "content": [
                {"type": "input_text", "text": "Listen:"}, {"type": "input_audio", "audio": "AAAA"},
            ]})),
            "item.content[1].transcript",
        ),
        (append("@@@@"), "audio"),
        (append("QUJ"), "audio"),
        (
            json!({"type": "conversation.item.delete", "event_id": "mine", "item_id": "none"}),
            "item_id",
        ),
        (
            json!({"type": "conversation.item.truncate", "event_id": "mine", "item_id": "none", "content_index": 0, "audio_end_ms": 1}),
            "item_id",
        ),
    ] {
        let error = answered(&mut socket, event.to_string()).await;
        assert_eq!(error["param"], param, "{event}");
        assert_eq!(error["event_id"], "mine", "{event}");
    }
    // Half a sample: the session tells, since it alone knows the format.
    let error = answered(&mut socket, append("QUJD").to_string()).await;
    assert_eq!(error["param"], "audio");
    socket.is_well().await;
}

#[tokio::test]
async fn binary_messages_are_answered_and_longer_ones_than_allowed_close() {
    let server = serve(&[]).await;
    let mut healthy = Socket::open(&server).await;
    let mut socket = Socket::open(&server).await;
    socket
        .stream
        .send(Message::binary(vec![1, 2, 3]))
        .await
        .unwrap();
    assert_eq!(socket.error().await["type"], "invalid_request_error");
    // 15 MiB of base64 and a little more.
    let long = "A".repeat(15 * 1024 * 1024 + 4);
    let append = json!({"type": "input_audio_buffer.append", "audio": long});
    let error = answered(&mut socket, append.to_string()).await;
    assert_eq!(error["param"], "audio");
    socket.is_well().await;
    let huge = Message::text("A".repeat(16 * 1024 * 1024 + 1024 * 1024));
    // The server may close before all of it was written.
    let _ = socket.stream.send(huge).await;
    let ended = async {
        use futures::StreamExt as _;
        loop {
            match socket.stream.next().await {
                Some(Ok(Message::Close(Some(frame)))) => return Some(u16::from(frame.code)),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return None,
            }
        }
    };
    let code = tokio::time::timeout(Duration::from_secs(20), ended)
        .await
        .unwrap();
    assert!(
        code.is_none_or(|code| [1008, 1009].contains(&code)),
        "{code:?}"
    );
    healthy.is_well().await;
    gone(&server, 1).await;
}

#[tokio::test]
async fn thousands_of_small_events_are_all_answered() {
    let server = serve(&[]).await;
    let (busy, mut healthy) = (Socket::open(&server).await, Socket::open(&server).await);
    let count = 5000;
    let (mut sink, stream) = {
        use futures::StreamExt as _;
        busy.stream.split()
    };
    let send = async {
        for number in 0..count {
            let event = match number % 3 {
                0 => json!({"type": "input_audio_buffer.clear"}).to_string(),
                1 => json!({"type": "response.cancel", "event_id": number.to_string()}).to_string(),
                _ => "{\"type\":\"nothing\"}".to_owned(),
            };
            sink.send(Message::text(event)).await.unwrap();
        }
    };
    let receive = async {
        use futures::StreamExt as _;
        let mut stream = stream;
        let mut answers = 0;
        while answers < count {
            if let Message::Text(_) = stream.next().await.unwrap().unwrap() {
                answers += 1;
            }
        }
    };
    let both = async { tokio::join!(send, receive, healthy.is_well()) };
    tokio::time::timeout(Duration::from_secs(60), both)
        .await
        .unwrap();
}

#[tokio::test]
async fn events_after_a_close_are_nobodys() {
    let server = serve(&[]).await;
    let mut socket = Socket::open(&server).await;
    // As bytes, since a proper client refuses to: a masked close frame, and an event after it.
    let mut raw = TcpStream::connect(server.address).await.unwrap();
    let upgrade = format!(
        "GET /v1/realtime HTTP/1.1\r\nhost: {}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        server.address
    );
    raw.write_all(upgrade.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    raw.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 101");
    raw.write_all(&[0x88, 0x80, 0, 0, 0, 0]).await.unwrap();
    let event = b"{\"type\":\"response.create\"}";
    raw.write_all(&[0x81, 0x80 | event.len() as u8, 0, 0, 0, 0])
        .await
        .unwrap();
    raw.write_all(event).await.unwrap();
    let mut rest = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(10), raw.read_to_end(&mut rest)).await;
    let text = String::from_utf8_lossy(&rest);
    assert!(read.is_ok(), "the connection was left open");
    assert!(!text.contains("response.created"));
    socket.is_well().await;
    gone(&server, 1).await;
}

#[tokio::test]
async fn half_open_connections_hold_nothing_up() {
    let server = serve(&[("PRAXILOOM_LIVE_MAX_SESSIONS", "4")]).await;
    let mut half = Vec::new();
    for head in [
        "GET /v1/realtime HTTP/1.1\r\nhost: ",
        "GET /v1/realtime HTTP/1.1\r\nhost: 127.0.0.1\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n",
        "",
        "\u{16}\u{3}\u{1}",
    ] {
        for _ in 0..20 {
            let mut raw = TcpStream::connect(server.address).await.unwrap();
            raw.write_all(head.as_bytes()).await.unwrap();
            half.push(raw);
        }
    }
    // None of them took a place.
    for _ in 0..4 {
        Socket::open(&server).await.is_well().await;
    }
    drop(half);
    gone(&server, 0).await;
}

/// Waits until so many sessions are left.
pub async fn gone(server: &Running, left: usize) {
    let gone = async {
        while server.app.live.registry().taken() > left {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(20), gone).await;
    assert!(
        waited.is_ok(),
        "{} sessions are left",
        server.app.live.registry().taken()
    );
}
