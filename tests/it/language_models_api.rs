//! Language models of a running service: built by the job queue, asked over HTTP.

use std::fs;

use serde_json::{Value, json};

use crate::support::{Service, json, run, text};

const MODELS: &str = "/v1/language-models";
const MODEL: &str = "/v1/language-models/reviews";

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let table = "id,review\n1,Recycled steel is used again\n2,steel is melted\n3,Glass is melted and used again\n";
    fs::write(folder.path().join("t.csv"), table).unwrap();
    folder
}

fn request() -> Value {
    json!({"name": "reviews", "source": {"type": "path", "path": "t.csv"}, "text_column": "review"})
}

fn post(service: &Service, path: &str, body: &Value) -> (u16, Value) {
    let answer = service.client.post(format!("{}{path}", service.url)).json(body).header("Prefer", "wait=60");
    let answer = answer.send().unwrap();
    (answer.status().as_u16(), answer.json().unwrap())
}

/// Builds a model and waits for the end.
fn build(service: &Service, request: &Value) -> Value {
    let (status, job) = post(service, MODELS, request);
    assert!(status == 200 || status == 202, "{status}: {job:#}");
    let ended = service.ended(job["id"].as_str().unwrap());
    assert_eq!(ended["status"], "succeeded", "{ended:#}");
    ended
}

#[test]
fn a_job_builds_a_model_that_answers_and_is_the_one_of_the_command_line() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]);
    let job = build(&service, &request());
    assert_eq!((&job["kind"], &job["options"]["options"]["order"]), (&json!("language_model"), &json!(3)));
    let outputs = json!(["reviews.lm", "reviews.vocabulary.parquet", "reviews.cooccurrence.parquet"]);
    assert_eq!(job["result"]["outputs"], outputs);
    let artifacts = service.get(&format!("/v1/jobs/{}/artifacts", job["id"].as_str().unwrap()));
    assert_eq!(artifacts["items"].as_array().unwrap().len(), 3, "{artifacts:#}");
    let built = run(folder.path(), &["lm", "build", "t.csv", "--text-column", "review", "-o", "own.lm"]);
    assert_eq!(built.status.code(), Some(0), "{}", text(&built.stderr));
    let own = fs::read(folder.path().join("own.lm")).unwrap();
    assert_eq!(fs::read(folder.path().join(".textmill/language-models/reviews.lm")).unwrap(), own);

    assert_eq!(service.get(MODEL), job["result"]["model"]);
    let list = service.get(MODELS);
    assert_eq!((&list["items"][0]["name"], &list["next_cursor"]), (&json!("reviews"), &json!(null)));
    let (status, scores) =
        post(&service, &format!("{MODEL}/score"), &json!({"texts": ["Steel is melted", "", "copper"]}));
    assert_eq!((status, &scores["tokens"], &scores["unknown_words"]), (200, &json!(6), &json!(1)), "{scores:#}");
    assert_eq!(scores["items"][1]["perplexity"], json!(null));
    fs::write(folder.path().join("n.csv"), "id,review\n1,Steel is melted\n2,\n3,copper\n").unwrap();
    let scored = json(&run(folder.path(), &["lm", "score", "own.lm", "n.csv", "--json"]));
    assert_eq!((&scored["items"], &scored["perplexity"]), (&scores["items"], &scores["perplexity"]));
    let like = service.get(&format!("{MODEL}/neighbours?word=Steel&k=20"));
    assert!(like["items"].as_array().unwrap().iter().any(|word| word["word"] == "glass"), "{like:#}");
    let next = service.get(&format!("{MODEL}/completions?text=steel&k=1"));
    assert_eq!(next["items"][0]["word"], "is");
    let first = service.get(&format!("{MODEL}/completions?k=100"));
    assert!(first["items"].as_array().unwrap().len() > 3, "a text begins with some word");
}

#[test]
fn a_model_is_replaced_as_a_whole_and_removed() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]);
    build(&service, &request());
    let mut other = request();
    other["options"] = json!({"order": 2, "window": 0});
    other["destination"] = json!({"type": "path", "path": "out"});
    let job = build(&service, &other);
    assert_eq!(job["result"]["outputs"], json!(["reviews.lm", "reviews.vocabulary.parquet"]));
    let out = fs::read(folder.path().join("out/reviews.lm")).unwrap();
    assert_eq!(fs::read(folder.path().join(".textmill/language-models/reviews.lm")).unwrap(), out);
    assert_eq!(service.get(MODEL)["orders"].as_array().unwrap().len(), 2);
    let none = service.get(&format!("{MODEL}/neighbours?word=steel"));
    assert_eq!(
        (&none["code"], &none["detail"]),
        (&json!("invalid-parameter"), &json!("the language model has no co-occurrences"))
    );
    let removed = service.client.delete(format!("{}{MODEL}", service.url)).send().unwrap();
    assert_eq!(removed.status(), 204);
    assert_eq!(service.get(MODEL)["code"], "not-found");
    assert_eq!(service.get(MODELS)["items"], json!([]));
}

#[test]
fn what_can_not_be_done_is_a_problem_with_its_facts() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]);
    let bad = json!({"name": "reviews", "source": {"type": "path", "path": "t.csv"}, "text_column": "",
        "options": {"order": 7, "discount": 2.0}});
    let (status, problem) = post(&service, MODELS, &bad);
    assert_eq!((status, problem["errors"].as_array().unwrap().len()), (400, 3), "{problem:#}");
    assert_eq!(problem["errors"][1]["pointer"], "/options/order");
    let (status, _) = post(&service, MODELS, &json!({"name": "a b", "source": {"type": "path", "path": "t.csv"}}));
    assert_eq!(status, 400);
    let mut unknown = request();
    unknown["text_column"] = json!("reviews");
    let (_, job) = post(&service, MODELS, &unknown);
    let ended = service.ended(job["id"].as_str().unwrap());
    assert_eq!((&ended["status"], &ended["error"]["code"]), (&json!("failed"), &json!("unknown-column")), "{ended:#}");
    assert_eq!(service.get(MODELS)["items"], json!([]), "nothing half done");

    build(&service, &request());
    for (path, code) in [
        ("/v1/language-models/none/completions", "not-found"),
        ("/v1/language-models/reviews/neighbours?word=copper", "not-found"),
        ("/v1/language-models/reviews/neighbours?word=two%20words", "invalid-parameter"),
        ("/v1/language-models/reviews/neighbours", "invalid-parameter"),
        ("/v1/language-models/reviews/completions?k=0", "invalid-parameter"),
        ("/v1/language-models/reviews/completions?what=1", "unknown-field"),
    ] {
        assert_eq!(service.get(path)["code"], code, "{path}");
    }
    let (status, _) = post(&service, &format!("{MODEL}/score"), &json!({"texts": []}));
    assert_eq!(status, 400);
    let (status, problem) = post(&service, &format!("{MODEL}/score"), &json!({"texts": vec!["a"; 1001]}));
    assert_eq!((status, &problem["code"]), (413, &json!("too-many-inputs")));

    let file = folder.path().join(".textmill/language-models/reviews.lm");
    let mut bytes = fs::read(&file).unwrap();
    let last = bytes.len() - 100;
    bytes[last] ^= 1;
    fs::remove_file(&file).unwrap();
    fs::write(&file, bytes).unwrap();
    let damaged = service.get(&format!("{MODEL}/completions"));
    assert_eq!(damaged["code"], "malformed-input");
    assert!(!damaged.to_string().contains(".textmill"), "no path of the server: {damaged:#}");
}
