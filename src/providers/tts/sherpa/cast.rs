//! Which speaker of a model takes which of our voices.

/// Speakers of Kokoro, by how many there are: for each of `flite::PERSONAS` in turn one of the
/// same sex and country.
const KOKORO: [(i32, [i32; 7]); 2] = [
    // am_michael, af_bella, bm_george, af_sky, am_adam, bm_lewis, af_sarah
    (11, [6, 1, 9, 4, 5, 10, 3]),
    // am_michael, af_heart, bm_george, af_sky, am_adam, bm_lewis, af_kore
    (53, [16, 3, 26, 10, 11, 27, 5]),
];

/// The speaker, of so many, for the voice that is the `at`th of ours.
pub(super) fn speaker(at: usize, speakers: i32) -> i32 {
    let known = KOKORO.iter().find(|(count, _)| *count == speakers);
    match known.and_then(|(_, cast)| cast.get(at)) {
        Some(speaker) => *speaker,
        None => i32::try_from(at).unwrap_or(0) % speakers.max(1),
    }
}

#[cfg(test)]
mod tests {
    use super::super::PERSONAS;
    use super::*;

    #[test]
    fn every_voice_has_a_speaker_and_as_many_differ_as_there_are() {
        for speakers in [-1, 0, 1, 2, 11, 53, 904] {
            let cast = (0..PERSONAS.len()).map(|at| speaker(at, speakers));
            let mut cast: Vec<i32> = cast.collect();
            assert!(cast.iter().all(|one| (0..speakers.max(1)).contains(one)));
            cast.sort_unstable();
            cast.dedup();
            let most = usize::try_from(speakers.max(1)).unwrap();
            assert_eq!(cast.len(), PERSONAS.len().min(most), "{speakers}");
        }
    }
}
