//! How the archive is: what coaches and operators should know of its disk and its database, though
//! conversations go on.

use tokio::sync::watch;

use super::trouble::Refusal;
use super::{Archive, nodes};
use crate::db::{DbError, Reserve};

/// Room below which nothing more is recorded: less than one batch of one session.
const LEAST: u64 = 16 << 10;

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Warning {
    /// The disk of recordings is full: nothing more is recorded.
    DiskFull,
    /// The disk of recordings may not be written to: no session that begins is recorded.
    DiskReadOnly,
    /// The disk of recordings fails, or does not answer.
    DiskFailed,
    /// The database takes nothing: what happens is kept in memory until it does.
    DatabaseBehind,
}

impl Archive {
    /// What is wrong now. Of the disk and the database it is what was found when this node said last
    /// that it lives, a few seconds ago: nothing is asked of them here.
    #[must_use]
    pub fn warnings(&self) -> Vec<Warning> {
        let disk = match self.core.disk() {
            _ if !self.has_room() => Some(Warning::DiskFull),
            None => None,
            Some(Refusal::Full) => Some(Warning::DiskFull),
            Some(Refusal::ReadOnly) => Some(Warning::DiskReadOnly),
            Some(_) => Some(Warning::DiskFailed),
        };
        let behind = *self.core.ledger.watch().borrow();
        let behind = behind.then_some(Warning::DatabaseBehind);
        disk.into_iter().chain(behind).collect()
    }

    /// Whether the database takes nothing, and when that changes.
    #[must_use]
    pub fn watch_database(&self) -> watch::Receiver<bool> {
        self.core.ledger.watch()
    }

    /// Whether the database takes anything: before what cannot be undone, such as hanging up a
    /// session that is to be deleted.
    ///
    /// # Errors
    ///
    /// If it does not.
    pub async fn takes_changes(&self) -> Result<(), DbError> {
        let core = &self.core;
        nodes::seen(&core.db, &core.node, core.clock.now()).await
    }

    fn has_room(&self) -> bool {
        let root = self.core.layout.root();
        let shared = |reserve: &&Reserve| reserve.shares_disk_with(root);
        let reserve = self.core.db.reserve().filter(shared);
        // A disk that does not say is taken for one with room.
        let free = rustix::fs::statvfs(root).map(|about| about.f_bavail * about.f_frsize);
        reserve.is_none_or(Reserve::has_room_for_others) && free.unwrap_or(LEAST) >= LEAST
    }
}
