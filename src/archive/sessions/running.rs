//! Rows of sessions that have a connection at this node, or are about to.

use super::super::ledger::{Begin, Image};
use super::{EndReason, whole};
use crate::db::{DbError, Owned};

/// Records that a session begins at this node. That its row is there already changes nothing.
pub(in crate::archive) async fn insert(
    of: Owned<'_>,
    new: &Begin,
    node: &str,
) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO sessions
             (id, account_id, client_id, transport, engines, started_at, part, node)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
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
pub(in crate::archive) async fn update(
    of: Owned<'_>,
    image: &Image,
    node: &str,
) -> Result<bool, DbError> {
    let end = image.end.as_ref();
    let done = sqlx::query(
        "UPDATE sessions SET
             client_id = $5,
             transport = $6,
             ended_at = $7,
             end_reason = $8,
             length_ms = COALESCE($9, length_ms),
             turns = turns + $10,
             interruptions = interruptions + $11
         WHERE id = $1 AND account_id = $2 AND node = $3 AND part = $4 AND ended_at IS NULL",
    )
    .bind(&image.begin.id)
    .bind(of.account().as_str())
    .bind(node)
    .bind(i64::from(image.begin.part))
    .bind(&image.begin.client_id)
    .bind(&image.begin.transport)
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
pub(in crate::archive) async fn claim(
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

/// Records that the coach ended a session whose connection ended after `since`. Whether it was cut
/// off until then.
pub(in crate::archive) async fn hung_up(
    of: Owned<'_>,
    id: &str,
    since: i64,
) -> Result<bool, DbError> {
    let done = sqlx::query(
        "UPDATE sessions SET end_reason = $4
         WHERE id = $1 AND account_id = $2 AND ended_at > $3 AND deleted_at IS NULL
             AND end_reason IN ($5, $6)",
    )
    .bind(id)
    .bind(of.account().as_str())
    .bind(since)
    .bind(EndReason::ByClient.name())
    .bind(EndReason::Lost.name())
    .bind(EndReason::ServerStopped.name())
    .execute(of.pool())
    .await?;
    Ok(done.rows_affected() == 1)
}
