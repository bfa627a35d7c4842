//! The record of sessions: one row each, written when it begins and completed when it ends.

mod deleting;
mod finding;
pub(super) mod parts;
mod running;

use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use utoipa::ToSchema;

use crate::db::{DbError, Owned};

pub(super) use deleting::{being_deleted, mark_deleted, remove};
pub(super) use finding::{
    add_turns, close_unrecorded, finish_found, ids, left, take_over, take_over_ended,
};
pub(super) use running::{claim, hung_up, insert, mark_hung_up, marked_hung_up, pass_on, update};

/// Most sessions that one page of the list holds.
pub const PAGE: u32 = 100;

/// Why a session, or a part of it, ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// The coach's side closed the connection.
    ByClient,
    /// The coach hung up: nobody goes on with it.
    HungUp,
    /// The connection broke, nobody read from it, or the server was killed.
    Lost,
    /// Another connection went on with the session while this one was still there.
    Displaced,
    /// It reached the longest length allowed.
    Expired,
    /// The server was stopped.
    ServerStopped,
    /// Something failed on the server.
    Failed,
}

impl EndReason {
    /// Whether nobody wanted it to end then.
    #[must_use]
    pub const fn cuts_off(self) -> bool {
        matches!(
            self,
            Self::Lost | Self::Displaced | Self::ServerStopped | Self::Failed
        )
    }

    /// Whether it is over for good, however lately it ended.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Expired | Self::HungUp)
    }

    /// Whether a hang-up that comes later says more: that the coach wants it to be over.
    #[must_use]
    pub const fn gives_way(self) -> bool {
        matches!(
            self,
            Self::ByClient | Self::Lost | Self::Displaced | Self::ServerStopped
        )
    }

    /// As the database keeps it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ByClient => "by_client",
            Self::HungUp => "hung_up",
            Self::Lost => "lost",
            Self::Displaced => "displaced",
            Self::Expired => "expired",
            Self::ServerStopped => "server_stopped",
            Self::Failed => "failed",
        }
    }

    /// The reason with this [name](Self::name); what is unknown was a failure.
    pub(super) fn named(name: &str) -> Self {
        let all = [
            Self::ByClient,
            Self::HungUp,
            Self::Lost,
            Self::Displaced,
            Self::Expired,
            Self::ServerStopped,
        ];
        let known = all.into_iter().find(|reason| reason.name() == name);
        known.unwrap_or(Self::Failed)
    }
}

/// A session on record.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct SessionRow {
    /// `sess_…`
    pub id: String,
    /// With which AI client.
    pub client_id: Option<String>,
    /// What carried it last.
    pub transport: String,
    /// Which engines served it, as JSON.
    pub engines: String,
    /// When it began, in microseconds since 1970.
    pub started_at: i64,
    /// When its last connection ended; `None` while there is one.
    pub ended_at: Option<i64>,
    /// Why it ended, by [`EndReason::name`].
    pub end_reason: Option<String>,
    /// Its last part.
    pub part: i64,
    /// The node that it is or was at.
    pub node: Option<String>,
    /// Where its last part ended on its timeline.
    pub length_ms: i64,
    /// The coach's turns.
    pub turns: i64,
    /// How often the coach interrupted.
    pub interruptions: i64,
    /// `whole`, `stopped`, `interrupted` (it stopped, and a later part was recorded) or `none`.
    pub recording: String,
    /// Where the recording stopped first.
    pub stopped_at_ms: Option<i64>,
    /// Why, by [`Refusal::name`](super::trouble::Refusal::name).
    pub stopped_reason: Option<String>,
    /// When its deletion began; `None` of all that are not being deleted.
    pub deleted_at: Option<i64>,
}

impl SessionRow {
    /// Why it ended, if it has.
    pub(super) fn reason(&self) -> Option<EndReason> {
        self.end_reason.as_deref().map(EndReason::named)
    }

    /// Its last part, from 1.
    pub(super) fn number(&self) -> u32 {
        u32::try_from(self.part).unwrap_or(u32::MAX)
    }
}

/// What is on record follows from the parts: one is recorded unless it stopped where it begins.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT s.id, s.client_id, s.transport, s.engines, s.started_at, s.ended_at,
                 s.end_reason, s.part, s.node, s.length_ms, s.turns, s.interruptions, s.deleted_at,
                 CASE
                     WHEN NOT EXISTS (
                         SELECT 1 FROM session_parts p WHERE p.session_id = s.id
                             AND (p.stopped_at_ms IS NULL OR p.stopped_at_ms > p.from_ms)
                     ) THEN 'none'
                     WHEN NOT EXISTS (
                         SELECT 1 FROM session_parts p WHERE p.session_id = s.id
                             AND p.stopped_at_ms IS NOT NULL
                     ) THEN 'whole'
                     WHEN EXISTS (
                         SELECT 1 FROM session_parts p
                             JOIN session_parts b ON b.session_id = s.id AND b.number < p.number
                         WHERE p.session_id = s.id AND b.stopped_at_ms IS NOT NULL
                             AND (p.stopped_at_ms IS NULL OR p.stopped_at_ms > p.from_ms)
                     ) THEN 'interrupted'
                     ELSE 'stopped'
                 END AS recording,
                 (SELECT p.stopped_at_ms FROM session_parts p
                  WHERE p.session_id = s.id AND p.stopped_at_ms IS NOT NULL
                  ORDER BY p.number LIMIT 1) AS stopped_at_ms,
                 (SELECT p.stopped_reason FROM session_parts p
                  WHERE p.session_id = s.id AND p.stopped_at_ms IS NOT NULL
                  ORDER BY p.number LIMIT 1) AS stopped_reason
             FROM sessions s ",
            $rest
        )
    };
}

/// Why a session ends, as its row is to say it, where `$given` is what its node or its files say: it
/// [gives way](EndReason::gives_way) to a hang-up that came meanwhile.
macro_rules! end_reason {
    ($given:literal) => {
        concat!(
            "CASE WHEN hung_up_at IS NOT NULL AND ",
            $given,
            " IN ('by_client', 'lost', 'displaced', 'server_stopped') THEN 'hung_up' ELSE ",
            $given,
            " END"
        )
    };
}
use end_reason;

/// A session that is not finished, or not deleted, yet: whose it is, and which node's.
#[derive(Debug, FromRow)]
pub(super) struct Left {
    pub id: String,
    pub account_id: String,
    pub node: Option<String>,
}

/// One session of the account that is not being deleted.
///
/// # Errors
///
/// If the database fails.
pub async fn find(of: Owned<'_>, id: &str) -> Result<Option<SessionRow>, DbError> {
    let row = sqlx::query_as(select!(
        "WHERE s.id = $1 AND s.account_id = $2 AND s.deleted_at IS NULL"
    ))
    .bind(id)
    .bind(of.account().as_str())
    .fetch_optional(of.pool())
    .await?;
    Ok(row)
}

/// One session of the account, also if it is being deleted.
///
/// # Errors
///
/// If the database fails.
pub(super) async fn known(of: Owned<'_>, id: &str) -> Result<Option<SessionRow>, DbError> {
    let row = sqlx::query_as(select!("WHERE s.id = $1 AND s.account_id = $2"))
        .bind(id)
        .bind(of.account().as_str())
        .fetch_optional(of.pool())
        .await?;
    Ok(row)
}

/// The account's sessions, also those that are being deleted, latest first, at most `limit` of them
/// and never more than [`PAGE`], from after the one that began at `before.0` and is named `before.1`.
///
/// # Errors
///
/// If the database fails.
pub async fn list(
    of: Owned<'_>,
    limit: u32,
    before: Option<(i64, &str)>,
) -> Result<Vec<SessionRow>, DbError> {
    let (started_at, id) = before.unwrap_or((i64::MAX, ""));
    let rows = sqlx::query_as(select!(
        "WHERE s.account_id = $1
             AND (s.started_at < $2 OR (s.started_at = $2 AND s.id < $3))
         ORDER BY s.started_at DESC, s.id DESC
         LIMIT $4"
    ))
    .bind(of.account().as_str())
    .bind(started_at)
    .bind(id)
    .bind(i64::from(limit.min(PAGE)))
    .fetch_all(of.pool())
    .await?;
    Ok(rows)
}

pub(super) fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
