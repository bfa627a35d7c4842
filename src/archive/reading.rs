//! Sessions read again: their parts, what happened, what was said, how loud.

use std::io;
use std::path::PathBuf;

use media::Position;
use media::peaks::PeakBins;

use super::engine_calls::{Adder, EngineCalls};
use super::layout::{Folder, Stream};
use super::parts::length_ms;
use super::sessions::{self, SessionRow};
use super::shapes::{PartInfo, Peaks, Transcript};
use super::transcript::Transcriber;
use super::{Archive, entries, loudness};
use crate::db::{AccountId, DbError};

/// Most points of [`Archive::peaks`].
pub const MOST_POINTS: usize = 20_000;

/// Why a session cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// There is no such session of this account.
    #[error("there is no such session")]
    NotFound,
    /// There is one, but nothing of it was recorded.
    #[error("nothing of the session was recorded")]
    NotRecorded,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
    /// The disk failed.
    #[error("the recording cannot be read: {0}")]
    Disk(#[from] io::Error),
}

impl Archive {
    /// A session of this account, also one that is being deleted: its row, or what that will say
    /// while the database takes nothing.
    ///
    /// # Errors
    ///
    /// If the database fails.
    pub async fn find(&self, account: &AccountId, id: &str) -> Result<Option<SessionRow>, DbError> {
        self.core.row(account, id).await
    }

    /// The sessions of this account, latest first, with those that the database has no row of yet;
    /// see [`sessions::list`].
    ///
    /// # Errors
    ///
    /// If the database fails.
    pub async fn list(
        &self,
        account: &AccountId,
        limit: u32,
        before: Option<(i64, &str)>,
    ) -> Result<Vec<SessionRow>, DbError> {
        // First what was not written: if it is not there any more, the database has it.
        let mut unlisted = self.core.ledger.unlisted(account);
        let mut rows = sessions::list(self.core.db.of(account), limit, before).await?;
        let place = |row: &SessionRow| (row.started_at, row.id.clone());
        unlisted.retain(|new| {
            let follows = before.is_none_or(|(at, id)| (new.started_at, &*new.id) < (at, id));
            follows && rows.iter().all(|row| row.id != new.id)
        });
        rows.append(&mut unlisted);
        rows.sort_by_key(|row| std::cmp::Reverse(place(row)));
        rows.truncate(limit.min(sessions::PAGE) as usize);
        Ok(rows)
    }

    /// The parts of a session, in order. The last of a live one ends where its log does, or now, if
    /// it is not recorded any more.
    ///
    /// # Errors
    ///
    /// [`ReadError::NotFound`], or if the database or the disk fails.
    pub async fn parts(&self, account: &AccountId, id: &str) -> Result<Vec<PartInfo>, ReadError> {
        let found = self.core.look_up(account, id).await?;
        blocking(move || Ok(found.parts()?)).await
    }

    /// The event logs of all parts, or of this one, in order; together they are lines of
    /// [`Entry`](super::event::Entry). The last line may be torn while a session is live.
    ///
    /// # Errors
    ///
    /// [`ReadError::NotFound`], [`ReadError::NotRecorded`], or if the database or the disk fails.
    pub async fn event_logs(
        &self,
        account: &AccountId,
        id: &str,
        part: Option<u32>,
    ) -> Result<Vec<PathBuf>, ReadError> {
        let folder = self.core.look_up(account, id).await?.folder;
        blocking(move || {
            let mut logs = recorded(&folder, &[Stream::Events])?;
            if let Some(part) = part {
                logs.retain(|log| *log == folder.file(part, Stream::Events));
            }
            Ok::<_, ReadError>(logs)
        })
        .await
    }

    /// What was said.
    ///
    /// # Errors
    ///
    /// [`ReadError::NotFound`], [`ReadError::NotRecorded`], or if the database or the disk fails.
    pub async fn transcript(&self, account: &AccountId, id: &str) -> Result<Transcript, ReadError> {
        let found = self.core.look_up(account, id).await?;
        blocking(move || {
            some_is_recorded(&found.folder)?;
            let mut transcriber = Transcriber::default();
            entries::read_all(&found.folder, |entry| transcriber.entry(entry))?;
            Ok(transcriber.finish(&found.row.id, &found.parts()?))
        })
        .await
    }

    /// What its engines were asked for, how fast they answered and what it cost.
    ///
    /// # Errors
    ///
    /// [`ReadError::NotFound`], [`ReadError::NotRecorded`], or if the database or the disk fails.
    pub async fn engine_calls(
        &self,
        account: &AccountId,
        id: &str,
    ) -> Result<EngineCalls, ReadError> {
        let found = self.core.look_up(account, id).await?;
        blocking(move || {
            some_is_recorded(&found.folder)?;
            let mut adder = Adder::default();
            entries::read_all(&found.folder, |entry| adder.entry(entry))?;
            Ok(adder.finish(&found.row.id))
        })
        .await
    }

    /// How loud both voices are, in `points` equal stretches, at most [`MOST_POINTS`], of what lies
    /// within `window`: from where, and to where. Without bounds it is the whole session.
    ///
    /// # Errors
    ///
    /// [`ReadError::NotFound`], [`ReadError::NotRecorded`], or if the database or the disk fails.
    pub async fn peaks(
        &self,
        account: &AccountId,
        id: &str,
        points: usize,
        window: (Option<u64>, Option<u64>),
    ) -> Result<Peaks, ReadError> {
        let found = self.core.look_up(account, id).await?;
        let points = points.clamp(1, MOST_POINTS);
        blocking(move || {
            some_is_recorded(&found.folder)?;
            let parts = found.parts()?;
            let length_ms = length_ms(&parts);
            let from_ms = window.0.unwrap_or(0);
            let to_ms = window.1.unwrap_or(length_ms).max(from_ms);
            let bins = |stream| -> io::Result<Vec<u8>> {
                let within = Position::from_ms(from_ms)..Position::from_ms(to_ms);
                let mut bins = PeakBins::new(points, within);
                for part in &parts {
                    let (folder, number) = (&found.folder, part.number);
                    let peaks = match found.is_complete(number) {
                        true => loudness::mended(folder, number, stream)?,
                        false => loudness::noted(folder, number, stream)?,
                    };
                    let frames = part.frames().and_then(|count| usize::try_from(count).ok());
                    let within = frames.and_then(|count| peaks.get(..count));
                    bins.add(Position::from_ms(part.from_ms), within.unwrap_or(&peaks));
                }
                Ok(bins.finish())
            };
            Ok(Peaks {
                coach: bins(Stream::Coach)?,
                client: bins(Stream::Client)?,
                session_id: found.row.id,
                length_ms,
                from_ms,
                to_ms,
            })
        })
        .await
    }
}

/// Without its log a session still has its sound: then nothing is known to have happened in it.
fn some_is_recorded(folder: &Folder) -> Result<(), ReadError> {
    recorded(folder, &[Stream::Events, Stream::Coach, Stream::Client]).map(drop)
}

/// The files of these kinds, in the order of the parts. At least one, or nothing was recorded.
fn recorded(folder: &Folder, streams: &[Stream]) -> Result<Vec<PathBuf>, ReadError> {
    let mut files = Vec::new();
    for part in folder.parts()? {
        for &stream in streams {
            let path = folder.file(part, stream);
            if path.try_exists()? {
                files.push(path);
            }
        }
    }
    if files.is_empty() {
        return Err(ReadError::NotRecorded);
    }
    Ok(files)
}

/// Runs what reads files on a thread that may wait for them.
pub(super) async fn blocking<T: Send + 'static>(
    read: impl FnOnce() -> Result<T, ReadError> + Send + 'static,
) -> Result<T, ReadError> {
    let read = tokio::task::spawn_blocking(read).await;
    read.map_err(io::Error::other)?
}
