//! Clients that have more and more written down: what they leave on the disk is bounded, and others
//! are recorded.

use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::companion::{Companion, elsewhere};
use crate::house::House;
use crate::socket::Socket;

/// How long they go on.
const WHILE: Duration = Duration::from_secs(8);
/// What one of them may leave on the disk, beside its sound: 8 MiB, what comes free meanwhile, and
/// the last event, which may go beyond.
const MOST: u64 = 9 << 20;

/// What a client did.
#[derive(Debug)]
struct Flood {
    id: String,
    sent: usize,
    refused: usize,
}

/// Sends these by turns, as fast as they are taken.
async fn flood(url: &str, events: [Value; 2]) -> Flood {
    let socket = Socket::at(url).await;
    let id = socket.id();
    let (mut sink, mut stream) = socket.stream.split();
    let texts = events.map(|event| event.to_string());
    let until = Instant::now() + WHILE;
    let send = async {
        let mut sent = 0;
        for text in texts.iter().cycle() {
            if Instant::now() >= until {
                break;
            }
            sink.send(Message::text(text.clone())).await.unwrap();
            sent += text.len();
        }
        sink.close().await.unwrap();
        sent
    };
    let read = async {
        let mut refused = 0;
        while let Some(Ok(message)) = stream.next().await {
            if let Message::Text(text) = message
                && text.contains("rate_limit_exceeded")
            {
                assert!(text.contains("\"mine\""), "{text}");
                refused += 1;
            }
        }
        refused
    };
    let (sent, refused) = tokio::join!(send, read);
    Flood { id, sent, refused }
}

/// Goes on with a session again and again. Each part begins with all that was said before.
async fn comes_back_until_refused(house: &House, id: &str) {
    let again = format!("{}?resume={id}", house.socket());
    let mut times = 0;
    loop {
        match Socket::with(&again, &[]).await {
            Ok(_gone_at_once) => times += 1,
            Err(Error::Http(response)) => {
                assert_eq!(response.status(), 409);
                let body = response.body().as_deref().unwrap_or_default();
                if String::from_utf8_lossy(body).contains("too much was written") {
                    break;
                }
                // What the connection before left is still being put away.
            }
            Err(error) => panic!("{error}"),
        }
    }
    let log = house.log_of(id);
    println!("went on {times} times: {log} bytes on the disk");
    assert!(times >= 1 && log <= 8 * MOST, "{times}, {log}");
}

#[tokio::test]
async fn a_flood_of_events_is_bounded_on_the_disk_and_others_are_recorded() {
    let house = House::start();
    let mut companion = Companion::begin(&house).await;
    let update = |letter: &str| {
        let session = json!({"type": "realtime", "instructions": letter.repeat(250_000)});
        json!({"type": "session.update", "event_id": "mine", "session": session})
    };
    let item = |letter: &str| {
        let content = json!([{"type": "input_text", "text": letter.repeat(20_000)}]);
        let item = json!({"type": "message", "role": "user", "content": content});
        json!({"type": "conversation.item.create", "event_id": "mine", "item": item})
    };
    let url = house.socket();
    let floods = async move || {
        tokio::join!(
            flood(&url, [update("a"), update("b")]),
            flood(&url, [item("a"), item("b")])
        )
    };
    let (settings, items) = companion.talk_while(elsewhere(floods)).await;
    for flood in [&settings, &items] {
        house.ended(&flood.id).await;
        let log = house.log_of(&flood.id);
        println!("{flood:?}: {log} bytes on the disk");
        assert!(log <= MOST, "{log} bytes of {flood:?}");
        assert!(flood.refused > 0, "{flood:?}");
        assert!(flood.sent as u64 > 2 * MOST, "it was no flood: {flood:?}");
    }
    comes_back_until_refused(&house, &items.id).await;
    let answers = companion.answers.clone();
    let session = companion.leave(&house).await;
    house.assert_kept(&session, &answers).await;
}
