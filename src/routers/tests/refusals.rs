use super::*;

#[tokio::test]
async fn axum_s_own_refusals_are_problems_too() {
    let service = Service::start().await;
    service.get("/v1/nothing").await.problem(404, "not-found");
    service.get("/v1/jobs/not-an-id").await.problem(404, "not-found");
    for path in ["/v1/jobs", "/v1/conversions", "/health", "/"] {
        let refused = service.call(Method::PUT, path).await;
        refused.problem(405, "method-not-allowed");
        assert!(!refused.header("allow").is_empty(), "{path}");
    }
    service.call(Method::OPTIONS, "/v1/jobs").await.problem(405, "method-not-allowed");
    let head = service.call(Method::HEAD, "/v1/jobs").await;
    assert_eq!((head.status, head.body.len()), (StatusCode::OK, 0));
}

#[tokio::test]
async fn a_body_that_is_no_json_object_is_refused() {
    let service = Service::start().await;
    let send = async |content_type: &str, body: &str| {
        let request = Request::post("/v1/conversions").header(header::CONTENT_TYPE, content_type);
        service.send(request.body(Body::from(body.to_owned())).unwrap()).await
    };
    send("application/json", "{").await.problem(400, "malformed-json");
    send("application/json", "").await.problem(400, "malformed-json");
    send("application/json", "[]").await.problem(400, "invalid-parameter");
    send("text/plain", "{}").await.problem(415, "unsupported-format");
    send("multipart/form-data", "x").await.problem(400, "invalid-parameter");
}

#[tokio::test]
async fn every_fault_of_a_body_is_named_at_once() {
    let service = Service::start().await;
    let body = json!({
        "source": {"type": "path", "paht": "folder"},
        "options": {"compression": "rar", "row_group_rows": -1, "includes": [], "dry_run": "yes"},
        "surprise": 1
    });
    let problem = service.post("/v1/conversions", body).await.problem(400, "invalid-parameter");
    let pointers: Vec<_> =
        problem["errors"].as_array().unwrap().iter().map(|e| e["pointer"].as_str().unwrap()).collect();
    for pointer in [
        "/options/compression",
        "/options/row_group_rows",
        "/options/includes",
        "/options/dry_run",
        "/source/paht",
        "/surprise",
    ] {
        assert!(pointers.contains(&pointer), "{pointer} is not in {problem:#}");
    }
}

#[tokio::test]
async fn forms_that_only_serde_would_take_are_refused() {
    let service = Service::start().await;
    for body in [
        json!({"source": ["path", "folder"]}),
        json!({"source": {"type": "path", "path": "folder"}, "options": []}),
        json!({"source": {"type": "path", "path": "folder"}, "options": {"schema": {"infer": null}}}),
    ] {
        service.post("/v1/conversions", body).await.problem(400, "invalid-parameter");
    }
}

#[tokio::test]
async fn every_fault_of_a_query_is_named_at_once() {
    let service = Service::start().await;
    let answer = service.get("/v1/jobs?limit=0&status=done&staus=queued&created_after=yesterday&kind=A&limit=3").await;
    let problem = answer.problem(400, "invalid-parameter");
    let parameters: Vec<_> =
        problem["errors"].as_array().unwrap().iter().map(|e| e["parameter"].as_str().unwrap()).collect();
    for parameter in ["status", "staus", "created_after", "kind", "limit"] {
        assert!(parameters.contains(&parameter), "{parameter} is not in {problem:#}");
    }
    service.get("/v1/info?x=1").await.problem(400, "unknown-field");
}

#[tokio::test]
async fn a_fit_request_id_is_kept_and_another_is_replaced() {
    let service = Service::start().await;
    let named = async |id: &str| {
        service.send(Request::get("/health").header("x-request-id", id).body(Body::empty()).unwrap()).await
    };
    assert_eq!(named("abc-123").await.header("x-request-id"), "abc-123");
    assert!(named("has space").await.header("x-request-id").starts_with("req_"));
    assert!(named(&"x".repeat(129)).await.header("x-request-id").starts_with("req_"));
}

#[tokio::test]
async fn a_key_is_asked_for_where_keys_are_set_up() {
    let keys = ApiKeys::from_keys([("alice", "s3cret")]);
    let service = Service::start_with(keys, HttpLimits::default(), 10).await;
    let refused = service.get("/v1/jobs").await;
    refused.problem(401, "missing-or-bad-key");
    assert!(refused.header("www-authenticate").starts_with("Bearer"));
    service.get("/v1/nothing").await.problem(401, "missing-or-bad-key");
    service.get("/metrics").await.problem(401, "missing-or-bad-key");
    for path in ["/", "/ui/app.js", "/health", "/ready", "/openapi.json", "/docs/", "/problems/not-found"] {
        assert_eq!(service.get(path).await.status, StatusCode::OK, "{path}");
    }
    let with_key = |key: &str| {
        let body = json!({"source": {"type": "path", "path": "folder"}}).to_string();
        Request::post("/v1/conversions")
            .header(header::AUTHORIZATION, format!("Bearer {key}"))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body))
            .unwrap()
    };
    service.send(with_key("wrong")).await.problem(401, "missing-or-bad-key");
    let accepted = service.send(with_key("s3cret")).await;
    assert_eq!(accepted.json()["created_by"], "alice");
}

#[tokio::test]
async fn too_much_is_refused_at_the_door() {
    let limits =
        HttpLimits { max_json_bytes: 400, max_upload_bytes: 10, max_files_per_upload: 1, ..HttpLimits::default() };
    let service = Service::start_with(ApiKeys::none(), limits, 1).await;
    let long = json!({"source": {"type": "path", "path": "x".repeat(400)}});
    service.post("/v1/conversions", long).await.problem(413, "body-too-large");
    service.post_form("/v1/files", &[("file", "a", "more than ten")], &[]).await.problem(413, "body-too-large");
    service
        .post_form("/v1/files", &[("file", "a", "1"), ("file", "b", "2")], &[])
        .await
        .problem(413, "too-many-inputs");
    assert_eq!(std::fs::read_dir(service.path().join("uploads")).unwrap().count(), 0);

    service.queue_conversion().await;
    let full = service.post("/v1/conversions", json!({"source": {"type": "path", "path": "folder"}})).await;
    full.problem(429, "queue-full");
    assert!(!full.header("retry-after").is_empty());

    let limits = HttpLimits { max_concurrent_requests: 0, ..HttpLimits::default() };
    let crowded = Service::start_with(ApiKeys::none(), limits, 1).await;
    crowded.get("/v1/jobs").await.problem(429, "too-many-requests");
    assert_eq!(crowded.get("/health").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_stopping_service_takes_no_new_work() {
    let service = Service::start().await;
    service.shutdown.cancel();
    let refused = service.post("/v1/conversions", json!({"source": {"type": "path", "path": "folder"}})).await;
    refused.problem(503, "shutting-down");
    assert_eq!(service.get("/v1/jobs").await.status, StatusCode::OK);
}

#[tokio::test]
async fn each_code_is_explained_as_page_and_as_json() {
    let service = Service::start().await;
    for code in crate::core::failure::Code::ALL {
        let explained = service.get(&format!("/problems/{code}")).await;
        assert_eq!(explained.json()["code"], code.as_str());
    }
    let page = Request::get("/problems/queue-full").header(header::ACCEPT, "text/html").body(Body::empty()).unwrap();
    assert!(service.send(page).await.text().contains("<h1>Queue full</h1>"));
    service.get("/problems/nonsense").await.problem(404, "not-found");
}

#[tokio::test]
async fn readiness_metrics_and_info_say_what_is() {
    let service = Service::start().await;
    service.queue_conversion().await;
    assert_eq!(service.get("/ready").await.json()["checks"][0]["name"], "database");
    let metrics = service.get("/metrics").await.text();
    assert!(metrics.contains("textmill_jobs{status=\"queued\"} 1"), "{metrics}");
    assert!(
        metrics.contains("textmill_http_requests_total{route=\"/v1/conversions\",method=\"POST\",status=\"202\"} 1")
    );
    assert_eq!(service.get("/v1/info").await.json()["limits"]["max_wait_s"], 60);
    assert_eq!(service.get("/v1/info").await.header("cache-control"), "no-store");
    service.store.close().await;
    let unready = service.get("/ready").await;
    assert_eq!(unready.problem(503, "not-ready")["errors"][0]["parameter"], "database");
    let broken = service.get("/v1/jobs").await.problem(502, "storage-failure");
    assert!(!broken.to_string().contains("jobs.db"), "{broken:#}");
}
