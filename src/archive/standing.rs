//! How sessions stand: whether they go on, still have to be finished, have ended, or are to be gone.

use super::sessions::SessionRow;
use super::{Archive, Core};
use crate::db::Engine;

/// How a session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It has a connection.
    Live,
    /// Its server was killed, and what it left of the session is not finished yet.
    Finishing,
    /// Its last connection has ended.
    Ended,
    /// It is being deleted: nothing of it is to be read any more.
    Deleting,
}

impl Archive {
    /// How these sessions stand, in their order. One at a node of which nothing can be found out is
    /// taken to go on.
    pub async fn standings(&self, rows: &[SessionRow]) -> Vec<Standing> {
        self.core.standings(rows).await
    }
}

impl Core {
    /// See [`Archive::standings`].
    pub(super) async fn standings(&self, rows: &[SessionRow]) -> Vec<Standing> {
        let elsewhere = |row: &SessionRow| is_open(row) && row.node.as_ref() != Some(&self.node);
        let living = match self.db.engine() {
            // The database is one process's alone.
            Engine::Sqlite => Some(Vec::new()),
            Engine::Postgres if rows.iter().any(elsewhere) => self.living().await.ok(),
            Engine::Postgres => None,
        };
        let is_left = |row: &SessionRow| {
            let is_dead = |living: &Vec<String>| self.is_dead(row.node.as_deref(), living);
            self.taken.holds(&row.id) || living.as_ref().is_some_and(is_dead)
        };
        let standing = |row: &SessionRow| match row {
            row if row.deleted_at.is_some() => Standing::Deleting,
            row if !is_open(row) => Standing::Ended,
            row if is_left(row) => Standing::Finishing,
            _ => Standing::Live,
        };
        rows.iter().map(standing).collect()
    }
}

const fn is_open(row: &SessionRow) -> bool {
    row.deleted_at.is_none() && row.ended_at.is_none()
}
