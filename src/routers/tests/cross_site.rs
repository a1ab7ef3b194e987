use super::*;

const OLD: &str = "/api/parquet_conversion_service?url_type=local&input_base_folder=folder&output_base_folder=out";

async fn ask(service: &Service, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    service.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn without_keys_only_names_of_this_machine_are_answered() {
    let service = Service::start().await;
    for path in ["/", "/v1/jobs", "/v1/files", "/health", "/openapi.json"] {
        ask(&service, Method::GET, path, &[("host", "evil.example:8000")]).await.problem(403, "cross-site-request");
        for host in ["localhost:8000", "127.0.0.1:8000", "[::1]:8000"] {
            assert_eq!(ask(&service, Method::GET, path, &[("host", host)]).await.status, StatusCode::OK, "{host}");
        }
    }
    let old = ask(&service, Method::GET, OLD, &[("host", "evil.example")]).await;
    assert_eq!((old.status, old.json().as_object().unwrap().len()), (StatusCode::FORBIDDEN, 1));

    let keys = ApiKeys::from_keys([("alice", "s3cret")]);
    let service = Service::start_with(keys, HttpLimits::default(), 10).await;
    let headers = [("host", "mill.example"), ("authorization", "Bearer s3cret")];
    assert_eq!(ask(&service, Method::GET, "/v1/jobs", &headers).await.status, StatusCode::OK);
}

#[tokio::test]
async fn another_sites_page_changes_nothing() {
    let service = Service::start().await;
    let job = service.queue_conversion().await;
    let host = ("host", "localhost:8000");
    let (cancel, retry) = (format!("/v1/jobs/{job}/cancel"), format!("/v1/jobs/{job}/retry"));
    for foreign in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "http://evil.example"),
        ("origin", "http://localhost:9000"),
        ("origin", "null"),
    ] {
        for path in ["/v1/files", "/v1/conversions", cancel.as_str(), retry.as_str()] {
            ask(&service, Method::POST, path, &[host, foreign]).await.problem(403, "cross-site-request");
        }
        let gone = ask(&service, Method::DELETE, &format!("/v1/jobs/{job}"), &[host, foreign]).await;
        gone.problem(403, "cross-site-request");
        for method in [Method::GET, Method::HEAD, Method::POST] {
            assert_eq!(ask(&service, method, OLD, &[host, foreign]).await.status, StatusCode::FORBIDDEN);
        }
        assert_eq!(ask(&service, Method::GET, "/v1/jobs", &[host, foreign]).await.status, StatusCode::OK);
    }
    let jobs = service.get("/v1/jobs").await.json();
    assert_eq!((jobs["items"].as_array().unwrap().len(), &jobs["items"][0]["status"]), (1, &json!("queued")));
}

#[tokio::test]
async fn the_services_own_page_and_other_clients_go_on() {
    let service = Service::start().await;
    let own = [("host", "localhost:8000"), ("origin", "http://localhost:8000"), ("sec-fetch-site", "same-origin")];
    let typed = [("host", "localhost:8000"), ("sec-fetch-site", "none")];
    for headers in [&own[..], &typed[..], &own[..1], &[]] {
        let job = service.queue_conversion().await;
        let answer = ask(&service, Method::POST, &format!("/v1/jobs/{job}/cancel"), headers).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{headers:?}");
    }
}

#[tokio::test]
async fn a_key_does_not_make_another_sites_page_trusted() {
    let service = Service::start_with(ApiKeys::from_keys([("alice", "s3cret")]), HttpLimits::default(), 10).await;
    let headers = [("host", "mill.example"), ("authorization", "Bearer s3cret"), ("origin", "http://evil.example")];
    ask(&service, Method::POST, "/v1/conversions", &headers).await.problem(403, "cross-site-request");
}
