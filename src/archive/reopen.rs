//! Resumption: a session whose connection ended goes on, here or at another node.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use media::Position;
use signaling::event::{Item, Session};

use super::event::Outcome;
use super::layout::Folder;
use super::ledger::{Begin, End};
use super::recovery::RecoveryError;
use super::restore::Restored;
use super::sessions::{self, EndReason, SessionRow};
use super::writer::Shared;
use super::{Archive, Core, entries};
use crate::clock::Micros;
use crate::db::{AccountId, DbError};

/// How long the end of the part before may take to reach the disk and the database.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);
/// How often what a session has just begun with is looked for, …
const AGAIN: Duration = Duration::from_millis(100);
/// … and how many times.
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
    /// The AI client.
    pub client_id: Option<String>,
    /// When the session began.
    pub started_at: Micros,
    /// To be handed to [`Archive::record`].
    pub claim: Claim,
}

/// Holds a session for the part that is about to begin. Dropped before that, the session is as it
/// was, and can be resumed once more.
#[derive(Debug)]
pub struct Claim {
    core: Arc<Core>,
    account: AccountId,
    row: SessionRow,
    part: u32,
    taken_up: bool,
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
    /// It reached its longest length, or ended too long ago.
    #[error("the session ended and cannot be resumed any more")]
    Over,
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
        let settled = tokio::time::timeout(PATIENCE, core.ledger.settled(id));
        settled.await.map_err(|_| DbError::Behind)?;
        let of = core.db.of(account);
        let mut row = sessions::find(of, id).await?.ok_or(ReopenError::NotFound)?;
        let left_open = row.ended_at.is_none();
        if left_open {
            core.finish_if_left(account, id, row.node.as_deref())
                .await?;
            // It may be finished, now or by the sweep meanwhile.
            row = sessions::find(of, id).await?.ok_or(ReopenError::NotFound)?;
        }
        let ended_at = row.ended_at.ok_or(ReopenError::Connected)?;
        let now = core.clock.now();
        if !is_resumable(&row, now, core.resume_within) {
            return Err(ReopenError::Over);
        }
        let restored = restored(folder).await?;
        let mut session = restored.session.ok_or(ReopenError::NotRecorded)?;
        session.id.clone_from(&row.id);
        // The part is part of the condition, so that what was read is how it stands.
        let part = u32::try_from(row.part)
            .unwrap_or(u32::MAX)
            .saturating_add(1);
        if !sessions::claim(of, id, part, ended_at, &core.node).await? {
            return Err(ReopenError::Connected);
        }
        // It is nothing any more that a dead node left.
        core.taken.remove(id);
        let started_at = Micros(row.started_at);
        let since = u64::try_from((now.0 - row.started_at) / 1000).unwrap_or(0);
        let length = u64::try_from(row.length_ms).unwrap_or(0);
        Ok(Reopened {
            part_number: part,
            from: Position::from_ms(since.max(length)),
            away: Duration::from_millis(since.saturating_sub(length)),
            session: *session,
            items: restored.items,
            silences: restored.silences,
            client_id: restored.client_id,
            started_at,
            claim: Claim {
                core: core.clone(),
                account: account.clone(),
                row,
                part,
                taken_up: false,
            },
        })
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
                Err(ReopenError::NotRecorded | ReopenError::Database(DbError::Behind)) => {}
                known => return known,
            }
        }
        self.on_record(account, id).await
    }

    async fn on_record(&self, account: &AccountId, id: &str) -> Result<Session, ReopenError> {
        let folder = self.core.layout.session(account, id);
        let restored = restored(folder.ok_or(ReopenError::NotFound)?).await?;
        let session = restored.session.ok_or(ReopenError::NotRecorded)?;
        let row = self.find_written(account, id).await?;
        row.ok_or(ReopenError::NotFound)?;
        Ok(*session)
    }
}

/// What the files of a session hold of its conversation.
async fn restored(folder: Folder) -> Result<Restored, ReopenError> {
    let read = tokio::task::spawn_blocking(move || {
        let mut restored = Restored::default();
        entries::read_all(&folder, |entry| restored.apply(entry.event))?;
        Ok::<_, std::io::Error>(restored.settled())
    });
    Ok(read.await.map_err(std::io::Error::other)??)
}

/// Whether a session that has ended can go on.
fn is_resumable(row: &SessionRow, now: Micros, within: Duration) -> bool {
    let expired = row.end_reason.as_deref() == Some(EndReason::Expired.name());
    let until = row.ended_at.map(|ended_at| Micros(ended_at).plus(within));
    !expired && until.is_some_and(|until| now < until)
}

impl Claim {
    /// The part begins.
    pub(super) fn take_up(mut self) {
        self.taken_up = true;
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let (Some(ended_at), Some(reason)) = (self.row.ended_at, &self.row.end_reason) else {
            return;
        };
        if self.taken_up {
            return;
        }
        let shared = Shared::new(Position::ZERO);
        shared.closed.store(true, Ordering::Release);
        let ledger = &self.core.ledger;
        ledger.begin(Begin {
            account: self.account.clone(),
            id: self.row.id.clone(),
            part: self.part,
            from: None,
            client_id: self.row.client_id.clone(),
            transport: self.row.transport.clone(),
            engines: self.row.engines.clone(),
            started_at: Micros(self.row.started_at),
            is_new: false,
            shared,
        });
        let end = End {
            ended_at: Micros(ended_at),
            reason: EndReason::named(reason),
            length_ms: u64::try_from(self.row.length_ms).unwrap_or(0),
            turns: 0,
            interruptions: 0,
        };
        ledger.end(&self.row.id, end);
    }
}
