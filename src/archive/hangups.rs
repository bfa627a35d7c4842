//! Hang-ups of sessions that have no connection here: of those whose connection had ended before, and
//! which the database could not be told at once, it is told as soon as it can be; of those that have
//! one at another node that one learns through the database, as it says that it lives.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};

use super::recovery::RecoveryError;
use super::reopen::{PATIENCE, SOON};
use super::sessions::{self, EndReason, Left};
use super::{Archive, Core};
use crate::clock::Micros;
use crate::db::{AccountId, DbError, Engine};

/// How long it is waited until the database is tried again.
const PAUSE: Duration = Duration::from_secs(1);

/// Those that wait: by session, whose it is and after when its connection must have ended. There
/// are no more than sessions that ended meanwhile.
#[derive(Debug, Default)]
pub(super) struct HangUps {
    waiting: Mutex<BTreeMap<String, (AccountId, Micros)>>,
    came: Notify,
    done: Notify,
    /// Sessions of this node whose hang-up reached another one.
    here: watch::Sender<Vec<(AccountId, String)>>,
}

impl HangUps {
    /// Waits until the database knows of all of them.
    pub(super) async fn drained(&self) {
        loop {
            let done = self.done.notified();
            tokio::pin!(done);
            done.as_mut().enable();
            if self.waiting().is_empty() {
                return;
            }
            done.await;
        }
    }

    /// Whether the database is still to be told of this one.
    pub(super) fn holds(&self, id: &str) -> bool {
        self.waiting().contains_key(id)
    }

    /// The database was told, or cannot be.
    fn forget(&self, id: &str) {
        self.waiting().remove(id);
        self.done.notify_waiters();
    }

    fn add(&self, account: &AccountId, id: &str, since: Micros) {
        let mut waiting = self.waiting();
        waiting
            .entry(id.to_owned())
            .or_insert((account.clone(), since));
        self.came.notify_one();
    }

    fn waiting(&self) -> MutexGuard<'_, BTreeMap<String, (AccountId, Micros)>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Archive {
    /// Somebody ended a session whose connection had ended, within the time in which it could be
    /// resumed: nobody goes on with it; or one that has its connection at another node, which
    /// [learns](Self::hang_ups) of it. Whether there is such a session. What the database cannot be
    /// told now it is told later.
    ///
    /// # Errors
    ///
    /// If the database fails, and nothing is known of the session.
    pub async fn hung_up(&self, account: &AccountId, id: &str) -> Result<bool, DbError> {
        let core = &self.core;
        let since = core.clock.now().minus(core.resume_within);
        // Its end may still be on its way into the database. If that takes long, the row is open.
        let settled = tokio::time::timeout(SOON, core.ledger.settled(id)).await;
        if settled.is_err()
            && let Some(reason) = core.ledger.ended(account, id)
        {
            let is_meant = reason.gives_way();
            if is_meant {
                core.hang_ups.add(account, id, since);
            }
            return Ok(is_meant);
        }
        match sessions::hung_up(core.db.of(account), id, since.0).await {
            Err(error) if error.is_passing() => {
                // It may be read all the same.
                let row = sessions::find(core.db.of(account), id).await?;
                if row.as_ref().is_some_and(|row| row.ended_at.is_none()) {
                    // It may be live at another node, which cannot be told.
                    return Err(error);
                }
                let is_meant = row.is_some_and(|row| {
                    row.ended_at.is_some_and(|at| at > since.0)
                        && row.reason().is_some_and(EndReason::gives_way)
                });
                if is_meant {
                    core.hang_ups.add(account, id, since);
                }
                Ok(is_meant)
            }
            Ok(false) => core.hung_up_elsewhere(account, id, since).await,
            done => done,
        }
    }

    /// Sessions of this node whose hang-up reached another one. Each is told again until the database
    /// knows that it ended.
    #[must_use]
    pub fn hang_ups(&self) -> watch::Receiver<Vec<(AccountId, String)>> {
        self.core.hang_ups.here.subscribe()
    }

    /// The same, of a session that surely is one of this account's: the database is told whenever
    /// it can be.
    pub fn will_be_hung_up(&self, account: &AccountId, id: &str) {
        let since = self.core.clock.now().minus(self.core.resume_within);
        self.core.hang_ups.add(account, id, since);
    }
}

impl Core {
    /// The same, of a session that may have a connection at another node, which then ends it soon, or
    /// had one at a node that died.
    async fn hung_up_elsewhere(
        &self,
        account: &AccountId,
        id: &str,
        since: Micros,
    ) -> Result<bool, DbError> {
        let of = self.db.of(account);
        let row = sessions::find(of, id).await?;
        let Some(row) = row.filter(|row| row.ended_at.is_none()) else {
            return Ok(false);
        };
        match self.finish_if_left(account, id, row.node.as_deref()).await {
            Ok(true) => sessions::hung_up(of, id, since.0).await,
            Err(RecoveryError::Database(error)) => Err(error),
            // What cannot be finished now is marked, for whoever will; or it has just ended.
            Ok(false) | Err(RecoveryError::Disk(_)) => {
                Ok(sessions::mark_hung_up(of, id, self.clock.now()).await?
                    || sessions::hung_up(of, id, since.0).await?)
            }
        }
    }

    /// Looks which sessions of this node were hung up at another one.
    pub(super) async fn hear_of_hang_ups(&self) -> Result<(), DbError> {
        if self.db.engine() == Engine::Sqlite {
            // There is no other node.
            return Ok(());
        }
        let marked = sessions::marked_hung_up(&self.db, &self.node).await?;
        let named = |Left { id, account_id, .. }| (AccountId::new(account_id), id);
        // What has gone on meanwhile was hung up before that.
        let is_meant = |left: &Left| !self.ledger.goes_on(&left.id);
        let meant: Vec<_> = marked.into_iter().filter(is_meant).map(named).collect();
        if !meant.is_empty() {
            self.hang_ups.here.send_replace(meant);
        }
        Ok(())
    }

    /// Tells the database, for as long as it is polled.
    pub(super) async fn hang_up_late(&self) {
        loop {
            self.hang_ups.came.notified().await;
            loop {
                let next = self.hang_ups.waiting().clone();
                if next.is_empty() {
                    break;
                }
                for (id, (account, since)) in next {
                    if let Err(error) = self.hang_up_one(&account, &id, since).await {
                        tracing::warn!(%error, session.id = %id, "a hang-up waits for the database");
                        tokio::time::sleep(PAUSE).await;
                    }
                }
            }
        }
    }

    async fn hang_up_one(
        &self,
        account: &AccountId,
        id: &str,
        since: Micros,
    ) -> Result<(), DbError> {
        let settled = tokio::time::timeout(PATIENCE, self.ledger.settled(id)).await;
        settled.map_err(|_| DbError::Behind)?;
        let told = sessions::hung_up(self.db.of(account), id, since.0).await;
        match told {
            Err(error) if error.is_passing() => return Err(error),
            Err(error) => tracing::error!(%error, session.id = %id, "a hang-up is lost"),
            Ok(_) => {}
        }
        self.hang_ups.forget(id);
        Ok(())
    }
}
