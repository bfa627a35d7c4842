//! Sessions of dead nodes that are this one's by their rows, until they are finished.
//!
//! What is taken over and then refused, by a disk or a database, is no dead node's any more; it is
//! remembered here, so that it is tried again.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::db::AccountId;

/// Those sessions: by their ids, whose they are and at which node they were.
#[derive(Debug, Default)]
pub(super) struct Taken(Mutex<BTreeMap<String, From>>);

/// Whose a session is, and at which node it was; `None` from before nodes had names.
pub(super) type From = (AccountId, Option<String>);

impl Taken {
    /// A session is taken over.
    pub(super) fn add(&self, id: &str, from: From) {
        self.all().entry(id.to_owned()).or_insert(from);
    }

    /// It is finished, or somebody else's.
    pub(super) fn remove(&self, id: &str) {
        self.all().remove(id);
    }

    /// Whether it waits to be finished.
    pub(super) fn holds(&self, id: &str) -> bool {
        self.all().contains_key(id)
    }

    /// All that wait.
    pub(super) fn waiting(&self) -> BTreeMap<String, From> {
        self.all().clone()
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<String, From>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
