//! Settings of who speaks: the engines in the order in which they are tried, and the voices.

use std::time::Duration;

use super::engines::{delay, unknown, with_last_resort};
use super::error::ConfigError;
use super::setting::Setting;
use super::values::Values;
use super::vendors::{Account, Vendor};

/// An engine that speaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tts {
    /// A model that a person brought for its language, if this build can run them, and
    /// [`Self::Flite`] for the others.
    Local {
        /// Which of the installed ones; that which was installed last if nothing is given.
        model: Option<String>,
    },
    /// flite for English, espeak-ng for other languages.
    Flite,
    /// [`Self::Local`] behind vendors, where it can work; nobody named it.
    LastResort,
    /// ElevenLabs.
    ElevenLabs(CloudTts),
    /// OpenAI's speech.
    OpenAi(CloudTts),
    /// Cartesia.
    Cartesia(CloudTts),
    /// Deepgram Aura.
    Deepgram(CloudTts),
    /// An engine for measuring the rest: a tone.
    StandIn {
        /// From a sentence to its first sound.
        delay: Duration,
    },
}

/// A vendor's engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloudTts {
    /// With which account.
    pub account: Account,
    /// Which model; the engine's usual one if none is named.
    pub model: Option<String>,
    /// Our names for voices with the vendor's, where they are not the usual ones.
    pub voices: Vec<(String, String)>,
    /// Longest wait for the first sound of a sentence.
    pub first_sound: Duration,
}

/// What can be named.
pub(super) const KNOWN: &str = "local, flite, elevenlabs, openai, cartesia, deepgram, standin";

static ENGINE: Setting = Setting::text(
    "tts.engine",
    "local",
    "Who speaks: `local` (on this machine, an installed model, and `flite` where there is none);\n\
     `flite` (flite for English, espeak-ng for the rest); with a key `elevenlabs`, `openai`,\n\
     `cartesia` or `deepgram`, who then receive the words; or `standin` (for measurements).",
);
static MODEL: Setting = Setting::text(
    "tts.model",
    "",
    "Which model of that engine, if it is `local` (the one installed last if nothing is named) or\n\
     a vendor's (its usual one).",
);
static FALLBACK: Setting = Setting::list(
    "tts.fallback",
    "Who speaks when that engine fails, in order, e.g. [\"cartesia\"]. The session goes on, and\n\
     the coach is told. Behind vendors this machine speaks at last, as with `local`, unless the\n\
     list ends in `none`.",
);
static TIMEOUT: Setting = Setting::number(
    "tts.timeout_seconds",
    "4",
    "Longest wait for a vendor's first sound of a sentence; then the next engine speaks.",
);
static ELEVENLABS_VOICES: Setting = Setting::list(
    "tts.elevenlabs_voices",
    "ElevenLabs' voices for ours, where they are not the usual ones, as [\"hazel=ID\"].",
);
static OPENAI_VOICES: Setting = Setting::list(
    "tts.openai_voices",
    "OpenAI's voices for ours, as [\"hazel=coral\"].",
);
static CARTESIA_VOICES: Setting = Setting::list(
    "tts.cartesia_voices",
    "Cartesia's voices for ours, as [\"hazel=ID\"].",
);
static DEEPGRAM_VOICES: Setting = Setting::list(
    "tts.deepgram_voices",
    "Deepgram's models, which are its voices, for ours, as [\"hazel=aura-2-athena-en\"].",
);
static STANDIN: Setting = Setting::number(
    "tts.standin_ms",
    "0",
    "How long the stand-in takes for its first sound.",
);

pub(super) static SETTINGS: &[&Setting] = &[
    &ENGINE,
    &MODEL,
    &FALLBACK,
    &TIMEOUT,
    &ELEVENLABS_VOICES,
    &OPENAI_VOICES,
    &CARTESIA_VOICES,
    &DEEPGRAM_VOICES,
    &STANDIN,
];

impl Tts {
    /// The engines in the order in which they are tried: at least one.
    pub(super) fn read(values: &Values) -> Result<Vec<Self>, ConfigError> {
        let model = values.optional(&MODEL)?;
        let named = |setting: &'static Setting, name: &str| {
            // The model is that of the first.
            let model = model.clone().filter(|_| setting.key == ENGINE.key);
            Self::named(values, setting, name, model)
        };
        let (settings, last) = ([&ENGINE, &FALLBACK], Self::LastResort);
        with_last_resort(values, settings, named, Self::is_here, last)
    }

    /// Whether it needs no vendor.
    fn is_here(&self) -> bool {
        matches!(
            self,
            Self::Local { .. } | Self::Flite | Self::StandIn { .. }
        )
    }

    fn named(
        values: &Values,
        setting: &'static Setting,
        name: &str,
        model: Option<String>,
    ) -> Result<Self, ConfigError> {
        let cloud = |vendor, model, mapped| -> Result<CloudTts, ConfigError> {
            let wanted_by = format!("{} = {name}", setting.key);
            Ok(CloudTts {
                account: Account::read(values, vendor, &wanted_by)?,
                model,
                voices: voices(values, mapped)?,
                first_sound: Duration::from_secs(values.within(&TIMEOUT, 1..=60)?),
            })
        };
        Ok(match name {
            "local" => Self::Local { model },
            "flite" => Self::Flite,
            "elevenlabs" => Self::ElevenLabs(cloud(Vendor::ElevenLabs, model, &ELEVENLABS_VOICES)?),
            "openai" => Self::OpenAi(cloud(Vendor::OpenAi, model, &OPENAI_VOICES)?),
            "cartesia" => Self::Cartesia(cloud(Vendor::Cartesia, model, &CARTESIA_VOICES)?),
            "deepgram" => Self::Deepgram(cloud(Vendor::Deepgram, model, &DEEPGRAM_VOICES)?),
            "standin" => Self::StandIn {
                delay: delay(values, &STANDIN)?,
            },
            other => return Err(unknown(values, setting, other, KNOWN)),
        })
    }
}

/// Pairs of our name and the vendor's, which may become part of an address.
fn voices(
    values: &Values,
    setting: &'static Setting,
) -> Result<Vec<(String, String)>, ConfigError> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let pairs = values.list::<String>(setting)?.into_iter().map(|pair| {
        let (ours, theirs) = pair.split_once('=').map(|(a, b)| (a.trim(), b.trim()))?;
        let plain = !ours.is_empty() && !theirs.is_empty() && theirs.chars().all(fits);
        plain.then(|| (ours.to_owned(), theirs.to_owned()))
    });
    pairs.collect::<Option<_>>().ok_or_else(|| {
        let why = "each must be our name of a voice, `=`, and the vendor's";
        values.refuse(setting, why)
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{config, refused};
    use super::*;

    #[test]
    fn engines_stand_in_the_order_in_which_they_are_tried() {
        let key = ("PRAXILOOM_ELEVENLABS_KEY", "letters");
        let other = ("PRAXILOOM_CARTESIA_KEY", "letters");
        let config = config(&[
            ("PRAXILOOM_TTS_ENGINE", "elevenlabs"),
            ("PRAXILOOM_TTS_MODEL", "eleven_multilingual_v2"),
            ("PRAXILOOM_TTS_FALLBACK", "cartesia, local"),
            ("PRAXILOOM_TTS_ELEVENLABS_VOICES", "hazel = abc, flint=def"),
            key,
            other,
        ]);
        let [
            Tts::ElevenLabs(first),
            Tts::Cartesia(second),
            Tts::Local { model: None },
        ] = &config.tts[..]
        else {
            panic!("{:?}", config.tts)
        };
        assert_eq!(first.model.as_deref(), Some("eleven_multilingual_v2"));
        assert_eq!(first.voices[1], ("flint".to_owned(), "def".to_owned()));
        assert_eq!((second.model.as_deref(), second.voices.len()), (None, 0));
        assert!(!format!("{config:?}").contains("letters"));
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let error = refused(&[("PRAXILOOM_TTS_ENGINE", "mouth")]);
        assert_eq!(
            error,
            format!("PRAXILOOM_TTS_ENGINE: `mouth` is none of {KNOWN}")
        );
        let error = refused(&[("PRAXILOOM_TTS_FALLBACK", "local")]);
        assert_eq!(error, "PRAXILOOM_TTS_FALLBACK: `local` is named twice");
        let error = refused(&[("PRAXILOOM_TTS_ENGINE", "cartesia")]);
        assert_eq!(
            error,
            "cartesia.key (by default): must be set for tts.engine = cartesia"
        );
        for voices in ["hazel", "hazel=", "=abc", "hazel=a/b"] {
            let error = refused(&[
                ("PRAXILOOM_TTS_ENGINE", "elevenlabs"),
                ("PRAXILOOM_ELEVENLABS_KEY", "letters"),
                ("PRAXILOOM_TTS_ELEVENLABS_VOICES", voices),
            ]);
            assert!(error.starts_with("PRAXILOOM_TTS_ELEVENLABS_VOICES: each must"));
        }
    }
}
