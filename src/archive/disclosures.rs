//! The log of what left this machine about people, on its way into the database.
//!
//! It is kept beyond the sessions it tells of: who received something is worth knowing also when it
//! is deleted here.

use std::collections::VecDeque;

use sqlx::FromRow;

use super::ledger::Ledger;
use crate::clock::Clock;
use crate::db::{AccountId, DbError, Owned};
use crate::disclosure::{Disclosure, Disclosures};

/// Rows that may wait for the database. Beyond, what is alike is put together: one for each session,
/// engine and purpose.
const MOST: usize = 10_000;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct DisclosureRow {
    /// Names it.
    pub id: String,
    /// In which session.
    pub session_id: String,
    /// When, in microseconds since 1970.
    pub at: i64,
    /// Who received it.
    pub processor: String,
    /// By which engine.
    pub engine: String,
    /// What: `voice` or `words`.
    pub data: String,
    /// How much: milliseconds of voice, characters of words.
    pub amount: i64,
    /// What for.
    pub purpose: String,
}

impl DisclosureRow {
    fn is_like(&self, other: &Self) -> bool {
        fn kind(row: &DisclosureRow) -> [&str; 5] {
            let [session, processor, engine] = [&row.session_id, &row.processor, &row.engine];
            [session, processor, engine, &row.data, &row.purpose]
        }
        kind(self) == kind(other)
    }
}

/// Rows that wait, oldest first.
#[derive(Debug, Default)]
pub(super) struct Waiting(VecDeque<(AccountId, DisclosureRow)>);

impl Waiting {
    pub fn push(&mut self, account: AccountId, row: DisclosureRow) {
        if self.0.len() >= MOST {
            // The first may be on its way into the database.
            let mut waiting = self.0.iter_mut().skip(1).rev();
            let alike = waiting.find(|(of, waiting)| *of == account && waiting.is_like(&row));
            if let Some((_, alike)) = alike {
                alike.amount = alike.amount.saturating_add(row.amount);
                return;
            }
        }
        self.0.push_back((account, row));
    }

    pub fn first(&self) -> Option<(AccountId, DisclosureRow)> {
        self.0.front().cloned()
    }

    pub fn pop(&mut self) {
        self.0.pop_front();
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The log of one session.
#[derive(Debug)]
pub(super) struct SessionLog {
    pub ledger: Ledger,
    pub clock: Clock,
    pub account: AccountId,
    pub id: String,
}

impl Disclosures for SessionLog {
    fn disclosed(&self, disclosure: Disclosure) {
        let row = DisclosureRow {
            id: uuid::Uuid::now_v7().simple().to_string(),
            session_id: self.id.clone(),
            at: self.clock.now().0,
            processor: disclosure.processor,
            engine: disclosure.engine,
            data: disclosure.data.name().to_owned(),
            amount: i64::try_from(disclosure.data.amount()).unwrap_or(i64::MAX),
            purpose: disclosure.purpose.name().to_owned(),
        };
        self.ledger.disclosed(self.account.clone(), row);
    }
}

/// Writes a row, once however often that is tried.
pub(super) async fn insert(of: Owned<'_>, row: &DisclosureRow) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO disclosures
             (id, account_id, session_id, at, processor, engine, data, amount, purpose)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (id) DO NOTHING",
    )
    .bind(&row.id)
    .bind(of.account().as_str())
    .bind(&row.session_id)
    .bind(row.at)
    .bind(&row.processor)
    .bind(&row.engine)
    .bind(&row.data)
    .bind(row.amount)
    .bind(&row.purpose)
    .execute(of.pool())
    .await?;
    Ok(())
}

/// What was disclosed in a session, in order.
///
/// # Errors
/// If the database fails.
pub async fn of_session(of: Owned<'_>, id: &str) -> Result<Vec<DisclosureRow>, DbError> {
    let rows = sqlx::query_as(
        "SELECT id, session_id, at, processor, engine, data, amount, purpose
         FROM disclosures WHERE account_id = $1 AND session_id = $2 ORDER BY at, id",
    )
    .bind(of.account().as_str())
    .bind(id)
    .fetch_all(of.pool())
    .await?;
    Ok(rows)
}
