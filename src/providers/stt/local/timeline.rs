//! Where the samples of a segment stand in time.

use media::Position;

use super::RATE;

/// Where the samples of an utterance stand on the session's timeline, which may have gaps.
#[derive(Debug, Default)]
pub(in crate::providers::stt) struct Timeline {
    samples: usize,
    /// From this sample on, positions count from there.
    anchors: Vec<(usize, Position)>,
}

impl Timeline {
    /// How many there were.
    pub(in crate::providers::stt) const fn samples(&self) -> usize {
        self.samples
    }

    /// Further samples, of which the first stands at `at`.
    pub(in crate::providers::stt) fn push(&mut self, at: Position, samples: usize) {
        if self.anchors.is_empty() || self.position(self.samples) != at {
            self.anchors.push((self.samples, at));
        }
        self.samples += samples;
    }

    /// Where a sample stands.
    pub(in crate::providers::stt) fn position(&self, sample: usize) -> Position {
        let behind = self.anchors.partition_point(|(first, _)| *first <= sample);
        let (first, at) = self
            .anchors
            .get(behind.saturating_sub(1))
            .copied()
            .unwrap_or_default();
        let offset = Position::from_samples((sample - first) as u64, RATE as u32);
        Position::new(at.samples() + offset.samples())
    }
}

#[cfg(test)]
mod tests {
    use super::super::CHUNK;
    use super::*;

    #[test]
    fn a_gap_in_the_sound_moves_what_follows() {
        let mut timeline = Timeline::default();
        timeline.push(Position::from_ms(500), CHUNK);
        timeline.push(Position::from_ms(600), CHUNK);
        timeline.push(Position::from_ms(900), CHUNK);
        assert_eq!(timeline.anchors.len(), 2);
        assert_eq!(timeline.position(0), Position::from_ms(500));
        assert_eq!(timeline.position(CHUNK + CHUNK / 2), Position::from_ms(650));
        assert_eq!(timeline.position(2 * CHUNK), Position::from_ms(900));
    }
}
