//! Accounts at vendors: the key of each and where it is reached, for whichever engine is a
//! vendor's.

use super::error::ConfigError;
use super::setting::Setting;
use super::values::Values;
use crate::private::Private;

/// A company whose engines can be used with a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vendor {
    /// Anthropic.
    Anthropic,
    /// AssemblyAI.
    AssemblyAi,
    /// Cartesia.
    Cartesia,
    /// DeepSeek.
    DeepSeek,
    /// Deepgram.
    Deepgram,
    /// ElevenLabs.
    ElevenLabs,
    /// OpenAI.
    OpenAi,
}

/// An account at a vendor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The key.
    pub key: Private<String>,
    /// Where it is reached; `http(s)` or `ws(s)`, without a slash at the end.
    pub base_url: String,
    /// Who receives what is sent there, if it is not whom the address says.
    pub processor: Option<String>,
}

/// What `processor` means beside an address.
pub(super) const PROCESSOR: &str = "Who receives what is sent there, as it stands on the page and on record, if it is not whom the\n\
     address says: whoever is behind a gateway, for example.";

static ANTHROPIC_KEY: Setting = Setting::secret("anthropic.key", "Key of Anthropic.");
static ANTHROPIC_URL: Setting = Setting::text(
    "anthropic.base_url",
    "https://api.anthropic.com",
    "Where it is reached.",
);
static ANTHROPIC_PROCESSOR: Setting = Setting::text("anthropic.processor", "", PROCESSOR);
static ASSEMBLYAI_KEY: Setting = Setting::secret("assemblyai.key", "Key of AssemblyAI.");
static ASSEMBLYAI_URL: Setting = Setting::text(
    "assemblyai.base_url",
    "https://streaming.assemblyai.com",
    "Where it is reached; in the EU at https://streaming.eu.assemblyai.com.",
);
static ASSEMBLYAI_PROCESSOR: Setting = Setting::text("assemblyai.processor", "", PROCESSOR);
static CARTESIA_KEY: Setting = Setting::secret("cartesia.key", "Key of Cartesia.");
static CARTESIA_URL: Setting = Setting::text(
    "cartesia.base_url",
    "https://api.cartesia.ai",
    "Where it is reached.",
);
static CARTESIA_PROCESSOR: Setting = Setting::text("cartesia.processor", "", PROCESSOR);
static DEEPSEEK_KEY: Setting = Setting::secret("deepseek.key", "Key of DeepSeek.");
static DEEPSEEK_URL: Setting = Setting::text(
    "deepseek.base_url",
    "https://api.deepseek.com",
    "Where it is reached.",
);
static DEEPSEEK_PROCESSOR: Setting = Setting::text("deepseek.processor", "", PROCESSOR);
static DEEPGRAM_KEY: Setting = Setting::secret("deepgram.key", "Key of Deepgram.");
static DEEPGRAM_URL: Setting = Setting::text(
    "deepgram.base_url",
    "https://api.deepgram.com",
    "Where it is reached; in the EU at https://api.eu.deepgram.com.",
);
static DEEPGRAM_PROCESSOR: Setting = Setting::text("deepgram.processor", "", PROCESSOR);
static ELEVENLABS_KEY: Setting = Setting::secret("elevenlabs.key", "Key of ElevenLabs.");
static ELEVENLABS_URL: Setting = Setting::text(
    "elevenlabs.base_url",
    "https://api.elevenlabs.io",
    "Where it is reached; with data residency in the EU at\n\
     https://api.eu.residency.elevenlabs.io.",
);
static ELEVENLABS_PROCESSOR: Setting = Setting::text("elevenlabs.processor", "", PROCESSOR);
static OPENAI_KEY: Setting = Setting::secret(
    "openai.key",
    "Key of OpenAI; `llm.key`, of the server that `llm.engine = openai` means, is another.",
);
static OPENAI_URL: Setting = Setting::text(
    "openai.base_url",
    "https://api.openai.com/v1",
    "Where it is reached; with data residency in the EU at https://eu.api.openai.com/v1.",
);
static OPENAI_PROCESSOR: Setting = Setting::text("openai.processor", "", PROCESSOR);

pub(super) static SETTINGS: &[&Setting] = &[
    &ANTHROPIC_KEY,
    &ANTHROPIC_URL,
    &ANTHROPIC_PROCESSOR,
    &ASSEMBLYAI_KEY,
    &ASSEMBLYAI_URL,
    &ASSEMBLYAI_PROCESSOR,
    &CARTESIA_KEY,
    &CARTESIA_URL,
    &CARTESIA_PROCESSOR,
    &DEEPSEEK_KEY,
    &DEEPSEEK_URL,
    &DEEPSEEK_PROCESSOR,
    &DEEPGRAM_KEY,
    &DEEPGRAM_URL,
    &DEEPGRAM_PROCESSOR,
    &ELEVENLABS_KEY,
    &ELEVENLABS_URL,
    &ELEVENLABS_PROCESSOR,
    &OPENAI_KEY,
    &OPENAI_URL,
    &OPENAI_PROCESSOR,
];

impl Vendor {
    const fn settings(self) -> [&'static Setting; 3] {
        match self {
            Self::Anthropic => [&ANTHROPIC_KEY, &ANTHROPIC_URL, &ANTHROPIC_PROCESSOR],
            Self::AssemblyAi => [&ASSEMBLYAI_KEY, &ASSEMBLYAI_URL, &ASSEMBLYAI_PROCESSOR],
            Self::Cartesia => [&CARTESIA_KEY, &CARTESIA_URL, &CARTESIA_PROCESSOR],
            Self::DeepSeek => [&DEEPSEEK_KEY, &DEEPSEEK_URL, &DEEPSEEK_PROCESSOR],
            Self::Deepgram => [&DEEPGRAM_KEY, &DEEPGRAM_URL, &DEEPGRAM_PROCESSOR],
            Self::ElevenLabs => [&ELEVENLABS_KEY, &ELEVENLABS_URL, &ELEVENLABS_PROCESSOR],
            Self::OpenAi => [&OPENAI_KEY, &OPENAI_URL, &OPENAI_PROCESSOR],
        }
    }
}

impl Account {
    /// The account at a vendor, which `wanted_by` (a setting with its value) cannot do without.
    pub(super) fn read(
        values: &Values,
        vendor: Vendor,
        wanted_by: &str,
    ) -> Result<Self, ConfigError> {
        let [key, base_url, processor] = vendor.settings();
        let Some(secret) = values.secret(key) else {
            return Err(values.refuse(key, format!("must be set for {wanted_by}")));
        };
        Ok(Self {
            key: secret,
            base_url: address(values, base_url)?,
            processor: values.optional(processor)?,
        })
    }
}

/// An address without a slash at the end.
pub(super) fn address(values: &Values, setting: &'static Setting) -> Result<String, ConfigError> {
    let url: String = values.get(setting)?;
    let parsed: Result<axum::http::Uri, _> = url.parse();
    match parsed {
        Ok(uri)
            if matches!(uri.scheme_str(), Some("http" | "https" | "ws" | "wss"))
                && uri.query().is_none() =>
        {
            Ok(url.trim_end_matches('/').to_owned())
        }
        _ => {
            // It is not repeated: a key may stand in its query.
            let why = "is not an address with http(s) or ws(s), without a query";
            Err(values.refuse(setting, why))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{config, refused};
    use crate::config::Stt;

    #[test]
    fn an_engine_of_a_vendor_needs_its_key_and_an_address() {
        let engine = ("PRAXILOOM_STT_ENGINE", "deepgram");
        let error = refused(&[engine]);
        assert_eq!(
            error,
            "deepgram.key (by default): must be set for stt.engine = deepgram"
        );
        let key = ("PRAXILOOM_DEEPGRAM_KEY", "letters");
        let Stt::Deepgram(cloud) = &config(&[engine, key]).stt[0] else {
            panic!("not deepgram")
        };
        assert!(cloud.account.key.matches("letters"));
        assert_eq!(cloud.account.base_url, "https://api.deepgram.com");
        assert_eq!(cloud.account.processor, None);
        let eu = ("PRAXILOOM_DEEPGRAM_BASE_URL", "wss://api.eu.deepgram.com/");
        let gateway = ("PRAXILOOM_DEEPGRAM_PROCESSOR", "Our gateway");
        let Stt::Deepgram(cloud) = &config(&[engine, key, eu, gateway]).stt[0] else {
            panic!("not deepgram")
        };
        assert_eq!(cloud.account.base_url, "wss://api.eu.deepgram.com");
        assert_eq!(cloud.account.processor.as_deref(), Some("Our gateway"));
        let wrong = ("PRAXILOOM_DEEPGRAM_BASE_URL", "api.deepgram.com");
        assert!(refused(&[engine, key, wrong]).contains("is not an address"));
    }
}
