//! Sound that no microphone sends: too fast, too slow, broken off, out of step.

use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, sleep_until};

use crate::socket::{Socket, UNDERSTOOD, question_pcm, serve};

const DONE: &str = "conversation.item.input_audio_transcription.completed";

async fn transcribing(socket: &mut Socket) {
    let audio = json!({"input": {"transcription": {}}});
    let session = json!({"type": "realtime", "output_modalities": ["text"], "audio": audio});
    socket
        .send(json!({"type": "session.update", "session": session}))
        .await;
    socket.until("session.updated").await;
}

#[tokio::test]
async fn ten_seconds_in_a_tenth_of_one_are_understood_as_if_they_had_been_spoken() {
    let server = serve(&[]).await;
    let (mut fast, mut healthy) = (Socket::open(&server).await, Socket::open(&server).await);
    transcribing(&mut fast).await;
    let pause = vec![0; 48_000 * 3 / 2];
    let sound = [question_pcm(), pause.clone(), question_pcm(), pause].concat();
    let began = Instant::now();
    fast.append(&sound).await;
    assert_eq!(fast.until(DONE).await["transcript"], UNDERSTOOD);
    let second = fast.until(DONE).await["transcript"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(!second.is_empty() && second != UNDERSTOOD);
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "{:?}",
        began.elapsed()
    );
    healthy.is_well().await;
    fast.is_well().await;
}

#[tokio::test]
async fn a_clock_that_drifts_or_jumps_tears_no_question_apart() {
    let server = serve(&[]).await;
    let question = question_pcm();
    let speak = async |percent: u32| {
        let mut socket = Socket::open(&server).await;
        transcribing(&mut socket).await;
        let began = Instant::now();
        for (number, chunk) in (0u32..).zip(question.chunks(1920)) {
            // A client whose clock jumps is silent for 280 ms, once, and then sends all at once.
            let jump = if percent == 0 && (20..27).contains(&number) {
                27
            } else {
                number
            };
            let pace = if percent == 0 { 100 } else { percent };
            sleep_until(began + Duration::from_micros(40_000) * jump.max(number) * 100 / pace)
                .await;
            socket.append(chunk).await;
        }
        let started = socket.until("input_audio_buffer.speech_started").await;
        let transcript = socket.until(DONE).await;
        assert_eq!(transcript["item_id"], started["item_id"], "{percent}");
        // A busy machine may cut a question in two; it must stay one turn.
        let words = transcript["transcript"].as_str().unwrap();
        assert!(words.starts_with(UNDERSTOOD), "{percent}: {words}");
        assert_eq!(socket.kinds()["input_audio_buffer.speech_started"], 1);
    };
    tokio::join!(speak(99), speak(101), speak(0));
}

#[tokio::test]
async fn a_client_that_falls_silent_in_mid_word_is_answered() {
    let server = serve(&[]).await;
    let mut socket = Socket::open(&server).await;
    transcribing(&mut socket).await;
    let question = question_pcm();
    // It ends within a word, and nothing follows: no silence, no commit.
    let cut = question.len() * 6 / 10 / 2 * 2;
    socket.speak(&question[..cut]).await;
    socket.until("input_audio_buffer.speech_stopped").await;
    assert_eq!(socket.answer().await.response["status"], "completed");
}
