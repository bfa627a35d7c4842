//! What happened: recordings as they are made, the record of sessions, and both read again.
//!
//! A session has a folder of files, which hold everything, and a row in the database, which the
//! list is made of (see `layout` for the files). [`Archive::record`] gives a [`Recorder`] for each
//! part of a session; one thread writes what all of them collect, another brings it to the disk,
//! and a task brings the rows into the database. A session waits for none of them.
//!
//! Files are only appended to. What is learned later, such as a client's word long after an
//! interruption that it had played less, corrects the words (events), not the sound. That a peer was
//! gone before anybody noticed moves the end of the part, and what its files hold beyond that is not
//! given out. Of a process that was killed before it noticed nobody knows: there what was sent counts.
//!
//! What a cut-off process left unfinished is finished from its files: by the next start, or, where
//! nodes share a PostgreSQL and a folder, by the others. What the coach said last and nobody had
//! understood by then is [heard afterwards](CutOff).

mod cut_off;
mod deletion;
pub mod disclosures;
pub mod engine_calls;
mod entries;
pub mod event;
mod flusher;
mod hangups;
pub mod inner;
mod journal;
mod layout;
mod ledger;
mod loudness;
mod manifest;
mod nodes;
mod parts;
mod reading;
mod recorder;
mod recovery;
mod reopen;
mod restore;
#[cfg(test)]
mod scene;
mod sent;
pub mod sessions;
pub mod shapes;
mod silence;
mod sound;
mod standing;
mod state;
mod subtitles;
mod taken;
mod tally;
mod transcript;
mod trouble;
mod writer;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{Mutex, Semaphore};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub use cut_off::{Addition, CutOff, Left};
pub use deletion::{DeleteError, Deletion};
pub use layout::is_plain;
pub use reading::{MOST_POINTS, ReadError};
pub use recorder::{Part, Recorder};
pub use recovery::RecoveryError;
pub use reopen::{Claim, ReopenError, Reopened, written};
pub use sessions::EndReason;
pub use sound::Voices;
pub use standing::Standing;
pub use state::Warning;
pub use trouble::{Refusal, Trouble};

use crate::clock::Clock;
use crate::db::{Db, DbError};
use crate::telemetry::Metrics;
use cut_off::waiting::Waiting;
use flusher::Flusher;
use hangups::HangUps;
use layout::Layout;
use ledger::Ledger;
use taken::Taken;
use writer::{WriteAt, Writer};

/// How long a stop waits for the database.
const GOODBYE: Duration = Duration::from_secs(10);

/// How many sessions' sound is put together at once.
const MAKERS: usize = 2;

/// The archive. Clones are the same archive.
#[derive(Clone, Debug)]
pub struct Archive {
    core: Arc<Core>,
    writer: Writer,
    tasks: Arc<Tasks>,
    keys: Arc<AtomicU64>,
}

/// What every part of the room works with.
#[derive(Debug)]
struct Core {
    layout: Layout,
    /// Names this process among those that share the archive.
    node: String,
    ledger: Ledger,
    hang_ups: HangUps,
    db: Db,
    clock: Clock,
    metrics: Metrics,
    resume_within: Duration,
    /// The node that used this process's folder before.
    predecessor: Option<String>,
    /// Held by whoever finishes a session that was left.
    recovering: Mutex<()>,
    /// Those that are this node's now, and not finished yet.
    taken: Taken,
    /// Parts that were cut off, of which the last words are still to be heard.
    cut_off: Waiting,
    /// Those that put the sound of a session together.
    makers: Semaphore,
    /// What the disk refused when this node said last that it lives.
    disk: std::sync::Mutex<Option<Refusal>>,
}

/// Tasks that end with the archive.
#[derive(Debug)]
struct Tasks(Vec<JoinHandle<()>>);

/// What an archive is made of.
#[derive(Clone, Debug)]
pub struct ArchiveParts {
    /// The folder of recordings.
    pub folder: PathBuf,
    /// How long after its connection ended a session may be resumed.
    pub resume_within: Duration,
    /// A folder that one process at a time uses, if there is one: what the process before this one
    /// left is finished at once, even where others share the archive.
    pub home: Option<PathBuf>,
    /// The database.
    pub db: Db,
    /// The time of day.
    pub clock: Clock,
    /// Where trouble is counted.
    pub metrics: Metrics,
    /// Cancelled should the archive's tasks end by themselves: without them a server is of no use.
    pub failed: CancellationToken,
}

/// Why the archive cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder cannot be used.
    #[error("archive.folder: {}: {error}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why not.
        error: std::io::Error,
    },
    /// The database cannot be used.
    #[error(transparent)]
    Database(#[from] DbError),
}

impl Archive {
    /// Opens the archive: makes its folder if missing, and begins to finish what other processes
    /// left. Belongs into a tokio runtime.
    ///
    /// # Errors
    ///
    /// If the folder or the database cannot be used.
    pub async fn open(parts: ArchiveParts) -> Result<Self, OpenError> {
        let reserve = parts.db.reserve().cloned();
        let reserve = reserve.filter(|reserve| reserve.shares_disk_with(&parts.folder));
        Self::open_on(parts, writer::disk(reserve)).await
    }

    async fn open_on(parts: ArchiveParts, disk: WriteAt) -> Result<Self, OpenError> {
        let ArchiveParts {
            folder,
            resume_within,
            home,
            db,
            clock,
            metrics,
            failed,
        } = parts;
        let refused = |error| OpenError::Folder {
            path: folder.clone(),
            error,
        };
        let node = uuid::Uuid::now_v7().simple().to_string();
        let layout = Layout::open(&folder).map_err(refused)?;
        let flusher = Flusher::start(layout.root(), metrics.clone()).map_err(refused)?;
        let flushed = flusher.clone();
        let writer = Writer::start(layout.clone(), node.clone(), flushed, metrics.clone(), disk)
            .map_err(refused)?;
        let predecessor = match home {
            Some(home) => nodes::move_in(&home, &node).map_err(refused)?,
            None => None,
        };
        match nodes::seen(&db, &node, clock.now()).await {
            Err(error) if error.is_passing() => {
                tracing::error!(%error, "the database takes nothing: what happens waits for it");
            }
            seen => seen?,
        }
        let core = Arc::new(Core {
            ledger: Ledger::new(node.clone()),
            hang_ups: HangUps::default(),
            layout,
            node,
            db,
            clock,
            metrics,
            resume_within,
            predecessor,
            recovering: Mutex::default(),
            taken: Taken::default(),
            cut_off: Waiting::default(),
            makers: Semaphore::new(MAKERS),
            disk: std::sync::Mutex::default(),
        });
        let tasks = vec![
            tokio::spawn(guarded("ledger", failed.clone(), {
                let core = core.clone();
                async move { core.ledger.run(&core.db, &core.layout, &core.metrics).await }
            })),
            tokio::spawn(guarded("journal", failed.clone(), {
                let core = core.clone();
                async move {
                    let (layout, metrics) = (&core.layout, &core.metrics);
                    core.ledger.keep(layout, &flusher, metrics).await;
                }
            })),
            tokio::spawn(guarded("hang-ups", failed.clone(), {
                let core = core.clone();
                async move { core.hang_up_late().await }
            })),
            tokio::spawn(guarded("nodes", failed.clone(), {
                let core = core.clone();
                async move { core.tend().await }
            })),
            tokio::spawn(guarded("recovery", failed, {
                let core = core.clone();
                async move { core.clear_up().await }
            })),
        ];
        Ok(Self {
            core,
            writer,
            tasks: Arc::new(Tasks(tasks)),
            keys: Arc::default(),
        })
    }

    /// Waits until the database knows everything that happened so far, and the files of every
    /// part that ended are closed.
    pub async fn settled(&self) {
        self.core.ledger.drained().await;
        self.core.hang_ups.drained().await;
    }

    /// The server stops: waits, for a bounded time, until the database knows everything, and lets
    /// the other nodes know that this one is gone. Where the disk of the database is full it is not
    /// waited for somebody to make room. Recorders are to be finished before.
    pub async fn close(&self) {
        let settled = tokio::time::timeout(GOODBYE, self.settled());
        let is_settled = tokio::select! {
            done = settled => done.is_ok(),
            () = self.core.ledger.refused_for_room() => false,
        };
        if !is_settled {
            tracing::warn!("the database did not take everything; the next start finishes it");
        }
        self.tasks.abort();
        if let Err(error) = self.core.gone().await {
            tracing::warn!(%error, "nobody was told that this node is gone");
        }
    }

    /// Names a part among those being written.
    fn next_key(&self) -> u64 {
        self.keys.fetch_add(1, Ordering::Relaxed)
    }
}

impl Tasks {
    fn abort(&self) {
        for task in &self.0 {
            task.abort();
        }
    }
}

impl Drop for Tasks {
    fn drop(&mut self) {
        self.abort();
    }
}

/// Runs a task that must not end by itself, not even by a panic.
async fn guarded(name: &'static str, failed: CancellationToken, task: impl Future<Output = ()>) {
    let guard = Guard(name, failed);
    task.await;
    drop(guard);
}

struct Guard(&'static str, CancellationToken);

impl Drop for Guard {
    fn drop(&mut self) {
        if std::thread::panicking() {
            tracing::error!(
                task = self.0,
                "a task of the archive failed, so the server stops"
            );
            self.1.cancel();
        }
    }
}
