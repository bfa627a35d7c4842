//! The database: SQLite or PostgreSQL behind one handle, which names whose data it reaches.
//!
//! One SQL serves both: `$1` parameters, `RETURNING`, `ON CONFLICT`, text ids, times as integer
//! microseconds, JSON as text. sqlx's `Any` driver carries exactly these types.

mod bounded;
mod error;
mod reserve;

use std::fmt;
use std::fs::{DirBuilder, OpenOptions};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Once};
use std::time::Duration;

use sqlx::any::AnyPoolOptions;
use sqlx::migrate::Migrator;
use sqlx::{AnyConnection, AnyPool};

pub use bounded::Bounded;
pub use error::DbError;
pub use reserve::Reserve;

use crate::config;
use crate::private::Private;

static MIGRATIONS: Migrator = sqlx::migrate!();

/// How long a query waits for a free connection, and SQLite for another writer.
const PATIENCE: Duration = Duration::from_secs(5);

/// The database. Clones share its connections.
#[derive(Clone)]
pub struct Db {
    pool: AnyPool,
    engine: Engine,
    reserve: Option<Reserve>,
    /// Whether SQLite's write-ahead log may hold what was deleted.
    holds_deleted: Arc<AtomicBool>,
}

/// Which database stands behind the handle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// A file.
    Sqlite,
    /// A server.
    Postgres,
}

impl Db {
    /// Opens the database (SQLite: makes it if missing, and keeps room for it on its disk) and brings
    /// its tables up to date.
    ///
    /// # Errors
    ///
    /// If it cannot be reached, or was written by a newer release.
    pub async fn open(config: &config::Database) -> Result<Self, DbError> {
        static DRIVERS: Once = Once::new();
        DRIVERS.call_once(sqlx::any::install_default_drivers);
        let (file, url) = address(config)?;
        let engine = match &file {
            Some(_) => Engine::Sqlite,
            None => Engine::Postgres,
        };
        let reserve = file.as_deref().and_then(Reserve::beside);
        let pool = AnyPoolOptions::new()
            .max_connections(config.max_connections)
            .acquire_timeout(PATIENCE)
            .after_connect(move |connection, _| Box::pin(prepare(engine, connection)))
            .connect(url.expose())
            .await
            .map_err(DbError::Open)?;
        MIGRATIONS.run(&pool).await?;
        Ok(Self {
            pool,
            engine,
            reserve,
            // A server before this one may have been killed between the two.
            holds_deleted: Arc::new(AtomicBool::new(engine == Engine::Sqlite)),
        })
    }

    /// Which database it is.
    #[must_use]
    pub const fn engine(&self) -> Engine {
        self.engine
    }

    /// The data of one account: the only way to anything that belongs to a person.
    #[must_use]
    pub const fn of<'a>(&'a self, account: &'a AccountId) -> Owned<'a> {
        Owned { db: self, account }
    }

    /// The connections, for what belongs to nobody.
    #[must_use]
    pub const fn pool(&self) -> Bounded<'_> {
        Bounded::new(&self.pool, self.reserve.as_ref())
    }

    /// The room that is kept for it on its disk, if it is a file.
    #[must_use]
    pub const fn reserve(&self) -> Option<&Reserve> {
        self.reserve.as_ref()
    }

    /// Whether it answers.
    ///
    /// # Errors
    ///
    /// If it does not.
    pub async fn ping(&self) -> Result<(), DbError> {
        Ok(self.pool().ping().await?)
    }

    /// Something was deleted that is to be nowhere any more: SQLite's file has nothing of it, and its
    /// write-ahead log neither once [`tidy`](Self::tidy) could shorten it.
    pub fn deleted(&self) {
        self.holds_deleted
            .store(self.engine == Engine::Sqlite, Ordering::Release);
    }

    /// Shortens SQLite's write-ahead log: of what was deleted, and on a full disk to make room. While
    /// somebody reads or writes that waits for the next time.
    ///
    /// # Errors
    ///
    /// If it fails.
    pub async fn tidy(&self) -> Result<(), DbError> {
        if self.reserve.as_ref().is_some_and(Reserve::is_needed) {
            sqlx::query(bounded::SHORTEN).execute(self.pool()).await?;
        }
        if self.holds_deleted.swap(false, Ordering::AcqRel) {
            let (pool, holds_deleted) = (self.pool.clone(), Arc::clone(&self.holds_deleted));
            // On its own: whoever asked may be gone before it is done.
            let done = tokio::spawn(async move {
                let done = bounded::shorten_at_once(&pool).await;
                if !matches!(done, Ok(true)) {
                    holds_deleted.store(true, Ordering::Release);
                }
                done
            });
            done.await.map_err(|_| sqlx::Error::WorkerCrashed)??;
        }
        Ok(())
    }

    /// Closes every connection, after their queries are done.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

impl fmt::Debug for Db {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Db")
            .field("engine", &self.engine)
            .finish_non_exhaustive()
    }
}

/// The data of one account. Every query through it carries the account.
#[derive(Clone, Copy, Debug)]
pub struct Owned<'a> {
    db: &'a Db,
    account: &'a AccountId,
}

impl<'a> Owned<'a> {
    /// Whose data it is, to be bound in every query.
    #[must_use]
    pub const fn account(self) -> &'a AccountId {
        self.account
    }

    /// The connections.
    #[must_use]
    pub const fn pool(self) -> Bounded<'a> {
        self.db.pool()
    }
}

/// Names an account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(String);

impl AccountId {
    /// The account with this id.
    #[must_use]
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// As the database keeps it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where the database is: its file, if it is one, and as the driver takes it. Makes the folder of
/// the file.
fn address(config: &config::Database) -> Result<(Option<PathBuf>, Private<String>), DbError> {
    let Some(path) = config.file() else {
        return Ok((None, config.url.clone()));
    };
    if let Some(folder) = path.parent() {
        private_folder(folder).map_err(DbError::Folder)?;
    }
    // SQLite gives the files beside it the same permissions.
    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)
        .map_err(DbError::Folder)?;
    let escaped: String = path
        .as_os_str()
        .as_bytes()
        .iter()
        .copied()
        .map(escape)
        .collect();
    Ok((
        Some(PathBuf::from(path)),
        Private::new(format!("sqlite:{escaped}?mode=rwc")),
    ))
}

/// Makes a folder, and those above it, if they are missing, into which nobody else on this machine
/// looks.
pub(crate) fn private_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// A byte of a path as it stands in a URL (RFC 3986 section 2).
fn escape(byte: u8) -> String {
    match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    }
}

/// Readies a new connection. A write-ahead log lets readers and one writer work side by side;
/// with it, `synchronous = NORMAL` loses no consistency, at most the last commits at a power cut. It
/// is kept short (a page has 4 KiB), as on a full disk it is in the way. What is deleted is overwritten,
/// so that the file keeps nothing of it.
async fn prepare(engine: Engine, connection: &mut AnyConnection) -> Result<(), sqlx::Error> {
    if engine == Engine::Sqlite {
        for pragma in [
            bounded::BE_PATIENT,
            "PRAGMA journal_mode = WAL",
            "PRAGMA synchronous = NORMAL",
            "PRAGMA wal_autocheckpoint = 250",
            "PRAGMA journal_size_limit = 1048576",
            "PRAGMA foreign_keys = ON",
            "PRAGMA secure_delete = ON",
        ] {
            sqlx::query(pragma).execute(&mut *connection).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[tokio::test]
    async fn makes_its_file_wherever_it_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("Ann's data #1?/50%/x.db");
        let url = Private::new(format!("sqlite:{}", path.display()));
        let config = config::Database {
            url,
            max_connections: 2,
        };
        let db = Db::open(&config).await.unwrap();
        assert!(path.exists());
        let mode: (String,) = sqlx::query_as("PRAGMA journal_mode")
            .fetch_one(db.pool())
            .await
            .unwrap();
        assert_eq!(mode.0, "wal");
        let permissions = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(permissions(&path), 0o600);
        assert_eq!(permissions(&path.with_extension("db-wal")), 0o600);
        assert_eq!(permissions(path.parent().unwrap()), 0o700);
        db.ping().await.unwrap();
        db.close().await;
        assert!(db.ping().await.is_err());
    }

    #[tokio::test]
    async fn what_is_deleted_is_not_in_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.db");
        let config = config::Database {
            url: Private::new(format!("sqlite:{}", path.display())),
            max_connections: 1,
        };
        let db = Db::open(&config).await.unwrap();
        let long = "ZEBRA ".repeat(4000);
        for query in [
            "CREATE TABLE kept (words TEXT)",
            &format!("INSERT INTO kept VALUES ('{long}'), ('OKAPI')"),
            "DELETE FROM kept WHERE words LIKE 'ZEBRA%'",
        ] {
            sqlx::query(sqlx::AssertSqlSafe(query.to_owned()))
                .execute(db.pool())
                .await
                .unwrap();
        }
        db.close().await;
        let file = std::fs::read(&path).unwrap();
        let holds = |word: &[u8]| file.windows(word.len()).any(|bytes| bytes == word);
        assert!(holds(b"OKAPI") && !holds(b"ZEBRA"));
    }

    #[tokio::test]
    async fn an_error_does_not_print_the_password() {
        let url = "postgres://coach:letters@localhost/none?host=/nonexistent".to_owned();
        let config = config::Database {
            url: Private::new(url),
            max_connections: 1,
        };
        let error = Db::open(&config).await.unwrap_err();
        assert!(!format!("{error} {error:?}").contains("letters"));
    }
}
