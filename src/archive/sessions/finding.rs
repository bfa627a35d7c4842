//! Rows of sessions that a dead node left, finished by what their files say.

use super::super::recovery::Finished;
use super::parts::{self, PartRow};
use super::{EndReason, Left, whole};
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
    let part = PartRow {
        number: found.part.into(),
        transport: found.transport.clone(),
        from_ms: whole(found.from_ms),
        to_ms: Some(whole(found.length_ms)),
        end_reason: Some(found.reason.name().to_owned()),
        stopped_at_ms: found.stopped.as_ref().map(|(at, _)| whole(*at)),
        stopped_reason: found.stopped.as_ref().map(|(_, why)| why.clone()),
    };
    parts::put(of, id, &part, node).await?;
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
    let done = sqlx::query(
        "UPDATE sessions SET length_ms = COALESCE($5, length_ms), end_reason = $4,
             ended_at = started_at + COALESCE($5, length_ms) * 1000
         WHERE id = $1 AND account_id = $2 AND node = $3 AND ended_at IS NULL",
    )
    .bind(id)
    .bind(of.account().as_str())
    .bind(node)
    .bind(reason)
    .bind(length_ms)
    .execute(of.pool())
    .await?;
    Ok(done.rows_affected() == 1)
}
