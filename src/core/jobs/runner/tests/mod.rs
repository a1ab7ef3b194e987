//! A runner on a real store, with scripted handlers.

#![expect(clippy::disallowed_methods, reason = "a test waits for each of its tasks")]

mod dividing;
mod recovery;

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use serde_json::{Value, json};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};
use tempfile::TempDir;
use tokio::task::JoinHandle;

use super::*;
use crate::core::failure::{Code, Failure};
use crate::core::ids::JobId;
use crate::core::jobs::{
    Enqueued, Job, JobContext, JobOutput, JobQueue, QueueSettings, SqlJobStore, Status, StoreSettings, Submission,
};
use crate::core::progress::Progress;

const DEADLINE: Duration = Duration::from_secs(20);
const KIND: &str = "test";
type Outcome = Result<JobOutput, Failure>;

struct Scripted<F>(F);

impl<F: Fn(&JobContext, Value) -> Outcome + Send + Sync> JobHandler for Scripted<F> {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn run(&self, context: &JobContext, options: Value) -> Outcome {
        (self.0)(context, options)
    }
}

struct World {
    store: Arc<dyn JobStore>,
    events: JobEvents,
    queue: JobQueue,
    folder: TempDir,
}

/// A runner at work; stopped at its end.
struct Running {
    shutdown: CancellationToken,
    task: JoinHandle<()>,
}

impl Running {
    async fn stop(self) {
        self.shutdown.cancel();
        tokio::time::timeout(DEADLINE, self.task).await.expect("the runner stops").unwrap();
    }
}

async fn world() -> World {
    world_with(StoreSettings::default()).await
}

async fn world_with(settings: StoreSettings) -> World {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("jobs.db");
    let store: Arc<dyn JobStore> = Arc::new(SqlJobStore::open_file(&database, settings).await.unwrap());
    let events = JobEvents::new();
    let artifacts_root = folder.path().join("artifacts");
    let settings = QueueSettings { max_queued: 100, max_attempts: 3, artifacts_root };
    let queue = JobQueue::new(Arc::clone(&store), events.clone(), settings);
    World { store, events, queue, folder }
}

impl World {
    fn artifacts(&self) -> PathBuf {
        self.folder.path().join("artifacts")
    }

    fn settings(&self) -> RunnerSettings {
        RunnerSettings {
            concurrency: 2,
            // Long enough for a machine whose disk is busy with other tests.
            lease_for: Duration::from_secs(3),
            poll_every: Duration::from_millis(50),
            retry: Backoff { base: Duration::from_millis(2), max: Duration::from_millis(10) },
            ..RunnerSettings::new(self.artifacts())
        }
    }

    fn start(&self, script: impl Fn(&JobContext, Value) -> Outcome + Send + Sync + 'static) -> Running {
        self.start_with(self.settings(), script)
    }

    fn start_with(
        &self,
        settings: RunnerSettings,
        script: impl Fn(&JobContext, Value) -> Outcome + Send + Sync + 'static,
    ) -> Running {
        let handler: Arc<dyn JobHandler> = Arc::new(Scripted(script));
        let runner = Runner::new(Arc::clone(&self.store), self.events.clone(), vec![handler], settings);
        let shutdown = CancellationToken::new();
        Running { shutdown: shutdown.clone(), task: tokio::spawn(runner.run(shutdown)) }
    }

    async fn submit(&self, options: Value) -> Job {
        let asked = Submission { kind: KIND, options, created_by: "ada", priority: 0, idempotency: None };
        match self.queue.submit(asked).await.unwrap() {
            Enqueued::Created(job) => job,
            other => panic!("{other:?}"),
        }
    }

    async fn ended(&self, job: &Job) -> Job {
        let job = self.queue.wait(&job.id, DEADLINE).await.unwrap().unwrap();
        assert!(job.status.is_final(), "{job:?}");
        job
    }

    /// Waits for a job to reach a state.
    async fn until(&self, id: &JobId, is_so: impl Fn(&Job) -> bool) -> Job {
        let reached = async {
            loop {
                let job = self.queue.get(id).await.unwrap().unwrap();
                if is_so(&job) {
                    return job;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(DEADLINE, reached).await.expect("the job gets there")
    }

    /// What lies in the folder of artifacts, the lock excepted; what vanishes meanwhile is not there.
    fn files(&self) -> Vec<String> {
        let root = self.artifacts();
        let files = walkdir::WalkDir::new(&root).min_depth(1).sort_by_file_name().into_iter();
        files
            .filter_map(Result::ok)
            .map(|entry| entry.path().strip_prefix(&root).unwrap().to_str().unwrap().to_owned())
            .filter(|name| !matches!(name.as_str(), ".attempts" | ".attempts/publish.lock"))
            .collect()
    }

    async fn sql(&self, statement: &'static str) {
        let options = SqliteConnectOptions::new().filename(self.folder.path().join("jobs.db"));
        let mut connection = options.busy_timeout(DEADLINE).connect().await.unwrap();
        sqlx::raw_sql(statement).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }
}

fn output(result: Value) -> JobOutput {
    JobOutput { result, rejected_count: 0 }
}

/// Works until it is told to stop, as a handler with safe points does.
fn work_until_cancelled(context: &JobContext) -> Outcome {
    let started = Instant::now();
    while !context.cancel.is_cancelled() {
        assert!(started.elapsed() < DEADLINE, "nobody told the handler to stop");
        std::thread::sleep(Duration::from_millis(2));
    }
    Err(Failure::new(Code::Cancelled, "stopped at a safe point"))
}

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_succeeds_with_its_result_and_its_files() {
    let world = world().await;
    let runner = world.start(|context, options| {
        write(&context.artifact_dir, "out/table.parquet", "abc");
        write(&context.artifact_dir, "report.json", "{}");
        Ok(JobOutput { result: json!({ "seen": options }), rejected_count: 2 })
    });
    let job = world.submit(json!({ "a": 1 })).await;
    let job = world.ended(&job).await;
    assert_eq!((job.status, job.attempt, job.rejected_count), (Status::Succeeded, 1, 2));
    assert_eq!(job.result, Some(json!({ "seen": { "a": 1 } })));
    let names: Vec<_> = job.artifacts.iter().map(|artifact| artifact.name.as_str()).collect();
    assert_eq!(names, ["out/table.parquet", "report.json"]);
    for artifact in &job.artifacts {
        let path = world.queue.artifact_path(&job.id, &artifact.name).unwrap();
        let (sha256, size_bytes) = crate::core::hash::sha256_file(&path).unwrap();
        assert_eq!((&sha256, size_bytes), (&artifact.sha256, artifact.size_bytes));
    }
    runner.stop().await;
    assert_eq!(fs::read_dir(world.artifacts().join(".attempts")).unwrap().count(), 1, "only the lock");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_fails_its_job_without_telling_the_client_and_the_runner_goes_on() {
    let world = world().await;
    let runner = world.start(|_, options| {
        assert!(options["harmless"] == true, "secret words of a user");
        Ok(output(Value::Null))
    });
    let (deadly, harmless) = (world.submit(json!({})).await, world.submit(json!({ "harmless": true })).await);
    let job = world.ended(&deadly).await;
    let error = job.error.unwrap();
    assert_eq!((job.status, job.attempt, error.code), (Status::Failed, 1, Code::Internal));
    assert!(!error.detail.contains("secret"));
    assert_eq!(world.ended(&harmless).await.status, Status::Succeeded);
    runner.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_passing_failure_is_tried_again_and_leaves_no_files() {
    let world = world().await;
    let runner = world.start(|context, _| {
        write(&context.artifact_dir, "half.json", "{");
        match context.attempt {
            3 => Ok(output(json!("third time lucky"))),
            _ => Err(Failure::new(Code::StorageFailure, "the bucket is away")),
        }
    });
    let job = world.submit(json!({})).await;
    let job = world.ended(&job).await;
    assert_eq!((job.status, job.attempt, job.error), (Status::Succeeded, 3, None));
    runner.stop().await;
    assert_eq!(world.files(), [job.id.to_string(), format!("{}/half.json", job.id)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failures_end_the_job_when_they_last_or_attempts_run_out() {
    let world = world().await;
    let runner = world.start(|_, options| {
        let code = serde_json::from_value(options["code"].clone()).unwrap();
        Err(Failure::new(code, "no luck").with_hint("try something else"))
    });
    for (code, attempts) in [(Code::InvalidParameter, 1), (Code::StorageFailure, 3), (Code::Cancelled, 1)] {
        let job = world.submit(json!({ "code": code })).await;
        let job = world.ended(&job).await;
        assert_eq!((job.status, job.attempt), (Status::Failed, attempts), "{code}");
        assert_eq!(job.error, Some(Failure::new(code, "no luck").with_hint("try something else")));
    }
    runner.stop().await;
    assert!(world.files().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_job_is_cancelled_at_its_safe_point() {
    let world = world().await;
    let runner = world.start(|context, _| {
        write(&context.artifact_dir, "half.json", "{");
        work_until_cancelled(context)
    });
    let job = world.submit(json!({})).await;
    world.until(&job.id, |job| job.status == Status::Running).await;
    world.queue.cancel(&job.id).await.unwrap();
    let job = world.ended(&job).await;
    assert_eq!((job.status, job.error), (Status::Cancelled, None));
    runner.stop().await;
    assert!(world.files().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancel_stored_by_another_process_is_seen() {
    let world = world().await;
    let runner = world.start(|context, _| work_until_cancelled(context));
    let job = world.submit(json!({})).await;
    world.until(&job.id, |job| job.status == Status::Running).await;
    world.store.request_cancel(&job.id).await.unwrap();
    assert_eq!(world.ended(&job).await.status, Status::Cancelled);
    runner.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_reports_make_few_writes_and_the_last_is_stored() {
    const REPORTS: u64 = 50_000;
    let world = world().await;
    let runner = world.start(|context, _| {
        let mut progress = Progress { total: Some(REPORTS), unit: "rows".to_owned(), ..Progress::default() };
        while progress.done < REPORTS {
            progress.done += 1;
            context.progress.report(&progress);
        }
        Ok(output(Value::Null))
    });
    let job = world.submit(json!({})).await;
    let job = world.ended(&job).await;
    let elapsed = job.finished_at.unwrap() - job.started_at.unwrap();
    let wanted = Progress { done: REPORTS, total: Some(REPORTS), unit: "rows".to_owned(), message: None };
    assert_eq!(job.progress, wanted);
    // Stored, claimed, ended, and two writes a second besides the first and the last.
    let most = 3 + 2 + 2 * u64::try_from(elapsed.num_seconds() + 1).unwrap();
    assert!(job.version <= most, "{} versions in {elapsed}", job.version);
    runner.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_more_jobs_run_at_once_than_may() {
    let world = world().await;
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (counted, seen) = (Arc::clone(&now), Arc::clone(&most));
    let runner = world.start(move |_, _| {
        seen.fetch_max(counted.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        let started = Instant::now();
        while seen.load(Ordering::SeqCst) < 2 && started.elapsed() < DEADLINE {
            std::thread::sleep(Duration::from_millis(1));
        }
        counted.fetch_sub(1, Ordering::SeqCst);
        Ok(output(Value::Null))
    });
    let mut jobs = Vec::new();
    for _ in 0..8 {
        jobs.push(world.submit(json!({})).await);
    }
    for job in &jobs {
        assert_eq!(world.ended(job).await.status, Status::Succeeded);
    }
    runner.stop().await;
    assert_eq!((now.load(Ordering::SeqCst), most.load(Ordering::SeqCst)), (0, 2));
}

#[test]
fn the_back_off_doubles_to_its_limit_and_half_of_it_is_chance() {
    let backoff = Backoff { base: Duration::from_secs(2), max: Duration::from_mins(1) };
    for (attempt, most) in [(1, 2), (2, 4), (3, 8), (5, 32), (6, 60), (40, 60), (u32::MAX, 60)] {
        let most = Duration::from_secs(most);
        let waits: Vec<_> = (0..50).map(|_| backoff.after(attempt)).collect();
        assert!(waits.iter().all(|wait| *wait >= most / 2 && *wait <= most), "{attempt}: {waits:?}");
        assert!(waits.iter().any(|wait| *wait != waits[0]));
    }
}

#[test]
fn no_two_runners_share_an_owner() {
    assert_ne!(unique_owner(), unique_owner());
}
