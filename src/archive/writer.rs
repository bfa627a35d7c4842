//! The one thread that writes recordings: sessions hand it batches and never wait for the disk.
//!
//! A batch holds what was recorded in about half a second, for each file whole pages or lines.
//! What the disk refuses is cut off again, so that a file always ends with a whole batch; from then
//! on the session is not recorded any more, and told why; a note in its folder says so too, should
//! the database not come to know of it. So it is where somebody else has written
//! to the files: this node was taken for dead, and the session finished. See
//! [`flusher`](super::flusher) for what survives a power cut.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use media::Position;
use tokio::sync::{mpsc, oneshot};

use super::flusher::{Ended, Flusher};
use super::layout::{Folder, Layout, Stream, new_file};
use super::trouble::Refusal;
use crate::db::{AccountId, Reserve};
use crate::telemetry::Metrics;

/// Jobs that wait for the disk at most; more stay with their sessions.
const QUEUE: usize = 4096;

/// Bytes for each of a part's files, in the order of [`Stream::ALL`].
pub(super) type Pieces = [Vec<u8>; Stream::ALL.len()];

/// What the thread is told.
#[derive(Debug)]
pub(super) enum Job {
    /// A part begins.
    Open(Box<Opening>),
    /// More of a part, with which it is whole up to here on the session's timeline.
    Append {
        key: u64,
        pieces: Pieces,
        to: Position,
    },
    /// Answered when everything before is written, or refused.
    Reach { done: oneshot::Sender<()> },
    /// A part is over. Answered when everything is on the disk.
    Close {
        key: u64,
        shared: Arc<Shared>,
        done: oneshot::Sender<()>,
    },
}

/// A part that begins.
#[derive(Debug)]
pub(super) struct Opening {
    /// Names the part among those being written.
    pub key: u64,
    pub account: AccountId,
    pub id: String,
    pub folder: Folder,
    pub part: u32,
    /// What the session's `session.json` says.
    pub manifest: String,
    pub shared: Arc<Shared>,
}

/// What a recorder, the thread and the ledger know of a part.
#[derive(Debug)]
pub(super) struct Shared {
    /// Bytes handed over and not yet written.
    pub unwritten: AtomicUsize,
    /// Why nothing more is taken.
    pub refused: OnceLock<Refusal>,
    /// Whether the files are closed and on the disk, as far as they ever will be.
    pub closed: AtomicBool,
    /// Up to where everything is in the files, in samples of the session's timeline.
    whole: AtomicU64,
}

impl Shared {
    /// Of a part that begins at `from`.
    pub(super) fn new(from: Position) -> Arc<Self> {
        Arc::new(Self {
            unwritten: AtomicUsize::new(0),
            refused: OnceLock::new(),
            closed: AtomicBool::new(false),
            whole: AtomicU64::new(from.samples()),
        })
    }

    /// Where the recording stopped, and why, if it did.
    pub(super) fn stopped(&self) -> Option<(Position, Refusal)> {
        let refusal = *self.refused.get()?;
        Some((Position::new(self.whole.load(Ordering::Relaxed)), refusal))
    }
}

/// Puts bytes into a file; replaced where tests need a disk that fails.
pub(super) type WriteAt = Box<dyn Fn(&File, &[u8], u64) -> io::Result<usize> + Send>;

/// The disk as it is, but for what the database on it needs.
pub(super) fn disk(reserve: Option<Reserve>) -> WriteAt {
    Box::new(move |file, bytes, at| {
        let may = reserve.as_ref().is_none_or(Reserve::has_room_for_others);
        match may {
            true => file.write_at(bytes, at),
            false => Err(ErrorKind::StorageFull.into()),
        }
    })
}

/// The way to the thread.
#[derive(Clone, Debug)]
pub(super) struct Writer {
    jobs: mpsc::Sender<Job>,
    /// Bytes of all parts that wait for the disk, here or with their sessions.
    waiting: Arc<AtomicUsize>,
}

impl Writer {
    /// Starts the thread. It ends when every clone of the writer is gone.
    pub(super) fn start(
        layout: Layout,
        node: String,
        flusher: Flusher,
        metrics: Metrics,
        write_at: WriteAt,
    ) -> io::Result<Self> {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let waiting = Arc::<AtomicUsize>::default();
        let desk = Desk {
            waiting: waiting.clone(),
            layout,
            node,
            flusher,
            metrics,
            write_at,
            most_open: most_open(),
            parts: HashMap::new(),
            turn: 0,
        };
        let thread = std::thread::Builder::new().name("archive".to_owned());
        thread.spawn(move || desk.run(queue))?;
        Ok(Self { jobs, waiting })
    }

    /// How many bytes of all parts wait for the disk.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Bytes wait that did not before: of a job that will be handed over, or with a session.
    pub(super) fn wait(&self, bytes: usize) {
        self.waiting.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Bytes wait with a session no more.
    pub(super) fn release(&self, bytes: usize) {
        self.waiting.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// Room for one job, if there is any.
    pub(super) fn room(&self) -> Option<mpsc::OwnedPermit<Job>> {
        self.jobs.clone().try_reserve_owned().ok()
    }

    /// Hands a job over, waiting for room.
    pub(super) async fn hand(&self, job: Job) {
        // The thread ends only after the last writer is gone.
        let _ = self.jobs.send(job).await;
    }
}

/// How many files may be open at once: a quarter of what the process may open, since every
/// connection is a file too.
fn most_open() -> usize {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    let limit = limit.current.unwrap_or(65_536) / 4;
    usize::try_from(limit).unwrap_or(usize::MAX).max(64)
}

/// The thread's state.
struct Desk {
    layout: Layout,
    node: String,
    flusher: Flusher,
    metrics: Metrics,
    write_at: WriteAt,
    waiting: Arc<AtomicUsize>,
    most_open: usize,
    parts: HashMap<u64, Open>,
    /// Counts batches, to find the files that were not written to for longest.
    turn: u64,
}

/// A part being written.
struct Open {
    folder: Folder,
    number: u32,
    files: [Option<File>; Stream::ALL.len()],
    /// Whether all of them were made.
    made: bool,
    /// How long each file is; everything up to here is whole.
    lengths: [u64; Stream::ALL.len()],
    shared: Arc<Shared>,
    used: u64,
    /// Whether its folder says where it stopped.
    noted: bool,
}

impl Desk {
    fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        while let Some(job) = jobs.blocking_recv() {
            self.metrics.archive_queue(jobs.len());
            match job {
                Job::Open(opening) => self.open(*opening),
                Job::Append { key, pieces, to } => self.append(key, &pieces, to),
                Job::Reach { done } => {
                    // Who does not wait any more needs no answer.
                    let _ = done.send(());
                }
                Job::Close { key, shared, done } => {
                    let cut = self.parts.remove(&key).map(Open::close).unwrap_or_default();
                    self.flusher.finish(Ended { cut, shared, done });
                }
            }
        }
    }

    fn open(&mut self, opening: Opening) {
        let made = self.make(&opening);
        let Opening {
            key,
            folder,
            part,
            shared,
            ..
        } = opening;
        if let Err(error) = made {
            refuse(&shared, &error);
        }
        let mut open = Open {
            folder,
            number: part,
            files: Default::default(),
            made: false,
            lengths: Default::default(),
            shared,
            used: self.turn,
            noted: false,
        };
        open.note_stop();
        self.parts.insert(key, open);
    }

    /// The mark first: what comes after it, recovery finds.
    fn make(&self, opening: &Opening) -> io::Result<()> {
        let Opening {
            account,
            id,
            folder,
            manifest,
            ..
        } = opening;
        self.layout.mark(&self.node, account, id)?;
        folder.make()?;
        match new_file().open(folder.manifest()) {
            Ok(file) => write_whole(&self.write_at, &file, manifest.as_bytes(), 0),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn append(&mut self, key: u64, pieces: &Pieces, to: Position) {
        let began = std::time::Instant::now();
        self.turn += 1;
        self.make_room(key);
        let bytes: usize = pieces.iter().map(Vec::len).sum();
        self.waiting.fetch_sub(bytes, Ordering::Relaxed);
        let Some(open) = self.parts.get_mut(&key) else {
            return;
        };
        open.used = self.turn;
        if open.shared.refused.get().is_none() {
            match open.append(pieces, &self.write_at) {
                Ok(()) => open.shared.whole.store(to.samples(), Ordering::Relaxed),
                Err(error) => {
                    refuse(&open.shared, &error);
                    open.files = Default::default();
                }
            }
        }
        open.note_stop();
        open.shared.unwritten.fetch_sub(bytes, Ordering::Relaxed);
        self.flusher.written();
        self.metrics.archive_batch(began.elapsed());
    }

    /// Closes the files of the part that was not written to for longest, if too many are open.
    fn make_room(&mut self, key: u64) {
        let is_open = |open: &Open| open.files.iter().any(Option::is_some);
        if self.parts.get(&key).is_some_and(is_open) {
            return;
        }
        let mut open = self.parts.values_mut().filter(|open| is_open(open));
        if open.by_ref().count() * Stream::ALL.len() < self.most_open {
            return;
        }
        let open = self.parts.values_mut().filter(|open| is_open(open));
        if let Some(oldest) = open.min_by_key(|open| open.used) {
            oldest.files = Default::default();
        }
    }
}

impl Open {
    /// The part is over. Its tracks that want a mark of their end, since the recording stopped before.
    fn close(mut self) -> Vec<PathBuf> {
        self.note_stop();
        let refused = self.shared.refused.get().copied();
        let is_ours = refused.is_some_and(|refusal| refusal != Refusal::TakenOver);
        let tracks = [Stream::Coach, Stream::Client].into_iter();
        let tracks = tracks.filter(|_| is_ours && self.made);
        tracks
            .map(|track| self.folder.file(self.number, track))
            .collect()
    }

    /// Notes in the folder where the recording stopped, if it did. What cannot be noted now may be
    /// later. The folder of a session that another node has finished is left alone.
    fn note_stop(&mut self) {
        if let Some((at, refusal)) = self.shared.stopped().filter(|_| !self.noted)
            && refusal != Refusal::TakenOver
        {
            self.noted = self.folder.note_stop(self.number, at, refusal).is_ok();
        }
    }

    /// Appends to every file, or to none of those that it did not get to. With the first batch all of them
    /// are made: a folder in which none can be made later takes nothing from what goes on in it.
    fn append(&mut self, pieces: &Pieces, write_at: &WriteAt) -> io::Result<()> {
        let options = match self.made {
            false => new_file(),
            true => OpenOptions::new().write(true).clone(),
        };
        for (index, piece) in pieces.iter().enumerate() {
            if piece.is_empty() && self.made {
                continue;
            }
            let length = self.lengths[index];
            let file = match &mut self.files[index] {
                Some(file) => file,
                closed => {
                    let path = self.folder.file(self.number, Stream::ALL[index]);
                    closed.insert(options.open(path)?)
                }
            };
            if file.metadata()?.len() != length {
                // What it wrote there is how the session ended; nothing may be put over it.
                let message = "the file was written to by another node";
                return Err(io::Error::new(ErrorKind::ResourceBusy, message));
            }
            if let Err(error) = write_whole(write_at, file, piece, length) {
                // What got through is cut off, so that the file ends with a whole batch. If even
                // that fails, recovery cuts at the last whole page or line.
                let _ = file.set_len(length);
                return Err(error);
            }
            self.lengths[index] += piece.len() as u64;
        }
        self.made = true;
        Ok(())
    }
}

fn write_whole(write_at: &WriteAt, file: &File, mut bytes: &[u8], mut at: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        match write_at(file, bytes, at) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(written) => {
                bytes = bytes.get(written..).unwrap_or_default();
                at += written as u64;
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn refuse(shared: &Shared, error: &io::Error) {
    tracing::error!(%error, "a recording cannot be written");
    // The first reason counts.
    let _ = shared.refused.set(Refusal::of(error));
}
