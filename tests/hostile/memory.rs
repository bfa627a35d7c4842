//! Sessions that last: what a question and its answer leave behind, and what stays of sessions that
//! ended.

use std::time::Duration;

use futures::future::join_all;
use serde_json::json;
use tokio::time::{Instant, sleep};

use crate::house::{House, Meter, STANDINS};
use crate::socket::Socket;

/// Sessions at once.
const SESSIONS: usize = 12;
/// Questions in each, before memory is looked at and after.
const FIRST: usize = 70;
const MORE: usize = 240;
/// Bytes that a question and its answer may leave for as long as the session lasts: the words
/// themselves, packed, take about a hundred; the rest is room for the allocator, which may add a
/// megabyte or two to the whole. With the times of every word kept it was 2600.
const EACH: u64 = 1200;
/// How much more than before there may be after all sessions have ended, in KiB.
const AFTER: u64 = 4 * 1024;
/// When at the latest.
const SOON: Duration = Duration::from_secs(60);

/// Long enough that its words weigh something.
const SAYS: &str =
    "It has been like that for a long time and I do not know why, but it has been so.";

#[tokio::test]
async fn what_was_said_long_ago_weighs_little_and_ended_sessions_nothing() {
    let engines = [
        ("PRAXILOOM_LLM_ENGINE", "standin"),
        ("PRAXILOOM_LLM_STANDIN_SAYS", SAYS),
    ];
    let house = House::with(&[&STANDINS[..], &engines].concat());
    let meter = house.meter();
    // What all sessions share is made with the first one.
    talk(&mut [begin(&house).await], 3).await;
    sleep(Duration::from_secs(1)).await;
    let before = meter.resident();

    let mut sessions = join_all((0..SESSIONS).map(|_| begin(&house))).await;
    talk(&mut sessions, FIRST).await;
    let early = meter.resident();
    talk(&mut sessions, MORE).await;
    let late = meter.resident();
    let each = late.saturating_sub(early) * 1024 / (SESSIONS * MORE) as u64;
    println!(
        "{before} KiB, with {SESSIONS} sessions {early}, later {late}: {each} bytes a question"
    );
    assert!(each <= EACH, "{each} bytes stay of every question");

    for session in &mut sessions {
        session.stream.close(None).await.unwrap();
    }
    drop(sessions);
    let after = settled(meter, before + AFTER).await;
    println!("after the end {after} KiB");
    assert!(after <= before + AFTER, "{after} KiB instead of {before}");
}

/// A session in which nobody is the client, so that nothing but the conversation is kept.
async fn begin(house: &House) -> Socket {
    let mut socket = Socket::at(&house.socket()).await;
    let session = json!({"type": "realtime", "instructions": "Be brief."});
    socket
        .send(json!({"type": "session.update", "session": session}))
        .await;
    socket.until("session.updated").await;
    socket
}

/// Asks so many questions in every session.
async fn talk(sessions: &mut [Socket], questions: usize) {
    join_all(sessions.iter_mut().map(async |session| {
        for _ in 0..questions {
            question(session).await;
        }
    }))
    .await;
}

/// Asks, and cuts the answer off as soon as it can be heard, which takes no time.
async fn question(session: &mut Socket) {
    let content = json!([{"type": "input_text", "text": "What makes this important to you now?"}]);
    let item = json!({"type": "message", "role": "user", "content": content});
    session
        .send(json!({"type": "conversation.item.create", "item": item}))
        .await;
    session.send(json!({"type": "response.create"})).await;
    let sound = session.until("response.output_audio.delta").await;
    session
        .send(json!({
            "type": "conversation.item.truncate",
            "item_id": sound["item_id"],
            "content_index": 0,
            "audio_end_ms": 20,
        }))
        .await;
    let done = session.until("response.done").await;
    assert_eq!(done["response"]["status"], "cancelled");
    session.seen.clear();
}

/// Resident memory, once it is down to `most` or does not come down in time.
async fn settled(meter: Meter, most: u64) -> u64 {
    let began = Instant::now();
    while meter.resident() > most && began.elapsed() < SOON {
        sleep(Duration::from_millis(500)).await;
    }
    meter.resident()
}
