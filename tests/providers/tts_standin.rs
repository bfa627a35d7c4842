//! The stand-in voice keeps the promises that it stands in for.

use std::sync::Arc;
use std::time::Duration;

use praxiloom::providers::tts::standin::{Standin, StandinSettings};

use crate::voice::Subject;

async fn subject() -> Subject {
    Subject {
        engine: Arc::new(Standin::new(StandinSettings {
            delay: Duration::from_millis(5),
            lead: Duration::from_secs(3600),
            ..StandinSettings::default()
        })),
        language: None,
    }
}

voice_conformance!(subject);
