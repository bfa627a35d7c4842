//! How loud samples are, in decibels relative to full scale.

/// The level given to digital silence, in dBFS: below what sixteen bits can hold.
pub const SILENCE: f32 = -100.0;

/// Root mean square of `samples` in dBFS, where 0 dB is a constant full scale (so that a sine
/// that just does not clip has −3.01 dB). [`SILENCE`] for nothing and for zeros.
#[must_use]
pub fn rms_dbfs(samples: &[i16]) -> f32 {
    if samples.is_empty() {
        return SILENCE;
    }
    let sum: u64 = samples
        .iter()
        .map(|&sample| u64::from(sample.unsigned_abs()).pow(2))
        .sum();
    dbfs((sum as f64 / samples.len() as f64).sqrt() as f32)
}

/// The largest magnitude among `samples` in dBFS; [`SILENCE`] for nothing and for zeros.
#[must_use]
pub fn peak_dbfs(samples: &[i16]) -> f32 {
    let peak = samples.iter().map(|sample| sample.unsigned_abs()).max();
    dbfs(f32::from(peak.unwrap_or(0)))
}

fn dbfs(magnitude: f32) -> f32 {
    (20.0 * (magnitude / 32_768.0).log10()).max(SILENCE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::sine;

    #[test]
    fn a_sine_has_its_known_level() {
        let tone = sine(1000.0, 16_000, 16_000, 0.5);
        assert!((rms_dbfs(&tone) + 9.03).abs() < 0.01);
        assert!((peak_dbfs(&tone) + 6.02).abs() < 0.01);
    }

    #[test]
    fn extremes_are_finite() {
        assert_eq!(rms_dbfs(&[]), SILENCE);
        assert_eq!(peak_dbfs(&[]), SILENCE);
        assert_eq!(rms_dbfs(&[0; 100]), SILENCE);
        assert_eq!(rms_dbfs(&[i16::MIN; 100]), 0.0);
        assert_eq!(peak_dbfs(&[i16::MIN]), 0.0);
    }
}
