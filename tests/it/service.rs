//! The running service as its users meet it: curl's requests, a stop, a restart, keys, logs.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Service, textmill, wait_until};

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("in")).unwrap();
    fs::write(folder.path().join("in/a.csv"), "text,label\nwaste,1\nwater,2\n").unwrap();
    folder
}

fn path_request() -> Value {
    json!({"source": {"type": "path", "path": "in"}})
}

#[test]
fn a_conversion_without_destination_leaves_artifacts_and_a_report() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]);
    let id = service.convert(&path_request())["id"].as_str().unwrap().to_owned();
    let job = service.ended(&id);
    assert_eq!((&job["status"], &job["result"]["summary"]["rows_out"]), (&"succeeded".into(), &2.into()));
    let artifacts = service.get(&format!("/v1/jobs/{id}/artifacts"));
    let names: Vec<_> =
        artifacts["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["a.csv.parquet", "textmill-report.json"]);
    let parquet = service.client.get(format!("{}/v1/jobs/{id}/artifacts/a.csv.parquet", service.url)).send().unwrap();
    assert_eq!(parquet.bytes().unwrap()[..4], *b"PAR1");
    let report = service.client.get(format!("{}/v1/jobs/{id}/report", service.url)).send().unwrap();
    assert_eq!(report.status(), 200);
    assert!(report.text().unwrap().contains("a.csv"));
}

#[test]
fn one_line_of_curl_converts_a_file() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]);
    let file = reqwest::blocking::multipart::Part::bytes(b"text\tn\nwaste\t1\n".to_vec()).file_name("words.tsv");
    let form = reqwest::blocking::multipart::Form::new().part("file", file).text("options", "{\"schema\":\"text\"}");
    let request = service.client.post(format!("{}/v1/conversions", service.url)).multipart(form);
    let answer = request.header("Prefer", "wait=60").send().unwrap();
    assert_eq!(answer.status(), 200);
    assert!(answer.headers().contains_key("preference-applied"));
    let job: Value = answer.json().unwrap();
    assert_eq!(job["result"]["files"][0]["source"], "words.tsv");
    assert_eq!(job["result"]["files"][0]["tables"][0]["columns"][1]["type"], "Utf8");
}

#[test]
fn events_end_with_done_and_can_be_resumed_after_a_restart() {
    let folder = folder();
    let mut service = Service::start(folder.path(), &[]);
    let id = service.convert(&path_request())["id"].as_str().unwrap().to_owned();
    let url = |service: &Service| format!("{}/v1/jobs/{id}/events", service.url);
    let events = service.client.get(url(&service)).send().unwrap().text().unwrap();
    assert!(events.contains("event: done"), "{events}");
    let first = events.lines().find_map(|line| line.strip_prefix("id:")).unwrap().trim().to_owned();
    assert!(service.terminate().success());
    let service = Service::start(folder.path(), &[]);
    let resumed = service.client.get(url(&service)).header("Last-Event-ID", first).send().unwrap().text().unwrap();
    assert!(resumed.contains("event: done"), "{resumed}");
}

#[test]
fn the_same_key_twice_makes_one_job_across_a_restart() {
    let folder = folder();
    let mut service = Service::start(folder.path(), &[]);
    let post = |service: &Service| {
        let request = service.client.post(format!("{}/v1/conversions", service.url)).json(&path_request());
        request.header("Idempotency-Key", "one").send().unwrap()
    };
    let first: Value = post(&service).json().unwrap();
    service.kill();
    let service = Service::start(folder.path(), &[]);
    let replayed = post(&service);
    assert_eq!(replayed.headers()["idempotency-replayed"], "true");
    assert_eq!(replayed.json::<Value>().unwrap()["id"], first["id"]);
}

#[test]
fn requests_stay_inside_the_data_root_and_out_of_the_state_directory() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]);
    for path in [".textmill/logs", "..", "/etc"] {
        let request = json!({"source": {"type": "path", "path": path}});
        let answer = service.client.post(format!("{}/v1/conversions", service.url)).json(&request).send().unwrap();
        assert_eq!(answer.status(), 403, "{path}");
        assert_eq!(answer.json::<Value>().unwrap()["code"], "path-outside-data-root");
    }
}

#[test]
fn a_key_is_needed_where_keys_are_set() {
    let folder = folder();
    let mut command = textmill(folder.path());
    command.env("TEXTMILL_API_KEYS", "ci:0123456789abcdef0123");
    let service = Service::start_with(command, &[]);
    let jobs = format!("{}/v1/jobs", service.url);
    let refused = service.client.get(&jobs).send().unwrap();
    assert_eq!((refused.status().as_u16(), refused.headers().contains_key("www-authenticate")), (401, true));
    assert_eq!(refused.json::<Value>().unwrap()["code"], "missing-or-bad-key");
    let answered = service.client.get(&jobs).bearer_auth("0123456789abcdef0123").send().unwrap();
    assert_eq!(answered.status(), 200);
}

#[test]
fn other_addresses_are_bound_only_with_a_key() {
    let folder = folder();
    let output = textmill(folder.path()).args(["serve", "--bind", "0.0.0.0:0"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("TEXTMILL_API_KEYS"));
}

#[test]
fn a_stop_gives_running_jobs_back_and_a_start_finishes_them() {
    let folder = folder();
    let wide = "a,b\n".to_owned() + &"some text that takes a while,1\n".repeat(400_000);
    fs::write(folder.path().join("in/big.csv"), wide).unwrap();
    let mut service = Service::start(folder.path(), &[]);
    let id = service.convert(&path_request())["id"].as_str().unwrap().to_owned();
    wait_until("it runs", || service.get(&format!("/v1/jobs/{id}"))["status"] == "running");
    assert!(service.terminate().success());
    let service = Service::start(folder.path(), &[]);
    let job = service.ended(&id);
    assert_eq!((&job["status"], &job["result"]["summary"]["rows_out"]), (&"succeeded".into(), &400_002.into()));
}

#[test]
fn logs_go_to_a_file_per_router_and_hold_no_user_text() {
    let folder = folder();
    fs::write(folder.path().join("in/secret.csv"), "text,label\nconfidential wording,1\n").unwrap();
    let mut service = Service::start(folder.path(), &[]);
    let id = service.convert(&path_request())["id"].as_str().unwrap().to_owned();
    service.ended(&id);
    assert!(service.terminate().success());
    let logs = folder.path().join(".textmill/logs");
    let read = |prefix: &str| read_logs(&logs, prefix);
    assert!(read("worker_").contains(&id), "{}", read("worker_"));
    assert!(read("jobs_").contains("/v1/jobs/{job_id}"), "{}", read("jobs_"));
    let all = read("");
    assert!(!all.contains("confidential") && !all.contains("secret.csv"), "{all}");
    all.lines().for_each(|line| assert!(serde_json::from_str::<Value>(line).is_ok(), "{line}"));
}

fn read_logs(folder: &Path, prefix: &str) -> String {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    let wanted = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix));
    wanted.map(|entry| fs::read_to_string(entry.path()).unwrap()).collect()
}

#[test]
fn the_first_start_converts_the_sample_and_later_ones_leave_it() {
    let folder = folder();
    for _ in 0..2 {
        let mut service = Service::start(folder.path(), &["--sample", "in"]);
        let jobs = service.get("/v1/jobs");
        assert_eq!(jobs["items"].as_array().unwrap().len(), 1);
        let id = jobs["items"][0]["id"].as_str().unwrap().to_owned();
        assert_eq!(service.ended(&id)["status"], "succeeded");
        assert!(service.terminate().success());
    }
}

#[test]
fn jobs_of_the_service_are_seen_and_retried_from_the_command_line() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]);
    let id = service.convert(&path_request())["id"].as_str().unwrap().to_owned();
    service.ended(&id);
    let list = crate::support::json(&crate::support::run(folder.path(), &["job", "list", "--json"]));
    assert_eq!(list[0]["id"], id.as_str());
    let again = crate::support::json(&crate::support::run(folder.path(), &["job", "retry", &id, "--json"]));
    let watched = crate::support::run(folder.path(), &["job", "watch", again["id"].as_str().unwrap(), "--json"]);
    assert_eq!((watched.status.code(), &crate::support::json(&watched)["status"]), (Some(0), &"succeeded".into()));
}

#[test]
fn a_stop_is_graceful_though_nobody_listens_any_more() {
    let folder = folder();
    let mut command = textmill(folder.path());
    command.args(["serve", "--bind", "127.0.0.1:0", "--sample", "in"]).stderr(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    let logs = folder.path().join(".textmill/logs");
    wait_until("it serves", || logs.is_dir() && read_logs(&logs, "service_").contains("serving"));
    drop(child.stderr.take());
    let id = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    assert!(child.wait().unwrap().success());
    assert!(read_logs(&logs, "service_").contains("stopping"));
}

#[test]
fn a_job_waits_for_a_destination_in_use_without_losing_attempts() {
    let folder = folder();
    let held = folder.path().join("out/.textmill-tmp");
    fs::create_dir_all(&held).unwrap();
    let lock = fs::File::create(held.join("lock")).unwrap();
    lock.lock().unwrap();
    let service = Service::start(folder.path(), &[]);
    let request = json!({"source": {"type": "path", "path": "in"}, "destination": {"type": "path", "path": "out"}});
    let id = service.convert(&request)["id"].as_str().unwrap().to_owned();
    wait_until("it was tried", || read_logs(&folder.path().join(".textmill/logs"), "worker_").contains("waits"));
    wait_until("it waits again", || service.get(&format!("/v1/jobs/{id}"))["attempt"] == 0);
    lock.unlock().unwrap();
    assert_eq!(service.ended(&id)["status"], "succeeded");
}

#[test]
fn a_file_larger_than_a_json_body_is_taken_over_the_wire() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]);
    let rows = 400_000;
    let large = "text,label\n".to_owned() + &"waste,1\r\n".repeat(rows);
    let file = reqwest::blocking::multipart::Part::bytes(large.into_bytes()).file_name("large.csv");
    let form = reqwest::blocking::multipart::Form::new().part("file", file);
    let request = service.client.post(format!("{}/v1/conversions", service.url)).multipart(form);
    let answer = request.header("Prefer", "wait=60").send().unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.json::<Value>().unwrap()["result"]["summary"]["rows_out"], rows);
}

/// A worker of the state directory in a folder; ended when dropped.
struct Worker(std::process::Child);

impl Worker {
    fn start(folder: &Path, arguments: &[&str]) -> Self {
        let mut command = textmill(folder);
        command.arg("worker").args(arguments).stderr(std::process::Stdio::null());
        Self(command.spawn().unwrap())
    }

    fn terminate(&mut self) -> std::process::ExitStatus {
        let id = self.0.id().to_string();
        assert!(std::process::Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        self.0.wait().unwrap()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_service_without_workers_is_ready_and_a_worker_beside_it_runs_its_jobs() {
    let folder = folder();
    let service = Service::start(folder.path(), &["--workers", "0"]);
    assert_eq!(service.client.get(format!("{}/ready", service.url)).send().unwrap().status(), 200);
    let id = service.convert(&path_request())["id"].as_str().unwrap().to_owned();
    let mut worker = Worker::start(folder.path(), &["--queue", "conversion", "--concurrency", "1"]);
    assert_eq!(service.ended(&id)["status"], "succeeded");
    assert!(worker.terminate().success());
    let logs = folder.path().join(".textmill/logs");
    assert!(read_logs(&logs, "worker_").contains(&id) && read_logs(&logs, "worker_").contains("stopping"));
}

#[test]
fn a_worker_that_is_asked_to_stop_gives_its_job_back() {
    let folder = folder();
    let wide = "a,b\n".to_owned() + &"some text that takes a while,1\n".repeat(400_000);
    fs::write(folder.path().join("in/big.csv"), wide).unwrap();
    let service = Service::start(folder.path(), &["--workers", "0"]);
    let id = service.convert(&path_request())["id"].as_str().unwrap().to_owned();
    let mut worker = Worker::start(folder.path(), &[]);
    wait_until("it runs", || service.get(&format!("/v1/jobs/{id}"))["status"] == "running");
    assert!(worker.terminate().success());
    let job = service.get(&format!("/v1/jobs/{id}"));
    assert_eq!((&job["status"], &job["attempt"]), (&"queued".into(), &0.into()));
    let _worker = Worker::start(folder.path(), &[]);
    assert_eq!(service.ended(&id)["result"]["summary"]["rows_out"], 400_002);
}
