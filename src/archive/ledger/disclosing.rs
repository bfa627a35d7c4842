//! What was disclosed: kept in a file until the database has taken it, as nothing else on the disk
//! tells of it.

use super::super::disclosures;
use super::super::flusher::Flusher;
use super::super::journal;
use super::super::layout::Layout;
use super::super::recovery::on_disk;
use super::{Ledger, REVISIT, is_final};
use crate::db::{Db, DbError};
use crate::telemetry::Metrics;

impl Ledger {
    /// Keeps in a file what was disclosed until the database has taken it, for as long as it is
    /// polled.
    pub(in crate::archive) async fn keep(
        &self,
        layout: &Layout,
        flusher: &Flusher,
        metrics: &Metrics,
    ) {
        loop {
            let unkept = self.0.unkept.notified();
            let batch = self.waiting().lacking();
            let Some(batch) = batch else {
                self.0.settled.notify_waiters();
                unkept.await;
                continue;
            };
            let (layout, node) = (layout.clone(), self.0.node.clone());
            match on_disk(move || journal::write(&layout, &node, &batch)).await {
                Ok(()) => flusher.written(),
                Err(error) => {
                    tracing::warn!(%error, "what was disclosed waits for the database in memory alone");
                    metrics.error("archive");
                    self.waiting().not_kept();
                    // All of it is written the next time, so not with whatever comes meanwhile.
                    let _ = tokio::time::timeout(REVISIT, self.taken()).await;
                }
            }
        }
    }

    /// Waits until the database has taken what was disclosed and waits now; for ever if none does.
    async fn taken(&self) {
        if self.waiting().is_empty() {
            return std::future::pending().await;
        }
        self.until(|_| self.waiting().is_empty()).await;
    }

    /// Writes what was disclosed.
    pub(super) async fn write_disclosures(&self, db: &Db) -> Result<(), DbError> {
        loop {
            let Some((account, row)) = self.waiting().first() else {
                self.0.unkept.notify_one();
                self.0.settled.notify_waiters();
                return Ok(());
            };
            match disclosures::insert(db.of(&account), &row).await {
                Err(error) if !is_final(&error) => return Err(error),
                Err(error) => {
                    tracing::error!(%error, session.id = %row.session_id, "a disclosure cannot be recorded");
                }
                Ok(()) => {}
            }
            self.waiting().pop();
        }
    }
}
