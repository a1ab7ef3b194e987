//! A statement to either database, and its rows.
//!
//! For: the one place that knows that there are two drivers. Not for: what is asked. The one decision: parameters and
//! columns are texts, whole numbers and yes or no, which both databases have; nothing else need be told apart.

use std::borrow::Cow;
use std::time::Duration;

use sqlx::postgres::{PgArguments, PgPool, PgRow, Postgres};
use sqlx::query::Query;
use sqlx::sqlite::{Sqlite, SqliteArguments, SqliteRow};
use sqlx::{AssertSqlSafe, Row as _, Transaction};
use tokio::time::timeout;

use super::sqlite::Pools;
use crate::core::jobs::store::StoreError;

/// A server that has not answered by then is as good as gone; a lease must not run out while we wait for it.
const PATIENCE: Duration = Duration::from_secs(10);

/// An open database.
#[derive(Debug, Clone)]
pub(super) enum Database {
    Sqlite(Pools),
    Postgres(PgPool),
}

/// A parameter.
#[derive(Debug, Clone)]
pub(super) enum Arg {
    Text(Option<String>),
    Whole(Option<i64>),
}

/// A statement with its parameters, and what it is for.
#[derive(Debug)]
pub(super) struct Ask {
    doing: &'static str,
    statement: Cow<'static, str>,
    args: Vec<Arg>,
}

/// A row of either database.
#[derive(Debug)]
pub(super) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

/// Several statements that are carried out together or not at all.
pub(super) enum Session {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

/// A statement without parameters yet.
pub(super) fn ask(doing: &'static str, statement: impl Into<Cow<'static, str>>) -> Ask {
    Ask { doing, statement: statement.into(), args: Vec::new() }
}

impl Ask {
    /// With one more parameter.
    pub(super) fn with(mut self, arg: impl Into<Arg>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// With more parameters.
    pub(super) fn with_all(mut self, args: impl IntoIterator<Item = Arg>) -> Self {
        self.args.extend(args);
        self
    }

    /// How the database would carry it out.
    #[cfg(test)]
    pub(super) fn explained(mut self, explain: &str) -> Self {
        self.statement = format!("{explain} {}", self.statement).into();
        self
    }

    fn sqlite(self) -> Query<'static, Sqlite, SqliteArguments> {
        let query = sqlx::query(AssertSqlSafe(self.statement));
        self.args.into_iter().fold(query, |query, arg| match arg {
            Arg::Text(text) => query.bind(text),
            Arg::Whole(number) => query.bind(number),
        })
    }

    fn postgres(self) -> Query<'static, Postgres, PgArguments> {
        let query = sqlx::query(AssertSqlSafe(self.statement));
        self.args.into_iter().fold(query, |query, arg| match arg {
            // It keeps no such character, and JSON has none.
            Arg::Text(text) => query.bind(text.map(|text| text.replace('\0', "\u{fffd}"))),
            Arg::Whole(number) => query.bind(number),
        })
    }
}

impl Database {
    /// Runs a statement that changes nothing.
    pub(super) async fn read(&self, ask: Ask) -> Result<Vec<Row>, StoreError> {
        let doing = ask.doing;
        match self {
            Self::Sqlite(pools) => sqlite_rows(ask.sqlite().fetch_all(&pools.reader).await).map_err(failed(doing)),
            Self::Postgres(pool) => in_time(doing, on_pool(pool, ask)).await,
        }
    }

    /// Runs a statement that is a transaction of its own, to its end: it commits there, and an error of the commit must
    /// not be lost.
    pub(super) async fn write(&self, ask: Ask) -> Result<Vec<Row>, StoreError> {
        match self {
            Self::Sqlite(pools) => {
                let doing = ask.doing;
                sqlite_rows(ask.sqlite().fetch_all(&pools.writer).await).map_err(failed(doing))
            }
            Self::Postgres(_) => self.read(ask).await,
        }
    }

    /// As [`Self::write`]; how many rows it changed.
    pub(super) async fn count(&self, ask: Ask) -> Result<u64, StoreError> {
        let doing = ask.doing;
        match self {
            Self::Sqlite(pools) => {
                let done = ask.sqlite().execute(&pools.writer).await.map_err(failed(doing))?;
                Ok(done.rows_affected())
            }
            Self::Postgres(pool) => {
                let counted = async { Ok(ask.postgres().execute(pool).await?.rows_affected()) };
                in_time(doing, counted).await
            }
        }
    }

    /// Begins several statements; dropped without [`Session::commit`], nothing has happened.
    pub(super) async fn begin(&self, doing: &'static str) -> Result<Session, StoreError> {
        match self {
            // Not the default kind, which would ask for the right to write in the middle and may be refused there.
            Self::Sqlite(pools) => {
                pools.writer.begin_with("BEGIN IMMEDIATE").await.map(Session::Sqlite).map_err(failed(doing))
            }
            Self::Postgres(pool) => in_time(doing, async { Ok(Session::Postgres(pool.begin().await?)) }).await,
        }
    }

    /// Waits until nobody uses the connections any more, and closes them.
    pub(super) async fn close(&self) {
        match self {
            Self::Sqlite(pools) => {
                pools.reader.close().await;
                pools.writer.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

impl Session {
    /// Runs a statement.
    pub(super) async fn run(&mut self, ask: Ask) -> Result<Vec<Row>, StoreError> {
        let doing = ask.doing;
        match self {
            Self::Sqlite(session) => sqlite_rows(ask.sqlite().fetch_all(&mut **session).await).map_err(failed(doing)),
            Self::Postgres(session) => {
                let rows = async { postgres_rows(ask.postgres().fetch_all(&mut **session).await) };
                in_time(doing, rows).await
            }
        }
    }

    /// Makes it happen.
    pub(super) async fn commit(self, doing: &'static str) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(session) => session.commit().await.map_err(failed(doing)),
            Self::Postgres(session) => in_time(doing, session.commit()).await,
        }
    }
}

async fn on_pool(pool: &PgPool, ask: Ask) -> sqlx::Result<Vec<Row>> {
    postgres_rows(ask.postgres().fetch_all(pool).await)
}

fn sqlite_rows(rows: sqlx::Result<Vec<SqliteRow>>) -> sqlx::Result<Vec<Row>> {
    Ok(rows?.into_iter().map(Row::Sqlite).collect())
}

fn postgres_rows(rows: sqlx::Result<Vec<PgRow>>) -> sqlx::Result<Vec<Row>> {
    Ok(rows?.into_iter().map(Row::Postgres).collect())
}

async fn in_time<T>(doing: &'static str, work: impl Future<Output = sqlx::Result<T>>) -> Result<T, StoreError> {
    let done = timeout(PATIENCE, work).await.unwrap_or_else(|_elapsed| {
        Err(sqlx::Error::Io(std::io::Error::new(std::io::ErrorKind::TimedOut, "it does not answer")))
    });
    done.map_err(failed(doing))
}

/// For `map_err`: a statement that failed.
pub(super) fn failed(doing: &'static str) -> impl FnOnce(sqlx::Error) -> StoreError {
    move |error| {
        let source: Box<dyn std::error::Error + Send + Sync> =
            if is_pooled(&error) { Box::new(Pooled) } else { Box::new(error) };
        StoreError::Query { doing, source }
    }
}

/// Whether a statement that was prepared is not there, or is there although nobody prepared it.
pub(super) fn is_pooled(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    matches!(code.as_deref(), Some("42P05" | "26000"))
}

/// What stands between us and the server can't be used.
#[derive(Debug, thiserror::Error)]
#[error(
    "a pooler in between hands connections on after each transaction, and does not know prepared statements; use its \
     session mode (Supabase: port 5432) or the server itself"
)]
pub(super) struct Pooled;

impl Row {
    pub(super) fn text(&self, name: &str) -> sqlx::Result<Option<String>> {
        match self {
            Self::Sqlite(row) => row.try_get(name),
            Self::Postgres(row) => row.try_get(name),
        }
    }

    pub(super) fn whole(&self, name: &str) -> sqlx::Result<Option<i64>> {
        match self {
            Self::Sqlite(row) => row.try_get(name),
            Self::Postgres(row) => row.try_get(name),
        }
    }

    pub(super) fn flag(&self, name: &str) -> sqlx::Result<bool> {
        match self {
            Self::Sqlite(row) => row.try_get(name),
            Self::Postgres(row) => row.try_get(name),
        }
    }
}

impl From<&str> for Arg {
    fn from(text: &str) -> Self {
        Self::Text(Some(text.to_owned()))
    }
}

impl From<String> for Arg {
    fn from(text: String) -> Self {
        Self::Text(Some(text))
    }
}

impl From<Option<String>> for Arg {
    fn from(text: Option<String>) -> Self {
        Self::Text(text)
    }
}

impl From<Option<&str>> for Arg {
    fn from(text: Option<&str>) -> Self {
        Self::Text(text.map(str::to_owned))
    }
}

impl From<i64> for Arg {
    fn from(number: i64) -> Self {
        Self::Whole(Some(number))
    }
}

impl From<Option<i64>> for Arg {
    fn from(number: Option<i64>) -> Self {
        Self::Whole(number)
    }
}
