//! Sound that no microphone sends: too fast, too slow, broken off, out of step.

use std::time::Duration;

use praxiloom::archive::event::Event;
use serde_json::json;
use tokio::time::{Instant, sleep_until};

use crate::archived::Part;
use crate::ends::ended;
use crate::record::curious;
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

/// From the first slot of 20 ms that is louder than `quiet` to the last, and how many are.
fn loud(peaks: &[u8], quiet: u8) -> (usize, usize) {
    let loud = |peak: &u8| *peak > quiet;
    let first = peaks.iter().position(loud).unwrap();
    let last = peaks.iter().rposition(loud).unwrap();
    (last - first, peaks.iter().filter(|peak| loud(peak)).count())
}

#[tokio::test]
async fn what_a_stall_of_the_network_held_back_stands_where_it_was_spoken() {
    let server = serve(&[]).await;
    let mut socket = curious(&server).await;
    let (question, quiet) = (question_pcm(), vec![0; 48_000 * 3 / 2]);
    let began = Instant::now();
    let sound = [quiet.clone(), question.clone(), quiet].concat();
    // In the middle of the question nothing gets through for two seconds, and then everything.
    let stall = Duration::from_millis(2700)..Duration::from_millis(4700);
    for (number, chunk) in (1u32..).zip(sound.chunks(1920)) {
        let spoken = Duration::from_millis(40) * number;
        let sent = if stall.contains(&spoken) {
            stall.end
        } else {
            spoken
        };
        sleep_until(began + sent).await;
        socket.append(chunk).await;
    }
    let lived = began.elapsed().as_millis() as i64;
    socket.stream.close(None).await.unwrap();
    let row = ended(&server, &socket.id()).await;
    // The timeline did not leap.
    let ahead = row.length_ms - lived;
    assert!((-100..1000).contains(&ahead), "{ahead} ms");
    let part = Part::read(&server.app.config.server.data, &socket.id(), 1);
    let gaps = part.events.iter().filter_map(|entry| match entry.event {
        Event::Gap { length_ms } => Some(length_ms),
        _ => None,
    });
    // Before the first sound there may be one.
    let gaps: Vec<u64> = gaps.filter(|gap| *gap > 500).collect();
    assert_eq!(gaps, [0; 0]);
    // The question is whole: as long as it was, and as loud.
    let pairs = question.chunks_exact(2);
    let samples: Vec<i16> = pairs
        .map(|two| i16::from_le_bytes([two[0], two[1]]))
        .collect();
    let spoken: Vec<u8> = samples.chunks(480).map(media::peaks::peak).collect();
    let (heard, spoken) = (loud(&part.track("coach").peaks, 8), loud(&spoken, 8));
    assert!(heard.0.abs_diff(spoken.0) <= 3, "{heard:?} of {spoken:?}");
    assert!(heard.1.abs_diff(spoken.1) <= 8, "{heard:?} of {spoken:?}");
    part.replays();
}
