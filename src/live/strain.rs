//! Whether the machine keeps pace with all the voices it sends: while it does not, they are encoded
//! with less effort, so that more of them come in time.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// A frame that leaves later than this, half its own length, is late.
const LATE: Duration = Duration::from_millis(10);
/// Judged is by so many frames at a time, whichever sessions they are of: ten seconds of one voice,
/// a tenth of a second of a hundred.
const WINDOW: u32 = 512;
/// The machine is behind if so many of them are late: more than a percent.
const MANY: u32 = 6;
/// Frames that take longer than this to come together, since hardly anybody speaks, tell nothing.
const STALE: Duration = Duration::from_secs(60);
/// The machine is at ease again so long after the last time, …
const CALM: Duration = Duration::from_secs(30);
/// … and not before so many windows could come together as slowly as that one did: one voice that
/// pauses between its answers takes much longer to tell than a hundred.
const CALM_WINDOWS: u32 = 4;

/// How far the machine keeps pace, counted over all sessions of a server.
#[derive(Debug)]
pub struct Strain {
    began: Instant,
    window: Mutex<Window>,
    /// Until when it counts as behind, in milliseconds since it began.
    until: AtomicU64,
}

/// Frames that are judged together.
#[derive(Debug)]
struct Window {
    began: Instant,
    counted: u32,
    late: u32,
}

impl Default for Strain {
    /// A machine at ease.
    fn default() -> Self {
        let began = Instant::now();
        Self {
            began,
            window: Mutex::new(Window::beginning(began)),
            until: AtomicU64::new(0),
        }
    }
}

impl Strain {
    /// A frame left now, so long after it was due.
    pub fn note(&self, after: Duration) {
        let now = Instant::now();
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(calm) = window.count(now, after > LATE) {
            self.until
                .fetch_max(self.ms_at(now + calm), Ordering::Relaxed);
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

impl Window {
    const fn beginning(now: Instant) -> Self {
        Self {
            began: now,
            counted: 0,
            late: 0,
        }
    }

    /// Counts a frame. Where it is the last and the machine is behind: how long it counts as that.
    fn count(&mut self, now: Instant, late: bool) -> Option<Duration> {
        let took = now - self.began;
        if self.counted == 0 || took > STALE {
            *self = Self::beginning(now);
        }
        self.counted += 1;
        self.late += u32::from(late);
        if self.counted < WINDOW {
            return None;
        }
        self.counted = 0;
        (self.late >= MANY).then(|| CALM.max(took * CALM_WINDOWS))
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    const FRAME: Duration = Duration::from_millis(20);
    const ON_TIME: Duration = Duration::from_millis(2);
    const TOO_LATE: Duration = Duration::from_millis(11);
    /// So much of a voice is a window.
    const FILLED: Duration = Duration::from_millis(20 * WINDOW as u64);

    fn window(strain: &Strain, late: u32) {
        (0..late).for_each(|_| strain.note(TOO_LATE));
        (late..WINDOW).for_each(|_| strain.note(ON_TIME));
    }

    /// One voice says something, of which every so many-th frame is late (0: none).
    async fn speaks(strain: &Strain, lasts: Duration, every: u128) {
        for number in 1..=lasts.as_millis() / FRAME.as_millis() {
            let late = every > 0 && number.is_multiple_of(every);
            strain.note(if late { TOO_LATE } else { ON_TIME });
            advance(FRAME).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_machine_is_behind_from_a_percent_of_late_frames_until_it_was_calm_for_a_while() {
        let strain = Strain::default();
        window(&strain, MANY - 1);
        assert!(!strain.is_behind());
        window(&strain, MANY);
        assert!(strain.is_behind());
        advance(CALM / 2).await;
        // However many frames are on time within that while, and if one window was late again.
        (0..100).for_each(|_| window(&strain, 0));
        assert!(strain.is_behind());
        window(&strain, MANY);
        advance(CALM / 2).await;
        assert!(strain.is_behind());
        // Nobody speaks any more.
        advance(CALM / 2).await;
        assert!(!strain.is_behind());
    }

    #[tokio::test(start_paused = true)]
    async fn one_voice_that_speaks_half_of_the_time_does_not_go_back_and_forth() {
        for pause in [0, 5, 10] {
            let (strain, pause) = (Strain::default(), Duration::from_secs(pause));
            let (mut told, mut changes) = (false, 0);
            // Two answers are a window. Of every other one too many frames are late.
            for answer in 0..200 {
                let is_bad = answer / 2 % 2 == 0;
                speaks(&strain, FILLED / 2, if is_bad { 50 } else { 0 }).await;
                advance(pause).await;
                changes += u32::from(strain.is_behind() != told);
                told = strain.is_behind();
            }
            assert_eq!((told, changes), (true, 1), "pauses of {pause:?}");
            // At ease at last.
            for _ in 0..40 {
                speaks(&strain, FILLED / 2, 0).await;
                advance(pause).await;
            }
            assert!(!strain.is_behind(), "pauses of {pause:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_late_long_ago_is_not_held_against_a_machine() {
        let strain = Strain::default();
        speaks(&strain, FILLED / 2, 50).await;
        advance(STALE).await;
        speaks(&strain, FILLED, 100).await;
        assert!(!strain.is_behind());
        speaks(&strain, FILLED, 50).await;
        assert!(strain.is_behind());
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
                scope.spawn(|| (0..WINDOW / 4).for_each(|_| strain.note(TOO_LATE)));
            }
        });
        assert!(strain.is_behind());
    }
}
