//! What a session that is about to go on is held by.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use media::Position;

use crate::archive::Core;
use crate::archive::ledger::{Begin, End, Hold};
use crate::archive::sessions::{EndReason, SessionRow};
use crate::archive::writer::Shared;
use crate::clock::Micros;
use crate::db::AccountId;

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

impl Drop for Opened {
    fn drop(&mut self) {
        let (Some(ended_at), Some(reason)) = (self.row.ended_at, &self.row.end_reason) else {
            return;
        };
        if self.taken_up {
            return;
        }
        let shared = Shared::new(Position::ZERO);
        shared.closed.store(true, Ordering::Release);
        let ledger = &self.core.ledger;
        ledger.begin(Begin {
            account: self.account.clone(),
            id: self.row.id.clone(),
            part: self.part,
            from: None,
            client_id: self.row.client_id.clone(),
            transport: self.row.transport.clone(),
            engines: self.row.engines.clone(),
            started_at: Micros(self.row.started_at),
            is_new: false,
            shared,
        });
        let end = End {
            ended_at: Micros(ended_at),
            reason: EndReason::named(reason),
            length_ms: u64::try_from(self.row.length_ms).unwrap_or(0),
            turns: 0,
            interruptions: 0,
        };
        ledger.end(&self.row.id, end);
    }
}
