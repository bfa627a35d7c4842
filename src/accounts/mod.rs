//! Whose data it is: accounts, and the secrets that let a browser act for one.

pub mod allowance;
pub mod issued;
pub mod seal;
pub mod secrets;
pub mod tickets;

use crate::clock::Micros;
use crate::db::{AccountId, Db, DbError};

/// The id of the one account that there is while nobody can sign up.
const LOCAL: &str = "00000000-0000-7000-8000-000000000001";

/// The local account, made if missing. One that is there is found on a full disk, too.
///
/// # Errors
///
/// If the database fails.
pub async fn local(db: &Db, now: Micros) -> Result<AccountId, DbError> {
    let known: Option<String> = sqlx::query_scalar("SELECT id FROM accounts WHERE id = $1")
        .bind(LOCAL)
        .fetch_optional(db.pool())
        .await?;
    if known.is_some() {
        return Ok(AccountId::new(LOCAL));
    }
    sqlx::query(
        "INSERT INTO accounts (id, created_at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING",
    )
    .bind(LOCAL)
    .bind(now.0)
    .execute(db.pool())
    .await?;
    Ok(AccountId::new(LOCAL))
}
