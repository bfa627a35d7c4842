//! Rows of sessions that a dead node left, finished by what their files say.

use super::super::recovery::Finished;
use super::parts;
use super::{EndReason, Left, end_reason};
use crate::db::{Db, DbError, Owned};

/// The ids of all sessions of the account, however they stand.
pub(in crate::archive) async fn ids(of: Owned<'_>) -> Result<Vec<String>, DbError> {
    let ids = sqlx::query_scalar("SELECT id FROM sessions WHERE account_id = $1")
        .bind(of.account().as_str())
        .fetch_all(of.pool())
        .await?;
    Ok(ids)
}

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

/// Opens a session that has ended at `ended_at` with its part `part`, by its row, and that `from` went
/// on with, by its files: it is this node's then. Whether it still stood so.
pub(in crate::archive) async fn take_over_ended(
    of: Owned<'_>,
    id: &str,
    (part, ended_at): (i64, Option<i64>),
    from: Option<&str>,
    node: &str,
) -> Result<bool, DbError> {
    let done = sqlx::query(
        "UPDATE sessions SET node = $6, ended_at = NULL, end_reason = NULL, hung_up_at = NULL
         WHERE id = $1 AND account_id = $2 AND part = $3 AND ended_at = $4
             AND COALESCE(node, '') = $5 AND deleted_at IS NULL",
    )
    .bind(id)
    .bind(of.account().as_str())
    .bind(part)
    .bind(ended_at)
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
    // Its node may have gone on with it without a word to the database.
    let last = found.row();
    for part in found.before.iter().chain([&last]) {
        parts::put(of, id, part, node).await?;
    }
    // Or the database was told how it ended before the files were complete.
    let known = parts::of_session(of, id).await?;
    let known = known.into_iter().find(|part| part.number == last.number);
    let last = known.unwrap_or(last);
    let done = sqlx::query(concat!(
        "UPDATE sessions SET client_id = COALESCE($4, client_id), ended_at = $5,
                 end_reason = ",
        end_reason!("$6"),
        ", hung_up_at = NULL,
                 length_ms = $7, turns = $8, interruptions = $9, part = $10, transport = $11
             WHERE id = $1 AND account_id = $2 AND node = $3 AND ended_at IS NULL"
    ))
    .bind(id)
    .bind(of.account().as_str())
    .bind(node)
    .bind(&found.client_id)
    .bind(found.ended_at.0)
    .bind(last.end_reason)
    .bind(last.to_ms)
    .bind(i64::from(found.turns))
    .bind(i64::from(found.interruptions))
    .bind(i64::from(found.part))
    .bind(&found.transport)
    .execute(of.pool())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Counts turns and interruptions that were not known when the part of them ended.
pub(in crate::archive) async fn add_turns(
    of: Owned<'_>,
    id: &str,
    (turns, interruptions): (u32, u32),
) -> Result<(), DbError> {
    sqlx::query(
        "UPDATE sessions SET turns = turns + $3, interruptions = interruptions + $4
         WHERE id = $1 AND account_id = $2",
    )
    .bind(id)
    .bind(of.account().as_str())
    .bind(i64::from(turns))
    .bind(i64::from(interruptions))
    .execute(of.pool())
    .await?;
    Ok(())
}

/// Ends a session that this node took over and of whose last part there is no file: where that
/// began. Whether it was open.
pub(in crate::archive) async fn close_unrecorded(
    of: Owned<'_>,
    id: &str,
    node: &str,
) -> Result<bool, DbError> {
    let reason = EndReason::Lost.name();
    parts::close_unrecorded(of, id, reason, node).await?;
    let known = parts::of_session(of, id).await?;
    let length_ms = known.iter().filter_map(|part| part.to_ms).max();
    let done = sqlx::query(concat!(
        "UPDATE sessions SET length_ms = COALESCE($5, length_ms),
                 end_reason = ",
        end_reason!("$4"),
        ", hung_up_at = NULL,
                 ended_at = started_at + COALESCE($5, length_ms) * 1000
             WHERE id = $1 AND account_id = $2 AND node = $3 AND ended_at IS NULL"
    ))
    .bind(id)
    .bind(of.account().as_str())
    .bind(node)
    .bind(reason)
    .bind(length_ms)
    .execute(of.pool())
    .await?;
    Ok(done.rows_affected() == 1)
}
