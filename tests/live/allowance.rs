//! A session whose events came to too much: what it asks for then is refused and not written down,
//! and it is heard and answered as before.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use crate::archived::Part;
use crate::call::Call;
use crate::ends::ended;
use crate::record::{curious, speak};
use crate::server::Running;
use crate::socket::{question, question_pcm, serve};

/// Bytes of the log that come free each second, halved: more than any conversation leaves.
const ORDINARY: f64 = 8.0 * 1024.0;
/// Few enough of these use the allowance up.
const ENOUGH: usize = 300;

/// An item of so many letters.
fn item(event_id: &str, letters: usize) -> Value {
    let content = json!([{"type": "input_text", "text": "x".repeat(letters)}]);
    let item = json!({"type": "message", "role": "user", "content": content});
    json!({"type": "conversation.item.create", "event_id": event_id, "item": item})
}

/// Asserts that an error refuses this event, and says when to try again.
fn assert_refused(error: &Value, event_id: &str) {
    assert_eq!(error["type"], "rate_limit_error", "{error}");
    assert_eq!(error["code"], "rate_limit_exceeded", "{error}");
    assert_eq!(error["event_id"], event_id, "{error}");
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("try again in "), "{message}");
}

/// Asserts that what was refused is not on record, and everything else is.
async fn assert_recorded(server: &Running, id: &str) {
    assert_eq!(ended(server, id).await.recording, "whole");
    let part = Part::read(&server.app.config.server.data, id, 1);
    for file in ["events.jsonl", "trace.jsonl"] {
        let text = std::fs::read_to_string(part.path(file)).unwrap();
        assert!(!text.contains("too late"), "{file}");
        assert!(text.contains("xxxx"), "{file}");
    }
    part.replays();
}

/// What asks for something once all is used up.
fn too_late() -> Value {
    let session = json!({"type": "realtime", "instructions": "too late"});
    json!({"type": "session.update", "event_id": "late", "session": session})
}

#[tokio::test]
async fn whoever_used_it_up_over_a_websocket_is_still_heard() {
    let server = serve(&[]).await;
    let mut socket = curious(&server).await;
    let mut used_up = false;
    for _ in 0..ENOUGH {
        socket.send(item("much", 900_000)).await;
        let told = socket.event().await;
        if told["type"] == "error" {
            assert_refused(&told["error"], "much");
            used_up = true;
            break;
        }
        socket.until("conversation.item.done").await;
    }
    assert!(used_up);
    socket.send(too_late()).await;
    assert_refused(&socket.error().await, "late");
    speak(&mut socket, &question_pcm()).await;
    let answer = socket.answer().await;
    assert_eq!(answer.response["status"], "completed");
    assert!(!answer.audio.is_empty());
    socket.stream.close(None).await.unwrap();
    assert_recorded(&server, &socket.id()).await;
}

#[tokio::test]
async fn whoever_used_it_up_over_webrtc_is_still_heard() {
    let server = serve(&[]).await;
    let mut call = Call::at(&server.url(""), "").await;
    let mut used_up = false;
    for _ in 0..ENOUGH {
        call.send(item("much", 60_000)).await;
        // Of what it asks for, one or the other is told.
        let told = loop {
            let told = call.event().await.unwrap();
            let kind = told["type"].as_str().unwrap();
            if ["error", "conversation.item.done"].contains(&kind) {
                break told;
            }
        };
        if told["type"] == "error" {
            assert_refused(&told["error"], "much");
            used_up = true;
            break;
        }
    }
    assert!(used_up);
    call.send(too_late()).await;
    assert_refused(&call.until("error").await["error"], "late");
    call.speak(&question()).await;
    call.until("output_audio_buffer.stopped").await;
    let id = call.id();
    call.close().await;
    assert_recorded(&server, &id).await;
}

#[tokio::test]
async fn what_a_conversation_leaves_comes_free_as_fast() {
    let server = serve(&[]).await;
    let mut socket = curious(&server).await;
    let began = Instant::now();
    for _ in 0..2 {
        speak(&mut socket, &question_pcm()).await;
        let answer = socket.answer().await;
        let sound = Duration::from_secs_f64(answer.audio.len() as f64 / 48_000.0);
        tokio::time::sleep(sound).await;
    }
    socket.stream.close(None).await.unwrap();
    let seconds = began.elapsed().as_secs_f64();
    ended(&server, &socket.id()).await;
    let part = Part::read(&server.app.config.server.data, &socket.id(), 1);
    let read = |file| std::fs::read_to_string(part.path(file)).unwrap();
    let (events, trace) = (read("events.jsonl"), read("trace.jsonl"));
    // The trace's first line is there before anything is asked for.
    let log = events.len() + trace.len() - trace.lines().next().unwrap().len();
    let a_second = log as f64 / seconds;
    println!("{log} bytes in {seconds:.1} s: {a_second:.0} bytes a second");
    assert!(a_second < ORDINARY, "{log} bytes in {seconds:.1} s");
}
