//! What a session cannot do without: the codecs and voice activity alone, on one thread.

use std::hint::black_box;
use std::time::Duration;

use media::Position;
use media::opus::{Decoder, Encoder, EncoderSettings};
use media::resample::Resampler;
use media::vad::{Vad, VadSettings};

use crate::BenchError;
use crate::process::thread_cpu;
use crate::wav::{Frame, RATE};

/// Milliseconds of CPU per second of sound.
#[derive(Clone, Copy, Debug)]
pub struct Floor {
    /// Opus to 16 kHz (WebRTC, way in).
    pub decode: f64,
    /// 24 to 16 kHz (WebSocket, way in).
    pub resample: f64,
    /// Voice activity (both, way in).
    pub vad: f64,
    /// 24 kHz to Opus as the server encodes (WebRTC, way out, while the client speaks).
    pub encode: f64,
}

/// Measures with this speech, again and again for `length` of sound.
///
/// # Errors
/// If a codec fails or CPU time cannot be read.
pub fn measure(speech: &[Frame], length: Duration) -> Result<Floor, BenchError> {
    let frames = || {
        speech
            .iter()
            .cycle()
            .take((length.as_millis() / 20) as usize)
    };
    let failed = |error: &dyn std::fmt::Display| BenchError::Sound(error.to_string());
    let per_second = |spent: Duration| spent.as_secs_f64() * 1000.0 / length.as_secs_f64();

    let mut encoder = Encoder::new(EncoderSettings::default()).map_err(|error| failed(&error))?;
    let mut packets = Vec::new();
    let begun = thread_cpu()?;
    for frame in frames() {
        packets.push(
            encoder
                .encode(frame)
                .map_err(|error| failed(&error))?
                .to_vec(),
        );
    }
    let encode = per_second(thread_cpu()? - begun);

    let mut decoder = Decoder::new(media::vad::RATE).map_err(|error| failed(&error))?;
    let mut heard = Vec::new();
    let begun = thread_cpu()?;
    for packet in &packets {
        heard.clear();
        decoder
            .decode(packet, &mut heard)
            .map_err(|error| failed(&error))?;
        black_box(&heard);
    }
    let decode = per_second(thread_cpu()? - begun);

    let mut resampler = Resampler::new(RATE, media::vad::RATE).map_err(|error| failed(&error))?;
    let begun = thread_cpu()?;
    for frame in frames() {
        heard.clear();
        resampler
            .process(frame, &mut heard)
            .map_err(|error| failed(&error))?;
        black_box(&heard);
    }
    let resample = per_second(thread_cpu()? - begun);

    let mut vad = Vad::new(VadSettings::default());
    let mut activity = Vec::new();
    let mut at = Position::ZERO;
    let window = [0; 320];
    let begun = thread_cpu()?;
    for frame in frames() {
        activity.clear();
        // Two thirds of the samples stand for the same sound at 16 kHz: its cost is the same.
        let samples = frame.get(..window.len()).unwrap_or(&window);
        vad.push(at, samples, &mut activity);
        at += media::FRAME;
        black_box(&activity);
    }
    let vad = per_second(thread_cpu()? - begun);
    Ok(Floor {
        decode,
        resample,
        vad,
        encode,
    })
}
