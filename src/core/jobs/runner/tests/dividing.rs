//! Jobs that several workers share.

use super::*;
use crate::core::jobs::{Divide, Division, PartOutput};

/// Divides into as many parts as the options say; `script` runs them.
struct Shared<F> {
    script: F,
}

impl<F: Fn(&JobContext, &Value) -> Result<(), Failure> + Send + Sync> JobHandler for Shared<F> {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn run(&self, context: &JobContext, _options: Value) -> Outcome {
        assert!(!context.shared_dir.exists(), "nothing is left of the try to divide it");
        Ok(output(json!("done by one")))
    }

    fn divides(&self) -> Option<&dyn Divide> {
        Some(self)
    }
}

impl<F: Fn(&JobContext, &Value) -> Result<(), Failure> + Send + Sync> Divide for Shared<F> {
    fn divide(&self, context: &JobContext, options: &Value) -> Result<Option<Division>, Failure> {
        write(&context.shared_dir, "plan.json", "{}");
        let parts = options.as_u64().unwrap_or_default();
        let progress = Progress { total: Some(parts), unit: "parts".to_owned(), ..Progress::default() };
        Ok((parts > 0).then(|| Division { parts: (1..=parts).map(|part| json!(part)).collect(), progress }))
    }

    fn run_part(&self, context: &JobContext, options: Value) -> Outcome {
        assert!(context.shared_dir.join("plan.json").is_file());
        (self.script)(context, &options)?;
        write(&context.artifact_dir, "part.json", &options.to_string());
        Ok(output(json!({ "part": options })))
    }

    fn merge(&self, context: &JobContext, _options: Value, parts: Vec<PartOutput>) -> Outcome {
        let told = parts.iter().map(|part| fs::read_to_string(part.artifact_dir.join("part.json")).unwrap());
        write(&context.artifact_dir, "whole.json", &told.collect::<String>());
        Ok(output(json!(parts.iter().map(|part| part.number).collect::<Vec<_>>())))
    }
}

impl World {
    /// Two workers, so that there is somebody to share with.
    async fn start_two(
        &self,
        script: impl Fn(&JobContext, &Value) -> Result<(), Failure> + Send + Sync + Clone + 'static,
    ) -> [Running; 2] {
        let start = || {
            let handler: Arc<dyn JobHandler> = Arc::new(Shared { script: script.clone() });
            let runner = Runner::new(Arc::clone(&self.store), self.events.clone(), vec![handler], self.settings());
            let shutdown = CancellationToken::new();
            Running { shutdown: shutdown.clone(), task: tokio::spawn(runner.run(shutdown)) }
        };
        let running = [start(), start()];
        let both = async {
            while self.store.workers().await.unwrap().len() < 2 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(DEADLINE, both).await.expect("both workers are known");
        running
    }
}

async fn stop(running: [Running; 2]) {
    for one in running {
        one.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn workers_share_a_job_and_one_puts_it_together() {
    let world = world().await;
    let running = world.start_two(|_, _| Ok(())).await;
    let job = world.submit(json!(5)).await;
    let job = world.ended(&job).await;
    assert_eq!((job.status, job.result, job.attempt), (Status::Succeeded, Some(json!([1, 2, 3, 4, 5])), 1));
    let whole = world.queue.artifact_path(&job.id, "whole.json").unwrap();
    assert_eq!(fs::read_to_string(whole).unwrap(), "12345");
    stop(running).await;
    assert!(!world.files().iter().any(|file| file.starts_with(".shared/")), "{:?}", world.files());
    assert!(world.store.workers().await.unwrap().is_empty());
    world.queue.delete(&job.id).await.unwrap();
    assert!(world.files().iter().all(|file| file == ".shared"), "{:?}", world.files());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_is_not_worth_it_or_has_one_worker_is_done_by_one() {
    let world = world().await;
    let running = world.start_two(|_, _| Ok(())).await;
    let job = world.submit(json!(0)).await;
    assert_eq!(world.ended(&job).await.result, Some(json!("done by one")));
    let [first, second] = running;
    second.stop().await;
    let job = world.submit(json!(3)).await;
    assert_eq!(world.ended(&job).await.result, Some(json!("done by one")));
    first.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_part_that_fails_for_good_ends_the_job_with_its_reason() {
    let world = world().await;
    let running = world.start_two(|context, options| {
        if *options == json!(2) {
            return Err(Failure::new(Code::InvalidParameter, "no such column").with_hint("look at the header"));
        }
        work_until_cancelled(context).map(|_| ())
    });
    let running = running.await;
    let job = world.submit(json!(3)).await;
    let job = world.ended(&job).await;
    let error = job.error.unwrap();
    assert_eq!((job.status, error.code), (Status::Failed, Code::InvalidParameter));
    assert_eq!(error.detail, "part 2 of 3: no such column");
    assert_eq!(error.hint.as_deref(), Some("look at the header"));
    stop(running).await;
    assert!(!world.files().iter().any(|file| file.starts_with(".shared/")), "{:?}", world.files());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shared_job_is_cancelled_with_all_its_parts() {
    let world = world().await;
    let running = world.start_two(|context, _| work_until_cancelled(context).map(|_| ())).await;
    let job = world.submit(json!(8)).await;
    world.until(&job.id, |job| job.is_divided).await;
    world.queue.cancel(&job.id).await.unwrap();
    assert_eq!(world.ended(&job).await.status, Status::Cancelled);
    let parts = world.store.parts(&job.id).await.unwrap();
    assert!(parts.len() == 8 && parts.iter().all(|part| part.status == Status::Cancelled));
    stop(running).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_part_that_fails_for_a_passing_reason_is_tried_again_and_nothing_else_is() {
    let world = world().await;
    let tries = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&tries);
    let running = world.start_two(move |_, options| {
        if *options == json!(2) && counted.fetch_add(1, Ordering::SeqCst) == 0 {
            return Err(Failure::new(Code::StorageFailure, "the disk is away"));
        }
        Ok(())
    });
    let running = running.await;
    let job = world.submit(json!(3)).await;
    assert_eq!(world.ended(&job).await.status, Status::Succeeded);
    let attempts: Vec<_> = world.store.parts(&job.id).await.unwrap().iter().map(|part| part.attempt).collect();
    assert_eq!((attempts, tries.load(Ordering::SeqCst)), (vec![1, 2, 1], 2));
    stop(running).await;
}
