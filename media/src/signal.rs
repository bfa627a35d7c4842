//! Sounds for the tests of this crate.

use std::f64::consts::TAU;
use std::path::{Path, PathBuf};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// `len` samples of a sine of `hertz` at `rate`, with peak `amplitude` (1.0 is full scale).
pub fn sine(hertz: f64, rate: u32, len: usize, amplitude: f64) -> Vec<i16> {
    (0..len)
        .map(|n| {
            let phase = TAU * hertz * n as f64 / f64::from(rate);
            (phase.sin() * amplitude * 32_767.0).round() as i16
        })
        .collect()
}

/// White noise with a root mean square of `dbfs`.
pub fn noise(seed: u64, len: usize, dbfs: f64) -> Vec<i16> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    // A uniform distribution of half-width a has the root mean square a / √3.
    let half = 32_768.0 * 10f64.powf(dbfs / 20.0) * 3f64.sqrt();
    (0..len)
        .map(|_| (random.random_range(-1.0..1.0) * half).clamp(-32_768.0, 32_767.0) as i16)
        .collect()
}

/// How strong the component of `samples` at `hertz` is, as a peak amplitude (1.0 is full scale).
///
/// Correlates under a Hann window, so that other components do not leak in.
pub fn amplitude(samples: &[i16], hertz: f64, rate: u32) -> f64 {
    let len = samples.len() as f64;
    let (mut re, mut im, mut sum) = (0.0, 0.0, 0.0);
    for (n, &sample) in samples.iter().enumerate() {
        let window = 0.5 - 0.5 * (TAU * n as f64 / len).cos();
        let phase = TAU * hertz * n as f64 / f64::from(rate);
        re += window * f64::from(sample) * phase.cos();
        im += window * f64::from(sample) * phase.sin();
        sum += window;
    }
    2.0 * re.hypot(im) / sum / 32_768.0
}

/// A person's recording (16 kHz mono) from the folder that `PRAXILOOM_SPEECH` names, or from
/// `shared/data/speech` beside the project; `None`, with the reason printed, if it is not there.
pub fn recording(name: &str) -> Option<Vec<i16>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let beside = root
        .ancestors()
        .skip(2)
        .map(|folder| folder.join("shared/data/speech"));
    let named = std::env::var_os("PRAXILOOM_SPEECH").map(PathBuf::from);
    let places = named.into_iter().chain(beside);
    let Some(path) = places
        .map(|folder| folder.join(name))
        .find(|path| path.exists())
    else {
        println!("skipped: no {name} in PRAXILOOM_SPEECH or shared/data/speech beside the project");
        return None;
    };
    let mut reader = hound::WavReader::open(&path).unwrap();
    assert_eq!(reader.spec().channels, 1, "{name} is mono");
    assert_eq!(reader.spec().sample_rate, 16_000, "{name} has 16 kHz");
    Some(
        reader
            .samples::<i16>()
            .map(|sample| sample.unwrap())
            .collect(),
    )
}
