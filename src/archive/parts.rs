//! The parts of a session, as its row and its files know them together, and what is missing between
//! and in them.
//!
//! The database says what became of a part that has ended. Where it says nothing yet, or says
//! nothing because it was another database, the part's log does.

use std::collections::BTreeSet;
use std::io;

use super::Core;
use super::entries;
use super::event::{Entry, Event};
use super::layout::Folder;
use super::reading::ReadError;
use super::sessions::parts::{self, PartRow};
use super::sessions::{self, SessionRow};
use super::shapes::{Break, BreakKind, PartInfo};
use super::standing::Standing;
use crate::db::{AccountId, DbError};

/// A session as the database knows it, and where its files are.
#[derive(Debug)]
pub(super) struct Found {
    pub row: SessionRow,
    pub folder: Folder,
    parts: Vec<PartRow>,
    /// How far its timeline is, if it has a connection.
    live: Option<u64>,
}

impl Core {
    /// Looks up a session of this account.
    pub(super) async fn look_up(&self, account: &AccountId, id: &str) -> Result<Found, ReadError> {
        let folder = self.layout.session(account, id);
        let folder = folder.ok_or(ReadError::NotFound)?;
        let of = self.db.of(account);
        let (row, parts) = match self.ledger.unwritten(account, id) {
            Some((row, parts)) => (Some(row), parts),
            None => (
                sessions::find(of, id).await?,
                parts::of_session(of, id).await?,
            ),
        };
        let row = row.ok_or(ReadError::NotFound)?;
        let standings = self.standings(std::slice::from_ref(&row)).await;
        let since = whole((self.clock.now().0 - row.started_at) / 1000);
        Ok(Found {
            live: (standings == [Standing::Live]).then_some(since),
            row,
            folder,
            parts,
        })
    }

    /// A session's row, or what that will say; also of one that is being deleted.
    pub(super) async fn row(
        &self,
        account: &AccountId,
        id: &str,
    ) -> Result<Option<SessionRow>, DbError> {
        // First what was not written: if it is not there any more, the database has it.
        match self.ledger.unwritten(account, id) {
            Some((row, _)) => Ok(Some(row)),
            None => sessions::known(self.db.of(account), id).await,
        }
    }
}

impl Found {
    /// Its parts, in order. Reads the logs of those that go on.
    pub(super) fn parts(&self) -> io::Result<Vec<PartInfo>> {
        let mut numbers: BTreeSet<u32> = self.folder.parts()?.into_iter().collect();
        numbers.extend(self.parts.iter().map(PartRow::number));
        // One that began since the row was read is none of this.
        numbers.retain(|&number| i64::from(number) <= self.row.part);
        let mut all = Vec::new();
        for number in numbers {
            let row = self.parts.iter().find(|row| row.number() == number);
            let info = match row {
                Some(row) if row.to_ms.is_some() => Some(told(row)),
                Some(row) => Some(self.open(row, logged(&self.folder, number)?)),
                None => logged(&self.folder, number)?,
            };
            all.extend(info);
        }
        Ok(all)
    }

    /// Whether nothing is added any more to the files of a part.
    pub(super) fn is_complete(&self, number: u32) -> bool {
        i64::from(number) < self.row.part || self.row.ended_at.is_some()
    }

    /// A part of which no end is known to the database.
    fn open(&self, row: &PartRow, logged: Option<PartInfo>) -> PartInfo {
        let mut info = told(row);
        if let Some(logged) = logged {
            (info.to_ms, info.end_reason) = (info.to_ms.max(logged.to_ms), logged.end_reason);
        }
        if let Some(now) = self
            .live
            .filter(|_| row.number == self.row.part && info.end_reason.is_none())
        {
            // Nothing may happen in it for a while, or nothing of it is recorded any more.
            info.to_ms = info.to_ms.max(now);
        }
        info
    }
}

/// What a row says.
fn told(row: &PartRow) -> PartInfo {
    let from_ms = whole(row.from_ms);
    let stop = |at: i64| (whole(at), row.stopped_reason.clone());
    PartInfo {
        number: row.number(),
        from_ms,
        to_ms: row.to_ms.map_or(from_ms, whole),
        transport: row.transport.clone(),
        end_reason: row.end_reason.clone(),
        stopped: row.stopped_at_ms.map(stop),
    }
}

/// What a part's log says; `None` without one.
fn logged(folder: &Folder, number: u32) -> io::Result<Option<PartInfo>> {
    let mut info = None;
    let stop = folder.stop_of(number)?.map(|(at, why)| (at, Some(why)));
    let mut take = |entry: Entry| match (entry.event, &mut info) {
        (Event::Connected { transport, .. }, None) => {
            info = Some(PartInfo {
                number,
                from_ms: entry.at_ms,
                to_ms: entry.at_ms,
                transport,
                end_reason: None,
                stopped: stop.clone(),
            });
        }
        (event, Some(info)) => {
            info.to_ms = info.to_ms.max(entry.at_ms);
            if let Event::Disconnected { reason, to_ms } = event {
                info.to_ms = to_ms.unwrap_or(info.to_ms);
                info.end_reason = Some(reason);
            }
        }
        (_, None) => {}
    };
    entries::read_part(folder, number, &mut take)?;
    Ok(info)
}

/// How long the timeline of a session with these parts is, so far.
pub(super) fn length_ms(parts: &[PartInfo]) -> u64 {
    parts.iter().map(|part| part.to_ms).max().unwrap_or(0)
}

/// What is missing of a session: the times between its parts, and those that were not recorded.
pub(super) fn breaks(parts: &[PartInfo]) -> Vec<Break> {
    let mut breaks = Vec::new();
    let mut add = |kind, from_ms, to_ms| {
        if from_ms < to_ms {
            breaks.push(Break {
                from_ms,
                to_ms,
                kind,
            });
        }
    };
    let mut left = None;
    for part in parts {
        if let Some(left) = left {
            add(BreakKind::Away, left, part.from_ms);
        }
        if let Some((at, _)) = part.stopped {
            add(BreakKind::Unrecorded, at.max(part.from_ms), part.to_ms);
        }
        left = Some(part.to_ms);
    }
    breaks
}

fn whole(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(from_ms: u64, to_ms: u64, stopped_ms: Option<u64>) -> PartInfo {
        PartInfo {
            number: 1,
            from_ms,
            to_ms,
            transport: "websocket".to_owned(),
            end_reason: None,
            stopped: stopped_ms.map(|at| (at, None)),
        }
    }

    #[test]
    fn what_is_missing_is_told_by_its_kind() {
        use BreakKind::{Away, Unrecorded};
        let parts = [
            part(0, 5000, Some(3000)),
            // Nothing of this one was recorded, and the next came at once.
            part(8000, 9000, Some(8000)),
            part(9000, 12_000, None),
            part(12_500, 15_000, Some(15_000)),
        ];
        let expected = [
            (3000, 5000, Unrecorded),
            (5000, 8000, Away),
            (8000, 9000, Unrecorded),
            (12_000, 12_500, Away),
        ];
        assert_eq!(
            breaks(&parts),
            expected.map(|(from_ms, to_ms, kind)| Break {
                from_ms,
                to_ms,
                kind
            })
        );
        assert_eq!(breaks(&[]), []);
    }
}
