use super::*;

fn folder() -> Value {
    json!({"source": {"type": "path", "path": "folder"}})
}

#[tokio::test]
async fn a_conversion_becomes_a_job_with_effective_options() {
    let service = Service::start().await;
    let answer = service.post("/v1/conversions", folder()).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    let job = answer.json();
    assert_eq!(answer.header("location"), format!("/v1/jobs/{}", job["id"].as_str().unwrap()));
    assert_eq!(job["status"], "queued");
    assert_eq!(job["options"]["options"]["row_group_rows"], 1_000_000);
    assert_eq!((&job["result"], &job["finished_at"], &job["error"]), (&Value::Null, &Value::Null, &Value::Null));
    assert!(job["created_at"].as_str().unwrap().ends_with('Z'));
}

#[tokio::test]
async fn a_whole_number_may_be_written_with_a_point() {
    let service = Service::start().await;
    let body = json!({"source": {"type": "path", "path": "folder"}, "options": {"row_group_rows": 10.0}});
    let job = service.post("/v1/conversions", body).await.json();
    assert_eq!(job["options"]["options"]["row_group_rows"], 10);
}

#[tokio::test]
async fn what_could_not_be_done_anyway_is_refused_with_all_its_faults() {
    let service = Service::start().await;
    let refused = async |body: Value, status, code| service.post("/v1/conversions", body).await.problem(status, code);
    let path = |path: &str| json!({"source": {"type": "path", "path": path}});
    refused(path("../etc"), 403, "path-outside-data-root").await;
    refused(path("/etc/passwd"), 403, "path-outside-data-root").await;
    refused(path("absent"), 404, "not-found").await;
    refused(json!({"source": {"type": "uri", "uri": "gs://bucket/x"}}), 403, "bucket-not-allowed").await;
    let id = "file_01938c6f0b7a7c3e8d1f2a3b4c5d6e7f";
    refused(json!({"source": {"type": "file", "file_id": id}}), 404, "not-found").await;
    refused(json!({"source": {"type": "file", "file_id": "x"}}), 400, "invalid-parameter").await;
    let many = json!({
        "source": {"type": "path", "path": "absent"},
        "destination": {"type": "path", "path": "../out"},
        "options": {"include": ["**/*.csv", "[x"], "row_group_rows": 0}
    });
    let problem = refused(many, 404, "not-found").await;
    let pointers: Vec<_> = problem["errors"].as_array().unwrap().iter().map(|e| e["pointer"].clone()).collect();
    let expected = ["/source/path", "/destination/path", "/options/include/1", "/options/row_group_rows"];
    assert_eq!(pointers, expected, "{problem:#}");
    assert!(service.get("/v1/jobs").await.json()["items"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn the_same_key_and_request_is_the_same_job_and_another_request_is_refused() {
    let service = Service::start().await;
    let key = [("idempotency-key", "k1")];
    let first = service.post_with("/v1/conversions", folder(), &key).await;
    let again = service.post_with("/v1/conversions", folder(), &key).await;
    assert_eq!(first.json()["id"], again.json()["id"]);
    assert_eq!((first.header("idempotency-replayed"), again.header("idempotency-replayed")), ("", "true"));
    let other = json!({"source": {"type": "path", "path": "folder"}, "options": {"dry_run": true}});
    service.post_with("/v1/conversions", other, &key).await.problem(422, "idempotency-key-reused");
    let long = "x".repeat(256);
    let refused = service.post_with("/v1/conversions", folder(), &[("idempotency-key", &long)]).await;
    refused.problem(400, "invalid-parameter");
}

#[tokio::test]
async fn a_form_uploads_its_file_and_converts_it() {
    let service = Service::start().await;
    let parts = [("file", "train.csv", "a,b\n1,2\n"), ("options", "", r#"{"schema":"text"}"#)];
    let key = [("idempotency-key", "k1")];
    let job = service.post_form("/v1/conversions", &parts, &key).await.json();
    assert_eq!(job["options"]["options"]["schema"], "text");
    let file_id = job["options"]["source"]["file_id"].as_str().unwrap();
    assert_eq!(service.get(&format!("/v1/files/{file_id}")).await.json()["name"], "train.csv");
    service.call(Method::DELETE, &format!("/v1/files/{file_id}")).await.problem(409, "resource-in-use");

    let again = service.post_form("/v1/conversions", &parts, &key).await;
    assert_eq!((&again.json()["id"], again.header("idempotency-replayed")), (&job["id"], "true"));
    assert_eq!(service.get("/v1/files").await.json()["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_refused_form_leaves_no_file() {
    let service = Service::start().await;
    let refused = async |parts: &[(&str, &str, &str)], status, code| {
        service.post_form("/v1/conversions", parts, &[]).await.problem(status, code)
    };
    let file = ("file", "a.csv", "x");
    refused(&[("options", "", "{}")], 400, "invalid-parameter").await;
    refused(&[file, file], 413, "too-many-inputs").await;
    refused(&[file, ("optoins", "", "{}")], 400, "unknown-field").await;
    refused(&[file, ("options", "", "{")], 400, "malformed-json").await;
    refused(&[file, ("options", "", r#"{"row_group_rows":0}"#)], 400, "invalid-parameter").await;
    refused(&[file, ("destination", "", r#"{"type":"path","path":"/etc"}"#)], 403, "path-outside-data-root").await;
    assert_eq!(std::fs::read_dir(service.path().join("uploads")).unwrap().count(), 0);
}

#[tokio::test]
async fn a_client_may_wait_for_the_end() {
    let service = Service::start().await;
    let asked = service.post_with("/v1/conversions", folder(), &[("prefer", "wait=30")]);
    let worked = async {
        let claim = loop {
            if let Some(claim) = service.store.claim("t", &["conversion"], Duration::from_mins(1)).await.unwrap() {
                break claim;
            }
            tokio::task::yield_now().await;
        };
        service.succeed(&claim).await;
    };
    let (answer, ()) = tokio::join!(asked, worked);
    assert_eq!((answer.status, answer.header("preference-applied")), (StatusCode::OK, "wait=30"));
    assert_eq!(answer.json()["status"], "succeeded");
    let impatient = service.post_with("/v1/conversions", folder(), &[("prefer", "wait=0")]).await;
    assert_eq!((impatient.status, impatient.header("preference-applied")), (StatusCode::ACCEPTED, "wait=0"));
}

#[tokio::test]
async fn the_same_request_is_the_same_job_though_its_source_is_gone() {
    let limits = HttpLimits { legacy_wait: Duration::ZERO, ..HttpLimits::default() };
    let service = Service::start_with(ApiKeys::none(), limits, 10).await;
    let key = [("idempotency-key", "k1")];
    let old = "/api/parquet_conversion_service?url_type=local&input_base_folder=folder&output_base_folder=out";
    let file =
        service.post_form("/v1/files", &[("file", "a.csv", "a\n1\n")], &[]).await.json()["items"][0]["id"].clone();
    let of_file = json!({"source": {"type": "file", "file_id": file}});
    let by_path = service.post_with("/v1/conversions", folder(), &key).await.json();
    let by_file = service.post_with("/v1/conversions", of_file.clone(), &[("idempotency-key", "k2")]).await.json();
    let by_old = service.post_with(old, json!({}), &key).await.header("location").to_owned();
    for _ in 0..3 {
        let claim = service.claim().await;
        service.succeed(&claim).await;
    }
    let retry = format!("/v1/jobs/{}/retry", by_path["id"].as_str().unwrap());
    let retried = service.post_with(&retry, json!({}), &key).await.json();

    std::fs::remove_dir_all(service.path().join("data/folder")).unwrap();
    let path = format!("/v1/files/{}", file.as_str().unwrap());
    assert_eq!(service.call(Method::DELETE, &path).await.status, StatusCode::NO_CONTENT);
    let again = service.post_with("/v1/conversions", folder(), &key).await;
    assert_eq!((&again.json()["id"], again.header("idempotency-replayed")), (&by_path["id"], "true"));
    let again = service.post_with("/v1/conversions", of_file, &[("idempotency-key", "k2")]).await;
    assert_eq!((&again.json()["id"], again.header("idempotency-replayed")), (&by_file["id"], "true"));
    service.post("/v1/conversions", folder()).await.problem(404, "not-found");
    assert_eq!(service.get(old).await.status, StatusCode::NOT_FOUND);
    assert_eq!(service.post_with(old, json!({}), &key).await.header("location"), by_old);

    let id = by_path["id"].as_str().unwrap();
    assert_eq!(service.call(Method::DELETE, &format!("/v1/jobs/{id}")).await.status, StatusCode::NO_CONTENT);
    let again = service.post_with(&retry, json!({}), &key).await;
    assert_eq!((&again.json()["id"], again.header("idempotency-replayed")), (&retried["id"], "true"));
}
