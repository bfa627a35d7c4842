//! Whose data it is: accounts, and the secrets that let a browser act for one.

pub mod allowance;
pub mod seal;
pub mod secrets;
pub mod tickets;

use crate::clock::Micros;
use crate::db::{AccountId, Db, DbError};

/// The id of the one account that there is while nobody can sign up.
const LOCAL: &str = "00000000-0000-7000-8000-000000000001";

/// The local account, made if missing.
///
/// # Errors
///
/// If the database fails.
pub async fn local(db: &Db, now: Micros) -> Result<AccountId, DbError> {
    sqlx::query(
        "INSERT INTO accounts (id, created_at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING",
    )
    .bind(LOCAL)
    .bind(now.0)
    .execute(db.pool())
    .await?;
    Ok(AccountId::new(LOCAL))
}
