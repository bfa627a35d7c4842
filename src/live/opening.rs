//! Opens an engine's stream beside the session, so that a slow opening survives whatever else
//! happens meanwhile.

use std::future::Future;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::providers::ProviderError;

/// The longest wait between two attempts.
const LONGEST_WAIT: Duration = Duration::from_secs(8);
/// A stream that breaks sooner than this after it was opened was no success.
const SOUND: Duration = Duration::from_secs(5);

/// A stream being opened.
#[derive(Debug)]
pub struct Opening<T> {
    task: Option<JoinHandle<Result<T, ProviderError>>>,
    failures: u32,
    opened: Option<Instant>,
}

impl<T: Send + 'static> Opening<T> {
    /// Nothing is being opened.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            task: None,
            failures: 0,
            opened: None,
        }
    }

    /// Waits for the stream, which `open` opens unless that is under way. After a failure the
    /// next attempt begins later. Safe to drop and call again.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn wait<F>(
        &mut self,
        engine: &str,
        open: impl FnOnce() -> F,
    ) -> Result<T, ProviderError>
    where
        F: Future<Output = Result<T, ProviderError>> + Send + 'static,
    {
        let task = match &mut self.task {
            Some(task) => task,
            None => {
                let (wait, opened) = (wait(self.failures), open());
                self.task.insert(tokio::spawn(async move {
                    tokio::time::sleep(wait).await;
                    opened.await
                }))
            }
        };
        let opened = task.await.unwrap_or_else(|_| {
            let (engine, message) = (engine.to_owned(), "it could not be started".to_owned());
            Err(ProviderError::Unavailable { engine, message })
        });
        self.task = None;
        if opened.is_ok() {
            self.opened = Some(Instant::now());
        } else {
            self.failures += 1;
        }
        opened
    }

    /// The stream that was opened broke.
    pub fn broke(&mut self) {
        let lasted = self.opened.take().map(|opened| opened.elapsed());
        self.failures = match lasted {
            Some(lasted) if lasted >= SOUND => 0,
            _ => self.failures + 1,
        };
    }

    /// Gives up what is being opened: another stream is wanted.
    pub fn abandon(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
        }
    }
}

impl<T> Drop for Opening<T> {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

/// How long to wait after so many failures in a row.
fn wait(failures: u32) -> Duration {
    match failures {
        0 => Duration::ZERO,
        _ => Duration::from_millis(250)
            .saturating_mul(1 << failures.min(5))
            .min(LONGEST_WAIT),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn open(opening: &mut Opening<u32>) -> (Duration, Result<u32, ProviderError>) {
        let began = Instant::now();
        let opened = opening.wait("engine", || async { Ok(7) }).await;
        (began.elapsed(), opened)
    }

    #[test]
    fn waits_grow_to_a_cap() {
        let waits: Vec<u128> = (0..8).map(|failures| wait(failures).as_millis()).collect();
        assert_eq!(waits, [0, 500, 1000, 2000, 4000, 8000, 8000, 8000]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_that_breaks_at_once_again_and_again_is_opened_ever_later() {
        let mut opening = Opening::new();
        let mut waits = Vec::new();
        for _ in 0..4 {
            let (waited, opened) = open(&mut opening).await;
            assert_eq!(opened.unwrap(), 7);
            waits.push(waited.as_millis());
            opening.broke();
        }
        assert_eq!(waits, [0, 500, 1000, 2000]);
        // One that lasted is opened again at once.
        let _ = open(&mut opening).await;
        tokio::time::sleep(SOUND).await;
        opening.broke();
        assert_eq!(open(&mut opening).await.0, Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn an_opening_survives_being_dropped_and_is_not_begun_twice() {
        let mut opening = Opening::new();
        let slow = || async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            Ok(1)
        };
        let first = tokio::time::timeout(Duration::from_millis(100), opening.wait("e", slow));
        assert!(first.await.is_err());
        let began = Instant::now();
        let opened = opening.wait("e", || async { Ok(2) }).await.unwrap();
        assert_eq!((opened, began.elapsed().as_millis()), (1, 200));
    }

    #[tokio::test]
    async fn an_opening_that_panics_is_a_failure() {
        let mut opening: Opening<u32> = Opening::new();
        let opened = opening
            .wait("engine", || async { std::panic::panic_any(()) })
            .await;
        assert!(matches!(opened, Err(ProviderError::Unavailable { .. })));
    }
}
