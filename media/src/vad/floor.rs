//! The level of the background that speech has to stand out from.

/// The noise floor is the quietest level of this many spans of [`FLOOR_SPAN`] windows: two
/// seconds, in which speech pauses and steady noise does not (minimum statistics, R. Martin,
/// 2001).
const FLOOR_SPANS: usize = 8;
const FLOOR_SPAN: u32 = 16;
/// Windows whose levels are averaged before the minimum is taken, so that one quiet window among
/// noise does not count.
const SMOOTH: f32 = 0.4;

/// The level of the background: the minimum over the latest spans.
#[derive(Clone, Debug)]
pub struct Floor {
    minima: [f32; FLOOR_SPANS],
    current: usize,
    windows: u32,
    smooth: f32,
}

impl Floor {
    /// Begins at `assumed`, in dBFS, so that somebody who speaks from the first sample on is heard.
    #[must_use]
    pub const fn new(assumed: f32) -> Self {
        Self {
            minima: [assumed; FLOOR_SPANS],
            current: 0,
            windows: 0,
            smooth: assumed,
        }
    }

    /// Takes the level of the next window, in dBFS.
    pub fn push(&mut self, level: f32) {
        self.smooth += (level - self.smooth) * SMOOTH;
        if self.windows == FLOOR_SPAN {
            self.windows = 0;
            self.current = (self.current + 1) % FLOOR_SPANS;
            self.minima[self.current] = self.smooth;
        }
        self.windows += 1;
        let minimum = &mut self.minima[self.current];
        *minimum = minimum.min(self.smooth);
    }

    /// The level of the background, in dBFS.
    #[must_use]
    pub fn level(&self) -> f32 {
        self.minima.iter().copied().fold(f32::INFINITY, f32::min)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_steady_noise_within_two_seconds_and_ignores_speech() {
        let mut floor = Floor::new(-60.0);
        assert_eq!(floor.level(), -60.0);
        for _ in 0..140 {
            floor.push(-30.0);
        }
        assert!((floor.level() + 30.0).abs() < 1.0);
        // Syllables at -15 dB with dips to the background.
        for n in 0..300 {
            floor.push(if n % 20 < 14 { -15.0 } else { -30.0 });
        }
        assert!((floor.level() + 30.0).abs() < 2.0);
        // One second of quiet brings it down at once.
        for _ in 0..20 {
            floor.push(-70.0);
        }
        assert!(floor.level() < -65.0);
    }
}
