//! Who is live: how many sessions there are, and how to end one, or take it over, from outside.

use std::sync::Arc;
use std::time::Duration;

use dashmap::DashMap;
use dashmap::mapref::entry::Entry as Slot;
use signaling::webrtc::CallHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::db::AccountId;

/// How long a connection may take to put its session away before another goes on with it.
const PUTTING_AWAY: Duration = Duration::from_secs(6);

/// The live sessions of this node.
#[derive(Clone, Debug)]
pub struct Registry {
    live: Arc<DashMap<String, Entry>>,
    most: usize,
}

#[derive(Debug)]
struct Entry {
    account: AccountId,
    orders: Orders,
    call: Option<CallHandle>,
}

/// What a session is told from outside, and what it tells.
#[derive(Clone, Debug, Default)]
pub struct Orders {
    /// Somebody ends the session.
    pub hang_up: CancellationToken,
    /// Another connection takes the session over: leave at once.
    pub displaced: CancellationToken,
    /// The session is put away.
    gone: CancellationToken,
}

/// A place among the live sessions, given up when dropped.
#[derive(Debug)]
pub struct Place {
    registry: Registry,
    id: String,
    orders: Orders,
}

/// Why a session could not be taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TakeOverError {
    /// There is no room.
    #[error("all places are taken")]
    Full,
    /// It belongs to somebody else.
    #[error("there is no such session")]
    NotFound,
    /// Its present connection does not let go of it.
    #[error("the session's connection before has not ended yet")]
    Busy,
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

    /// Takes a place for a new session, if there is one.
    #[must_use]
    pub fn enter(&self, id: &str, account: &AccountId) -> Option<Place> {
        let entry = Entry::new(account);
        let place = self.place(id, &entry);
        self.live.insert(id.to_owned(), entry);
        // Counted after entering, so that two that come at once cannot both take the last place.
        (self.live.len() <= self.most).then_some(place)
    }

    /// Takes the place of a session that goes on: if it still has a connection here, that one is
    /// told to leave and its end awaited. Of several that come at once the last stays.
    ///
    /// # Errors
    /// If there is no room (a session that is live has it), it is somebody else's, or its present
    /// connection does not end.
    pub async fn take_over(&self, id: &str, account: &AccountId) -> Result<Place, TakeOverError> {
        let patience = Instant::now() + PUTTING_AWAY;
        let mut displaced = false;
        loop {
            let gone = match self.live.entry(id.to_owned()) {
                Slot::Occupied(slot) if slot.get().account != *account => {
                    return Err(TakeOverError::NotFound);
                }
                Slot::Occupied(slot) => {
                    slot.get().orders.displaced.cancel();
                    slot.get().orders.gone.clone()
                }
                Slot::Vacant(slot) => {
                    let entry = Entry::new(account);
                    let place = self.place(id, &entry);
                    slot.insert(entry);
                    let room = displaced || self.live.len() <= self.most;
                    return room.then_some(place).ok_or(TakeOverError::Full);
                }
            };
            displaced = true;
            tokio::time::timeout_at(patience, gone.cancelled())
                .await
                .map_err(|_| TakeOverError::Busy)?;
        }
    }

    fn place(&self, id: &str, entry: &Entry) -> Place {
        Place {
            registry: self.clone(),
            id: id.to_owned(),
            orders: entry.orders.clone(),
        }
    }

    /// Whether a session of this account is live.
    #[must_use]
    pub fn is_live(&self, id: &str, account: &AccountId) -> bool {
        let entry = self.live.get(id);
        entry.is_some_and(|entry| entry.account == *account)
    }

    /// Ends a session of this account. Whether there is one.
    pub fn hang_up(&self, id: &str, account: &AccountId) -> bool {
        let entry = self.live.get(id).filter(|entry| entry.account == *account);
        entry.map(|entry| entry.orders.hang_up.cancel()).is_some()
    }

    /// Ends a session of this account and waits until it is put away. Whether it is: `true` also
    /// if it was not live here.
    pub async fn end(&self, id: &str, account: &AccountId) -> bool {
        let entry = self.live.get(id).filter(|entry| entry.account == *account);
        let Some(orders) = entry.map(|entry| entry.orders.clone()) else {
            return true;
        };
        orders.hang_up.cancel();
        let gone = tokio::time::timeout(PUTTING_AWAY, orders.gone.cancelled());
        gone.await.is_ok()
    }

    /// The call that carries a session of this account.
    #[must_use]
    pub fn call(&self, id: &str, account: &AccountId) -> Option<CallHandle> {
        let entry = self.live.get(id).filter(|entry| entry.account == *account);
        entry.and_then(|entry| entry.call.clone())
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

impl Entry {
    fn new(account: &AccountId) -> Self {
        Self {
            account: account.clone(),
            orders: Orders::default(),
            call: None,
        }
    }
}

impl Place {
    /// What the session is told from outside.
    #[must_use]
    pub const fn orders(&self) -> &Orders {
        &self.orders
    }

    /// The call that carries the session, so that it can be [found](Registry::call).
    pub fn carried_by(&self, call: CallHandle) {
        if let Some(mut entry) = self.registry.live.get_mut(&self.id) {
            entry.call = Some(call);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.registry.live.remove(&self.id);
        self.orders.gone.cancel();
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
        assert!(!place.orders().hang_up.is_cancelled());
        assert!(registry.hang_up("a", &account("me")));
        assert!(place.orders().hang_up.is_cancelled());
    }

    #[tokio::test(start_paused = true)]
    async fn a_session_is_taken_over_once_its_connection_has_put_it_away() {
        let registry = Registry::new(1);
        let me = account("me");
        let first = registry.enter("a", &me).unwrap();
        let stranger = registry.take_over("a", &account("you")).await;
        assert_eq!(stranger.unwrap_err(), TakeOverError::NotFound);
        assert!(!first.orders().displaced.is_cancelled());
        let leaving = tokio::spawn(async move {
            first.orders().displaced.cancelled().await;
            tokio::time::sleep(Duration::from_secs(2)).await;
        });
        let began = Instant::now();
        // The house is full, but the session has its place.
        let second = registry.take_over("a", &me).await.unwrap();
        assert_eq!(began.elapsed().as_secs(), 2);
        leaving.await.unwrap();
        assert_eq!(registry.len(), 1);
        // It does not let go.
        let third = registry.take_over("a", &me).await;
        assert_eq!(third.unwrap_err(), TakeOverError::Busy);
        assert!(second.orders().displaced.is_cancelled());
        let other = registry.take_over("b", &me).await;
        assert_eq!(other.unwrap_err(), TakeOverError::Full);
        assert_eq!(registry.len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn of_two_that_come_at_once_one_stays() {
        let registry = Registry::new(9);
        let serve = |registry: Registry| async move {
            let place = registry.take_over("a", &account("me")).await.unwrap();
            let displaced = place.orders().displaced.cancelled();
            tokio::time::timeout(Duration::from_secs(60), displaced)
                .await
                .is_err()
        };
        let (one, two) = tokio::join!(serve(registry.clone()), serve(registry.clone()));
        assert!(one != two, "{one} {two}");
        assert!(registry.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn an_end_is_awaited() {
        let registry = Registry::new(1);
        let me = account("me");
        assert!(registry.end("a", &me).await);
        let place = registry.enter("a", &me).unwrap();
        tokio::spawn(async move {
            place.orders().hang_up.cancelled().await;
            tokio::time::sleep(Duration::from_secs(1)).await;
        });
        assert!(registry.end("a", &me).await);
        assert!(registry.is_empty());
    }
}
