//! Checks of incoming data over HTTP: one line of curl, refusals before anything is queued, series, the predecessor's paths.

use std::fs;

use reqwest::blocking::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::support::{Service, copy_tree, repository};

const REFERENCE: &str = "jobs/drift/source/reference.csv";
const INCOMING: &str = "jobs/drift/source/incoming.csv";
const OPTIONS: &str = r#"{"text_column":"text","label_column":"label"}"#;

/// A service beside the sample.
fn start() -> (Service, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    copy_tree(&repository().join("jobs"), &folder.path().join("jobs"));
    (Service::start(folder.path(), &[]), folder)
}

fn file(path: &str) -> Part {
    let bytes = fs::read(repository().join(path)).unwrap();
    Part::bytes(bytes).file_name(path.rsplit('/').next().unwrap().to_owned())
}

fn post_form(service: &Service, path: &str, form: Form) -> (u16, Value) {
    let request = service.client.post(format!("{}{path}", service.url)).header("Prefer", "wait=60");
    let answer = request.multipart(form).send().unwrap();
    (answer.status().as_u16(), answer.json().unwrap())
}

fn post(service: &Service, body: &Value) -> (u16, Value) {
    let request = service.client.post(format!("{}/v1/drift-checks", service.url)).header("Prefer", "wait=60");
    let answer = request.json(body).send().unwrap();
    (answer.status().as_u16(), answer.json().unwrap())
}

fn on_server(options: &Value) -> Value {
    json!({
        "reference": {"type": "path", "path": REFERENCE}, "incoming": {"type": "path", "path": INCOMING}, "options": options
    })
}

fn check<'r>(job: &'r Value, name: &str) -> &'r Value {
    job["result"]["checks"].as_array().unwrap().iter().find(|check| check["check"] == name).unwrap()
}

#[test]
fn one_line_of_curl_gives_a_verdict() {
    let (service, _folder) = start();
    let form = Form::new().part("reference", file(REFERENCE)).part("incoming", file(INCOMING));
    let (status, job) = post_form(&service, "/v1/drift-checks", form.text("options", OPTIONS));
    assert_eq!((status, &job["status"]), (200, &json!("succeeded")), "{job:#}");
    assert_eq!((&job["kind"], &job["result"]["verdict"]), (&json!("drift_check"), &json!("fail")));
    assert_eq!(check(&job, "label_sets")["measures"][0]["note"], "`returns`");
    let sides = (&job["result"]["reference"]["source"], &job["result"]["incoming"]["source"]);
    assert_eq!(sides, (&json!("reference.csv"), &json!("incoming.csv")), "where uploads lie is nobody's business");
    // The reference lies on the server, and the batch comes in.
    let source = format!(r#"{{"type":"path","path":"{REFERENCE}"}}"#);
    let form = Form::new().text("reference", source).part("incoming", file(INCOMING)).text("options", OPTIONS);
    let (status, again) = post_form(&service, "/v1/drift-checks", form);
    assert_eq!((status, &again["result"]["checks"]), (200, &job["result"]["checks"]), "{again:#}");
}

#[test]
fn what_can_not_be_checked_is_refused_before_it_queues() {
    let (service, _folder) = start();
    let details = |problem: &Value| -> Vec<String> {
        problem["errors"].as_array().unwrap().iter().map(|error| error["detail"].as_str().unwrap().to_owned()).collect()
    };
    let (status, problem) = post(&service, &on_server(&json!({"text_column": "txet", "label_column": "label"})));
    assert_eq!((status, &problem["code"]), (422, &json!("unknown-column")), "{problem:#}");
    let told = details(&problem);
    assert!(told.len() == 2 && told[0].starts_with("reference: ") && told[1].starts_with("incoming: "), "{told:?}");
    assert!(problem["hint"].as_str().unwrap().contains("did you mean `text`"), "{problem:#}");
    assert!(told[0].contains("`label`") && told[0].contains("`channel`"), "{told:?}");

    let (status, problem) = post(&service, &on_server(&json!({})));
    assert_eq!((status, &problem["code"]), (422, &json!("text-column-required")), "{problem:#}");
    assert!(problem["hint"].as_str().unwrap().contains("`text` looks like it"), "{problem:#}");

    for (options, words) in [
        (json!({"text_column": "text", "thresholds": {"label_stes.new_labels": 1}}), "label_stes"),
        (json!({"text_column": "text", "thresholds": {"label_sets.labels": 1}}), "label_sets.labels"),
        (json!({"text_column": "text", "suite": {"name": "own", "checks": [{"check": "label_stes"}]}}), "label_stes"),
        (
            json!({"text_column": "text", "suite": {"name": "own", "checks": [{"check": "label_sets",
                "parameters": {"shwo": 1}}]}}),
            "shwo",
        ),
        (json!({"text_column": "text", "properties": ["text_lenght"]}), "text_lenght"),
    ] {
        let (status, problem) = post(&service, &on_server(&options));
        assert_eq!((status, &problem["code"]), (400, &json!("invalid-parameter")), "{problem:#}");
        assert!(details(&problem).concat().contains(words), "{problem:#}");
    }
    let (status, problem) = post(&service, &json!({"options": {"text_column": "text"}}));
    assert_eq!((status, &problem["code"]), (400, &json!("invalid-parameter")), "{problem:#}");
    let (status, problem) =
        post(&service, &json!({"incoming": {"type": "path", "path": "none.csv"}, "options": {"text_column": "text"}}));
    assert_eq!((status, &problem["errors"][0]["pointer"]), (404, &json!("/incoming/path")), "{problem:#}");
    let twice = Form::new().part("incoming", file(INCOMING)).part("incoming", file(INCOMING));
    let (status, problem) = post_form(&service, "/v1/drift-checks", twice.text("options", OPTIONS));
    assert_eq!(problem["code"], "too-many-inputs", "{status} {problem:#}");
    assert_eq!(service.get("/v1/jobs")["items"], json!([]), "nothing was queued");
    assert_eq!(service.get("/v1/files")["items"], json!([]), "nothing of a refused form stays");
}

#[test]
fn runs_of_a_data_set_are_a_series() {
    let (service, _folder) = start();
    let mut ids = Vec::new();
    for dataset in [json!("support"), json!("other"), json!(null), json!("support")] {
        let options = json!({"text_column": "text", "label_column": "label", "dataset": dataset});
        let (status, job) = post(&service, &on_server(&options));
        assert_eq!((status, &job["status"]), (200, &json!("succeeded")), "{job:#}");
        ids.push(job["id"].clone());
    }
    let series = service.get("/v1/drift-checks?dataset=support");
    let runs = series["items"].as_array().unwrap();
    assert_eq!(runs.iter().map(|run| run["job_id"].clone()).collect::<Vec<_>>(), [ids[3].clone(), ids[0].clone()]);
    let summary = &runs[0]["summary"];
    assert_eq!((&summary["verdict"], &summary["scores"]["label_sets.new_labels"]), (&json!("fail"), &json!(1.0)));
    assert_eq!((&summary["checks"]["label_sets"], &summary["incoming_rows"]), (&json!("fail"), &json!(208)));
    assert_eq!(service.get("/v1/drift-checks?dataset=none")["items"], json!([]));
    let first = service.get("/v1/drift-checks?limit=3");
    assert_eq!(first["items"].as_array().unwrap().len(), 3);
    let cursor = first["next_cursor"].as_str().unwrap();
    let last = service.get(&format!("/v1/drift-checks?limit=3&cursor={cursor}"));
    assert_eq!((&last["items"][0]["job_id"], &last["next_cursor"]), (&ids[0], &Value::Null));
    let problem = service.get(&format!("/v1/drift-checks?dataset=support&cursor={cursor}"));
    assert_eq!(problem["code"], "invalid-cursor");
    // A series is kept longer than a job that belongs to none.
    let expires = |id: &Value| service.get(&format!("/v1/jobs/{}", id.as_str().unwrap()))["expires_at"].to_string();
    assert!(expires(&ids[0]) > expires(&ids[2]));
}

#[test]
fn properties_are_artifacts_where_they_are_asked_for() {
    let (service, _folder) = start();
    let mut body = on_server(&json!({"text_column": "text", "label_column": "label"}));
    body["save_properties"] = json!(true);
    let (_, job) = post(&service, &body);
    let files = service.get(&format!("/v1/jobs/{}/artifacts", job["id"].as_str().unwrap()));
    let names: Vec<_> = files["items"].as_array().unwrap().iter().map(|file| file["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["properties_incoming.parquet", "properties_reference.parquet"]);
}

#[test]
fn the_old_paths_check_a_table() {
    let (service, _folder) = start();
    for path in ["/api/deepcheck", "/api/deepcheck/deepcheck"] {
        let form = Form::new().part("file", file(INCOMING));
        let answer = service.client.post(format!("{}{path}", service.url)).multipart(form).send().unwrap();
        assert_eq!(answer.headers()["link"], "</v1/drift-checks>; rel=\"successor-version\"");
        assert!(answer.headers().contains_key("deprecation"));
        let (status, body) = (answer.status().as_u16(), answer.json::<Value>().unwrap());
        assert_eq!((status, &body["message"]), (200, &json!("File incoming processed successfully")), "{body:#}");
        let id = body["job_id"].as_str().unwrap();
        assert_eq!(body["report_url"], format!("/v1/jobs/{id}/report"));
        let job = service.get(&format!("/v1/jobs/{id}"));
        let options = &job["options"]["options"];
        assert_eq!((&options["text_column"], &options["label_column"]), (&json!(["text"]), &json!("label")));
        assert_eq!(options["suite"], "data_integrity");
        for (name, content) in [("report.pdf", "%PDF-1.7"), ("numbers.csv", "a,b\n1,2\n3,4\n")] {
            let form = Form::new().part("file", Part::text(content).file_name(name));
            let answer = service.client.post(format!("{}{path}", service.url)).multipart(form).send().unwrap();
            let (status, body) = (answer.status().as_u16(), answer.json::<Value>().unwrap());
            assert!(status == 400 && body["error"].is_string(), "{status} {body:#}");
        }
    }
}

#[test]
fn suites_are_listed_and_a_stored_job_is_run() {
    let (service, _folder) = start();
    let suites = service.get("/v1/drift-suites");
    let default = suites["suites"].as_array().unwrap().iter().find(|suite| suite["is_default"] == true).unwrap();
    assert_eq!(default["suite"], "incoming");
    assert!(default["checks"].as_array().unwrap().contains(&json!("label_sets")));
    let stored = service.client.post(format!("{}/v1/jobs", service.url)).header("Prefer", "wait=60");
    let job: Value = stored.json(&json!({"path": "jobs/drift/support.toml"})).send().unwrap().json().unwrap();
    assert_eq!((&job["kind"], &job["result"]["dataset"]), (&json!("drift_check"), &json!("support")), "{job:#}");
    let listed = service.get("/v1/jobs?kind=drift_check");
    assert_eq!(listed["items"][0]["result"]["summary"]["verdict"], job["result"]["verdict"]);
}
