use futures::StreamExt as _;
use serde_json::json;
use tempfile::TempDir;

use super::*;
use crate::core::failure::{Code, Failure};
use crate::core::jobs::{Claim, SqlJobStore, StoreSettings};

const LONG: Duration = Duration::from_mins(10);
const DEADLINE: Duration = Duration::from_secs(10);

fn submission() -> Submission<'static> {
    Submission { kind: "conversion", options: json!({}), created_by: "ada", priority: 0, idempotency: None }
}

struct World {
    queue: JobQueue,
    store: Arc<dyn JobStore>,
    folder: TempDir,
}

async fn world() -> World {
    let folder = tempfile::tempdir().unwrap();
    let store: Arc<dyn JobStore> =
        Arc::new(SqlJobStore::open_file(&folder.path().join("jobs.db"), StoreSettings::default()).await.unwrap());
    let settings = QueueSettings { max_queued: 2, max_attempts: 3, artifacts_root: folder.path().join("artifacts") };
    let queue = JobQueue::new(Arc::clone(&store), JobEvents::new(), settings);
    World { queue, store, folder }
}

impl World {
    async fn submit(&self) -> Job {
        match self.queue.submit(submission()).await.unwrap() {
            Enqueued::Created(job) => job,
            other => panic!("{other:?}"),
        }
    }

    /// Claims behind the queue's back, as another process would.
    async fn claim(&self) -> Claim {
        self.store.claim("other process", &["conversion"], LONG).await.unwrap().unwrap()
    }

    async fn succeed(&self, claim: &Claim) {
        assert!(self.store.succeed(&claim.lease, json!(1), 0, &[]).await.unwrap());
    }
}

#[tokio::test]
async fn a_full_queue_is_an_answer() {
    let world = world().await;
    let job = world.submit().await;
    assert_eq!(job.max_attempts, 3);
    world.submit().await;
    let refused = world.queue.submit(submission()).await.unwrap();
    assert_eq!(refused, Enqueued::QueueFull { limit: 2 });
}

#[tokio::test]
async fn waiting_ends_with_the_job_even_if_another_process_ends_it() {
    let world = world().await;
    let job = world.submit().await;
    let (waited, ()) = tokio::join!(world.queue.wait(&job.id, DEADLINE), async {
        let claim = world.claim().await;
        world.succeed(&claim).await;
    });
    assert_eq!(waited.unwrap().unwrap().status, Status::Succeeded);
}

#[tokio::test]
async fn waiting_ends_at_its_time_out_with_the_job_as_it_stands() {
    let world = world().await;
    let job = world.submit().await;
    assert_eq!(world.queue.wait(&job.id, Duration::from_millis(20)).await.unwrap(), Some(job));
    assert_eq!(world.queue.wait(&JobId::new(), LONG).await.unwrap(), None);
}

#[tokio::test]
async fn a_watch_gives_growing_versions_and_ends_after_the_final_one() {
    let world = world().await;
    let job = world.submit().await;
    let mut watch = Box::pin(world.queue.watch(job.id.clone(), None));
    assert_eq!(watch.next().await.unwrap().unwrap(), job);
    let claim = world.claim().await;
    assert_eq!(watch.next().await.unwrap().unwrap(), claim.job);
    world.succeed(&claim).await;
    let last = watch.next().await.unwrap().unwrap();
    assert_eq!((last.status, last.version > claim.job.version), (Status::Succeeded, true));
    assert!(watch.next().await.is_none());
    // Somebody who comes back with the last id they saw.
    assert_eq!(world.queue.watch(job.id.clone(), Some(job.version)).count().await, 1);
    assert_eq!(world.queue.watch(job.id, Some(last.version)).count().await, 0);
}

#[tokio::test]
async fn a_watch_ends_when_the_job_is_gone() {
    let world = world().await;
    assert_eq!(world.queue.watch(JobId::new(), None).count().await, 0);
}

#[tokio::test]
async fn a_watch_sees_a_cancel() {
    let world = world().await;
    let job = world.submit().await;
    let mut watch = Box::pin(world.queue.watch(job.id.clone(), Some(job.version)));
    let (seen, answer) = tokio::join!(watch.next(), world.queue.cancel(&job.id));
    assert!(matches!(answer.unwrap(), CancelAnswer::Accepted(_)));
    assert_eq!(seen.unwrap().unwrap().status, Status::Cancelled);
}

#[tokio::test]
async fn deleting_a_job_removes_its_files_and_only_those() {
    let world = world().await;
    let job = world.submit().await;
    let path = world.queue.artifact_path(&job.id, "deep/report.json").unwrap();
    assert!(path.starts_with(world.folder.path()));
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, "{}").unwrap();
    assert_eq!(world.queue.delete(&job.id).await.unwrap(), Deletion::NotEnded);
    assert!(path.exists());
    let claim = world.claim().await;
    world.store.fail(&claim.lease, &Failure::new(Code::Internal, "broken"), None).await.unwrap();
    assert_eq!(world.queue.delete(&job.id).await.unwrap(), Deletion::Deleted(vec![job.id.clone()]));
    assert_eq!(world.queue.get(&job.id).await.unwrap(), None);
    assert_eq!(std::fs::read_dir(world.folder.path().join("artifacts")).unwrap().count(), 0);
}
