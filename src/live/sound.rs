//! What sound looks like on the wire: the client's voice in the session's output format.

use bytes::Bytes;
use media::g711::{self, Law};
use media::opus::{Encoder, EncoderSettings, OpusError};
use media::pcm;
use media::resample::{ResampleError, Resampler};
use signaling::event::audio::AudioFormat;

use crate::providers::tts::RATE;

/// Why sound could not be brought into a format.
#[derive(Debug, thiserror::Error)]
pub enum SoundError {
    /// The Opus codec failed.
    #[error(transparent)]
    Opus(#[from] OpusError),
    /// The resampler failed.
    #[error(transparent)]
    Resample(#[from] ResampleError),
}

/// How much is computed for the sound of a packet: libopus' complexity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// As much as pays: a second of voice costs about 9 ms.
    Full,
    /// A third of that. Nothing above 8 kHz is left of the voice.
    Least,
}

impl Effort {
    const fn complexity(self) -> i32 {
        match self {
            Self::Full => 5,
            Self::Least => 1,
        }
    }
}

/// Turns frames of 20 ms at 24 kHz into what the link sends.
#[derive(Debug)]
pub enum Encoding {
    /// Opus packets (WebRTC).
    Opus(Box<Encoder>),
    /// PCM16, little-endian, 24 kHz.
    Pcm,
    /// G.711, 8 kHz.
    G711(Law, Box<Resampler>),
}

impl Encoding {
    /// Opus with forward error correction.
    ///
    /// # Errors
    /// If the codec cannot be set up.
    pub fn opus(settings: EncoderSettings) -> Result<Self, SoundError> {
        Ok(Self::Opus(Box::new(Encoder::new(settings)?)))
    }

    /// The encoding for a format of the session.
    ///
    /// # Errors
    /// If the resampler cannot be set up.
    pub fn of(format: AudioFormat) -> Result<Self, SoundError> {
        let g711 = |law| Ok(Self::G711(law, Box::new(Resampler::new(RATE, g711::RATE)?)));
        match format {
            AudioFormat::Pcm => Ok(Self::Pcm),
            AudioFormat::Pcmu => g711(Law::Mu),
            AudioFormat::Pcma => g711(Law::A),
        }
    }

    /// Encodes one frame; the `last` one before a silence brings out all of its sound.
    ///
    /// # Errors
    /// If the codec fails.
    pub fn encode(&mut self, frame: &[i16], last: bool) -> Result<Bytes, SoundError> {
        match self {
            Self::Opus(encoder) => Ok(Bytes::copy_from_slice(encoder.encode(frame)?)),
            Self::Pcm => {
                let mut bytes = Vec::with_capacity(frame.len() * 2);
                pcm::write(frame, &mut bytes);
                Ok(bytes.into())
            }
            Self::G711(law, resampler) => {
                let mut samples = Vec::with_capacity(frame.len());
                resampler.process(frame, &mut samples)?;
                if last {
                    resampler.flush(&mut samples)?;
                }
                let mut bytes = Vec::with_capacity(samples.len());
                law.encode(&samples, &mut bytes);
                Ok(bytes.into())
            }
        }
    }

    /// Computes so much for the sound from now on.
    ///
    /// # Errors
    /// If the codec fails.
    pub fn make(&mut self, effort: Effort) -> Result<(), SoundError> {
        if let Self::Opus(encoder) = self {
            encoder.set_complexity(effort.complexity())?;
        }
        Ok(())
    }

    /// Forgets sound that has not come out: nobody is to hear it any more.
    pub fn cut(&mut self) {
        if let Self::G711(_, resampler) = self {
            resampler.reset();
        }
    }
}
