use futures::StreamExt as _;

use super::*;
use crate::core::progress::Progress;

#[tokio::test]
async fn jobs_are_listed_newest_first_and_a_cursor_keeps_its_filters() {
    let service = Service::start().await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.insert(0, service.queue_conversion().await.to_string());
    }
    let listed = |page: &Value| page["items"].as_array().unwrap().iter().map(|j| j["id"].clone()).collect::<Vec<_>>();
    let first = service.get("/v1/jobs?limit=2&status=queued").await.json();
    assert_eq!(listed(&first), ids[..2]);
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = service.get(&format!("/v1/jobs?limit=2&status=queued&cursor={cursor}")).await.json();
    assert_eq!((listed(&second), &second["next_cursor"]), (vec![json!(ids[2])], &Value::Null));
    service.get(&format!("/v1/jobs?cursor={cursor}")).await.problem(400, "invalid-cursor");
    let none = service.get("/v1/jobs?kind=other&created_after=2020-01-01T00:00:00Z").await.json();
    assert!(listed(&none).is_empty());
}

#[tokio::test]
async fn a_job_tells_when_to_look_again_until_it_has_ended() {
    let service = Service::start().await;
    let id = service.queue_conversion().await;
    let address = format!("/v1/jobs/{id}");
    assert_eq!(service.get(&address).await.header("retry-after"), "1");
    service.get(&format!("{address}/report")).await.problem(409, "job-not-finished");
    service.call(Method::DELETE, &address).await.problem(409, "job-not-finished");
    service.call(Method::POST, &format!("{address}/retry")).await.problem(409, "job-not-finished");
    service.succeed(&service.claim().await).await;
    let ended = service.get(&address).await;
    assert_eq!((ended.header("retry-after"), &ended.json()["result"]["rows"]), ("", &json!(1)));
    assert!(service.get(&format!("{address}/report")).await.text().contains(id.as_str()));
    assert_eq!(service.get(&format!("{address}/artifacts")).await.json()["items"], json!([]));
    service.get(&format!("{address}/artifacts/a/b.parquet")).await.problem(404, "not-found");
    service.call(Method::POST, &format!("{address}/cancel")).await.problem(409, "job-already-finished");

    let again = service.call(Method::POST, &format!("{address}/retry")).await;
    assert_eq!(again.status, StatusCode::ACCEPTED);
    assert_ne!(again.json()["id"], id.as_str());
    assert_eq!(service.call(Method::DELETE, &address).await.status, StatusCode::NO_CONTENT);
    service.get(&address).await.problem(404, "not-found");
}

#[tokio::test]
async fn asking_twice_to_stop_answers_the_same() {
    let service = Service::start().await;
    let id = service.queue_conversion().await;
    for _ in 0..2 {
        let answer = service.call(Method::POST, &format!("/v1/jobs/{id}/cancel")).await;
        assert_eq!((answer.status, &answer.json()["status"]), (StatusCode::ACCEPTED, &json!("cancelled")));
    }
    let absent = JobId::new();
    service.call(Method::POST, &format!("/v1/jobs/{absent}/cancel")).await.problem(404, "not-found");
}

/// The events of a stream: (event, id).
fn events(text: &str) -> Vec<(String, u64)> {
    let field = |block: &str, name: &str| {
        block.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().trim().to_owned()
    };
    let blocks = text.split("\n\n").filter(|block| block.contains("data:"));
    blocks.map(|block| (field(block, "event:"), field(block, "id:").parse().unwrap())).collect()
}

#[tokio::test]
async fn a_stream_of_events_ends_with_done_and_resumes() {
    let service = Service::start().await;
    let id = service.queue_conversion().await;
    let address = format!("/v1/jobs/{id}/events");
    let request = Request::get(&address).body(Body::empty()).unwrap();
    let response = service.router.clone().oneshot(request).await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut body = response.into_body().into_data_stream();
    // The work begins once the stream has told where the job stands.
    let first = body.next().await.unwrap().unwrap();
    let claim = service.claim().await;
    let progress = Progress { done: 1, total: Some(2), unit: "files".to_owned(), message: None };
    assert!(service.store.report_progress(&claim.lease, &progress).await.unwrap());
    service.events.changed(&id);
    service.succeed(&claim).await;
    let rest: Vec<_> = body.map(Result::unwrap).collect().await;
    let told = events(&String::from_utf8([first].into_iter().chain(rest).flatten().collect()).unwrap());
    assert_eq!(told.first().unwrap().0, "status");
    assert_eq!(told.last().unwrap().0, "done");
    assert!(told.is_sorted_by_key(|(_, version)| *version));

    let resumed = Request::get(&address).header("last-event-id", told[0].1.to_string()).body(Body::empty()).unwrap();
    assert_eq!(events(&service.send(resumed).await.text()), [told.last().unwrap().clone()]);
    service.get(&format!("/v1/jobs/{}/events", JobId::new())).await.problem(404, "not-found");
}

#[tokio::test]
async fn a_resumed_stream_tells_only_what_is_new() {
    let service = Service::start().await;
    let id = service.queue_conversion().await;
    let claim = service.claim().await;
    let running = service.store.get(&id).await.unwrap().unwrap().version;
    let resume = Request::get(format!("/v1/jobs/{id}/events")).header("last-event-id", running.to_string());
    let watched = service.send(resume.body(Body::empty()).unwrap());
    let (answer, ()) = tokio::join!(watched, service.succeed(&claim));
    let told = events(&answer.text());
    assert_eq!((told.len(), told[0].0.as_str()), (1, "done"), "{told:?}");
}

#[tokio::test]
async fn a_stream_ends_when_the_service_stops() {
    let service = Service::start().await;
    let id = service.queue_conversion().await;
    let address = format!("/v1/jobs/{id}/events");
    let stopped = async {
        tokio::task::yield_now().await;
        service.shutdown.cancel();
    };
    let (answer, ()) = tokio::join!(service.get(&address), stopped);
    assert!(events(&answer.text()).iter().all(|(event, _)| event != "done"));
}

#[tokio::test]
async fn an_artifact_is_served_with_its_digest_as_tag() {
    let service = Service::start().await;
    let id = service.queue_conversion().await;
    let claim = service.claim().await;
    let artifact = crate::core::jobs::Artifact {
        name: "sub/t.parquet".to_owned(),
        size_bytes: 3,
        sha256: sha256_hex(b"abc"),
        media_type: "application/vnd.apache.parquet".to_owned(),
    };
    let file = service.path().join("artifacts").join(id.as_str()).join("sub/t.parquet");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, b"abc").unwrap();
    let tag = format!("\"{}\"", artifact.sha256);
    assert!(service.store.succeed(&claim.lease, json!({}), 0, &[artifact]).await.unwrap());
    let answer = service.get(&format!("/v1/jobs/{id}/artifacts/sub/t.parquet")).await;
    assert_eq!((answer.text().as_str(), answer.header("etag")), ("abc", tag.as_str()));
    service.get(&format!("/v1/jobs/{id}/artifacts/..%2F..%2Fjobs.db")).await.problem(404, "not-found");
}
