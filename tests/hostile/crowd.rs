//! Many clients that mean no good: events without end, connections without a request, sessions
//! without a reader.

use std::time::Duration;

use futures::stream::FuturesUnordered;
use futures::{SinkExt as _, StreamExt as _};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};
use tokio_tungstenite::tungstenite::Message;

use crate::companion::{Companion, elsewhere};
use crate::house::House;
use crate::socket::Socket;

/// Half-open connections.
const HALF_OPEN: usize = 10_000;
/// Those that the server keeps of them, its own files and sessions on top.
const KEPT: usize = 1024 + 200;

#[tokio::test]
async fn thousands_of_events_a_second_from_one_client() {
    let house = House::start();
    let mut companion = Companion::begin(&house).await;
    companion.turn().await;
    let before = house.meter().peak();
    let url = house.socket();
    let (sent, id) = companion.talk_while(elsewhere(|| storm(url))).await;
    let grown = house.meter().peak() - before;
    println!("events: {} a second, memory grew by {grown} MiB", sent / 5);
    assert!(sent > 5_000, "{sent}: that is no storm");
    assert!(grown < 96, "{grown} MiB");
    companion.assert_undisturbed("events without end");
    let answers = companion.answers.clone();
    let session = companion.leave(&house).await;
    house.assert_kept(&session, &answers).await;
    // What the client did to its own session is on record, or the coach was told from where not.
    let flooded = house.ended(&id).await;
    println!(
        "the recording of the one who flooded: {}",
        flooded["recording"]
    );
    house.files_of(&id, flooded["recording"]["state"] == "whole");
}

/// Sends events of every kind for five seconds: how many, and in which session.
async fn storm(url: String) -> (u64, String) {
    let socket = Socket::at(&url).await;
    let id = socket.id();
    let (mut sink, mut stream) = socket.stream.split();
    let content = json!([{"type": "input_text", "text": "What would you like to talk about?"}]);
    let item = |id: &str| json!({"type": "message", "id": id, "role": "user", "content": content});
    let mut sent = 0_u64;
    let storm = async {
        loop {
            let name = format!("item_{}", sent / 8 % 50);
            // An answer among hundreds of events: each of them costs the work of one.
            let answer = if sent.is_multiple_of(512) {
                "response.create"
            } else {
                "response.cancel"
            };
            for event in [
                json!({"type": "session.update", "session": {"type": "realtime", "output_modalities": ["text"]}}),
                json!({"type": "conversation.item.create", "item": item(&name)}),
                json!({"type": answer}),
                json!({"type": "input_audio_buffer.append", "audio": "AAAAAAAA"}),
                json!({"type": "response.cancel"}),
                json!({"type": "conversation.item.retrieve", "item_id": name}),
                json!({"type": "conversation.item.delete", "item_id": name}),
                json!({"type": "no.such.event"}),
            ] {
                sink.feed(Message::text(event.to_string())).await.unwrap();
                sent += 1;
            }
            sink.flush().await.unwrap();
        }
    };
    let listen = async { while stream.next().await.is_some_and(|read| read.is_ok()) {} };
    tokio::select! {
        () = storm => {}
        () = listen => panic!("the connection ended"),
        () = sleep(Duration::from_secs(5)) => {}
    }
    (sent, id)
}

#[tokio::test]
async fn ten_thousand_half_open_connections() {
    let reached = allow_files(HALF_OPEN as u64 + 500);
    let house = House::start();
    let mut companion = Companion::begin(&house).await;
    companion.turn().await;
    let (meter, url, address) = (house.meter(), house.socket(), house.address().to_owned());
    let before = meter.peak();
    let begun: [&[u8]; 5] = [
        b"",
        b"PRI * HT",
        b"GET /v1/real",
        b"POST /v1/realtime/calls HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/sdp\r\n\
          content-length: 90000\r\n\r\nv=0",
        b"GET /v1/realtime HTTP/1.1\r\nhost: localhost\r\nupgrade: websocket\r\n",
    ];
    let crowd = async move || {
        let mut coming: FuturesUnordered<_> = FuturesUnordered::new();
        let mut crowd = Vec::with_capacity(HALF_OPEN);
        for number in 0..HALF_OPEN {
            let (address, words) = (&address, begun[number % begun.len()]);
            coming.push(async move {
                let mut stream = TcpStream::connect(address).await.ok()?;
                // One that was sent away meanwhile cannot be told anything.
                let _ = stream.write_all(words).await;
                Some(stream)
            });
            if coming.len() >= 200 {
                crowd.extend(coming.next().await.flatten());
            }
        }
        while let Some(came) = coming.next().await {
            crowd.extend(came);
        }
        sleep(Duration::from_secs(1)).await;
        // Somebody new comes in past all of them, and begins a session.
        let asked = Instant::now();
        let mut newcomer = timeout(Duration::from_secs(10), Socket::at(&url))
            .await
            .expect("nobody comes in any more");
        let entered = asked.elapsed();
        newcomer.is_well().await;
        let held = meter.files();
        // Those that never say anything have fifteen seconds.
        sleep(Duration::from_secs(16)).await;
        (crowd.len(), entered, held, meter.files())
    };
    let (came, entered, held, left) = companion.talk_while(elsewhere(crowd)).await;
    let grown = meter.peak() - before;
    println!(
        "half-open: {came} of {HALF_OPEN} connections came (files allowed here: {reached}); the \
         server held {held} files and {left} later, memory grew by {grown} MiB; a newcomer was in \
         after {entered:?}"
    );
    assert_eq!(
        came, HALF_OPEN,
        "too few files are allowed here for the crowd"
    );
    assert!(held < KEPT, "{held}");
    assert!(entered < Duration::from_secs(5), "{entered:?}");
    assert!(grown < 96, "{grown} MiB");
    assert!(left < 400, "{left} files are still open");
    companion.assert_undisturbed("half-open connections");
    let answers = companion.answers.clone();
    let session = companion.leave(&house).await;
    house.assert_kept(&session, &answers).await;
}

#[tokio::test]
async fn a_hundred_sessions_that_are_never_used_or_never_read() {
    let house = House::start();
    let mut companion = Companion::begin(&house).await;
    companion.turn().await;
    let (meter, url) = (house.meter(), house.socket());
    let before = meter.peak();
    let crowd = async move || {
        let mut crowd = Vec::new();
        // The house has a hundred places, and the companion has one.
        for _ in 0..98 {
            crowd.push(Socket::at(&url).await);
        }
        let idle = meter.peak() - before;
        let ask = json!({"type": "conversation.item.retrieve", "item_id": "x".repeat(4_000)});
        let ask = ask.to_string();
        let storm: FuturesUnordered<_> = crowd
            .iter_mut()
            .map(async |socket| {
                let send =
                    async { while socket.stream.send(Message::text(ask.clone())).await.is_ok() {} };
                let _ = timeout(Duration::from_secs(6), send).await;
            })
            .collect();
        storm.collect::<Vec<()>>().await;
        let mut newcomer = Socket::at(&url).await;
        newcomer.is_well().await;
        (crowd.len(), idle)
    };
    let (came, idle) = companion.talk_while(elsewhere(crowd)).await;
    let grown = meter.peak() - before;
    println!("slow readers: {came} sessions cost {idle} MiB idle, {grown} MiB unread");
    assert!(grown < 400, "{grown} MiB");
    companion.assert_undisturbed("slow readers");
    let answers = companion.answers.clone();
    let session = companion.leave(&house).await;
    house.assert_kept(&session, &answers).await;
}

/// Lets this process open so many files; how many it may.
fn allow_files(wanted: u64) -> u64 {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let most = maximum.unwrap_or(u64::MAX);
    let raised = wanted.min(most).max(current.unwrap_or(u64::MAX));
    let limit = Rlimit {
        current: Some(raised),
        maximum,
    };
    match setrlimit(Resource::Nofile, limit) {
        Ok(()) => raised,
        Err(_) => current.unwrap_or(u64::MAX),
    }
}
