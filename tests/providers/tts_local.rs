//! The local voice is both engines at once, and speaks the language that it is asked for.

use std::sync::Arc;
use std::time::Duration;

use praxiloom::providers::tts::espeak::EspeakSettings;
use praxiloom::providers::tts::flite::FliteSettings;
use praxiloom::providers::tts::local::Local;

use crate::voice::{Subject, hear, say};

async fn subject() -> Subject {
    let lead = Duration::from_secs(3600);
    let espeak = EspeakSettings {
        lead,
        ..EspeakSettings::default()
    };
    let engine = Local::start(FliteSettings { lead }, espeak).await.unwrap();
    Subject {
        engine: Arc::new(engine),
        language: None,
    }
}

voice_conformance!(subject);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_language_decides_who_speaks() {
    // The robotic recording and the process are both reproducible, so their sound tells them
    // apart.
    let mut sounds = Vec::new();
    for language in ["en-US", "de", "fr-CA"] {
        let subject = Subject {
            language: Some(language),
            ..subject().await
        };
        let mut speaking = subject.open_at("relay", 1.0).await;
        say(&speaking, 1, "Restaurant.").await;
        sounds.push(hear(&mut speaking, 1).await.audio);
    }
    assert_ne!(sounds[0], sounds[1]);
    assert_ne!(sounds[1], sounds[2]);
}
