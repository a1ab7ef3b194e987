//! Looking at many jobs, and forgetting them.

use std::collections::HashMap;

use super::*;
use crate::core::failure::{Code, Failure};
use crate::core::ids::JobId;
use crate::core::jobs::{Deletion, JobFilter, Status};

pub(crate) async fn pages_hold_every_job_once_newest_first(store: Store) {
    let mut wanted = Vec::new();
    for number in 0..7 {
        wanted.push(create(&store, new_job(&number.to_string())).await.id);
    }
    wanted.reverse();
    let mut seen: Vec<JobId> = Vec::new();
    loop {
        let page = store.list(&JobFilter::default(), seen.last(), 3).await.unwrap();
        seen.extend(page.items.into_iter().map(|job| job.id));
        if !page.has_more {
            break;
        }
        // A newcomer does not disturb the pages that follow.
        create(&store, new_job("newcomer")).await;
    }
    assert_eq!(seen, wanted);
    let all = store.list(&JobFilter::default(), None, 9).await.unwrap();
    assert_eq!((all.items.len(), all.has_more), (9, false));
    assert!(store.list(&JobFilter::default(), Some(&wanted[6]), 3).await.unwrap().items.is_empty());
}

pub(crate) async fn filters_combine(store: Store) {
    let running = create(&store, new_job("one")).await;
    let waiting = create(&store, new_job("two")).await;
    let other = create(&store, NewJob { kind: "drift".to_owned(), ..new_job("three") }).await;
    claim(&store, LONG).await;
    let ids = async |filter: JobFilter| -> Vec<JobId> {
        store.list(&filter, None, 10).await.unwrap().items.into_iter().map(|job| job.id).collect()
    };
    let kind = Some(KIND.to_owned());
    let queued = Some(Status::Queued);
    assert_eq!(
        ids(JobFilter { kind: kind.clone(), ..JobFilter::default() }).await,
        [&waiting.id, &running.id].map(Clone::clone)
    );
    assert_eq!(
        ids(JobFilter { status: queued, ..JobFilter::default() }).await,
        [&other.id, &waiting.id].map(Clone::clone)
    );
    let both = JobFilter { kind, status: queued, created_after: Some(waiting.created_at), ..JobFilter::default() };
    assert_eq!(ids(both.clone()).await, [waiting.id]);
    let later = waiting.created_at + chrono::Duration::hours(1);
    assert!(ids(JobFilter { created_after: Some(later), ..both }).await.is_empty());
}

pub(crate) async fn the_jobs_of_a_data_set_are_found_by_its_name(store: Store) {
    let mut series = Vec::new();
    for dataset in ["mail", "chat", "mail"] {
        let job = create(&store, new_job(&series.len().to_string())).await;
        let claim = claim(&store, LONG).await;
        let result = serde_json::json!({ "summary": { "dataset": dataset, "score": 0.5 }, "rows": [1, 2] });
        assert!(store.succeed(&claim.lease, result, 0, &[]).await.unwrap());
        series.push(job.id);
    }
    let of = async |name: &str| {
        let filter = JobFilter { dataset: Some(name.to_owned()), ..JobFilter::default() };
        store.list(&filter, None, 10).await.unwrap().items
    };
    let mail = of("mail").await;
    assert_eq!(mail.iter().map(|job| &job.id).collect::<Vec<_>>(), [&series[2], &series[0]]);
    assert_eq!(mail[0].result, Some(serde_json::json!({ "summary": { "dataset": "mail", "score": 0.5 } })));
    assert!(of("post").await.is_empty());
    // A series is of use for longer than the details of any other job.
    assert!(mail[0].expires_at.unwrap() - mail[0].finished_at.unwrap() > chrono::Duration::days(30));
}

pub(crate) async fn only_ended_jobs_are_deleted(store: Store) {
    let job = create(&store, new_job("one")).await;
    assert_eq!(store.delete(&job.id).await.unwrap(), Deletion::NotEnded);
    let claim = claim(&store, LONG).await;
    assert_eq!(store.delete(&job.id).await.unwrap(), Deletion::NotEnded);
    store.succeed(&claim.lease, serde_json::Value::Null, 0, &[]).await.unwrap();
    assert_eq!(store.delete(&job.id).await.unwrap(), Deletion::Deleted(vec![job.id.clone()]));
    assert_eq!(store.get(&job.id).await.unwrap(), None);
    assert_eq!(store.delete(&job.id).await.unwrap(), Deletion::NotFound);
}

pub(crate) async fn nothing_expires_before_its_time(store: Store) {
    create(&store, new_job("one")).await;
    let claim = claim(&store, LONG).await;
    store.succeed(&claim.lease, serde_json::Value::Null, 0, &[]).await.unwrap();
    assert!(store.expired(10).await.unwrap().is_empty());
}

pub(crate) async fn counts_name_every_status(store: Store) {
    let counts = async || -> HashMap<Status, u64> { store.counts().await.unwrap().into_iter().collect() };
    assert_eq!(counts().await, Status::ALL.map(|status| (status, 0)).into());
    for name in ["one", "two", "three"] {
        create(&store, new_job(name)).await;
    }
    let failing = claim(&store, LONG).await;
    store.fail(&failing.lease, &Failure::new(Code::Internal, "broken"), None).await.unwrap();
    claim(&store, LONG).await;
    let counts = counts().await;
    assert_eq!((counts[&Status::Queued], counts[&Status::Running], counts[&Status::Failed]), (1, 1, 1));
    assert_eq!((counts[&Status::Succeeded], counts[&Status::Cancelled]), (0, 0));
}

pub(crate) async fn only_open_jobs_reference_their_inputs(store: Store) {
    let file = "file_01938c6f0b7a7c3e8d1f2a3b4c5d6e7f";
    assert!(!store.is_referenced(file).await.unwrap());
    create(&store, new_job(file)).await;
    assert!(store.is_referenced(file).await.unwrap());
    let claim = claim(&store, LONG).await;
    assert!(store.is_referenced(file).await.unwrap());
    store.succeed(&claim.lease, serde_json::Value::Null, 0, &[]).await.unwrap();
    assert!(!store.is_referenced(file).await.unwrap());
}
