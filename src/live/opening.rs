//! Opens an engine's stream beside the session, so that a slow opening survives whatever else
//! happens meanwhile.

use std::future::Future;
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::providers::ProviderError;

/// The longest wait between two attempts.
const LONGEST_WAIT: Duration = Duration::from_secs(8);

/// A stream being opened.
#[derive(Debug)]
pub struct Opening<T> {
    task: Option<JoinHandle<Result<T, ProviderError>>>,
    failures: u32,
}

impl<T: Send + 'static> Opening<T> {
    /// Nothing is being opened.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            task: None,
            failures: 0,
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
        self.failures = if opened.is_ok() { 0 } else { self.failures + 1 };
        opened
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

    #[test]
    fn waits_grow_to_a_cap() {
        let waits: Vec<u128> = (0..8).map(|failures| wait(failures).as_millis()).collect();
        assert_eq!(waits, [0, 500, 1000, 2000, 4000, 8000, 8000, 8000]);
    }
}
