//! Sessions read again: their parts, what happened, what was said, how loud.

use std::io;
use std::path::PathBuf;

use media::Position;
use media::peaks::PeakBins;

use super::event::{Entry, Event};
use super::layout::{Folder, Stream};
use super::sessions::{self, SessionRow};
use super::shapes::{PartInfo, Peaks, Transcript};
use super::transcript::Transcriber;
use super::{Archive, Core, entries};
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
    /// The parts of a session, in order. The last of a live one ends where its log does.
    ///
    /// # Errors
    ///
    /// [`ReadError::NotFound`], or if the database or the disk fails.
    pub async fn parts(&self, account: &AccountId, id: &str) -> Result<Vec<PartInfo>, ReadError> {
        let (_, folder) = self.core.look_up(account, id).await?;
        blocking(move || Ok(parts(&folder)?)).await
    }

    /// The event logs of all parts, or of this one, in order; together they are lines of
    /// [`Entry`]. The last line may be torn while a session is live.
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
        let (_, folder) = self.core.look_up(account, id).await?;
        blocking(move || {
            let mut logs = recorded(&folder, Stream::Events)?;
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
        let (row, folder) = self.core.look_up(account, id).await?;
        blocking(move || {
            recorded(&folder, Stream::Events)?;
            let mut transcriber = Transcriber::default();
            entries::read_all(&folder, |entry| transcriber.entry(entry))?;
            Ok(transcriber.finish(&row.id, whole(row.length_ms)))
        })
        .await
    }

    /// How loud both voices are, in `points` equal stretches of the session, at most
    /// [`MOST_POINTS`].
    ///
    /// # Errors
    ///
    /// [`ReadError::NotFound`], [`ReadError::NotRecorded`], or if the database or the disk fails.
    pub async fn peaks(
        &self,
        account: &AccountId,
        id: &str,
        points: usize,
    ) -> Result<Peaks, ReadError> {
        let (row, folder) = self.core.look_up(account, id).await?;
        let points = points.clamp(1, MOST_POINTS);
        blocking(move || {
            recorded(&folder, Stream::Events)?;
            let parts = parts(&folder)?;
            let known = parts.iter().map(|part| part.to_ms).max().unwrap_or(0);
            let length_ms = whole(row.length_ms).max(known);
            let bins = |stream| -> io::Result<Vec<u8>> {
                let mut bins = PeakBins::new(points, Position::from_ms(length_ms));
                for part in &parts {
                    let path = folder.file(part.number, stream);
                    let peaks = read_if_there(&path)?;
                    bins.add(Position::from_ms(part.from_ms), &peaks);
                }
                Ok(bins.finish())
            };
            Ok(Peaks {
                session_id: row.id,
                length_ms,
                coach: bins(Stream::CoachPeaks)?,
                client: bins(Stream::ClientPeaks)?,
            })
        })
        .await
    }
}

impl Core {
    /// The row and the folder of a session of this account.
    pub(super) async fn look_up(
        &self,
        account: &AccountId,
        id: &str,
    ) -> Result<(SessionRow, Folder), ReadError> {
        let folder = self.layout.session(account, id);
        let folder = folder.ok_or(ReadError::NotFound)?;
        let row = sessions::find(self.db.of(account), id).await?;
        Ok((row.ok_or(ReadError::NotFound)?, folder))
    }
}

/// The parts of which there is a log.
pub(super) fn parts(folder: &Folder) -> io::Result<Vec<PartInfo>> {
    let mut parts: Vec<PartInfo> = Vec::new();
    for number in folder.parts()? {
        let mut info = None;
        let mut take = |entry: Entry| match (entry.event, &mut info) {
            (Event::Connected { transport, .. }, None) => {
                info = Some(PartInfo {
                    number,
                    from_ms: entry.at_ms,
                    to_ms: entry.at_ms,
                    transport,
                    end_reason: None,
                });
            }
            (event, Some(info)) => {
                info.to_ms = info.to_ms.max(entry.at_ms);
                if let Event::Disconnected { reason } = event {
                    info.end_reason = Some(reason);
                }
            }
            (_, None) => {}
        };
        entries::read_part(folder, number, &mut take)?;
        parts.extend(info);
    }
    Ok(parts)
}

/// The files of one kind, in the order of the parts. At least one, or nothing was recorded.
pub(super) fn recorded(folder: &Folder, stream: Stream) -> Result<Vec<PathBuf>, ReadError> {
    let parts = folder.parts()?.into_iter();
    let files: Vec<PathBuf> = parts
        .map(|part| folder.file(part, stream))
        .filter(|path| path.exists())
        .collect();
    if files.is_empty() {
        return Err(ReadError::NotRecorded);
    }
    Ok(files)
}

fn read_if_there(path: &std::path::Path) -> io::Result<Vec<u8>> {
    match std::fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        read => read,
    }
}

/// Runs what reads files on a thread that may wait for them.
pub(super) async fn blocking<T: Send + 'static>(
    read: impl FnOnce() -> Result<T, ReadError> + Send + 'static,
) -> Result<T, ReadError> {
    let read = tokio::task::spawn_blocking(read).await;
    read.map_err(io::Error::other)?
}

fn whole(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}
