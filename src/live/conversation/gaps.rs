//! Where the microphone's stream stood still: the timeline goes on there, the protocol's count of
//! audio does not.

use media::Position;

/// How many gaps are told apart; older ones are counted together.
const REMEMBERED: usize = 128;

/// The gaps so far.
#[derive(Debug, Default)]
pub struct Gaps {
    /// Where each begins, and how many samples at 48 kHz are missing up to its end: fewer than none
    /// if more were left out.
    gaps: Vec<(Position, i64)>,
}

impl Gaps {
    /// The stream stood still at `at` for so many samples at 48 kHz.
    pub fn add(&mut self, at: Position, samples: u64) {
        self.note(at, i64::try_from(samples).unwrap_or(i64::MAX));
    }

    /// So many samples at 48 kHz came at `at` and were left out of the timeline.
    pub fn omit(&mut self, at: Position, samples: u64) {
        let samples = i64::try_from(samples).unwrap_or(i64::MAX);
        match self.gaps.last_mut() {
            // Silence is left out frame by frame.
            Some((last, missing)) if *last == at => *missing = missing.saturating_sub(samples),
            _ => self.note(at, -samples),
        }
    }

    fn note(&mut self, at: Position, samples: i64) {
        let before = self.gaps.last().map_or(0, |(_, missing)| *missing);
        if self.gaps.len() == REMEMBERED {
            self.gaps.remove(0);
        }
        self.gaps.push((at, before.saturating_add(samples)));
    }

    /// A position as the protocol counts it: milliseconds of audio received.
    #[must_use]
    pub fn audio_ms(&self, at: Position) -> u64 {
        let mut gaps = self.gaps.iter().rev();
        let Some((begin, missing)) = gaps.find(|(begin, _)| *begin < at) else {
            return at.ms();
        };
        let before = gaps.next().map_or(0, |(_, missing)| *missing);
        // A position within a gap counts as its beginning.
        let audio = at.samples().saturating_add_signed(missing.saturating_neg());
        let begin = begin
            .samples()
            .saturating_add_signed(before.saturating_neg());
        Position::new(audio.max(begin)).ms()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_gaps_before_a_position_count() {
        let mut gaps = Gaps::default();
        gaps.add(Position::from_ms(1000), 48 * 300);
        gaps.add(Position::from_ms(3000), 48 * 500);
        let audio = |ms| gaps.audio_ms(Position::from_ms(ms));
        assert_eq!(audio(900), 900);
        assert_eq!(audio(1100), 1000);
        assert_eq!(audio(1300), 1000);
        assert_eq!(audio(2000), 1700);
        assert_eq!(audio(3200), 2700);
        assert_eq!(audio(4000), 3200);
    }

    #[test]
    fn silence_that_was_left_out_counts_as_audio() {
        let mut gaps = Gaps::default();
        gaps.add(Position::ZERO, 48 * 1000);
        gaps.omit(Position::from_ms(3000), 48 * 20);
        gaps.omit(Position::from_ms(3000), 48 * 20);
        gaps.omit(Position::from_ms(3020), 48 * 2000);
        let audio = |ms| gaps.audio_ms(Position::from_ms(ms));
        assert_eq!(audio(3000), 2000);
        assert_eq!(audio(3010), 2050);
        assert_eq!(audio(4000), 5040);
    }

    #[test]
    fn many_gaps_are_bounded_and_never_go_back() {
        let mut gaps = Gaps::default();
        for index in 0..1000 {
            gaps.add(Position::from_ms(index * 100), 48 * 40);
        }
        let ends = (0..1000).map(|index| gaps.audio_ms(Position::from_ms(90_000 + index * 10)));
        assert!(ends.is_sorted());
    }
}
