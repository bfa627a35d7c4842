//! Brings what happens to sessions into the database, however long that takes.
//!
//! A session tells the ledger and goes on. The ledger keeps, for every session with something not
//! yet written, what its row should say; one task [writes](Ledger::run) row after row. What waits is
//! bounded by the number of sessions and of their parts, and a session's own order is kept: later news
//! of a part lands in the same place, and parts are written one after the other. A row says that its
//! session ended once the files are complete, and not before: any node goes on with one that has.
//! What was disclosed is of no row that could be found again from a session's files: another task
//! [keeps](Ledger::keep) it in a file of its own until it is written.

mod disclosing;
mod holding;
mod pending;
#[cfg(test)]
mod tests;
mod writing;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};

use super::disclosures::{DisclosureRow, Waiting};
use super::sessions::parts::PartRow;
use super::sessions::{EndReason, SessionRow};
use crate::db::{AccountId, DbError};
pub(super) use holding::{Hold, Known};
use pending::Pending;
pub(super) use pending::{Begin, End, Image};

/// How often it is tried again what the disk refused.
const REVISIT: Duration = Duration::from_secs(5);

/// The way to the ledger.
#[derive(Clone, Debug)]
pub(super) struct Ledger(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    node: String,
    rows: Mutex<BTreeMap<String, Pending>>,
    disclosures: Mutex<Waiting>,
    /// The file of disclosures may not be as it should.
    unkept: Notify,
    told: Notify,
    settled: Notify,
    /// The database refused something since its disk is full.
    full: Notify,
    /// Whether the database did not take what it was told last.
    behind: watch::Sender<bool>,
}

impl Ledger {
    pub(super) fn new(node: String) -> Self {
        Self(Arc::new(Inner {
            node,
            rows: Mutex::default(),
            disclosures: Mutex::default(),
            unkept: Notify::new(),
            told: Notify::new(),
            settled: Notify::new(),
            full: Notify::new(),
            behind: watch::Sender::new(false),
        }))
    }

    /// A part begins. It follows the one before, where the session is [held](Self::hold) for it.
    pub(super) fn begin(&self, begin: Begin) {
        match self.rows().entry(begin.id.clone()) {
            Entry::Occupied(mut row) if row.get().is_held() => row.get_mut().follow(begin),
            Entry::Occupied(mut row) => *row.get_mut() = Pending::new(begin),
            Entry::Vacant(place) => {
                place.insert(Pending::new(begin));
            }
        }
        self.0.told.notify_one();
    }

    /// With which AI client it is held was settled later.
    pub(super) fn name_client(&self, id: &str, client_id: Option<String>) {
        self.tell(id, |image| image.begin.client_id = client_id);
    }

    /// The recording of a part stopped, or its files are complete: its [`Shared`] says so.
    ///
    /// [`Shared`]: super::writer::Shared
    pub(super) fn look(&self) {
        self.0.told.notify_one();
    }

    /// The part ended.
    pub(super) fn end(&self, id: &str, end: End) {
        self.tell(id, |image| image.end = Some(end));
    }

    /// Something of a person left this machine.
    pub(super) fn disclosed(&self, account: AccountId, row: DisclosureRow) {
        self.waiting().push(account, row);
        self.0.unkept.notify_one();
        self.0.told.notify_one();
    }

    fn tell(&self, id: &str, change: impl FnOnce(&mut Image)) {
        if let Some(pending) = self.rows().get_mut(id) {
            pending.tell(change);
        }
        self.0.told.notify_one();
    }

    /// What the row of a session of this account will say, and those of its parts, for as long as
    /// there is none.
    pub(super) fn unwritten(
        &self,
        account: &AccountId,
        id: &str,
    ) -> Option<(SessionRow, Vec<PartRow>)> {
        let rows = self.rows();
        let pending = rows.get(id).filter(|row| row.is_of(account))?;
        (!pending.is_inserted()).then(|| (pending.row(&self.0.node), pending.parts()))
    }

    /// Whether a session of this account is among those that are written down here.
    pub(super) fn knows(&self, account: &AccountId, id: &str) -> bool {
        self.rows().get(id).is_some_and(|row| row.is_of(account))
    }

    /// Whether a session goes on here, or is about to, of which the database says that it is at a
    /// part before.
    pub(super) fn goes_on(&self, id: &str) -> bool {
        let rows = self.rows();
        let row = rows.get(id);
        row.is_some_and(|row| row.is_held() || row.waiting() > 0)
    }

    /// What the database has no row of yet, of this account.
    pub(super) fn unlisted(&self, account: &AccountId) -> Vec<SessionRow> {
        let ids: Vec<String> = self.rows().keys().cloned().collect();
        let row = |id: String| self.unwritten(account, &id).map(|(row, _)| row);
        ids.into_iter().filter_map(row).collect()
    }

    /// Why a session of this account ended, of which the database or the disk has not taken all yet.
    pub(super) fn ended(&self, account: &AccountId, id: &str) -> Option<EndReason> {
        let rows = self.rows();
        rows.get(id).filter(|row| row.is_of(account))?.ended()
    }

    /// The database was told something, and took it or did not.
    pub(super) fn took(&self, taken: bool) {
        let behind = !taken;
        let change = |known: &mut bool| std::mem::replace(known, behind) != behind;
        self.0.behind.send_if_modified(change);
    }

    /// Whether the database did not take what it was told last, and when that changes.
    pub(super) fn watch(&self) -> watch::Receiver<bool> {
        self.0.behind.subscribe()
    }

    /// Waits until everything of a session that ended is in its row and its files.
    pub(super) async fn settled(&self, id: &str) {
        self.until(|rows| rows.get(id).is_none_or(Pending::is_settled))
            .await;
    }

    /// Waits until nothing is left to be written.
    pub(super) async fn drained(&self) {
        self.until(|rows| rows.values().all(Pending::is_idle) && self.waiting().is_over())
            .await;
    }

    /// Waits until the database refuses something, from now on, since its disk is full.
    pub(super) async fn refused_for_room(&self) {
        self.0.full.notified().await;
    }

    async fn until(&self, done: impl Fn(&BTreeMap<String, Pending>) -> bool) {
        loop {
            let settled = self.0.settled.notified();
            tokio::pin!(settled);
            settled.as_mut().enable();
            if done(&self.rows()) {
                return;
            }
            settled.await;
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        let disclosures = &self.0.disclosures;
        disclosures.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn rows(&self) -> MutexGuard<'_, BTreeMap<String, Pending>> {
        self.0.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the database refuses the row itself, and always will: the account is gone.
pub(super) fn is_final(error: &DbError) -> bool {
    let DbError::Query(sqlx::Error::Database(error)) = error else {
        return false;
    };
    !matches!(error.kind(), sqlx::error::ErrorKind::Other)
}
