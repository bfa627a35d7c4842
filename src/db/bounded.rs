//! Every operation of the database ends in a bounded time, also where a server vanishes without a
//! word: then nothing is ever said of what was sent to it. And it finds room on its disk, as far as
//! that was kept for it.

use std::io::ErrorKind;
use std::time::Duration;

use futures::future::BoxFuture;
use futures::stream::{self, BoxStream};
use futures::{FutureExt, StreamExt, TryStreamExt};
use sqlx::pool::PoolConnection;
use sqlx::{
    Any, AnyPool, Connection, Database, Describe, Either, Error, Execute, Executor, SqlStr,
};
use tokio::time::error::Elapsed;
use tokio::time::timeout;

use super::error::Condition;
use super::reserve::Reserve;

/// How long one operation may take, once it has a connection. SQLite waits half as long for another
/// writer.
const OPERATION: Duration = Duration::from_secs(10);

/// How long SQLite waits for another writer.
pub(super) const BE_PATIENT: &str = "PRAGMA busy_timeout = 5000";

/// Brings what stands in SQLite's write-ahead log to where it belongs, and empties the log.
pub(super) const SHORTEN: &str = "PRAGMA wal_checkpoint(TRUNCATE)";

/// The same, if nobody is in the way: it is not waited for them, as others would wait meanwhile. Whether
/// it is done.
pub(super) async fn shorten_at_once(pool: &AnyPool) -> Result<bool, Error> {
    let mut connection = pool.acquire().await?;
    let shorten = async {
        sqlx::query("PRAGMA busy_timeout = 0")
            .execute(&mut *connection)
            .await?;
        let (busy, ..): (i64, i64, i64) =
            sqlx::query_as(SHORTEN).fetch_one(&mut *connection).await?;
        sqlx::query(BE_PATIENT).execute(&mut *connection).await?;
        Ok(busy == 0)
    };
    let done = timeout(OPERATION, shorten).await;
    let done = done.unwrap_or_else(|_| Err(Error::Io(ErrorKind::TimedOut.into())));
    if done.is_err() {
        // It may have been left impatient.
        connection.close_on_drop();
    }
    done
}

/// The connections, for one operation each.
#[derive(Clone, Copy, Debug)]
pub struct Bounded<'a> {
    pool: &'a AnyPool,
    reserve: Option<&'a Reserve>,
}

type Step = Either<<Any as Database>::QueryResult, <Any as Database>::Row>;

impl<'a> Bounded<'a> {
    pub(super) const fn new(pool: &'a AnyPool, reserve: Option<&'a Reserve>) -> Self {
        Self { pool, reserve }
    }

    /// Whether the database answers.
    pub(super) async fn ping(self) -> Result<(), Error> {
        let mut operation = self.operation().begin().await?;
        let done = timeout(OPERATION, operation.connection.ping()).await;
        operation.answered(done).await
    }

    fn operation(self) -> Asked {
        Asked {
            pool: self.pool.clone(),
            reserve: self.reserve.cloned(),
        }
    }
}

/// An operation that has no connection yet.
struct Asked {
    pool: AnyPool,
    reserve: Option<Reserve>,
}

/// One that has.
struct Operation {
    connection: PoolConnection<Any>,
    reserve: Option<Reserve>,
}

impl Asked {
    async fn begin(self) -> Result<Operation, Error> {
        let Self { pool, reserve } = self;
        if let Some(reserve) = &reserve {
            reserve.tend();
        }
        let connection = pool.acquire().await?;
        Ok(Operation {
            connection,
            reserve,
        })
    }
}

impl Operation {
    /// What came in time. A connection that did not answer is closed: what it may still say would be
    /// taken for the answer to something else. So is one that could not use its files: opened
    /// again it may.
    async fn answered<T>(mut self, done: Result<Result<T, Error>, Elapsed>) -> Result<T, Error> {
        let done = done.unwrap_or_else(|_| Err(Error::Io(ErrorKind::TimedOut.into())));
        let condition = match &done {
            Err(Error::Database(error)) => Condition::of(error.as_ref()),
            _ => None,
        };
        match (&done, condition) {
            (Err(Error::Io(_)), _) | (_, Some(Condition::Disk)) => self.connection.close_on_drop(),
            (_, Some(Condition::Full)) => {
                if let Some(reserve) = &self.reserve {
                    reserve.give();
                    let shortened = sqlx::query(SHORTEN).execute(&mut *self.connection);
                    let _ = timeout(OPERATION, shortened).await;
                }
            }
            _ => {}
        }
        done
    }
}

impl<'a> Executor<'a> for Bounded<'_> {
    type Database = Any;

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, Result<Step, Error>>
    where
        'a: 'e,
        E: 'q + Execute<'q, Any>,
    {
        let asked = self.operation();
        let all = async move {
            let mut operation = asked.begin().await?;
            let steps = operation
                .connection
                .fetch_many(query)
                .try_collect::<Vec<_>>();
            let done = timeout(OPERATION, steps).await;
            operation.answered(done).await
        };
        let steps = stream::once(all).map_ok(|all| stream::iter(all.into_iter().map(Ok)));
        steps.try_flatten().boxed()
    }

    fn fetch_optional<'e, 'q: 'e, E>(
        self,
        query: E,
    ) -> BoxFuture<'e, Result<Option<<Any as Database>::Row>, Error>>
    where
        'a: 'e,
        E: 'q + Execute<'q, Any>,
    {
        let asked = self.operation();
        let row = async move {
            let mut operation = asked.begin().await?;
            let done = timeout(OPERATION, operation.connection.fetch_optional(query)).await;
            operation.answered(done).await
        };
        row.boxed()
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [<Any as Database>::TypeInfo],
    ) -> BoxFuture<'e, Result<<Any as Database>::Statement, Error>>
    where
        'a: 'e,
    {
        let asked = self.operation();
        let statement = async move {
            let mut operation = asked.begin().await?;
            let done = timeout(
                OPERATION,
                operation.connection.prepare_with(sql, parameters),
            )
            .await;
            operation.answered(done).await
        };
        statement.boxed()
    }

    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<Describe<Any>, Error>>
    where
        'a: 'e,
    {
        let asked = self.operation();
        let described = async move {
            let mut operation = asked.begin().await?;
            let done = timeout(OPERATION, operation.connection.describe(sql)).await;
            operation.answered(done).await
        };
        described.boxed()
    }
}
