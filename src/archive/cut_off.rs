//! Parts that a killed process left in the middle: what the coach said last may be on the track and in
//! no words. Each is marked before it is finished, until somebody with a recogniser has seen to it.
//!
//! That happens beside everything else, also while the session goes on: nothing but this is added to the
//! files of such a part. Whose part it is, is settled by whose mark it is: a node finishes what a dead one
//! left, and takes over the marks that one had.

use std::fs::File;
use std::io::{self, BufReader, ErrorKind};
use std::path::PathBuf;
use std::sync::Arc;

use media::Position;
use media::record::each_frame;
use tokio::sync::{Mutex, mpsc};

use super::disclosures::SessionLog;
use super::event::{Entry, Event};
use super::layout::{Folder, Layout, Stream, absent_is_fine, is_plain, names};
use super::recovery::{RecoveryError, append, on_disk};
use super::tally::Tally;
use super::{Archive, Core, entries, sessions};
use crate::db::{AccountId, private_folder};
use crate::disclosure::Witness;

/// Samples of a frame for a recogniser, at 16 kHz.
const SAMPLES: usize = 320;

/// A part that was cut off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub account: AccountId,
    pub id: String,
    pub part: u32,
}

/// Those that wait for a recogniser, in order.
#[derive(Debug)]
pub(super) struct Waiting {
    add: mpsc::UnboundedSender<Mark>,
    next: Mutex<mpsc::UnboundedReceiver<Mark>>,
}

impl Default for Waiting {
    fn default() -> Self {
        let (add, next) = mpsc::unbounded_channel();
        let next = Mutex::new(next);
        Self { add, next }
    }
}

impl Waiting {
    pub(super) fn add(&self, mark: Mark) {
        // Whoever takes them lives as long as this.
        let _ = self.add.send(mark);
    }
}

impl Mark {
    fn path(&self, layout: &Layout, node: &str) -> PathBuf {
        folder(layout, node).join(format!("{:03}.{}", self.part, self.id))
    }

    /// Writes it down as `node`'s.
    pub(super) fn write(&self, layout: &Layout, node: &str) -> io::Result<()> {
        private_folder(&folder(layout, node))?;
        std::fs::write(self.path(layout, node), self.account.as_str())
    }
}

fn folder(layout: &Layout, node: &str) -> PathBuf {
    layout.unheard().join(node)
}

/// What `node` marked.
fn marked(layout: &Layout, node: &str) -> io::Result<Vec<Mark>> {
    let folder = folder(layout, node);
    let read = |name: String| {
        let (part, id) = name.split_once('.')?;
        // One that is empty was being written when the power went.
        let account = std::fs::read_to_string(folder.join(&name)).ok()?;
        let part = part.parse().ok().filter(|_| is_plain(&account))?;
        let (account, id) = (AccountId::new(account), id.to_owned());
        Some(Mark { account, id, part })
    };
    Ok(names(&folder)?.into_iter().filter_map(read).collect())
}

impl Core {
    /// Takes over what dead nodes had marked.
    pub(super) async fn take_in_cut_off(&self) -> Result<(), RecoveryError> {
        let nodes = self.in_folder(|layout| names(&layout.unheard())).await?;
        if nodes.iter().all(|node| *node == self.node) {
            return Ok(());
        }
        let living = self.living().await?;
        for node in nodes {
            if !self.is_dead(Some(&node), &living) {
                continue;
            }
            let me = self.node.clone();
            let taken = self.in_folder(move |layout| take(layout, &node, &me));
            taken
                .await?
                .into_iter()
                .for_each(|mark| self.cut_off.add(mark));
        }
        Ok(())
    }
}

/// Makes what `node` marked this node's. Of two that try, one has it.
fn take(layout: &Layout, node: &str, me: &str) -> io::Result<Vec<Mark>> {
    private_folder(&folder(layout, me))?;
    let mut taken = Vec::new();
    for mark in marked(layout, node)? {
        match std::fs::rename(mark.path(layout, node), mark.path(layout, me)) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            renamed => {
                renamed?;
                taken.push(mark);
            }
        }
    }
    // Gone once it is empty.
    let _ = std::fs::remove_dir(folder(layout, node));
    Ok(taken)
}

/// A part that was cut off, to be completed.
#[derive(Debug)]
pub struct CutOff {
    core: Arc<Core>,
    mark: Mark,
    folder: Folder,
}

/// What the log and the trace of such a part hold.
#[derive(Debug, Default)]
pub struct Left {
    /// Where the part begins.
    pub from: Position,
    /// What the state machine recorded, in order.
    pub entries: Vec<Entry>,
    /// What it was given.
    pub trace: String,
    tally: Tally,
}

/// What is added to them.
#[derive(Debug, Default)]
pub struct Addition {
    /// For the log.
    pub entries: Vec<Entry>,
    /// For the trace: whole lines.
    pub trace: String,
}

impl Archive {
    /// The next part that was cut off, as soon as there is one.
    pub async fn cut_off(&self) -> CutOff {
        let mut next = self.core.cut_off.next.lock().await;
        loop {
            let Some(mark) = next.recv().await else {
                return std::future::pending().await;
            };
            if let Some(folder) = self.core.layout.session(&mark.account, &mark.id) {
                let core = self.core.clone();
                return CutOff { core, mark, folder };
            }
        }
    }
}

impl CutOff {
    /// The session.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.mark.id
    }

    /// Where engines tell what they disclose for it.
    #[must_use]
    pub fn witness(&self) -> Witness {
        Witness::new(SessionLog {
            ledger: self.core.ledger.clone(),
            clock: self.core.clock.clone(),
            account: self.mark.account.clone(),
            id: self.mark.id.clone(),
        })
    }

    /// What there is. `None` if it was completed before, or the session is gone.
    ///
    /// # Errors
    ///
    /// If the database or the disk fails.
    pub async fn read(&self) -> Result<Option<Left>, RecoveryError> {
        let (account, id) = (&self.mark.account, &self.mark.id);
        if sessions::find(self.core.db.of(account), id)
            .await?
            .is_none()
        {
            return Ok(None);
        }
        let (folder, part) = (self.folder.clone(), self.mark.part);
        let read = on_disk(move || {
            let mut left = Left::default();
            let mut done = false;
            entries::read_part(&folder, part, &mut |entry| {
                left.tally.count(&entry.event);
                match entry.event {
                    Event::Connected { .. } => left.from = Position::from_ms(entry.at_ms),
                    Event::HeardAfterwards { .. } => done = true,
                    Event::Disconnected { .. } | Event::EngineCall(_) => {}
                    _ => left.entries.push(entry),
                }
            })?;
            left.trace = match std::fs::read_to_string(folder.file(part, Stream::Trace)) {
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
                trace => trace?,
            };
            Ok(Some(left).filter(|_| !done))
        });
        Ok(read.await?)
    }

    /// The coach's voice from there to its end, in frames at 16 kHz; silence where nothing came. The
    /// part begins at `begin`.
    ///
    /// # Errors
    ///
    /// If the disk fails.
    pub async fn voice(&self, begin: Position, from: Position) -> io::Result<Vec<Box<[i16]>>> {
        let track = self.folder.file(self.mark.part, Stream::Coach);
        on_disk(move || {
            let first = from - begin;
            let mut samples = Vec::new();
            let track = BufReader::new(File::open(track)?);
            each_frame(track, Position::ZERO + first, |at, frame| {
                let place = at
                    .samples()
                    .saturating_sub((Position::ZERO + first).samples())
                    / 3;
                let place = usize::try_from(place).unwrap_or(usize::MAX);
                // Packets stand a little beside where their sound goes on.
                if place > samples.len() + SAMPLES {
                    samples.resize(place, 0);
                }
                samples.extend_from_slice(frame);
            })?;
            let whole = samples.len().next_multiple_of(SAMPLES);
            samples.resize(whole, 0);
            Ok(samples.chunks(SAMPLES).map(Box::from).collect())
        })
        .await
    }

    /// Adds this, and the part is complete. Nothing comes of it if the session is gone by now.
    ///
    /// # Errors
    ///
    /// If the database fails.
    pub async fn complete(self, left: Left, more: Addition) -> Result<(), RecoveryError> {
        let mut tally = left.tally;
        let before = (tally.turns(), tally.interruptions());
        let mut log = Vec::new();
        for entry in &more.entries {
            tally.count(&entry.event);
            serde_json::to_writer(&mut log, entry).map_err(io::Error::other)?;
            log.push(b'\n');
        }
        let (folder, part) = (self.folder.clone(), self.mark.part);
        on_disk(move || {
            append(&folder.file(part, Stream::Events), &log);
            append(&folder.file(part, Stream::Trace), more.trace.as_bytes());
            Ok(())
        })
        .await?;
        let counted = (tally.turns() - before.0, tally.interruptions() - before.1);
        // Not before the row says what was there without it.
        let one_at_a_time = self.core.recovering.lock().await;
        let of = self.core.db.of(&self.mark.account);
        sessions::add_turns(of, &self.mark.id, counted).await?;
        drop(one_at_a_time);
        self.leave().await;
        Ok(())
    }

    /// There is nothing to be done about it.
    pub async fn leave(self) {
        let (mark, node) = (self.mark, self.core.node.clone());
        let gone = self.core.in_folder(move |layout| {
            let gone = absent_is_fine(std::fs::remove_file(mark.path(layout, &node)));
            // Gone once it is empty.
            let _ = std::fs::remove_dir(folder(layout, &node));
            gone
        });
        if let Err(error) = gone.await {
            tracing::warn!(%error, "a session that was cut off is looked at again by the next start");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_dead_node_had_marked_becomes_anothers() {
        let root = tempfile::tempdir().unwrap();
        let layout = Layout::open(root.path()).unwrap();
        let mark = |id: &str, part| Mark {
            account: AccountId::new("me"),
            id: id.to_owned(),
            part,
        };
        let marks = [mark("sess_1", 2), mark("sess_2", 1)];
        for mark in &marks {
            mark.write(&layout, "dead").unwrap();
        }
        // The power went as it was written.
        std::fs::write(folder(&layout, "dead").join("001.sess_3"), "").unwrap();
        let mut taken = take(&layout, "dead", "one").unwrap();
        taken.sort_by(|one, other| one.id.cmp(&other.id));
        assert_eq!(taken, marks);
        assert_eq!(take(&layout, "dead", "other").unwrap(), []);
        assert_eq!(marked(&layout, "one").unwrap().len(), 2);
        assert!(marked(&layout, "other").unwrap().is_empty());
    }
}
