//! The clients of a soak: what they ask for, again and again, until it is over.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{Scope, ScopedJoinHandle};
use std::time::Duration;

use reqwest::Url;
use reqwest::blocking::multipart::{Form, Part};
use reqwest::blocking::{Client, Response};
use serde_json::{Value, json};

use crate::chaos::workload::{folder, table};
use crate::support::site::Site;
use crate::support::{DEADLINE, copy_tree, http_client, repository, wait_until};

/// What is converted, and how often among a dozen.
const SOURCES: [(&str, usize); 5] =
    [("in/words.csv", 5), ("in/middle.csv", 3), ("in/folder", 2), ("in/many", 1), ("in/sample", 1)];
/// A client thinks for this long at most before it goes on.
const THINKING_MS: u64 = 150;

/// One round of a client.
type Act = fn(&Visit<'_>, u64);

/// What each client does over and over.
const CLIENTS: [(&str, Act); 6] = [
    ("converted into a folder", convert_into_a_folder),
    ("converted to artifacts", convert_to_artifacts),
    ("watched", watch),
    ("cancelled", cancel),
    ("uploaded", upload),
    ("looked", look),
];

/// Clients at work.
pub(super) struct Clients<'scope> {
    threads: Vec<(&'static str, ScopedJoinHandle<'scope, u64>)>,
}

/// A client and whom it asks.
struct Visit<'a> {
    site: &'a Site,
    url: &'a str,
    client: Client,
}

/// Makes what is converted.
pub(super) fn prepare(site: &Site) {
    fs::create_dir(site.data().join("in")).unwrap();
    let path = |name: &str| site.data().join("in").join(name);
    table(&path("words.csv"), 200);
    table(&path("middle.csv"), 20_000);
    table(&path("long.csv"), 400_000);
    folder(&path("folder"), 24, 400);
    folder(&path("many"), 230, 3);
    // Workbooks, PDFs and web pages: files that processes of their own read.
    copy_tree(&repository().join("knowledgebase"), &path("sample"));
}

impl<'scope> Clients<'scope> {
    /// Lets all begin.
    pub(super) fn start<'env>(
        scope: &'scope Scope<'scope, 'env>,
        site: &'env Site,
        url: &'env str,
        is_over: &'env AtomicBool,
    ) -> Self {
        let client = |(seed, (name, act)): (u64, (&'static str, Act))| {
            let work = move || {
                let client = http_client(DEADLINE);
                let (visit, mut random) = (Visit { site, url, client }, fastrand::Rng::with_seed(seed));
                let mut rounds = 0;
                while !is_over.load(Ordering::Acquire) {
                    act(&visit, rounds);
                    rounds += 1;
                    std::thread::sleep(Duration::from_millis(random.u64(..THINKING_MS)));
                }
                rounds
            };
            (name, scope.spawn(work))
        };
        Self { threads: (1..).zip(CLIENTS).map(client).collect() }
    }

    /// Whether none has given up.
    pub(super) fn are_all_well(&self) -> bool {
        self.threads.iter().all(|(_, thread)| !thread.is_finished())
    }

    /// How often each did its work.
    pub(super) fn join(self) -> BTreeMap<&'static str, u64> {
        self.threads.into_iter().map(|(name, thread)| (name, thread.join().unwrap())).collect()
    }
}

impl Visit<'_> {
    fn get(&self, path: &str) -> Response {
        let answer = self.client.get(format!("{}{path}", self.url)).send().unwrap();
        assert!(answer.status().is_success(), "{path}: {} {}", answer.status(), answer.text().unwrap());
        answer
    }

    fn json(&self, path: &str) -> Value {
        self.get(path).json().unwrap()
    }

    fn delete(&self, path: &str) {
        let answer = self.client.delete(format!("{}{path}", self.url)).send().unwrap();
        assert!(answer.status().is_success(), "{path}: {} {}", answer.status(), answer.text().unwrap());
    }

    fn submit(&self, request: &Value) -> String {
        let answer = self.client.post(format!("{}/v1/conversions", self.url)).json(request).send().unwrap();
        assert_eq!(answer.status(), 202, "{}", answer.text().unwrap());
        answer.json::<Value>().unwrap()["id"].as_str().unwrap().to_owned()
    }

    fn ended(&self, id: &str) -> Value {
        let mut job = Value::Null;
        wait_until("the job ends", || {
            std::thread::sleep(Duration::from_millis(40));
            job = self.json(&format!("/v1/jobs/{id}"));
            ["succeeded", "failed", "cancelled"].contains(&job["status"].as_str().unwrap())
        });
        job
    }

    fn succeeded(&self, id: &str) {
        let job = self.ended(id);
        assert_eq!(job["status"], "succeeded", "{}", job["error"]);
    }

    fn forget(&self, id: &str) {
        self.delete(&format!("/v1/jobs/{id}"));
    }
}

fn source(round: u64) -> Value {
    let dozen: Vec<&str> = SOURCES.iter().flat_map(|&(path, count)| std::iter::repeat_n(path, count)).collect();
    // Seven and twelve have nothing in common: each is met, and never the same ones in a row.
    let which = usize::try_from(round * 7 % 12).unwrap();
    json!({"type": "path", "path": dozen[which]})
}

fn convert_into_a_folder(visit: &Visit<'_>, round: u64) {
    let destination = format!("out/{round}");
    let request = json!({"source": source(round), "destination": {"type": "path", "path": destination}});
    let id = visit.submit(&request);
    visit.succeeded(&id);
    visit.get(&format!("/v1/jobs/{id}/report")).bytes().unwrap();
    visit.forget(&id);
    fs::remove_dir_all(visit.site.data().join(destination)).unwrap();
}

fn convert_to_artifacts(visit: &Visit<'_>, round: u64) {
    let id = visit.submit(&json!({"source": source(round)}));
    visit.succeeded(&id);
    let artifacts = visit.json(&format!("/v1/jobs/{id}/artifacts"));
    for artifact in artifacts["items"].as_array().unwrap().iter().take(3) {
        let mut url = Url::parse(&format!("{}/v1/jobs/{id}/artifacts", visit.url)).unwrap();
        url.path_segments_mut().unwrap().extend(artifact["name"].as_str().unwrap().split('/'));
        visit.get(url.path()).bytes().unwrap();
    }
    visit.forget(&id);
}

/// Every third watcher goes away in the middle.
fn watch(visit: &Visit<'_>, round: u64) {
    let id = visit.submit(&json!({"source": source(round)}));
    let mut lines = BufReader::new(visit.get(&format!("/v1/jobs/{id}/events"))).lines().map(Result::unwrap);
    if round.is_multiple_of(3) {
        lines.next();
    } else {
        assert!(lines.any(|line| line == "event: done" || line == "event:done"), "the stream ended without an end");
    }
    drop(lines);
    visit.succeeded(&id);
    visit.forget(&id);
}

fn cancel(visit: &Visit<'_>, round: u64) {
    let id = visit.submit(&json!({"source": {"type": "path", "path": "in/long.csv"}}));
    if round.is_multiple_of(2) {
        wait_until("it runs", || {
            std::thread::sleep(Duration::from_millis(20));
            visit.json(&format!("/v1/jobs/{id}"))["status"] != "queued"
        });
    }
    let answer = visit.client.post(format!("{}/v1/jobs/{id}/cancel", visit.url)).send().unwrap();
    // It may have ended just before.
    assert!([200, 202, 409].contains(&answer.status().as_u16()), "{}", answer.text().unwrap());
    visit.ended(&id);
    visit.forget(&id);
}

fn upload(visit: &Visit<'_>, round: u64) {
    let files = ["words.csv", "middle.csv", "sample/Life Cycle Assessment/study_plan.xlsx"];
    let path = visit.site.data().join("in").join(files[usize::try_from(round % 3).unwrap()]);
    let name = path.file_name().unwrap().to_str().unwrap().to_owned();
    let form = Form::new().part("file", Part::bytes(fs::read(&path).unwrap()).file_name(name));
    let answer = visit.client.post(format!("{}/v1/files", visit.url)).multipart(form).send().unwrap();
    assert_eq!(answer.status(), 201, "{}", answer.text().unwrap());
    let files: Value = answer.json().unwrap();
    let file = files["items"][0]["id"].as_str().unwrap();
    visit.json(&format!("/v1/files/{file}/table"));
    let id = visit.submit(&json!({"source": {"type": "file", "file_id": file}}));
    visit.succeeded(&id);
    visit.forget(&id);
    visit.delete(&format!("/v1/files/{file}"));
}

fn look(visit: &Visit<'_>, _round: u64) {
    for path in ["/v1/jobs?limit=50", "/v1/jobs?status=running", "/v1/workers", "/v1/files", "/v1/info", "/ready"] {
        visit.json(path);
    }
    for path in ["/metrics", "/", "/openapi.json"] {
        visit.get(path).bytes().unwrap();
    }
}
