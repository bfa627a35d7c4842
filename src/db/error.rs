//! What fails in a database, and whether another try may do.

use sqlx::migrate::MigrateError;

/// Why the database could not do something.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// The folder of the SQLite file could not be made.
    #[error("the folder of the database cannot be made: {0}")]
    Folder(#[source] std::io::Error),
    /// It could not be opened.
    #[error("the database cannot be opened: {0}")]
    Open(#[source] sqlx::Error),
    /// Its tables could not be brought up to date.
    #[error("the database cannot be brought up to date: {0}")]
    Migrate(#[from] MigrateError),
    /// A query failed.
    #[error("the database failed: {0}")]
    Query(#[from] sqlx::Error),
    /// It has not been told yet of what is asked for.
    #[error("the database has not taken what happened yet")]
    Behind,
    /// A stored value is not what was once written there.
    #[error("the database holds a value that it should not: {0}")]
    Stored(String),
}

impl DbError {
    /// Whether the database is locked, overburdened, away or without a disk, so that another try may
    /// do.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        use sqlx::Error;
        match self {
            Self::Behind => true,
            Self::Query(Error::Database(error)) => Condition::of(error.as_ref()).is_some(),
            Self::Query(Error::PoolTimedOut | Error::PoolClosed | Error::Io(_)) => true,
            _ => false,
        }
    }

    /// Whether the disk of the database is full.
    #[must_use]
    pub fn is_full(&self) -> bool {
        let Self::Query(sqlx::Error::Database(error)) = self else {
            return false;
        };
        Condition::of(error.as_ref()) == Some(Condition::Full)
    }
}

/// What is wrong around a database, not with what it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Condition {
    /// Others are in the way, or it is out of reach.
    Busy,
    /// There is no room on its disk.
    Full,
    /// Its files cannot be read or written as they should: the disk may not be written to, or fails.
    Disk,
}

impl Condition {
    pub(super) fn of(error: &dyn sqlx::error::DatabaseError) -> Option<Self> {
        error.code().and_then(|code| Self::by_code(&code))
    }

    /// By a result code of SQLite (a number of which the lowest byte is the kind: BUSY, LOCKED,
    /// PROTOCOL; FULL; READONLY, IOERR, CANTOPEN), or a SQLSTATE of PostgreSQL (five characters:
    /// appendix A of its manual).
    fn by_code(code: &str) -> Option<Self> {
        if code.len() < 5 {
            return match code.parse::<u32>().ok()? & 0xff {
                5 | 6 | 15 => Some(Self::Busy),
                13 => Some(Self::Full),
                8 | 10 | 14 => Some(Self::Disk),
                _ => None,
            };
        }
        let is = |classes: &[&str]| classes.iter().any(|class| code.starts_with(class));
        match code {
            "53100" => Some(Self::Full),
            "25006" | "58030" => Some(Self::Disk),
            _ if is(&["08", "53", "57P", "40001", "40P01", "55P03"]) => Some(Self::Busy),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_is_told_from_what_does_not() {
        use Condition::{Busy, Disk, Full};
        for (code, condition) in [
            // BUSY, BUSY_SNAPSHOT, LOCKED; deadlock, shutdown, no connection, too many of them.
            ("5", Busy),
            ("517", Busy),
            ("6", Busy),
            ("40P01", Busy),
            ("57P01", Busy),
            ("08006", Busy),
            ("53300", Busy),
            // The disk has no room.
            ("13", Full),
            ("53100", Full),
            // READONLY, READONLY_DBMOVED, IOERR_WRITE, CANTOPEN; read only, I/O error.
            ("8", Disk),
            ("1032", Disk),
            ("778", Disk),
            ("14", Disk),
            ("25006", Disk),
            ("58030", Disk),
        ] {
            assert_eq!(Condition::by_code(code), Some(condition), "{code}");
        }
        // ERROR, CORRUPT, CONSTRAINT_UNIQUE; unique violation, undefined table.
        for code in ["1", "11", "2067", "23505", "42P01", "", "x"] {
            assert_eq!(Condition::by_code(code), None, "{code}");
        }
        assert!(DbError::Query(sqlx::Error::PoolTimedOut).is_passing());
        assert!(!DbError::Query(sqlx::Error::RowNotFound).is_passing());
    }
}
