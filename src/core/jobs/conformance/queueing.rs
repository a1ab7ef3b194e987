//! Getting into the queue.

#![expect(clippy::disallowed_methods, reason = "a test waits for each of its tasks")]

use futures::future::join_all;

use super::*;
use crate::core::jobs::Status;

pub(crate) async fn a_new_job_waits_with_what_was_asked(store: Store) {
    let asked = NewJob { priority: 4, created_by: "ada".to_owned(), ..new_job("first") };
    let job = create(&store, asked).await;
    assert_eq!((job.status, job.attempt, job.max_attempts, job.priority), (Status::Queued, 0, 3, 4));
    assert_eq!((job.kind.as_str(), job.created_by.as_str(), job.version), (KIND, "ada", 1));
    assert_eq!(job.options, serde_json::json!({ "name": "first" }));
    assert_eq!(job.created_at, job.run_at);
    let age = chrono::Utc::now() - job.created_at;
    assert!(age.num_seconds().abs() < 60, "{age}");
    assert_eq!(stored(&store, &job).await, job);
    store.ping().await.unwrap();
}

pub(crate) async fn an_equal_request_finds_the_first_job(store: Store) {
    let asked = NewJob { idempotency: Some(key("k", "ada", "body")), ..new_job("first") };
    let job = create(&store, asked.clone()).await;
    let claim = claim(&store, LONG).await;
    assert_eq!(store.enqueue(asked, 10).await.unwrap(), Enqueued::Replayed(claim.job));
    assert_eq!(store.list(&crate::core::jobs::JobFilter::default(), None, 10).await.unwrap().items.len(), 1);
    assert_eq!(stored(&store, &job).await.status, Status::Running);
}

pub(crate) async fn another_request_under_the_same_key_is_refused(store: Store) {
    create(&store, NewJob { idempotency: Some(key("k", "ada", "body")), ..new_job("first") }).await;
    let other = NewJob { idempotency: Some(key("k", "ada", "another body")), ..new_job("second") };
    assert_eq!(store.enqueue(other, 10).await.unwrap(), Enqueued::KeyReused);
}

pub(crate) async fn a_key_is_found_without_asking_for_a_job(store: Store) {
    assert_eq!(store.find_key(&key("k", "ada", "body")).await.unwrap(), None);
    let job = create(&store, NewJob { idempotency: Some(key("k", "ada", "body")), ..new_job("first") }).await;
    assert_eq!(store.find_key(&key("k", "ada", "body")).await.unwrap(), Some(Enqueued::Replayed(job)));
    assert_eq!(store.find_key(&key("k", "ada", "another body")).await.unwrap(), Some(Enqueued::KeyReused));
    assert_eq!(store.find_key(&key("k", "ben", "body")).await.unwrap(), None);
    assert_eq!(store.list(&crate::core::jobs::JobFilter::default(), None, 10).await.unwrap().items.len(), 1);
}

pub(crate) async fn the_key_of_another_principal_is_another_key(store: Store) {
    let first = create(&store, NewJob { idempotency: Some(key("k", "ada", "body")), ..new_job("first") }).await;
    let second = create(&store, NewJob { idempotency: Some(key("k", "ben", "body")), ..new_job("first") }).await;
    assert_ne!(first.id, second.id);
}

pub(crate) async fn concurrent_duplicates_make_one_job(store: Store) {
    let requests = (0..16).map(|_| {
        let (store, asked) =
            (Arc::clone(&store), NewJob { idempotency: Some(key("k", "ada", "body")), ..new_job("one") });
        async move { tokio::spawn(async move { store.enqueue(asked, 10).await.unwrap() }).await.unwrap() }
    });
    let answers = join_all(requests).await;
    let created = answers.iter().filter(|answer| matches!(answer, Enqueued::Created(_))).count();
    let replayed = answers.iter().filter(|answer| matches!(answer, Enqueued::Replayed(_))).count();
    assert_eq!((created, replayed), (1, 15));
    assert_eq!(store.list(&crate::core::jobs::JobFilter::default(), None, 10).await.unwrap().items.len(), 1);
}

pub(crate) async fn a_full_queue_refuses_but_still_answers_repeated_requests(store: Store) {
    let first = NewJob { idempotency: Some(key("k", "ada", "body")), ..new_job("first") };
    create(&store, first.clone()).await;
    create(&store, new_job("second")).await;
    assert_eq!(store.enqueue(new_job("third"), 2).await.unwrap(), Enqueued::QueueFull { limit: 2 });
    assert!(matches!(store.enqueue(first, 2).await.unwrap(), Enqueued::Replayed(_)));
    // A running job does not wait any more.
    claim(&store, LONG).await;
    assert!(matches!(store.enqueue(new_job("third"), 2).await.unwrap(), Enqueued::Created(_)));
}
