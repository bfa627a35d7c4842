//! Every operation of the database ends in a bounded time, also where a server vanishes without a
//! word: then nothing is ever said of what was sent to it.

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

/// How long one operation may take, once it has a connection. SQLite waits half as long for another
/// writer.
const OPERATION: Duration = Duration::from_secs(10);

/// The connections, for one operation each.
#[derive(Clone, Copy, Debug)]
pub struct Bounded<'a>(pub(super) &'a AnyPool);

type Step = Either<<Any as Database>::QueryResult, <Any as Database>::Row>;

impl Bounded<'_> {
    /// Whether the database answers.
    pub(super) async fn ping(self) -> Result<(), Error> {
        let mut connection = self.0.acquire().await?;
        let done = timeout(OPERATION, connection.ping()).await;
        answered(connection, done)
    }
}

/// What came in time. A connection that did not answer is closed: what it may still say would be
/// taken for the answer to something else.
fn answered<T>(
    mut connection: PoolConnection<Any>,
    done: Result<Result<T, Error>, Elapsed>,
) -> Result<T, Error> {
    done.unwrap_or_else(|_| {
        connection.close_on_drop();
        Err(Error::Io(ErrorKind::TimedOut.into()))
    })
}

impl<'a> Executor<'a> for Bounded<'_> {
    type Database = Any;

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, Result<Step, Error>>
    where
        'a: 'e,
        E: 'q + Execute<'q, Any>,
    {
        let pool = self.0.clone();
        let all = async move {
            let mut connection = pool.acquire().await?;
            let steps = connection.fetch_many(query).try_collect::<Vec<_>>();
            let done = timeout(OPERATION, steps).await;
            answered(connection, done)
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
        let pool = self.0.clone();
        let row = async move {
            let mut connection = pool.acquire().await?;
            let done = timeout(OPERATION, connection.fetch_optional(query)).await;
            answered(connection, done)
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
        let pool = self.0.clone();
        let statement = async move {
            let mut connection = pool.acquire().await?;
            let done = timeout(OPERATION, connection.prepare_with(sql, parameters)).await;
            answered(connection, done)
        };
        statement.boxed()
    }

    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<Describe<Any>, Error>>
    where
        'a: 'e,
    {
        let pool = self.0.clone();
        let described = async move {
            let mut connection = pool.acquire().await?;
            let done = timeout(OPERATION, connection.describe(sql)).await;
            answered(connection, done)
        };
        described.boxed()
    }
}
