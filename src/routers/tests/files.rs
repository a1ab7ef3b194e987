use super::*;

#[tokio::test]
async fn a_file_is_uploaded_described_read_in_ranges_and_removed() {
    let service = Service::start().await;
    let created = service.post_form("/v1/files", &[("file", "tab le.csv", "0123456789")], &[]).await;
    assert_eq!(created.status, StatusCode::CREATED);
    let meta = created.json()["items"][0].clone();
    let id = meta["id"].as_str().unwrap();
    assert_eq!(created.header("location"), format!("/v1/files/{id}"));
    assert_eq!((&meta["name"], &meta["size_bytes"]), (&json!("tab le.csv"), &json!(10)));
    assert_eq!(service.get(&format!("/v1/files/{id}")).await.json(), meta);

    let content = format!("/v1/files/{id}/content");
    let whole = service.get(&content).await;
    assert_eq!((whole.text().as_str(), whole.header("content-length")), ("0123456789", "10"));
    assert!(whole.header("content-disposition").starts_with("attachment"));
    let ask = async |name: &str, value: &str| {
        service.send(Request::get(&content).header(name, value).body(Body::empty()).unwrap()).await
    };
    let part = ask("range", "bytes=2-4").await;
    assert_eq!((part.status, part.text().as_str()), (StatusCode::PARTIAL_CONTENT, "234"));
    assert_eq!(part.header("content-range"), "bytes 2-4/10");
    let beyond = ask("range", "bytes=10-").await;
    beyond.problem(416, "invalid-parameter");
    assert_eq!(beyond.header("content-range"), "bytes */10");
    assert_eq!(ask("if-none-match", whole.header("etag")).await.status, StatusCode::NOT_MODIFIED);
    let head = service.call(Method::HEAD, &content).await;
    assert_eq!((head.body.len(), head.header("content-length")), (0, "10"));

    assert_eq!(service.call(Method::DELETE, &format!("/v1/files/{id}")).await.status, StatusCode::NO_CONTENT);
    service.call(Method::DELETE, &format!("/v1/files/{id}")).await.problem(404, "not-found");
    service.get(&content).await.problem(404, "not-found");
}

#[tokio::test]
async fn many_files_are_kept_together_or_not_at_all() {
    let service = Service::start().await;
    let refused = service.post_form("/v1/files", &[("file", "a", "1"), ("files", "b", "2")], &[]).await;
    refused.problem(400, "unknown-field");
    service.post_form("/v1/files", &[], &[]).await.problem(400, "invalid-parameter");
    service.post("/v1/files", json!({})).await.problem(415, "unsupported-format");
    assert!(service.get("/v1/files").await.json()["items"].as_array().unwrap().is_empty());

    let created =
        service.post_form("/v1/files", &[("file", "a", "1"), ("file", "b", "2"), ("file", "c", "")], &[]).await;
    assert_eq!(created.json()["items"].as_array().unwrap().len(), 3);
    let first = service.get("/v1/files?limit=2").await.json();
    let names = |page: &Value| page["items"].as_array().unwrap().iter().map(|f| f["name"].clone()).collect::<Vec<_>>();
    assert_eq!(names(&first), ["c", "b"]);
    let second =
        service.get(&format!("/v1/files?limit=2&cursor={}", first["next_cursor"].as_str().unwrap())).await.json();
    assert_eq!((names(&second), &second["next_cursor"]), (vec![json!("a")], &Value::Null));
    service.get("/v1/files?cursor=x").await.problem(400, "invalid-cursor");
}
