//! Rows of sessions that have a connection, or are about to.

use super::super::ledger::{Begin, Image};
use super::{EndReason, Left, end_reason, whole};
use crate::clock::Micros;
use crate::db::{Db, DbError, Owned};

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
    let end = image.over();
    let done = sqlx::query(concat!(
        "UPDATE sessions SET
                 client_id = $5,
                 transport = $6,
                 ended_at = $7,
                 end_reason = ",
        end_reason!("$8"),
        ",
                 hung_up_at = CASE WHEN $7 IS NULL THEN hung_up_at END,
                 length_ms = COALESCE($9, length_ms),
                 turns = turns + $10,
                 interruptions = interruptions + $11
             WHERE id = $1 AND account_id = $2 AND node = $3 AND part = $4 AND ended_at IS NULL"
    ))
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

/// Brings a row from a part that has ended to the one that has followed it at this node, in one step,
/// so that nobody finds it ended in between. Where it says already that the part ended, its turns are
/// counted. Whether the row is at the next part now, maybe by an attempt of which nothing was heard.
pub(in crate::archive) async fn pass_on(
    of: Owned<'_>,
    image: &Image,
    node: &str,
) -> Result<bool, DbError> {
    let (begin, end) = (&image.begin, image.end.as_ref());
    let done = sqlx::query(
        "UPDATE sessions SET
             part = part + 1,
             ended_at = NULL,
             end_reason = NULL,
             hung_up_at = NULL,
             length_ms = COALESCE($6, length_ms),
             turns = CASE WHEN ended_at IS NULL THEN turns + $7 ELSE turns END,
             interruptions =
                 CASE WHEN ended_at IS NULL THEN interruptions + $8 ELSE interruptions END
         WHERE id = $1 AND account_id = $2 AND node = $3 AND part = $4
             AND (ended_at IS NULL OR ended_at = $5) AND deleted_at IS NULL",
    )
    .bind(&begin.id)
    .bind(of.account().as_str())
    .bind(node)
    .bind(i64::from(begin.part))
    .bind(end.map(|end| end.ended_at.0))
    .bind(end.map(|end| whole(end.length_ms)))
    .bind(end.map_or(0, |end| i64::from(end.turns)))
    .bind(end.map_or(0, |end| i64::from(end.interruptions)))
    .execute(of.pool())
    .await?;
    if done.rows_affected() == 1 {
        return Ok(true);
    }
    let passed: Option<i64> = sqlx::query_scalar(
        "SELECT part FROM sessions WHERE id = $1 AND account_id = $2 AND node = $3 AND part > $4",
    )
    .bind(&begin.id)
    .bind(of.account().as_str())
    .bind(node)
    .bind(i64::from(begin.part))
    .fetch_optional(of.pool())
    .await?;
    Ok(passed.is_some())
}

/// Opens a session that has ended for its part `part` at this node, if it still stands as it was
/// read: at the part before, ended at `ended_at`, and not hung up since. Whether it did.
pub(in crate::archive) async fn claim(
    of: Owned<'_>,
    id: &str,
    part: u32,
    ended_at: i64,
    node: &str,
) -> Result<bool, DbError> {
    let done = sqlx::query(
        "UPDATE sessions SET ended_at = NULL, end_reason = NULL, hung_up_at = NULL,
             part = $3, node = $5
         WHERE id = $1 AND account_id = $2 AND part = $3 - 1 AND ended_at = $4
             AND end_reason <> $6 AND deleted_at IS NULL",
    )
    .bind(id)
    .bind(of.account().as_str())
    .bind(i64::from(part))
    .bind(ended_at)
    .bind(node)
    .bind(EndReason::HungUp.name())
    .execute(of.pool())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Records that the coach hung up a session whose connection ended after `since`. Whether its reason
/// [gave way](EndReason::gives_way).
pub(in crate::archive) async fn hung_up(
    of: Owned<'_>,
    id: &str,
    since: i64,
) -> Result<bool, DbError> {
    let done = sqlx::query(
        "UPDATE sessions SET end_reason = $4
         WHERE id = $1 AND account_id = $2 AND ended_at > $3 AND deleted_at IS NULL
             AND end_reason IN ($5, $6, $7, $8)",
    )
    .bind(id)
    .bind(of.account().as_str())
    .bind(since)
    .bind(EndReason::HungUp.name())
    .bind(EndReason::ByClient.name())
    .bind(EndReason::Lost.name())
    .bind(EndReason::Displaced.name())
    .bind(EndReason::ServerStopped.name())
    .execute(of.pool())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Marks a session that is open: its node is to end it, and whoever ends its row takes the mark away.
/// Whether there is such a session, and it was not marked yet.
pub(in crate::archive) async fn mark_hung_up(
    of: Owned<'_>,
    id: &str,
    now: Micros,
) -> Result<bool, DbError> {
    let done = sqlx::query(
        "UPDATE sessions SET hung_up_at = $3
         WHERE id = $1 AND account_id = $2 AND ended_at IS NULL
             AND hung_up_at IS NULL AND deleted_at IS NULL",
    )
    .bind(id)
    .bind(of.account().as_str())
    .bind(now.0)
    .execute(of.pool())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The sessions of this node that were marked so.
pub(in crate::archive) async fn marked_hung_up(db: &Db, node: &str) -> Result<Vec<Left>, DbError> {
    let rows = sqlx::query_as(
        "SELECT id, account_id, node FROM sessions WHERE node = $1 AND hung_up_at IS NOT NULL",
    )
    .bind(node)
    .fetch_all(db.pool())
    .await?;
    Ok(rows)
}
