//! Deletes a session with everything that belongs to it.
//!
//! First its row is marked, so that nobody sees it any more, then its folder is moved aside, then
//! the row goes, then the folder. What a killed process began the next start finishes. Where the
//! disk is so full that the row cannot be marked, the files go first: that makes the room.

use std::io::{self, ErrorKind};

use super::layout::{Layout, absent_is_fine};
use super::recovery::on_disk;
use super::sessions::{self, Left};
use super::{Archive, Core};
use crate::db::{AccountId, DbError};

/// Why a session is not deleted.
#[derive(Debug, thiserror::Error)]
pub enum DeleteError {
    /// There is no such session of this account.
    #[error("there is no such session")]
    NotFound,
    /// It has a connection, which must be ended first.
    #[error("the session still has a connection")]
    Live,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
    /// The disk failed. The session is not to be seen any more; its files go as soon as the disk
    /// lets them.
    #[error("the recording cannot be removed: {0}")]
    Disk(#[from] io::Error),
}

impl Archive {
    /// Deletes a session of this account with all its files. One that has a connection is refused.
    ///
    /// # Errors
    ///
    /// See [`DeleteError`].
    pub async fn delete(&self, account: &AccountId, id: &str) -> Result<(), DeleteError> {
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
                core.remove_files(account, id).await?;
                sessions::mark_deleted(of, id, core.clock.now()).await
            }
            marked => marked,
        };
        if !marked? {
            // Marked before, it may still have files; open, it may be a dead node's.
            let row = core.row(account, id).await?.ok_or(DeleteError::NotFound)?;
            let left = core.finish_if_left(account, id, row.node.as_deref()).await;
            if !left.unwrap_or(false) || !sessions::mark_deleted(of, id, core.clock.now()).await? {
                return Err(DeleteError::Live);
            }
        }
        core.finish_deletion(account, id).await
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

    async fn finish_deletion(&self, account: &AccountId, id: &str) -> Result<(), DeleteError> {
        let (layout, whose, which) = (self.layout.clone(), account.clone(), id.to_owned());
        let aside = on_disk(move || move_aside(&layout, &whose, &which)).await?;
        sessions::remove(self.db.of(account), id).await?;
        on_disk(move || absent_is_fine(std::fs::remove_dir_all(aside))).await?;
        Ok(())
    }

    /// Removes the files alone.
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
