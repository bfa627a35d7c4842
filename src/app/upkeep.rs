//! What the server does for itself every few seconds: keeps its metrics, and gives back the memory of
//! sessions that ended.

use std::sync::Arc;
use std::time::Duration;

use super::heap;
use crate::lifecycle::Lifecycle;
use crate::live::Registry;
use crate::live::strain::Strain;
use crate::telemetry::Metrics;

/// How often.
const EVERY: Duration = Duration::from_secs(5);

/// Keeps the server in order until nobody is inside any more: what is measured is folded during the
/// grace of a stop as well.
pub(super) async fn run(
    metrics: Metrics,
    live: Registry,
    strain: Arc<Strain>,
    lifecycle: Lifecycle,
) {
    let mut ticks = tokio::time::interval(EVERY);
    let mut ebb = Ebb::default();
    let shut = lifecycle.shut();
    while shut.run_until_cancelled(ticks.tick()).await.is_some() {
        metrics.upkeep();
        metrics.strained(strain.is_behind());
        if ebb.turns(live.taken()) {
            // It fails only if it panics.
            let _ = tokio::task::spawn_blocking(heap::give_back).await;
        }
    }
}

/// Tells when so many sessions have ended that it is worth giving their memory back: half of those
/// that were live at once. While as many come as go, they use it again.
#[derive(Debug, Default)]
struct Ebb {
    high: usize,
    is_low: bool,
}

impl Ebb {
    /// So many sessions are live now. True once they have been half for two ticks, since what ends
    /// a session's records may still be under way.
    fn turns(&mut self, live: usize) -> bool {
        self.high = self.high.max(live);
        let is_low = self.high > 0 && live * 2 <= self.high;
        let turns = is_low && self.is_low;
        self.is_low = is_low && !turns;
        if turns {
            self.high = live;
        }
        turns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_given_back_when_half_of_the_sessions_have_ended() {
        let mut ebb = Ebb::default();
        let live = [
            0, 0, 1, 40, 60, 35, 60, 31, 30, 30, 30, 20, 14, 14, 50, 0, 0, 0, 0, 1, 0, 0,
        ];
        let turns: Vec<usize> = live
            .into_iter()
            .enumerate()
            .filter_map(|(tick, live)| ebb.turns(live).then_some(tick))
            .collect();
        assert_eq!(turns, [9, 13, 16, 21]);
    }
}
