//! Sessions read again: the list, one of them, what happened in it, what was said, how loud.

use std::io;
use std::path::PathBuf;
use std::str::FromStr;

use media::Position;
use media::peaks::PeakBins;

use super::event::Event;
use super::layout::{Folder, Stream};
use super::sessions::{self, EndReason, SessionRow};
use super::shapes::{
    PartInfo, Peaks, Recording, RecordingState, Session, SessionList, Status, Transcript,
};
use super::transcript::Transcriber;
use super::{Archive, Core, entries, reopen};
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

/// Where a page of the list begins: after a session. Opaque to whoever is given one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    started_at: i64,
    id: String,
}

impl FromStr for Cursor {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WRONG: &str = "is not a place in the list of sessions";
        let (started_at, id) = text.split_once('.').ok_or(WRONG)?;
        let started_at = started_at.parse().map_err(|_| WRONG)?;
        let id = super::layout::is_plain(id)
            .then(|| id.to_owned())
            .ok_or(WRONG)?;
        Ok(Self { started_at, id })
    }
}

impl Archive {
    /// The account's sessions, latest first, at most `limit` and never more than
    /// [`sessions::PAGE`].
    ///
    /// # Errors
    ///
    /// If the database fails.
    pub async fn list(
        &self,
        account: &AccountId,
        limit: u32,
        before: Option<&Cursor>,
    ) -> Result<SessionList, DbError> {
        let limit = limit.clamp(1, sessions::PAGE);
        let before = before.map(|cursor| (cursor.started_at, cursor.id.as_str()));
        let rows = sessions::list(self.core.db.of(account), limit, before).await?;
        let is_last = rows.len() < limit as usize;
        let next = rows.last().filter(|_| !is_last);
        let next = next.map(|row| format!("{}.{}", row.started_at, row.id));
        let sessions = rows.into_iter().map(|row| self.core.shown(row)).collect();
        Ok(SessionList { sessions, next })
    }

    /// One session, with its parts.
    ///
    /// # Errors
    ///
    /// [`ReadError::NotFound`], or if the database or the disk fails.
    pub async fn find(&self, account: &AccountId, id: &str) -> Result<Session, ReadError> {
        let (row, folder) = self.core.look_up(account, id).await?;
        let parts = blocking(move || Ok(parts(&folder)?)).await?;
        let mut session = self.core.shown(row);
        // The row learns how long a session is when a part ends.
        let known = parts.iter().map(|part| part.to_ms).max().unwrap_or(0);
        session.length_ms = session.length_ms.max(known);
        session.parts = Some(parts);
        Ok(session)
    }

    /// The event logs of all parts, in order; together they are lines of
    /// [`Entry`](super::event::Entry). The last line may be torn while a session is live.
    ///
    /// # Errors
    ///
    /// [`ReadError::NotFound`], [`ReadError::NotRecorded`], or if the database or the disk fails.
    pub async fn event_logs(
        &self,
        account: &AccountId,
        id: &str,
    ) -> Result<Vec<PathBuf>, ReadError> {
        let (_, folder) = self.core.look_up(account, id).await?;
        blocking(move || recorded(&folder, Stream::Events)).await
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

    /// A row as it is shown.
    fn shown(&self, row: SessionRow) -> Session {
        let resumable = reopen::is_resumable(&row, self.clock.now(), self.resume_within);
        let until = |ended_at: i64| ended_at / 1000 + self.resume_within.as_millis() as i64;
        let wanted = [EndReason::ByClient.name(), EndReason::Expired.name()];
        let cut_off = |reason: &str| !wanted.contains(&reason);
        Session {
            cut_off: row.end_reason.as_deref().is_some_and(cut_off),
            resumable_until_ms: row.ended_at.filter(|_| resumable).map(until),
            status: row.ended_at.map_or(Status::Live, |_| Status::Ended),
            engines: serde_json::from_str(&row.engines).unwrap_or_default(),
            started_at_ms: row.started_at / 1000,
            ended_at_ms: row.ended_at.map(|at| at / 1000),
            length_ms: whole(row.length_ms),
            turns: whole(row.turns),
            interruptions: whole(row.interruptions),
            recording: Recording {
                state: match row.recording.as_str() {
                    "whole" => RecordingState::Whole,
                    "stopped" => RecordingState::Stopped,
                    _ => RecordingState::None,
                },
                stopped_at_ms: row.stopped_at_ms.map(whole),
                reason: row.stopped_reason,
            },
            id: row.id,
            client_id: row.client_id,
            client_name: None,
            transport: row.transport,
            end_reason: row.end_reason,
            parts: None,
        }
    }
}

/// The parts of which there is a log.
pub(super) fn parts(folder: &Folder) -> io::Result<Vec<PartInfo>> {
    let mut parts: Vec<PartInfo> = Vec::new();
    for number in folder.parts()? {
        let mut info = None;
        entries::read_part(folder, number, |entry| match (entry.event, &mut info) {
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
        })?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_what_a_list_gave() {
        let cursor: Cursor = "1795262400000000.sess_1".parse().unwrap();
        assert_eq!(
            (cursor.started_at, cursor.id.as_str()),
            (1_795_262_400_000_000, "sess_1")
        );
        for wrong in ["", "1", "x.sess_1", "1.", "1.../x", "1.sess 1"] {
            assert!(wrong.parse::<Cursor>().is_err(), "{wrong}");
        }
    }
}
