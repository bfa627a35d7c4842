//! Keeps away for a while from an engine that failed.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::ProviderError;

/// What would fail again for a reason that a person has to see to (key, money, a model that is
/// none) is tried again after this.
const UNUSABLE: Duration = Duration::from_secs(300);
/// An engine that asks to slow down without saying for how long; doubles with every failure in a
/// row, and is spread over as much again.
const LIMITED: Duration = Duration::from_secs(10);
/// The shortest rest, whatever a vendor says.
const LEAST: Duration = Duration::from_secs(1);
/// An engine that is not there; doubles with every failure in a row.
const UNAVAILABLE: Duration = Duration::from_secs(15);
/// Who asks an engine first after its rest does so alone until it worked or failed, but not for
/// longer than this: they may have gone without learning which.
const TRIAL: Duration = Duration::from_secs(10);

/// What is known of an engine's failures.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// How often it failed in a row: each time it was asked again after a rest.
    failures: u32,
    /// When it failed last.
    failed: Option<Instant>,
    /// The latest rest, over or not.
    rests: Option<(Instant, ProviderError)>,
    /// Until when somebody tries alone whether it works again.
    tried: Option<Instant>,
}

impl Breaker {
    /// Until when the engine is left alone, and why; `None` if it may be asked.
    pub fn rests(&self, now: Instant) -> Option<(Instant, ProviderError)> {
        self.state().rests(now)
    }

    /// Why the engine cannot be asked, to whoever is about to; `None` if they may, after a rest
    /// they alone.
    pub fn refuses(&self, now: Instant) -> Option<ProviderError> {
        let mut state = self.state();
        let refusal = state.rests(now);
        if refusal.is_none() && state.rests.is_some() {
            state.tried = Some(now + TRIAL);
        }
        refusal.map(|(_, error)| error)
    }

    /// It failed. One that rests already is not left alone for longer because others ran into the
    /// same, unless it asks for that, or a person has to see to it. `spread` is drawn at random from
    /// 0 to 1: those who share a limit do not come back all at once.
    pub fn failed(&self, error: &ProviderError, now: Instant, spread: f64) {
        let mut state = self.state();
        state.failed = Some(now);
        let until = now + rest(error, state.failures, spread);
        if let Some((resting, _)) = state.rests.as_ref().filter(|(until, _)| now < *until) {
            let passes = matches!(
                error,
                ProviderError::Unavailable { .. }
                    | ProviderError::TimedOut { .. }
                    | ProviderError::Rejected { .. }
                    | ProviderError::Limited {
                        retry_after: None,
                        ..
                    }
            );
            if passes || until <= *resting {
                return;
            }
        } else {
            state.failures = state.failures.saturating_add(1);
        }
        state.rests = Some((until, error.clone()));
        state.tried = None;
    }

    /// It did what it was asked at `asked`. If it has failed since, that says nothing of what it can
    /// do now.
    pub fn worked(&self, asked: Instant) {
        let mut state = self.state();
        if state.failed.is_none_or(|failed| failed <= asked) {
            *state = State::default();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn rests(&self, now: Instant) -> Option<(Instant, ProviderError)> {
        let (until, error) = self.rests.as_ref()?;
        let until = self.tried.map_or(*until, |tried| tried.max(*until));
        (now < until).then(|| (until, error.clone()))
    }
}

/// How long to rest after a failure that so many came before in a row.
fn rest(error: &ProviderError, failures: u32, spread: f64) -> Duration {
    let doubled = |first: Duration| first.saturating_mul(1 << failures.min(8));
    match error {
        ProviderError::Unusable { .. } => UNUSABLE,
        ProviderError::Limited {
            retry_after: Some(asked),
            ..
        } => (*asked).max(LEAST),
        ProviderError::Limited { .. } => doubled(LIMITED).mul_f64(1.0 + spread).min(UNUSABLE),
        ProviderError::Rejected { .. }
        | ProviderError::Unavailable { .. }
        | ProviderError::TimedOut { .. } => doubled(UNAVAILABLE).min(UNUSABLE),
        ProviderError::Several { first, then } => {
            rest(first, failures, spread).min(rest(then, failures, spread))
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

    fn limited(seconds: Option<u64>) -> ProviderError {
        ProviderError::Limited {
            engine: "e".to_owned(),
            retry_after: seconds.map(Duration::from_secs),
        }
    }

    fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    /// How long it rests from now on.
    fn left(breaker: &Breaker, now: Instant) -> u64 {
        let rests = breaker.rests(now);
        rests.map_or(0, |(until, _)| (until - now).as_secs())
    }

    #[test]
    fn rests_grow_to_a_cap_and_follow_what_the_vendor_asks() {
        let rests: Vec<_> = (0..7).map(|n| rest(&gone(), n, 0.9).as_secs()).collect();
        assert_eq!(rests, [15, 30, 60, 120, 240, 300, 300]);
        let asked = [0, 2, 400].map(|s| rest(&limited(Some(s)), 3, 0.9).as_secs());
        assert_eq!(asked, [1, 2, 400]);
    }

    #[test]
    fn who_is_not_told_when_to_come_back_waits_longer_each_time_and_comes_alone() {
        let rests = |spread| [0, 1, 2, 5, 99].map(|n| rest(&limited(None), n, spread).as_secs());
        assert_eq!(rests(0.0), [10, 20, 40, 300, 300]);
        assert_eq!(rests(0.5), [15, 30, 60, 300, 300]);
        let (breaker, start) = (Breaker::default(), Instant::now());
        for spread in [0.2, 0.9, 0.5] {
            breaker.failed(&limited(None), start, spread);
        }
        assert_eq!(left(&breaker, start), 12, "the others ran into the same");
    }

    #[test]
    fn an_engine_is_asked_again_after_its_rest_and_starts_anew_once_it_worked() {
        let (breaker, start) = (Breaker::default(), Instant::now());
        assert_eq!(breaker.rests(start), None);
        breaker.failed(&gone(), start, 0.0);
        assert_eq!(breaker.rests(start + seconds(14)).unwrap().1, gone());
        let again = start + seconds(15);
        assert_eq!(breaker.rests(again), None);
        breaker.failed(&gone(), again, 0.0);
        assert_eq!(left(&breaker, again), 30);
        let later = again + seconds(30);
        breaker.worked(later);
        breaker.failed(&gone(), later, 0.0);
        assert_eq!(left(&breaker, later), 15);
    }

    #[test]
    fn after_a_rest_it_is_tried_by_one_alone() {
        let (breaker, start) = (Breaker::default(), Instant::now());
        assert_eq!(breaker.refuses(start), None);
        assert_eq!(breaker.refuses(start), None, "it never failed");
        breaker.failed(&gone(), start, 0.0);
        assert_eq!(breaker.refuses(start), Some(gone()));
        let again = start + seconds(15);
        assert_eq!(breaker.refuses(again), None);
        assert_eq!(breaker.refuses(again), Some(gone()));
        // It failed again, which is the second time in a row.
        breaker.failed(&gone(), again + seconds(1), 0.0);
        assert_eq!(left(&breaker, again + seconds(1)), 30);
        let third = again + seconds(31);
        assert_eq!(breaker.refuses(third), None);
        // Nobody learnt what came of it, and another tries.
        assert_eq!(breaker.refuses(third + seconds(9)), Some(gone()));
        let fourth = third + seconds(10);
        assert_eq!(breaker.refuses(fourth), None);
        breaker.worked(fourth);
        assert_eq!(breaker.refuses(fourth), None);
        assert_eq!(breaker.refuses(fourth), None, "it works for all");
    }

    #[test]
    fn what_many_run_into_at_once_is_one_failure() {
        let (breaker, start) = (Breaker::default(), Instant::now());
        for session in 0..6 {
            breaker.failed(&gone(), start + seconds(session), 0.0);
        }
        assert_eq!(left(&breaker, start), 15);
        breaker.failed(&limited(Some(2)), start, 0.0);
        assert_eq!(left(&breaker, start), 15, "it asks for less");
        breaker.failed(&limited(Some(40)), start, 0.0);
        assert_eq!(left(&breaker, start), 40, "it asks for more");
        let next = start + seconds(40);
        breaker.failed(&gone(), next, 0.0);
        assert_eq!(left(&breaker, next), 30, "the second in a row");
    }

    #[test]
    fn what_was_asked_before_a_failure_does_not_end_the_rest() {
        let (breaker, start) = (Breaker::default(), Instant::now());
        breaker.failed(&limited(Some(30)), start + seconds(1), 0.0);
        breaker.worked(start);
        assert_eq!(left(&breaker, start + seconds(1)), 30);
        breaker.worked(start + seconds(2));
        assert_eq!(left(&breaker, start + seconds(2)), 0);
    }
}
