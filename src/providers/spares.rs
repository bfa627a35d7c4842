//! Connections opened ahead of sessions that may be about to begin: few, and not for long.
//!
//! What a spare costs is bounded here, whoever asks for one and how often: there are never more
//! than [`MOST`] per engine, and one that nobody took, or that could not be opened, keeps its place
//! until its time is over. So nobody can have a vendor called more often than that.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::task::{Id, JoinHandle};
use tokio::time::sleep;

use super::ProviderError;

/// How many there may be per engine.
pub(super) const MOST: usize = 4;

/// What can be opened ahead.
pub(super) trait Spare: Send + 'static {
    /// Whether it can still be used, as far as is known on this side.
    fn stands(&mut self) -> bool;

    /// Nobody took it.
    fn close(self) -> impl Future<Output = ()> + Send;
}

/// The spares of one engine, each good for sessions with its key. A clone has the same.
#[derive(Debug)]
pub(super) struct Spares<K, T> {
    slots: Arc<Mutex<Vec<Slot<K, T>>>>,
}

#[derive(Debug)]
struct Slot<K, T> {
    key: K,
    opening: JoinHandle<Result<T, ProviderError>>,
}

impl<K, T> Clone for Spares<K, T> {
    fn clone(&self) -> Self {
        let slots = self.slots.clone();
        Self { slots }
    }
}

impl<K, T> Default for Spares<K, T> {
    fn default() -> Self {
        let slots = Arc::default();
        Self { slots }
    }
}

impl<K: PartialEq + Send + 'static, T: Spare> Spares<K, T> {
    /// Opens one, unless there are enough, and closes it if nobody has taken it after so long.
    pub fn open(
        &self,
        key: K,
        lasts: Duration,
        opening: impl Future<Output = Result<T, ProviderError>> + Send + 'static,
    ) {
        let mut slots = lock(&self.slots);
        if slots.len() >= MOST {
            return;
        }
        let opening = tokio::spawn(opening);
        let id = opening.id();
        slots.push(Slot { key, opening });
        let kept = Arc::downgrade(&self.slots);
        tokio::spawn(async move {
            sleep(lasts).await;
            let slot = kept.upgrade().and_then(|slots| remove(&slots, id));
            if let Some(Slot { opening, .. }) = slot
                && let Ok(Ok(spare)) = opening.await
            {
                spare.close().await;
            }
        });
    }

    /// Takes one with this key, waiting for it if it is just being opened; `None` if there is none
    /// that is of use. The error is that of an attempt that was waited for.
    pub async fn take(&self, key: &K) -> Option<Result<T, ProviderError>> {
        loop {
            let slot = {
                let mut slots = lock(&self.slots);
                let at = slots.iter().position(|slot| slot.key == *key)?;
                slots.remove(at)
            };
            let waited = !slot.opening.is_finished();
            // One that was never opened panicked, which is on record.
            let Ok(mut opened) = slot.opening.await else {
                continue;
            };
            let is_of_use = match &mut opened {
                Ok(spare) => spare.stands(),
                Err(_) => waited,
            };
            if is_of_use {
                return Some(opened);
            }
        }
    }
}

fn lock<S>(slots: &Mutex<S>) -> MutexGuard<'_, S> {
    slots.lock().unwrap_or_else(PoisonError::into_inner)
}

fn remove<K, T>(slots: &Mutex<Vec<Slot<K, T>>>, id: Id) -> Option<Slot<K, T>> {
    let mut slots = lock(slots);
    let at = slots.iter().position(|slot| slot.opening.id() == id)?;
    Some(slots.remove(at))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    const LASTS: Duration = Duration::from_secs(10);

    /// Counts those that were closed.
    #[derive(Debug)]
    struct Door {
        stands: bool,
        closed: Arc<AtomicUsize>,
    }

    impl Spare for Door {
        fn stands(&mut self) -> bool {
            self.stands
        }

        async fn close(self) {
            self.closed.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[derive(Default)]
    struct House {
        spares: Spares<&'static str, Door>,
        asked: Arc<AtomicUsize>,
        closed: Arc<AtomicUsize>,
    }

    impl House {
        /// Opens one after a second.
        fn open(&self, key: &'static str, opens: bool, stands: bool) {
            let (asked, closed) = (self.asked.clone(), self.closed.clone());
            self.spares.open(key, LASTS, async move {
                asked.fetch_add(1, Ordering::Relaxed);
                sleep(Duration::from_secs(1)).await;
                let door = Door { stands, closed };
                opens.then_some(door).ok_or_else(shut)
            });
        }

        fn asked(&self) -> usize {
            self.asked.load(Ordering::Relaxed)
        }

        fn closed(&self) -> usize {
            self.closed.load(Ordering::Relaxed)
        }
    }

    fn shut() -> ProviderError {
        ProviderError::Unavailable {
            engine: "e".to_owned(),
            message: "shut".to_owned(),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_is_being_opened_is_waited_for_and_given_to_one_session_alone() {
        let house = House::default();
        house.open("a", true, true);
        assert!(house.spares.take(&"b").await.is_none());
        assert!(matches!(house.spares.take(&"a").await, Some(Ok(_))));
        assert!(house.spares.take(&"a").await.is_none());
        sleep(LASTS * 2).await;
        assert_eq!((house.asked(), house.closed()), (1, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn however_often_one_is_asked_for_there_are_few_and_they_are_closed() {
        let house = House::default();
        for second in 0..60 {
            for _ in 0..10 {
                house.open("a", second % 2 == 0, true);
            }
            sleep(Duration::from_secs(1)).await;
        }
        let rounds = 60 / LASTS.as_secs() as usize;
        assert!(house.asked() <= MOST * (rounds + 1), "{}", house.asked());
        sleep(LASTS * 2).await;
        assert!(house.spares.take(&"a").await.is_none());
        assert!(house.closed() >= MOST);
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_broke_is_passed_over_and_an_attempt_waited_for_tells_why_it_failed() {
        let house = House::default();
        house.open("a", true, false);
        house.open("a", false, true);
        let taken = house.spares.take(&"a").await;
        assert!(taken.is_none(), "the second had failed by then");
        house.open("a", true, false);
        house.open("a", true, true);
        assert!(matches!(house.spares.take(&"a").await, Some(Ok(_))));
        house.open("a", false, true);
        let error = house.spares.take(&"a").await.unwrap().unwrap_err();
        assert_eq!(error, shut());
    }
}
