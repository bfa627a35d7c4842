//! Which nodes live: each says so every few seconds, and what a dead one left is finished by the
//! others.

use std::io;
use std::path::Path;
use std::time::Duration;

use tokio::time::MissedTickBehavior;

use crate::clock::Micros;
use crate::db::{Db, DbError};

use super::Core;

/// How often a node says that it lives.
const HEARTBEAT: Duration = Duration::from_secs(5);
/// A node that has not said so for this long is dead.
const DEAD_AFTER: Duration = Duration::from_secs(30);
/// How often it is looked for what dead nodes left.
const CLEAR_UP: Duration = Duration::from_secs(30);
/// How long a dead node is remembered.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(24 * 3600);

/// The node lives.
pub(super) async fn seen(db: &Db, node: &str, now: Micros) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO nodes (id, started_at, seen_at) VALUES ($1, $2, $2)
         ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at",
    )
    .bind(node)
    .bind(now.0)
    .execute(db.pool())
    .await?;
    Ok(())
}

/// The node is gone, and left nothing unfinished.
pub(super) async fn gone(db: &Db, node: &str) -> Result<(), DbError> {
    sqlx::query("DELETE FROM nodes WHERE id = $1")
        .bind(node)
        .execute(db.pool())
        .await?;
    Ok(())
}

/// The nodes that live.
pub(super) async fn living(db: &Db, now: Micros) -> Result<Vec<String>, DbError> {
    let nodes = sqlx::query_scalar("SELECT id FROM nodes WHERE seen_at > $1")
        .bind(now.minus(DEAD_AFTER).0)
        .fetch_all(db.pool())
        .await?;
    Ok(nodes)
}

/// Forgets nodes that died long ago.
pub(super) async fn forget_old(db: &Db, now: Micros) -> Result<(), DbError> {
    sqlx::query("DELETE FROM nodes WHERE seen_at < $1")
        .bind(now.minus(FORGOTTEN_AFTER).0)
        .execute(db.pool())
        .await?;
    Ok(())
}

/// Writes this node's name down in `home`, a folder that one process at a time uses. The name that
/// stood there: of a node that is surely dead.
pub(super) fn move_in(home: &Path, node: &str) -> io::Result<Option<String>> {
    let path = home.join("node");
    let before = match std::fs::read_to_string(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        before => Some(before?.trim().to_owned()),
    };
    std::fs::write(path, node)?;
    Ok(before)
}

impl Core {
    /// Finishes now, and ever again, what dead nodes left.
    pub(super) async fn clear_up(&self) {
        let mut ticks = tokio::time::interval(CLEAR_UP);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            self.sweep().await;
        }
    }

    /// Says every few seconds that this node lives.
    pub(super) async fn tend(&self) {
        let mut ticks = tokio::time::interval(HEARTBEAT);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let now = self.clock.now();
            if let Err(error) = seen(&self.db, &self.node, now).await {
                tracing::warn!(%error, "this node could not say that it lives");
            }
        }
    }
}
