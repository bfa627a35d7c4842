//! What a session that is about to go on is held by.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use media::Position;

use super::ReopenError;
use crate::archive::Core;
use crate::archive::ledger::{Begin, End, Hold};
use crate::archive::sessions::{self, EndReason, SessionRow};
use crate::archive::writer::Shared;
use crate::clock::Micros;
use crate::db::{AccountId, DbError, Engine};

/// Holds a session for the part that is about to begin. Dropped before that, the session is as it
/// was, and can be resumed once more.
#[derive(Debug)]
pub struct Claim(pub(super) Way);

/// How a session is held.
#[derive(Debug)]
pub(super) enum Way {
    /// By its row, which is open for the part.
    Row(Box<Opened>),
    /// The database is told later. When the session began.
    Unwritten(Hold, Micros),
}

/// A row that was opened.
#[derive(Debug)]
pub(super) struct Opened {
    pub core: Arc<Core>,
    pub account: AccountId,
    /// As it was.
    pub row: SessionRow,
    pub part: u32,
    pub taken_up: bool,
}

impl Claim {
    /// When the session began.
    pub(in crate::archive) fn started_at(&self) -> Micros {
        match &self.0 {
            Way::Row(opened) => Micros(opened.row.started_at),
            Way::Unwritten(_, started_at) => *started_at,
        }
    }

    /// The part has begun.
    pub(in crate::archive) fn take_up(self) {
        match self.0 {
            Way::Row(mut opened) => opened.taken_up = true,
            // It is let go of since the part follows.
            Way::Unwritten(hold, _) => drop(hold),
        }
    }
}

impl Core {
    /// Opens the row of a session that ended at `ended_at`.
    pub(super) async fn claim(
        self: &Arc<Self>,
        account: &AccountId,
        row: SessionRow,
        ended_at: i64,
    ) -> Result<Way, ReopenError> {
        let part = row.number().saturating_add(1);
        let of = self.db.of(account);
        // The part is part of the condition, so that what was read is how it stands.
        let claimed = match self.is_behind() {
            true => Err(DbError::Behind),
            false => sessions::claim(of, &row.id, part, ended_at, &self.node).await,
        };
        let is_ours = self.db.engine() == Engine::Sqlite && row.node.as_ref() == Some(&self.node);
        match claimed {
            Err(error) if error.is_passing() && is_ours => {
                let ended = ended(account, &row, row.number());
                let hold = ended.and_then(|(begin, end)| self.ledger.adopt(begin, end));
                let hold = hold.ok_or(ReopenError::Connected)?;
                return Ok(Way::Unwritten(hold, Micros(row.started_at)));
            }
            Err(error) => return Err(error.into()),
            // Or another try has it, which could not open the row a moment ago.
            Ok(done) if !done || self.ledger.goes_on(&row.id) => {
                return Err(ReopenError::Connected);
            }
            Ok(_) => {}
        }
        // It is nothing any more that a dead node left.
        self.taken.remove(&row.id);
        Ok(Way::Row(Box::new(Opened {
            core: self.clone(),
            account: account.clone(),
            row,
            part,
            taken_up: false,
        })))
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        if let Some((begin, end)) = ended(&self.account, &self.row, self.part)
            && !self.taken_up
        {
            let ledger = &self.core.ledger;
            ledger.begin(begin);
            ledger.end(&self.row.id, end);
        }
    }
}

/// For the ledger: that a session ended as its row says, at its part `part`, of which nothing more is
/// to be written; `None` of one that has not ended.
pub(super) fn ended(account: &AccountId, row: &SessionRow, part: u32) -> Option<(Begin, End)> {
    let end = End {
        ended_at: Micros(row.ended_at?),
        reason: EndReason::named(row.end_reason.as_deref()?),
        length_ms: u64::try_from(row.length_ms).unwrap_or(0),
        turns: 0,
        interruptions: 0,
    };
    let shared = Shared::new(Position::ZERO);
    shared.closed.store(true, Ordering::Release);
    let begin = Begin {
        account: account.clone(),
        id: row.id.clone(),
        part,
        from: None,
        client_id: row.client_id.clone(),
        transport: row.transport.clone(),
        engines: row.engines.clone(),
        started_at: Micros(row.started_at),
        is_new: false,
        shared,
    };
    Some((begin, end))
}
