//! Keeps away for a while from an engine that failed, for all sessions alike.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::ProviderError;

/// What would fail again for a reason that a person has to see to (key, money, a voice that is
/// none) is tried again after this.
const REFUSED: Duration = Duration::from_secs(300);
/// An engine that asks to slow down without saying for how long.
const LIMITED: Duration = Duration::from_secs(10);
/// An engine that is not there; doubles with every failure in a row.
const UNAVAILABLE: Duration = Duration::from_secs(15);
/// The longest rest.
const LONGEST: Duration = Duration::from_secs(600);

/// What is known of an engine's failures.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    failures: u32,
    rests: Option<(Instant, ProviderError)>,
}

impl Breaker {
    /// Until when the engine is left alone, and why; `None` if it may be asked.
    pub fn rests(&self, now: Instant) -> Option<(Instant, ProviderError)> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.rests.clone().filter(|(until, _)| now < *until)
    }

    /// It failed.
    pub fn failed(&self, error: &ProviderError, now: Instant) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let until = now + rest(error, state.failures);
        state.failures = state.failures.saturating_add(1);
        state.rests = Some((until, error.clone()));
    }

    /// It did its work.
    pub fn worked(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        *state = State::default();
    }
}

/// How long to rest after a failure that so many came before in a row.
fn rest(error: &ProviderError, failures: u32) -> Duration {
    match error {
        ProviderError::Refused { .. } => REFUSED,
        ProviderError::Limited { retry_after, .. } => retry_after.unwrap_or(LIMITED).min(LONGEST),
        ProviderError::Unavailable { .. } | ProviderError::TimedOut { .. } => {
            let doubled = UNAVAILABLE.saturating_mul(1 << failures.min(8));
            doubled.min(REFUSED)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gone() -> ProviderError {
        ProviderError::Unavailable {
            engine: "e".to_owned(),
            message: "m".to_owned(),
        }
    }

    #[test]
    fn rests_grow_to_a_cap_and_follow_what_the_vendor_asks() {
        let rests: Vec<_> = (0..7).map(|n| rest(&gone(), n).as_secs()).collect();
        assert_eq!(rests, [15, 30, 60, 120, 240, 300, 300]);
        let limited = |seconds: Option<u64>| ProviderError::Limited {
            engine: "e".to_owned(),
            retry_after: seconds.map(Duration::from_secs),
        };
        let asked = [None, Some(2), Some(86_400)].map(|s| rest(&limited(s), 3).as_secs());
        assert_eq!(asked, [10, 2, 600]);
    }

    #[tokio::test(start_paused = true)]
    async fn an_engine_is_asked_again_after_its_rest_and_starts_anew_once_it_worked() {
        let breaker = Breaker::default();
        assert_eq!(breaker.rests(Instant::now()), None);
        breaker.failed(&gone(), Instant::now());
        tokio::time::advance(Duration::from_secs(14)).await;
        assert_eq!(breaker.rests(Instant::now()).unwrap().1, gone());
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(breaker.rests(Instant::now()), None);
        breaker.failed(&gone(), Instant::now());
        let (until, _) = breaker.rests(Instant::now()).unwrap();
        assert_eq!(until - Instant::now(), Duration::from_secs(30));
        breaker.worked();
        assert_eq!(breaker.rests(Instant::now()), None);
    }
}
