//! Conversations over WebSocket that work.

use std::time::Duration;

use media::g711::Law;
use praxiloom::app::Engines;
use serde_json::{Value, json};

use crate::server::{Running, config};
use crate::socket::{Socket, UNDERSTOOD, question_at, question_pcm, serve};

fn update(session: Value) -> Value {
    let mut session = session;
    session["type"] = json!("realtime");
    json!({"type": "session.update", "session": session})
}

/// Root mean square of samples.
fn level(samples: impl ExactSizeIterator<Item = i16>) -> f64 {
    let count = samples.len() as f64;
    let power: f64 = samples.map(|sample| f64::from(sample).powi(2)).sum();
    (power / count).sqrt()
}

fn pcm(bytes: &[u8]) -> impl ExactSizeIterator<Item = i16> {
    let pairs = bytes.chunks_exact(2);
    pairs.map(|pair| i16::from_le_bytes([pair[0], pair[1]]))
}

#[tokio::test]
async fn a_typed_line_is_answered_in_writing_and_aloud() {
    let server = serve(&[]).await;
    let mut socket = Socket::open(&server).await;
    let spoken = socket.type_line("What brings you here?").await;
    assert_eq!(spoken.response["status"], "completed");
    assert!(!spoken.transcript.is_empty() && spoken.text.is_empty());
    // A tone of 15 ms a letter.
    assert!(spoken.audio.len() > spoken.transcript.len() * 15 * 48 / 2);
    assert!(level(pcm(&spoken.audio)) > 1000.0);
    socket.write_only().await;
    let written = socket.type_line("What else?").await;
    assert!(!written.text.is_empty() && written.audio.is_empty());
    let item = &written.response["output"][0];
    assert_eq!(item["content"][0]["text"], written.text.as_str());
}

#[tokio::test]
async fn a_spoken_question_is_understood_and_answered() {
    let server = serve(&[]).await;
    let mut socket = Socket::open(&server).await;
    let transcription = json!({"audio": {"input": {"transcription": {"model": "any"}}}});
    socket.send(update(transcription)).await;
    for round in 0..2 {
        socket.speak(&question_pcm()).await;
        let started = socket.until("input_audio_buffer.speech_started").await;
        let stopped = socket.until("input_audio_buffer.speech_stopped").await;
        let from = started["audio_start_ms"].as_u64().unwrap();
        let to = stopped["audio_end_ms"].as_u64().unwrap();
        assert!((1000..4000).contains(&(to - from)), "{from} to {to}");
        assert!(
            to <= 3400 * (round + 1) + 700,
            "positions count audio alone: {to}"
        );
        let committed = socket.until("input_audio_buffer.committed").await;
        assert_eq!(committed["item_id"], started["item_id"]);
        let done = "conversation.item.input_audio_transcription.completed";
        let understood = socket.until(done).await;
        if round == 0 {
            assert_eq!(understood["transcript"], UNDERSTOOD);
        }
        let answer = socket.answer().await;
        assert_eq!(answer.response["status"], "completed");
        assert!(!answer.transcript.is_empty());
        assert!(level(pcm(&answer.audio)) > 1000.0);
    }
    assert_eq!(socket.kinds().get("error"), None);
}

#[tokio::test]
async fn telephone_formats_both_ways() {
    let server = serve(&[]).await;
    for (kind, law) in [("audio/pcmu", Law::Mu), ("audio/pcma", Law::A)] {
        let mut socket = Socket::open(&server).await;
        let format = json!({"format": {"type": kind}});
        socket
            .send(update(
                json!({"audio": {"input": format, "output": format}}),
            ))
            .await;
        let mut bytes = Vec::new();
        law.encode(&question_at(8000), &mut bytes);
        for chunk in bytes.chunks(160) {
            socket.append(chunk).await;
        }
        socket.until("input_audio_buffer.committed").await;
        let answer = socket.answer().await;
        let mut samples = Vec::new();
        law.decode(&answer.audio, &mut samples);
        assert!(level(samples.into_iter()) > 1000.0, "{kind}");
        // The length of the sound is told by the text.
        let least = answer.transcript.len() * 15 * 8 / 2;
        assert!(
            answer.audio.len() > least,
            "{} of {least}",
            answer.audio.len()
        );
    }
}

#[tokio::test]
async fn push_to_talk_takes_exactly_what_was_sent() {
    let server = serve(&[]).await;
    let mut socket = Socket::open(&server).await;
    let manual = json!({"audio": {"input": {"turn_detection": null, "transcription": {}}}});
    socket.send(update(manual)).await;
    // The least that a commit takes is 100 ms, and this is 100 ms.
    socket.append(&vec![0; 4800]).await;
    socket
        .send(json!({"type": "input_audio_buffer.commit"}))
        .await;
    socket.until("input_audio_buffer.committed").await;
    // Less, even when it is completed to whole frames.
    socket.append(&vec![0; 3800]).await;
    socket
        .send(json!({"type": "input_audio_buffer.commit"}))
        .await;
    assert_eq!(
        socket.error().await["code"],
        "input_audio_buffer_commit_empty"
    );
    socket
        .send(json!({"type": "input_audio_buffer.clear"}))
        .await;
    // The whole question in one message.
    socket.append(&question_pcm()).await;
    socket
        .send(json!({"type": "input_audio_buffer.commit"}))
        .await;
    let done = "conversation.item.input_audio_transcription.completed";
    while socket.until(done).await["transcript"] != UNDERSTOOD {}
    let transcripts = socket.seen.iter().filter(|event| event["type"] == done);
    assert_eq!(transcripts.count(), 2, "one of silence, one of words");
    socket.send(json!({"type": "response.create"})).await;
    assert_eq!(socket.answer().await.response["status"], "completed");
}

#[tokio::test]
async fn two_sessions_do_not_mix() {
    let server = serve(&[]).await;
    let (mut one, mut two) = (Socket::open(&server).await, Socket::open(&server).await);
    assert_ne!(one.id(), two.id());
    let question = question_pcm();
    for chunk in question.chunks(1920) {
        one.append(chunk).await;
        two.append(&vec![0; chunk.len()]).await;
    }
    let answer = one.answer().await;
    assert!(!answer.audio.is_empty());
    two.is_well().await;
    for kind in [
        "input_audio_buffer.speech_started",
        "response.output_audio.delta",
    ] {
        assert!(
            !two.kinds().contains_key(kind),
            "{kind} of the other session"
        );
    }
}

#[tokio::test]
async fn the_engines_that_need_no_key_hold_a_conversation() {
    let folder = tempfile::tempdir().unwrap();
    let engines = Engines::start(&config(folder.path(), &[])).await.unwrap();
    let server = Running::start_with(&[], engines).await;
    let mut socket = Socket::open(&server).await;
    socket
        .send(update(json!({"audio": {"input": {"transcription": {}}}})))
        .await;
    // As fast as it is spoken: this recogniser works.
    let began = tokio::time::Instant::now();
    for (number, chunk) in (0u32..).zip(question_pcm().chunks(1920)) {
        tokio::time::sleep_until(began + Duration::from_millis(40) * number).await;
        socket.append(chunk).await;
    }
    let done = "conversation.item.input_audio_transcription.completed";
    let understood = socket.until(done).await["transcript"]
        .as_str()
        .unwrap()
        .to_lowercase();
    assert!(understood.contains("talk about"), "{understood}");
    let answer = socket.answer().await;
    assert_eq!(answer.response["status"], "completed");
    assert!(level(pcm(&answer.audio)) > 300.0);
    // A voice says ten to twenty letters a second.
    let seconds = answer.audio.len() as f64 / 48_000.0;
    let pace = answer.transcript.len() as f64 / seconds;
    assert!((5.0..30.0).contains(&pace), "{pace} letters a second");
}
