//! Who is live: how many sessions there are, and how to end one from outside.

use std::sync::Arc;

use dashmap::DashMap;
use tokio_util::sync::CancellationToken;

/// The live sessions of this node.
#[derive(Clone, Debug)]
pub struct Registry {
    live: Arc<DashMap<String, CancellationToken>>,
    most: usize,
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
        Self { live: Arc::default(), most }
    }

    /// Takes a place, if there is one.
    #[must_use]
    pub fn enter(&self, id: &str) -> Option<Place> {
        let hang_up = CancellationToken::new();
        self.live.insert(id.to_owned(), hang_up.clone());
        let place = Place { registry: self.clone(), id: id.to_owned(), hang_up };
        // Counted after entering, so that two that come at once cannot both take the last place.
        (self.live.len() <= self.most).then_some(place)
    }

    /// Ends a session. Whether there is one.
    pub fn hang_up(&self, id: &str) -> bool {
        self.live.get(id).map(|hang_up| hang_up.cancel()).is_some()
    }

    /// Ends every session.
    pub fn hang_up_all(&self) {
        for session in self.live.iter() {
            session.cancel();
        }
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

    #[test]
    fn a_full_house_takes_nobody_until_somebody_leaves() {
        let registry = Registry::new(1);
        let first = registry.enter("a").unwrap();
        assert!(registry.enter("b").is_none());
        assert_eq!(registry.len(), 1);
        drop(first);
        assert!(registry.enter("b").is_some());
    }

    #[test]
    fn a_session_can_be_ended_from_outside() {
        let registry = Registry::new(2);
        let place = registry.enter("a").unwrap();
        assert!(registry.hang_up("a"));
        assert!(place.hang_up().is_cancelled());
        assert!(!registry.hang_up("b"));
    }
}
