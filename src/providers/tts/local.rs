//! The voice that needs no key: flite where the language is English, espeak-ng elsewhere.

use futures::future::BoxFuture;

use super::espeak::{Espeak, EspeakSettings};
use super::flite::{Flite, FliteSettings, Persona};
use super::{EngineInfo, ProviderError, Speaking, TextToSpeech, Voice, VoiceRequest};

/// Its name in the configuration.
pub const NAME: &str = "local";

/// Both local engines behind one door.
#[derive(Debug)]
pub struct Local {
    flite: Flite,
    /// Or why there are no other languages.
    espeak: Result<Espeak, ProviderError>,
}

impl Local {
    /// Starts both. Without espeak-ng there is English alone, and whoever asks for another
    /// language is told why.
    ///
    /// # Errors
    ///
    /// As [`Flite::start`].
    pub async fn start(
        flite: FliteSettings,
        espeak: EspeakSettings,
    ) -> Result<Self, ProviderError> {
        let espeak = Espeak::start(espeak).await;
        if let Err(error) = &espeak {
            tracing::warn!(error = %error, "speaking English only");
        }
        Ok(Self {
            flite: Flite::start(flite)?,
            espeak,
        })
    }

    /// The engine of the other languages, which also knows how words are pronounced.
    #[cfg(feature = "sherpa")]
    pub(super) fn espeak(&self) -> Result<&Espeak, ProviderError> {
        self.espeak.as_ref().map_err(Clone::clone)
    }
}

impl TextToSpeech for Local {
    fn info(&self) -> EngineInfo {
        let note = match &self.espeak {
            Ok(_) => "Speaks English clearly and other languages robotically, on this machine.",
            Err(_) => "Speaks English on this machine; clear, but plainly a computer.",
        };
        EngineInfo {
            name: NAME.to_owned(),
            processor: None,
            note: note.to_owned(),
        }
    }

    fn voices(&self) -> Vec<Voice> {
        let mut voices = self.flite.voices();
        if let Ok(espeak) = &self.espeak {
            voices.extend(espeak.voices());
        }
        voices
    }

    fn open(&self, mut request: VoiceRequest) -> BoxFuture<'_, Result<Speaking, ProviderError>> {
        let english = request.language.as_deref().is_none_or(is_english);
        let voice = request.voice.to_ascii_lowercase();
        match &self.espeak {
            Ok(espeak) if espeak.has(&voice) => espeak.open(request),
            _ if english => self.flite.open(request),
            Ok(espeak) => {
                request.voice = Persona::named(&voice).abroad.to_owned();
                espeak.open(request)
            }
            Err(error) => Box::pin(std::future::ready(Err(error.clone()))),
        }
    }
}

fn is_english(language: &str) -> bool {
    let primary = language.split('-').next().unwrap_or_default();
    primary.eq_ignore_ascii_case("en")
}

#[cfg(test)]
mod tests {
    use super::super::flite::PERSONAS;
    use super::*;

    #[tokio::test]
    async fn every_english_voice_has_a_stand_in_abroad() {
        let espeak = Espeak::start(EspeakSettings::default()).await.unwrap();
        for persona in &PERSONAS {
            assert!(espeak.has(persona.abroad), "{}", persona.name);
        }
    }

    #[tokio::test]
    async fn without_espeak_english_goes_on_and_others_are_told_why() {
        let espeak = EspeakSettings {
            program: "no-such-program".into(),
            ..EspeakSettings::default()
        };
        let local = Local::start(FliteSettings::default(), espeak)
            .await
            .unwrap();
        let request = |language: Option<&str>| VoiceRequest {
            voice: "hazel".to_owned(),
            language: language.map(str::to_owned),
            speed: 1.0,
            witness: crate::disclosure::Witness::default(),
        };
        assert!(local.open(request(None)).await.is_ok());
        assert!(local.open(request(Some("en-GB"))).await.is_ok());
        let error = local.open(request(Some("de"))).await.unwrap_err();
        assert!(error.to_string().contains("espeak-ng"), "{error}");
    }
}
