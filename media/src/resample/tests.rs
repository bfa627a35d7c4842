//! Tests of the resampler.

use proptest::prelude::*;

use super::*;
use crate::level::rms_dbfs;
use crate::signal::{amplitude, sine};

const PAIRS: [(u32, u32); 7] = [
    (24_000, 16_000),
    (8000, 16_000),
    (24_000, 8000),
    (24_000, 48_000),
    (48_000, 16_000),
    (8000, 24_000),
    (22_050, 24_000),
];

fn convert(from: u32, to: u32, input: &[i16]) -> Vec<i16> {
    let (mut resampler, mut out) = (Resampler::new(from, to).unwrap(), Vec::new());
    resampler.process(input, &mut out).unwrap();
    resampler.flush(&mut out).unwrap();
    out
}

#[test]
fn tones_in_the_pass_band_keep_level_and_place() {
    for (from, to) in PAIRS {
        let half = f64::from(from.min(to)) / 2.0;
        for share in [0.05, 0.25, 0.5, 0.85] {
            let hertz = half * share;
            let input = sine(hertz, from, from as usize, 0.5);
            let out = convert(from, to, &input);
            let expected = sine(hertz, to, to as usize, 0.5);
            assert_eq!(out.len(), expected.len());
            let gain = 20.0 * (amplitude(&out, hertz, to) / 0.5).log10();
            assert!(
                gain.abs() < 0.1,
                "{from}→{to}: {hertz} Hz came out at {gain:.2} dB"
            );
            // Sample by sample: aligned in time, not only alike in level.
            let edge = to as usize / 20;
            let error: Vec<i16> = (edge..out.len() - edge)
                .map(|n| out[n] - expected[n])
                .collect();
            assert!(rms_dbfs(&error) < -45.0, "{from}→{to}: {hertz} Hz is off");
        }
    }
}

#[test]
fn nothing_folds_back() {
    for (from, to) in PAIRS.into_iter().filter(|(from, to)| from > to) {
        let half = f64::from(to) / 2.0;
        for share in [1.15, 1.3, 1.6, 1.9] {
            let hertz = half * share;
            if hertz < f64::from(from) / 2.0 {
                let out = convert(from, to, &sine(hertz, from, from as usize, 0.5));
                let middle = &out[out.len() / 10..out.len() * 9 / 10];
                let level = rms_dbfs(middle);
                println!("ALIAS {from}->{to} {share} {level:.1}");
                assert!(level < -89.0, "{from}→{to}: {hertz} Hz left {level:.1} dB");
            }
        }
    }
}

#[test]
fn no_image_appears_above_the_lower_rate() {
    for (from, to, hertz) in [(8000, 16_000, 1000.0), (24_000, 48_000, 3000.0)] {
        let out = convert(from, to, &sine(hertz, from, from as usize, 0.5));
        let image = f64::from(from) - hertz;
        assert!(amplitude(&out, image, to) < 1e-4);
    }
}

#[test]
fn full_scale_clips_and_does_not_wrap() {
    let square: Vec<i16> = (0..24_000)
        .map(|n| if n / 60 % 2 == 0 { i16::MAX } else { i16::MIN })
        .collect();
    let out = convert(24_000, 16_000, &square);
    for (n, pair) in out.windows(2).enumerate() {
        let inside = (n % 40) > 5 && (n % 40) < 34;
        assert!(!inside || (i32::from(pair[0]) - i32::from(pair[1])).abs() < 20_000);
    }
}

#[test]
fn equal_rates_pass_through() {
    let input = sine(440.0, 16_000, 1000, 0.9);
    assert_eq!(convert(16_000, 16_000, &input), input);
    assert_eq!(
        Resampler::new(16_000, 16_000).unwrap().delay(),
        Duration::ZERO
    );
}

#[test]
fn comes_out_within_its_delay() {
    for (from, to) in PAIRS {
        let (mut resampler, mut out) = (Resampler::new(from, to).unwrap(), Vec::new());
        assert!(
            resampler.delay() <= Duration::from_millis(21),
            "{from}→{to}"
        );
        let chunk = sine(300.0, from, from as usize / 50, 0.5);
        for n in 1..=50u32 {
            resampler.process(&chunk, &mut out).unwrap();
            let came = Duration::from_secs(out.len() as u64) / to;
            let went = Duration::from_secs(u64::from(n) * chunk.len() as u64) / from;
            assert!(came + resampler.delay() >= went, "{from}→{to}");
        }
    }
}

#[test]
fn refuses_senseless_rates() {
    for (from, to) in [
        (0, 16_000),
        (16_000, 0),
        (16_000, u32::MAX),
        (16_001, 15_999),
    ] {
        assert!(matches!(
            Resampler::new(from, to),
            Err(ResampleError::Rate { .. })
        ));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn chunks_of_any_size_give_the_same(
        cuts in prop::collection::vec(0usize..1500, 1..30),
        pair in 0..PAIRS.len(),
    ) {
        let (from, to) = PAIRS[pair];
        let input = sine(500.0, from, cuts.iter().sum(), 0.5);
        let (mut resampler, mut out) = (Resampler::new(from, to).unwrap(), Vec::new());
        let mut rest = &input[..];
        // A stream before must leave nothing behind.
        resampler.process(&[12_345; 777], &mut out).unwrap();
        resampler.flush(&mut out).unwrap();
        out.clear();
        for cut in cuts {
            let (chunk, tail) = rest.split_at(cut);
            resampler.process(chunk, &mut out).unwrap();
            rest = tail;
        }
        resampler.flush(&mut out).unwrap();
        prop_assert_eq!(out.len() as u64, (input.len() as u64 * u64::from(to)).div_ceil(u64::from(from)));
        prop_assert_eq!(out, convert(from, to, &input));
    }
}
