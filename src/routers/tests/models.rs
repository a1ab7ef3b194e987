use super::*;

const MINILM: &str = "all-MiniLM-L6-v2";

#[tokio::test]
async fn the_list_has_the_shape_that_openai_s_clients_read_and_says_what_is_here() {
    let service = Service::start().await;
    let list = service.get("/v1/models").await.json();
    assert_eq!(list["object"], "list");
    let model = &list["data"][0];
    assert_eq!((&model["id"], &model["object"], &model["created"]), (&json!(MINILM), &json!("model"), &json!(0)));
    assert_eq!((&model["owned_by"], &model["licence"]), (&json!("sentence-transformers"), &json!("Apache-2.0")));
    assert_eq!((&model["state"], &model["local_bytes"]), (&json!("absent"), &json!(0)));
    let by_alias = service.get("/v1/models/sentence-transformers%2Fall-MiniLM-L6-v2").await.json();
    assert_eq!((&by_alias["id"], &by_alias["sources"]), (&json!(MINILM), &json!(["hub"])));
    let weights =
        by_alias["files"].as_array().unwrap().iter().find(|file| file["path"] == "model.safetensors").unwrap();
    assert_eq!((&weights["size_bytes"], &weights["local_bytes"]), (&json!(90_868_376), &json!(0)));
}

#[tokio::test]
async fn a_download_is_a_job_under_the_model_s_own_name() {
    let service = Service::start().await;
    let answer = service.post("/v1/models", json!({"id": "ALL-minilm-l6-V2", "source": "hub"})).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text());
    let job = answer.json();
    assert_eq!(job["kind"], "model_download");
    assert_eq!(job["options"], json!({"id": MINILM, "revision": null, "source": "hub"}));
}

#[tokio::test]
async fn what_the_catalogue_does_not_have_is_told_with_what_it_has() {
    let service = Service::start().await;
    for body in [json!({"id": "word2vec"}), json!({"id": MINILM, "revision": "main"})] {
        let answer = service.post("/v1/models", body).await;
        assert_eq!((answer.status, &answer.json()["code"]), (StatusCode::NOT_FOUND, &json!("model-not-in-catalogue")));
    }
    let answer = service.post("/v1/models", json!({"id": MINILM, "url": "https://127.0.0.1/"})).await;
    assert_eq!((answer.status, &answer.json()["code"]), (StatusCode::BAD_REQUEST, &json!("unknown-field")));
    for method in [Method::GET, Method::DELETE] {
        let answer = service.call(method, "/v1/models/word2vec").await;
        assert_eq!((answer.status, &answer.json()["code"]), (StatusCode::NOT_FOUND, &json!("model-not-in-catalogue")));
    }
}

#[tokio::test]
async fn what_is_here_of_a_model_can_be_removed_unless_it_is_being_downloaded() {
    let service = Service::start().await;
    let path = format!("/v1/models/{MINILM}");
    assert_eq!(service.call(Method::DELETE, &path).await.json()["code"], "not-found");
    std::fs::create_dir_all(service.path().join("models").join(MINILM)).unwrap();
    std::fs::create_dir_all(service.path().join("models/.locks")).unwrap();
    let lock = std::fs::File::create(service.path().join("models/.locks").join(MINILM)).unwrap();
    lock.lock().unwrap();
    let answer = service.call(Method::DELETE, &path).await;
    assert_eq!((answer.status, &answer.json()["code"]), (StatusCode::CONFLICT, &json!("resource-in-use")));
    drop(lock);
    assert_eq!(service.call(Method::DELETE, &path).await.status, StatusCode::NO_CONTENT);
    assert!(!service.path().join("models").join(MINILM).exists());
}
