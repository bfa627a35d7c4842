//! Brings what happens to sessions into the database, however long that takes.
//!
//! A session tells the ledger and goes on. The ledger keeps, for every session with something not
//! yet written, what its row should say; one task writes row after row and tries again, ever more
//! slowly, while the database is locked or gone. What waits is bounded by the number of sessions,
//! and a session's own order is kept, since later news of it lands in the same place.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use media::Position;
use tokio::sync::{Notify, watch};

use super::disclosures::{self, DisclosureRow, Waiting};
use super::layout::Layout;
use super::sessions::parts::{self, PartRow};
use super::sessions::{self, EndReason, SessionRow};
use super::trouble::Refusal;
use super::writer::Shared;
use crate::clock::Micros;
use crate::db::{AccountId, Db, DbError};
use crate::telemetry::Metrics;

/// Pauses between attempts while the database fails.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// How often files that were not closed in time are looked after again.
const REVISIT: Duration = Duration::from_secs(5);

/// A part that begins.
#[derive(Clone, Debug)]
pub(super) struct Begin {
    pub account: AccountId,
    pub id: String,
    pub part: u32,
    /// Where it begins; `None` of a part that was claimed and never began.
    pub from: Option<Position>,
    pub client_id: Option<String>,
    pub transport: String,
    pub engines: String,
    pub started_at: Micros,
    /// Whether there is no row yet.
    pub is_new: bool,
    pub shared: Arc<Shared>,
}

/// A part that ended.
#[derive(Clone, Debug)]
pub(super) struct End {
    pub ended_at: Micros,
    pub reason: EndReason,
    pub length_ms: u64,
    /// Turns of this part.
    pub turns: u32,
    /// Interruptions in this part.
    pub interruptions: u32,
}

/// What a row should say beyond what it says.
#[derive(Clone, Debug)]
pub(super) struct Image {
    pub begin: Begin,
    /// Where its recording stopped, and why.
    pub stopped: Option<(Position, Refusal)>,
    pub end: Option<End>,
}

#[derive(Debug)]
struct Pending {
    image: Image,
    /// Counts what was told, so that what came while the row was written is not lost.
    told: u64,
    written: u64,
    inserted: bool,
}

impl Pending {
    /// Whether the row does not say everything yet. That the recording stopped may come out after
    /// the part ended: its last batches are written later.
    fn is_news(&self) -> bool {
        self.told != self.written || self.image.stopped != self.image.begin.shared.stopped()
    }

    /// Whether the part ended, and the row says so.
    fn is_over(&self) -> bool {
        self.image.end.is_some() && !self.is_news()
    }
}

/// The way to the ledger.
#[derive(Clone, Debug)]
pub(super) struct Ledger(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    node: String,
    rows: Mutex<BTreeMap<String, Pending>>,
    disclosures: Mutex<Waiting>,
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
            told: Notify::new(),
            settled: Notify::new(),
            behind: watch::Sender::new(false),
        }))
    }

    /// A part begins.
    pub(super) fn begin(&self, begin: Begin) {
        let id = begin.id.clone();
        let pending = Pending {
            told: u64::from(begin.from.is_some()),
            written: 0,
            inserted: !begin.is_new,
            image: Image {
                begin,
                stopped: None,
                end: None,
            },
        };
        self.rows().insert(id, pending);
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
        self.0.told.notify_one();
    }

    fn tell(&self, id: &str, change: impl FnOnce(&mut Image)) {
        if let Some(pending) = self.rows().get_mut(id) {
            change(&mut pending.image);
            pending.told += 1;
        }
        self.0.told.notify_one();
    }

    /// What the row of a session of this account will say, and that of its part, for as long as there
    /// is none.
    pub(super) fn unwritten(
        &self,
        account: &AccountId,
        id: &str,
    ) -> Option<(SessionRow, Option<PartRow>)> {
        let rows = self.rows();
        let pending = rows.get(id).filter(|row| !row.inserted)?;
        let Image { begin, end, .. } = &pending.image;
        let end = end.as_ref();
        let stopped = begin.shared.stopped();
        let recording = match stopped {
            None => "whole",
            Some((at, _)) if Some(at) > begin.from => "stopped",
            Some(_) => "none",
        };
        let part = PartRow::of(&Image {
            stopped,
            ..pending.image.clone()
        });
        let row = SessionRow {
            id: begin.id.clone(),
            client_id: begin.client_id.clone(),
            transport: begin.transport.clone(),
            engines: begin.engines.clone(),
            started_at: begin.started_at.0,
            ended_at: end.map(|end| end.ended_at.0),
            end_reason: end.map(|end| end.reason.name().to_owned()),
            part: begin.part.into(),
            node: Some(self.0.node.clone()),
            length_ms: end.map_or(0, |end| sessions::whole(end.length_ms)),
            turns: end.map_or(0, |end| end.turns.into()),
            interruptions: end.map_or(0, |end| end.interruptions.into()),
            recording: recording.to_owned(),
            stopped_at_ms: stopped.map(|(at, _)| sessions::whole(at.ms())),
            stopped_reason: stopped.map(|(_, refusal)| refusal.name().to_owned()),
            deleted_at: None,
        };
        (begin.account == *account).then_some((row, part))
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
        let image = &rows.get(id)?.image;
        let end = image
            .end
            .as_ref()
            .filter(|_| image.begin.account == *account);
        end.map(|end| end.reason)
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
        self.until(|rows| rows.get(id).is_none_or(|row| row.image.end.is_none()))
            .await;
    }

    /// Waits until nothing is left to be written.
    pub(super) async fn drained(&self) {
        let idle = |row: &Pending| row.image.end.is_none() && !row.is_news();
        self.until(|rows| rows.values().all(idle) && self.waiting().is_empty())
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

    fn has_news(&self) -> bool {
        self.rows().values().any(Pending::is_news) || !self.waiting().is_empty()
    }

    /// Writes every row of which there is something to write.
    async fn write_all(&self, db: &Db, layout: &Layout) -> Result<(), DbError> {
        let waiting: Vec<String> = self.rows().keys().cloned().collect();
        for id in waiting {
            if let Some((image, told, inserted)) = self.news(&id) {
                match self.write(db, &image, inserted).await {
                    Err(error) if !is_final(&error) => return Err(error),
                    Err(error) => {
                        // Trying again would not help, and would keep others waiting.
                        tracing::error!(%error, session.id = %id, "a session cannot be recorded");
                    }
                    Ok(()) => {}
                }
                self.wrote(&id, told, image.stopped);
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

    /// What the row should say and does not, with how much of it was told, and whether there is one.
    fn news(&self, id: &str) -> Option<(Image, u64, bool)> {
        let rows = self.rows();
        let row = rows.get(id).filter(|row| row.is_news())?;
        let mut image = row.image.clone();
        image.stopped = image.begin.shared.stopped();
        Some((image, row.told, row.inserted))
    }

    async fn write(&self, db: &Db, image: &Image, inserted: bool) -> Result<(), DbError> {
        let of = db.of(&image.begin.account);
        let id = &image.begin.id;
        if !inserted {
            sessions::insert(of, &image.begin, &self.0.node).await?;
        }
        // The part first: a session that has ended has parts that have.
        if let Some(part) = PartRow::of(image) {
            parts::put(of, id, &part, &self.0.node).await?;
        }
        let known = sessions::update(of, image, &self.0.node).await?;
        if !known {
            tracing::debug!(session.id = %id, "the row has ended already, or is another node's");
        }
        Ok(())
    }

    fn wrote(&self, id: &str, told: u64, stopped: Option<(Position, Refusal)>) {
        if let Some(row) = self.rows().get_mut(id) {
            row.written = told;
            row.inserted = true;
            row.image.stopped = stopped;
        }
    }

    /// Forgets a part that ended, whose row says so and whose files are closed.
    async fn forget(&self, id: &str, layout: &Layout) {
        let is_closed = |row: &Pending| {
            // What is closed is written, or was refused.
            row.image.begin.shared.closed.load(Ordering::Acquire) && row.is_over()
        };
        if !self.rows().get(id).is_some_and(is_closed) {
            return;
        }
        let (layout, node, name) = (layout.clone(), self.0.node.clone(), id.to_owned());
        let unmarked = tokio::task::spawn_blocking(move || layout.unmark(&node, &name)).await;
        if let Ok(Err(error)) = unmarked {
            // The next start looks at the session once more, and finds it finished.
            tracing::warn!(%error, session.id = %id, "a session stays marked as unfinished");
        }
        let mut rows = self.rows();
        if rows.get(id).is_some_and(is_closed) {
            rows.remove(id);
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
