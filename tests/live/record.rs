//! What stays of a session: both voices on one timeline, everything that happened, once.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use praxiloom::archive::event::{Event, Speaker};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::archived::Part;
use crate::call::Call;
use crate::ends::{ended, hang_up};
use crate::server::Running;
use crate::socket::{Socket, UNDERSTOOD, question, question_pcm, serve};

/// Speaks 24 kHz PCM16 in real time.
pub async fn speak(socket: &mut Socket, pcm: &[u8]) {
    let began = Instant::now();
    for (number, chunk) in (0u32..).zip(pcm.chunks(1920)) {
        tokio::time::sleep_until(began + Duration::from_millis(40) * number).await;
        socket.append(chunk).await;
    }
}

/// A client over WebSocket that wants to know everything.
pub async fn curious(server: &Running) -> Socket {
    let mut socket = Socket::open(server).await;
    let audio = json!({"input": {"transcription": {"model": "any"}}});
    let session = json!({"type": "realtime", "include": ["praxiloom.events"], "audio": audio});
    socket
        .send(json!({"type": "session.update", "session": session}))
        .await;
    socket.until("session.updated").await;
    socket
}

/// How many milliseconds of a track are loud.
fn loud(peaks: &[u8]) -> u64 {
    peaks.iter().filter(|peak| **peak > 20).count() as u64 * 20
}

/// Asserts that a part holds a question and its answer.
fn holds_a_conversation(part: &Part) {
    let (coach, client) = (part.said(Speaker::Coach), part.said(Speaker::Client));
    assert_eq!(coach[0].text, UNDERSTOOD);
    assert!(!coach[0].words.is_empty());
    let answer = &client[0];
    assert!(!answer.text.is_empty() && !answer.cut);
    let (voice, reply) = (part.track("coach"), part.track("client"));
    assert!(voice.ended && reply.ended);
    // What left last is heard a little after the end.
    assert!(
        voice.ms.abs_diff(reply.ms) <= 120,
        "{} {}",
        voice.ms,
        reply.ms
    );
    assert!(voice.peaks.len() <= voice.ms as usize / 20 + 1);
    // The voices stand where the words do, and nowhere else.
    let (from, to) = (coach[0].from_ms, coach[0].to_ms);
    assert!(voice.level(from, to) > 500.0, "{}", voice.level(from, to));
    assert!(reply.level(0, answer.from_ms - 60) < 5.0);
    assert!(reply.level(answer.from_ms + 60, answer.to_ms - 60) > 1000.0);
    assert!(reply.level(answer.to_ms + 150, reply.ms) < 5.0);
    let length = answer.to_ms - answer.from_ms;
    // Words alone: who thinks is silent.
    let words = answer.words.iter().map(|word| word.to_ms - word.from_ms);
    let (spoken, loud) = (words.sum::<u64>(), loud(&reply.peaks));
    assert!(
        loud > spoken / 2 && loud < length + 200,
        "{loud} of {length}, {spoken} of it words"
    );
    let has = |wanted: fn(&Event) -> bool| part.events.iter().any(|entry| wanted(&entry.event));
    assert!(has(|event| matches!(
        event,
        Event::Connected { part: 1, .. }
    )));
    assert!(has(|event| matches!(event, Event::Configured { .. })));
    assert!(has(|event| matches!(event, Event::Speech { .. })));
    assert!(has(|event| matches!(event, Event::TurnEnded { .. })));
    assert!(has(|event| matches!(event, Event::Latency { .. })));
    assert!(part.events.is_sorted_by_key(|entry| entry.at_ms));
    part.replays();
}

#[tokio::test]
async fn a_session_over_a_websocket_is_kept_whole() {
    let server = serve(&[]).await;
    let mut socket = curious(&server).await;
    speak(&mut socket, &question_pcm()).await;
    let answer = socket.answer().await;
    let length = Duration::from_secs_f64(answer.audio.len() as f64 / 48_000.0);
    // Sent ahead of time: the last of it is still to be heard.
    tokio::time::sleep(Duration::from_millis(700)).await;
    socket.stream.close(None).await.unwrap();
    let row = ended(&server, &socket.id()).await;
    let part = Part::read(&server.app.config.server.data, &socket.id(), 1);
    holds_a_conversation(&part);
    assert_eq!(part.reason(), Some("by_client"));
    let said = &part.said(Speaker::Client)[0];
    let heard = Duration::from_millis(said.to_ms - said.from_ms);
    assert!(
        heard.abs_diff(length) < Duration::from_millis(60),
        "{heard:?} of {length:?}"
    );
    assert_eq!((row.part, row.turns), (1, 1));
    assert_eq!(row.recording, "whole");
}

#[tokio::test]
async fn a_session_over_webrtc_is_kept_whole() {
    let server = serve(&[]).await;
    let mut call = Call::at(&server.url(""), "").await;
    let audio = json!({"input": {"transcription": {"model": "any"}}});
    let session = json!({"type": "realtime", "audio": audio});
    call.send(json!({"type": "session.update", "session": session}))
        .await;
    call.until("session.updated").await;
    call.speak(&question()).await;
    call.until("output_audio_buffer.stopped").await;
    let id = call.id();
    call.close().await;
    assert_eq!(
        ended(&server, &id).await.end_reason.as_deref(),
        Some("by_client")
    );
    holds_a_conversation(&Part::read(&server.app.config.server.data, &id, 1));
}

#[tokio::test]
async fn what_was_sent_ahead_and_not_heard_is_not_kept() {
    let server = serve(&[("PRAXILOOM_LIVE_WEBSOCKET_LEAD_MS", "5000")]).await;
    let mut socket = curious(&server).await;
    let item = json!({"type": "message", "role": "user",
        "content": [{"type": "input_text", "text": "What brings you here?"}]});
    socket
        .send(json!({"type": "conversation.item.create", "item": item}))
        .await;
    let asked = Instant::now();
    socket.send(json!({"type": "response.create"})).await;
    socket.until("response.output_audio.delta").await;
    let begun = Instant::now();
    tokio::time::sleep(Duration::from_millis(1500)).await;
    // By now all of it was sent, and about 1.5 seconds were heard.
    let least = begun.elapsed() - Duration::from_millis(100);
    socket.send(json!({"type": "response.cancel"})).await;
    socket.until("response.done").await;
    socket.stream.close(None).await.unwrap();
    ended(&server, &socket.id()).await;
    let most = asked.elapsed() + Duration::from_millis(100);
    let part = Part::read(&server.app.config.server.data, &socket.id(), 1);
    let said = part.said(Speaker::Client);
    let kept = loud(&part.track("client").peaks);
    // Who thinks before they speak, or in between, is silent in some of that.
    let sent = peaks(&socket);
    let in_the_first =
        |length: Duration| loud(&sent[..sent.len().min(length.as_millis() as usize / 20)]);
    let heard = in_the_first(least)..=in_the_first(most);
    assert!(heard.contains(&kept), "{kept} ms, {heard:?}");
    assert!(
        *heard.start() > 0 && *heard.start() < loud(&sent),
        "{heard:?}"
    );
    let most = most.as_millis() as u64;
    assert!(said.iter().all(|said| said.to_ms <= said.from_ms + most));
    part.replays();
}

/// How loud each 20 ms of the sound are that came over this socket.
fn peaks(socket: &Socket) -> Vec<u8> {
    let is_sound = |event: &&Value| event["type"] == "response.output_audio.delta";
    let deltas = socket.seen.iter().filter(is_sound);
    let bytes: Vec<u8> = deltas
        .flat_map(|event| STANDARD.decode(event["delta"].as_str().unwrap()).unwrap())
        .collect();
    let (samples, _) = bytes.as_chunks();
    let samples: Vec<i16> = samples
        .iter()
        .map(|sample| i16::from_le_bytes(*sample))
        .collect();
    samples.chunks(480).map(media::peaks::peak).collect()
}

#[tokio::test]
async fn a_hang_up_in_mid_sentence_keeps_the_sentence() {
    let server = serve(&[]).await;
    let mut socket = curious(&server).await;
    let pcm = question_pcm();
    // The last word is out, but the turn is not over.
    speak(&mut socket, &pcm[..pcm.len() * 3 / 4]).await;
    socket.until("input_audio_buffer.speech_started").await;
    assert_eq!(hang_up(&server, &socket.id()).await, 200);
    assert_eq!(socket.closed().await, 1000);
    ended(&server, &socket.id()).await;
    let part = Part::read(&server.app.config.server.data, &socket.id(), 1);
    let said = part.said(Speaker::Coach);
    assert!(!said.is_empty(), "{:#?}", part.events);
    assert_eq!(said[0].text, UNDERSTOOD);
    let voice = part.track("coach");
    assert!(voice.ms >= pcm.len() as u64 / 48 * 3 / 4 - 100);
    part.replays();
}

#[tokio::test]
async fn a_line_that_breaks_keeps_what_was_said_before() {
    let server = serve(&[]).await;
    let mut socket = curious(&server).await;
    let pcm = question_pcm();
    speak(&mut socket, &pcm[..pcm.len() * 3 / 4]).await;
    socket.until("input_audio_buffer.speech_started").await;
    let id = socket.id();
    drop(socket);
    assert_eq!(
        ended(&server, &id).await.end_reason.as_deref(),
        Some("lost")
    );
    let part = Part::read(&server.app.config.server.data, &id, 1);
    assert_eq!(part.said(Speaker::Coach)[0].text, UNDERSTOOD);
    assert_eq!(part.reason(), Some("lost"));
    part.replays();
}
