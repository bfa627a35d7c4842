//! Brings voices to one level, −20 dBFS of speech, without clipping.

/// Applies a gain. Above 0.7 of full scale the curve bends, so that no peak is ever cut off.
pub(super) fn amplify(sample: i16, gain: f32) -> i16 {
    const KNEE: f32 = 0.7;
    let level = f32::from(sample) / 32768.0 * gain;
    let magnitude = level.abs();
    let soft = if magnitude <= KNEE {
        magnitude
    } else {
        KNEE + (0.99 - KNEE) * ((magnitude - KNEE) / (0.99 - KNEE)).tanh()
    };
    (soft.copysign(level) * 32768.0) as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amplifying_is_faithful_below_the_knee_and_never_clips() {
        assert_eq!(amplify(10_000, 2.0), 20_000);
        assert_eq!(amplify(-10_000, 0.5), -5_000);
        let loud: Vec<_> = (0..=32_767).map(|n| amplify(n, 3.0)).collect();
        assert!(loud.is_sorted());
        assert!(*loud.last().unwrap() < 32_600);
        assert!(amplify(i16::MIN, 8.0) > -32_600);
    }
}
