//! Who may work on a job, and what happens to those who may not any more.

#![expect(clippy::disallowed_methods, reason = "a test waits for each of its tasks")]

use std::collections::HashMap;

use super::*;
use crate::core::failure::{Code, Failure};
use crate::core::jobs::{CancelAnswer, Heartbeat, Status};
use crate::core::progress::Progress;

pub(crate) async fn jobs_are_claimed_by_priority_then_time_then_id(store: Store) {
    let late = create(&store, new_job("late")).await;
    let first = create(&store, new_job("first")).await;
    let second = create(&store, new_job("second")).await;
    // A failed attempt moves the oldest job behind the others.
    let attempt = claim(&store, LONG).await;
    assert_eq!(attempt.job.id, late.id);
    let failure = Failure::new(Code::StorageFailure, "the disk is gone");
    assert!(store.fail(&attempt.lease, &failure, Some(Duration::from_millis(1))).await.unwrap());
    let urgent = create(&store, NewJob { priority: 1, ..new_job("urgent") }).await;
    let mut order = Vec::new();
    for _ in 0..4 {
        order.push(claim_when_due(&store, LONG).await.job.id);
    }
    assert_eq!(order, [urgent.id, first.id, second.id, late.id]);
    assert_eq!(store.claim("tester", &[KIND], LONG).await.unwrap(), None);
}

pub(crate) async fn only_jobs_of_the_wanted_kinds_are_claimed(store: Store) {
    create(&store, NewJob { kind: "drift".to_owned(), ..new_job("other") }).await;
    assert_eq!(store.claim("tester", &[KIND], LONG).await.unwrap(), None);
    assert_eq!(store.claim("tester", &[], LONG).await.unwrap(), None);
    assert!(store.claim("tester", &[KIND, "drift"], LONG).await.unwrap().is_some());
}

pub(crate) async fn a_claim_counts_the_attempt_and_hides_the_job(store: Store) {
    let job = create(&store, new_job("one")).await;
    let claim = claim(&store, LONG).await;
    assert_eq!((claim.job.status, claim.job.attempt), (Status::Running, 1));
    assert!(claim.job.started_at.is_some() && claim.job.version > job.version);
    assert_eq!(claim.lease.job_id, job.id);
    assert_eq!(stored(&store, &job).await, claim.job);
    assert_eq!(store.claim("tester", &[KIND], LONG).await.unwrap(), None);
}

pub(crate) async fn an_expired_lease_is_claimed_again_and_the_first_holder_is_lost_everywhere(store: Store) {
    create(&store, new_job("one")).await;
    let first = claim(&store, NO_TIME).await;
    let second = claim_when_due(&store, LONG).await;
    assert_eq!((&second.job.id, second.job.attempt), (&first.job.id, 2));
    assert_ne!(first.lease.token, second.lease.token);

    let lost = &first.lease;
    let failure = Failure::new(Code::Internal, "never seen");
    assert_eq!(store.heartbeat(lost, LONG).await.unwrap(), Heartbeat::Lost);
    assert!(!store.report_progress(lost, &Progress { done: 9, ..Progress::default() }).await.unwrap());
    assert!(!store.succeed(lost, serde_json::json!("never seen"), 0, &[]).await.unwrap());
    assert!(!store.fail(lost, &failure, None).await.unwrap());
    assert!(!store.fail(lost, &failure, Some(NO_TIME)).await.unwrap());
    assert!(!store.finish_cancelled(lost).await.unwrap());
    assert!(!store.release(lost, Duration::ZERO).await.unwrap());
    assert_eq!(stored(&store, &second.job).await, second.job);

    assert!(store.succeed(&second.lease, serde_json::json!("seen"), 0, &[]).await.unwrap());
    assert_eq!(stored(&store, &second.job).await.result, Some(serde_json::json!("seen")));
}

pub(crate) async fn a_heartbeat_keeps_the_lease_and_tells_of_a_cancel(store: Store) {
    create(&store, new_job("one")).await;
    let claim = claim(&store, NO_TIME).await;
    // Late, but nobody else took the job.
    let kept = store.heartbeat(&claim.lease, LONG).await.unwrap();
    assert_eq!(kept, Heartbeat::Kept { cancel_requested: false });
    assert_eq!(store.claim("tester", &[KIND], LONG).await.unwrap(), None);
    assert_eq!(stored(&store, &claim.job).await.version, claim.job.version);

    assert!(matches!(store.request_cancel(&claim.job.id).await.unwrap(), CancelAnswer::Accepted(_)));
    let kept = store.heartbeat(&claim.lease, LONG).await.unwrap();
    assert_eq!(kept, Heartbeat::Kept { cancel_requested: true });
    assert!(store.finish_cancelled(&claim.lease).await.unwrap());
    assert_eq!(stored(&store, &claim.job).await.status, Status::Cancelled);
    assert_eq!(store.heartbeat(&claim.lease, LONG).await.unwrap(), Heartbeat::Lost);
}

pub(crate) async fn progress_is_stored_and_starts_anew_with_each_attempt(store: Store) {
    create(&store, new_job("one")).await;
    let claim = claim(&store, NO_TIME).await;
    let half = Progress { done: 5, total: Some(10), unit: "files".to_owned(), message: Some("a/b.csv".to_owned()) };
    assert!(store.report_progress(&claim.lease, &half).await.unwrap());
    let job = stored(&store, &claim.job).await;
    assert_eq!(job.progress, half);
    assert!(job.version > claim.job.version);
    let again = claim_when_due(&store, LONG).await;
    assert_eq!(again.job.progress, Progress { unit: "files".to_owned(), ..Progress::default() });
}

pub(crate) async fn a_job_that_kills_its_workers_fails_after_its_last_attempt(store: Store) {
    let deadly = create(&store, NewJob { max_attempts: 2, priority: 1, ..new_job("deadly") }).await;
    let harmless = create(&store, new_job("harmless")).await;
    for attempt in 1..=2 {
        let claim = claim_when_due(&store, NO_TIME).await;
        assert_eq!((&claim.job.id, claim.job.attempt), (&deadly.id, attempt));
    }
    // The same look finds the dead one and goes on to the next.
    assert_eq!(claim_when_due(&store, LONG).await.job.id, harmless.id);
    let job = stored(&store, &deadly).await;
    assert_eq!((job.status, job.attempt), (Status::Failed, 2));
    assert!(job.finished_at.is_some() && job.expires_at > job.finished_at);
    let error = job.error.unwrap();
    assert_eq!(error.code, Code::Internal);
    assert_eq!(error.detail, "the worker died while running this job (attempt 2 of 2)");
    assert!(error.hint.is_some());
}

pub(crate) async fn a_dead_workers_job_that_was_to_be_cancelled_is_cancelled(store: Store) {
    create(&store, new_job("one")).await;
    let claim = claim(&store, NO_TIME).await;
    store.request_cancel(&claim.job.id).await.unwrap();
    assert_eq!(store.claim("tester", &[KIND], LONG).await.unwrap(), None);
    let job = stored(&store, &claim.job).await;
    assert_eq!((job.status, job.error), (Status::Cancelled, None));
    assert!(!store.succeed(&claim.lease, serde_json::Value::Null, 0, &[]).await.unwrap());
}

pub(crate) async fn release_gives_the_job_back_and_does_not_count(store: Store) {
    create(&store, new_job("one")).await;
    for _ in 0..5 {
        let claim = claim(&store, LONG).await;
        assert_eq!(claim.job.attempt, 1);
        assert!(store.release(&claim.lease, Duration::ZERO).await.unwrap());
        let job = stored(&store, &claim.job).await;
        assert_eq!((job.status, job.attempt, job.started_at), (Status::Queued, 0, None));
    }
    let claim = claim(&store, LONG).await;
    store.request_cancel(&claim.job.id).await.unwrap();
    assert!(store.release(&claim.lease, Duration::ZERO).await.unwrap());
    assert_eq!(stored(&store, &claim.job).await.status, Status::Cancelled);
}

pub(crate) async fn many_workers_do_each_job_exactly_once(store: Store) {
    const WORKERS: usize = 4;
    const JOBS_EACH: usize = 200;
    for number in 0..JOBS_EACH {
        create(&store, new_job(&number.to_string())).await;
    }
    let workers = (0..WORKERS).map(|worker| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            let mut done = Vec::new();
            // Each worker brings a share of its own too, so that puts and takes meet.
            for number in 0..JOBS_EACH * (WORKERS - 1) / WORKERS {
                create(&store, new_job(&format!("{worker}/{number}"))).await;
                done.extend(work_off_one(&store, worker).await);
            }
            while let Some(id) = work_off_one(&store, worker).await {
                done.push(id);
            }
            done
        })
    });
    let mut times = HashMap::new();
    for worker in workers.collect::<Vec<_>>() {
        for id in worker.await.unwrap() {
            *times.entry(id).or_insert(0) += 1;
        }
    }
    assert_eq!(times.len(), WORKERS * JOBS_EACH);
    assert!(times.values().all(|count| *count == 1));
    let counts: HashMap<_, _> = store.counts().await.unwrap().into_iter().collect();
    assert_eq!(counts[&Status::Succeeded], (WORKERS * JOBS_EACH) as u64);
}

async fn work_off_one(store: &Store, worker: usize) -> Option<crate::core::ids::JobId> {
    let claim = store.claim(&format!("worker {worker}"), &[KIND], LONG).await.unwrap()?;
    assert!(store.succeed(&claim.lease, serde_json::json!(worker), 0, &[]).await.unwrap());
    Some(claim.job.id)
}
