//! The model store as its users meet it: commands, jobs, and several processes at once.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::http::Uri;
use serde_json::json;
use textmill::core::hash::sha256_hex;

use crate::support::{Service, json, text, textmill};

const SIZE: usize = 3_000_000;

/// A folder with a catalogue of one model, whose files a web server of the test gives.
struct Place {
    folder: tempfile::TempDir,
    address: String,
    asked: Arc<AtomicUsize>,
    _runtime: tokio::runtime::Runtime,
}

impl Place {
    fn new() -> Self {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let asked = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&asked);
        let router = Router::new().fallback(move |uri: Uri| {
            counter.fetch_add(1, Ordering::SeqCst);
            async move { content(uri.path()) }
        });
        runtime.spawn(async move { axum::serve(listener, router).await });
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| {
            let bytes = content(name);
            format!(
                "[[model.file]]\npath = \"{name}\"\nsize_bytes = {}\nsha256 = \"{}\"\n",
                bytes.len(),
                sha256_hex(&bytes)
            )
        };
        let catalogue = format!(
            "[[model]]\nid = \"tiny\"\ndescription = \"for tests\"\npublisher = \"me\"\nlicence = \"MIT\"\ndimension = 3\n\
             max_tokens = 5\npooling = \"mean\"\n[[model.source]]\ntype = \"url\"\nbase = \"http://{address}/m\"\n{}{}",
            file("config.json"),
            file("sub/weights.bin")
        );
        fs::write(folder.path().join("models.toml"), catalogue).unwrap();
        Self { folder, address, asked, _runtime: runtime }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = textmill(self.path());
        command.args(arguments).env("TEXTMILL_MODELS_CATALOGUE", "models.toml").env("TEXTMILL_MODELS_DIR", "models");
        command.env("TEXTMILL_MODELS_ALLOW_HOSTS", &self.address);
        for name in ["HF_TOKEN", "http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY"] {
            command.env_remove(name);
        }
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    fn weights(&self) -> std::path::PathBuf {
        let output = self.run(&["model", "path", "tiny"]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        Path::new(text(&output.stdout).trim()).join("sub/weights.bin")
    }
}

/// What the server gives under a path, whatever stands before the file's name.
fn content(path: &str) -> Vec<u8> {
    if path.ends_with("weights.bin") { (0..=250_u8).cycle().take(SIZE).collect() } else { b"{}".to_vec() }
}

#[test]
fn a_model_is_listed_fetched_verified_mended_and_removed() {
    let place = Place::new();
    let missing = place.run(&["model", "path", "tiny"]);
    assert_eq!(missing.status.code(), Some(2));
    assert!(text(&missing.stderr).contains("textmill model pull tiny"), "{}", text(&missing.stderr));
    let listed = json(&place.run(&["model", "list", "--json"]));
    let states: Vec<_> = listed["data"].as_array().unwrap().iter().map(|one| (&one["id"], &one["state"])).collect();
    assert_eq!(states, [(&json!("all-MiniLM-L6-v2"), &json!("absent")), (&json!("tiny"), &json!("absent"))]);

    let pulled = json(&place.run(&["model", "pull", "tiny", "--json"]));
    assert_eq!((&pulled["fetched_bytes"], &pulled["files"][0]["origin"]), (&json!(SIZE + 2), &json!("fetched")));
    assert_eq!(place.run(&["model", "verify", "tiny"]).status.code(), Some(0));
    let weights = place.weights();
    assert_eq!(fs::read(&weights).unwrap(), content("weights.bin"));

    fs::write(&weights, vec![0; SIZE]).unwrap();
    let damaged = place.run(&["model", "verify", "tiny"]);
    assert_eq!(damaged.status.code(), Some(1));
    assert!(text(&damaged.stdout).contains("sub/weights.bin: has other bytes"), "{}", text(&damaged.stdout));
    let mended = json(&place.run(&["model", "pull", "tiny", "--json"]));
    assert_eq!((&mended["fetched_bytes"], &mended["files"][0]["origin"]), (&json!(SIZE), &json!("kept")));

    assert_eq!(place.run(&["model", "rm", "tiny"]).status.code(), Some(0));
    assert_eq!(place.run(&["model", "path", "tiny"]).status.code(), Some(2));
}

#[test]
fn a_folder_gives_a_model_where_no_address_may_be_asked() {
    let place = Place::new();
    let refused = place.command(&["model", "pull", "tiny", "--json"]).env("TEXTMILL_MODELS_ALLOW_HOSTS", "").output();
    let refused = refused.unwrap();
    assert_eq!((refused.status.code(), &json(&refused)["code"]), (Some(2), &json!("address-not-allowed")));
    for name in ["config.json", "sub/weights.bin"] {
        let path = place.path().join("given").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content(name)).unwrap();
    }
    let pull = ["model", "pull", "tiny", "--from", "given"];
    let offline = place.command(&pull).env("TEXTMILL_MODELS_OFFLINE", "true").output().unwrap();
    assert_eq!(offline.status.code(), Some(0), "{}", text(&offline.stderr));
    assert_eq!(fs::read(place.weights()).unwrap(), content("weights.bin"));
    assert_eq!(place.asked.load(Ordering::SeqCst), 0);
}

#[test]
fn several_processes_that_pull_the_same_model_do_the_work_once() {
    let place = Place::new();
    let all: Vec<_> = (0..3)
        .map(|_| {
            let mut command = place.command(&["model", "pull", "tiny", "--json"]);
            command.stdout(std::process::Stdio::piped()).spawn().unwrap()
        })
        .collect();
    let fetched = all.into_iter().map(|process| {
        let output = process.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        json(&output)["fetched_bytes"].as_u64().unwrap()
    });
    assert_eq!(fetched.sum::<u64>(), SIZE as u64 + 2);
    assert_eq!(place.asked.load(Ordering::SeqCst), 2);
}

#[test]
fn the_service_fetches_a_model_as_a_job_and_the_old_path_says_success_only_then() {
    let place = Place::new();
    let service = Service::start_with(place.command(&[]), &[]);
    let request = service.client.post(format!("{}/v1/models", service.url)).json(&json!({"id": "tiny"}));
    let queued: serde_json::Value = request.send().unwrap().json().unwrap();
    let job = service.ended(queued["id"].as_str().unwrap());
    assert_eq!((&job["status"], &job["result"]["fetched_bytes"]), (&json!("succeeded"), &json!(SIZE + 2)), "{job}");
    assert_eq!((&job["progress"]["unit"], &job["progress"]["done"]), (&json!("bytes"), &json!(SIZE + 2)));
    let model = service.get("/v1/models/tiny");
    assert_eq!((&model["state"], &model["local_bytes"]), (&json!("installed"), &json!(SIZE + 2)));
    assert!(model["created"].as_u64().unwrap() > 0);
    let removed = service.client.delete(format!("{}/v1/models/tiny", service.url)).send().unwrap();
    assert_eq!(removed.status(), 204);
    assert_eq!(service.get("/api/model_downloader?model_name=tiny"), json!({"data": "success"}));
    assert_eq!(fs::read(place.weights()).unwrap(), content("weights.bin"));
    assert_eq!(service.get("/api/model_downloader?model_name=gpt"), json!({"error": "Invalid model name"}));
}
