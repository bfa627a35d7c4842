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

/// A session that a connection has, or is about to have.
#[derive(Debug)]
struct Entry {
    account: AccountId,
    /// Somebody ends the session, whichever connection has it.
    hang_up: CancellationToken,
    /// No connection has it any more, and none is about to.
    over: CancellationToken,
    /// The connection that has it; `None` between two of them.
    holder: Option<Holder>,
    /// How many connections wait to have it.
    heirs: usize,
}

/// What is known of a connection.
#[derive(Debug)]
struct Holder {
    displaced: CancellationToken,
    gone: CancellationToken,
    call: Option<CallHandle>,
}

/// What a session is told from outside, and what it tells.
#[derive(Clone, Debug)]
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

/// A connection that waits for a session, which is not over until it is dropped.
#[derive(Debug)]
struct Heir<'a> {
    registry: &'a Registry,
    id: &'a str,
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
        let mut entry = Entry::new(account);
        let place = self.seat(id, &mut entry);
        self.live.insert(id.to_owned(), entry);
        // Counted after entering, so that two that come at once cannot both take the last place.
        (self.live.len() <= self.most).then_some(place)
    }

    /// Takes the place of a session that goes on: if it still has a connection here, that one is
    /// told to leave and its end awaited. Of several that come at once the last stays. A hang-up
    /// that comes meanwhile is told to the new connection.
    ///
    /// # Errors
    /// If there is no room (a session that is live has it), it is somebody else's, or its present
    /// connection does not end.
    pub async fn take_over(&self, id: &str, account: &AccountId) -> Result<Place, TakeOverError> {
        let patience = Instant::now() + PUTTING_AWAY;
        let mut heir = None;
        loop {
            let gone = match self.live.entry(id.to_owned()) {
                Slot::Occupied(slot) if slot.get().account != *account => {
                    return Err(TakeOverError::NotFound);
                }
                Slot::Occupied(mut slot) => {
                    let entry = slot.get_mut();
                    let Some(holder) = &entry.holder else {
                        return Ok(self.seat(id, entry));
                    };
                    holder.displaced.cancel();
                    let gone = holder.gone.clone();
                    heir.get_or_insert_with(|| {
                        entry.heirs += 1;
                        Heir { registry: self, id }
                    });
                    gone
                }
                Slot::Vacant(slot) => {
                    let mut entry = Entry::new(account);
                    let place = self.seat(id, &mut entry);
                    slot.insert(entry);
                    let room = self.live.len() <= self.most;
                    return room.then_some(place).ok_or(TakeOverError::Full);
                }
            };
            tokio::time::timeout_at(patience, gone.cancelled())
                .await
                .map_err(|_| TakeOverError::Busy)?;
        }
    }

    /// Gives a session to a new connection.
    fn seat(&self, id: &str, entry: &mut Entry) -> Place {
        let orders = Orders {
            hang_up: entry.hang_up.clone(),
            displaced: CancellationToken::new(),
            gone: CancellationToken::new(),
        };
        entry.holder = Some(Holder {
            displaced: orders.displaced.clone(),
            gone: orders.gone.clone(),
            call: None,
        });
        Place {
            registry: self.clone(),
            id: id.to_owned(),
            orders,
        }
    }

    /// Changes what is known of a session, which is over if then no connection has it or waits
    /// for it.
    fn leave(&self, id: &str, change: impl FnOnce(&mut Entry)) {
        if let Slot::Occupied(mut slot) = self.live.entry(id.to_owned()) {
            change(slot.get_mut());
            if slot.get().holder.is_none() && slot.get().heirs == 0 {
                slot.remove().over.cancel();
            }
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
        entry.map(|entry| entry.hang_up.cancel()).is_some()
    }

    /// Ends a session of this account and waits until it is put away. Whether it is: `true` also
    /// if it was not live here.
    pub async fn end(&self, id: &str, account: &AccountId) -> bool {
        let entry = self.live.get(id).filter(|entry| entry.account == *account);
        let told = entry.map(|entry| (entry.hang_up.clone(), entry.over.clone()));
        let Some((hang_up, over)) = told else {
            return true;
        };
        hang_up.cancel();
        let over = tokio::time::timeout(PUTTING_AWAY, over.cancelled());
        over.await.is_ok()
    }

    /// The call that carries a session of this account.
    #[must_use]
    pub fn call(&self, id: &str, account: &AccountId) -> Option<CallHandle> {
        let entry = self.live.get(id).filter(|entry| entry.account == *account);
        entry.and_then(|entry| entry.holder.as_ref()?.call.clone())
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
            hang_up: CancellationToken::new(),
            over: CancellationToken::new(),
            holder: None,
            heirs: 0,
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
        if let Some(mut entry) = self.registry.live.get_mut(&self.id)
            && let Some(holder) = &mut entry.holder
        {
            holder.call = Some(call);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.registry.leave(&self.id, |entry| entry.holder = None);
        self.orders.gone.cancel();
    }
}

impl Drop for Heir<'_> {
    fn drop(&mut self) {
        self.registry.leave(self.id, |entry| entry.heirs -= 1);
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

    /// Everything that can run has run.
    async fn all_wait() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_hang_up_in_the_middle_of_a_takeover_reaches_the_new_connection() {
        // While the old connection is put away, and between the two.
        for between in [false, true] {
            let registry = Registry::new(1);
            let me = account("me");
            let first = registry.enter("a", &me).unwrap();
            let (orders, other) = (first.orders().clone(), registry.clone());
            let second =
                tokio::spawn(async move { other.take_over("a", &account("me")).await.unwrap() });
            orders.displaced.cancelled().await;
            if !between {
                assert!(registry.hang_up("a", &me));
            }
            drop(first);
            if between {
                assert!(registry.hang_up("a", &me));
            }
            let second = second.await.unwrap();
            assert!(second.orders().hang_up.is_cancelled(), "{between}");
            assert!(!second.orders().displaced.is_cancelled());
            // Whoever ends a session waits for all of them.
            let ended = tokio::spawn({
                let registry = registry.clone();
                async move { registry.end("a", &account("me")).await }
            });
            all_wait().await;
            assert!(!ended.is_finished());
            drop(second);
            assert!(ended.await.unwrap() && registry.is_empty());
            // Another time it is not hung up any more.
            let third = registry.take_over("a", &me).await.unwrap();
            assert!(!third.orders().hang_up.is_cancelled());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_gives_up_waiting_leaves_nothing_behind() {
        let registry = Registry::new(1);
        let me = account("me");
        let first = registry.enter("a", &me).unwrap();
        let heir = tokio::spawn({
            let registry = registry.clone();
            async move { registry.take_over("a", &account("me")).await }
        });
        first.orders().displaced.cancelled().await;
        heir.abort();
        assert!(heir.await.unwrap_err().is_cancelled());
        drop(first);
        assert!(registry.is_empty() && !registry.hang_up("a", &me));
        // The other way round: it waits no longer than it may, and the first leaves later.
        let first = registry.enter("a", &me).unwrap();
        let late = registry.take_over("a", &me).await;
        assert_eq!(late.unwrap_err(), TakeOverError::Busy);
        assert!(registry.is_live("a", &me));
        drop(first);
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
