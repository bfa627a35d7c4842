//! Rows of the parts of sessions: what became of each connection, whatever its files say.

use sqlx::FromRow;

use super::super::ledger::Image;
use super::whole;
use crate::db::{DbError, Owned};

/// What the database knows of one part.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub(in crate::archive) struct PartRow {
    pub number: i64,
    /// What carried it.
    pub transport: String,
    /// Where it begins on the session's timeline.
    pub from_ms: i64,
    /// Where it ended; `None` while it goes on.
    pub to_ms: Option<i64>,
    /// Why it ended, by [`EndReason::name`](super::EndReason::name).
    pub end_reason: Option<String>,
    /// From where on it was not recorded.
    pub stopped_at_ms: Option<i64>,
    /// Why not, by [`Refusal::name`](super::super::trouble::Refusal::name).
    pub stopped_reason: Option<String>,
}

impl PartRow {
    /// Which, from 1.
    pub(in crate::archive) fn number(&self) -> u32 {
        u32::try_from(self.number).unwrap_or(u32::MAX)
    }

    /// What is to be said of a part that this node carries; `None` of one that never began.
    pub(in crate::archive) fn of(image: &Image) -> Option<Self> {
        let begin = &image.begin;
        Some(Self {
            number: begin.part.into(),
            transport: begin.transport.clone(),
            from_ms: whole(begin.from?.ms()),
            to_ms: image.end.as_ref().map(|end| whole(end.length_ms)),
            end_reason: image.end.as_ref().map(|end| end.reason.name().to_owned()),
            stopped_at_ms: image.stopped.map(|(at, _)| whole(at.ms())),
            stopped_reason: image.stopped.map(|(_, why)| why.name().to_owned()),
        })
    }
}

/// Brings the row of a part of a session at this node up to date. What it says already of an end
/// stays.
pub(in crate::archive) async fn put(
    of: Owned<'_>,
    id: &str,
    part: &PartRow,
    node: &str,
) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO session_parts
             (session_id, number, transport, from_ms, to_ms, end_reason, stopped_at_ms,
              stopped_reason)
         SELECT id, CAST($4 AS BIGINT), CAST($5 AS TEXT), CAST($6 AS BIGINT), CAST($7 AS BIGINT),
             CAST($8 AS TEXT), CAST($9 AS BIGINT), CAST($10 AS TEXT)
         FROM sessions WHERE id = $1 AND account_id = $2 AND node = $3
         ON CONFLICT (session_id, number) DO UPDATE SET
             to_ms = COALESCE(session_parts.to_ms, excluded.to_ms),
             end_reason = COALESCE(session_parts.end_reason, excluded.end_reason),
             stopped_at_ms = COALESCE(session_parts.stopped_at_ms, excluded.stopped_at_ms),
             stopped_reason = COALESCE(session_parts.stopped_reason, excluded.stopped_reason)",
    )
    .bind(id)
    .bind(of.account().as_str())
    .bind(node)
    .bind(part.number)
    .bind(&part.transport)
    .bind(part.from_ms)
    .bind(part.to_ms)
    .bind(&part.end_reason)
    .bind(part.stopped_at_ms)
    .bind(&part.stopped_reason)
    .execute(of.pool())
    .await?;
    Ok(())
}

/// What is known of the parts of a session, in order.
pub(in crate::archive) async fn of_session(
    of: Owned<'_>,
    id: &str,
) -> Result<Vec<PartRow>, DbError> {
    let rows = sqlx::query_as(
        "SELECT p.number, p.transport, p.from_ms, p.to_ms, p.end_reason, p.stopped_at_ms,
             p.stopped_reason
         FROM session_parts p JOIN sessions s ON s.id = p.session_id
         WHERE s.id = $1 AND s.account_id = $2 AND s.deleted_at IS NULL
         ORDER BY p.number",
    )
    .bind(id)
    .bind(of.account().as_str())
    .fetch_all(of.pool())
    .await?;
    Ok(rows)
}

/// Ends the parts of a session that were open and of which there are no files: nothing of them is
/// on record.
pub(in crate::archive) async fn close_unrecorded(
    of: Owned<'_>,
    id: &str,
    reason: &str,
    node: &str,
) -> Result<(), DbError> {
    sqlx::query(
        "UPDATE session_parts SET to_ms = from_ms, end_reason = $4,
             stopped_at_ms = COALESCE(stopped_at_ms, from_ms)
         WHERE end_reason IS NULL AND session_id IN
             (SELECT id FROM sessions WHERE id = $1 AND account_id = $2 AND node = $3)",
    )
    .bind(id)
    .bind(of.account().as_str())
    .bind(node)
    .bind(reason)
    .execute(of.pool())
    .await?;
    Ok(())
}
