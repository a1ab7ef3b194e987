use super::*;
use crate::core::jobs::{Division, WorkerDescription};
use crate::core::progress::Progress;

/// The worker that `Service::claim` claims as.
fn tester() -> WorkerDescription {
    WorkerDescription {
        name: "tester".to_owned(),
        host: "mill-1".to_owned(),
        pid: 7,
        version: "0.0.0".to_owned(),
        kinds: vec!["conversion".to_owned()],
        concurrency: 4,
    }
}

#[tokio::test]
async fn workers_are_listed_with_what_they_run_and_silent_ones_are_told_apart() {
    let service = Service::start().await;
    assert_eq!(service.get("/v1/workers").await.json(), json!({"items": []}));
    service.store.see_worker(&tester(), Duration::from_mins(1)).await.unwrap();
    let silent = WorkerDescription { name: "gone".to_owned(), ..tester() };
    service.store.see_worker(&silent, Duration::ZERO).await.unwrap();
    let id = service.queue_conversion().await;
    service.claim().await;
    let workers = service.get("/v1/workers").await.json();
    let items = workers["items"].as_array().unwrap();
    let of = |name: &str| items.iter().find(|worker| worker["name"] == name).unwrap();
    assert_eq!((&of("tester")["status"], &of("tester")["concurrency"]), (&json!("alive"), &json!(4)));
    assert_eq!(of("tester")["running"][0]["job_id"], id.as_str());
    assert_eq!((&of("gone")["status"], &of("gone")["running"]), (&json!("silent"), &json!([])));
    assert_eq!(service.get(&format!("/v1/jobs/{id}")).await.json()["worker"], "tester");
    service.get("/v1/workers?limit=5").await.problem(400, "unknown-field");
}

#[tokio::test]
async fn metrics_tell_who_works_and_how_long_the_queue_is() {
    let service = Service::start().await;
    service.store.see_worker(&tester(), Duration::from_mins(1)).await.unwrap();
    service.queue_conversion().await;
    service.queue_conversion().await;
    let told = service.get("/metrics").await.text();
    for line in [
        "textmill_queue_depth{kind=\"conversion\"} 2",
        "textmill_workers{state=\"alive\"} 1",
        "textmill_workers{state=\"silent\"} 0",
        "textmill_worker_slots 4",
    ] {
        assert!(told.contains(line), "{line} is not in\n{told}");
    }
    assert!(told.contains("textmill_queue_oldest_seconds{kind=\"conversion\"} "), "{told}");
    for _ in 0..2 {
        service.claim().await;
    }
    let told = service.get("/metrics").await.text();
    assert!(told.contains("textmill_queue_depth{kind=\"conversion\"} 0"), "{told}");
}

#[tokio::test]
async fn parts_are_listed_under_their_job_only_and_stand_and_fall_with_it() {
    let service = Service::start().await;
    let id = service.queue_conversion().await;
    let claim = service.claim().await;
    let progress = Progress { done: 0, total: Some(10), unit: "bytes".to_owned(), message: None };
    let division = Division { parts: vec![json!({}), json!({})], progress };
    assert!(service.store.divide(&claim.lease, &division).await.unwrap());
    let whole = service.get(&format!("/v1/jobs/{id}")).await.json();
    assert_eq!(
        (&whole["is_divided"], &whole["status"], &whole["worker"]),
        (&json!(true), &json!("running"), &Value::Null)
    );
    assert_eq!(service.get("/v1/jobs").await.json()["items"].as_array().unwrap().len(), 1);
    let parts = service.get(&format!("/v1/jobs?parent={id}&limit=1")).await.json();
    assert_eq!((&parts["items"][0]["parent_id"], &parts["items"][0]["part"]), (&json!(id.as_str()), &json!(2)));
    let cursor = parts["next_cursor"].as_str().unwrap();
    let rest = service.get(&format!("/v1/jobs?parent={id}&limit=1&cursor={cursor}")).await.json();
    assert_eq!((&rest["items"][0]["part"], &rest["next_cursor"]), (&json!(1), &Value::Null));
    service.get(&format!("/v1/jobs?cursor={cursor}")).await.problem(400, "invalid-cursor");
    service.get("/v1/jobs?parent=one").await.problem(400, "invalid-parameter");

    let part = rest["items"][0]["id"].as_str().unwrap();
    assert_eq!(service.call(Method::POST, &format!("/v1/jobs/{part}/cancel")).await.status, StatusCode::ACCEPTED);
    assert_eq!(service.get(&format!("/v1/jobs/{part}")).await.json()["status"], "cancelled");
    service.call(Method::DELETE, &format!("/v1/jobs/{part}")).await.problem(409, "resource-in-use");
    service.call(Method::POST, &format!("/v1/jobs/{part}/retry")).await.problem(400, "invalid-parameter");
    assert_eq!(service.get(&format!("/v1/jobs/{id}")).await.json()["cancel_requested"], true);
}

#[tokio::test]
async fn a_job_with_a_higher_priority_is_begun_first_and_keeps_it_when_it_is_done_again() {
    let service = Service::start().await;
    let ask = async |query: &str, headers: &[(&str, &str)]| {
        let body = json!({"source": {"type": "path", "path": "folder"}});
        service.post_with(&format!("/v1/conversions{query}"), body, headers).await
    };
    ask("", &[]).await;
    let urgent = ask("?priority=5", &[]).await.json();
    assert_eq!(urgent["priority"], 5);
    let claim = service.claim().await;
    assert_eq!(claim.job.id.as_str(), urgent["id"].as_str().unwrap());
    service.succeed(&claim).await;
    for (query, expected) in [("", 5), ("?priority=-7", -7)] {
        let again = service.call(Method::POST, &format!("/v1/jobs/{}/retry{query}", claim.job.id)).await;
        assert_eq!(again.json()["priority"], expected);
    }
    for query in ["?priority=101", "?priority=high", "?priority="] {
        ask(query, &[]).await.problem(400, "invalid-parameter");
    }
    let key = [("idempotency-key", "k")];
    assert_eq!(ask("?priority=1", &key).await.status, StatusCode::ACCEPTED);
    assert_eq!(ask("?priority=1", &key).await.header("idempotency-replayed"), "true");
    ask("?priority=2", &key).await.problem(422, "idempotency-key-reused");
}
