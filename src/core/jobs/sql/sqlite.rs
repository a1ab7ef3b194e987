//! Opening an `SQLite` file: is it ours, is it new enough, and how connections to it behave.
//!
//! For: everything before the first statement. Not for: the statements. The one decision: one connection writes and a
//! few read. `SQLite` lets one writer in at a time anyway; in our own queue writers wait in order, instead of polling
//! the file's lock against each other, and readers (in WAL mode) never wait.

use std::path::Path;
use std::time::Duration;

use sqlx::error::DatabaseError;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, SqlSafeStr as _};

use crate::core::jobs::store::StoreError;

/// How long a statement waits for another process that writes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(15);
/// How long opening waits for another process that opens the same new file.
const OPEN_RETRIES: u32 = 100;
const OPEN_PAUSE: Duration = Duration::from_millis(50);
const READERS: u32 = 4;
/// "tmil", as the first migration writes it.
const APPLICATION_ID: i64 = 1_953_327_468;

/// The connections to one database file.
#[derive(Debug, Clone)]
pub(super) struct Pools {
    pub(super) writer: SqlitePool,
    pub(super) reader: SqlitePool,
}

/// Opens or makes the file and brings its schema up to date.
pub(super) async fn pools(path: &Path) -> Result<Pools, StoreError> {
    let place = path.display().to_string();
    let mut tries = 0;
    loop {
        match try_pools(path).await {
            Ok(pools) => return Ok(pools),
            // The switch to WAL does not wait for other processes by itself.
            Err(Refusal::Database(error)) if is_busy(&error) && tries < OPEN_RETRIES => {
                tries += 1;
                tokio::time::sleep(OPEN_PAUSE).await;
            }
            Err(refusal) => return Err(refusal.at(place)),
        }
    }
}

async fn try_pools(path: &Path) -> Result<Pools, Refusal> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .busy_timeout(BUSY_TIMEOUT)
        .foreign_keys(true);
    // Before anything is changed in a file that may be another program's.
    let mut connection = options.connect().await?;
    prepare(&mut connection).await?;
    connection.close().await?;

    // WAL: readers don't wait for the writer. FULL: a commit is on the disk before anybody hears of it. With NORMAL a
    // power cut could take back a job whose `202 Accepted` the client has, or a result that was already read; a few
    // fsyncs per job are a small price.
    let options = options.journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Full);
    let pool = || {
        SqlitePoolOptions::new()
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
            // A full disk ends a transaction by itself, of which the driver hears nothing: it would refuse every
            // further one on this connection. The ping lets it finish what it can.
            .after_release(|connection, _| {
                Box::pin(async move { Ok(connection.ping().await.is_ok() && !connection.is_in_transaction()) })
            })
    };
    Ok(Pools {
        writer: pool().max_connections(1).connect_with(options.clone()).await?,
        reader: pool().max_connections(READERS).connect_with(options.pragma("query_only", "ON")).await?,
    })
}

/// Checks whose file it is and applies what is missing, all in one transaction: a second process waits, a kill leaves
/// the file as it was.
async fn prepare(connection: &mut SqliteConnection) -> Result<(), Refusal> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    let application: i64 = sqlx::query_scalar("PRAGMA application_id").fetch_one(&mut *transaction).await?;
    let tables: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_schema").fetch_one(&mut *transaction).await?;
    if application != APPLICATION_ID && (application != 0 || tables > 0) {
        return Err(Refusal::Foreign);
    }
    let migrator = migrator();
    match migrator.run_direct(None, &mut *transaction, false).await {
        Ok(()) => {
            // Changes nothing, but is a write: a file that can't be written is opened, and even locked, without complaint
            // if a process that was killed has left its log beside it.
            let mark = format!("PRAGMA application_id = {APPLICATION_ID}");
            sqlx::query(AssertSqlSafe(mark)).execute(&mut *transaction).await?;
            Ok(transaction.commit().await?)
        }
        Err(MigrateError::VersionMissing(_)) => {
            let found =
                sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations").fetch_one(&mut *transaction).await?;
            Err(Refusal::TooNew { found, known: migrator.iter().map(|step| step.version).max().unwrap_or_default() })
        }
        Err(MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)) => Err(error.into()),
        Err(error) => Err(Refusal::Migration(error)),
    }
}

/// All steps of the schema, oldest first.
fn migrator() -> Migrator {
    Migrator::with_migrations(vec![
        step(1, "jobs", include_str!("../migrations/sqlite/0001_jobs.sql")),
        step(2, "parts and workers", include_str!("../migrations/sqlite/0002_parts_and_workers.sql")),
        step(3, "dataset", include_str!("../migrations/sqlite/0003_dataset.sql")),
    ])
}

/// A step of a schema.
pub(super) fn step(version: i64, what: &'static str, sql: &'static str) -> Migration {
    Migration::new(version, what.into(), MigrationType::Simple, sql.into_sql_str(), false)
}

fn is_busy(error: &sqlx::Error) -> bool {
    const SQLITE_BUSY: i32 = 5;
    let code = error.as_database_error().and_then(DatabaseError::code).and_then(|code| code.parse::<i32>().ok());
    // Extended codes hold the plain one in their low byte.
    code.is_some_and(|code| code & 0xff == SQLITE_BUSY)
}

/// Why a file is not opened, before its place is added.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    #[error(transparent)]
    Migration(MigrateError),
    #[error("it is another program's database")]
    Foreign,
    #[error("it is too new")]
    TooNew { found: i64, known: i64 },
}

impl Refusal {
    fn at(self, place: String) -> StoreError {
        match self {
            Self::TooNew { found, known } => StoreError::TooNew { place, found, known },
            other => StoreError::Open { place, source: Box::new(other) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn raw(path: &Path, sql: &'static str) {
        let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
        let mut connection = options.connect().await.unwrap();
        sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }

    #[tokio::test]
    async fn a_file_is_made_and_can_be_opened_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("jobs.db");
        pools(&path).await.unwrap();
        let pools = pools(&path).await.unwrap();
        let mode: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&pools.reader).await.unwrap();
        assert_eq!(mode, "wal");
    }

    #[tokio::test]
    async fn a_disk_that_was_full_keeps_nobody_from_writing_later() {
        let folder = tempfile::tempdir().unwrap();
        let pools = pools(&folder.path().join("jobs.db")).await.unwrap();
        // As small as the file is now: for this connection the disk is full.
        let prepare = "CREATE TABLE filler (bytes BLOB); PRAGMA max_page_count = 1";
        sqlx::raw_sql(prepare).execute(&pools.writer).await.unwrap();
        let mut session = pools.writer.begin_with("BEGIN IMMEDIATE").await.unwrap();
        let fill = sqlx::query("INSERT INTO filler VALUES (zeroblob(1000000))");
        assert!(fill.execute(&mut *session).await.unwrap_err().to_string().contains("full"));
        drop(session);
        let mut session = pools.writer.begin_with("BEGIN IMMEDIATE").await.unwrap();
        sqlx::query("INSERT INTO filler VALUES (zeroblob(1000000))").execute(&mut *session).await.unwrap();
        session.commit().await.unwrap();
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn many_may_open_a_new_file_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("jobs.db");
        let opened = futures::future::join_all((0..8).map(|_| pools(&path))).await;
        assert!(opened.iter().all(Result::is_ok), "{opened:?}");
    }

    #[tokio::test]
    async fn refuses_a_newer_schema_and_names_both_versions() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("jobs.db");
        pools(&path).await.unwrap();
        raw(&path, "INSERT INTO _sqlx_migrations VALUES (7, 'later', 0, 1, x'00', 0), (9, 'last', 0, 1, x'00', 0)")
            .await;
        let error = pools(&path).await.unwrap_err();
        assert!(matches!(error, StoreError::TooNew { found: 9, known: 3, .. }), "{error:?}");
    }

    #[tokio::test]
    async fn refuses_what_is_not_a_database_of_its_own_and_leaves_it_alone() {
        let folder = tempfile::tempdir().unwrap();
        let text = folder.path().join("text.db");
        std::fs::write(&text, "id,text\n1,nothing but a table of words\n".repeat(200)).unwrap();
        let foreign = folder.path().join("foreign.db");
        raw(&foreign, "CREATE TABLE songs (title TEXT)").await;
        let before = std::fs::read(&foreign).unwrap();
        for path in [&text, &foreign, &folder.path().to_owned(), &folder.path().join("missing/jobs.db")] {
            let error = pools(path).await.unwrap_err();
            assert!(matches!(error, StoreError::Open { .. }), "{path:?}: {error:?}");
        }
        assert_eq!(std::fs::read(&foreign).unwrap(), before);
    }
}
