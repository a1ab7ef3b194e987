//! Who works, and what waits for them.

use super::*;
use crate::core::jobs::WorkerDescription;

fn worker(name: &str) -> WorkerDescription {
    WorkerDescription {
        name: name.to_owned(),
        host: "mill".to_owned(),
        pid: 7,
        version: "1.2.3".to_owned(),
        kinds: vec![KIND.to_owned(), "drift".to_owned()],
        concurrency: 2,
    }
}

pub(crate) async fn workers_are_known_with_what_they_run_until_they_end(store: Store) {
    assert!(store.workers().await.unwrap().is_empty());
    for name in ["b", "tester"] {
        store.see_worker(&worker(name), LONG).await.unwrap();
    }
    create(&store, new_job("one")).await;
    let claim = claim(&store, LONG).await;
    let workers = store.workers().await.unwrap();
    assert_eq!(workers.iter().map(|one| one.description.clone()).collect::<Vec<_>>(), [worker("b"), worker("tester")]);
    assert!(workers.iter().all(|worker| worker.is_alive && worker.seen_at >= worker.started_at));
    assert!(workers[0].running.is_empty());
    let running = &workers[1].running[0];
    assert_eq!((&running.id, running.kind.as_str(), running.attempt), (&claim.job.id, KIND, 1));
    assert_eq!(claim.job.worker.as_deref(), Some("tester"));
    store.forget_worker("tester").await.unwrap();
    assert_eq!(store.workers().await.unwrap().len(), 1);
}

pub(crate) async fn a_worker_without_a_sign_of_life_is_silent_and_one_with_one_is_alive_again(store: Store) {
    store.see_worker(&worker("a"), NO_TIME).await.unwrap();
    assert!(!store.workers().await.unwrap()[0].is_alive);
    let begun = store.workers().await.unwrap()[0].started_at;
    store.see_worker(&worker("a"), LONG).await.unwrap();
    let now = &store.workers().await.unwrap()[0];
    assert_eq!((now.is_alive, now.started_at), (true, begun));
}

pub(crate) async fn the_queue_of_each_kind_is_measured(store: Store) {
    assert!(store.depths().await.unwrap().is_empty());
    create(&store, new_job("one")).await;
    create(&store, NewJob { kind: "drift".to_owned(), ..new_job("two") }).await;
    create(&store, new_job("three")).await;
    let depths = store.depths().await.unwrap();
    let seen: Vec<_> = depths.iter().map(|depth| (depth.kind.as_str(), depth.waiting)).collect();
    assert_eq!(seen, [(KIND, 2), ("drift", 1)]);
    assert!(depths.iter().all(|depth| depth.oldest_waiting < LONG));
    // A job that was put off does not wait for a worker.
    let claim = claim(&store, LONG).await;
    store.release(&claim.lease, LONG).await.unwrap();
    assert_eq!(store.depths().await.unwrap()[0].waiting, 1);
}
