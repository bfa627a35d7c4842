//! Tickets: short-lived tokens (`tk_…`) that let their holder hear one session, for what can send
//! no key.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use crate::clock::Micros;
use crate::db::{AccountId, Db, DbError};
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

/// A ticket made of these random bytes.
pub(super) fn named(random: [u8; 32]) -> Private<String> {
    Private::new(format!("{PREFIX}{}", BASE64_URL_SAFE_NO_PAD.encode(random)))
}

/// Keeps what a ticket stands for, by its hash. Sweeps out expired ones.
pub(super) async fn put(
    db: &Db,
    hash: &str,
    admission: &Admission,
    now: Micros,
) -> Result<(), DbError> {
    let of = db.of(&admission.account);
    sqlx::query("DELETE FROM session_tickets WHERE expires_at <= $1")
        .bind(now.0)
        .execute(of.pool())
        .await?;
    sqlx::query(
        "INSERT INTO session_tickets (token_hash, account_id, session_id, expires_at)
         VALUES ($1, $2, $3, $4) ON CONFLICT (token_hash) DO NOTHING",
    )
    .bind(hash)
    .bind(of.account().as_str())
    .bind(&admission.session)
    .bind(admission.expires_at.0)
    .execute(of.pool())
    .await?;
    Ok(())
}

/// What the ticket with this hash stands for.
pub(super) async fn find(db: &Db, hash: &str) -> Result<Option<Admission>, DbError> {
    let row: Option<(String, String, i64)> = sqlx::query_as(
        "SELECT account_id, session_id, expires_at FROM session_tickets WHERE token_hash = $1",
    )
    .bind(hash)
    .fetch_optional(db.pool())
    .await?;
    Ok(row.map(|(account, session, expires_at)| Admission {
        account: AccountId::new(account),
        session,
        expires_at: Micros(expires_at),
    }))
}
