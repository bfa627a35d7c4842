//! What a microphone sends, as samples at the rate of the recogniser.

use media::g711::{self, Law};
use media::jitter::{JitterBuffer, JitterSettings};
use media::opus::Decoder;
use media::pcm::PcmReader;
use media::resample::{ResampleError, Resampler};
use signaling::event::audio::AudioFormat;

use super::RATE;
use crate::live::sound::SoundError;

/// What a microphone sends.
#[derive(Debug)]
pub(super) enum Source {
    /// Opus packets.
    Packets {
        jitter: Box<JitterBuffer<bytes::Bytes>>,
        decoder: Box<Decoder>,
    },
    /// Bytes in a format of the session.
    Bytes(Box<Reader>),
}

/// Reads bytes.
#[derive(Debug)]
pub(super) struct Reader {
    pcm: PcmReader,
    law: Option<Law>,
    resampler: Resampler,
    samples: Vec<i16>,
}

impl Source {
    pub(super) fn packets() -> Result<Self, SoundError> {
        let jitter = Box::new(JitterBuffer::new(JitterSettings::default()));
        let decoder = Box::new(Decoder::new(RATE)?);
        Ok(Self::Packets { jitter, decoder })
    }

    pub(super) fn bytes(format: AudioFormat) -> Result<Self, SoundError> {
        let (law, rate) = match format {
            AudioFormat::Pcm => (None, format.rate()),
            AudioFormat::Pcmu => (Some(Law::Mu), g711::RATE),
            AudioFormat::Pcma => (Some(Law::A), g711::RATE),
        };
        Ok(Self::Bytes(Box::new(Reader {
            pcm: PcmReader::new(),
            law,
            resampler: Resampler::new(rate, RATE)?,
            samples: Vec::new(),
        })))
    }
}

impl Reader {
    /// Appends what these bytes bring out to `sound`.
    pub(super) fn read(&mut self, bytes: &[u8], sound: &mut Vec<i16>) -> Result<(), ResampleError> {
        self.samples.clear();
        match self.law {
            Some(law) => law.decode(bytes, &mut self.samples),
            None => self.pcm.read(bytes, &mut self.samples),
        }
        self.resampler.process(&self.samples, sound)
    }

    /// Appends what is still inside to `sound`.
    pub(super) fn flush(&mut self, sound: &mut Vec<i16>) -> Result<(), ResampleError> {
        self.resampler.flush(sound)
    }
}
