//! The record of live sessions: one row each, written when it begins and completed when it ends.

use serde_json::Value;
use sqlx::FromRow;

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
}

/// A session on record.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct SessionRow {
    /// `sess_…`
    pub id: String,
    /// With which AI client.
    pub client_id: Option<String>,
    /// What carried it.
    pub transport: String,
    /// Which engines served it, as JSON.
    pub engines: String,
    /// When it began, in microseconds since 1970.
    pub started_at: i64,
    /// When it ended; `None` while it goes on.
    pub ended_at: Option<i64>,
    /// Why it ended, by [`EndReason::name`].
    pub end_reason: Option<String>,
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

/// One session of the account.
///
/// # Errors
///
/// If the database fails.
pub async fn find(of: Owned<'_>, id: &str) -> Result<Option<SessionRow>, DbError> {
    let row = sqlx::query_as(
        "SELECT id, client_id, transport, engines, started_at, ended_at, end_reason
         FROM sessions WHERE id = $1 AND account_id = $2",
    )
    .bind(id)
    .bind(of.account().as_str())
    .fetch_optional(of.pool())
    .await?;
    Ok(row)
}

/// The account's sessions, latest first, at most [`PAGE`]. `after` is the last row of the page
/// before.
///
/// # Errors
///
/// If the database fails.
pub async fn list(of: Owned<'_>, after: Option<&SessionRow>) -> Result<Vec<SessionRow>, DbError> {
    let (started_at, id) = after.map_or((i64::MAX, ""), |row| (row.started_at, row.id.as_str()));
    let rows = sqlx::query_as(
        "SELECT id, client_id, transport, engines, started_at, ended_at, end_reason
         FROM sessions
         WHERE account_id = $1 AND (started_at < $2 OR (started_at = $2 AND id < $3))
         ORDER BY started_at DESC, id DESC
         LIMIT $4",
    )
    .bind(of.account().as_str())
    .bind(started_at)
    .bind(id)
    .bind(i64::from(PAGE))
    .fetch_all(of.pool())
    .await?;
    Ok(rows)
}
