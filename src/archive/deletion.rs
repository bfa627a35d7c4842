//! Deletes a session with everything that belongs to it.
//!
//! First its row is marked, so that nothing of it is read any more, then its folder is moved aside
//! and removed, and last the row goes: who finds no row knows that there are no files. SQLite's log is
//! shortened then, as it holds what the row said. What a disk
//! refuses, or a killed process began, is tried again every half minute. Where the
//! disk is so full that the row cannot be marked, the files go first: that makes the room.

use std::io::{self, ErrorKind};

use super::layout::{Layout, absent_is_fine};
use super::recovery::{RecoveryError, on_disk};
use super::sessions::{self, Left};
use super::{Archive, Core, Standing};
use crate::db::{AccountId, DbError};

/// What became of a deletion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deletion {
    /// Everything is gone.
    Done,
    /// The disk or the database does not let go of everything yet. It is tried again for as long as
    /// it takes, also after a restart; until then the session is known as being deleted, and
    /// nothing of it can be read.
    Begun,
}

/// Why a session is not deleted.
#[derive(Debug, thiserror::Error)]
pub enum DeleteError {
    /// There is no such session of this account.
    #[error("there is no such session")]
    NotFound,
    /// It has a connection, which must be ended first.
    #[error("the session still has a connection")]
    Live,
    /// The database failed: the session is as it was, but for its files where the disk of the
    /// database is full.
    #[error(transparent)]
    Database(#[from] DbError),
}

impl Archive {
    /// Deletes a session of this account with all its files. One that has a connection is refused.
    ///
    /// # Errors
    ///
    /// See [`DeleteError`].
    pub async fn delete(&self, account: &AccountId, id: &str) -> Result<Deletion, DeleteError> {
        let core = &self.core;
        if core.layout.session(account, id).is_none() {
            return Err(DeleteError::NotFound);
        }
        // Its end may still be on its way into the database.
        let settled = tokio::time::timeout(super::reopen::PATIENCE, core.ledger.settled(id));
        if settled.await.is_err() {
            return Err(DbError::Behind.into());
        }
        let of = core.db.of(account);
        let marked = match sessions::mark_deleted(of, id, core.clock.now()).await {
            Err(error) if error.is_full() && core.has_ended(account, id).await? => {
                // Without room the row is not marked, and the session stays as it is.
                if let Err(error) = core.remove_files(account, id).await {
                    tracing::warn!(%error, session.id = %id, "a recording cannot be removed");
                }
                sessions::mark_deleted(of, id, core.clock.now()).await
            }
            marked => marked,
        };
        if !marked? {
            // It is open: it may be a dead node's.
            let row = core.row(account, id).await?.ok_or(DeleteError::NotFound)?;
            match core.finish_if_left(account, id, row.node.as_deref()).await {
                Err(RecoveryError::Disk(_)) => self.give_up(account, id).await?,
                Err(RecoveryError::Database(error)) => return Err(error.into()),
                // Finished, now or by the sweep meanwhile, or at another node.
                Ok(_) => {}
            }
            if !sessions::mark_deleted(of, id, core.clock.now()).await? {
                return Err(DeleteError::Live);
            }
        }
        Ok(match core.finish_deletion(account, id).await {
            Ok(()) => Deletion::Done,
            Err(error) => {
                tracing::error!(%error, session.id = %id, "a deletion waits");
                Deletion::Begun
            }
        })
    }

    /// Ends a session, if a dead node left it and it cannot be finished, as it is to be deleted.
    async fn give_up(&self, account: &AccountId, id: &str) -> Result<(), DbError> {
        let core = &self.core;
        let _one_at_a_time = core.recovering.lock().await;
        let Some(row) = core.row(account, id).await? else {
            return Ok(());
        };
        let (of, node) = (core.db.of(account), row.node.clone());
        match self.standings(&[row]).await[..] {
            [Standing::Finishing] => {}
            _ => return Ok(()),
        }
        if sessions::take_over(of, id, node.as_deref(), &core.node).await? {
            sessions::close_unrecorded(of, id, &core.node).await?;
        }
        core.taken.remove(id);
        Ok(())
    }
}

impl Core {
    /// Finishes every deletion that was begun.
    pub(super) async fn finish_deletions(&self) {
        match sessions::being_deleted(&self.db).await {
            Ok(rows) => {
                for Left { id, account_id, .. } in rows {
                    let account = AccountId::new(account_id);
                    if let Err(error) = self.finish_deletion(&account, &id).await {
                        tracing::error!(%error, session.id = %id, "a session cannot be deleted");
                        self.metrics.error("archive");
                    }
                }
            }
            Err(error) => tracing::warn!(%error, "deletions that were begun cannot be looked for"),
        }
        let layout = self.layout.clone();
        let emptied = tokio::task::spawn_blocking(move || empty_trash(&layout)).await;
        if let Ok(Err(error)) = emptied {
            tracing::error!(%error, "recordings that were deleted cannot be removed");
        }
    }

    async fn finish_deletion(&self, account: &AccountId, id: &str) -> Result<(), RecoveryError> {
        self.remove_files(account, id).await?;
        sessions::remove(self.db.of(account), id).await?;
        self.db.deleted();
        if let Err(error) = self.db.tidy().await {
            tracing::warn!(%error, "the database's log still holds what was deleted");
        }
        Ok(())
    }

    async fn remove_files(&self, account: &AccountId, id: &str) -> io::Result<()> {
        let (layout, whose, which) = (self.layout.clone(), account.clone(), id.to_owned());
        on_disk(move || {
            let aside = move_aside(&layout, &whose, &which)?;
            absent_is_fine(std::fs::remove_dir_all(aside))
        })
        .await
    }

    async fn has_ended(&self, account: &AccountId, id: &str) -> Result<bool, DbError> {
        let row = self.row(account, id).await?;
        Ok(row.is_some_and(|row| row.ended_at.is_some()))
    }
}

/// Moves the folder of a session out of its account's, in one step.
fn move_aside(layout: &Layout, account: &AccountId, id: &str) -> io::Result<std::path::PathBuf> {
    let unknown = || io::Error::from(ErrorKind::InvalidInput);
    let folder = layout.session(account, id).ok_or_else(unknown)?;
    // Ids are not given out twice.
    let aside = layout.trash().join(id);
    absent_is_fine(std::fs::rename(folder.path(), &aside))?;
    Ok(aside)
}

fn empty_trash(layout: &Layout) -> io::Result<()> {
    for entry in std::fs::read_dir(layout.trash())? {
        absent_is_fine(std::fs::remove_dir_all(entry?.path()))?;
    }
    Ok(())
}
