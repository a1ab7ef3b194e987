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

#[tokio::test]
async fn an_upload_may_be_larger_than_a_json_body() {
    let limits = HttpLimits { max_json_bytes: 1_000, max_upload_bytes: 300_000, ..HttpLimits::default() };
    let service = Service::start_with(ApiKeys::none(), limits, 10).await;
    let lines = "a line of a file, 1\r\n--".repeat(10_000);
    let created = service.post_form("/v1/files", &[("file", "a.csv", &lines), ("file", "b.csv", "x")], &[]).await;
    assert_eq!(created.status, StatusCode::CREATED, "{}", created.text());
    let id = created.json()["items"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(service.get(&format!("/v1/files/{id}/content")).await.text(), lines);
    let job = service.post_form("/v1/conversions", &[("file", "a.csv", &lines)], &[]).await;
    assert_eq!(job.status, StatusCode::ACCEPTED, "{}", job.text());

    let larger = "x".repeat(300_001);
    service.post_form("/v1/files", &[("file", "a", &larger)], &[]).await.problem(413, "body-too-large");
    let much_larger = "x".repeat(2_000_000);
    service.post_form("/v1/files", &[("file", "a", &much_larger)], &[]).await.problem(413, "body-too-large");
    service.post_form("/v1/conversions", &[("file", "a", &larger)], &[]).await.problem(413, "body-too-large");
    let options = format!("{{\"include\":[{:?}]}}", "x".repeat(1_000));
    let parts = [("file", "a", "x"), ("options", "", options.as_str())];
    service.post_form("/v1/conversions", &parts, &[]).await.problem(413, "body-too-large");
}

#[tokio::test]
async fn what_comes_between_the_files_is_bounded_too() {
    let limits = HttpLimits { max_json_bytes: 1_000, max_upload_bytes: 10, ..HttpLimits::default() };
    let service = Service::start_with(ApiKeys::none(), limits, 10).await;
    let send = async |body: String| {
        let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
        let request = Request::post("/v1/files").header(header::CONTENT_TYPE, content_type);
        service.send(request.body(Body::from(body)).unwrap()).await
    };
    let long = "x".repeat(1024 * 1024);
    let in_header = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{long}\"\r\n");
    let refused = send(in_header).await.problem(400, "invalid-parameter");
    assert!(refused["detail"].as_str().unwrap().contains("header of a part"), "{refused:#}");
    send(long.clone()).await.problem(400, "invalid-parameter");
    let file = form(&[("file", "a", "1")]);
    assert_eq!(send(file.clone()).await.status, StatusCode::CREATED);
    assert_eq!(send(format!("{}\r\n{file}", "x".repeat(60_000))).await.status, StatusCode::CREATED);
    send(long.repeat(2)).await.problem(400, "invalid-parameter");
}

#[tokio::test]
async fn a_form_without_declared_length_is_counted_as_it_comes() {
    let limits = HttpLimits { max_json_bytes: 1_000, max_upload_bytes: 1_000_000, ..HttpLimits::default() };
    let service = Service::start_with(ApiKeys::none(), limits, 10).await;
    let piece = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"options\"\r\n\r\n{{}}\r\n");
    let pieces = futures::stream::repeat(Ok::<_, std::convert::Infallible>(piece));
    let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
    let request = Request::post("/v1/conversions").header(header::CONTENT_TYPE, content_type);
    let endless = service.send(request.body(Body::from_stream(pieces)).unwrap()).await;
    endless.problem(413, "body-too-large");
}

#[tokio::test]
async fn a_preview_shows_the_guesses_and_lets_them_be_overridden() {
    let service = Service::start().await;
    let text = "id;price;day\n1;1,5;01/02/2024\n2;NA;03/04/2024\n2;2,25;\n";
    let created = service.post_form("/v1/files", &[("file", "prices.csv", text)], &[]).await;
    let id = created.json()["items"][0]["id"].as_str().unwrap().to_owned();
    let table = service.get(&format!("/v1/files/{id}/table")).await.json()["tables"][0].clone();
    assert_eq!((&table["format"], &table["rows_out"]), (&json!("delimited"), &json!(3)));
    assert_eq!(table["dialect"]["delimiter"], json!({"value": ";", "confidence": "high"}));
    assert_eq!(table["columns"][0]["samples"], json!([1, 2]));
    assert_eq!((&table["columns"][1]["type"], &table["columns"][1]["nulls"]), (&json!("Float64"), &json!(1)));
    assert_eq!(table["columns"][2]["notes"], json!([{"kind": "ambiguous_dates"}]));

    let said = "header=absent&ambiguous_dates=day_first&decimal_comma=never";
    let table = service.get(&format!("/v1/files/{id}/table?{said}")).await.json()["tables"][0].clone();
    assert_eq!((&table["rows_out"], &table["columns"][1]["type"]), (&json!(4), &json!("Utf8")));
    let table =
        service.get(&format!("/v1/files/{id}/table?ambiguous_dates=day_first")).await.json()["tables"][0].clone();
    assert_eq!(table["columns"][2]["samples"], json!(["2024-02-01", "2024-04-03"]));

    service.get(&format!("/v1/files/{id}/table?header=perhaps")).await.problem(400, "invalid-parameter");
    let created = service.post_form("/v1/files", &[("file", "a.png", "x"), ("file", "b.csv", "")], &[]).await;
    let ids: Vec<_> = created.json()["items"].as_array().unwrap().iter().map(|f| f["id"].clone()).collect();
    let preview = async |id: &Value| service.get(&format!("/v1/files/{}/table", id.as_str().unwrap())).await;
    preview(&ids[0]).await.problem(415, "unsupported-format");
    preview(&ids[1]).await.problem(422, "empty-table");
}
