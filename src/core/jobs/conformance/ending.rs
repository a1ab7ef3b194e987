//! How a job ends, and who may ask for it.

use super::*;
use crate::core::failure::{Code, Failure};
use crate::core::ids::JobId;
use crate::core::jobs::{Artifact, CancelAnswer, Status};

fn failure() -> Failure {
    Failure::new(Code::StorageFailure, "can't write `out/a.parquet`").with_hint("free some space")
}

pub(crate) async fn a_result_is_stored_once_and_the_job_is_over(store: Store) {
    create(&store, new_job("one")).await;
    let claim = claim(&store, LONG).await;
    let artifact = Artifact {
        name: "report.json".to_owned(),
        size_bytes: 12,
        sha256: "00".repeat(32),
        media_type: "application/json".to_owned(),
    };
    let result = serde_json::json!({ "rows": 7 });
    assert!(store.succeed(&claim.lease, result.clone(), 3, std::slice::from_ref(&artifact)).await.unwrap());
    let job = stored(&store, &claim.job).await;
    assert_eq!((job.status, job.result, job.rejected_count), (Status::Succeeded, Some(result), 3));
    assert_eq!((job.artifacts, job.error), (vec![artifact], None));
    assert!(job.finished_at >= job.started_at && job.expires_at > job.finished_at);
    assert!(!store.succeed(&claim.lease, serde_json::Value::Null, 0, &[]).await.unwrap());
    assert!(!store.fail(&claim.lease, &failure(), None).await.unwrap());
    assert_eq!(store.claim("tester", &[KIND], LONG).await.unwrap(), None);
}

pub(crate) async fn a_failure_without_retry_is_final(store: Store) {
    create(&store, new_job("one")).await;
    let claim = claim(&store, LONG).await;
    assert!(store.fail(&claim.lease, &failure(), None).await.unwrap());
    let job = stored(&store, &claim.job).await;
    assert_eq!((job.status, job.error), (Status::Failed, Some(failure())));
    assert!(job.finished_at.is_some() && job.expires_at > job.finished_at);
    assert_eq!(store.claim("tester", &[KIND], LONG).await.unwrap(), None);
}

pub(crate) async fn a_retry_waits_for_its_time(store: Store) {
    create(&store, new_job("one")).await;
    let first = claim(&store, LONG).await;
    assert!(store.fail(&first.lease, &failure(), Some(LONG)).await.unwrap());
    let waiting = stored(&store, &first.job).await;
    assert_eq!((waiting.status, waiting.attempt, waiting.error), (Status::Queued, 1, Some(failure())));
    assert!(waiting.run_at - waiting.created_at >= chrono::Duration::from_std(LONG).unwrap());
    assert_eq!((waiting.finished_at, waiting.expires_at), (None, None));
    assert_eq!(store.claim("tester", &[KIND], LONG).await.unwrap(), None);

    create(&store, new_job("two")).await;
    let second = claim(&store, LONG).await;
    assert_ne!(second.job.id, first.job.id);
    assert!(store.fail(&second.lease, &failure(), Some(Duration::from_millis(30))).await.unwrap());
    let again = claim_when_due(&store, LONG).await;
    assert_eq!((&again.job.id, again.job.attempt), (&second.job.id, 2));
    assert!(again.job.started_at.unwrap() >= again.job.run_at);
}

pub(crate) async fn a_retry_without_attempts_left_is_a_failure(store: Store) {
    create(&store, NewJob { max_attempts: 1, ..new_job("one") }).await;
    let claim = claim(&store, LONG).await;
    assert!(store.fail(&claim.lease, &failure(), Some(NO_TIME)).await.unwrap());
    let job = stored(&store, &claim.job).await;
    assert_eq!((job.status, job.error), (Status::Failed, Some(failure())));
}

pub(crate) async fn a_retry_of_a_job_to_be_cancelled_is_a_cancel(store: Store) {
    create(&store, NewJob { max_attempts: 1, ..new_job("one") }).await;
    let claim = claim(&store, LONG).await;
    store.request_cancel(&claim.job.id).await.unwrap();
    assert!(store.fail(&claim.lease, &failure(), Some(NO_TIME)).await.unwrap());
    let job = stored(&store, &claim.job).await;
    assert_eq!((job.status, job.error), (Status::Cancelled, None));
    assert!(job.finished_at.is_some() && job.expires_at > job.finished_at);
}

pub(crate) async fn cancelling_a_waiting_job_ends_it_and_asking_again_answers_the_same(store: Store) {
    let job = create(&store, new_job("one")).await;
    let first = store.request_cancel(&job.id).await.unwrap();
    let CancelAnswer::Accepted(cancelled) = &first else { panic!("{first:?}") };
    assert_eq!((cancelled.status, cancelled.cancel_requested), (Status::Cancelled, true));
    assert!(cancelled.finished_at.is_some() && cancelled.expires_at > cancelled.finished_at);
    assert_eq!(store.request_cancel(&job.id).await.unwrap(), first);
    assert_eq!(store.claim("tester", &[KIND], LONG).await.unwrap(), None);
}

pub(crate) async fn cancelling_a_running_job_waits_for_its_worker(store: Store) {
    create(&store, new_job("one")).await;
    let claim = claim(&store, LONG).await;
    let first = store.request_cancel(&claim.job.id).await.unwrap();
    let CancelAnswer::Accepted(asked) = &first else { panic!("{first:?}") };
    assert_eq!((asked.status, asked.cancel_requested), (Status::Running, true));
    assert!(asked.version > claim.job.version);
    assert_eq!(store.request_cancel(&claim.job.id).await.unwrap(), first);
    // It finished before it saw the request: the work counts.
    assert!(store.succeed(&claim.lease, serde_json::Value::Null, 0, &[]).await.unwrap());
    assert!(matches!(store.request_cancel(&claim.job.id).await.unwrap(), CancelAnswer::AlreadyFinished(_)));
}

pub(crate) async fn cancelling_what_has_ended_or_never_was_says_so(store: Store) {
    create(&store, new_job("one")).await;
    let claim = claim(&store, LONG).await;
    store.fail(&claim.lease, &failure(), None).await.unwrap();
    let ended = stored(&store, &claim.job).await;
    assert_eq!(store.request_cancel(&ended.id).await.unwrap(), CancelAnswer::AlreadyFinished(ended));
    assert_eq!(store.request_cancel(&JobId::new()).await.unwrap(), CancelAnswer::NotFound);
}

pub(crate) async fn every_visible_change_grows_the_version(store: Store) {
    let mut job = create(&store, new_job("one")).await;
    let mut grown = async |doing: &str| {
        let now = stored(&store, &job).await;
        assert!(now.version > job.version, "{doing}");
        job = now;
    };
    let first = claim(&store, LONG).await;
    grown("claim").await;
    let progress = crate::core::progress::Progress { done: 1, ..Default::default() };
    store.report_progress(&first.lease, &progress).await.unwrap();
    grown("progress").await;
    store.fail(&first.lease, &failure(), Some(NO_TIME)).await.unwrap();
    grown("fail").await;
    let second = claim_when_due(&store, LONG).await;
    grown("claim again").await;
    store.release(&second.lease, Duration::ZERO).await.unwrap();
    grown("release").await;
    let third = claim(&store, LONG).await;
    grown("third claim").await;
    store.request_cancel(&third.job.id).await.unwrap();
    grown("ask to stop").await;
    store.finish_cancelled(&third.lease).await.unwrap();
    grown("stop").await;
}
