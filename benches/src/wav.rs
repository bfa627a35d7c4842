//! Recordings to samples and frames.

use std::path::Path;
use std::time::Duration;

use media::level::rms_dbfs;
use media::resample::Resampler;

use crate::BenchError;

/// The rate at which clients speak, in hertz.
pub const RATE: u32 = 24_000;

/// 20 ms at [`RATE`].
pub type Frame = [i16; RATE as usize / 50];

/// Quieter than this, in dBFS, is not part of an utterance.
const QUIET: f32 = -35.0;

/// The samples of a mono file at `rate` hertz.
///
/// # Errors
/// If it is not a mono 16-bit WAV file or cannot be resampled.
pub fn read(path: &Path, rate: u32) -> Result<Vec<i16>, BenchError> {
    let refused = |error: &dyn std::fmt::Display| {
        BenchError::Recording(format!("{}: {error}", path.display()))
    };
    let mut wave = hound::WavReader::open(path).map_err(|error| refused(&error))?;
    let spec = wave.spec();
    if spec.channels != 1 || spec.bits_per_sample != 16 {
        return Err(refused(&"not mono with 16 bits"));
    }
    let samples: Result<Vec<i16>, _> = wave.samples().collect();
    let samples = samples.map_err(|error| refused(&error))?;
    if spec.sample_rate == rate {
        return Ok(samples);
    }
    let mut resampler = Resampler::new(spec.sample_rate, rate).map_err(|error| refused(&error))?;
    let mut out = Vec::new();
    let done = resampler.process(&samples, &mut out);
    done.and_then(|()| resampler.flush(&mut out))
        .map_err(|error| refused(&error))?;
    Ok(out)
}

/// An utterance of at most `longest` with sharp ends: from the first frame that is loud to the
/// last, so that its end is known to the frame.
///
/// # Errors
/// If nothing in it is loud.
pub fn utterance(samples: &[i16], longest: Duration) -> Result<Vec<Frame>, BenchError> {
    let (frames, _) = samples.as_chunks::<{ RATE as usize / 50 }>();
    let loud = |frame: &Frame| rms_dbfs(frame) > QUIET;
    let first = frames.iter().position(loud);
    let first = first.ok_or_else(|| BenchError::Recording("nothing is said in it".to_owned()))?;
    let most = (longest.as_millis() / 20) as usize;
    let spoken = &frames[first..frames.len().min(first + most)];
    let last = spoken.iter().rposition(loud).unwrap_or(0);
    Ok(spoken[..=last].to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_utterance_begins_and_ends_with_sound() {
        let mut samples = vec![0; 4800];
        samples.extend([9000; 9600]);
        samples.extend([0; 9600]);
        let spoken = utterance(&samples, Duration::from_secs(2)).unwrap();
        assert_eq!(spoken.len(), 20);
        assert_eq!(
            utterance(&samples, Duration::from_millis(100))
                .unwrap()
                .len(),
            5
        );
        assert!(utterance(&[0; 4800], Duration::from_secs(1)).is_err());
    }
}
