use super::*;

const PATH: &str = "/v1/classification-datasets";
const TABLE: &str =
    "id,body,tone\n1,The first sentence of a long report.,good\n2,Another sentence of that report.,bad\n";

fn request(options: &Value) -> Value {
    json!({"source": {"type": "path", "path": "folder/t.csv"}, "options": options})
}

async fn service() -> Service {
    let service = Service::start().await;
    std::fs::write(service.path().join("data/folder/t.csv"), TABLE).unwrap();
    service
}

#[tokio::test]
async fn a_data_set_becomes_a_job_with_effective_options() {
    let service = service().await;
    let answer = service.post(PATH, request(&json!({"text_column": "body", "label_column": "tone"}))).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text());
    let job = answer.json();
    assert_eq!((&job["kind"], &job["status"]), (&json!("classification_dataset"), &json!("queued")));
    let options = &job["options"]["options"];
    assert_eq!((&options["text_column"], &options["seed"]), (&json!(["body"]), &json!(42)));
    assert_eq!(options["split"], json!({"train": 0.8, "validation": 0.0, "test": 0.2}));
}

#[tokio::test]
async fn without_a_text_column_the_columns_are_listed_those_like_texts_first() {
    let service = service().await;
    let problem = service.post(PATH, request(&json!({}))).await.problem(422, "text-column-required");
    assert_eq!(problem["detail"], "no text column is named; the columns are `body`, `id`, `tone`");
    assert!(problem["hint"].as_str().unwrap().contains("`body` looks like it: mean length"), "{problem:#}");
    assert_eq!(problem["errors"][0]["pointer"], "/options/text_column");
    let form = service.post_form(PATH, &[("file", "t.csv", TABLE)], &[]).await;
    form.problem(422, "text-column-required");
    let files = service.get("/v1/files").await.json();
    assert!(files["items"].as_array().unwrap().is_empty(), "the file of a refused form stays: {files:#}");
}

#[tokio::test]
async fn every_column_that_is_not_there_is_named_with_the_nearest() {
    let service = service().await;
    let options = json!({"text_column": ["body", "boddy"], "label_column": "tune", "group_column": "zzz"});
    let problem = service.post(PATH, request(&options)).await.problem(422, "unknown-column");
    let faults: Vec<_> = problem["errors"].as_array().unwrap().iter().map(|fault| &fault["pointer"]).collect();
    assert_eq!(faults, ["/options/text_column", "/options/label_column", "/options/group_column"]);
    assert_eq!(problem["hint"], "did you mean `body`?");
    assert!(problem["detail"].as_str().unwrap().contains("`id`, `body`, `tone`"), "{problem:#}");
}

#[tokio::test]
async fn what_could_not_be_done_anyway_is_refused_before_it_queues() {
    let service = service().await;
    let refused = async |body: Value, status, code| service.post(PATH, body).await.problem(status, code);
    let of = |path: &str| json!({"source": {"type": "path", "path": path}, "options": {"text_column": "body"}});
    refused(of("absent.csv"), 404, "not-found").await;
    refused(of("../x.csv"), 403, "path-outside-data-root").await;
    refused(of("folder"), 400, "invalid-parameter").await;
    std::fs::write(service.path().join("data/folder/notes.md"), "# x").unwrap();
    refused(of("folder/notes.md"), 415, "unsupported-format").await;
    let option = |name: &str, value: Value| request(&json!({"text_column": "body", name: value}));
    refused(option("label_by_concepts", json!("absent")), 404, "not-found").await;
    refused(option("model", json!("word2vec")), 404, "model-not-in-catalogue").await;
    refused(option("split", json!({"train": 80, "test": 30})), 400, "invalid-parameter").await;
    refused(option("txet_column", json!("x")), 400, "unknown-field").await;
    refused(option("annotation", json!({"threshold": 2})), 400, "invalid-parameter").await;
    let uri = json!({"source": {"type": "uri", "uri": "gs://b/x"}, "options": {"text_column": "body"}});
    refused(uri, 403, "bucket-not-allowed").await;
    assert!(service.get("/v1/jobs").await.json()["items"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn a_form_is_one_line_and_the_same_form_is_the_same_job() {
    let service = service().await;
    let parts = [("file", "t.csv", TABLE), ("options", "", r#"{"text_column":"body","label_column":"tone"}"#)];
    let first = service.post_form(PATH, &parts, &[("idempotency-key", "k")]).await;
    assert_eq!(first.status, StatusCode::ACCEPTED, "{}", first.text());
    assert_eq!(first.json()["options"]["source"]["type"], "file");
    let again = service.post_form(PATH, &parts, &[("idempotency-key", "k")]).await;
    assert_eq!((&again.json()["id"], again.header("idempotency-replayed")), (&first.json()["id"], "true"));
    assert_eq!(service.get("/v1/files").await.json()["items"].as_array().unwrap().len(), 1);
    service.post_form(PATH, &[("options", "", "{}")], &[]).await.problem(400, "invalid-parameter");
}
