//! Both databases: the conformance suite, and what can only be seen from inside.

mod postgres;
mod sqlite;

use std::time::Duration;

use serde_json::json;

use super::statements::{claim, list};
use super::*;

/// Longer than any test.
const LONG: Duration = Duration::from_mins(10);
const HOUR: i64 = 3_600_000;

fn new_job(fingerprint: &str) -> NewJob {
    NewJob {
        kind: "conversion".to_owned(),
        options: json!({}),
        created_by: "ada".to_owned(),
        priority: 0,
        max_attempts: 1,
        idempotency: Some(IdempotencyKey {
            key: "k".to_owned(),
            principal: "ada".to_owned(),
            fingerprint: fingerprint.to_owned(),
        }),
    }
}

fn without_key() -> NewJob {
    NewJob { idempotency: None, ..new_job("") }
}

fn no_retention() -> StoreSettings {
    StoreSettings { retention: Duration::ZERO, ..StoreSettings::default() }
}

fn one_at_a_time() -> StoreSettings {
    StoreSettings { max_running: [("conversion".to_owned(), 1)].into(), ..StoreSettings::default() }
}

async fn create(store: &SqlJobStore, job: NewJob) -> Job {
    match store.enqueue(job, 1_000_000).await.unwrap() {
        Enqueued::Created(job) => job,
        other => panic!("{other:?}"),
    }
}

async fn change(store: &SqlJobStore, statement: &str) {
    let statement = store.statements.dialect.say(statement);
    store.database.count(ask("prepare a test", statement)).await.unwrap();
}

async fn claim_one(store: &SqlJobStore) -> Option<Claim> {
    store.claim("tester", &["conversion"], LONG).await.unwrap()
}

async fn a_key_is_free_again_after_a_day(store: &SqlJobStore) {
    let first = create(store, new_job("body")).await;
    change(store, &format!("UPDATE {{jobs}} SET created_at = created_at - {}", 23 * HOUR)).await;
    assert_eq!(store.enqueue(new_job("another body"), 10).await.unwrap(), Enqueued::KeyReused);
    change(store, &format!("UPDATE {{jobs}} SET created_at = created_at - {}", HOUR + 1)).await;
    let second = create(store, new_job("another body")).await;
    assert_ne!(first.id, second.id);
    assert!(matches!(store.enqueue(new_job("another body"), 10).await.unwrap(), Enqueued::Replayed(_)));
    assert!(store.get(&first.id).await.unwrap().is_some());
}

/// For a store that keeps nothing.
async fn an_ended_job_expires_after_the_retention(store: &SqlJobStore) {
    let job = create(store, new_job("body")).await;
    assert!(store.expired(10).await.unwrap().is_empty());
    store.request_cancel(&job.id).await.unwrap();
    assert_eq!(store.expired(10).await.unwrap(), [job.id]);
    assert!(store.expired(0).await.unwrap().is_empty());
}

async fn a_row_that_nobody_writes_is_an_error_that_names_it_without_its_text(store: &SqlJobStore) {
    let job = create(store, new_job("body")).await;
    change(store, r#"UPDATE {jobs} SET options = '{"secret words'"#).await;
    let error = store.get(&job.id).await.unwrap_err().to_string();
    assert!(error.contains(job.id.as_str()) && error.contains("options") && !error.contains("secret"), "{error}");
}

/// For a store that runs one conversion at a time.
async fn no_more_jobs_of_a_kind_run_than_may(store: &SqlJobStore) {
    for _ in 0..3 {
        create(store, without_key()).await;
    }
    create(store, NewJob { kind: "drift".to_owned(), ..without_key() }).await;
    let attempts = (0..8).map(|_| store.claim("tester", &["conversion", "drift"], LONG));
    let claims: Vec<Claim> = futures::future::join_all(attempts).await.into_iter().filter_map(Result::unwrap).collect();
    let mut kinds: Vec<_> = claims.iter().map(|claim| claim.job.kind.as_str()).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["conversion", "drift"]);
    let conversion = claims.iter().find(|claim| claim.job.kind == "conversion").unwrap();
    assert!(store.succeed(&conversion.lease, Value::Null, 0, &[]).await.unwrap());
    // A divided job is not one that runs; its parts are.
    let whole = claim_one(store).await.unwrap();
    let division = Division { parts: vec![json!(1), json!(2)], progress: Progress::default() };
    assert!(store.divide(&whole.lease, &division).await.unwrap());
    assert!(claim_one(store).await.is_some());
    assert!(claim_one(store).await.is_none());
}

/// Written an hour later than it is now: the clock was set back by as much.
async fn a_clock_that_was_set_back_holds_nothing_up(store: &SqlJobStore) {
    let worker = WorkerDescription {
        name: "dead".to_owned(),
        host: "mill".to_owned(),
        pid: 1,
        version: "1".to_owned(),
        kinds: Vec::new(),
        concurrency: 1,
    };
    store.see_worker(&worker, Duration::ZERO).await.unwrap();
    create(store, NewJob { max_attempts: 2, ..without_key() }).await;
    let dead = store.claim("dead", &["conversion"], Duration::from_secs(1)).await.unwrap().unwrap();
    let waiting = create(store, without_key()).await;
    change(
        store,
        &format!(
            "UPDATE {{jobs}} SET touched_at = touched_at + {HOUR}, run_at = run_at + {HOUR}, created_at = created_at + {HOUR},
             lease_expires_at = lease_expires_at + {HOUR}, started_at = started_at + {HOUR}"
        ),
    )
    .await;
    change(store, &format!("UPDATE {{workers}} SET seen_at = seen_at + {HOUR}")).await;
    assert!(claim_one(store).await.is_none());
    assert!(store.workers().await.unwrap()[0].is_alive);
    assert_eq!(store.mend_clock().await.unwrap(), 2);
    assert_eq!(store.mend_clock().await.unwrap(), 0);
    assert_eq!(claim_one(store).await.unwrap().job.id, waiting.id);
    change(store, "UPDATE {jobs} SET lease_expires_at = lease_expires_at - 1000 WHERE lease_owner = 'dead'").await;
    assert_eq!(claim_one(store).await.unwrap().job.id, dead.job.id);
}

/// Each statement that is carried out often, or on a table of any size, with its parameters.
fn frequent(store: &SqlJobStore) -> Vec<Ask> {
    let statements = store.statements;
    let key = new_job("").idempotency.unwrap();
    let lease = Lease { job_id: JobId::new(), token: "t".to_owned() };
    let mut asks = vec![
        store.by_key(&key),
        ask("", &*statements.count_waiting).with(1_000),
        ask("", &*statements.get).with(lease.job_id.as_str()),
        ask("", &*statements.parts).with(lease.job_id.as_str()),
        ask("", &*statements.expired).with(100),
        ask("", &*statements.depths),
        ask("", &*statements.leases),
        ask("", &*statements.mend_queued),
        ask("", &*statements.mend_running),
        ask("", &*statements.is_referenced).with("file_1"),
        ask("", &*statements.root).with(lease.job_id.as_str()),
        ask("", &*statements.cancel_parts).with(lease.job_id.as_str()).with(1),
        leased("", &statements.heartbeat, &lease).with(1),
        leased("", &statements.finish_cancelled, &lease).with(1),
    ];
    for limits in [[None, None], [Some(1), None]] {
        let take = ask("", claim(statements.dialect, &limits)).with("o").with("t").with(1).with(1).with("").with("");
        asks.push(take.with("conversion").with("drift"));
    }
    let time = chrono::Utc::now();
    for kind in [None, Some("conversion".to_owned())] {
        for status in [None, Some(Status::Failed)] {
            for created_after in [None, Some(time)] {
                for parent in [None, Some(JobId::new())] {
                    for dataset in [None, Some("mail".to_owned())] {
                        let (kind, parent) = (kind.clone(), parent.clone());
                        let filter = JobFilter { kind, status, created_after, parent, dataset };
                        let (statement, args) = list(statements.dialect, &filter, Some(&JobId::new()), 10);
                        asks.push(ask("", statement).with_all(args));
                    }
                }
            }
        }
    }
    asks
}
