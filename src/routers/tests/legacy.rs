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
