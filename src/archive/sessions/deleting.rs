//! Rows of sessions that are being deleted.

use super::Left;
use crate::clock::Micros;
use crate::db::{Db, DbError, Owned};

/// Marks a session that has ended as being deleted; from then on it is not to be seen. Whether
/// there was one.
pub(in crate::archive) async fn mark_deleted(
    of: Owned<'_>,
    id: &str,
    now: Micros,
) -> Result<bool, DbError> {
    let done = sqlx::query(
        "UPDATE sessions SET deleted_at = COALESCE(deleted_at, $3)
         WHERE id = $1 AND account_id = $2 AND ended_at IS NOT NULL",
    )
    .bind(id)
    .bind(of.account().as_str())
    .bind(now.0)
    .execute(of.pool())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The sessions that are being deleted, whosever they are.
pub(in crate::archive) async fn being_deleted(db: &Db) -> Result<Vec<Left>, DbError> {
    let rows =
        sqlx::query_as("SELECT id, account_id, node FROM sessions WHERE deleted_at IS NOT NULL")
            .fetch_all(db.pool())
            .await?;
    Ok(rows)
}

/// Removes the row of a session that is being deleted.
pub(in crate::archive) async fn remove(of: Owned<'_>, id: &str) -> Result<(), DbError> {
    sqlx::query(
        "DELETE FROM sessions WHERE id = $1 AND account_id = $2 AND deleted_at IS NOT NULL",
    )
    .bind(id)
    .bind(of.account().as_str())
    .execute(of.pool())
    .await?;
    Ok(())
}
