//! Whether the machine keeps pace with all the voices it sends: while it does not, they are encoded
//! with less effort, so that more of them come in time.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

/// A frame that leaves later than this, half its own length, is late.
const LATE: Duration = Duration::from_millis(10);
/// Judged is by so many frames at a time, whichever sessions they are of: ten seconds of one voice,
/// a tenth of a second of a hundred.
const WINDOW: u32 = 512;
/// The machine is behind if so many of them are late: more than a percent.
const MANY: u32 = 6;
/// It is at ease again so long after the last time, however few voices there are to tell by: longer
/// than two windows of a single one that speaks without pause.
const CALM: Duration = Duration::from_secs(30);

/// How far the machine keeps pace, counted over all sessions of a server.
#[derive(Debug)]
pub struct Strain {
    began: Instant,
    /// Frames of this window; those of them that were late in the upper half.
    counted: AtomicU64,
    /// Until when it counts as behind, in milliseconds since it began.
    until: AtomicU64,
}

impl Default for Strain {
    /// A machine at ease.
    fn default() -> Self {
        Self {
            began: Instant::now(),
            counted: AtomicU64::new(0),
            until: AtomicU64::new(0),
        }
    }
}

impl Strain {
    /// A frame left so long after it was due.
    pub fn note(&self, after: Duration) {
        let late = u64::from(after > LATE);
        let before = self.counted.fetch_add(1 | late << 32, Ordering::Relaxed);
        // Exactly one comes to this number; whoever counts on meanwhile belongs to this window.
        if before & u64::from(u32::MAX) == u64::from(WINDOW - 1) {
            let late = self.counted.swap(0, Ordering::Relaxed) >> 32;
            if late >= u64::from(MANY) {
                let until = self.ms_at(Instant::now() + CALM);
                self.until.fetch_max(until, Ordering::Relaxed);
            }
        }
    }

    /// Whether voices are to be encoded with less effort.
    #[must_use]
    pub fn is_behind(&self) -> bool {
        self.ms_at(Instant::now()) < self.until.load(Ordering::Relaxed)
    }

    fn ms_at(&self, at: Instant) -> u64 {
        u64::try_from((at - self.began).as_millis()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ON_TIME: Duration = Duration::from_millis(2);
    const TOO_LATE: Duration = Duration::from_millis(11);

    fn window(strain: &Strain, late: u32) {
        (0..late).for_each(|_| strain.note(TOO_LATE));
        (late..WINDOW).for_each(|_| strain.note(ON_TIME));
    }

    #[tokio::test(start_paused = true)]
    async fn a_machine_is_behind_from_a_percent_of_late_frames_until_it_was_calm_for_a_while() {
        let strain = Strain::default();
        window(&strain, MANY - 1);
        assert!(!strain.is_behind());
        window(&strain, MANY);
        assert!(strain.is_behind());
        tokio::time::advance(CALM / 2).await;
        // However many frames are on time within that while, and if one window was late again.
        (0..100).for_each(|_| window(&strain, 0));
        assert!(strain.is_behind());
        window(&strain, MANY);
        tokio::time::advance(CALM / 2).await;
        assert!(strain.is_behind());
        // Nobody speaks any more.
        tokio::time::advance(CALM / 2).await;
        assert!(!strain.is_behind());
    }

    #[test]
    fn a_hiccup_of_one_session_is_none_of_the_machine() {
        let strain = Strain::default();
        (0..200).for_each(|_| {
            (1..WINDOW).for_each(|_| strain.note(ON_TIME));
            strain.note(TOO_LATE);
        });
        assert!(!strain.is_behind());
    }

    #[test]
    fn many_threads_count_into_the_same_window() {
        let strain = Strain::default();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..WINDOW).for_each(|_| strain.note(TOO_LATE)));
            }
        });
        assert!(strain.is_behind());
        let left = strain.counted.load(Ordering::Relaxed) & u64::from(u32::MAX);
        assert!(left < u64::from(WINDOW));
    }
}
