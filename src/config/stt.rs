//! Settings of who listens: the engines in the order in which they are tried.

use std::path::PathBuf;
use std::time::Duration;

use super::engines::{delay, unknown, with_last_resort};
use super::error::ConfigError;
use super::setting::Setting;
use super::values::Values;
use super::vendors::{Account, Vendor};

/// An engine that turns speech into text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stt {
    /// A model that a person brought, if this build can run them; else [`Self::Pocketsphinx`].
    Local {
        /// Which of the installed ones; that which was installed last if nothing is given.
        model: Option<String>,
        /// Size of the pool, if it is pocketsphinx.
        decoders: usize,
        /// Folder of pocketsphinx's models.
        models: PathBuf,
    },
    /// Debian's pocketsphinx, with this many decoders lent to whoever speaks.
    Pocketsphinx {
        /// Size of the pool; about 100 MB each.
        decoders: usize,
        /// Folder of the models.
        models: PathBuf,
    },
    /// [`Self::Local`] behind vendors, where it can work; nobody named it.
    LastResort {
        /// Size of the pool, if it is pocketsphinx.
        decoders: usize,
        /// Folder of pocketsphinx's models.
        models: PathBuf,
    },
    /// AssemblyAI Universal-Streaming.
    AssemblyAi(CloudStt),
    /// Deepgram Nova.
    Deepgram(CloudStt),
    /// Deepgram Flux.
    DeepgramFlux(CloudStt),
    /// ElevenLabs Scribe.
    ElevenLabs(CloudStt),
    /// OpenAI's transcription.
    OpenAi(CloudStt),
    /// An engine for measuring the rest: it answers every segment alike.
    StandIn {
        /// From the end of a segment to its transcript.
        delay: Duration,
    },
}

/// A vendor's engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloudStt {
    /// With which account.
    pub account: Account,
    /// Which model; the engine's usual one if none is named.
    pub model: Option<String>,
}

/// What can be named.
pub(super) const KNOWN: &str =
    "local, pocketsphinx, assemblyai, deepgram, deepgram-flux, elevenlabs, openai, standin";

static ENGINE: Setting = Setting::text(
    "stt.engine",
    "local",
    "Who listens: `local` (on this machine, an installed model, or `pocketsphinx` if there is\n\
     none); `pocketsphinx`; with a key `assemblyai`, `deepgram`, `deepgram-flux`, `elevenlabs` or\n\
     `openai`, who then receive the sound; or `standin` (for measurements).",
);
static MODEL: Setting = Setting::text(
    "stt.model",
    "",
    "Which model of that engine, if it is `local` (the one installed last if nothing is named) or\n\
     a vendor's (its usual one).",
);
static FALLBACK: Setting = Setting::list(
    "stt.fallback",
    "Who listens when that engine fails, in order, e.g. [\"deepgram\"]. The session goes on, and\n\
     the coach is told. Behind vendors this machine listens at last, as with `local`, unless the\n\
     list ends in `none`.",
);
static DECODERS: Setting = Setting::number(
    "stt.decoders",
    "2",
    "How many people pocketsphinx can listen to at the same moment; about 100 MB each.",
);
static MODELS: Setting = Setting::text(
    "stt.models",
    "/usr/share/pocketsphinx/model/en-us",
    "Folder of pocketsphinx's models.",
);
static STANDIN: Setting = Setting::number(
    "stt.standin_ms",
    "0",
    "How long the stand-in takes for a transcript.",
);

pub(super) static SETTINGS: &[&Setting] =
    &[&ENGINE, &MODEL, &FALLBACK, &DECODERS, &MODELS, &STANDIN];

impl Stt {
    /// The engines in the order in which they are tried: at least one.
    pub(super) fn read(values: &Values) -> Result<Vec<Self>, ConfigError> {
        let model = values.optional(&MODEL)?;
        let named = |setting: &'static Setting, name: &str| {
            // The model is that of the first.
            let model = model.clone().filter(|_| setting.key == ENGINE.key);
            Self::named(values, setting, name, model)
        };
        let last = Self::LastResort {
            decoders: values.within(&DECODERS, 1..=64)?,
            models: values.get(&MODELS)?,
        };
        with_last_resort(values, [&ENGINE, &FALLBACK], named, Self::is_here, last)
    }

    /// Whether it needs no vendor.
    fn is_here(&self) -> bool {
        matches!(
            self,
            Self::Local { .. } | Self::Pocketsphinx { .. } | Self::StandIn { .. }
        )
    }

    fn named(
        values: &Values,
        setting: &'static Setting,
        name: &str,
        model: Option<String>,
    ) -> Result<Self, ConfigError> {
        let cloud = |vendor, model| -> Result<CloudStt, ConfigError> {
            let wanted_by = format!("{} = {name}", setting.key);
            let account = Account::read(values, vendor, &wanted_by)?;
            Ok(CloudStt { account, model })
        };
        Ok(match name {
            "local" => Self::Local {
                model,
                decoders: values.within(&DECODERS, 1..=64)?,
                models: values.get(&MODELS)?,
            },
            "pocketsphinx" => Self::Pocketsphinx {
                decoders: values.within(&DECODERS, 1..=64)?,
                models: values.get(&MODELS)?,
            },
            "assemblyai" => Self::AssemblyAi(cloud(Vendor::AssemblyAi, model)?),
            "deepgram" => Self::Deepgram(cloud(Vendor::Deepgram, model)?),
            "deepgram-flux" => Self::DeepgramFlux(cloud(Vendor::Deepgram, model)?),
            "elevenlabs" => Self::ElevenLabs(cloud(Vendor::ElevenLabs, model)?),
            "openai" => Self::OpenAi(cloud(Vendor::OpenAi, model)?),
            "standin" => Self::StandIn {
                delay: delay(values, &STANDIN)?,
            },
            other => return Err(unknown(values, setting, other, KNOWN)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{config, refused};
    use super::*;

    #[test]
    fn engines_stand_in_the_order_in_which_they_are_tried() {
        let key = ("PRAXILOOM_DEEPGRAM_KEY", "letters");
        let config = config(&[
            ("PRAXILOOM_STT_ENGINE", "deepgram-flux"),
            ("PRAXILOOM_STT_MODEL", "flux-general-multi"),
            ("PRAXILOOM_STT_FALLBACK", "deepgram, pocketsphinx"),
            key,
        ]);
        let [
            Stt::DeepgramFlux(flux),
            Stt::Deepgram(nova),
            Stt::Pocketsphinx { .. },
        ] = &config.stt[..]
        else {
            panic!("{:?}", config.stt)
        };
        assert_eq!(flux.model.as_deref(), Some("flux-general-multi"));
        assert_eq!(nova.model, None);
        assert!(!format!("{config:?}").contains("letters"));
    }

    #[test]
    fn an_engine_that_is_none_or_comes_twice_is_refused() {
        let error = refused(&[("PRAXILOOM_STT_ENGINE", "ears")]);
        assert_eq!(
            error,
            format!("PRAXILOOM_STT_ENGINE: `ears` is none of {KNOWN}")
        );
        let error = refused(&[("PRAXILOOM_STT_FALLBACK", "ears")]);
        assert!(error.starts_with("PRAXILOOM_STT_FALLBACK: `ears` is none of"));
        let error = refused(&[("PRAXILOOM_STT_FALLBACK", "standin,local")]);
        assert_eq!(error, "PRAXILOOM_STT_FALLBACK: `local` is named twice");
        let error = refused(&[("PRAXILOOM_STT_FALLBACK", "openai")]);
        assert_eq!(
            error,
            "openai.key (by default): must be set for stt.fallback = openai"
        );
    }
}
