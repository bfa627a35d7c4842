//! Resumption: a session whose connection ended goes on, here or at another node.
//!
//! Which node goes on with it is settled in the database. While that takes nothing, a session of which
//! it was not told that it ended is still this node's, and goes on here; so does, where the database is
//! this process's alone, one that it was told of.

mod claim;
#[cfg(test)]
mod tests;
pub mod written;

use std::time::Duration;

use media::Position;
use signaling::event::{Item, Session};
use tokio::time::{Instant, timeout};

use super::event::{Entry, Outcome, Sent};
use super::layout::Folder;
use super::ledger::{Hold, Known};
use super::recovery::{RecoveryError, goes_further, on_disk};
use super::restore::Restored;
use super::sessions::{self, EndReason, SessionRow, parts};
use super::{Archive, Core, entries};
use crate::clock::Micros;
use crate::db::{AccountId, DbError, Engine};
pub use claim::Claim;
use claim::Way;

/// How long the end of the part before may take to reach the disk, or the database where that must be
/// told first.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);
/// How long it may take to reach the database where that need not be: longer than any takes that is
/// well.
pub(super) const SOON: Duration = Duration::from_millis(500);
/// How often what a session has just begun with, or ended with, is looked for, …
const AGAIN: Duration = Duration::from_millis(100);
/// … and what it has begun with how many times.
const TRIES: usize = 10;

/// A session that goes on, as its archive leaves it.
#[derive(Debug)]
pub struct Reopened {
    /// The number of the part that begins.
    pub part_number: u32,
    /// Where it begins on the session's timeline.
    pub from: Position,
    /// How long nobody was connected.
    pub away: Duration,
    /// The configuration in force.
    pub session: Session,
    /// What was said and typed, in order.
    pub items: Vec<Item>,
    /// What became of the client's silences, by item, in order.
    pub silences: Vec<(String, Outcome)>,
    /// How the last spoken answers sound, in order.
    pub sent: Vec<Sent>,
    /// The AI client.
    pub client_id: Option<String>,
    /// When the session began.
    pub started_at: Micros,
    /// To be handed to [`Archive::record`].
    pub claim: Claim,
}

/// Why a session cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum ReopenError {
    /// There is no such session of this account.
    #[error("there is no such session")]
    NotFound,
    /// It still has a connection, at this or another node.
    #[error("the session still has a connection")]
    Connected,
    /// Its last connection has ended, and the disk has not taken all of it yet.
    #[error("what was said last is still being put away: try again in a moment")]
    Closing,
    /// It reached its longest length, or ended too long ago.
    #[error("the session ended and cannot be resumed any more")]
    Over,
    /// Its coach hung up.
    #[error("the session was ended by its coach")]
    HungUp,
    /// So much of it was written that it goes on only after a while.
    #[error("too much was written of the session in a short time: try again in {} s", .0.as_secs())]
    TooMuch(Duration),
    /// Its recording does not say how it stood.
    #[error("the session was not recorded")]
    NotRecorded,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
    /// The disk failed.
    #[error("the recording cannot be read: {0}")]
    Disk(#[from] std::io::Error),
    /// What a dead node left of it cannot be finished.
    #[error(transparent)]
    Recovery(#[from] RecoveryError),
}

impl Archive {
    /// Claims a session for this node, so that it can go on: only one of several that try will.
    ///
    /// # Errors
    ///
    /// If it cannot go on; see [`ReopenError`].
    pub async fn reopen(&self, account: &AccountId, id: &str) -> Result<Reopened, ReopenError> {
        let core = &self.core;
        let folder = core
            .layout
            .session(account, id)
            .ok_or(ReopenError::NotFound)?;
        let (row, hold) = match core.catch(account, id).await? {
            Some((hold, row)) => (*row, Some(hold)),
            None => (core.left_or_ended(account, id, &folder).await?, None),
        };
        let Some(ended_at) = row.ended_at else {
            return Err(core.still_open(account, &row).await?);
        };
        if row.reason() == Some(EndReason::HungUp) || core.hang_ups.holds(id) {
            return Err(ReopenError::HungUp);
        }
        let now = core.clock.now();
        if !is_resumable(&row, now, core.resume_within) {
            return Err(ReopenError::Over);
        }
        let since = u64::try_from((now.0 - row.started_at) / 1000).unwrap_or(0);
        let again = folder.clone();
        let logged = on_disk(move || written::logged(&again)).await?;
        if let Some(wait) = written::wait(logged, Duration::from_millis(since)) {
            return Err(ReopenError::TooMuch(wait));
        }
        let restored = restored(folder).await?;
        let mut session = restored.session.ok_or(ReopenError::NotRecorded)?;
        session.id.clone_from(&row.id);
        let part = row.number().saturating_add(1);
        let started_at = Micros(row.started_at);
        let length = u64::try_from(row.length_ms).unwrap_or(0);
        let way = match hold {
            Some(hold) => Way::Unwritten(hold, started_at),
            None => core.claim(account, row, ended_at).await?,
        };
        Ok(Reopened {
            part_number: part,
            // Not before what was recorded beyond the end of the part before either.
            from: Position::from_ms(since.max(length).max(restored.latest_ms)),
            away: Duration::from_millis(since.saturating_sub(length)),
            session: *session,
            items: restored.items,
            silences: restored.silences,
            sent: restored.sent,
            client_id: restored.client_id,
            started_at,
            claim: Claim(way),
        })
    }
}

impl Core {
    /// Holds a session of which the database does not know soon that it ended, with what its row will
    /// say. `None` where it knows.
    async fn catch(
        &self,
        account: &AccountId,
        id: &str,
    ) -> Result<Option<(Hold, Box<SessionRow>)>, ReopenError> {
        let until = Instant::now() + PATIENCE;
        // Where it is told soon, it says which node goes on.
        let _ = timeout(SOON, self.ledger.settled(id)).await;
        loop {
            match self.ledger.hold(account, id) {
                Known::Written => return Ok(None),
                Known::Held(hold, row) => return Ok(Some((hold, row))),
                Known::Connected => return Err(ReopenError::Connected),
                Known::Closing if Instant::now() < until => tokio::time::sleep(AGAIN).await,
                Known::Closing => return Err(ReopenError::Closing),
                Known::Crowded => return Err(DbError::Behind.into()),
            }
        }
    }

    /// The row of a session. What a dead node left of it is finished before.
    async fn left_or_ended(
        &self,
        account: &AccountId,
        id: &str,
        folder: &Folder,
    ) -> Result<SessionRow, ReopenError> {
        let is_behind = self.is_behind();
        if is_behind && self.db.engine() == Engine::Postgres {
            // It would be waited for in vain.
            return Err(DbError::Behind.into());
        }
        let of = self.db.of(account);
        let row = sessions::find(of, id).await?.ok_or(ReopenError::NotFound)?;
        if row.ended_at.is_some() && !goes_further(folder, &row).await? {
            return Ok(row);
        }
        if is_behind {
            return Err(DbError::Behind.into());
        }
        self.finish_if_left(account, id, row.node.as_deref())
            .await?;
        // It may be finished, now or by the sweep meanwhile.
        let row = sessions::find(of, id).await?.ok_or(ReopenError::NotFound)?;
        match goes_further(folder, &row).await? {
            true => Err(ReopenError::Connected),
            false => Ok(row),
        }
    }

    /// Why a session is open whose node lives: that has the connection, or the files to complete.
    async fn still_open(
        &self,
        account: &AccountId,
        row: &SessionRow,
    ) -> Result<ReopenError, DbError> {
        let parts = parts::of_session(self.db.of(account), &row.id).await?;
        let last = parts.iter().find(|part| part.number == row.part);
        Ok(match last.is_some_and(|part| part.end_reason.is_some()) {
            true => ReopenError::Closing,
            false => ReopenError::Connected,
        })
    }

    fn is_behind(&self) -> bool {
        *self.ledger.watch().borrow()
    }
}

impl Archive {
    /// How a session that is still connected was configured, as far as it is on record: whether it
    /// could go on over another connection. One that has just begun is waited for.
    ///
    /// # Errors
    ///
    /// If it could not; see [`ReopenError`].
    pub async fn configured(&self, account: &AccountId, id: &str) -> Result<Session, ReopenError> {
        let mut tries = tokio::time::interval(AGAIN);
        for _ in 0..TRIES {
            tries.tick().await;
            match self.on_record(account, id).await {
                Err(ReopenError::NotRecorded) => {}
                known => return known,
            }
        }
        self.on_record(account, id).await
    }

    async fn on_record(&self, account: &AccountId, id: &str) -> Result<Session, ReopenError> {
        let folder = self.core.layout.session(account, id);
        let restored = restored(folder.ok_or(ReopenError::NotFound)?).await?;
        let session = restored.session.ok_or(ReopenError::NotRecorded)?;
        if !self.core.ledger.knows(account, id) {
            let row = sessions::find(self.core.db.of(account), id).await?;
            row.ok_or(ReopenError::NotFound)?;
        }
        Ok(*session)
    }
}

/// What the files of a session hold of its conversation.
async fn restored(folder: Folder) -> Result<Restored, ReopenError> {
    let read = on_disk(move || {
        let mut restored = Restored::default();
        entries::read_all(&folder, |Entry { at_ms, event }| {
            restored.latest_ms = restored.latest_ms.max(at_ms);
            restored.apply(event);
        })?;
        Ok(restored.settled())
    });
    Ok(read.await?)
}

/// Whether a session that has ended can go on.
fn is_resumable(row: &SessionRow, now: Micros, within: Duration) -> bool {
    let is_final = row.reason().is_some_and(EndReason::is_final);
    let until = row.ended_at.map(|ended_at| Micros(ended_at).plus(within));
    !is_final && until.is_some_and(|until| now < until)
}
