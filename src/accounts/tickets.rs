//! Tickets: short-lived tokens (`tk_…`) that let their holder hear one session, for what can send
//! no key.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use super::secrets::hash;
use crate::clock::Micros;
use crate::db::{AccountId, Db, DbError, Owned};
use crate::private::Private;

/// What every ticket begins with.
const PREFIX: &str = "tk_";

/// What a ticket stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admission {
    /// For whom its holder acts.
    pub account: AccountId,
    /// Which session they may hear.
    pub session: String,
    /// When it ends.
    pub expires_at: Micros,
}

/// Issues a ticket, made of these random bytes, for a session of the account. Sweeps out expired
/// ones.
///
/// # Errors
///
/// If the database fails, or has no such session.
pub async fn issue(
    of: Owned<'_>,
    session: &str,
    now: Micros,
    lifetime: Duration,
    random: [u8; 32],
) -> Result<(Private<String>, Micros), DbError> {
    let ticket = Private::new(format!("{PREFIX}{}", BASE64_URL_SAFE_NO_PAD.encode(random)));
    let expires_at = now.plus(lifetime);
    sqlx::query("DELETE FROM session_tickets WHERE expires_at <= $1")
        .bind(now.0)
        .execute(of.pool())
        .await?;
    sqlx::query(
        "INSERT INTO session_tickets (token_hash, account_id, session_id, expires_at)
         VALUES ($1, $2, $3, $4)",
    )
    .bind(hash(ticket.expose()))
    .bind(of.account().as_str())
    .bind(session)
    .bind(expires_at.0)
    .execute(of.pool())
    .await?;
    Ok((ticket, expires_at))
}

/// What a ticket stands for, even if it has expired; `None` if it was never issued, or is swept
/// out. It is found by its hash, so how long this takes says nothing about other tickets.
///
/// # Errors
///
/// If the database fails.
pub async fn find(db: &Db, ticket: &str) -> Result<Option<Admission>, DbError> {
    let row: Option<(String, String, i64)> = sqlx::query_as(
        "SELECT account_id, session_id, expires_at FROM session_tickets WHERE token_hash = $1",
    )
    .bind(hash(ticket))
    .fetch_optional(db.pool())
    .await?;
    Ok(row.map(|(account, session, expires_at)| Admission {
        account: AccountId::new(account),
        session,
        expires_at: Micros(expires_at),
    }))
}
