//! How often an account may ask for something that costs the server a row: a token bucket each.

use std::time::Duration;

use dashmap::DashMap;
use tokio::time::Instant;

use crate::db::AccountId;

/// How many may come at once: every browser of a full house that has just lost its server.
const BURST: u32 = 200;
/// How long it takes until one more may come.
const EACH: Duration = Duration::from_millis(500);

/// What is left to each account; one that never asked has everything left.
#[derive(Debug, Default)]
pub struct Allowances(DashMap<AccountId, Bucket>);

/// A token bucket, kept as the moment at which it will be full again.
#[derive(Debug)]
struct Bucket {
    full_at: Instant,
}

impl Allowances {
    /// Takes one of what is left to `account`; false if nothing is.
    pub fn take(&self, account: &AccountId, now: Instant) -> bool {
        self.0
            .entry(account.clone())
            .or_insert(Bucket { full_at: now })
            .take(now)
    }
}

impl Bucket {
    fn take(&mut self, now: Instant) -> bool {
        let full_at = self.full_at.max(now) + EACH;
        let granted = full_at - now <= EACH * BURST;
        if granted {
            self.full_at = full_at;
        }
        granted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_then_a_trickle() {
        let (allowances, now) = (Allowances::default(), Instant::now());
        let (me, you) = (AccountId::new("me"), AccountId::new("you"));
        let granted = |now| (0..1000).filter(|_| allowances.take(&me, now)).count();
        assert_eq!(granted(now), 200);
        assert!(allowances.take(&you, now));
        assert_eq!(granted(now + EACH * 3), 3);
        assert_eq!(granted(now + EACH * 10_000), 200);
    }
}
