//! Deepgram's Aura voices over `GET /v1/speak`: text in, raw samples out, no word times.
//!
//! Wire as of November 2026: nothing is spoken before `Flush`; `Flushed` follows the last sound of
//! what was flushed, `Cleared` the last sound of what was cleared.

use std::collections::VecDeque;
use std::time::Duration;

use serde::Deserialize;
use serde_json::json;
use tokio::time::Instant;

use super::wire::{Fitness, Frame, Heard, Wire, fault};
use super::{Cloud, CloudSettings, Vendor};
use crate::private::Private;
use crate::providers::ProviderError;
use crate::providers::socket::{Dial, address};
use crate::providers::tts::{RATE, VoiceRequest};

/// Its name in the configuration.
pub const NAME: &str = "deepgram";

/// Where it is.
pub const BASE_URL: &str = "https://api.deepgram.com";

/// Our voices with its models, each of which is a voice.
pub const VOICES: &[(&str, &str)] = &[
    ("reed", "aura-2-orion-en"),
    ("hazel", "aura-2-athena-en"),
    ("heath", "aura-2-draco-en"),
    ("linnet", "aura-2-luna-en"),
    ("flint", "aura-2-arcas-en"),
    ("rowan", "aura-2-apollo-en"),
    ("relay", "aura-2-zeus-en"),
];

/// It refuses more than twenty flushes a minute on one connection.
const FLUSHES: usize = 19;

/// The time in which it counts them.
const COUNTED: Duration = Duration::from_secs(60);

/// The usual settings with this key.
#[must_use]
pub fn settings(key: Private<String>) -> CloudSettings {
    CloudSettings::usual(BASE_URL, "", VOICES, key)
}

/// The engine.
///
/// # Errors
///
/// [`ProviderError::Unusable`] if the address cannot be used or there is no voice.
pub fn engine(settings: CloudSettings) -> Result<Cloud, ProviderError> {
    Cloud::new(Deepgram, settings)
}

pub(super) struct Deepgram;

impl Vendor for Deepgram {
    fn name(&self) -> &'static str {
        NAME
    }

    fn company(&self) -> &'static str {
        "Deepgram"
    }

    fn note(&self) -> &'static str {
        "Deepgram speaks; when each word is spoken is estimated."
    }

    fn call(&self, settings: &CloudSettings, request: &VoiceRequest) -> (Dial, Box<dyn Wire>) {
        let mut query = vec![
            ("model", settings.voice(&request.voice).to_owned()),
            ("encoding", "linear16".to_owned()),
            ("sample_rate", RATE.to_string()),
            // Nobody's session is to train anything.
            ("mip_opt_out", "true".to_owned()),
        ];
        let pace = request.pace().clamp(0.7, 1.5);
        if (pace - 1.0).abs() > 0.01 {
            query.push(("speed", format!("{pace:.2}")));
        }
        let token = Private::new(format!("Token {}", settings.key.expose()));
        let dial = Dial {
            engine: NAME,
            url: address(&settings.base_url, "/v1/speak", &query),
            headers: vec![("authorization", token)],
            within: settings.patience.connect,
        };
        (dial, Box::new(Aura::default()))
    }
}

/// The wire. Sound carries no name: what belongs to what follows from the order alone.
#[derive(Default)]
struct Aura {
    speaking: bool,
    /// Clears that were not confirmed yet: sound that comes before is not to be heard.
    clearing: u32,
    flushed: VecDeque<Instant>,
}

impl Wire for Aura {
    fn engine(&self) -> &'static str {
        NAME
    }

    fn opened(&mut self) {
        *self = Self::default();
    }

    fn fitness(&self, now: Instant) -> Fitness {
        let recent = self.flushed.iter().filter(|at| now - **at < COUNTED);
        if recent.count() >= FLUSHES {
            Fitness::Spent
        } else if self.clearing > 0 {
            Fitness::Busy
        } else {
            Fitness::Ready
        }
    }

    fn say(&mut self, text: &str, now: Instant) -> Vec<String> {
        self.speaking = true;
        self.flushed.push_back(now);
        if self.flushed.len() > FLUSHES {
            self.flushed.pop_front();
        }
        vec![
            json!({"type": "Speak", "text": text}).to_string(),
            json!({"type": "Flush"}).to_string(),
        ]
    }

    fn cancel(&mut self) -> Vec<String> {
        self.speaking = false;
        self.clearing += 1;
        vec![json!({"type": "Clear"}).to_string()]
    }

    fn finish(&mut self) -> Vec<String> {
        Vec::new()
    }

    fn idle(&mut self, _now: Instant) -> Vec<String> {
        Vec::new()
    }

    fn receive(&mut self, frame: Frame<'_>, _now: Instant) -> Vec<Heard> {
        let text = match frame {
            Frame::Binary(bytes) if self.speaking && self.clearing == 0 => {
                return vec![Heard::Sound(bytes.to_vec())];
            }
            Frame::Binary(_) => return Vec::new(),
            Frame::Text(text) => text,
        };
        let Ok(said) = serde_json::from_str::<Said>(text) else {
            return Vec::new();
        };
        match said.kind.as_str() {
            "Cleared" => {
                self.clearing = self.clearing.saturating_sub(1);
                Vec::new()
            }
            "Flushed" if self.speaking && self.clearing == 0 => {
                self.speaking = false;
                vec![Heard::End]
            }
            // A warning while a sentence waits is why it will not come.
            "Error" | "Warning" if self.speaking => {
                vec![Heard::Failed(fault(NAME, None, said.name()))]
            }
            _ => Vec::new(),
        }
    }

    fn ends_with_its_words(&self) -> bool {
        false
    }
}

#[derive(Deserialize)]
struct Said {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    err_code: Option<String>,
}

impl Said {
    fn name(&self) -> &str {
        let name = self.code.as_deref().or(self.err_code.as_deref());
        name.unwrap_or_default()
    }
}
