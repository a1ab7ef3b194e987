//! Checks of the job queue: its database, the folder that goes with it, and who works on it.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;

use super::Finding;
use crate::app;
use crate::cli::exit::CommandError;
use crate::cli::runtime::block_on;
use crate::config::{Config, Loaded};
use crate::core::failure::{Code, Failure};
use crate::core::jobs::{QueueDepth, Status, Worker};
use crate::core::telemetry::build_info::BUILD;

/// What `SqlJobStore::share` leaves in the folder.
const DATABASE_ID_FILE: &str = "textmill-database-id";

/// What the database tells.
struct Told {
    jobs: u64,
    waiting: Vec<QueueDepth>,
    workers: Vec<Worker>,
}

/// The database, and who works on what is in it.
pub(super) fn database(loaded: &Loaded) -> Vec<Finding> {
    const CHECK: &str = "database";
    let (config, name) = (&loaded.config, app::database_name(&loaded.config));
    if config.database_url.is_none() && !app::database_path(config).is_file() {
        return vec![Finding::ok(CHECK, format!("{name} is made at the first start"))];
    }
    match block_on(ask(config)) {
        Ok(told) => {
            let answers = Finding::ok(CHECK, format!("{name} answers; jobs in it: {}", told.jobs));
            let workers = workers(config, &told.workers, &told.waiting);
            [answers].into_iter().chain(shared(config, &told)).chain([workers]).collect()
        }
        Err(error) => vec![failed(CHECK, error)],
    }
}

fn failed(check: &'static str, error: CommandError) -> Finding {
    let failure = error.failure().unwrap_or_else(|| Failure::new(Code::Internal, "no output"));
    Finding::fail(check, failure.detail, failure.hint.unwrap_or_default())
}

/// Whether the state directory is the one that all processes on the database share. A look binds nothing: a folder
/// without the database's id is not given one.
fn shared(config: &Config, told: &Told) -> Option<Finding> {
    const CHECK: &str = "shared_folder";
    config.database_url.as_ref()?;
    let dir = config.state_dir.display();
    if !config.state_dir.join(DATABASE_ID_FILE).is_file() {
        let is_new = told.jobs == 0 && told.workers.is_empty();
        return Some(if is_new {
            Finding::ok(CHECK, format!("{dir} is bound to the database at the first start"))
        } else {
            let detail = format!("{dir} has no `{DATABASE_ID_FILE}`, and the database is used with a folder that has");
            Finding::fail(CHECK, detail, "mount the folder that the services and workers of this database share")
        });
    }
    Some(match block_on(async { Ok(app::share_state_dir(config).await?) }) {
        Ok(()) => Finding::ok(CHECK, format!("{dir} belongs to this database")),
        Err(error) => failed(CHECK, error),
    })
}

async fn ask(config: &Config) -> Result<Told, CommandError> {
    let queue = app::open_queue(config).await?;
    let counts: Vec<(Status, u64)> = queue.counts().await?;
    let jobs = counts.iter().map(|(_, count)| count).sum();
    Ok(Told { jobs, waiting: queue.depths().await?, workers: queue.workers().await? })
}

fn workers(config: &Config, workers: &[Worker], waiting: &[QueueDepth]) -> Finding {
    const CHECK: &str = "workers";
    const START: &str = "start `textmill worker`, or `textmill serve` with workers of its own";
    let (alive, silent): (Vec<&Worker>, Vec<&Worker>) = workers.iter().partition(|worker| worker.is_alive);
    let waiting: u64 = waiting.iter().map(|depth| depth.waiting).sum();
    if alive.is_empty() {
        return match waiting {
            0 if config.database_url.is_none() => Finding::ok(CHECK, "none is alive now, and nothing waits"),
            0 => Finding::warn(CHECK, "none is alive now; nothing waits", START),
            _ => Finding::warn(CHECK, format!("none is alive; jobs that wait: {waiting}"), START),
        };
    }
    let slots: u64 = alive.iter().map(|worker| u64::from(worker.description.concurrency)).sum();
    let detail = format!("alive: {}, for {slots} jobs at once; jobs that wait: {waiting}", alive.len());
    let other = alive.iter().find(|worker| worker.description.version != BUILD.version);
    if let Some(other) = other {
        let version = &other.description.version;
        let detail = format!("{detail}; one has version {version}, this is {}", BUILD.version);
        return Finding::warn(CHECK, detail, "bring all workers and services to one version");
    }
    if let Some(name) = silent.first().map(|worker| &worker.description.name) {
        let detail = format!("{detail}; {} fell silent in the last day, e.g. {name}", silent.len());
        return Finding::warn(
            CHECK,
            detail,
            "fine if somebody ended it; else see its log, and whether it reaches the database",
        );
    }
    Finding::ok(CHECK, detail)
}

/// Whether locks hold in the state directory: who shares it relies on them.
pub(super) fn locks(loaded: &Loaded) -> Vec<Finding> {
    const CHECK: &str = "locks";
    let dir = &loaded.config.state_dir;
    if !dir.is_dir() {
        return Vec::new();
    }
    let remedy = "put it on a file system with locks (a local disk; NFS 4, or SMB with locks, for several machines)";
    let finding = match locks_hold(dir) {
        Ok(true) => Finding::ok(CHECK, format!("they hold in {}", dir.display())),
        Ok(false) => Finding::fail(CHECK, format!("a lock in {} kept nobody out", dir.display()), remedy),
        Err(error) => Finding::fail(CHECK, format!("none can be taken in {}: {error}", dir.display()), remedy),
    };
    vec![finding]
}

/// Takes a lock and tries to take it once more, as another process would.
fn locks_hold(dir: &Path) -> io::Result<bool> {
    let held = tempfile::Builder::new().prefix(".doctor-").tempfile_in(dir)?;
    held.as_file().lock()?;
    match File::open(held.path())?.try_lock() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use chrono::Utc;

    use super::super::Verdict;
    use super::*;
    use crate::config::Overrides;
    use crate::core::jobs::WorkerDescription;

    fn worker(version: &str, is_alive: bool) -> Worker {
        let description = WorkerDescription {
            name: "mill-1".to_owned(),
            host: "mill".to_owned(),
            pid: 1,
            version: version.to_owned(),
            kinds: vec!["conversion".to_owned()],
            concurrency: 4,
        };
        Worker { description, started_at: Utc::now(), seen_at: Utc::now(), is_alive, running: Vec::new() }
    }

    fn config(environment: &[(&str, &str)]) -> Loaded {
        let dir = tempfile::tempdir().unwrap();
        let owned = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Config::load(&Overrides::default(), dir.path(), owned).unwrap()
    }

    #[test]
    fn jobs_that_wait_for_nobody_are_told_and_an_idle_queue_is_fine() {
        let config = config(&[]).config;
        let waiting =
            [QueueDepth { kind: "conversion".to_owned(), waiting: 3, oldest_waiting: Duration::from_secs(9) }];
        assert_eq!(workers(&config, &[], &[]).verdict, Verdict::Ok);
        let lonely = workers(&config, &[worker(BUILD.version, false)], &waiting);
        assert_eq!((lonely.verdict, lonely.detail.as_str()), (Verdict::Warn, "none is alive; jobs that wait: 3"));
        let well = workers(&config, &[worker(BUILD.version, true)], &waiting);
        assert_eq!(
            (well.verdict, well.detail.as_str()),
            (Verdict::Ok, "alive: 1, for 4 jobs at once; jobs that wait: 3")
        );
        let mixed = workers(&config, &[worker("0.0.1", true)], &[]);
        assert!(mixed.verdict == Verdict::Warn && mixed.detail.contains("version 0.0.1"), "{}", mixed.detail);
        let silent = workers(&config, &[worker(BUILD.version, true), worker(BUILD.version, false)], &[]);
        assert!(silent.verdict == Verdict::Warn && silent.detail.contains("fell silent"), "{}", silent.detail);
    }

    #[test]
    fn a_lock_in_the_state_directory_keeps_others_out_and_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let loaded = config(&[("TEXTMILL_STATE_DIR", dir.path().to_str().unwrap())]);
        assert_eq!(locks(&loaded)[0].verdict, Verdict::Ok);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
        std::fs::remove_dir(dir.path()).unwrap();
        assert!(locks(&loaded).is_empty(), "a folder that is not there yet is told elsewhere");
    }
}
