//! Client secrets: short-lived tokens (`ek_…`) with which a browser begins a session.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::clock::Micros;
use crate::db::{AccountId, Db, DbError};
use crate::private::Private;

/// What every client secret begins with.
pub const PREFIX: &str = "ek_";

/// How long an expired secret is still known, so that its holder is told what is wrong with it.
const REMEMBERED: Duration = Duration::from_secs(24 * 3600);

/// What is kept in place of the configuration of one that has expired.
const FORGOTTEN: &str = "null";

/// What a client secret stands for.
#[derive(Clone, Debug, PartialEq)]
pub struct Grant {
    /// For whom its holder acts.
    pub account: AccountId,
    /// The session configuration it was issued with.
    pub session: Value,
    /// The one session that its holder may go on with; `None`: they may begin sessions.
    pub resumes: Option<String>,
    /// When it ends.
    pub expires_at: Micros,
}

/// A secret made of these random bytes.
pub(super) fn named(random: [u8; 32]) -> Private<String> {
    Private::new(format!("{PREFIX}{}", BASE64_URL_SAFE_NO_PAD.encode(random)))
}

/// Forgets old secrets, and the configuration of all that have expired: its instructions may tell of
/// a session that was deleted since.
pub(super) async fn sweep(db: &Db, now: Micros) -> Result<(), DbError> {
    sqlx::query("DELETE FROM client_secrets WHERE expires_at < $1")
        .bind(now.minus(REMEMBERED).0)
        .execute(db.pool())
        .await?;
    sqlx::query("UPDATE client_secrets SET session = $2 WHERE expires_at <= $1 AND session <> $2")
        .bind(now.0)
        .bind(FORGOTTEN)
        .execute(db.pool())
        .await?;
    Ok(())
}

/// Keeps what a secret stands for, by its hash.
pub(super) async fn put(db: &Db, hash: &str, grant: &Grant, now: Micros) -> Result<(), DbError> {
    let of = db.of(&grant.account);
    sqlx::query(
        "INSERT INTO client_secrets (token_hash, account_id, session, resumes, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (token_hash) DO NOTHING",
    )
    .bind(hash)
    .bind(of.account().as_str())
    .bind(grant.session.to_string())
    .bind(&grant.resumes)
    .bind(now.0)
    .bind(grant.expires_at.0)
    .execute(of.pool())
    .await?;
    Ok(())
}

/// What the secret with this hash stands for.
pub(super) async fn find(db: &Db, hash: &str) -> Result<Option<Grant>, DbError> {
    let row: Option<(String, String, Option<String>, i64)> = sqlx::query_as(
        "SELECT account_id, session, resumes, expires_at FROM client_secrets WHERE token_hash = $1",
    )
    .bind(hash)
    .fetch_optional(db.pool())
    .await?;
    row.map(|(account, session, resumes, expires_at)| {
        let session = serde_json::from_str(&session)
            .map_err(|_| DbError::Stored("client_secrets.session is not JSON".to_owned()))?;
        Ok(Grant {
            account: AccountId::new(account),
            session,
            resumes,
            expires_at: Micros(expires_at),
        })
    })
    .transpose()
}

/// What is kept of a token of 256 random bits: SHA-256 in hexadecimal.
pub(super) fn hash(secret: &str) -> String {
    hexadecimal(&Sha256::digest(secret.as_bytes()))
}

pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::hash;

    /// FIPS 180-4, the example of one block.
    #[test]
    fn hashes_as_the_standard_says() {
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hash("abc"), abc);
    }
}
