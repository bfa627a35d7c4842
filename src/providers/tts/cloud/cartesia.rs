//! Cartesia's voices over `GET /tts/websocket`.

mod contexts;

use contexts::Contexts;
use serde_json::json;

use super::wire::Wire;
use super::{Cloud, CloudSettings, Vendor, primary};
use crate::private::Private;
use crate::providers::ProviderError;
use crate::providers::socket::{Dial, address};
use crate::providers::tts::{RATE, VoiceRequest};

/// Its name in the configuration.
pub const NAME: &str = "cartesia";

/// Where it is.
pub const BASE_URL: &str = "https://api.cartesia.ai";

/// The model that speaks unless another is named.
pub const MODEL: &str = "sonic-3";

/// Our voices with its.
pub const VOICES: &[(&str, &str)] = &[
    ("reed", "228fca29-3a0a-435c-8728-5cb483251068"),
    ("hazel", "f786b574-daa5-4673-aa0c-cbe3e8534c02"),
    ("heath", "95856005-0332-41b0-935f-352e296aa0df"),
    ("linnet", "6ccbfb76-1fc6-48f7-b71d-91ac6298247b"),
    ("flint", "c961b81c-a935-4c17-bfb3-ba2239de8c2f"),
    ("rowan", "5ee9feff-1265-424a-9d7f-8e4d431a12c7"),
    ("relay", "a0e99841-438c-4a64-b679-ae501e7d6091"),
];

/// The version of its wire that is spoken here.
const VERSION: &str = "2026-08-14";

/// The usual settings with this key.
#[must_use]
pub fn settings(key: Private<String>) -> CloudSettings {
    CloudSettings::usual(BASE_URL, MODEL, VOICES, key)
}

/// The engine.
///
/// # Errors
///
/// [`ProviderError::Unusable`] if the address cannot be used or there is no voice.
pub fn engine(settings: CloudSettings) -> Result<Cloud, ProviderError> {
    Cloud::new(Cartesia, settings)
}

pub(super) struct Cartesia;

impl Vendor for Cartesia {
    fn name(&self) -> &'static str {
        NAME
    }

    fn company(&self) -> &'static str {
        "Cartesia"
    }

    fn note(&self) -> &'static str {
        "Cartesia speaks, and says when each word is spoken."
    }

    fn call(&self, settings: &CloudSettings, request: &VoiceRequest) -> (Dial, Box<dyn Wire>) {
        let bearer = Private::new(format!("Bearer {}", settings.key.expose()));
        let version = Private::new(VERSION.to_owned());
        let dial = Dial {
            engine: NAME,
            url: address(&settings.base_url, "/tts/websocket", &[]),
            headers: vec![("authorization", bearer), ("cartesia-version", version)],
            within: settings.patience.connect,
        };
        let mut constant = json!({
            "model_id": settings.model,
            "voice": {"mode": "id", "id": settings.voice(&request.voice)},
            "output_format": {"container": "raw", "encoding": "pcm_s16le", "sample_rate": RATE},
            "language": primary(request.language.as_deref()).unwrap_or("en"),
            "add_timestamps": true,
            "max_buffer_delay_ms": 0,
        });
        let pace = request.pace().clamp(0.6, 1.5);
        if (pace - 1.0).abs() > 0.01 {
            constant["generation_config"] = json!({"speed": pace});
        }
        (dial, Box::new(Contexts::new(constant)))
    }
}
