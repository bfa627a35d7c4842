//! Finishes what a killed process left: repairs the files of a session, and sets its row from them.
//!
//! Everything here may itself be cut off, and done again: files that are whole are left as they
//! are, and a row is finished only once. Before a session's files are touched its row is taken over
//! from the dead node, so that no two nodes repair the same files.

mod beginning;
mod files;
#[cfg(test)]
mod tests;
mod unlisted;

use std::time::Duration;

use super::Core;
use super::cut_off::marks::Mark;
use super::layout::Folder;
use super::ledger::is_final;
use super::sessions::{self, Left, SessionRow};
use crate::db::{AccountId, DbError, Engine};
use beginning::Known;
pub(super) use files::{Finished, append, repair_track};

/// How long the files of a node that seems dead must stand still before they are touched: four
/// times as long as a session takes to write its next batch.
const STILL: Duration = Duration::from_secs(2);

/// Why a session could not be finished.
#[derive(Debug, thiserror::Error)]
pub enum RecoveryError {
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
    /// The disk failed.
    #[error("the recording cannot be repaired: {0}")]
    Disk(#[from] std::io::Error),
}

/// A session that a dead node left.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Case {
    account: AccountId,
    id: String,
    /// The node; `None` for a session from before nodes had names.
    node: Option<String>,
}

impl Core {
    /// Finishes everything that dead nodes left, and every deletion that was begun. What fails is
    /// tried again the next time.
    pub(super) async fn sweep(&self) {
        match self.finish_all().await {
            Ok(0) => {}
            Ok(sessions) => tracing::warn!(sessions, "sessions that were cut off are finished"),
            Err(error) => tracing::warn!(%error, "unfinished sessions cannot be looked for"),
        }
        if let Err(error) = self.take_in_journals().await {
            tracing::warn!(%error, "what dead nodes had disclosed is not on record yet");
        }
        if let Err(error) = self.take_in_cut_off().await {
            tracing::warn!(%error, "what dead nodes had left to be heard cannot be looked for");
        }
        self.finish_deletions().await;
        if let Err(error) = self.forget_old().await {
            tracing::warn!(%error, "nodes of long ago cannot be forgotten");
        }
    }

    async fn finish_all(&self) -> Result<usize, RecoveryError> {
        self.finish_cases(self.cases().await?).await
    }

    async fn finish_cases(&self, found: Vec<Case>) -> Result<usize, RecoveryError> {
        let mut cases = Vec::new();
        for case in found {
            let before = self.size_if_watched(&case).await?;
            cases.push((case, before));
        }
        if cases.iter().any(|(_, before)| before.is_some()) {
            tokio::time::sleep(STILL).await;
        }
        let mut finished = 0;
        for (case, before) in cases {
            match self.finish_left(&case, before).await {
                Ok(done) => finished += usize::from(done),
                Err(error) => {
                    tracing::error!(%error, session.id = %case.id, "a session cannot be finished");
                    self.metrics.error("archive");
                }
            }
        }
        Ok(finished)
    }

    /// Finishes one session, if the node that it was at is dead. Whether it is finished now.
    pub(super) async fn finish_if_left(
        &self,
        account: &AccountId,
        id: &str,
        node: Option<&str>,
    ) -> Result<bool, RecoveryError> {
        let node = match self.taken.waiting().remove(id) {
            Some((_, from)) => from,
            None if self.is_dead(node, &self.living().await?) => node.map(str::to_owned),
            None => return Ok(false),
        };
        let case = Case {
            account: account.clone(),
            id: id.to_owned(),
            node,
        };
        let before = self.size_if_watched(&case).await?;
        if before.is_some() {
            tokio::time::sleep(STILL).await;
        }
        self.finish_left(&case, before).await
    }

    /// Those of these nodes that are dead.
    pub(super) async fn dead_among(
        &self,
        mut nodes: Vec<String>,
    ) -> Result<Vec<String>, RecoveryError> {
        nodes.retain(|node| *node != self.node);
        if !nodes.is_empty() {
            let living = self.living().await?;
            nodes.retain(|node| self.is_dead(Some(node), &living));
        }
        Ok(nodes)
    }

    /// A SQLite database is one process's alone; PostgreSQL may serve others, that say so.
    pub(super) fn is_dead(&self, node: Option<&str>, living: &[String]) -> bool {
        let Some(node) = node else { return true };
        if node == self.node {
            return false;
        }
        self.db.engine() == Engine::Sqlite
            || self.predecessor.as_deref() == Some(node)
            || !living.iter().any(|living| living == node)
    }

    /// What dead nodes left: by the rows that are open, by the marks of those whose rows never came
    /// to be or whose files were not closed, and what was taken over of it and refused then.
    async fn cases(&self) -> Result<Vec<Case>, RecoveryError> {
        let living = self.living().await?;
        let rows = sessions::left(&self.db, &self.node).await?;
        let mut cases: Vec<Case> = rows
            .into_iter()
            .map(
                |Left {
                     id,
                     account_id,
                     node,
                 }| Case {
                    account: AccountId::new(account_id),
                    id,
                    node,
                },
            )
            .collect();
        let taken = self.taken.waiting().into_iter();
        cases.extend(taken.map(|(id, (account, node))| Case { account, id, node }));
        for node in self.layout.nodes()? {
            for (account, id) in self.layout.marked(&node)? {
                let node = Some(node.clone());
                cases.push(Case { account, id, node });
            }
        }
        cases.retain(|case| self.is_dead(case.node.as_deref(), &living));
        cases.sort();
        cases.dedup();
        Ok(cases)
    }

    /// `before` is how long the files were a while ago, if they were watched.
    async fn finish_left(&self, case: &Case, before: Option<u64>) -> Result<bool, RecoveryError> {
        let _one_at_a_time = self.recovering.lock().await;
        let Case { account, id, node } = case;
        let mut done = false;
        if let Some(folder) = self.layout.session(account, id) {
            if before.is_some() && before != self.size_if_watched(case).await? {
                tracing::warn!(session.id = %id, "a node that seems dead still records");
                return Ok(false);
            }
            done = self.take_over_and_finish(case, folder).await?;
            self.taken.remove(id);
        }
        let (layout, id) = (self.layout.clone(), id.clone());
        let nodes = [node.clone(), Some(self.node.clone())];
        on_disk(move || {
            nodes.iter().flatten().try_for_each(|node| {
                layout.unmark(node, &id)?;
                // Gone once it is empty.
                let _ = std::fs::remove_dir(layout.open_of(node));
                Ok(())
            })
        })
        .await?;
        Ok(done)
    }

    /// The row is this node's before the files are touched.
    async fn take_over_and_finish(
        &self,
        case: &Case,
        folder: Folder,
    ) -> Result<bool, RecoveryError> {
        let Case { account, id, node } = case;
        let of = self.db.of(account);
        let row = sessions::find(of, id).await?;
        let (layout, me) = (self.layout.clone(), self.node.clone());
        let (whose, which) = (account.clone(), id.clone());
        on_disk(move || layout.mark(&me, &whose, &which)).await?;
        let last_known = row.as_ref().map(SessionRow::number);
        let parts = sessions::parts::of_session(of, id).await?;
        let mut known = Known::of(id, row.as_ref(), parts);
        let alive = self.last_alive(node.as_deref()).await?;
        if let Some(row) = row {
            let (from, me) = (node.as_deref(), self.node.as_str());
            if row.ended_at.is_some() && !(row.node == *node && goes_further(&folder, &row).await?)
            {
                // The row is right; the files may lack their ends.
                if row.node == *node {
                    let through = row.number();
                    on_disk(move || files::finish(&folder, through, None, &known, |_| {})).await?;
                }
                return Ok(false);
            }
            let before = self.taken.holds(id);
            // First, so that it is known whose it is at every moment.
            self.taken.add(id, (account.clone(), node.clone()));
            let ours = match row.ended_at {
                Some(_) => {
                    let stood = (row.part, row.ended_at);
                    sessions::take_over_ended(of, id, stood, from, me).await?
                }
                None => {
                    sessions::take_over(of, id, from, me).await?
                        || before && sessions::take_over(of, id, Some(me), me).await?
                }
            };
            if !ours {
                return Ok(false);
            }
        }
        let (layout, me) = (self.layout.clone(), self.node.clone());
        let (account_id, session_id) = (account.clone(), id.clone());
        let (manifest, finished) = on_disk(move || {
            let manifest = files::manifest(&folder, &account_id, &session_id)?;
            known.started_at = known.started_at.or(manifest);
            // Nobody else goes on with it: whatever parts there are, they are what was left.
            let finished = files::finish(&folder, u32::MAX, alive, &known, |part| {
                let (account, id) = (account_id, session_id);
                let mark = Mark { account, id, part };
                if let Err(error) = mark.write(&layout, &me) {
                    tracing::warn!(%error, session.id = %mark.id, "nobody hears what was said last");
                }
            })?;
            Ok((manifest, finished))
        })
        .await?;
        self.cut_off.look();
        if let Some(last_known) = last_known {
            return Ok(match finished {
                Some(finished) if finished.part >= last_known => {
                    sessions::finish_found(of, id, &finished, &self.node).await?
                }
                // Of its last part nothing was recorded.
                _ => sessions::close_unrecorded(of, id, &self.node).await?,
            });
        }
        let (Some(finished), Some(started_at)) = (finished, manifest) else {
            return Ok(false);
        };
        let begin = finished.begin(account, id, started_at);
        match sessions::insert(of, &begin, &self.node).await {
            Err(error) if is_final(&error) => {
                tracing::warn!(%error, session.id = %id, "a recording is nobody's");
                return Ok(false);
            }
            inserted => inserted?,
        }
        Ok(sessions::finish_found(of, id, &finished, &self.node).await?)
    }

    /// How long a session's files are, if its node may be alive although it does not say so: the
    /// database may be out of its reach.
    async fn size_if_watched(&self, case: &Case) -> Result<Option<u64>, RecoveryError> {
        let is_ours = self.db.engine() == Engine::Sqlite || self.predecessor == case.node;
        let folder = self.layout.session(&case.account, &case.id);
        let Some(folder) = folder.filter(|_| !is_ours) else {
            return Ok(None);
        };
        Ok(Some(on_disk(move || files::size(&folder)).await?))
    }
}

/// Whether a session has a part that its row knows nothing of: its node goes on with it, or did until
/// it was killed, and could not tell the database.
pub(super) async fn goes_further(folder: &Folder, row: &SessionRow) -> std::io::Result<bool> {
    let (folder, known) = (folder.clone(), row.number());
    on_disk(move || Ok(folder.parts()?.last().is_some_and(|&last| last > known))).await
}

/// Runs what waits for the disk on a thread that may.
pub(super) async fn on_disk<T: Send + 'static>(
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> std::io::Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(std::io::Error::other)?
}
