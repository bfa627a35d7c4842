//! The record of live sessions: one row each, written when it begins and completed when it ends.

use serde_json::Value;
use sqlx::FromRow;

use super::ledger::{Begin, Image};
use crate::clock::Micros;
use crate::db::{Db, DbError, Owned};

/// Most sessions that one page of the list holds.
pub const PAGE: u32 = 100;

/// A session that begins.
#[derive(Clone, Debug)]
pub struct NewSession<'a> {
    /// `sess_…`
    pub id: &'a str,
    /// With which AI client; `None` if the caller brought instructions of their own.
    pub client_id: Option<&'a str>,
    /// What carries it.
    pub transport: &'a str,
    /// Which engines serve it.
    pub engines: &'a Value,
    /// When it begins.
    pub started_at: Micros,
}

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// The coach left, or hung up.
    ByClient,
    /// The connection broke, or nobody read from it.
    Lost,
    /// It reached the longest length allowed.
    Expired,
    /// The server was stopped.
    ServerStopped,
    /// Something failed on the server.
    Failed,
}

impl EndReason {
    /// As the database keeps it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ByClient => "by_client",
            Self::Lost => "lost",
            Self::Expired => "expired",
            Self::ServerStopped => "server_stopped",
            Self::Failed => "failed",
        }
    }

    /// The reason with this [name](Self::name); what is unknown was a failure.
    pub(super) fn named(name: &str) -> Self {
        let all = [
            Self::ByClient,
            Self::Lost,
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
    /// `none`, `whole` or `stopped`.
    pub recording: String,
    /// Where the recording stopped.
    pub stopped_at_ms: Option<i64>,
    /// Why, by [`Refusal::name`](super::trouble::Refusal::name).
    pub stopped_reason: Option<String>,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, client_id, transport, engines, started_at, ended_at, end_reason, part, \
             node, length_ms, turns, interruptions, recording, stopped_at_ms, stopped_reason \
             FROM sessions ",
            $rest
        )
    };
}

/// Records that a session begins.
///
/// # Errors
///
/// If the database fails, or knows the id already.
pub async fn start(of: Owned<'_>, session: &NewSession<'_>) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO sessions (id, account_id, client_id, transport, engines, started_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(session.id)
    .bind(of.account().as_str())
    .bind(session.client_id)
    .bind(session.transport)
    .bind(session.engines.to_string())
    .bind(session.started_at.0)
    .execute(of.pool())
    .await?;
    Ok(())
}

/// Records which AI client a session was held with, if that was settled after it began.
///
/// # Errors
///
/// If the database fails.
pub async fn name_client(of: Owned<'_>, id: &str, client_id: &str) -> Result<(), DbError> {
    sqlx::query("UPDATE sessions SET client_id = $3 WHERE id = $1 AND account_id = $2")
        .bind(id)
        .bind(of.account().as_str())
        .bind(client_id)
        .execute(of.pool())
        .await?;
    Ok(())
}

/// Records that a session ended. The first end counts; returns whether this was it.
///
/// # Errors
///
/// If the database fails.
pub async fn finish(
    of: Owned<'_>,
    id: &str,
    ended_at: Micros,
    reason: EndReason,
) -> Result<bool, DbError> {
    let done = sqlx::query(
        "UPDATE sessions SET ended_at = $3, end_reason = $4
         WHERE id = $1 AND account_id = $2 AND ended_at IS NULL",
    )
    .bind(id)
    .bind(of.account().as_str())
    .bind(ended_at.0)
    .bind(reason.name())
    .execute(of.pool())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Records that every session still open was lost, whosever it is: what a killed server left
/// behind. Only for a server that has the database to itself. Returns how many there were.
///
/// # Errors
///
/// If the database fails.
pub async fn close_left(db: &Db, now: Micros) -> Result<u64, DbError> {
    let done =
        sqlx::query("UPDATE sessions SET ended_at = $1, end_reason = $2 WHERE ended_at IS NULL")
            .bind(now.0)
            .bind(EndReason::Lost.name())
            .execute(db.pool())
            .await?;
    Ok(done.rows_affected())
}

/// Records that a session begins at this node. That its row is there already changes nothing.
pub(super) async fn insert(of: Owned<'_>, new: &Begin, node: &str) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO sessions
             (id, account_id, client_id, transport, engines, started_at, part, node, recording)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'whole')
         ON CONFLICT (id) DO NOTHING",
    )
    .bind(&new.id)
    .bind(of.account().as_str())
    .bind(&new.client_id)
    .bind(&new.transport)
    .bind(&new.engines)
    .bind(new.started_at.0)
    .bind(i64::from(new.part))
    .bind(node)
    .execute(of.pool())
    .await?;
    Ok(())
}

/// Brings a row up to date. Only the part that is open at this node is changed, and its end counts
/// once. Whether it was.
pub(super) async fn update(of: Owned<'_>, image: &Image, node: &str) -> Result<bool, DbError> {
    let end = image.end.as_ref();
    let stopped = image.stopped.as_ref();
    let done = sqlx::query(
        "UPDATE sessions SET
             client_id = $5,
             transport = $6,
             recording = CASE WHEN $7 IS NULL THEN recording ELSE 'stopped' END,
             stopped_at_ms = COALESCE(stopped_at_ms, $8),
             stopped_reason = COALESCE(stopped_reason, $7),
             ended_at = $9,
             end_reason = $10,
             length_ms = COALESCE($11, length_ms),
             turns = turns + $12,
             interruptions = interruptions + $13
         WHERE id = $1 AND account_id = $2 AND node = $3 AND part = $4 AND ended_at IS NULL",
    )
    .bind(&image.begin.id)
    .bind(of.account().as_str())
    .bind(node)
    .bind(i64::from(image.begin.part))
    .bind(&image.begin.client_id)
    .bind(&image.begin.transport)
    .bind(stopped.map(|(_, reason)| *reason))
    .bind(stopped.map(|(at, _)| whole(*at)))
    .bind(end.map(|end| end.ended_at.0))
    .bind(end.map(|end| end.reason.name()))
    .bind(end.map(|end| whole(end.length_ms)))
    .bind(end.map_or(0, |end| i64::from(end.turns)))
    .bind(end.map_or(0, |end| i64::from(end.interruptions)))
    .execute(of.pool())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Opens a session that has ended for its part `part` at this node, if it still stands as it was
/// read: at the part before, ended at `ended_at`. Whether it did.
pub(super) async fn claim(
    of: Owned<'_>,
    id: &str,
    part: u32,
    ended_at: i64,
    node: &str,
) -> Result<bool, DbError> {
    let done = sqlx::query(
        "UPDATE sessions SET ended_at = NULL, end_reason = NULL, part = $3, node = $5
         WHERE id = $1 AND account_id = $2 AND part = $3 - 1 AND ended_at = $4
             AND deleted_at IS NULL",
    )
    .bind(id)
    .bind(of.account().as_str())
    .bind(i64::from(part))
    .bind(ended_at)
    .bind(node)
    .execute(of.pool())
    .await?;
    Ok(done.rows_affected() == 1)
}

fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// One session of the account.
///
/// # Errors
///
/// If the database fails.
pub async fn find(of: Owned<'_>, id: &str) -> Result<Option<SessionRow>, DbError> {
    let row = sqlx::query_as(select!(
        "WHERE id = $1 AND account_id = $2 AND deleted_at IS NULL"
    ))
    .bind(id)
    .bind(of.account().as_str())
    .fetch_optional(of.pool())
    .await?;
    Ok(row)
}

/// The account's sessions, latest first, at most `limit` of them and never more than [`PAGE`],
/// from after the one that began at `before.0` and is named `before.1`.
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
        "WHERE account_id = $1 AND deleted_at IS NULL
             AND (started_at < $2 OR (started_at = $2 AND id < $3))
         ORDER BY started_at DESC, id DESC
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
