//! espeak-ng keeps the promises of a voice, in another language than English.

use std::sync::Arc;
use std::time::Duration;

use praxiloom::providers::tts::espeak::{Espeak, EspeakSettings};

use crate::voice::Subject;

async fn subject() -> Subject {
    let settings = EspeakSettings {
        lead: Duration::from_secs(3600),
        ..EspeakSettings::default()
    };
    Subject {
        engine: Arc::new(Espeak::start(settings).await.unwrap()),
        language: Some("de"),
    }
}

voice_conformance!(subject);
