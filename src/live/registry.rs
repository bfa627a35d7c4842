//! Who is live: how many sessions there are, and how to end one, or take it over, from outside.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use dashmap::DashMap;
use dashmap::mapref::entry::Entry as Slot;
use dashmap::mapref::one::Ref;
use signaling::webrtc::CallHandle;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::db::AccountId;

#[cfg(test)]
mod tests;

/// So many sessions per place are there at most, those included that are being put away.
const CROWD: usize = 2;

/// How long a connection may take to put its session away before another goes on with it.
pub(super) const PUTTING_AWAY: Duration = Duration::from_secs(7);

/// The live sessions of this node.
#[derive(Clone, Debug)]
pub struct Registry {
    live: Arc<DashMap<String, Entry>>,
    /// Held by whoever looks for a place: of several that come at once for the last, one has it.
    door: Arc<Mutex<()>>,
    most: usize,
}

/// A session that a connection has, or is about to have.
#[derive(Debug)]
struct Entry {
    account: AccountId,
    /// Somebody ends the session, whichever connection has it. From then on it is over for everybody
    /// but those who put it away, and its place is free.
    hang_up: CancellationToken,
    /// No connection has it any more, and none is about to.
    over: CancellationToken,
    /// The connection that has it; `None` between two of them.
    holder: Option<Holder>,
    /// How many connections wait to have it.
    heirs: usize,
    /// The number of the last one that came to wait.
    latest: u64,
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
    number: u64,
}

/// What becomes of a hang-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HangUp {
    /// The session ends now.
    Told,
    /// It was hung up before, and is being put away.
    Before,
    /// There is no such live session.
    NotLive,
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
    /// It was hung up.
    #[error("the session was ended by its coach")]
    HungUp,
    /// One that came later takes it.
    #[error("another connection took the session over meanwhile")]
    Displaced,
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
            door: Arc::default(),
            most,
        }
    }

    /// Takes a place for a new session, if there is one.
    #[must_use]
    pub fn enter(&self, id: &str, account: &AccountId) -> Option<Place> {
        let _alone = self.alone();
        if !self.has_room() {
            return None;
        }
        let mut entry = Entry::new(account);
        let place = self.seat(id, &mut entry);
        self.live.insert(id.to_owned(), entry);
        Some(place)
    }

    /// Takes the place of a session that goes on: if it still has a connection here, that one is
    /// told to leave and its end awaited. Of several that wait the last has it, and the others are
    /// sent away: each would only keep it from the next. A hang-up that comes meanwhile is told to the
    /// new connection.
    ///
    /// # Errors
    /// If there is no room (a session that is live has it), it is somebody else's, it was hung up
    /// and is being put away, another one came later, or its present connection does not end.
    pub async fn take_over(&self, id: &str, account: &AccountId) -> Result<Place, TakeOverError> {
        let patience = Instant::now() + PUTTING_AWAY;
        let mut heir: Option<Heir<'_>> = None;
        loop {
            let gone = {
                let _alone = self.alone();
                let room = self.has_room();
                match self.live.entry(id.to_owned()) {
                    Slot::Occupied(slot) if slot.get().account != *account => {
                        return Err(TakeOverError::NotFound);
                    }
                    Slot::Occupied(slot) if heir.is_none() && slot.get().is_hung_up() => {
                        return Err(TakeOverError::HungUp);
                    }
                    Slot::Occupied(mut slot) => {
                        let entry = slot.get_mut();
                        if heir.as_ref().is_some_and(|heir| heir.number < entry.latest) {
                            return Err(TakeOverError::Displaced);
                        }
                        let Some(holder) = &entry.holder else {
                            return Ok(self.seat(id, entry));
                        };
                        holder.displaced.cancel();
                        let gone = holder.gone.clone();
                        heir.get_or_insert_with(|| {
                            entry.heirs += 1;
                            entry.latest += 1;
                            let number = entry.latest;
                            Heir {
                                registry: self,
                                id,
                                number,
                            }
                        });
                        gone
                    }
                    Slot::Vacant(_) if !room => return Err(TakeOverError::Full),
                    Slot::Vacant(slot) => {
                        let mut entry = Entry::new(account);
                        let place = self.seat(id, &mut entry);
                        slot.insert(entry);
                        return Ok(place);
                    }
                }
            };
            tokio::time::timeout_at(patience, gone.cancelled())
                .await
                .map_err(|_| TakeOverError::Busy)?;
        }
    }

    /// Waits until nobody else looks for a place.
    fn alone(&self) -> MutexGuard<'_, ()> {
        self.door.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether there is room for one more.
    fn has_room(&self) -> bool {
        self.taken() < self.most && self.live.len() < self.most.saturating_mul(CROWD)
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

    /// The session, if it is one of this account.
    fn entry(&self, id: &str, account: &AccountId) -> Option<Ref<'_, String, Entry>> {
        let entry = self.live.get(id);
        entry.filter(|entry| entry.account == *account)
    }

    /// Whether a session of this account is live, or being put away.
    #[must_use]
    pub fn is_live(&self, id: &str, account: &AccountId) -> bool {
        self.entry(id, account).is_some()
    }

    /// Ends a session of this account. Its place is free at once; what was said last is heard out.
    pub fn hang_up(&self, id: &str, account: &AccountId) -> HangUp {
        // Alone with the entry, so that of two that come at once one is the first.
        match self.live.get_mut(id).filter(|e| e.account == *account) {
            Some(entry) if entry.is_hung_up() => HangUp::Before,
            Some(entry) => {
                entry.hang_up.cancel();
                HangUp::Told
            }
            None => HangUp::NotLive,
        }
    }

    /// Ends the sessions whose hang-ups reached other nodes, for as long as anybody tells of them.
    pub async fn heed(self, mut hang_ups: watch::Receiver<Vec<(AccountId, String)>>) {
        while hang_ups.changed().await.is_ok() {
            for (account, id) in hang_ups.borrow_and_update().iter() {
                self.hang_up(id, account);
            }
        }
    }

    /// Ends a session of this account and waits until it is put away. Whether it is: `true` also
    /// if it was not live here.
    pub async fn end(&self, id: &str, account: &AccountId) -> bool {
        let told = self
            .entry(id, account)
            .map(|entry| (entry.hang_up.clone(), entry.over.clone()));
        let Some((hang_up, over)) = told else {
            return true;
        };
        hang_up.cancel();
        let over = tokio::time::timeout(PUTTING_AWAY, over.cancelled());
        over.await.is_ok()
    }

    /// The call that carries a live session of this account.
    #[must_use]
    pub fn call(&self, id: &str, account: &AccountId) -> Option<CallHandle> {
        let entry = self.entry(id, account).filter(|entry| !entry.is_hung_up());
        entry.and_then(|entry| entry.holder.as_ref()?.call.clone())
    }

    /// How many places are taken: sessions that were hung up have none.
    #[must_use]
    pub fn taken(&self) -> usize {
        let entries = self.live.iter();
        entries.filter(|entry| !entry.is_hung_up()).count()
    }

    /// Whether no session is live, or being put away.
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
            latest: 0,
        }
    }

    /// Whether somebody ended it: then it is being put away.
    fn is_hung_up(&self) -> bool {
        self.hang_up.is_cancelled()
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
