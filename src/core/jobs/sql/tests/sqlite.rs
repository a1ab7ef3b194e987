//! On `SQLite`.

use std::sync::Arc;

use tempfile::TempDir;

use super::*;
use crate::core::jobs::conformance::{Store, conformance_suite};
use crate::core::jobs::sql::sqlite::step;

async fn open() -> (Store, TempDir) {
    let (store, folder) = open_with(StoreSettings::default()).await;
    (Arc::new(store), folder)
}

async fn open_with(settings: StoreSettings) -> (SqlJobStore, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let store = SqlJobStore::open_file(&folder.path().join("jobs.db"), settings).await.unwrap();
    (store, folder)
}

conformance_suite!(open);

#[tokio::test]
async fn a_key_is_free_again_after_a_day() {
    super::a_key_is_free_again_after_a_day(&open_with(StoreSettings::default()).await.0).await;
}

#[tokio::test]
async fn an_ended_job_expires_after_the_retention() {
    super::an_ended_job_expires_after_the_retention(&open_with(no_retention()).await.0).await;
}

#[tokio::test]
async fn a_row_that_nobody_writes_is_an_error_that_names_it_without_its_text() {
    let (store, _folder) = open_with(StoreSettings::default()).await;
    super::a_row_that_nobody_writes_is_an_error_that_names_it_without_its_text(&store).await;
}

#[tokio::test]
async fn no_more_jobs_of_a_kind_run_than_may() {
    super::no_more_jobs_of_a_kind_run_than_may(&open_with(one_at_a_time()).await.0).await;
}

#[tokio::test]
async fn a_clock_that_was_set_back_holds_nothing_up() {
    super::a_clock_that_was_set_back_holds_nothing_up(&open_with(StoreSettings::default()).await.0).await;
}

#[tokio::test]
async fn a_second_process_sees_the_first_ones_jobs_and_a_closed_file_holds_them() {
    let (store, folder) = open_with(StoreSettings::default()).await;
    let other = SqlJobStore::open_file(&folder.path().join("jobs.db"), StoreSettings::default()).await.unwrap();
    let job = create(&store, new_job("body")).await;
    assert_eq!(other.get(&job.id).await.unwrap().as_ref(), Some(&job));
    let claim = other.claim("other", &["conversion"], LONG).await.unwrap().unwrap();
    assert_eq!(store.get(&job.id).await.unwrap(), Some(claim.job));
    store.close().await;
    other.close().await;
    let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(files, ["jobs.db"]);
    assert!(store.ping().await.is_err());
    let again = SqlJobStore::open_file(&folder.path().join("jobs.db"), StoreSettings::default()).await.unwrap();
    assert_eq!(again.get(&job.id).await.unwrap().unwrap().status, Status::Running);
}

#[tokio::test]
async fn an_older_file_is_brought_up_to_date_with_its_jobs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jobs.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&path).create_if_missing(true);
    let mut connection = sqlx::ConnectOptions::connect(&options).await.unwrap();
    let first = step(1, "jobs", include_str!("../../migrations/sqlite/0001_jobs.sql"));
    sqlx::migrate::Migrator::with_migrations(vec![first]).run_direct(None, &mut connection, false).await.unwrap();
    sqlx::raw_sql(
        r#"INSERT INTO jobs (id, kind, status, options, result, max_attempts, created_by, created_at, run_at, expires_at)
           VALUES ('job_01938c6f0b7a7c3e8d1f2a3b4c5d6e7f', 'conversion', 'succeeded', '{"a":1}',
               '{"summary":{"files":2},"files":[]}', 3, 'ada', 5, 5, 9);
           INSERT INTO jobs (id, kind, status, options, max_attempts, created_by, created_at, run_at, lease_owner,
               lease_token, lease_expires_at)
           VALUES ('job_01938c6f0b7a7c3e8d1f2a3b4c5d6e70', 'conversion', 'running', '{}', 3, 'ada', 5, 5, 'w', 't', 7)"#,
    )
    .execute(&mut connection)
    .await
    .unwrap();
    sqlx::Connection::close(connection).await.unwrap();
    let store = SqlJobStore::open_file(&path, StoreSettings::default()).await.unwrap();
    let jobs = store.list(&JobFilter::default(), None, 10).await.unwrap().items;
    assert_eq!((jobs.len(), &jobs[0].result), (2, &Some(json!({ "summary": { "files": 2 } }))));
    let ended = store.get(&jobs[0].id).await.unwrap().unwrap();
    assert_eq!(ended.result, Some(json!({ "summary": { "files": 2 }, "files": [] })));
    assert_eq!(store.mend_clock().await.unwrap(), 0);
    assert_eq!(claim_one(&store).await.unwrap().job.id, jobs[1].id);
}

#[tokio::test]
async fn nothing_that_is_asked_often_scans_the_table() {
    let (store, _folder) = open_with(StoreSettings::default()).await;
    for ask in frequent(&store) {
        let text = format!("{ask:?}");
        let rows = store.database.write(ask.explained("EXPLAIN QUERY PLAN")).await.unwrap();
        let plan: Vec<String> = rows.iter().map(|row| row.text("detail").unwrap().unwrap()).collect();
        let scans = |step: &&String| {
            ["SCAN jobs", "SCAN job", "SCAN other", "SCAN part"].contains(&step.as_str())
                || step.starts_with("SCAN jobs ") && !step.contains("INDEX")
        };
        assert_eq!(plan.iter().find(scans), None, "{text}\n{plan:#?}");
    }
}
