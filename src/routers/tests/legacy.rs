use super::*;

const OLD: &str = "/api/parquet_conversion_service?url_type=local&input_base_folder=folder&output_base_folder=out";

async fn convert(service: &Service, method: Method) -> Answer {
    let worked = async {
        let claim = loop {
            if let Some(claim) = service.store.claim("t", &["conversion"], Duration::from_mins(1)).await.unwrap() {
                break claim;
            }
            tokio::task::yield_now().await;
        };
        assert_eq!(claim.job.options["source"]["path"], "folder");
        assert_eq!(claim.job.options["destination"]["path"], "out");
        service.succeed(&claim).await;
    };
    tokio::join!(service.call(method, OLD), worked).0
}

#[tokio::test]
async fn the_old_path_converts_the_folders_it_is_given() {
    let service = Service::start().await;
    for method in [Method::GET, Method::POST] {
        let answer = convert(&service, method).await;
        assert_eq!((answer.status, answer.json()), (StatusCode::OK, json!({"data": "success"})));
        assert_eq!(answer.header("content-type"), "application/json");
        assert_eq!(answer.header("deprecation"), "@1793491200");
        assert_eq!(answer.header("link"), "</v1/conversions>; rel=\"successor-version\"");
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    let metrics = service.get("/metrics").await.text();
    assert!(metrics.contains("textmill_legacy_requests_total{alias=\"parquet_conversion_service\"} 2"), "{metrics}");
}

#[tokio::test]
async fn old_errors_have_the_old_shape() {
    let service = Service::start().await;
    let refused = async |query: &str, status: u16| {
        let answer = service.get(&format!("/api/parquet_conversion_service{query}")).await;
        assert_eq!(answer.status.as_u16(), status, "{query}: {}", answer.text());
        assert_eq!(answer.header("content-type"), "application/json");
        assert_eq!(answer.header("deprecation"), "@1793491200");
        assert!(answer.json()["error"].as_str().is_some_and(|error| !error.is_empty()));
        assert_eq!(answer.json().as_object().unwrap().len(), 1);
    };
    refused("", 400).await;
    refused("?url_type=ftp&input_base_folder=folder&output_base_folder=out", 400).await;
    refused("?url_type=s3&input_base_folder=folder&output_base_folder=out", 422).await;
    refused("?url_type=gcs&input_base_folder=bucket/in&output_base_folder=bucket/out", 403).await;
    refused("?url_type=local&input_base_folder=absent&output_base_folder=out", 404).await;
    refused("?url_type=local&input_base_folder=folder&output_base_folder=../out", 403).await;
}

#[tokio::test]
async fn a_browser_that_looks_ahead_starts_nothing() {
    let service = Service::start().await;
    let ahead = Request::get(OLD).header("sec-purpose", "prefetch;prerender").body(Body::empty()).unwrap();
    assert_eq!(service.send(ahead).await.status, StatusCode::BAD_REQUEST);
    assert!(service.get("/v1/jobs").await.json()["items"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn a_long_conversion_is_handed_over_to_its_job() {
    let limits = HttpLimits { legacy_wait: Duration::ZERO, ..HttpLimits::default() };
    let service = Service::start_with(ApiKeys::none(), limits, 10).await;
    let answer = service.get(OLD).await;
    assert_eq!((answer.status, answer.json()), (StatusCode::ACCEPTED, json!({"data": "accepted"})));
    assert!(answer.header("location").starts_with("/v1/jobs/job_"));
}

#[tokio::test]
async fn the_old_downloader_queues_a_download_at_both_addresses_and_knows_its_models() {
    let service = Service::start().await;
    for path in ["/api/model_downloader", "/api/downloader/model_downloader"] {
        let worked = async {
            let claim = loop {
                if let Some(claim) =
                    service.store.claim("t", &["model_download"], Duration::from_mins(1)).await.unwrap()
                {
                    break claim;
                }
                tokio::task::yield_now().await;
            };
            assert_eq!(claim.job.options["id"], "all-MiniLM-L6-v2");
            service.succeed(&claim).await;
        };
        let asked = format!("{path}?model_name=sentence-transformers/all-MiniLM-L6-v2");
        let answer = tokio::join!(service.get(&asked), worked).0;
        assert_eq!((answer.status, answer.json()), (StatusCode::OK, json!({"data": "success"})));
        assert_eq!(answer.header("link"), "</v1/models>; rel=\"successor-version\"");
        assert_eq!(answer.header("deprecation"), "@1793491200");
        for query in ["?model_name=word2vec", "?model_name=../x"] {
            let answer = service.get(&format!("{path}{query}")).await;
            assert_eq!(
                (answer.status, answer.json()),
                (StatusCode::BAD_REQUEST, json!({"error": "Invalid model name"}))
            );
        }
        assert_eq!(service.get(path).await.status, StatusCode::BAD_REQUEST);
    }
}

const TABLE: &str = "id,body,label\n1,A first sentence.,good\n2,Another one.,\n";

#[tokio::test]
async fn the_old_data_set_asks_for_a_header_and_refuses_unknown_ones_in_the_old_shape() {
    let service = Service::start().await;
    for path in ["/api/process_file", "/api/jobs/process_file"] {
        let asked = service.post_form(path, &[("file", "t.csv", TABLE)], &[]).await;
        let expected = json!({"message": "Please select a header.", "headers": ["id", "body", "label"]});
        assert_eq!((asked.status, asked.json()), (StatusCode::OK, expected));
        assert_eq!(asked.header("link"), "</v1/classification-datasets>; rel=\"successor-version\"");
        assert_eq!(asked.header("deprecation"), "@1793491200");
        let unknown = service.post_form(&format!("{path}?selected_header=x"), &[("file", "t.csv", TABLE)], &[]).await;
        let expected = json!({"error": "there is no header `x`; the headers are `id`, `body`, `label`"});
        assert_eq!((unknown.status, unknown.json()), (StatusCode::BAD_REQUEST, expected));
        let parts = [("file", "t.png", "x"), ("selected_header", "", "body")];
        let no_table = service.post_form(path, &parts, &[]).await;
        assert_eq!(no_table.status, StatusCode::BAD_REQUEST, "{}", no_table.text());
        assert!(no_table.json()["error"].as_str().is_some_and(|error| !error.contains("uploads")));
        assert_eq!(service.post_form(path, &[("selected_header", "", "a")], &[]).await.status, StatusCode::BAD_REQUEST);
    }
    let files = service.get("/v1/files").await.json();
    assert!(files["items"].as_array().unwrap().is_empty(), "no file stays without a job: {files:#}");
}

#[tokio::test]
async fn the_old_data_set_leaves_nothing_out_and_keeps_labels_and_splits_that_are_there() {
    let limits = HttpLimits { legacy_wait: Duration::ZERO, ..HttpLimits::default() };
    let service = Service::start_with(ApiKeys::none(), limits, 10).await;
    // Forms of the predecessor's page have a token of Django's in them.
    let parts = [("csrfmiddlewaretoken", "", "x"), ("file", "t.csv", TABLE), ("selected_header", "", "body")];
    let answer = service.post_form("/api/process_file", &parts, &[]).await;
    assert_eq!((answer.status, answer.json()), (StatusCode::ACCEPTED, json!({"data": "accepted"})));
    let options = service.get(answer.header("location")).await.json()["options"]["options"].clone();
    assert_eq!((&options["text_column"], &options["label_column"]), (&json!(["body"]), &json!("label")));
    assert_eq!((&options["split_column"], &options["unlabelled"]), (&Value::Null, &json!("keep")));
    assert_eq!((&options["keep_empty"], &options["format"]), (&json!(true), &json!("csv")));
    let with_split = "body,train_test_split\nA sentence.,train\n";
    let answer =
        service.post_form("/api/process_file?selected_header=body", &[("file", "t.csv", with_split)], &[]).await;
    let options = service.get(answer.header("location")).await.json()["options"]["options"].clone();
    assert_eq!((&options["label_column"], &options["split_column"]), (&Value::Null, &json!("train_test_split")));
}
