//! Voices in a hundred languages by the espeak-ng command, one short process per piece.
//!
//! The program is under the GPL and keeps global state, so it is run and never linked. It states
//! no word times; they are estimated: a piece's sound is shared out by the length of its words,
//! which is right to about a syllable.

mod process;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use self::process::{run, sound};
use super::piece::share;
use super::stream::{Made, Piece, Reader, open};
use super::text::Written;
use super::{EngineInfo, ProviderError, Speaking, TextToSpeech, Voice, VoiceRequest};

/// Its name in the configuration.
pub const NAME: &str = "espeak-ng";

/// The program's own pace in words per minute, and the slowest that it can do.
const PACE: f32 = 175.0;
const SLOWEST: f32 = 80.0;

/// Longest piece in bytes.
const PIECE: usize = 300;

/// Longest word in characters; a longer one is read with breaks.
const WORD: usize = 60;

/// How the program is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EspeakSettings {
    /// The program, as a path or a name to be found in `PATH`.
    pub program: OsString,
    /// How many processes may run at once.
    pub processes: usize,
    /// How long a process may take.
    pub patience: Duration,
    /// How far ahead of its listener a sentence is made; then it waits.
    pub lead: Duration,
}

impl Default for EspeakSettings {
    fn default() -> Self {
        Self {
            program: "espeak-ng".into(),
            processes: 2,
            patience: Duration::from_secs(5),
            lead: Duration::from_secs(10),
        }
    }
}

/// The espeak-ng engine.
#[derive(Clone, Debug)]
pub struct Espeak {
    settings: Arc<EspeakSettings>,
    languages: Arc<BTreeSet<String>>,
    processes: Arc<Semaphore>,
}

/// A voice: one of the program's variants and the gain that brings it to −20 dBFS.
struct Variant {
    name: &'static str,
    variant: &'static str,
    description: &'static str,
    gain: f32,
}

const VARIANTS: [Variant; 4] = [
    Variant {
        name: "alder",
        variant: "m3",
        description: "Robotic, low",
        gain: 1.03,
    },
    Variant {
        name: "ivy",
        variant: "f2",
        description: "Robotic, middle",
        gain: 0.86,
    },
    Variant {
        name: "birch",
        variant: "m7",
        description: "Robotic, low and dry",
        gain: 0.88,
    },
    Variant {
        name: "fern",
        variant: "f4",
        description: "Robotic, high",
        gain: 0.88,
    },
];

impl Espeak {
    /// Asks the program which languages it speaks.
    ///
    /// # Errors
    ///
    /// [`ProviderError::Unavailable`] if it is not installed or does not answer sensibly,
    /// [`ProviderError::TimedOut`] if it does not answer.
    pub async fn start(settings: EspeakSettings) -> Result<Self, ProviderError> {
        let arguments = [OsString::from("--voices")];
        let listing = run(&settings, &arguments, "").await?;
        let languages: BTreeSet<_> = String::from_utf8_lossy(&listing)
            .lines()
            .skip(1)
            .filter_map(|line| line.split_whitespace().nth(1).map(str::to_ascii_lowercase))
            .collect();
        if languages.is_empty() {
            return Err(unavailable("it lists no languages"));
        }
        Ok(Self {
            processes: Arc::new(Semaphore::new(settings.processes.max(1))),
            settings: Arc::new(settings),
            languages: Arc::new(languages),
        })
    }

    /// Whether it has a voice of that name.
    pub(super) fn has(&self, voice: &str) -> bool {
        VARIANTS.iter().any(|variant| variant.name == voice)
    }

    /// How lines are pronounced in a language, in the international phonetic alphabet: a line for
    /// each, unless the program divides one further.
    #[cfg(feature = "sherpa")]
    pub(super) async fn phonemes(
        &self,
        language: &str,
        lines: &[String],
    ) -> Result<Vec<String>, ProviderError> {
        let Some(language) = self.language(language) else {
            return Err(unavailable(format!(
                "it does not know the language {language:?}"
            )));
        };
        let flags = ["--stdin", "-q", "--ipa", "-b1"].map(OsString::from);
        let voice = format!("-v{language}").into();
        let arguments: Vec<OsString> = flags.into_iter().chain([voice]).collect();
        let Ok(_permit) = self.processes.acquire().await else {
            return Err(unavailable("it is shutting down"));
        };
        // A line on its own is read to its end before the next begins.
        let text = lines.join("\n\n") + "\n";
        let read = run(&self.settings, &arguments, &text).await?;
        let read = String::from_utf8_lossy(&read);
        let lines = read.lines().map(str::trim).filter(|line| !line.is_empty());
        Ok(lines.map(str::to_owned).collect())
    }

    /// The program's name for a BCP 47 language.
    fn language(&self, wanted: &str) -> Option<&str> {
        let wanted = wanted.to_ascii_lowercase();
        let primary = wanted.split('-').next().unwrap_or_default();
        let known = |name: &str| self.languages.get(name).map(String::as_str);
        let beginning = |primary: &str| {
            let region = format!("{primary}-");
            let first = self.languages.range(region.clone()..).next();
            first
                .filter(|name| name.starts_with(&region))
                .map(String::as_str)
        };
        let own = match primary {
            "en" => "en-us",
            "fr" => "fr-fr",
            "no" => "nb",
            "zh" => "cmn",
            other => other,
        };
        known(&wanted)
            .or_else(|| known(own))
            .or_else(|| beginning(primary))
    }
}

impl TextToSpeech for Espeak {
    fn info(&self) -> EngineInfo {
        EngineInfo {
            name: NAME.to_owned(),
            processor: None,
            note: "Speaks many languages on this machine; understandable, but robotic.".to_owned(),
        }
    }

    fn voices(&self) -> Vec<Voice> {
        let voice = |variant: &Variant| Voice {
            name: variant.name.to_owned(),
            language: "mul".to_owned(),
            description: variant.description.to_owned(),
        };
        VARIANTS.iter().map(voice).collect()
    }

    fn open(&self, request: VoiceRequest) -> BoxFuture<'_, Result<Speaking, ProviderError>> {
        let wanted = request.language.as_deref().unwrap_or("en");
        let opened = match self.language(wanted) {
            None => Err(ProviderError::Rejected {
                engine: NAME.to_owned(),
                message: format!("it does not speak the language {wanted:?}"),
            }),
            Some(language) => {
                let variant = VARIANTS
                    .iter()
                    .find(|variant| variant.name.eq_ignore_ascii_case(&request.voice))
                    .unwrap_or(&VARIANTS[0]);
                let pace = (PACE * request.pace()).max(SLOWEST);
                let reader = Speaker {
                    engine: self.clone(),
                    arguments: Arc::new([
                        "--stdin".into(),
                        "--stdout".into(),
                        "-z".into(),
                        "-b1".into(),
                        format!("-s{pace:.0}").into(),
                        format!("-v{language}+{}", variant.variant).into(),
                    ]),
                    gain: variant.gain,
                };
                Ok(open(reader, self.settings.lead, request.witness))
            }
        };
        Box::pin(std::future::ready(opened))
    }
}

struct Speaker {
    engine: Espeak,
    arguments: Arc<[OsString; 6]>,
    gain: f32,
}

impl Reader for Speaker {
    fn name(&self) -> &'static str {
        NAME
    }

    fn limit(&self) -> usize {
        PIECE
    }

    fn read(&self, words: &[Written], _due: Instant) -> Piece {
        let mut text = String::new();
        for word in words {
            for (at, character) in word.reading.chars().enumerate() {
                if at > 0 && at % WORD == 0 {
                    text.push(' ');
                }
                text.push(character);
            }
            text.push(' ');
        }
        let words: Vec<_> = words
            .iter()
            .map(|word| (word.range.clone(), word.reading.chars().count()))
            .collect();
        let engine = self.engine.clone();
        let arguments = Arc::clone(&self.arguments);
        let gain = self.gain;
        let made = async move {
            let Ok(_permit) = engine.processes.acquire().await else {
                return vec![Err(unavailable("it is shutting down"))];
            };
            let sound = match run(&engine.settings, &*arguments, &text).await {
                Ok(wave) => sound(&wave, gain),
                Err(error) => Err(error),
            };
            match sound {
                Err(error) => vec![Err(error)],
                Ok((samples, voiced)) => {
                    let words = share(words, voiced);
                    vec![Ok(Made::Words(words)), Ok(Made::Audio(samples))]
                }
            }
        };
        stream::once(made).flat_map(stream::iter).boxed()
    }
}

fn unavailable(message: impl std::fmt::Display) -> ProviderError {
    ProviderError::Unavailable {
        engine: NAME.to_owned(),
        message: message.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn languages_are_found_by_their_usual_names() {
        let espeak = Espeak::start(EspeakSettings::default()).await.unwrap();
        for (wanted, own) in [
            ("de-AT", Some("de")),
            ("pt-BR", Some("pt-br")),
            ("fr", Some("fr-fr")),
            ("zh-Hans", Some("cmn")),
            ("en", Some("en-us")),
            ("-v", None),
            ("tlh", None),
            ("", None),
        ] {
            assert_eq!(espeak.language(wanted), own, "{wanted}");
        }
    }

    #[tokio::test]
    async fn a_missing_program_is_named() {
        let settings = EspeakSettings {
            program: "no-such-program".into(),
            ..EspeakSettings::default()
        };
        let error = Espeak::start(settings).await.unwrap_err();
        assert!(error.to_string().contains("not installed"), "{error}");
    }
}
