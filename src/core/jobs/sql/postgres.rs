//! Connecting to a `PostgreSQL` server: does it let us in, is our schema new enough, and how connections behave.
//!
//! For: everything before the first statement. Not for: the statements. The one decision: all names are written with
//! their schema and nothing is set for a connection, so that a pooler may stand in between; one that hands connections on
//! after each transaction must know prepared statements, though.

use std::borrow::Cow;
use std::io;
use std::str::FromStr as _;
use std::time::{Duration, Instant};

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions as _, Connection as _};

use super::database::{Pooled, is_pooled};
use super::sqlite::step;
use crate::core::jobs::store::StoreError;

/// Connections of one process at most.
const CONNECTIONS: u32 = 8;
/// A connection that was not used for so long is closed: others may need it more.
const IDLE: Duration = Duration::from_mins(1);
/// How long a statement waits for a connection.
const ACQUIRE: Duration = Duration::from_secs(8);
/// A connection that was idle for longer is asked whether it still is one.
const DOUBT: Duration = Duration::from_secs(5);
/// How long a server that is starting is waited for, and how often it is asked.
const STARTING: Duration = Duration::from_secs(5);
const STARTING_PAUSE: Duration = Duration::from_millis(250);
/// One process prepares the schema at a time: "tmil" and one more.
const MIGRATING: &str = "SELECT pg_advisory_xact_lock(1953327469)";

/// Connects, and brings the schema up to date.
pub(super) async fn pool(url: &str) -> Result<PgPool, StoreError> {
    let options = options(url)?;
    let place = place(&options);
    let mut connection = first_connection(&options, &place).await?;
    prepare(&mut connection, &place).await?;
    // The work is done; how the connection ends does not matter.
    let _ = connection.close().await;
    let pool = PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(ACQUIRE)
        .idle_timeout(IDLE)
        .test_before_acquire(false)
        .before_acquire(|connection, about| {
            Box::pin(async move { Ok(about.idle_for < DOUBT || connection.ping().await.is_ok()) })
        });
    Ok(pool.connect_lazy_with(options))
}

fn options(url: &str) -> Result<PgConnectOptions, StoreError> {
    let options = PgConnectOptions::from_str(url).map_err(|error| StoreError::Refused {
        place: "of the setting `database_url`".to_owned(),
        why: format!("it is no address of a PostgreSQL database: {}", without_url(&error, url)),
        hint: "write it as postgres://user:password@host:5432/database",
    })?;
    // No number of ours has a fraction, and a pooler refuses what it does not know.
    Ok(options.application_name("textmill").extra_float_digits(None))
}

/// What is wrong with an address, without repeating it: it may hold a password.
fn without_url(error: &sqlx::Error, url: &str) -> String {
    error.to_string().replace(url, "…")
}

/// Where it is, without password.
fn place(options: &PgConnectOptions) -> String {
    let database = options.get_database().unwrap_or_else(|| options.get_username());
    format!("postgres://{}@{}:{}/{database}", options.get_username(), options.get_host(), options.get_port())
}

/// A server that is just starting is given time; one that says no is believed at once.
async fn first_connection(options: &PgConnectOptions, place: &str) -> Result<PgConnection, StoreError> {
    let end = Instant::now() + STARTING;
    loop {
        let attempt = tokio::time::timeout(STARTING, options.connect()).await;
        let error = match attempt {
            Ok(Ok(connection)) => return Ok(connection),
            Ok(Err(error)) => error,
            Err(_elapsed) => sqlx::Error::Io(io::Error::new(io::ErrorKind::TimedOut, "it does not answer")),
        };
        if !may_pass(&error) || Instant::now() >= end {
            return Err(refused(&error, place));
        }
        tokio::time::sleep(STARTING_PAUSE).await;
    }
}

/// Nobody listens yet, or the server says that it is starting.
fn may_pass(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(error) => error.kind() == io::ErrorKind::ConnectionRefused,
        _ => code(error).is_some_and(|code| code == "57P03"),
    }
}

fn code(error: &sqlx::Error) -> Option<Cow<'_, str>> {
    error.as_database_error().and_then(sqlx::error::DatabaseError::code)
}

/// Says in words why a server can't be used.
fn refused(error: &sqlx::Error, place: &str) -> StoreError {
    let (why, hint) = match (code(error).as_deref(), error) {
        (Some("28P01" | "28000"), _) => (
            "user or password is wrong, or this user may not come from here".to_owned(),
            "check user and password in the address, and the server's pg_hba.conf",
        ),
        (Some("3D000"), _) => (
            "the server has no such database".to_owned(),
            "make it with `createdb`, or correct its name in the address",
        ),
        (Some("53300"), _) => {
            ("the server has no connection left".to_owned(), "raise its max_connections, or put a pooler before it")
        }
        (Some("57P03"), _) => ("the server is still starting".to_owned(), "wait until it is ready, then try again"),
        (Some("42501"), _) => (
            format!("this user may not make or change the schema `textmill`: {error}"),
            "grant it CREATE on the database, or make the schema for it: CREATE SCHEMA textmill AUTHORIZATION …",
        ),
        // The TLS library tells of certificates that way.
        (None, sqlx::Error::Io(error)) if error.kind() == io::ErrorKind::InvalidData => insecure(error),
        (None, sqlx::Error::Tls(error)) => insecure(error),
        (None, sqlx::Error::Io(error)) => (
            format!("the server can't be reached: {error}"),
            "check host and port in the address, and whether the server runs",
        ),
        _ if is_pooled(error) => (Pooled.to_string(), "use the pooler's session mode, or the server itself"),
        _ => (error.to_string(), "the server's log may tell more"),
    };
    StoreError::Refused { place: place.to_owned(), why, hint }
}

fn insecure(error: &impl std::fmt::Display) -> (String, &'static str) {
    let hint = "check `sslmode` in the address, and the server's certificate; `sslrootcert=FILE` names who signed it";
    (format!("no secure connection: {error}"), hint)
}

/// Applies what is missing, all in one transaction: a second process waits, a kill leaves the schema as it was.
async fn prepare(connection: &mut PgConnection, place: &str) -> Result<(), StoreError> {
    let asking = |error: sqlx::Error| refused(&error, place);
    let mut transaction = connection.begin().await.map_err(asking)?;
    sqlx::query(MIGRATING).execute(&mut *transaction).await.map_err(asking)?;
    // To ask for a schema that is there takes the right to make one, which an owner of the schema alone has not.
    let has_schema = sqlx::query_scalar("SELECT to_regnamespace('textmill') IS NOT NULL");
    let migrator = migrator(has_schema.fetch_one(&mut *transaction).await.map_err(asking)?);
    match migrator.run_direct(None, &mut *transaction, false).await {
        Ok(()) => transaction.commit().await.map_err(asking),
        Err(MigrateError::VersionMissing(_)) => {
            let newest = sqlx::query_scalar("SELECT max(version) FROM textmill._sqlx_migrations");
            let found: i64 = newest.fetch_one(&mut *transaction).await.map_err(asking)?;
            let known = migrator.iter().map(|step| step.version).max().unwrap_or_default();
            Err(StoreError::TooNew { place: place.to_owned(), found, known })
        }
        Err(MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)) => Err(asking(error)),
        Err(error) => Err(StoreError::Open { place: place.to_owned(), source: Box::new(error) }),
    }
}

/// All steps of the schema, oldest first.
fn migrator(has_schema: bool) -> Migrator {
    Migrator {
        migrations: vec![
            step(1, "jobs", include_str!("../migrations/postgres/0001_jobs.sql")),
            step(2, "dataset", include_str!("../migrations/postgres/0002_dataset.sql")),
        ]
        .into(),
        // Its own lock lasts for a connection, which a pooler may hand on.
        locking: false,
        table_name: "textmill._sqlx_migrations".into(),
        create_schemas: if has_schema { Vec::new() } else { vec!["textmill".into()] }.into(),
        ..Migrator::DEFAULT
    }
}
