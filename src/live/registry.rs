//! Who is live: how many sessions there are, and how to end one from outside.

use std::sync::Arc;

use dashmap::DashMap;
use tokio_util::sync::CancellationToken;

use crate::db::AccountId;

/// The live sessions of this node.
#[derive(Clone, Debug)]
pub struct Registry {
    live: Arc<DashMap<String, Entry>>,
    most: usize,
}

#[derive(Debug)]
struct Entry {
    account: AccountId,
    hang_up: CancellationToken,
}

/// A place among the live sessions, given up when dropped.
#[derive(Debug)]
pub struct Place {
    registry: Registry,
    id: String,
    hang_up: CancellationToken,
}

impl Registry {
    /// A registry with room for so many sessions.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self {
            live: Arc::default(),
            most,
        }
    }

    /// Takes a place, if there is one.
    #[must_use]
    pub fn enter(&self, id: &str, account: &AccountId) -> Option<Place> {
        let hang_up = CancellationToken::new();
        let entry = Entry {
            account: account.clone(),
            hang_up: hang_up.clone(),
        };
        self.live.insert(id.to_owned(), entry);
        let place = Place {
            registry: self.clone(),
            id: id.to_owned(),
            hang_up,
        };
        // Counted after entering, so that two that come at once cannot both take the last place.
        (self.live.len() <= self.most).then_some(place)
    }

    /// Ends a session of this account. Whether there is one.
    pub fn hang_up(&self, id: &str, account: &AccountId) -> bool {
        let entry = self.live.get(id).filter(|entry| entry.account == *account);
        entry.map(|entry| entry.hang_up.cancel()).is_some()
    }

    /// How many sessions are live.
    #[must_use]
    pub fn len(&self) -> usize {
        self.live.len()
    }

    /// Whether no session is live.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.live.is_empty()
    }
}

impl Place {
    /// Tells when the session is to end.
    #[must_use]
    pub const fn hang_up(&self) -> &CancellationToken {
        &self.hang_up
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.registry.live.remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(id: &str) -> AccountId {
        AccountId::new(id)
    }

    #[test]
    fn a_full_house_takes_nobody_until_somebody_leaves() {
        let registry = Registry::new(1);
        let first = registry.enter("a", &account("me")).unwrap();
        assert!(registry.enter("b", &account("me")).is_none());
        assert_eq!(registry.len(), 1);
        drop(first);
        assert!(registry.enter("b", &account("me")).is_some());
    }

    #[test]
    fn a_session_can_be_ended_from_outside_by_its_own_account_alone() {
        let registry = Registry::new(2);
        let place = registry.enter("a", &account("me")).unwrap();
        assert!(!registry.hang_up("a", &account("you")));
        assert!(!registry.hang_up("b", &account("me")));
        assert!(!place.hang_up().is_cancelled());
        assert!(registry.hang_up("a", &account("me")));
        assert!(place.hang_up().is_cancelled());
    }
}
