//! How often a connection that breaks is made again, and after which wait.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use crate::providers::ProviderError;

/// A vendor that cannot be reached for so long is given up.
const LONGEST: Duration = Duration::from_secs(6);
/// So many connections may break …
const MOST: usize = 5;
/// … within this time.
const WITHIN: Duration = Duration::from_secs(60);
/// The first wait after an attempt that failed; it doubles.
const WAIT: Duration = Duration::from_millis(200);
/// Where words are waited for, a connection has to stand again within this time: the turn waits for
/// a few seconds only, of which another recogniser needs its own.
const HURRY: Duration = Duration::from_secs(1);
/// The same while somebody speaks, if another recogniser takes over: it hears the sentence from its
/// beginning, little faster than it sounds.
const SPOKEN: Duration = Duration::from_secs(2);
/// A vendor that asks to be left alone for longer than this is given up.
const PATIENT: Duration = Duration::from_secs(2);

/// When the next words are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// They are waited for.
    Now,
    /// Somebody speaks.
    Soon,
    /// Nobody does.
    Never,
}

/// The attempts of one session.
#[derive(Debug, Default)]
pub(super) struct Budget {
    broke: VecDeque<Instant>,
    /// Since when there is no connection, and how many attempts failed since.
    out: Option<(Instant, u32)>,
    /// By when there has to be one again, where words are waited for, and why there is none.
    hurry: Option<Instant>,
    why: Option<ProviderError>,
    has_stand_in: bool,
}

impl Budget {
    /// The attempts of one whom another takes over from if they fail, or nobody.
    pub fn new(has_stand_in: bool) -> Self {
        Self {
            has_stand_in,
            ..Self::default()
        }
    }

    /// A connection broke because of this: how long to wait before the next attempt. Where words
    /// are `awaited`, what broke before is not tried again.
    ///
    /// # Errors
    /// The same error, if there should be none.
    pub fn broke(
        &mut self,
        error: ProviderError,
        awaited: bool,
        now: Instant,
    ) -> Result<Duration, ProviderError> {
        while self.broke.front().is_some_and(|at| *at + WITHIN <= now) {
            self.broke.pop_front();
        }
        self.broke.push_back(now);
        self.out = Some((now, 0));
        self.why = Some(error.clone());
        let most = if awaited { 1 } else { MOST };
        let wait = wait(&error).ok_or(error.clone())?;
        if self.broke.len() > most {
            Err(error)
        } else {
            Ok(wait)
        }
    }

    /// An attempt failed: how long to wait before the next.
    ///
    /// # Errors
    /// The same error, if there should be none.
    pub fn failed(
        &mut self,
        error: ProviderError,
        now: Instant,
    ) -> Result<Duration, ProviderError> {
        let (since, failures) = self.out.get_or_insert((now, 0));
        let asked = wait(&error).ok_or(error.clone())?;
        let wait = asked.max(WAIT * 2_u32.pow((*failures).min(5)));
        *failures += 1;
        if now + wait >= *since + LONGEST {
            Err(error)
        } else {
            Ok(wait)
        }
    }

    /// By when a connection has to stand, if words are `due` while there is none.
    ///
    /// # Errors
    /// Why there is none, if it is too late.
    pub fn hurry(&mut self, due: Due, now: Instant) -> Result<Option<Instant>, ProviderError> {
        let within = match due {
            _ if self.out.is_none() => None,
            Due::Now => Some(HURRY),
            Due::Soon if self.has_stand_in => Some(SPOKEN),
            Due::Soon | Due::Never => None,
        };
        self.hurry = within.map(|within| self.hurry.unwrap_or(now + within).min(now + within));
        match (self.hurry, &self.why) {
            (Some(by), Some(why)) if by <= now => Err(why.clone()),
            (by, _) => Ok(by),
        }
    }

    /// The connection stands again.
    pub fn connected(&mut self) {
        self.out = None;
        self.hurry = None;
    }
}

/// How long to wait at least, if trying again is of any use.
fn wait(error: &ProviderError) -> Option<Duration> {
    match error {
        ProviderError::Unusable { .. } | ProviderError::Rejected { .. } => None,
        ProviderError::Limited { retry_after, .. } => retry_after.filter(|wait| *wait <= PATIENT),
        ProviderError::Unavailable { .. } | ProviderError::TimedOut { .. } => Some(Duration::ZERO),
        ProviderError::Several { first, then } => wait(first).min(wait(then)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::socket::{rejected, unavailable, unusable};

    fn down() -> ProviderError {
        unavailable("vendor", "gone".to_owned())
    }

    #[test]
    fn waits_grow_until_it_is_too_long() {
        let mut budget = Budget::new(true);
        let mut now = Instant::now();
        assert_eq!(budget.broke(down(), false, now), Ok(Duration::ZERO));
        let mut waits = Vec::new();
        while let Ok(wait) = budget.failed(down(), now) {
            waits.push(wait.as_millis());
            now += wait + Duration::from_millis(10);
        }
        assert_eq!(waits, [200, 400, 800, 1600]);
    }

    #[test]
    fn connections_that_break_again_and_again_are_too_many() {
        let mut budget = Budget::new(true);
        let mut now = Instant::now();
        for _ in 0..MOST {
            assert!(budget.broke(down(), false, now).is_ok());
            budget.connected();
            now += Duration::from_secs(1);
        }
        assert!(budget.broke(down(), false, now).is_err());
        assert!(budget.broke(down(), false, now + WITHIN).is_ok());
    }

    #[test]
    fn words_that_are_awaited_leave_little_time() {
        let mut budget = Budget::new(true);
        let now = Instant::now();
        assert_eq!(budget.hurry(Due::Now, now), Ok(None));
        assert!(budget.broke(down(), true, now).is_ok());
        assert_eq!(budget.hurry(Due::Never, now), Ok(None));
        let (due, late) = (now + Duration::from_secs(3), now + Duration::from_secs(4));
        assert_eq!(budget.hurry(Due::Now, due), Ok(Some(due + HURRY)));
        assert_eq!(budget.hurry(Due::Now, late), Err(down()));
        budget.connected();
        assert_eq!(budget.hurry(Due::Now, late), Ok(None));
        assert!(budget.broke(down(), true, late).is_err());
    }

    #[test]
    fn a_sentence_that_is_spoken_leaves_little_more_and_its_end_no_more() {
        let mut budget = Budget::new(true);
        let now = Instant::now();
        assert!(budget.broke(down(), false, now).is_ok());
        let by = Ok(Some(now + SPOKEN));
        assert_eq!(budget.hurry(Due::Soon, now), by);
        let later = now + Duration::from_millis(1500);
        assert_eq!(budget.hurry(Due::Soon, later), by);
        assert_eq!(budget.hurry(Due::Now, later), by);
        assert_eq!(budget.hurry(Due::Soon, now + SPOKEN), Err(down()));
        let ended = now + Duration::from_millis(200);
        assert_eq!(budget.hurry(Due::Never, ended), Ok(None));
        budget.hurry(Due::Soon, now).unwrap();
        assert_eq!(budget.hurry(Due::Now, ended), Ok(Some(ended + HURRY)));
        let mut alone = Budget::new(false);
        assert!(alone.broke(down(), false, now).is_ok());
        assert_eq!(alone.hurry(Due::Soon, now + LONGEST), Ok(None));
    }

    #[test]
    fn what_would_fail_again_is_not_tried_again() {
        let now = Instant::now();
        for error in [unusable("v", String::new()), rejected("v", String::new())] {
            assert!(Budget::new(true).broke(error, false, now).is_err());
        }
        let limited = |seconds| ProviderError::Limited {
            engine: "v".to_owned(),
            retry_after: Some(Duration::from_secs(seconds)),
        };
        assert!(Budget::new(true).failed(limited(9), now).is_err());
        assert_eq!(
            Budget::new(true).failed(limited(1), now),
            Ok(Duration::from_secs(1))
        );
    }
}
