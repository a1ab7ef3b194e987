//! On `PostgreSQL`, where whoever runs the tests names a server: `make test-postgres` starts one.

use std::str::FromStr as _;
use std::sync::Arc;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _};

use super::*;
use crate::core::jobs::conformance::{Store, conformance_suite};

/// A connection to the server itself.
async fn server() -> (String, PgConnection) {
    #[expect(clippy::disallowed_methods, reason = "not a setting of the program")]
    let url = std::env::var("TEST_DATABASE_URL").expect("make test-postgres names the server in TEST_DATABASE_URL");
    let connection = PgConnectOptions::from_str(&url).unwrap().connect().await.unwrap();
    (url, connection)
}

/// The address of a database of the test's own; the server goes after the tests, and it with it.
async fn new_database() -> String {
    let (url, mut server) = server().await;
    let name = JobId::new().to_string();
    sqlx::query(AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut server).await.unwrap();
    let (address, _) = url.rsplit_once('/').unwrap();
    format!("{address}/{name}")
}

async fn open_with(settings: StoreSettings) -> SqlJobStore {
    SqlJobStore::connect(&new_database().await, settings).await.unwrap()
}

async fn open() -> (Store, ()) {
    (Arc::new(open_with(StoreSettings::default()).await), ())
}

conformance_suite!(open, #[ignore = "needs PostgreSQL: make test-postgres"]);

#[tokio::test]
#[ignore = "needs PostgreSQL: make test-postgres"]
async fn a_key_is_free_again_after_a_day() {
    super::a_key_is_free_again_after_a_day(&open_with(StoreSettings::default()).await).await;
}

#[tokio::test]
#[ignore = "needs PostgreSQL: make test-postgres"]
async fn an_ended_job_expires_after_the_retention() {
    super::an_ended_job_expires_after_the_retention(&open_with(no_retention()).await).await;
}

#[tokio::test]
#[ignore = "needs PostgreSQL: make test-postgres"]
async fn a_row_that_nobody_writes_is_an_error_that_names_it_without_its_text() {
    let store = open_with(StoreSettings::default()).await;
    super::a_row_that_nobody_writes_is_an_error_that_names_it_without_its_text(&store).await;
}

#[tokio::test]
#[ignore = "needs PostgreSQL: make test-postgres"]
async fn no_more_jobs_of_a_kind_run_than_may() {
    super::no_more_jobs_of_a_kind_run_than_may(&open_with(one_at_a_time()).await).await;
}

#[tokio::test]
#[ignore = "needs PostgreSQL: make test-postgres"]
async fn a_clock_that_was_set_back_holds_nothing_up() {
    super::a_clock_that_was_set_back_holds_nothing_up(&open_with(StoreSettings::default()).await).await;
}

#[tokio::test]
#[ignore = "needs PostgreSQL: make test-postgres"]
async fn characters_that_the_server_does_not_keep_are_no_reason_to_fail() {
    let store = open_with(StoreSettings::default()).await;
    create(&store, NewJob { options: json!({ "name": "a\0b" }), ..without_key() }).await;
    let claim = claim_one(&store).await.unwrap();
    assert_eq!(claim.job.options, json!({ "name": "a\0b" }));
    let progress = Progress { message: Some("a\0b".to_owned()), ..Progress::default() };
    assert!(store.report_progress(&claim.lease, &progress).await.unwrap());
    assert!(store.succeed(&claim.lease, json!({ "summary": "a\0b" }), 0, &[]).await.unwrap());
    let listed = store.list(&JobFilter::default(), None, 1).await.unwrap().items.remove(0);
    assert_eq!(listed.result, Some(json!({ "summary": "a\0b" })));
    assert_eq!(listed.progress.message.as_deref(), Some("a\u{fffd}b"));
}

#[tokio::test]
#[ignore = "needs PostgreSQL: make test-postgres"]
async fn nothing_that_is_asked_often_scans_the_table() {
    let store = open_with(StoreSettings::default()).await;
    // Enough for the planner to take the size seriously: most have ended, some wait, a few run, alone and in parts.
    change(
        &store,
        "INSERT INTO {jobs} (id, kind, status, options, max_attempts, created_by, created_at, run_at, touched_at, expires_at,
             lease_owner, lease_token, lease_expires_at, is_divided, parent_id, part, idempotency_principal, idempotency_key)
         SELECT 'job_' || lpad(to_hex(n), 32, '0'), CASE n % 3 WHEN 0 THEN 'drift' ELSE 'conversion' END, status, '{}', 3,
             'ada', n, n, n, CASE status WHEN 'succeeded' THEN {now} + n END,
             CASE WHEN status = 'running' AND n % 200 <> 0 THEN 'w' END,
             CASE WHEN status = 'running' AND n % 200 <> 0 THEN 't' END,
             CASE WHEN status = 'running' AND n % 200 <> 0 THEN {now} + 60000 END, n % 200 = 0,
             CASE n % 5 WHEN 1 THEN 'job_' || lpad(to_hex(n / 1000 * 1000), 32, '0') END, CASE n % 5 WHEN 1 THEN n END,
             'p', 'k' || n
         FROM (SELECT n, CASE WHEN n % 100 = 0 THEN 'running' WHEN n % 100 = 3 THEN 'queued' ELSE 'succeeded' END AS status
               FROM generate_series(1, 100000) AS numbers(n)) AS made",
    )
    .await;
    change(&store, "ANALYZE {jobs}").await;
    for ask in frequent(&store) {
        let text = format!("{ask:?}");
        let rows = store.database.write(ask.explained("EXPLAIN")).await.unwrap();
        let plan: Vec<String> = rows.iter().map(|row| row.text("QUERY PLAN").unwrap().unwrap()).collect();
        assert!(!plan.iter().any(|step| step.contains("Seq Scan on jobs")), "{text}\n{plan:#?}");
    }
}

#[tokio::test]
#[ignore = "needs PostgreSQL: make test-postgres"]
async fn many_may_open_a_new_database_at_once() {
    let url = new_database().await;
    let opened = (0..8).map(|_| SqlJobStore::connect(&url, StoreSettings::default()));
    let opened = futures::future::join_all(opened).await;
    assert!(opened.iter().all(Result::is_ok), "{opened:?}");
}

#[tokio::test]
#[ignore = "needs PostgreSQL: make test-postgres"]
async fn refuses_a_newer_schema_and_names_both_versions() {
    let url = new_database().await;
    let store = SqlJobStore::connect(&url, StoreSettings::default()).await.unwrap();
    change(&store, "INSERT INTO textmill._sqlx_migrations VALUES (9, 'last', now(), true, '', 0)").await;
    let error = SqlJobStore::connect(&url, StoreSettings::default()).await.unwrap_err();
    assert!(matches!(error, StoreError::TooNew { found: 9, known: 2, .. }), "{error:?}");
}

#[tokio::test]
#[ignore = "needs PostgreSQL: make test-postgres"]
async fn one_folder_goes_with_a_database_and_every_other_is_refused() {
    let store = open_with(StoreSettings::default()).await;
    let (shared, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    store.share(shared.path()).await.unwrap();
    store.share(shared.path()).await.unwrap();
    let error = store.share(other.path()).await.unwrap_err();
    assert!(matches!(&error, StoreError::NotShared { why, .. } if why.contains("another folder")), "{error}");
    assert_eq!(std::fs::read_dir(other.path()).unwrap().count(), 0);
    let another = open_with(StoreSettings::default()).await;
    let error = another.share(shared.path()).await.unwrap_err();
    assert!(matches!(&error, StoreError::NotShared { why, .. } if why.contains("another database")), "{error}");
    // Its marker, taken along, makes a new folder the shared one.
    std::fs::copy(shared.path().join("textmill-database-id"), other.path().join("textmill-database-id")).unwrap();
    store.share(other.path()).await.unwrap();
}

#[tokio::test]
#[ignore = "needs PostgreSQL: make test-postgres"]
async fn a_server_that_says_no_is_quoted_in_clear_words_without_the_password() {
    let url = new_database().await;
    let (server, _) = url.rsplit_once('/').unwrap();
    let wrong_database = format!("{server}/songs");
    let nobody = "postgres://ada:secret@127.0.0.1:1/jobs".to_owned();
    let nowhere = "postgres://ada:secret@no-such-host.invalid/jobs".to_owned();
    for (url, words) in [
        (&wrong_database, "no such database"),
        (&nobody, "can't be reached"),
        (&nowhere, "can't be reached"),
        (&"postgres://ada:secret@:x/jobs".to_owned(), "no address of a PostgreSQL database"),
    ] {
        let error = SqlJobStore::connect(url, StoreSettings::default()).await.unwrap_err();
        assert!(matches!(error, StoreError::Refused { .. }), "{error:?}");
        let said = error.to_string();
        assert!(said.contains(words) && !said.contains("secret"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL: make test-postgres"]
async fn wake_ups_reach_other_processes_and_not_the_own_again() {
    let url = new_database().await;
    let open = async || SqlJobStore::connect(&url, StoreSettings::default()).await.unwrap();
    let (here, there) = (JobEvents::new(), JobEvents::new());
    let (mut at_here, mut at_there) = (here.subscribe(), there.subscribe());
    let relays = [open().await.relay(here.clone()).unwrap(), open().await.relay(there.clone()).unwrap()];
    let id = JobId::new();
    let exchange = async {
        // Each says that it listens now.
        assert_eq!(at_here.recv().await.unwrap().job_id, None);
        assert_eq!(at_there.recv().await.unwrap().job_id, None);
        here.work(&id);
        here.changed(&id);
        let heard = at_there.recv().await.unwrap();
        assert_eq!(heard, crate::core::jobs::Wakeup { job_id: Some(id.clone()), is_work: true, is_remote: true });
        there.changed(&id);
        let mut remote = None;
        while remote.is_none() {
            remote = Some(at_here.recv().await.unwrap()).filter(|wakeup| wakeup.is_remote);
        }
        assert_eq!(remote.map(|wakeup| (wakeup.job_id, wakeup.is_work)), Some((Some(id.clone()), false)));
    };
    tokio::select! {
        done = tokio::time::timeout(Duration::from_secs(20), exchange) => done.expect("wake-ups come"),
        _ = futures::future::join_all(relays) => unreachable!(),
    }
}
