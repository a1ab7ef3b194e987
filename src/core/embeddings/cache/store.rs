//! The file of a cache: a database of `SQLite`.
//!
//! For: finding and keeping vectors, some hundred at a time, and staying below a size. Not for: what to do when it does
//! not work (`mod`). The decisions: vectors lie apart from the small rows that say when they were used last, so that a
//! hit writes little, and at most once an hour; each vector carries a checksum, since a database does not notice a bit
//! that a disk turned; a lock of the system is shared by all who have the file open, so that nobody sets it aside under
//! somebody's hands.

use std::collections::HashMap;
use std::fs::{self, File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use futures::executor::block_on;
use sha2::{Digest, Sha256};
use sqlx::sqlite::{
    SqliteAutoVacuum, SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteRow, SqliteSynchronous,
};
use sqlx::{ConnectOptions as _, Connection as _, QueryBuilder, Row as _, Sqlite};

use super::error::CacheError;
use super::identity::{KEY_BYTES, Key};
use super::{CacheSettings, TextLength};

/// The number is that of the schema: another one is another file.
const FILE: &str = "vectors-1.sqlite3";
const LOCK: &str = "vectors-1.lock";
const ASIDE: &str = "vectors-1.broken.sqlite3";
/// "tmev"
const APPLICATION_ID: i64 = 1_953_326_454;
const SCHEMA: &str = "
    CREATE TABLE texts (key BLOB PRIMARY KEY, used INTEGER NOT NULL, vector INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    CREATE INDEX texts_by_use ON texts (used, vector);
    CREATE TABLE vectors (id INTEGER PRIMARY KEY, numbers BLOB NOT NULL, tokens INTEGER, is_truncated INTEGER,
        checksum BLOB NOT NULL) STRICT;
    PRAGMA application_id = 1953326454";

/// How long a statement waits for another process that writes; then it is passed over.
const BUSY_TIMEOUT: Duration = Duration::from_secs(2);
/// How long opening waits for others that open the same new file, or set it aside.
const OPEN_TIMEOUT: Duration = Duration::from_secs(5);
const OPEN_PAUSE: Duration = Duration::from_millis(20);
/// What is left of the journal when nobody needs it.
const JOURNAL_BYTES: &str = "4194304";
/// Keys of a statement, and rows of a transaction.
const ROWS: usize = 256;
/// Texts that are forgotten at once.
const FORGOTTEN: i64 = 64;
/// Seconds that a time of use may be old before it is written anew.
const USE_SECONDS: i64 = 3_600;
/// One page of so many is kept free.
const SPARE: i64 = 16;
const CHECKSUM_BYTES: usize = 8;

/// What is known of a text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Known {
    /// Its vector.
    pub(super) numbers: Vec<f32>,
    /// How long it is, where the engine told.
    pub(super) length: Option<TextLength>,
}

/// The open file.
#[derive(Debug)]
pub(super) struct Store {
    /// There until it is closed.
    connection: Option<SqliteConnection>,
    max_bytes: u64,
    _shared: File,
}

impl Store {
    /// Opens the file, or makes it.
    pub(super) fn open(settings: &CacheSettings) -> Result<Self, CacheError> {
        fs::create_dir_all(&settings.dir).map_err(CacheError::at(&settings.dir))?;
        let begun = Instant::now();
        let shared = lock(&settings.dir, File::try_lock_shared, OPEN_TIMEOUT)?;
        let connection = loop {
            match block_on(connect(&settings.dir.join(FILE))) {
                // The switch to a journal does not wait for others by itself.
                Err(error) if error.is_busy() && begun.elapsed() < OPEN_TIMEOUT => std::thread::sleep(OPEN_PAUSE),
                other => break other?,
            }
        };
        Ok(Self { connection: Some(connection), max_bytes: settings.max_bytes, _shared: shared })
    }

    /// Moves the file out of the way; nobody else may have it open. An earlier one that was moved there is gone.
    pub(super) fn set_aside(settings: &CacheSettings) -> Result<PathBuf, CacheError> {
        let _alone = lock(&settings.dir, File::try_lock, Duration::ZERO)?;
        let (path, aside) = (settings.dir.join(FILE), settings.dir.join(ASIDE));
        for journal in ["-wal", "-shm"] {
            let path = settings.dir.join(format!("{FILE}{journal}"));
            match fs::remove_file(&path) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(CacheError::at(&path)(error)),
                _ => {}
            }
        }
        fs::rename(&path, &aside).map_err(CacheError::at(&path))?;
        Ok(aside)
    }

    /// What is known of these texts.
    pub(super) fn find(&mut self, keys: &[Key]) -> Result<HashMap<Key, Known>, CacheError> {
        let mut found = HashMap::with_capacity(keys.len());
        for some in keys.chunks(ROWS) {
            block_on(find(self.connection()?, some, &mut found))?;
        }
        Ok(found)
    }

    /// Keeps vectors, and forgets those that were not used for the longest time where there is no room.
    pub(super) fn put(&mut self, entries: &[(Key, Known)]) -> Result<(), CacheError> {
        let max_bytes = self.max_bytes;
        for some in entries.chunks(ROWS) {
            block_on(put(self.connection()?, some, max_bytes))?;
        }
        Ok(())
    }

    fn connection(&mut self) -> Result<&mut SqliteConnection, CacheError> {
        self.connection.as_mut().ok_or(CacheError::Broken("it is closed"))
    }
}

impl Drop for Store {
    /// Waits until it is closed: others may set the file aside from then on.
    fn drop(&mut self) {
        if let Some(Err(error)) = self.connection.take().map(|connection| block_on(connection.close())) {
            tracing::debug!(%error, "the cache of embeddings was not closed");
        }
    }
}

/// The lock of all who have the file open, or of the one who moves it.
fn lock(dir: &Path, take: fn(&File) -> Result<(), TryLockError>, patience: Duration) -> Result<File, CacheError> {
    let path = dir.join(LOCK);
    let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(CacheError::at(&path))?;
    let begun = Instant::now();
    loop {
        match take(&file) {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if begun.elapsed() < patience => std::thread::sleep(OPEN_PAUSE),
            Err(TryLockError::WouldBlock) => return Err(CacheError::InUse { path: dir.to_owned() }),
            Err(TryLockError::Error(error)) => return Err(CacheError::at(&path)(error)),
        }
    }
}

async fn connect(path: &Path) -> Result<SqliteConnection, CacheError> {
    // NORMAL: what a power cut takes back is computed again.
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .busy_timeout(BUSY_TIMEOUT)
        .auto_vacuum(SqliteAutoVacuum::Incremental)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .pragma("journal_size_limit", JOURNAL_BYTES)
        .disable_statement_logging();
    let mut connection = options.connect().await?;
    match prepare(&mut connection).await {
        Ok(()) => Ok(connection),
        Err(error) => {
            connection.close().await?;
            Err(error)
        }
    }
}

/// Whose file is it? A new one gets its tables.
async fn prepare(connection: &mut SqliteConnection) -> Result<(), CacheError> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    let application: i64 = sqlx::query_scalar("PRAGMA application_id").fetch_one(&mut *transaction).await?;
    let tables: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_schema").fetch_one(&mut *transaction).await?;
    match (application, tables) {
        (APPLICATION_ID, 1..) => {}
        (0, 0) => {
            sqlx::raw_sql(SCHEMA).execute(&mut *transaction).await?;
        }
        _ => return Err(CacheError::Broken("it is another program's database")),
    }
    Ok(transaction.commit().await?)
}

async fn find(
    connection: &mut SqliteConnection,
    keys: &[Key],
    found: &mut HashMap<Key, Known>,
) -> Result<(), CacheError> {
    let mut query = QueryBuilder::<Sqlite>::new(
        "SELECT key, used, numbers, tokens, is_truncated, checksum FROM texts JOIN vectors ON id = vector WHERE key IN ",
    );
    among(&mut query, keys);
    let rows = query.build().persistent(false).fetch_all(&mut *connection).await?;
    let now = now();
    let mut not_lately = Vec::new();
    for row in rows {
        let (key, known) = read(&row)?;
        // A clock that was set back counts as well.
        if (now - row.try_get::<i64, _>("used")?).abs() >= USE_SECONDS {
            not_lately.push(key);
        }
        found.insert(key, known);
    }
    if not_lately.is_empty() {
        return Ok(());
    }
    let mut query = QueryBuilder::<Sqlite>::new("UPDATE texts SET used = ");
    query.push_bind(now).push(" WHERE key IN ");
    among(&mut query, &not_lately);
    match query.build().persistent(false).execute(connection).await.map_err(CacheError::from) {
        // The vectors are found all the same.
        Err(error) if !error.is_busy() => Err(error),
        _ => Ok(()),
    }
}

/// `(?, ?, …)`
fn among(query: &mut QueryBuilder<Sqlite>, keys: &[Key]) {
    query.push("(");
    let mut list = query.separated(", ");
    for key in keys {
        list.push_bind(key.to_vec());
    }
    query.push(")");
}

fn read(row: &SqliteRow) -> Result<(Key, Known), CacheError> {
    let key: &[u8] = row.try_get("key")?;
    let bytes: &[u8] = row.try_get("numbers")?;
    let length: (Option<i64>, Option<bool>) = (row.try_get("tokens")?, row.try_get("is_truncated")?);
    let key = <[u8; KEY_BYTES]>::try_from(key).map_err(|_other| CacheError::Broken("a key has another size"))?;
    let length = match length {
        (Some(tokens), Some(is_truncated)) => {
            let tokens = usize::try_from(tokens).map_err(|_negative| CacheError::Broken("a text has no tokens"))?;
            Some(TextLength { tokens, is_truncated })
        }
        _ => None,
    };
    if row.try_get::<&[u8], _>("checksum")? != checksum(&key, bytes, length) {
        return Err(CacheError::Broken("a vector is not as it was written"));
    }
    let (numbers, _rest) = bytes.as_chunks::<4>();
    let numbers = numbers.iter().map(|number| f32::from_le_bytes(*number)).collect();
    Ok((key, Known { numbers, length }))
}

async fn put(connection: &mut SqliteConnection, entries: &[(Key, Known)], max_bytes: u64) -> Result<(), CacheError> {
    let now = now();
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    for (key, known) in entries {
        let bytes: Vec<u8> = known.numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        let length = known.length;
        let checksum = checksum(key, &bytes, length).to_vec();
        let vector = sqlx::query("INSERT INTO vectors (numbers, tokens, is_truncated, checksum) VALUES (?, ?, ?, ?)")
            .bind(bytes)
            .bind(length.and_then(|length| i64::try_from(length.tokens).ok()))
            .bind(length.map(|length| length.is_truncated))
            .bind(checksum);
        let vector = vector.execute(&mut *transaction).await?.last_insert_rowid();
        let text = sqlx::query("INSERT INTO texts (key, used, vector) VALUES (?, ?, ?) ON CONFLICT DO NOTHING")
            .bind(key.to_vec())
            .bind(now)
            .bind(vector);
        if text.execute(&mut *transaction).await?.rows_affected() == 0 {
            // Another process was faster.
            sqlx::query("DELETE FROM vectors WHERE id = ?").bind(vector).execute(&mut *transaction).await?;
        }
    }
    make_room(&mut transaction, max_bytes).await?;
    Ok(transaction.commit().await?)
}

/// Forgets what was not used for the longest time until the file is no larger than it may be.
async fn make_room(connection: &mut SqliteConnection, max_bytes: u64) -> Result<(), CacheError> {
    loop {
        let (used, free) = pages(connection).await?;
        let most = i64::try_from(max_bytes / page_size(connection).await?).unwrap_or(i64::MAX);
        // Times of use that are written anew may take a few pages more.
        let most = most - most / SPARE;
        if used <= most {
            let excess = used + free - most;
            if excess > 0 {
                let mut give_back = QueryBuilder::<Sqlite>::new("PRAGMA incremental_vacuum(");
                give_back.push(excess).push(")");
                give_back.build().persistent(false).execute(connection).await?;
            }
            return Ok(());
        }
        let oldest =
            "DELETE FROM texts WHERE key IN (SELECT key FROM texts ORDER BY used, vector LIMIT ?) RETURNING vector";
        let vectors: Vec<i64> = sqlx::query_scalar(oldest).bind(FORGOTTEN).fetch_all(&mut *connection).await?;
        if vectors.is_empty() {
            return Ok(());
        }
        for vector in vectors {
            sqlx::query("DELETE FROM vectors WHERE id = ?").bind(vector).execute(&mut *connection).await?;
        }
    }
}

/// Pages that hold something, and pages that don't.
async fn pages(connection: &mut SqliteConnection) -> Result<(i64, i64), CacheError> {
    let all: i64 = sqlx::query_scalar("PRAGMA page_count").fetch_one(&mut *connection).await?;
    let free: i64 = sqlx::query_scalar("PRAGMA freelist_count").fetch_one(connection).await?;
    Ok((all - free, free))
}

async fn page_size(connection: &mut SqliteConnection) -> Result<u64, CacheError> {
    let bytes: i64 = sqlx::query_scalar("PRAGMA page_size").fetch_one(connection).await?;
    Ok(u64::try_from(bytes).unwrap_or(1).max(1))
}

/// Over everything that is handed out, and the key, so that no vector is ever another text's.
fn checksum(key: &Key, numbers: &[u8], length: Option<TextLength>) -> [u8; CHECKSUM_BYTES] {
    let mut hasher = Sha256::new();
    hasher.update(key);
    hasher.update(numbers);
    if let Some(TextLength { tokens, is_truncated }) = length {
        hasher.update((tokens as u64).to_le_bytes());
        hasher.update([u8::from(is_truncated)]);
    }
    let mut short = [0; CHECKSUM_BYTES];
    short.copy_from_slice(&hasher.finalize()[..CHECKSUM_BYTES]);
    short
}

/// Seconds since 1970.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
