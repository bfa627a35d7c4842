//! Brings what was written to the disk itself, in a thread of its own, so that a slow disk holds up
//! no session's batch.
//!
//! What was handed to the kernel survives the death of the process at once. A power cut (or a
//! crash of the kernel) may also take what was not yet brought to the disk: of a live session at
//! most the last five seconds or so, of an ended one nothing.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use tokio::sync::oneshot;

use super::recovery::repair_track;
use super::writer::Shared;
use crate::telemetry::Metrics;

/// How often live recordings are brought to the disk.
const EVERY: Duration = Duration::from_secs(5);

/// The way to the thread.
#[derive(Clone, Debug)]
pub(super) struct Flusher {
    dirty: Arc<AtomicBool>,
    ended: Sender<Ended>,
}

/// A part whose files are closed.
#[derive(Debug)]
pub(super) struct Ended {
    /// Tracks that end without a mark: the disk took nothing more. Maybe there is room again.
    pub cut: Vec<PathBuf>,
    /// Learns that they are on the disk.
    pub shared: Arc<Shared>,
    /// Is told so.
    pub done: oneshot::Sender<()>,
}

impl Flusher {
    /// Starts the thread for the file system that holds `root`. It ends when every clone of the
    /// flusher is gone.
    pub(super) fn start(root: &Path, metrics: Metrics) -> io::Result<Self> {
        let root = File::open(root)?;
        let (ended, waiting) = channel();
        let dirty = Arc::new(AtomicBool::new(false));
        let thread = std::thread::Builder::new().name("archive-flush".to_owned());
        let flag = dirty.clone();
        thread.spawn(move || run(&root, &flag, &waiting, &metrics))?;
        Ok(Self { dirty, ended })
    }

    /// Something was written.
    pub(super) fn written(&self) {
        self.dirty.store(true, Ordering::Relaxed);
    }

    /// A part is complete: brings everything to the disk now, then says so.
    pub(super) fn finish(&self, ended: Ended) {
        // The thread ends only after the last flusher is gone.
        let _ = self.ended.send(ended);
    }
}

/// All that end at about the same time share one flush.
fn run(root: &File, dirty: &AtomicBool, ended: &Receiver<Ended>, metrics: &Metrics) {
    loop {
        let first = match ended.recv_timeout(EVERY) {
            Ok(ended) => Some(ended),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => break,
        };
        let some_ended = first.is_some();
        let all: Vec<Ended> = first.into_iter().chain(ended.try_iter()).collect();
        for track in all.iter().flat_map(|ended| &ended.cut) {
            if let Err(error) = repair_track(track) {
                tracing::warn!(%error, "the end of a recording cannot be marked");
            }
        }
        if (dirty.swap(false, Ordering::Relaxed) || some_ended)
            && let Err(error) = flush(root)
        {
            // Everything is still in the kernel's hands, which goes on trying.
            tracing::error!(%error, "recordings could not be brought to the disk");
            metrics.error("archive");
        }
        for Ended { shared, done, .. } in all {
            shared.closed.store(true, Ordering::Release);
            let _ = done.send(());
        }
    }
    let _ = flush(root);
}

/// One call for all files: the disk's journal is written once, not once per file.
#[cfg(target_os = "linux")]
fn flush(root: &File) -> io::Result<()> {
    Ok(rustix::fs::syncfs(root)?)
}

#[cfg(not(target_os = "linux"))]
fn flush(_root: &File) -> io::Result<()> {
    rustix::fs::sync();
    Ok(())
}
