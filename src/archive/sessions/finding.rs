//! Rows of sessions that a dead node left, finished by what their files say.

use super::super::recovery::Finished;
use super::{EndReason, Left, whole};
use crate::clock::Micros;
use crate::db::{Db, DbError, Owned};

/// The sessions that are open at other nodes than this, whosever they are.
pub(in crate::archive) async fn left(db: &Db, node: &str) -> Result<Vec<Left>, DbError> {
    let rows = sqlx::query_as(
        "SELECT id, account_id, node FROM sessions
         WHERE ended_at IS NULL AND (node IS NULL OR node <> $1)",
    )
    .bind(node)
    .fetch_all(db.pool())
    .await?;
    Ok(rows)
}

/// Makes an open session this node's, if it still is `from`'s. Whether it was.
pub(in crate::archive) async fn take_over(
    of: Owned<'_>,
    id: &str,
    from: Option<&str>,
    node: &str,
) -> Result<bool, DbError> {
    let done = sqlx::query(
        "UPDATE sessions SET node = $4
         WHERE id = $1 AND account_id = $2 AND COALESCE(node, '') = $3 AND ended_at IS NULL",
    )
    .bind(id)
    .bind(of.account().as_str())
    .bind(from.unwrap_or_default())
    .bind(node)
    .execute(of.pool())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends a session that this node took over as its files say. Whether it was open.
pub(in crate::archive) async fn finish_found(
    of: Owned<'_>,
    id: &str,
    found: &Finished,
    node: &str,
) -> Result<bool, DbError> {
    let done = sqlx::query(
        "UPDATE sessions SET client_id = COALESCE($4, client_id), ended_at = $5, end_reason = $6,
             length_ms = $7, turns = $8, interruptions = $9
         WHERE id = $1 AND account_id = $2 AND node = $3 AND ended_at IS NULL",
    )
    .bind(id)
    .bind(of.account().as_str())
    .bind(node)
    .bind(&found.client_id)
    .bind(found.ended_at.0)
    .bind(found.reason.name())
    .bind(whole(found.length_ms))
    .bind(i64::from(found.turns))
    .bind(i64::from(found.interruptions))
    .execute(of.pool())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Records a session that the database never heard of, as its files say. Whether it was unknown.
pub(in crate::archive) async fn insert_found(
    of: Owned<'_>,
    id: &str,
    started_at: Micros,
    found: &Finished,
    node: &str,
) -> Result<bool, DbError> {
    let done = sqlx::query(
        "INSERT INTO sessions
             (id, account_id, client_id, transport, engines, started_at, ended_at, end_reason,
              part, node, length_ms, turns, interruptions, recording)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 'whole')
         ON CONFLICT (id) DO NOTHING",
    )
    .bind(id)
    .bind(of.account().as_str())
    .bind(&found.client_id)
    .bind(&found.transport)
    .bind(found.engines.to_string())
    .bind(started_at.0)
    .bind(found.ended_at.0)
    .bind(found.reason.name())
    .bind(i64::from(found.part))
    .bind(node)
    .bind(whole(found.length_ms))
    .bind(i64::from(found.turns))
    .bind(i64::from(found.interruptions))
    .execute(of.pool())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends a session that this node took over and of which there is no file: where it began. Whether
/// it was open.
pub(in crate::archive) async fn close_unrecorded(
    of: Owned<'_>,
    id: &str,
    node: &str,
) -> Result<bool, DbError> {
    let done = sqlx::query(
        "UPDATE sessions SET ended_at = started_at + length_ms * 1000, end_reason = $4,
             recording = CASE WHEN recording = 'stopped' THEN recording ELSE 'none' END
         WHERE id = $1 AND account_id = $2 AND node = $3 AND ended_at IS NULL",
    )
    .bind(id)
    .bind(of.account().as_str())
    .bind(node)
    .bind(EndReason::Lost.name())
    .execute(of.pool())
    .await?;
    Ok(done.rows_affected() == 1)
}
