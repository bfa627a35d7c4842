//! The model itself: phonemes in, sound out, on threads that may block, a few pieces at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sherpa_onnx::{GenerationConfig, OfflineTts, OfflineTtsConfig};
use tokio::sync::Semaphore;

use crate::providers::ProviderError;
use crate::providers::models::{Family, Model};
use crate::providers::sherpa;
use crate::providers::tts::piece::{Sound, trimmed};

/// Threads that one piece is worth.
const THREADS: usize = 4;

/// Level of speech, as a share of full scale: −20 dBFS.
const LEVEL: f32 = 0.1;

/// A loaded model.
pub(super) struct Synthesis {
    tts: Arc<OfflineTts>,
    turns: Arc<Semaphore>,
    rate: u32,
    model: String,
}

/// Sound as the model made it.
pub(super) struct Raw {
    samples: Vec<i16>,
    rate: u32,
}

impl Synthesis {
    /// Loads a model, which blocks for some seconds.
    pub(super) fn load(model: &Model) -> Result<Self, ProviderError> {
        sherpa::check(model, &[Family::Piper, Family::Kokoro])?;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let threads = cores.min(THREADS);
        let mut config = OfflineTtsConfig::default();
        let file = |part| sherpa::file(model, part).map(Some);
        if model.manifest.family == Family::Kokoro {
            config.model.kokoro.model = file("model")?;
            config.model.kokoro.voices = file("voices")?;
            config.model.kokoro.tokens = file("tokens")?;
            config.model.kokoro.length_scale = 1.0;
        } else {
            config.model.vits.model = file("model")?;
            config.model.vits.tokens = file("tokens")?;
            // What Piper's own program takes.
            config.model.vits.noise_scale = 0.667;
            config.model.vits.noise_scale_w = 0.8;
            config.model.vits.length_scale = 1.0;
        }
        config.model.num_threads = threads as i32;
        config.max_num_sentences = 1;
        sherpa::loading(model);
        let tts = OfflineTts::create(&config).ok_or_else(|| sherpa::not_loaded(model))?;
        let rate = u32::try_from(tts.sample_rate()).unwrap_or(0);
        if !(8000..=96_000).contains(&rate) {
            return Err(sherpa::not_loaded(model));
        }
        Ok(Self {
            tts: Arc::new(tts),
            turns: Arc::new(Semaphore::new((cores / threads).max(1))),
            rate,
            model: model.name.clone(),
        })
    }

    /// How many speakers the model has.
    pub(super) fn speakers(&self) -> i32 {
        self.tts.num_speakers()
    }

    /// Speaks phonemes. Dropping the future stops it.
    pub(super) async fn speak(
        &self,
        speaker: i32,
        pace: f32,
        phonemes: Vec<i32>,
    ) -> Result<Raw, ProviderError> {
        let rate = self.rate;
        if phonemes.is_empty() {
            let samples = Vec::new();
            return Ok(Raw { samples, rate });
        }
        let failed = |why: &str| sherpa::unavailable(format!("model {}: {why}", self.model));
        let turn = Arc::clone(&self.turns).acquire_owned().await;
        let turn = turn.map_err(|_| failed("it is shutting down"))?;
        let wanted = Wanted(Arc::new(AtomicBool::new(true)));
        let still = Arc::clone(&wanted.0);
        let tts = Arc::clone(&self.tts);
        let speaking = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            let config = GenerationConfig {
                sid: speaker,
                speed: pace,
                phoneme_codepoints: Some(vec![phonemes]),
                ..GenerationConfig::default()
            };
            let go_on = move |_: &[f32], _: f32| still.load(Ordering::Relaxed);
            let made = tts.generate_with_config("", &config, Some(go_on))?;
            let sample = |sample: &f32| (sample.clamp(-1.0, 1.0) * 32767.0) as i16;
            Some(made.samples().iter().map(sample).collect())
        });
        let samples: Option<Vec<i16>> = speaking.await.map_err(|_| failed("it broke off"))?;
        let samples = samples.ok_or_else(|| failed("it could not speak a sentence"))?;
        Ok(Raw { samples, rate })
    }
}

/// Says no when it is dropped.
struct Wanted(Arc<AtomicBool>);

impl Drop for Wanted {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

impl Raw {
    /// As the listener gets it.
    pub(super) fn sound(&self, gain: f32) -> Result<Sound, ProviderError> {
        trimmed(&self.samples, self.rate, gain).map_err(sherpa::unavailable)
    }

    /// What brings it to the level of all voices; `None` if there is nothing to hear.
    pub(super) fn gain(&self) -> Option<f32> {
        let (samples, voiced) = self.sound(1.0).ok()?;
        let voiced = samples.get(voiced).filter(|voiced| !voiced.is_empty())?;
        let square = |sample: &i16| f64::from(*sample).powi(2);
        let mean = voiced.iter().map(square).sum::<f64>() / voiced.len() as f64;
        let level = mean.sqrt() as f32 / 32768.0;
        Some((LEVEL / level).clamp(0.1, 10.0))
    }
}
