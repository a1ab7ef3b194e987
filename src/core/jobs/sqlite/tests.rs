//! The conformance suite on `SQLite`, and what only `SQLite` can show.

use std::sync::Arc;

use serde_json::json;
use sqlx::{AssertSqlSafe, Row as _};
use tempfile::TempDir;

use super::*;
use crate::core::jobs::conformance::{Store, conformance_suite};

async fn open() -> (Store, TempDir) {
    let (store, folder) = open_with(StoreSettings::default()).await;
    (Arc::new(store), folder)
}

async fn open_with(settings: StoreSettings) -> (SqliteJobStore, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteJobStore::open_with(&folder.path().join("jobs.db"), settings).await.unwrap();
    (store, folder)
}

conformance_suite!(open);

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

#[tokio::test]
async fn a_key_is_free_again_after_a_day() {
    let (store, _folder) = open_with(StoreSettings::default()).await;
    let Enqueued::Created(first) = store.enqueue(new_job("body"), 10).await.unwrap() else { panic!() };
    let age = async |milliseconds: i64| {
        let query = sqlx::query("UPDATE jobs SET created_at = created_at - ?1").bind(milliseconds);
        query.execute(&store.pools.writer).await.unwrap();
    };
    age(23 * 3_600_000).await;
    assert_eq!(store.enqueue(new_job("another body"), 10).await.unwrap(), Enqueued::KeyReused);
    age(3_600_001).await;
    let Enqueued::Created(second) = store.enqueue(new_job("another body"), 10).await.unwrap() else { panic!() };
    assert_ne!(first.id, second.id);
    assert!(matches!(store.enqueue(new_job("another body"), 10).await.unwrap(), Enqueued::Replayed(_)));
    assert!(store.get(&first.id).await.unwrap().is_some());
}

#[tokio::test]
async fn an_ended_job_expires_after_the_retention() {
    let (store, _folder) = open_with(StoreSettings { retention: Duration::ZERO }).await;
    let Enqueued::Created(job) = store.enqueue(new_job("body"), 10).await.unwrap() else { panic!() };
    assert!(store.expired(10).await.unwrap().is_empty());
    store.request_cancel(&job.id).await.unwrap();
    assert_eq!(store.expired(10).await.unwrap(), [job.id]);
    assert!(store.expired(0).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_second_process_sees_the_first_ones_jobs_and_a_closed_file_holds_them() {
    let (store, folder) = open_with(StoreSettings::default()).await;
    let other = SqliteJobStore::open(&folder.path().join("jobs.db")).await.unwrap();
    let Enqueued::Created(job) = store.enqueue(new_job("body"), 10).await.unwrap() else { panic!() };
    assert_eq!(other.get(&job.id).await.unwrap().as_ref(), Some(&job));
    let claim = other.claim("other", &["conversion"], Duration::from_mins(1)).await.unwrap().unwrap();
    assert_eq!(store.get(&job.id).await.unwrap(), Some(claim.job));
    store.close().await;
    other.close().await;
    let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(files, ["jobs.db"]);
    assert!(store.ping().await.is_err());
    let again = SqliteJobStore::open(&folder.path().join("jobs.db")).await.unwrap();
    assert_eq!(again.get(&job.id).await.unwrap().unwrap().status, Status::Running);
}

#[tokio::test]
async fn a_row_that_nobody_writes_is_an_error_that_names_it_without_its_text() {
    let (store, _folder) = open_with(StoreSettings::default()).await;
    let Enqueued::Created(job) = store.enqueue(new_job("body"), 10).await.unwrap() else { panic!() };
    let query = sqlx::query(r#"UPDATE jobs SET options = '{"secret words'"#);
    query.execute(&store.pools.writer).await.unwrap();
    let error = store.get(&job.id).await.unwrap_err().to_string();
    assert!(error.contains(job.id.as_str()) && error.contains("options") && !error.contains("secret"), "{error}");
}

#[tokio::test]
async fn claims_and_lists_never_scan_the_table() {
    let (store, _folder) = open_with(StoreSettings::default()).await;
    let time = chrono::Utc::now();
    let mut statements: Vec<String> =
        [sql::CLAIM, sql::COUNT_WAITING, sql::EXPIRED, sql::IS_REFERENCED, sql::FIND_KEY].map(str::to_owned).into();
    for kind in [None, Some("conversion".to_owned())] {
        for status in [None, Some(Status::Failed)] {
            for created_after in [None, Some(time)] {
                let filter = JobFilter { kind: kind.clone(), status, created_after };
                statements.push(sql::list(&filter, Some(&JobId::new()), 10).sql().as_str().to_owned());
            }
        }
    }
    for statement in statements {
        let explain = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}"));
        let rows = sqlx::query(explain).fetch_all(&store.pools.writer).await.unwrap();
        let plan: Vec<String> = rows.iter().map(|row| row.get("detail")).collect();
        assert!(!plan.iter().any(|step| step.starts_with("SCAN jobs")), "{statement}\n{plan:#?}");
        assert!(plan.iter().any(|step| step.starts_with("SEARCH jobs USING")), "{statement}\n{plan:#?}");
    }
}
