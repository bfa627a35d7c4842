//! Brings what happens to sessions into the database, however long that takes.
//!
//! A session tells the ledger and goes on. The ledger keeps, for every session with something not
//! yet written, what its row should say; one task writes row after row and tries again, ever more
//! slowly, while the database is locked or gone. What waits is bounded by the number of sessions and
//! of their parts, and a session's own order is kept: later news of a part lands in the same place,
//! and parts are written one after the other.
//! What was disclosed is of no row that could be found again from a session's files: another task
//! [keeps](Ledger::keep) it in a file of its own until it is written.

mod holding;
mod pending;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};

use super::disclosures::{self, DisclosureRow, Waiting};
use super::flusher::Flusher;
use super::journal;
use super::layout::Layout;
use super::recovery::on_disk;
use super::sessions::parts::{self, PartRow};
use super::sessions::{self, EndReason, SessionRow};
use crate::db::{AccountId, Db, DbError};
use crate::telemetry::Metrics;
pub(super) use holding::{Hold, Known};
pub(super) use pending::{Begin, End, Image};
use pending::{News, Pending};

/// Pauses between attempts while the database fails.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// How often files that were not closed in time are looked after again, and one that was not written.
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

    /// The recording stopped before the session.
    pub(super) fn stopped(&self) {
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

    /// Writes rows, for as long as it is polled.
    pub(super) async fn run(&self, db: &Db, layout: &Layout, metrics: &Metrics) {
        let mut pause = FIRST_PAUSE;
        loop {
            let told = self.0.told.notified();
            let is_news = self.has_news();
            let written = match self.write_all(db, layout).await {
                Ok(()) => self.write_disclosures(db).await,
                Err(error) => Err(error),
            };
            match written {
                Ok(()) => {
                    pause = FIRST_PAUSE;
                    // Where nothing was asked of the database it said nothing.
                    if is_news {
                        self.took(true);
                    }
                    let _ = tokio::time::timeout(REVISIT, told).await;
                }
                Err(error) => {
                    let waiting = self.rows().len();
                    tracing::warn!(%error, waiting, "the database does not take what happened yet");
                    metrics.error("database");
                    self.took(false);
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
    }

    /// Keeps in a file what was disclosed until the database has taken it, for as long as it is
    /// polled.
    pub(super) async fn keep(&self, layout: &Layout, flusher: &Flusher, metrics: &Metrics) {
        loop {
            let unkept = self.0.unkept.notified();
            let batch = self.waiting().lacking();
            let Some(batch) = batch else {
                self.0.settled.notify_waiters();
                unkept.await;
                continue;
            };
            let (layout, node) = (layout.clone(), self.0.node.clone());
            match on_disk(move || journal::write(&layout, &node, &batch)).await {
                Ok(()) => flusher.written(),
                Err(error) => {
                    tracing::warn!(%error, "what was disclosed waits for the database in memory alone");
                    metrics.error("archive");
                    self.waiting().not_kept();
                    // All of it is written the next time, so not with whatever comes meanwhile.
                    let _ = tokio::time::timeout(REVISIT, self.taken()).await;
                }
            }
        }
    }

    /// Waits until the database has taken what was disclosed and waits now; for ever if none does.
    async fn taken(&self) {
        if self.waiting().is_empty() {
            return std::future::pending().await;
        }
        self.until(|_| self.waiting().is_empty()).await;
    }

    fn has_news(&self) -> bool {
        self.rows().values().any(Pending::has_news) || !self.waiting().is_empty()
    }

    /// Writes every row of which there is something to write.
    async fn write_all(&self, db: &Db, layout: &Layout) -> Result<(), DbError> {
        let waiting: Vec<String> = self.rows().keys().cloned().collect();
        for id in waiting {
            while let Some(news) = self.news(&id) {
                let known = match self.write(db, &news).await {
                    Err(error) if !is_final(&error) => return Err(error),
                    Err(error) => {
                        // Trying again would not help, and would keep others waiting.
                        tracing::error!(%error, session.id = %id, "a session cannot be recorded");
                        true
                    }
                    Ok(known) => known,
                };
                self.wrote(&id, &news, known);
                if !news.followed {
                    break;
                }
            }
            self.forget(&id, layout).await;
            self.0.settled.notify_waiters();
        }
        Ok(())
    }

    /// Writes what was disclosed.
    async fn write_disclosures(&self, db: &Db) -> Result<(), DbError> {
        loop {
            let Some((account, row)) = self.waiting().first() else {
                self.0.unkept.notify_one();
                self.0.settled.notify_waiters();
                return Ok(());
            };
            match disclosures::insert(db.of(&account), &row).await {
                Err(error) if !is_final(&error) => return Err(error),
                Err(error) => {
                    tracing::error!(%error, session.id = %row.session_id, "a disclosure cannot be recorded");
                }
                Ok(()) => {}
            }
            self.waiting().pop();
        }
    }

    fn news(&self, id: &str) -> Option<News> {
        self.rows().get(id)?.news()
    }

    /// Whether the row took it, and did not have it or another node's word before.
    async fn write(&self, db: &Db, news: &News) -> Result<bool, DbError> {
        let image = &news.image;
        let of = db.of(&image.begin.account);
        let id = &image.begin.id;
        if !news.inserted {
            sessions::insert(of, &image.begin, &self.0.node).await?;
        }
        // The part first: a session that has ended has parts that have.
        if let Some(part) = PartRow::of(image) {
            parts::put(of, id, &part, &self.0.node).await?;
        }
        match news.followed {
            true => sessions::pass_on(of, image, &self.0.node).await,
            false => sessions::update(of, image, &self.0.node).await,
        }
    }

    fn wrote(&self, id: &str, news: &News, known: bool) {
        let mut rows = self.rows();
        let Some(row) = rows.get_mut(id) else { return };
        row.wrote(news);
        match (known, news.followed) {
            (true, _) => {}
            (false, true) => {
                tracing::error!(session.id = %id, "a session has gone on at another node, or was deleted");
                row.lose();
            }
            (false, false) => {
                tracing::debug!(session.id = %id, "the row has ended already, or is another node's");
            }
        }
    }

    /// Forgets a part that ended, whose row says so and whose files are closed.
    async fn forget(&self, id: &str, layout: &Layout) {
        let is_done = |row: &Pending| row.is_closed() && row.is_over();
        if !self.rows().get(id).is_some_and(is_done) {
            return;
        }
        let at = || (layout.clone(), self.0.node.clone(), id.to_owned());
        let (layout, node, name) = at();
        if let Err(error) = on_disk(move || layout.unmark(&node, &name)).await {
            // The next start looks at the session once more, and finds it finished.
            tracing::warn!(%error, session.id = %id, "a session stays marked as unfinished");
        }
        let Some(account) = self.drop_if(id, is_done) else {
            return;
        };
        // Another part has begun meanwhile, and it may be its mark that was taken away.
        let (layout, node, name) = at();
        if let Err(error) = on_disk(move || layout.mark(&node, &account, &name)).await {
            tracing::warn!(%error, session.id = %id, "a session is not marked as unfinished");
        }
    }

    /// Drops what is known of a session, if there is nothing left to be done for it; else whose it is.
    fn drop_if(&self, id: &str, is_done: impl Fn(&Pending) -> bool) -> Option<AccountId> {
        let mut rows = self.rows();
        let row = rows.get(id)?;
        if !is_done(row) {
            return Some(row.account().clone());
        }
        rows.remove(id);
        None
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
