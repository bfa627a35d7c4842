//! ElevenLabs' voices over `GET /v1/text-to-speech/{voice}/multi-stream-input`.

mod contexts;

use contexts::Contexts;

use super::wire::Wire;
use super::{Cloud, CloudSettings, Vendor, primary};
use crate::private::Private;
use crate::providers::ProviderError;
use crate::providers::socket::{Dial, address};
use crate::providers::tts::{RATE, VoiceRequest};

/// Its name in the configuration.
pub const NAME: &str = "elevenlabs";

/// Where it is.
pub const BASE_URL: &str = "https://api.elevenlabs.io";

/// The model that speaks unless another is named.
pub const MODEL: &str = "eleven_flash_v2_5";

/// Our voices with those that every account has.
pub const VOICES: &[(&str, &str)] = &[
    ("reed", "nPczCjzI2devNBz1zQrb"),
    ("hazel", "EXAVITQu4vr4xnSDxMaL"),
    ("heath", "JBFqnCBsd6RMkjVDRZzb"),
    ("linnet", "XrExE9yKIg1WjnnlVkGX"),
    ("flint", "cjVigY5qzO86Huf0OWal"),
    ("rowan", "bIHbv24MWmeRgasZH58o"),
    ("relay", "SAz9YHcvj6GT2YYXdXww"),
];

/// How long the vendor keeps a connection in which nothing happens: as long as it allows.
const INACTIVITY: &str = "180";

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
    Cloud::new(ElevenLabs, settings)
}

pub(super) struct ElevenLabs;

impl Vendor for ElevenLabs {
    fn name(&self) -> &'static str {
        NAME
    }

    fn company(&self) -> &'static str {
        "ElevenLabs"
    }

    fn note(&self) -> &'static str {
        "ElevenLabs speaks, and says when each word is spoken."
    }

    fn call(&self, settings: &CloudSettings, request: &VoiceRequest) -> (Dial, Box<dyn Wire>) {
        let voice = settings.voice(&request.voice);
        let mut query = vec![
            ("model_id", settings.model.clone()),
            ("output_format", format!("pcm_{RATE}")),
            ("auto_mode", "true".to_owned()),
            ("sync_alignment", "true".to_owned()),
            ("inactivity_timeout", INACTIVITY.to_owned()),
        ];
        // Other models find the language themselves and refuse to be told.
        let language = primary(request.language.as_deref());
        if let Some(language) = language.filter(|_| settings.model.ends_with("v2_5")) {
            query.push(("language_code", language.to_owned()));
        }
        let path = format!("/v1/text-to-speech/{voice}/multi-stream-input");
        let dial = Dial {
            engine: NAME,
            url: address(&settings.base_url, &path, &query),
            headers: vec![("xi-api-key", settings.key.clone())],
            within: settings.patience.connect,
        };
        let pace = request.pace().clamp(0.7, 1.2);
        (dial, Box::new(Contexts::new(pace)))
    }
}
