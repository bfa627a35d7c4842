//! The log of what left this machine about people, on its way into the database.
//!
//! A row that the database has not taken yet is also in a file (see `journal`).
//! It is kept beyond the sessions it tells of: who received something is worth knowing also when it
//! is deleted here.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use sqlx::FromRow;

use super::journal::{Batch, Line};
use super::ledger::Ledger;
use crate::clock::Clock;
use crate::db::{AccountId, DbError, Owned};
use crate::disclosure::{Disclosure, Disclosures};

/// Rows that may wait for the database. Beyond, words that are alike are put together: one row for
/// each session, engine and purpose.
const MOST: usize = 10_000;

/// Lines of the file; beyond, and beyond twice as many as there are rows, it is written anew.
const LINES: usize = 4 * MOST;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, FromRow, Serialize, Deserialize)]
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
    /// Whether both are words of the same to the same. Voice is one row for a connection as it is.
    fn is_like(&self, other: &Self) -> bool {
        fn kind(row: &DisclosureRow) -> [&str; 5] {
            let [session, processor, engine] = [&row.session_id, &row.processor, &row.engine];
            [session, processor, engine, &row.data, &row.purpose]
        }
        self.data == "words" && kind(self) == kind(other)
    }
}

/// Rows that wait, oldest first.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    rows: VecDeque<Waits>,
    /// Lines in the file.
    lines: usize,
    /// The file may lack some of them, or end with half of one.
    torn: bool,
}

#[derive(Debug)]
struct Waits {
    account: AccountId,
    row: DisclosureRow,
    /// Whether the file has it.
    kept: bool,
}

impl Waiting {
    pub fn push(&mut self, account: AccountId, row: DisclosureRow) {
        // Voice alone is told of again.
        let is_full = self.rows.len() >= MOST;
        if (is_full || row.data == "voice") && self.join(&account, &row, is_full) {
            return;
        }
        self.rows.push_back(Waits {
            account,
            row,
            kept: false,
        });
    }

    /// Adds it to a row that waits: its own, or if `is_full` one that is like it. Whether there is one.
    fn join(&mut self, account: &AccountId, row: &DisclosureRow, is_full: bool) -> bool {
        // The first may be on its way into the database.
        let waiting = self.rows.iter_mut().skip(1).rev();
        for waits in waiting.filter(|waits| waits.account == *account) {
            let known = &mut waits.row;
            if known.id == row.id {
                known.amount = known.amount.max(row.amount);
            } else if is_full && known.is_like(row) {
                known.amount = known.amount.saturating_add(row.amount);
            } else {
                continue;
            }
            waits.kept = false;
            return true;
        }
        false
    }

    pub fn first(&self) -> Option<(AccountId, DisclosureRow)> {
        let first = self.rows.front()?;
        Some((first.account.clone(), first.row.clone()))
    }

    pub fn pop(&mut self) {
        self.rows.pop_front();
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Whether nothing waits, and nothing is in the file.
    pub fn is_over(&self) -> bool {
        self.rows.is_empty() && self.lines == 0 && !self.torn
    }

    /// What the file lacks; `None` if it is as it should be.
    pub fn lacking(&mut self) -> Option<Batch> {
        let is_long = self.lines > LINES.max(2 * self.rows.len());
        let is_over = self.rows.is_empty() && self.lines > 0;
        let anew = std::mem::take(&mut self.torn) || is_long || is_over;
        let rows = self.rows.iter_mut();
        let lacking = rows.filter(|waits| anew || !waits.kept);
        let line = |waits: &mut Waits| {
            waits.kept = true;
            Line {
                account: waits.account.as_str().to_owned(),
                row: waits.row.clone(),
            }
        };
        let lines: Vec<Line> = lacking.map(line).collect();
        if !anew && lines.is_empty() {
            return None;
        }
        self.lines = lines.len() + if anew { 0 } else { self.lines };
        Some(Batch { anew, lines })
    }

    /// The file did not take what it lacks, or half of it: it is to be written anew.
    pub const fn not_kept(&mut self) {
        self.torn = true;
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
            id: disclosure.id,
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

/// Writes a row, once however often that is tried, or how it has grown.
pub(super) async fn insert(of: Owned<'_>, row: &DisclosureRow) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO disclosures
             (id, account_id, session_id, at, processor, engine, data, amount, purpose)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (id) DO UPDATE SET amount = excluded.amount
         WHERE disclosures.amount < excluded.amount",
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

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: usize, data: &str, amount: i64) -> DisclosureRow {
        DisclosureRow {
            id: id.to_string(),
            session_id: "sess_1".to_owned(),
            at: 0,
            processor: "Vendor (vendor.example)".to_owned(),
            engine: "vendor".to_owned(),
            data: data.to_owned(),
            amount,
            purpose: "listening".to_owned(),
        }
    }

    fn push(waiting: &mut Waiting, id: usize, data: &str, amount: i64) {
        waiting.push(AccountId::new("me"), row(id, data, amount));
    }

    fn kept(waiting: &mut Waiting) -> Option<(bool, Vec<(String, i64)>)> {
        let batch = waiting.lacking()?;
        let lines = batch.lines.into_iter();
        let lines = lines.map(|line| (line.row.id, line.row.amount));
        Some((batch.anew, lines.collect()))
    }

    #[test]
    fn the_file_has_what_waits_and_goes_with_it() {
        let mut waiting = Waiting::default();
        assert_eq!(kept(&mut waiting), None);
        let of = |id: &str, amount| (id.to_owned(), amount);
        push(&mut waiting, 1, "words", 5);
        push(&mut waiting, 2, "voice", 100);
        let both = vec![of("1", 5), of("2", 100)];
        assert_eq!(kept(&mut waiting), Some((false, both.clone())));
        assert_eq!(kept(&mut waiting), None);
        waiting.not_kept();
        assert!(!waiting.is_over());
        assert_eq!(kept(&mut waiting), Some((true, both)));
        push(&mut waiting, 2, "voice", 10_100);
        assert_eq!(kept(&mut waiting), Some((false, vec![of("2", 10_100)])));
        assert_eq!(waiting.rows.len(), 2);
        // The first is on its way: what it has grown by follows it.
        waiting.pop();
        push(&mut waiting, 2, "voice", 20_100);
        push(&mut waiting, 2, "voice", 30_100);
        assert_eq!(waiting.rows.len(), 2);
        waiting.pop();
        waiting.pop();
        assert!(!waiting.is_over());
        assert_eq!(kept(&mut waiting), Some((true, Vec::new())));
        assert!(waiting.is_over());
    }

    #[test]
    fn more_rows_than_the_file_may_have_lines_are_written_once() {
        let mut waiting = Waiting::default();
        let many = LINES + 1;
        waiting.rows.extend((0..many).map(|id| Waits {
            account: AccountId::new("me"),
            row: row(id, "voice", 1),
            kept: false,
        }));
        let (anew, lines) = kept(&mut waiting).unwrap();
        assert_eq!((anew, lines.len()), (false, many));
        assert_eq!(kept(&mut waiting), None);
        push(&mut waiting, many - 1, "voice", 2);
        let grown = vec![((many - 1).to_string(), 2)];
        assert_eq!(kept(&mut waiting), Some((false, grown)));
        // Once half of the lines say nothing any more, they go.
        waiting.rows.truncate(many / 2 - 1);
        let (anew, lines) = kept(&mut waiting).unwrap();
        assert_eq!((anew, lines.len()), (true, many / 2 - 1));
        assert_eq!(kept(&mut waiting), None);
    }

    #[test]
    fn what_waits_for_days_is_bounded_and_nothing_is_lost() {
        let mut waiting = Waiting::default();
        let mut lines = 0;
        for id in 0..2 * MOST {
            push(&mut waiting, id, "words", 3);
            if id % 100 == 0 {
                push(&mut waiting, 3 * MOST, "voice", id as i64 + 1);
                let (anew, more) = kept(&mut waiting).unwrap();
                lines = more.len() + if anew { 0 } else { lines };
                assert!(lines <= LINES + MOST, "{lines}");
            }
        }
        assert_eq!(waiting.rows.len(), MOST);
        let sum = |data: &str| {
            let rows = waiting.rows.iter();
            let rows = rows.filter(|waits| waits.row.data == data);
            rows.map(|waits| waits.row.amount).sum::<i64>()
        };
        assert_eq!(sum("words"), 6 * MOST as i64);
        assert_eq!(sum("voice"), 2 * MOST as i64 - 99);
    }
}
