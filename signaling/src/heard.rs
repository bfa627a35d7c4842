//! When something last came from a client: who is there gives a sign of it again and again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

/// As long as the next packet may take of a microphone whose packets never cease.
const SOUND: Duration = Duration::from_secs(1);

/// The last sign of life of a client, shared by what carries the link and by its session.
#[derive(Clone, Debug)]
pub struct Heard {
    began: Instant,
    /// In milliseconds since it began.
    last: Arc<AtomicU64>,
    every: Duration,
}

impl Heard {
    /// A client that gives a sign at least this often: it answers pings, or checks its path.
    #[must_use]
    pub fn new(every: Duration) -> Self {
        Self {
            began: Instant::now(),
            last: Arc::default(),
            every,
        }
    }

    /// Something came just now.
    pub fn note(&self) {
        let ms = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last.store(ms, Ordering::Relaxed);
    }

    /// When something last came.
    #[must_use]
    pub fn last(&self) -> Instant {
        self.began + Duration::from_millis(self.last.load(Ordering::Relaxed))
    }

    /// Since when the client has been gone, if so much time has passed without a sign that it must
    /// be. With `sounding` its sound was coming all the time until then, so its absence shows sooner.
    #[must_use]
    pub fn silent_since(&self, sounding: bool) -> Option<Instant> {
        let usual = if sounding {
            SOUND.min(self.every)
        } else {
            self.every
        };
        let last = self.last();
        (last.elapsed() > usual.saturating_add(usual / 2)).then_some(last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn whoever_gives_no_sign_for_longer_than_usual_is_gone_since_the_last() {
        let heard = Heard::new(Duration::from_secs(5));
        tokio::time::advance(Duration::from_secs(60)).await;
        heard.note();
        let last = heard.last();
        tokio::time::advance(Duration::from_millis(1400)).await;
        assert_eq!(heard.silent_since(true), None);
        tokio::time::advance(Duration::from_millis(200)).await;
        assert_eq!(heard.silent_since(true), Some(last));
        assert_eq!(heard.silent_since(false), None);
        tokio::time::advance(Duration::from_secs(6)).await;
        assert_eq!(heard.silent_since(false), Some(last));
        heard.note();
        assert_eq!(heard.silent_since(true), None);
    }
}
