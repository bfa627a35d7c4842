//! flite keeps the promises of a voice, and shares itself fairly among sessions.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use praxiloom::providers::tts::RATE;
use praxiloom::providers::tts::SpeakOutput;
use praxiloom::providers::tts::flite::{Flite, FliteSettings};
use tokio::time::Instant;

use crate::voice::{Subject, hear, next, say};

fn engine(lead: Duration) -> Subject {
    Subject {
        engine: Arc::new(Flite::start(FliteSettings { lead }).unwrap()),
        language: None,
    }
}

async fn subject() -> Subject {
    engine(Duration::from_secs(3600))
}

voice_conformance!(subject);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn word_times_hold_for_every_voice_and_pace() {
    // Speech between the marks, silence beside them: where the sound is, the word must be.
    let subject = subject().await;
    for voice in subject.engine.voices() {
        for speed in [0.7, 1.0, 1.4] {
            let mut speaking = subject.open_at(&voice.name, speed).await;
            say(&speaking, 1, "[pause 300]Mango[pause 400]lemon[pause 300]").await;
            let heard = hear(&mut speaking, 1).await;
            assert_eq!(heard.words.len(), 2);
            for word in &heard.words {
                let sound = |from: u64, to: u64| {
                    let slice = &heard.audio[from as usize..to as usize];
                    slice.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>()
                };
                let margin = u64::from(RATE) / 5;
                let inside = sound(word.start, word.end);
                let around = sound(word.start - margin, word.end + margin);
                let share = inside / around;
                assert!(share > 0.97, "{} at {speed}: {share:.3}", voice.name);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_speech_waits_for_its_listener_and_starves_nobody() {
    let subject = engine(Duration::from_secs(2));
    let mut long = subject.open().await;
    say(
        &long,
        1,
        &"And then there was another thing that I wanted to tell. ".repeat(20),
    )
    .await;
    let began = Instant::now();
    let mut made = 0;
    while began.elapsed() < Duration::from_secs(1) {
        match tokio::time::timeout(Duration::from_millis(50), long.output.recv()).await {
            Ok(Some(SpeakOutput::Audio { samples, .. })) => made += samples.len(),
            Ok(Some(_)) | Err(_) => {}
            Ok(None) => panic!("ended"),
        }
    }
    // Two seconds ahead after one second, and the piece that was begun within them.
    let seconds = made as f64 / f64::from(RATE);
    assert!(
        (2.0..12.0).contains(&seconds),
        "{seconds} s of speech after one"
    );
    let heard = subject.speak("Me too.").await;
    assert!(!heard.audio.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_that_begin_together_take_turns() {
    let subject = subject().await;
    let text = "I had not looked at it that way, and I must say that it surprises me. ".repeat(8);
    let done = AtomicUsize::new(0);
    let sessions = (0..6).map(|_| async {
        let mut speaking = subject.open().await;
        say(&speaking, 1, &text).await;
        while !matches!(
            next(&mut speaking).await.unwrap(),
            SpeakOutput::Audio { .. }
        ) {}
        let before = done.load(Ordering::SeqCst);
        while !matches!(next(&mut speaking).await.unwrap(), SpeakOutput::Done { .. }) {}
        done.fetch_add(1, Ordering::SeqCst);
        before
    });
    // Nobody has to wait for the first sound until somebody else has said everything.
    let waited_for = futures::future::join_all(sessions).await;
    assert_eq!(waited_for, [0; 6]);
}
