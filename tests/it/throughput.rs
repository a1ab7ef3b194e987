//! What a job costs that does nothing: jobs a second through the library's own runner, and how long a claim takes in a
//! small table and in a large one. A benchmark: it prints figures and asserts none.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use tempfile::TempDir;
use textmill::core::failure::Failure;
use textmill::core::jobs::{
    JobContext, JobEvents, JobHandler, JobOutput, JobStore, NewJob, Runner, RunnerSettings, SqlJobStore, Status,
    StoreSettings,
};
use tokio::runtime::Runtime;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::support::database::Database;
use crate::support::postgres::Server;

const KIND: &str = "nothing";
const JOBS: u64 = 2_000;
const CLAIMS: usize = 2_000;
const LEASE: Duration = Duration::from_secs(30);
/// A folder in memory: what is synced there waits for no disk.
const MEMORY: &str = "/dev/shm";

/// A database of its own and the folder of its jobs' files. Fields are dropped in this order.
struct Place {
    name: &'static str,
    runtime: Runtime,
    store: Arc<SqlJobStore>,
    database: Database,
    folder: TempDir,
}

/// Does nothing, and says when it has done so often enough.
struct Nothing {
    left: AtomicU64,
    done: Arc<Notify>,
}

impl JobHandler for Nothing {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn run(&self, _context: &JobContext, _options: Value) -> Result<JobOutput, Failure> {
        if self.left.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.done.notify_one();
        }
        Ok(JobOutput { result: json!({"summary": {}}), rejected_count: 0 })
    }
}

impl Place {
    fn sqlite(name: &'static str, folder: TempDir) -> Self {
        let database = Database::sqlite(folder.path());
        let runtime = Runtime::new().unwrap();
        let path = folder.path().join("textmill.sqlite3");
        let store = runtime.block_on(SqlJobStore::open_file(&path, StoreSettings::default())).unwrap();
        Self { name, runtime, store: Arc::new(store), database, folder }
    }

    fn postgres(name: &'static str, folder: TempDir, is_synced: bool) -> Self {
        let database = Database::postgres(Server::alone());
        let word = if is_synced { "on" } else { "off" };
        for setting in ["fsync", "full_page_writes"] {
            database.execute(&format!("ALTER SYSTEM SET {setting} = {word}"));
        }
        database.execute("SELECT pg_reload_conf()");
        let server = database.server().unwrap();
        let url = server.url(server.address(), database.name().unwrap());
        let runtime = Runtime::new().unwrap();
        let store = runtime.block_on(SqlJobStore::connect(&url, StoreSettings::default())).unwrap();
        Self { name, runtime, store: Arc::new(store), database, folder }
    }

    /// How many jobs a second are taken in by one client, and run by `concurrency` at once.
    fn jobs_a_second(&self, concurrency: usize) -> (f64, f64) {
        self.runtime.block_on(async {
            let begun = Instant::now();
            for _ in 0..JOBS {
                self.store.enqueue(job(), u64::MAX).await.unwrap();
            }
            (rate(begun), self.run_all(concurrency).await)
        })
    }

    async fn run_all(&self, concurrency: usize) -> f64 {
        let mut settings = RunnerSettings::new(self.folder.path().join("artifacts"));
        settings.concurrency = concurrency;
        let done = Arc::new(Notify::new());
        let handler = Nothing { left: AtomicU64::new(JOBS), done: Arc::clone(&done) };
        let store: Arc<dyn JobStore> = Arc::<SqlJobStore>::clone(&self.store);
        let runner = Runner::new(store, JobEvents::new(), vec![Arc::new(handler)], settings);
        let (stop, begun) = (CancellationToken::new(), Instant::now());
        let watch = async {
            done.notified().await;
            while self.count(Status::Queued).await + self.count(Status::Running).await > 0 {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            stop.cancel();
            rate(begun)
        };
        tokio::join!(watch, runner.run(stop.clone())).0
    }

    async fn count(&self, status: Status) -> u64 {
        let counts = self.store.counts().await.unwrap();
        counts.iter().find(|(other, _)| *other == status).map_or(0, |(_, count)| *count)
    }

    /// Fills the table: one row in a hundred waits, the others have ended.
    fn fill(&self, rows: u64) {
        let table = self.database.table("jobs");
        let id = self.database.either("printf('job_%032x', i)", "'job_' || lpad(to_hex(i), 32, '0')");
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
        let ended = "i % 100 <> 0";
        let (start, long) = (format!("{now} - ({rows} - i) * 10"), "x".repeat(400));
        self.database.execute(&format!(
            "INSERT INTO {table} (id, kind, status, options, result, summary, artifacts, attempt, max_attempts,
                 created_by, created_at, run_at, started_at, finished_at, expires_at, touched_at, version)
             WITH RECURSIVE rows(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM rows WHERE i < {rows})
             SELECT {id}, '{KIND}', CASE WHEN {ended} THEN 'succeeded' ELSE 'queued' END,
                 '{{\"source\":{{\"type\":\"path\",\"path\":\"in\"}}}}',
                 CASE WHEN {ended} THEN '{{\"summary\":{{}},\"files\":\"{long}\"}}' END,
                 CASE WHEN {ended} THEN '{{}}' END, '[]', CASE WHEN {ended} THEN 1 ELSE 0 END, 3, 'anonymous',
                 {start}, {start}, CASE WHEN {ended} THEN {start} END, CASE WHEN {ended} THEN {start} END,
                 CASE WHEN {ended} THEN {start} + 604800000 END, {start}, 4
             FROM rows"
        ));
        self.database.execute(&format!("ANALYZE {table}"));
    }

    /// How long claims take, `claimers` at a time, shortest first. Each job is given back, so that the queue stays as
    /// long as it is.
    fn claims(&self, claimers: usize) -> Vec<Duration> {
        let all = (0..claimers).map(|_| self.claim_and_release(CLAIMS / claimers));
        let mut taken = self.runtime.block_on(futures::future::join_all(all)).concat();
        taken.sort_unstable();
        taken
    }

    async fn claim_and_release(&self, times: usize) -> Vec<Duration> {
        let mut taken = Vec::with_capacity(times);
        for _ in 0..times {
            let begun = Instant::now();
            // None: on a busy machine the others had every job, and gave it back, within this one claim.
            let claim = loop {
                if let Some(claim) = self.store.claim("bench", &[KIND], LEASE).await.unwrap() {
                    break claim;
                }
            };
            taken.push(begun.elapsed());
            assert!(self.store.release(&claim.lease, Duration::ZERO).await.unwrap());
        }
        taken
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.runtime.block_on(self.store.close());
    }
}

fn job() -> NewJob {
    NewJob {
        kind: KIND.to_owned(),
        options: json!({"source": {"type": "path", "path": "in"}}),
        created_by: "anonymous".to_owned(),
        priority: 0,
        max_attempts: 3,
        idempotency: None,
    }
}

fn rate(begun: Instant) -> f64 {
    f64::from(u32::try_from(JOBS).unwrap()) / begun.elapsed().as_secs_f64()
}

/// The share of claims below which this one lies.
fn quantile(sorted: &[Duration], share: f64) -> f64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "thousands"
    )]
    let place = ((sorted.len() - 1) as f64 * share).round() as usize;
    sorted[place].as_secs_f64() * 1_000.0
}

/// Every database, one after the other; the folder in memory goes with the one that syncs nothing.
fn places() -> Vec<fn() -> Place> {
    vec![
        || Place::sqlite("SQLite, disk", tempfile::tempdir().unwrap()),
        || Place::sqlite("SQLite, memory", tempfile::tempdir_in(MEMORY).unwrap()),
        || Place::postgres("PostgreSQL, fsync", tempfile::tempdir().unwrap(), true),
        || Place::postgres("PostgreSQL, no fsync", tempfile::tempdir_in(MEMORY).unwrap(), false),
    ]
}

#[test]
#[ignore = "a benchmark, and needs PostgreSQL: make bench-jobs"]
fn jobs_that_do_nothing_and_claims_are_timed() {
    println!("\n| database | jobs at once | taken in / s | run / s |\n| --- | ---: | ---: | ---: |");
    for place in places() {
        for concurrency in [1, 4, 16] {
            let place = place();
            let (taken_in, run) = place.jobs_a_second(concurrency);
            println!("| {} | {concurrency} | {taken_in:.0} | {run:.0} |", place.name);
        }
    }
    println!("\n| database | rows | claimers | p50 ms | p99 ms |\n| --- | ---: | ---: | ---: | ---: |");
    for place in places() {
        for rows in [10_000, 1_000_000] {
            let place = place();
            place.fill(rows);
            for claimers in [1, 16] {
                let taken = place.claims(claimers);
                let (half, most) = (quantile(&taken, 0.5), quantile(&taken, 0.99));
                println!("| {} | {rows} | {claimers} | {half:.2} | {most:.2} |", place.name);
            }
        }
    }
}
