//! The local recogniser: Debian's pocketsphinx, a small pool of decoders lent to whoever speaks.

mod arpa;
mod ear;
#[expect(
    unsafe_code,
    reason = "pocketsphinx is a C library; this module is all that touches it"
)]
mod ffi;
mod pool;
mod pronounce;
mod voice;
mod words;

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use tokio::sync::mpsc;

use self::arpa::Trigrams;
use self::ffi::DecoderError;
use self::pool::{Pool, Recipe};
use self::voice::Voice;
use self::words::Expected;
#[cfg(test)]
use self::words::PLACEHOLDER;
use super::local::{RATE, Speaker, Stream};
use super::{ListenRequest, Listening, QUEUE, SpeechToText};
use crate::providers::{EngineInfo, ProviderError};

/// Its name in the configuration.
pub const NAME: &str = "pocketsphinx";

/// What coaches say.
const COACHING: &str = include_str!("coaching.txt");

/// How the local recogniser is set up.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// How many people can be listened to at the same time; others wait and are caught up about
    /// nine times faster than they speak. Each costs 100 MB, the second and further ones from
    /// when they are first needed.
    pub decoders: usize,
    /// Folder with the models: `en-us` (acoustic), `cmudict-en-us.dict` and `en-us.lm.bin`.
    pub models: PathBuf,
    /// Weight of the coaching language model beside the general one; 0 leaves it out, and the
    /// names that a session expects with it. The
    /// library mixes probabilities that are raised to the language weight (6.5), so that useful
    /// ones are tiny: 1e-5 already makes free talk three points of word error rate worse.
    pub coaching: f32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            decoders: 2,
            models: PathBuf::from("/usr/share/pocketsphinx/model/en-us"),
            coaching: 1e-8,
        }
    }
}

/// The local recogniser. Dropping it and its streams ends its threads and frees the decoders.
#[derive(Debug)]
pub struct Pocketsphinx {
    pool: Arc<Pool>,
}

impl Pocketsphinx {
    /// Loads the models and starts the first decoder, which blocks for some tenths of a second.
    ///
    /// # Errors
    /// The models are missing or broken, or the temporary folder cannot be written.
    pub fn start(settings: &Settings) -> Result<Self, ProviderError> {
        let coaching = match settings.coaching {
            weight if weight > 0.0 && weight < 1.0 => Some((coaching_model()?, weight)),
            0.0 => None,
            weight => {
                return Err(ProviderError::Unusable {
                    engine: NAME.to_owned(),
                    message: format!("the coaching weight {weight} is not between 0 and 1"),
                });
            }
        };
        let recipe = Recipe {
            acoustic: settings.models.join("en-us"),
            dictionary: settings.models.join("cmudict-en-us.dict"),
            language: settings.models.join("en-us.lm.bin"),
            coaching,
        };
        let pool =
            Pool::start(recipe, settings.decoders).map_err(|error| ProviderError::Unavailable {
                engine: NAME.to_owned(),
                message: format!(
                    "{error} from {} (Debian package pocketsphinx-en-us)",
                    settings.models.display()
                ),
            })?;
        Ok(Self {
            pool: Arc::new(pool),
        })
    }
}

impl SpeechToText for Pocketsphinx {
    fn info(&self) -> EngineInfo {
        EngineInfo {
            name: NAME.to_owned(),
            processor: None,
            note: "Listens on this machine, nothing leaves it. It is a demonstration: it mishears \
                   about one word in four of clear English and most of a free conversation."
                .to_owned(),
        }
    }

    fn open(&self, request: ListenRequest) -> BoxFuture<'_, Result<Listening, ProviderError>> {
        async move {
            if let Some(language) = request.language.filter(|language| !is_english(language)) {
                return Err(ProviderError::Rejected {
                    engine: NAME.to_owned(),
                    message: format!("it understands English only, not {language:?}"),
                });
            }
            let (input, inputs) = mpsc::channel(QUEUE);
            let (outputs, output) = mpsc::channel(QUEUE);
            let voice = Voice::new(Expected::parse(&request.expect));
            let pool = Arc::clone(&self.pool);
            let submit = move |segment| pool.submit(segment);
            let stream = Stream::new(NAME, Speaker::new(voice, outputs), submit);
            tokio::spawn(stream.run(inputs));
            Ok(Listening { input, output })
        }
        .boxed()
    }
}

fn is_english(language: &str) -> bool {
    let primary = language.split(['-', '_']).next().unwrap_or_default();
    primary.eq_ignore_ascii_case("en")
}

fn coaching_model() -> Result<tempfile::NamedTempFile, ProviderError> {
    // The library reads models from files only, and knows this kind by its ending.
    let write = || {
        let mut file = tempfile::Builder::new()
            .prefix("coaching")
            .suffix(".lm")
            .tempfile()?;
        file.write_all(Trigrams::count(COACHING).arpa().as_bytes())?;
        file.flush()?;
        Ok(file)
    };
    write().map_err(|error: std::io::Error| ProviderError::Unavailable {
        engine: NAME.to_owned(),
        message: format!("the coaching language model cannot be written: {error}"),
    })
}

fn unavailable(error: &DecoderError) -> ProviderError {
    ProviderError::Unavailable {
        engine: NAME.to_owned(),
        message: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::providers::stt::conformance::{self, say, spoken, until_final};
    use media::Position;

    fn engine() -> Pocketsphinx {
        Pocketsphinx::start(&Settings::default()).expect("install pocketsphinx-en-us")
    }

    #[tokio::test]
    async fn is_a_recogniser_like_every_other() {
        let engine = engine();
        conformance::all(&engine).await;
        assert_eq!(
            engine.pool.threads(),
            2,
            "no more decoders than were asked for"
        );
    }

    #[tokio::test]
    async fn understands_a_coach_in_the_session_s_own_words() {
        let engine = engine();
        let expect = vec!["Maya".to_owned(), "Xanthippia".to_owned()];
        let language = Some("en-GB".to_owned());
        let request = ListenRequest {
            language,
            expect,
            ..ListenRequest::default()
        };
        for (name, said) in [
            ("begin", "what would you like to talk about today"),
            ("goal", "will you know that this session was useful"),
        ] {
            let mut stream = engine.open(request.clone()).await.unwrap();
            say(&stream, 0, Position::ZERO, &spoken(name)).await;
            let heard = until_final(&mut stream).await.last.text();
            // It may mishear how a sentence begins.
            assert!(heard.ends_with(said), "{heard}");
        }
    }

    #[tokio::test]
    async fn hears_the_name_that_a_session_expects() {
        let engine = engine();
        let expect = ["Tom", "Maya"].map(str::to_owned).to_vec();
        let mut said = Vec::new();
        for expect in [expect, Vec::new()] {
            let language = None;
            let request = ListenRequest {
                language,
                expect,
                ..ListenRequest::default()
            };
            let mut stream = engine.open(request).await.unwrap();
            say(&stream, 0, Position::ZERO, &spoken("name")).await;
            said.push(until_final(&mut stream).await.last.text());
        }
        assert!(said[0].contains("Maya what"), "{}", said[0]);
        // The decoder still knows it; whoever does not expect it reads it as a plain word.
        assert!(!said[1].contains("Maya"), "{}", said[1]);
    }

    #[tokio::test]
    async fn its_threads_end_with_it() {
        let engine = engine();
        let ended = engine.pool.watch();
        let mut stream = engine.open(ListenRequest::default()).await.unwrap();
        say(&stream, 0, Position::ZERO, &spoken("begin")).await;
        drop(engine);
        assert!(
            !until_final(&mut stream).await.last.words.is_empty(),
            "a session goes on"
        );
        drop(stream);
        let begun = Instant::now();
        while !ended() {
            assert!(begun.elapsed() < Duration::from_secs(20), "a thread stays");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    #[tokio::test]
    async fn refuses_what_it_cannot_do() {
        let nowhere = Settings {
            models: PathBuf::from("/nowhere"),
            ..Settings::default()
        };
        let error = Pocketsphinx::start(&nowhere)
            .map(|_| ())
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("/nowhere") && error.contains("pocketsphinx-en-us"),
            "{error}"
        );
        let heavy = Settings {
            coaching: 2.0,
            ..Settings::default()
        };
        assert!(matches!(
            Pocketsphinx::start(&heavy),
            Err(ProviderError::Unusable { .. })
        ));
        let request = ListenRequest {
            language: Some("fi".to_owned()),
            ..ListenRequest::default()
        };
        let refused = engine().open(request).await.map(|_| ());
        assert!(matches!(refused, Err(ProviderError::Rejected { .. })));
    }

    #[test]
    fn every_word_of_the_coaching_sentences_is_in_the_dictionary() {
        let file = Settings::default().models.join("cmudict-en-us.dict");
        let dictionary = std::fs::read_to_string(file).expect("install pocketsphinx-en-us");
        let known: std::collections::HashSet<&str> = dictionary
            .lines()
            .filter_map(|line| line.split_whitespace().next())
            .collect();
        let model = Trigrams::count(COACHING);
        let unknown: Vec<&str> = model
            .vocabulary()
            .into_iter()
            .filter(|word| !word.starts_with('<') && *word != PLACEHOLDER && !known.contains(word))
            .collect();
        assert_eq!(unknown, Vec::<&str>::new());
    }
}
