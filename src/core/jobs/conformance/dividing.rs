//! Jobs that are done in parts.

use serde_json::{Value, json};

use super::*;
use crate::core::failure::{Code, Failure};
use crate::core::jobs::{CancelAnswer, Deletion, Division, Heartbeat, JobFilter, Status};
use crate::core::progress::Progress;

fn division(parts: usize) -> Division {
    let progress = Progress { total: Some(100), unit: "bytes".to_owned(), ..Progress::default() };
    Division { parts: (1..=parts).map(|part| json!({ "slice": part })).collect(), progress }
}

/// A job with two parts that wait.
async fn divided(store: &Store) -> Job {
    create(store, NewJob { priority: 5, created_by: "ada".to_owned(), ..new_job("whole") }).await;
    let claim = claim(store, LONG).await;
    assert!(store.divide(&claim.lease, &division(2)).await.unwrap());
    stored(store, &claim.job).await
}

async fn succeed(store: &Store, claim: &Claim) {
    assert!(store.succeed(&claim.lease, Value::Null, 0, &[]).await.unwrap());
}

async fn none_is_due(store: &Store) {
    assert_eq!(store.claim("tester", &[KIND], LONG).await.unwrap(), None);
}

fn statuses(parts: &[Job]) -> Vec<Status> {
    parts.iter().map(|part| part.status).collect()
}

pub(crate) async fn a_divided_job_is_taken_again_when_its_parts_have_ended_and_that_is_no_attempt(store: Store) {
    let whole = divided(&store).await;
    assert_eq!((whole.status, whole.is_divided, whole.worker.as_ref()), (Status::Running, true, None));
    let first = claim(&store, LONG).await;
    let second = claim(&store, LONG).await;
    for (claim, number) in [(&first, 1), (&second, 2)] {
        assert_eq!((claim.job.parent_id.as_ref(), claim.job.part), (Some(&whole.id), Some(number)));
        assert_eq!((claim.job.priority, claim.job.created_by.as_str(), claim.job.max_attempts), (5, "ada", 3));
        assert_eq!(claim.job.options, json!({ "slice": number }));
    }
    none_is_due(&store).await;
    succeed(&store, &second).await;
    none_is_due(&store).await;
    succeed(&store, &first).await;
    let merging = claim(&store, LONG).await;
    assert_eq!((&merging.job.id, merging.job.attempt, merging.job.started_at), (&whole.id, 1, whole.started_at));
    assert!(merging.job.is_divided);
    none_is_due(&store).await;
    let parts = store.parts(&whole.id).await.unwrap();
    assert_eq!(parts.iter().map(|part| part.part).collect::<Vec<_>>(), [Some(1), Some(2)]);
    succeed(&store, &merging).await;
    assert_eq!(stored(&store, &whole).await.status, Status::Succeeded);
}

pub(crate) async fn a_worker_that_dies_putting_parts_together_costs_an_attempt(store: Store) {
    let whole = divided(&store).await;
    for _ in 0..2 {
        succeed(&store, &claim(&store, LONG).await).await;
    }
    let dying = claim(&store, NO_TIME).await;
    let again = claim_when_due(&store, LONG).await;
    assert_eq!((&again.job.id, dying.job.attempt, again.job.attempt), (&whole.id, 1, 2));
    assert!(!store.divide(&dying.lease, &division(2)).await.unwrap());
    assert_eq!(store.heartbeat(&dying.lease, LONG).await.unwrap(), Heartbeat::Lost);
    assert_eq!(store.parts(&whole.id).await.unwrap().len(), 2);
}

pub(crate) async fn parts_are_listed_and_counted_apart(store: Store) {
    let whole = divided(&store).await;
    let ids = async |filter: JobFilter| -> Vec<Option<u32>> {
        store.list(&filter, None, 10).await.unwrap().items.into_iter().map(|job| job.part).collect()
    };
    assert_eq!(ids(JobFilter::default()).await, [None]);
    assert_eq!(ids(JobFilter { parent: Some(whole.id.clone()), ..JobFilter::default() }).await, [Some(2), Some(1)]);
    let counts = store.counts().await.unwrap();
    assert!(counts.contains(&(Status::Queued, 0)) && counts.contains(&(Status::Running, 1)), "{counts:?}");
    assert!(matches!(store.enqueue(new_job("next"), 1).await.unwrap(), Enqueued::Created(_)));
    let depths = store.depths().await.unwrap();
    assert_eq!(depths.iter().map(|depth| (depth.kind.as_str(), depth.waiting)).collect::<Vec<_>>(), [(KIND, 3)]);
}

pub(crate) async fn cancelling_a_job_or_one_of_its_parts_stops_all_of_it(store: Store) {
    for ask_the_part in [false, true] {
        let whole = divided(&store).await;
        let running = claim(&store, LONG).await;
        let parts = store.parts(&whole.id).await.unwrap();
        let asked = if ask_the_part { &parts[1].id } else { &whole.id };
        let answer = store.request_cancel(asked).await.unwrap();
        assert!(matches!(&answer, CancelAnswer::Accepted(job) if job.id == *asked), "{answer:?}");
        let parts = store.parts(&whole.id).await.unwrap();
        assert_eq!(statuses(&parts), [Status::Running, Status::Cancelled]);
        assert_eq!(store.heartbeat(&running.lease, LONG).await.unwrap(), Heartbeat::Kept { cancel_requested: true });
        none_is_due(&store).await;
        assert!(store.finish_cancelled(&running.lease).await.unwrap());
        // The look for work finds that all of it has stopped.
        none_is_due(&store).await;
        let whole = stored(&store, &whole).await;
        assert_eq!((whole.status, whole.error.as_ref()), (Status::Cancelled, None));
        assert!(matches!(store.request_cancel(asked).await.unwrap(), CancelAnswer::Accepted(_)));
    }
}

pub(crate) async fn a_part_that_fails_stops_the_others_and_the_job_is_taken_to_say_so(store: Store) {
    let whole = divided(&store).await;
    let failing = claim(&store, LONG).await;
    let failure = Failure::new(Code::StorageFailure, "the disk is gone");
    assert!(store.fail(&failing.lease, &failure, Some(LONG)).await.unwrap());
    assert_eq!(statuses(&store.parts(&whole.id).await.unwrap()), [Status::Queued, Status::Queued]);

    let failing = claim(&store, LONG).await;
    assert!(store.fail(&failing.lease, &failure, None).await.unwrap());
    let parts = store.parts(&whole.id).await.unwrap();
    assert_eq!(statuses(&parts), [Status::Cancelled, Status::Failed]);
    let telling = claim(&store, LONG).await;
    assert_eq!(telling.job.id, whole.id);
    assert!(!stored(&store, &whole).await.cancel_requested);
}

pub(crate) async fn a_part_that_kills_its_workers_stops_the_others(store: Store) {
    create(&store, NewJob { max_attempts: 1, ..new_job("whole") }).await;
    let dividing = claim(&store, LONG).await;
    assert!(store.divide(&dividing.lease, &division(2)).await.unwrap());
    let dead = claim(&store, NO_TIME).await;
    let next = claim_when_due(&store, LONG).await;
    let parts = store.parts(&dividing.job.id).await.unwrap();
    // Which of the two was looked at first is left open: the dead one ends, and with it the one that waits.
    if next.job.id == dividing.job.id {
        assert_eq!(statuses(&parts), [Status::Failed, Status::Cancelled]);
        return;
    }
    assert_eq!((next.job.part, dead.job.part), (Some(2), Some(1)));
    none_is_due(&store).await;
    assert_eq!(stored(&store, &dead.job).await.status, Status::Failed);
    let kept = store.heartbeat(&next.lease, LONG).await.unwrap();
    assert_eq!(kept, Heartbeat::Kept { cancel_requested: true });
}

pub(crate) async fn a_job_that_was_to_be_cancelled_is_not_divided(store: Store) {
    create(&store, new_job("whole")).await;
    let claim = claim(&store, LONG).await;
    store.request_cancel(&claim.job.id).await.unwrap();
    assert!(store.divide(&claim.lease, &division(2)).await.unwrap());
    assert_eq!(stored(&store, &claim.job).await.status, Status::Cancelled);
    assert!(store.parts(&claim.job.id).await.unwrap().is_empty());
}

pub(crate) async fn the_progress_of_parts_adds_up(store: Store) {
    let whole = divided(&store).await;
    assert_eq!((whole.progress.done, whole.progress.total, whole.progress.unit.as_str()), (0, Some(100), "bytes"));
    let (first, second) = (claim(&store, LONG).await, claim(&store, LONG).await);
    for (claim, done) in [(&first, 30), (&second, 20), (&first, 40)] {
        let progress = Progress { done, total: Some(50), unit: "bytes".to_owned(), message: Some("a.csv".to_owned()) };
        assert!(store.report_progress(&claim.lease, &progress).await.unwrap());
    }
    let now = stored(&store, &whole).await;
    assert_eq!(
        (now.progress.done, now.progress.total, now.progress.message.as_deref()),
        (60, Some(100), Some("a.csv"))
    );
    assert!(now.version > whole.version);
}

pub(crate) async fn a_job_is_forgotten_with_its_parts(store: Store) {
    let whole = divided(&store).await;
    let parts: Vec<_> = store.parts(&whole.id).await.unwrap().into_iter().map(|part| part.id).collect();
    assert_eq!(store.delete(&whole.id).await.unwrap(), Deletion::NotEnded);
    store.request_cancel(&whole.id).await.unwrap();
    none_is_due(&store).await;
    assert_eq!(store.delete(&parts[0]).await.unwrap(), Deletion::PartOf(whole.id.clone()));
    let Deletion::Deleted(mut deleted) = store.delete(&whole.id).await.unwrap() else { panic!() };
    deleted.sort();
    assert_eq!(deleted, [vec![whole.id.clone()], parts].concat());
    assert_eq!(store.delete(&whole.id).await.unwrap(), Deletion::NotFound);
}
