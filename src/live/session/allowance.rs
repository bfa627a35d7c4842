//! What a client may have written down: as much as any conversation needs, and no more than leaves
//! the disk to everybody else.

use std::time::Duration;

use signaling::event::ErrorBody;
use tokio::time::Instant;

use crate::archive::written::{A_SECOND, AT_ONCE};

/// What may come at once of a connection that goes on with a session: whoever comes back again and again has not
/// as much each time.
const AT_ONCE_AGAIN: u64 = 1 << 20;

/// One connection's account of its log, by the clock.
#[derive(Debug)]
pub(super) struct Allowance {
    /// How long the log was when it was looked at last.
    logged: u64,
    /// When all of that has come free again.
    free_at: Instant,
    /// How many events were refused.
    refused: u64,
}

impl Allowance {
    /// For a connection whose log has come to `logged` before anything is asked for.
    pub(super) fn new(goes_on: bool, logged: u64, now: Instant) -> Self {
        let used = if goes_on { AT_ONCE - AT_ONCE_AGAIN } else { 0 };
        Self {
            logged,
            free_at: now + coming_free(used),
            refused: 0,
        }
    }

    /// Something is asked for, and the log has come to `logged`. What one event comes to shows only
    /// afterwards: those after it wait for that.
    ///
    /// # Errors
    /// If too much was written already; says when to ask again.
    pub(super) fn ask(&mut self, logged: u64, now: Instant) -> Result<(), ErrorBody> {
        let written = logged.saturating_sub(self.logged);
        self.logged = logged;
        // What came in between came free in between.
        self.free_at = (self.free_at + coming_free(written)).max(now);
        let wait = (self.free_at - now).saturating_sub(coming_free(AT_ONCE));
        if wait.is_zero() {
            return Ok(());
        }
        if self.refused == 0 {
            tracing::warn!(logged, "a client asks for more than may be written down");
        }
        self.refused += 1;
        Err(ErrorBody::too_much(wait))
    }

    /// How many events were refused.
    pub(super) const fn refused(&self) -> u64 {
        self.refused
    }
}

/// How long it takes until so many bytes have come free.
const fn coming_free(bytes: u64) -> Duration {
    Duration::from_micros(bytes.saturating_mul(1_000_000) / A_SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use signaling::event::ErrorKind;
    use signaling::event::code;

    /// Asks every `every` for an event of so many bytes, and does what is not refused; how much is
    /// written in `seconds`.
    fn flood(goes_on: bool, every: Duration, bytes: u64, seconds: u64) -> u64 {
        let began = Instant::now();
        let mut allowance = Allowance::new(goes_on, 0, began);
        let (mut now, mut written) = (began, 0);
        while now < began + Duration::from_secs(seconds) {
            if allowance.ask(written, now).is_ok() {
                written += bytes;
            }
            now += every;
        }
        written
    }

    proptest! {
        #[test]
        fn no_client_has_more_written_than_its_allowance(
            every_us in 500u64..2_000_000,
            bytes in 100u64..1_000_000,
            goes_on: bool,
        ) {
            let written = flood(goes_on, Duration::from_micros(every_us), bytes, 10);
            let at_once = if goes_on { AT_ONCE_AGAIN } else { AT_ONCE };
            let most = at_once + 10 * A_SECOND + bytes;
            prop_assert!(written <= most, "{written}");
            // It has all of it, too, if it asks for that much.
            let asked = 10_000_000 / every_us * bytes;
            prop_assert!(written + bytes >= asked.min(at_once), "{written} of {asked}");
        }

        #[test]
        fn an_ordinary_session_never_meets_it(
            every_ms in 200u64..600_000,
            a_second in 0u64..8 << 10,
            at_first in 0..AT_ONCE_AGAIN / 2,
            goes_on: bool,
        ) {
            let began = Instant::now();
            let mut allowance = Allowance::new(goes_on, 0, began);
            let hour = Duration::from_secs(3600).as_millis() as u64;
            for ms in (0..hour).step_by(every_ms as usize) {
                let logged = at_first + ms * a_second / 1000;
                let asked = allowance.ask(logged, began + Duration::from_millis(ms));
                prop_assert!(asked.is_ok(), "{logged} after {ms} ms");
            }
        }
    }

    #[test]
    fn whoever_waits_as_long_as_they_are_told_is_heard_again() {
        let began = Instant::now();
        let mut allowance = Allowance::new(false, 500, began);
        assert!(allowance.ask(500, began).is_ok());
        let logged = 500 + AT_ONCE + 10 * A_SECOND;
        let error = allowance.ask(logged, began).unwrap_err();
        assert_eq!(error.kind, ErrorKind::RateLimitError);
        assert_eq!(error.code.as_deref(), Some(code::RATE_LIMIT_EXCEEDED));
        assert!(error.message.ends_with(" in 10 s."), "{error}");
        // What is refused uses nothing up, however often it is asked for.
        let soon = began + Duration::from_millis(9500);
        for _ in 0..1000 {
            let error = allowance.ask(logged, soon).unwrap_err();
            assert!(error.message.ends_with(" in 1 s."), "{error}");
        }
        let then = began + Duration::from_secs(10);
        assert!(allowance.ask(logged, then).is_ok());
        assert_eq!(allowance.refused(), 1001);
    }
}
