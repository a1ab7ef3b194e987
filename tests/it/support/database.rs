//! A test's own look into the job database, beside the program and not through it.
//!
//! Rows come as JSON objects, of either database alike: a test reads by name, and needs no types.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Map, Value};
use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions, SqliteRow};
use sqlx::{AssertSqlSafe, Column as _, Row as _, TypeInfo as _, ValueRef as _};
use tokio::runtime::Runtime;

use super::postgres::Server;

/// How long a question is asked again while the database is away.
const PATIENCE: Duration = Duration::from_mins(1);

/// A job database.
pub(crate) struct Database {
    runtime: Runtime,
    kind: Kind,
}

enum Kind {
    Sqlite { path: PathBuf, pool: SqlitePool },
    Postgres { server: Server, name: String, pool: PgPool },
}

impl Database {
    /// The file in a state directory; need not be there yet.
    pub(crate) fn sqlite(state: &Path) -> Self {
        let runtime = runtime();
        let path = state.join("textmill.sqlite3");
        let options = SqliteConnectOptions::new().filename(&path).busy_timeout(PATIENCE);
        let pool = runtime.block_on(async { SqlitePoolOptions::new().max_connections(1).connect_lazy_with(options) });
        Self { runtime, kind: Kind::Sqlite { path, pool } }
    }

    /// A fresh database on the server; dropped with this.
    pub(crate) fn postgres(server: Server) -> Self {
        let runtime = runtime();
        let name = Server::fresh_name();
        let url = server.url(server.address(), &name);
        let pool = runtime.block_on(async {
            let maintenance = PgPoolOptions::new().connect(server.maintenance_url()).await.unwrap();
            sqlx::raw_sql(AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&maintenance).await.unwrap();
            PgPoolOptions::new().max_connections(2).acquire_timeout(PATIENCE).connect_lazy(&url).unwrap()
        });
        Self { runtime, kind: Kind::Postgres { server, name, pool } }
    }

    /// The server, where there is one.
    pub(crate) fn server(&self) -> Option<&Server> {
        match &self.kind {
            Kind::Sqlite { .. } => None,
            Kind::Postgres { server, .. } => Some(server),
        }
    }

    /// Its name on the server, where there is one.
    pub(crate) fn name(&self) -> Option<&str> {
        match &self.kind {
            Kind::Sqlite { .. } => None,
            Kind::Postgres { name, .. } => Some(name),
        }
    }

    /// One of two texts, by which database it is.
    pub(crate) fn either<'a>(&self, sqlite: &'a str, postgres: &'a str) -> &'a str {
        match self.kind {
            Kind::Sqlite { .. } => sqlite,
            Kind::Postgres { .. } => postgres,
        }
    }

    /// The table of this name in textmill's schema.
    pub(crate) fn table(&self, name: &str) -> String {
        match self.kind {
            Kind::Sqlite { .. } => name.to_owned(),
            Kind::Postgres { .. } => format!("textmill.{name}"),
        }
    }

    /// Carries out statements.
    pub(crate) fn execute(&self, sql: &str) {
        self.insist(sql, || match &self.kind {
            Kind::Sqlite { pool, .. } => {
                self.runtime.block_on(sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(pool)).map(drop)
            }
            Kind::Postgres { pool, .. } => {
                self.runtime.block_on(sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(pool)).map(drop)
            }
        });
    }

    /// The rows of a question, in its order.
    pub(crate) fn rows(&self, sql: &str) -> Vec<Value> {
        self.insist(sql, || match &self.kind {
            Kind::Sqlite { pool, .. } => {
                let rows = self.runtime.block_on(sqlx::query(AssertSqlSafe(sql.to_owned())).fetch_all(pool))?;
                Ok(rows.iter().map(object).collect())
            }
            Kind::Postgres { pool, .. } => {
                let sql = format!("SELECT row_to_json(found)::text FROM ({sql}) AS found");
                let rows: Vec<String> =
                    self.runtime.block_on(sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(pool))?;
                Ok(rows.iter().map(|row| serde_json::from_str(row).unwrap()).collect())
            }
        })
    }

    /// A single number.
    pub(crate) fn number(&self, sql: &str) -> i64 {
        let rows = self.rows(sql);
        rows[0]
            .as_object()
            .unwrap()
            .values()
            .next()
            .and_then(Value::as_i64)
            .unwrap_or_else(|| panic!("{sql}: {rows:?}"))
    }

    /// Asks again while the database is being restarted.
    fn insist<T>(&self, sql: &str, mut ask: impl FnMut() -> Result<T, sqlx::Error>) -> T {
        let begun = Instant::now();
        loop {
            match ask() {
                Ok(answer) => return answer,
                Err(error) => assert!(begun.elapsed() < PATIENCE && self.is_passing(&error), "{error}: {sql}"),
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Whether the server, and not the question, was at fault.
    fn is_passing(&self, error: &sqlx::Error) -> bool {
        let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
        // 57P01 to 57P03: it is going down, has crashed, is not up yet.
        self.server().is_some() && code.is_none_or(|code| code.starts_with("57P"))
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let Kind::Postgres { server, name, pool } = &self.kind else { return };
        // A database that stays goes with the server; a failing test must be heard for its own reason.
        self.runtime.block_on(async {
            pool.close().await;
            if let Ok(maintenance) = PgPoolOptions::new().connect(server.maintenance_url()).await {
                let drop = format!("DROP DATABASE {name} WITH (FORCE)");
                let _ = sqlx::raw_sql(AssertSqlSafe(drop)).execute(&maintenance).await;
            }
        });
    }
}

impl std::fmt::Debug for Database {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.kind {
            Kind::Sqlite { path, .. } => write!(formatter, "SQLite {}", path.display()),
            Kind::Postgres { name, .. } => write!(formatter, "PostgreSQL {name}"),
        }
    }
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

fn object(row: &SqliteRow) -> Value {
    let mut fields = Map::new();
    for column in row.columns() {
        let raw = row.try_get_raw(column.ordinal()).unwrap();
        let value = match raw.type_info().name() {
            _ if raw.is_null() => Value::Null,
            "INTEGER" => row.get::<i64, _>(column.ordinal()).into(),
            "REAL" => row.get::<f64, _>(column.ordinal()).into(),
            _ => row.get::<String, _>(column.ordinal()).into(),
        };
        fields.insert(column.name().to_owned(), value);
    }
    Value::Object(fields)
}
