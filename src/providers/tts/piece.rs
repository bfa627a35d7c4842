//! A piece that an engine speaks as a whole: brought to our rate and level, without the silence
//! around it, and with times of its words by estimate.

use std::ops::Range;

use media::resample::Resampler;

use super::level::amplify;
use super::{RATE, SpokenWord};

/// Silence kept around the words, in samples at [`RATE`]: 20 ms before, 200 ms after.
const BEFORE: usize = 480;
const AFTER: usize = 4800;

/// Quieter than this is silence.
const SILENCE: u16 = 60;

/// Samples at [`RATE`] with little silence around them, and which of them are voiced.
pub(super) type Sound = (Vec<i16>, Range<usize>);

/// Samples at any rate as the listener gets them.
///
/// # Errors
///
/// What the resampler says of the rate.
pub(super) fn trimmed(made: &[i16], rate: u32, gain: f32) -> Result<Sound, String> {
    let mut samples = Vec::with_capacity(made.len() * 12 / 11);
    Resampler::new(rate, RATE)
        .and_then(|mut resampler| {
            resampler.process(made, &mut samples)?;
            resampler.flush(&mut samples)
        })
        .map_err(|error| error.to_string())?;
    let audible = |sample: &i16| sample.unsigned_abs() > SILENCE;
    let (Some(first), Some(last)) = (
        samples.iter().position(audible),
        samples.iter().rposition(audible),
    ) else {
        return Ok((Vec::new(), 0..0));
    };
    samples.truncate(last + 1 + AFTER);
    let cut = first.saturating_sub(BEFORE);
    samples.drain(..cut);
    for sample in &mut samples {
        *sample = amplify(*sample, gain);
    }
    Ok((samples, first - cut..last + 1 - cut))
}

/// Shares the voiced samples out among words by their length: right to about a syllable.
pub(super) fn share(words: Vec<(Range<usize>, usize)>, voiced: Range<usize>) -> Vec<SpokenWord> {
    if voiced.is_empty() {
        return Vec::new();
    }
    let all: usize = words.iter().map(|(_, length)| length).sum();
    let place = |before: usize| (voiced.start + voiced.len() * before / all.max(1)) as u64;
    let mut before = 0;
    words
        .into_iter()
        .map(|(text, length)| {
            let start = place(before);
            before += length;
            SpokenWord {
                text,
                start,
                end: place(before),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_around_the_words_goes_and_the_words_share_the_rest() {
        let mut made = vec![0; 24_000];
        made[6000..18_000].fill(10_000);
        let (samples, voiced) = trimmed(&made, RATE, 0.5).unwrap();
        assert!(
            (12_400..17_700).contains(&samples.len()),
            "{}",
            samples.len()
        );
        assert!(
            voiced.start <= BEFORE && voiced.len() >= 11_900,
            "{voiced:?}"
        );
        assert!(samples[6000].abs_diff(5000) < 50, "{}", samples[6000]);
        let words = share(vec![(0..4, 1), (5..9, 3)], 100..500);
        assert_eq!((words[0].start, words[0].end), (100, 200));
        assert_eq!((words[1].start, words[1].end), (200, 500));
        assert_eq!(trimmed(&[0; 999], RATE, 1.0).unwrap(), (Vec::new(), 0..0));
        assert!(share(vec![(0..4, 1)], 0..0).is_empty());
    }
}
