//! The voices that the configuration names, started.

use std::sync::Arc;

use super::installed;
use crate::config::{CloudTts, Tts};
use crate::private::Private;
use crate::providers::ProviderError;
use crate::providers::models::{Kind, Shelf};
use crate::providers::tts::cloud::{CloudSettings, cartesia, deepgram, elevenlabs, openai};
use crate::providers::tts::fallback::Fallback;
use crate::providers::tts::local::Local;
use crate::providers::tts::{TextToSpeech, espeak, flite, standin};

/// Starts the voices, of which the first speaks and the others stand in for it. Models that a
/// person brought stand on the shelf. An engine that two names lead to is one; a last resort that
/// cannot work here is none.
///
/// # Errors
///
/// As the engines' own start.
pub async fn voice(
    settings: &[Tts],
    shelf: &Shelf,
) -> Result<Arc<dyn TextToSpeech>, ProviderError> {
    let mut engines: Vec<Arc<dyn TextToSpeech>> = Vec::new();
    for settings in settings {
        let engine = match one_voice(settings, shelf).await {
            Err(error) if *settings == Tts::LastResort => {
                tracing::warn!(%error, "if every vendor fails, nobody on this machine speaks");
                continue;
            }
            engine => engine?,
        };
        let name = engine.info().name;
        if engines.iter().all(|other| other.info().name != name) {
            engines.push(engine);
        }
    }
    match settings {
        // Nothing to be counted, and nobody to stand in.
        [Tts::Local { .. } | Tts::Flite | Tts::StandIn { .. }] => Ok(engines.remove(0)),
        _ => Ok(Arc::new(Fallback::new(engines))),
    }
}

pub(in crate::providers) async fn one_voice(
    settings: &Tts,
    shelf: &Shelf,
) -> Result<Arc<dyn TextToSpeech>, ProviderError> {
    Ok(match settings {
        Tts::Local { model } => match installed::model(shelf, Kind::Tts, model.as_deref())? {
            #[cfg(feature = "sherpa")]
            Some(model) => {
                use crate::providers::tts::sherpa::Sherpa;
                Arc::new(Sherpa::start(model, plain().await?).await?)
            }
            _ => Arc::new(plain().await?),
        },
        Tts::LastResort => Box::pin(one_voice(&Tts::Local { model: None }, shelf)).await?,
        Tts::Flite => Arc::new(plain().await?),
        Tts::ElevenLabs(cloud) => {
            Arc::new(elevenlabs::engine(spoken(elevenlabs::settings, cloud))?)
        }
        Tts::Cartesia(cloud) => Arc::new(cartesia::engine(spoken(cartesia::settings, cloud))?),
        Tts::Deepgram(cloud) => Arc::new(deepgram::engine(spoken(deepgram::settings, cloud))?),
        Tts::OpenAi(cloud) => Arc::new(openai::Speech::new(spoken(openai::settings, cloud))?),
        Tts::StandIn { delay } => Arc::new(standin::Standin::new(standin::StandinSettings {
            delay: *delay,
            ..standin::StandinSettings::default()
        })),
    })
}

async fn plain() -> Result<Local, ProviderError> {
    let flite = flite::FliteSettings::default();
    Local::start(flite, espeak::EspeakSettings::default()).await
}

/// A vendor's usual settings with what the configuration says otherwise.
fn spoken(usual: fn(Private<String>) -> CloudSettings, cloud: &CloudTts) -> CloudSettings {
    let mut settings = usual(cloud.account.key.clone());
    settings.base_url.clone_from(&cloud.account.base_url);
    settings.processor.clone_from(&cloud.account.processor);
    settings.patience.first_sound = cloud.first_sound;
    if let Some(model) = &cloud.model {
        settings.model.clone_from(model);
    }
    for (ours, theirs) in &cloud.voices {
        match settings.voices.iter_mut().find(|(known, _)| known == ours) {
            Some((_, voice)) => voice.clone_from(theirs),
            None => settings.voices.push((ours.clone(), theirs.clone())),
        }
    }
    settings
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::config::Account;
    use crate::providers::tts::local;

    /// Without models.
    fn shelf() -> Shelf {
        Shelf::new(std::path::Path::new("/none"))
    }

    #[tokio::test]
    async fn whoever_may_receive_the_words_is_named() {
        let cloud = |base_url: &str| CloudTts {
            account: Account {
                key: Private::new("letters".to_owned()),
                base_url: base_url.to_owned(),
                processor: None,
            },
            model: None,
            voices: vec![("hazel".to_owned(), "mine".to_owned())],
            first_sound: Duration::from_secs(1),
        };
        let all = [
            Tts::ElevenLabs(cloud("https://api.elevenlabs.io")),
            Tts::Cartesia(cloud("wss://api.cartesia.ai")),
            Tts::Deepgram(cloud("https://api.eu.deepgram.com")),
            Tts::OpenAi(cloud("https://api.openai.com/v1")),
            Tts::LastResort,
            Tts::Flite,
        ];
        let engine = voice(&all, &shelf()).await.unwrap();
        let info = engine.info();
        assert_eq!(info.name, "elevenlabs");
        let processors = "ElevenLabs (api.elevenlabs.io), Cartesia (api.cartesia.ai), \
            Deepgram (api.eu.deepgram.com), OpenAI (api.openai.com)";
        assert_eq!(info.processor.as_deref(), Some(processors));
        let order = "If it fails: cartesia, then deepgram, then openai, then local.";
        assert!(info.note.ends_with(order), "{}", info.note);
        let hazel = engine
            .voices()
            .into_iter()
            .find(|voice| voice.name == "hazel");
        assert!(hazel.unwrap().description.contains("mine"));
    }

    #[tokio::test]
    async fn what_is_named_is_started() {
        let delay = Duration::ZERO;
        let name = voice(&[Tts::Flite], &shelf()).await.unwrap().info().name;
        assert_eq!(name, local::NAME);
        let name = voice(&[Tts::StandIn { delay }], &shelf())
            .await
            .unwrap()
            .info()
            .name;
        assert_eq!(name, standin::NAME);
    }
}
