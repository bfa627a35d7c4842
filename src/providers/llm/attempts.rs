//! Which models failed at a prompt, so that none is asked the same thing twice.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::ProviderError;

/// What came of a prompt so far. A clone is of the same prompt.
#[derive(Clone, Debug, Default)]
pub struct Attempts(Arc<Mutex<Log>>);

#[derive(Debug, Default)]
struct Log {
    /// Ranks in an order of models, with their errors.
    failed: Vec<(usize, ProviderError)>,
    /// Whose answer began last: its rank and its name.
    answers: Option<(usize, String)>,
}

impl Attempts {
    /// Whose answer began last, of several models.
    #[must_use]
    pub fn who_answers(&self) -> Option<String> {
        let log = self.log();
        log.answers.as_ref().map(|(_, name)| name.clone())
    }

    /// The answer that began last is none, though whoever gave it took it for one.
    pub fn fell_short(&self, error: &ProviderError) {
        let mut log = self.log();
        if let Some((rank, _)) = log.answers {
            log.failed.push((rank, error.clone()));
        }
    }

    pub(super) fn begun(&self, rank: usize, name: String) {
        self.log().answers = Some((rank, name));
    }

    pub(super) fn failed(&self, rank: usize, error: &ProviderError) {
        self.log().failed.push((rank, error.clone()));
    }

    /// Why it would be of no use to ask the model with this rank.
    pub(super) fn failure(&self, rank: usize) -> Option<ProviderError> {
        let log = self.log();
        let failed = log.failed.iter().find(|(failed, _)| *failed == rank);
        failed.map(|(_, error)| error.clone())
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PartialEq for Attempts {
    /// What came of a prompt is no part of what is asked.
    fn eq(&self, _: &Self) -> bool {
        true
    }
}
