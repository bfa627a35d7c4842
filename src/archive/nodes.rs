//! Which nodes live: each says so every few seconds, and what a dead one left is finished by the
//! others.
//!
//! It says so in the database and in the folder. A node that only one of them hears of lives: what it
//! does not reach for a while is no reason to take its sessions from it. Should a node be taken for
//! dead all the same, because it stood still for so long, its writer finds that the files are no
//! longer as it left them and touches nothing.

use std::fmt::Display;
use std::io;
use std::path::Path;
use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{MissedTickBehavior, timeout};

use crate::clock::Micros;
use crate::db::{Db, DbError};

use super::Core;
use super::layout::Layout;
use super::recovery::{RecoveryError, on_disk};
use super::trouble::Refusal;

/// How often a node says that it lives, which is also how it finds out that the database or the disk
/// takes nothing, and which of its sessions were hung up at other nodes.
const HEARTBEAT: Duration = Duration::from_secs(2);
/// What has not taken it for so long takes nothing.
const SLOW: Duration = Duration::from_secs(3);
/// A node that has not said so for this long is dead.
const DEAD_AFTER: Duration = Duration::from_secs(30);
/// How often it is looked for what dead nodes left.
const CLEAR_UP: Duration = Duration::from_secs(30);
/// How long a dead node is remembered.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(24 * 3600);

/// The node lives, says the database.
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
    /// Finishes now, and ever again, what dead nodes left; lists, once, what the database does not
    /// know.
    pub(super) async fn clear_up(&self) {
        let mut ticks = tokio::time::interval(CLEAR_UP);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut is_all_listed = false;
        loop {
            ticks.tick().await;
            self.sweep().await;
            is_all_listed = is_all_listed || self.adopt().await;
        }
    }

    /// Says every few seconds that this node lives: in both places at once, as either may take long.
    pub(super) async fn tend(&self) {
        tokio::join!(
            beating(
                async || {
                    if let Err(error) = self.db.tidy().await {
                        tracing::warn!(%error, "the database's log cannot be shortened");
                    }
                    seen(&self.db, &self.node, self.clock.now()).await?;
                    self.hear_of_hang_ups().await
                },
                |found| self.ledger.took(found.is_ok()),
            ),
            beating(
                || {
                    let (node, now) = (self.node.clone(), self.clock.now());
                    self.in_folder(move |layout| layout.beat(&node, now))
                },
                |found| {
                    let refusal =
                        |error: Option<&io::Error>| error.map_or(Refusal::TooSlow, Refusal::of);
                    *self.found() = found.err().map(refusal);
                },
            ),
        );
    }

    /// What the disk of recordings refused last, if it did.
    pub(super) fn disk(&self) -> Option<Refusal> {
        *self.found()
    }

    fn found(&self) -> MutexGuard<'_, Option<Refusal>> {
        self.disk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The nodes that live.
    pub(super) async fn living(&self) -> Result<Vec<String>, RecoveryError> {
        let since = self.clock.now().minus(DEAD_AFTER);
        let mut nodes: Vec<String> = sqlx::query_scalar("SELECT id FROM nodes WHERE seen_at > $1")
            .bind(since.0)
            .fetch_all(self.db.pool())
            .await
            .map_err(DbError::from)?;
        let beating = self.in_folder(Layout::seen).await?;
        let living = beating.into_iter().filter(|(_, at)| *at > since);
        nodes.extend(living.map(|(node, _)| node));
        Ok(nodes)
    }

    /// When a node said last, in either place, that it lives.
    pub(super) async fn last_alive(
        &self,
        node: Option<&str>,
    ) -> Result<Option<Micros>, RecoveryError> {
        let Some(node) = node else { return Ok(None) };
        let told: Option<i64> = sqlx::query_scalar("SELECT seen_at FROM nodes WHERE id = $1")
            .bind(node)
            .fetch_optional(self.db.pool())
            .await
            .map_err(DbError::from)?;
        let beats = self.in_folder(Layout::seen).await?.into_iter();
        let beat = beats.filter(|(name, _)| name == node).map(|(_, at)| at);
        Ok(told.map(Micros).into_iter().chain(beat).max())
    }

    /// This node is gone, and left nothing unfinished.
    pub(super) async fn gone(&self) -> Result<(), RecoveryError> {
        let node = self.node.clone();
        self.in_folder(move |layout| layout.still(&node)).await?;
        sqlx::query("DELETE FROM nodes WHERE id = $1")
            .bind(&self.node)
            .execute(self.db.pool())
            .await
            .map_err(DbError::from)?;
        Ok(())
    }

    /// Forgets nodes that died long ago.
    pub(super) async fn forget_old(&self) -> Result<(), RecoveryError> {
        let before = self.clock.now().minus(FORGOTTEN_AFTER);
        self.in_folder(move |layout| {
            let mut seen = layout.seen()?.into_iter();
            seen.try_for_each(|(node, at)| match at < before {
                true => layout.still(&node),
                false => Ok(()),
            })
        })
        .await?;
        sqlx::query("DELETE FROM nodes WHERE seen_at < $1")
            .bind(before.0)
            .execute(self.db.pool())
            .await
            .map_err(DbError::from)?;
        Ok(())
    }

    pub(super) async fn in_folder<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Layout) -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        let layout = self.layout.clone();
        on_disk(move || work(&layout)).await
    }
}

/// Does something every few seconds, for ever, and tells what came of it: that it failed, or without
/// an error that it takes long.
async fn beating<E: Display, B: Future<Output = Result<(), E>>>(
    beat: impl Fn() -> B,
    tell: impl Fn(Result<(), Option<&E>>),
) {
    let mut ticks = tokio::time::interval(HEARTBEAT);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut was_heard = true;
    loop {
        ticks.tick().await;
        let beat = beat();
        tokio::pin!(beat);
        let done = match timeout(SLOW, &mut beat).await {
            Ok(done) => done,
            Err(_) => {
                tell(Err(None));
                beat.await
            }
        };
        tell(done.as_ref().copied().map_err(Some));
        match (was_heard, &done) {
            // Once for as long as it lasts.
            (true, Err(error)) => tracing::warn!(%error, "this node cannot say that it lives"),
            (false, Ok(())) => tracing::info!("this node can say again that it lives"),
            _ => {}
        }
        was_heard = done.is_ok();
    }
}
