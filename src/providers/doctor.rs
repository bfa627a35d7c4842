//! Whether every configured provider is reachable, lets us in, and how long its first answer takes.
//!
//! Each is asked what a session would ask it: a recogniser hears a sentence that the voice of this
//! machine speaks, a model is asked for a word, a voice says one. Nothing of a person is sent.

use std::time::Duration;

use futures::StreamExt;
use media::Position;
use media::resample::Resampler;
use tokio::time::{Instant, sleep, timeout};

use super::llm::{LanguageModel, Message, Prompt, Token};
use super::models::Shelf;
use super::stt::{ListenInput, ListenOutput, ListenRequest, Listening, SpeechToText};
use super::tts::{self, SpeakInput, SpeakOutput, TextToSpeech, VoiceRequest};
use super::{EngineInfo, ProviderError, engines};
use crate::config::{Config, Stt, Tts};
use crate::disclosure::Witness;

/// Longest wait for an answer, beyond what an adapter waits by itself.
const PATIENCE: Duration = Duration::from_secs(30);
/// What recognisers hear and voices say.
const SENTENCE: &str = "What would you like to change?";
/// Sample rate of recognisers, in hertz.
const HEARS: u32 = 16_000;
/// How long a frame lasts, and how many samples it has.
const FRAME: Duration = Duration::from_millis(20);
const FRAME_SAMPLES: usize = 320;

/// What was found out about a provider.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// What it does: `listens`, `thinks` or `speaks`.
    pub does: &'static str,
    /// Its name in the configuration.
    pub name: String,
    /// Who receives the data; `None` if it does not leave this machine.
    pub processor: Option<String>,
    /// Whether nobody named it: it stands in at last when every vendor fails.
    pub last_resort: bool,
    /// How long its first answer took.
    pub answered: Result<Duration, ProviderError>,
}

/// Asks every provider that the configuration names, one after the other.
pub async fn examine(config: &Config) -> Vec<Finding> {
    let mut findings = Vec::new();
    let shelf = Shelf::new(&config.server.data);
    let speech = speech(&shelf).await;
    for settings in &config.stt {
        let started = engines::one_listener(settings, &shelf).await;
        let answered = match (&started, &speech) {
            (Ok(engine), Ok(speech)) => listens(&**engine, speech).await,
            (Err(error), _) | (_, Err(error)) => Err(error.clone()),
        };
        let info = started.map(|engine| engine.info());
        findings.push(Finding {
            last_resort: matches!(settings, Stt::LastResort { .. }),
            ..Finding::of("listens", info, answered)
        });
    }
    for settings in &config.llm {
        let started = engines::one_model(settings);
        let answered = match &started {
            Ok(model) => thinks(&**model).await,
            Err(error) => Err(error.clone()),
        };
        let info = started.map(|model| model.info());
        findings.push(Finding::of("thinks", info, answered));
    }
    for settings in &config.tts {
        let started = engines::one_voice(settings, &shelf).await;
        let answered = match &started {
            Ok(engine) => speaks(&**engine).await.map(|(after, _)| after),
            Err(error) => Err(error.clone()),
        };
        let info = started.map(|engine| engine.info());
        findings.push(Finding {
            last_resort: *settings == Tts::LastResort,
            ..Finding::of("speaks", info, answered)
        });
    }
    findings
}

impl Finding {
    /// Whether it does not work although somebody named it: without a last resort the server
    /// starts all the same.
    #[must_use]
    pub const fn fails(&self) -> bool {
        self.answered.is_err() && !self.last_resort
    }

    /// The finding on a line for people.
    #[must_use]
    pub fn line(&self) -> String {
        let name = match &self.processor {
            Some(processor) => format!("{} [{processor}]", self.name),
            None => self.name.clone(),
        };
        let name = match self.last_resort {
            true => format!("{name}, if every vendor fails"),
            false => name,
        };
        let outcome = match &self.answered {
            Ok(after) => format!("answers after {} ms", after.as_millis()),
            Err(error) => format!("FAILS: {error}"),
        };
        format!("  {:<8} {name}: {outcome}", self.does)
    }

    fn of(
        does: &'static str,
        info: Result<EngineInfo, ProviderError>,
        answered: Result<Duration, ProviderError>,
    ) -> Self {
        let (name, processor) = match info {
            Ok(info) => (info.name, info.processor),
            Err(error) => (error.engine().to_owned(), None),
        };
        Self {
            does,
            name,
            processor,
            last_resort: false,
            answered,
        }
    }
}

/// From the question to the first word.
async fn thinks(model: &dyn LanguageModel) -> Result<Duration, ProviderError> {
    let prompt = Prompt {
        system: "Answer in one word.".to_owned(),
        messages: vec![Message::User("Are you there?".to_owned())],
        max_tokens: Some(16),
        ..Prompt::default()
    };
    model.warm().await;
    let asked = Instant::now();
    let mut tokens = model.respond(prompt).await?;
    while let Some(token) = tokens.next().await {
        if matches!(token?, Token::Text(_)) {
            return Ok(asked.elapsed());
        }
    }
    let message = "it answered without a word".to_owned();
    let engine = model.info().name;
    Err(ProviderError::Unavailable { engine, message })
}

/// From a sentence to its first sound, and all of its sound.
async fn speaks(engine: &dyn TextToSpeech) -> Result<(Duration, Vec<i16>), ProviderError> {
    let voice = engine.voices().into_iter().next();
    let request = VoiceRequest {
        voice: voice.map(|voice| voice.name).unwrap_or_default(),
        language: None,
        speed: 1.0,
        witness: Witness::default(),
    };
    let mut speaking = engine.open(request).await?;
    let asked = Instant::now();
    let text = SENTENCE.to_owned();
    let say = SpeakInput::Say { sentence: 1, text };
    // A stream that ended says why in its output.
    let _ = speaking.input.send(say).await;
    let (mut first, mut sound) = (None, Vec::new());
    let heard = timeout(PATIENCE, async {
        while let Some(output) = speaking.output.recv().await {
            match output {
                SpeakOutput::Audio { samples, .. } => {
                    first.get_or_insert_with(|| asked.elapsed());
                    sound.extend_from_slice(&samples);
                }
                SpeakOutput::Failed { error, .. } => return Err(error),
                SpeakOutput::Done { .. } => break,
                _ => {}
            }
        }
        Ok(())
    });
    let engine = engine.info().name;
    heard.await.map_err(|_| late(&engine))??;
    let first = first.ok_or_else(|| ended(&engine))?;
    Ok((first, sound))
}

/// From the end of a sentence to its words.
async fn listens(engine: &dyn SpeechToText, speech: &[i16]) -> Result<Duration, ProviderError> {
    let name = engine.info().name;
    let segment = 1;
    let from = Position::ZERO;
    let Listening { input, mut output } = engine.open(ListenRequest::default()).await?;
    let said = async {
        let mut at = from;
        // A stream that ended says why in its output.
        let _ = input.send(ListenInput::Begin { segment, from }).await;
        for frame in speech.chunks_exact(FRAME_SAMPLES) {
            let samples = frame.into();
            let _ = input.send(ListenInput::Audio { at, samples }).await;
            at += FRAME;
            // As a microphone would.
            sleep(FRAME).await;
        }
        let _ = input.send(ListenInput::End { segment, to: at }).await;
        Instant::now()
    };
    let heard = async {
        while let Some(heard) = output.recv().await {
            match heard {
                ListenOutput::Final { transcript, .. } if transcript.words.is_empty() => {
                    let message = "it understood nothing of a clear sentence".to_owned();
                    let engine = name.clone();
                    return Err(ProviderError::Unavailable { engine, message });
                }
                ListenOutput::Final { .. } => return Ok(Instant::now()),
                ListenOutput::Failed { error, .. } | ListenOutput::Lost { error } => {
                    return Err(error);
                }
                _ => {}
            }
        }
        Err(ended(&name))
    };
    let both = async { tokio::join!(said, heard) };
    let (ended, heard) = timeout(PATIENCE, both).await.map_err(|_| late(&name))?;
    Ok(heard?.saturating_duration_since(ended))
}

/// A sentence as recognisers hear it, with half a second of silence around it.
async fn speech(shelf: &Shelf) -> Result<Vec<i16>, ProviderError> {
    let voice = engines::one_voice(&Tts::Flite, shelf).await?;
    let (_, sound) = speaks(&*voice).await?;
    let unusable = |error: media::resample::ResampleError| ProviderError::Unusable {
        engine: voice.info().name,
        message: error.to_string(),
    };
    let silence = [0; HEARS as usize / 2];
    let mut speech = silence.to_vec();
    let mut resampler = Resampler::new(tts::RATE, HEARS).map_err(unusable)?;
    resampler.process(&sound, &mut speech).map_err(unusable)?;
    resampler.flush(&mut speech).map_err(unusable)?;
    speech.extend(silence);
    Ok(speech)
}

fn late(engine: &str) -> ProviderError {
    ProviderError::TimedOut {
        engine: engine.to_owned(),
        after: PATIENCE,
    }
}

fn ended(engine: &str) -> ProviderError {
    ProviderError::Unavailable {
        engine: engine.to_owned(),
        message: "it ended without an answer".to_owned(),
    }
}
