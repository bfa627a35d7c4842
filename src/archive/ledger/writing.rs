//! Writes row after row, ever more slowly while the database refuses.

use std::time::Duration;

use super::super::layout::Layout;
use super::super::recovery::on_disk;
use super::super::sessions;
use super::super::sessions::parts::{self, PartRow};
use super::pending::{News, Pending};
use super::{Ledger, REVISIT, is_final};
use crate::db::{AccountId, Db, DbError};
use crate::telemetry::Metrics;

/// Pauses between attempts while the database fails.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

impl Ledger {
    /// Writes rows, for as long as it is polled.
    pub(in crate::archive) async fn run(&self, db: &Db, layout: &Layout, metrics: &Metrics) {
        let mut pause = FIRST_PAUSE;
        loop {
            let told = self.0.told.notified();
            let is_news = self.has_news();
            let written = match self.write_all(db, layout).await {
                Ok(()) => self.write_disclosures(db).await,
                Err(error) => Err(error),
            };
            match written {
                Ok(()) => {
                    pause = FIRST_PAUSE;
                    // Where nothing was asked of the database it said nothing.
                    if is_news {
                        self.took(true);
                    }
                    let _ = tokio::time::timeout(REVISIT, told).await;
                }
                Err(error) => {
                    let waiting = self.rows().len();
                    tracing::warn!(%error, waiting, "the database does not take what happened yet");
                    metrics.error("database");
                    self.took(false);
                    if error.is_full() {
                        self.0.full.notify_waiters();
                    }
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
    }

    fn has_news(&self) -> bool {
        self.rows().values().any(Pending::has_news) || !self.waiting().is_empty()
    }

    /// Writes every row of which there is something to write.
    async fn write_all(&self, db: &Db, layout: &Layout) -> Result<(), DbError> {
        let waiting: Vec<String> = self.rows().keys().cloned().collect();
        for id in waiting {
            while let Some(news) = self.news(&id) {
                let known = match self.write(db, &news).await {
                    Err(error) if !is_final(&error) => return Err(error),
                    Err(error) => {
                        // Trying again would not help, and would keep others waiting.
                        tracing::error!(%error, session.id = %id, "a session cannot be recorded");
                        true
                    }
                    Ok(known) => known,
                };
                self.wrote(&id, &news, known);
                if !news.followed {
                    break;
                }
            }
            self.forget(&id, layout).await;
            self.0.settled.notify_waiters();
        }
        Ok(())
    }

    pub(super) fn news(&self, id: &str) -> Option<News> {
        self.rows().get(id)?.news()
    }

    /// Whether the row took it, and did not have it or another node's word before.
    async fn write(&self, db: &Db, news: &News) -> Result<bool, DbError> {
        let image = &news.image;
        let of = db.of(&image.begin.account);
        let id = &image.begin.id;
        if !news.inserted {
            sessions::insert(of, &image.begin, &self.0.node).await?;
        }
        // The part first: a session that has ended has parts that have.
        if let Some(part) = PartRow::of(image) {
            parts::put(of, id, &part, &self.0.node).await?;
        }
        match news.followed {
            true => sessions::pass_on(of, image, &self.0.node).await,
            false => sessions::update(of, image, &self.0.node).await,
        }
    }

    pub(super) fn wrote(&self, id: &str, news: &News, known: bool) {
        let mut rows = self.rows();
        let Some(row) = rows.get_mut(id) else { return };
        row.wrote(news);
        match (known, news.followed) {
            (true, _) => {}
            (false, true) => {
                tracing::error!(session.id = %id, "a session has gone on at another node, or was deleted");
                row.lose();
            }
            (false, false) => {
                tracing::debug!(session.id = %id, "the row has ended already, or is another node's");
            }
        }
    }

    /// Forgets a part that ended, whose files are complete and whose row says so.
    pub(super) async fn forget(&self, id: &str, layout: &Layout) {
        if !self.rows().get(id).is_some_and(Pending::is_over) {
            return;
        }
        let at = || (layout.clone(), self.0.node.clone(), id.to_owned());
        let (layout, node, name) = at();
        if let Err(error) = on_disk(move || layout.unmark(&node, &name)).await {
            // The next start looks at the session once more, and finds it finished.
            tracing::warn!(%error, session.id = %id, "a session stays marked as unfinished");
        }
        let Some(account) = self.drop_if_over(id) else {
            return;
        };
        // Another part has begun meanwhile, and it may be its mark that was taken away.
        let (layout, node, name) = at();
        if let Err(error) = on_disk(move || layout.mark(&node, &account, &name)).await {
            tracing::warn!(%error, session.id = %id, "a session is not marked as unfinished");
        }
    }

    /// Drops what is known of a session, if there is nothing left to be done for it; else whose it is.
    fn drop_if_over(&self, id: &str) -> Option<AccountId> {
        let mut rows = self.rows();
        let row = rows.get(id)?;
        if !row.is_over() {
            return Some(row.account().clone());
        }
        rows.remove(id);
        None
    }
}
