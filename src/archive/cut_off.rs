//! Parts that a killed process left in the middle: what the coach said last may be on the track and in
//! no words. Each is [marked](marks) before it is finished, until somebody with a recogniser has seen to it.
//!
//! That happens beside everything else, also while the session goes on: nothing but this is added to the
//! files of such a part.

pub(super) mod marks;
pub(super) mod waiting;

use std::fs::File;
use std::io::{self, BufReader, ErrorKind};
use std::sync::Arc;

use media::Position;
use media::record::each_frame;

use super::disclosures::SessionLog;
use super::event::{Entry, Event};
use super::layout::{Folder, Stream};
use super::recovery::{RecoveryError, append, on_disk};
use super::tally::Tally;
use super::{Core, entries, sessions};
use crate::disclosure::Witness;
use marks::Mark;

/// Samples of a frame for a recogniser, at 16 kHz.
const SAMPLES: usize = 320;

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

    /// What there is. `None` if it was completed before, if it is still to be finished, which marks it
    /// again, or if the session is gone.
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
            let (mut over, mut done) = (false, false);
            entries::read_part(&folder, part, &mut |entry| {
                left.tally.count(&entry.event);
                match entry.event {
                    Event::Connected { .. } => left.from = Position::from_ms(entry.at_ms),
                    Event::HeardAfterwards { .. } => done = true,
                    Event::Disconnected { .. } => over = true,
                    Event::EngineCall(_) => {}
                    _ => left.entries.push(entry),
                }
            })?;
            left.trace = match std::fs::read_to_string(folder.file(part, Stream::Trace)) {
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
                trace => trace?,
            };
            Ok(Some(left).filter(|_| over && !done))
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
        let gone = self
            .core
            .in_folder(move |layout| mark.remove(layout, &node));
        if let Err(error) = gone.await {
            tracing::warn!(%error, "a session that was cut off is looked at again later");
        }
    }
}
