//! `/v1/embeddings` of a running service, as its clients meet it.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use textmill::core::hash::sha256_hex;

use crate::support::tiny_model::{MAX_TOKENS, TinyModel};
use crate::support::{Service, minilm, repository, run, text, textmill, wait_until};

/// A folder with a store that has one model.
pub(crate) struct Store {
    folder: tempfile::TempDir,
    /// The model.
    pub(crate) model: &'static str,
}

impl Store {
    /// With all-MiniLM-L6-v2, if whoever runs the tests has it; else with the tiny one.
    pub(crate) fn best() -> Self {
        let name = "all-MiniLM-L6-v2";
        let in_store = || {
            let found = run(Path::new("."), &["model", "path", name]);
            found.status.success().then(|| text(&found.stdout).trim().into())
        };
        match minilm().or_else(in_store) {
            Some(model) => Self::with(name, &model),
            None => Self::tiny(),
        }
    }

    /// With a model of forty words.
    pub(crate) fn tiny() -> Self {
        let model = tempfile::tempdir().unwrap();
        TinyModel::default().write(model.path());
        Self::with("tiny", model.path())
    }

    fn with(model: &'static str, from: &Path) -> Self {
        let store = Self { folder: tempfile::tempdir().unwrap(), model };
        let catalogue = TinyModel::default().entry(sha256_hex);
        fs::write(store.folder.path().join("models.toml"), catalogue).unwrap();
        let pulled = store.command().args(["model", "pull", model, "--from"]).arg(from).output().unwrap();
        assert!(pulled.status.success(), "{}", text(&pulled.stderr));
        store
    }

    /// The built program, which uses the store.
    pub(crate) fn command(&self) -> Command {
        let mut command = textmill(self.folder.path());
        command.env("TEXTMILL_MODELS_CATALOGUE", "models.toml").env("TEXTMILL_MODELS_DIR", "models");
        command.env("TEXTMILL_EMBEDDINGS_MODEL", self.model);
        command
    }

    /// Where the program runs.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Where the model's files are.
    pub(crate) fn model_folder(&self) -> std::path::PathBuf {
        let path = self.command().args(["model", "path", self.model]).output().unwrap();
        self.folder.path().join(text(&path.stdout).trim())
    }
}

/// The value of a metric.
fn metric(service: &Service, name: &str) -> f64 {
    let metrics = service.client.get(format!("{}/metrics", service.url)).send().unwrap().text().unwrap();
    let line = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.map_or(0.0, |value| value.parse().unwrap())
}

const WAITING: &str = "textmill_embedding_waiting_tokens{class=\"interactive\"}";
const TEXTS: &str = "textmill_embedding_texts_total";

fn embed(service: &Service, input: &Value) -> Value {
    let request = service.client.post(format!("{}/v1/embeddings", service.url)).json(&json!({ "input": input }));
    let answer = request.send().unwrap();
    assert_eq!(answer.status(), 200, "{}", answer.text().unwrap());
    answer.json().unwrap()
}

/// Texts that keep a thread busy for a while, and no longer than a service may take to end.
const MANY: usize = 400;

/// Sends a request that takes a while, and reads nothing yet.
fn ask_for_much(service: &Service) -> TcpStream {
    let long = "tree ".repeat(MAX_TOKENS);
    let texts: Vec<_> = (0..MANY).map(|number| format!("{number} {long}")).collect();
    let body = json!({ "input": texts }).to_string();
    let mut stream = TcpStream::connect(service.url.trim_start_matches("http://")).unwrap();
    let head = "POST /v1/embeddings HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Type: application/json";
    write!(stream, "{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).unwrap();
    wait_until("it waits for a thread", || metric(service, WAITING) > 0.0);
    stream
}

#[test]
fn the_stock_openai_client_gets_vectors() {
    let found = Command::new(repository().join("tests/support/openai_client.sh")).output();
    let python = match found {
        Ok(output) if output.status.success() => text(&output.stdout),
        Ok(output) => return println!("skipped: {}", text(&output.stderr)),
        Err(error) => return println!("skipped: openai_client.sh can't be run: {error}"),
    };
    let store = Store::best();
    let service = Service::start_with(store.command(), &[]);
    let script = repository().join("tests/support/openai_client.py");
    let output = Command::new(python.trim()).arg(script).args([&service.url, store.model]).output().unwrap();
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    print!("{}", text(&output.stdout));
}

#[test]
fn a_client_that_hangs_up_takes_its_work_with_it() {
    let store = Store::tiny();
    let mut command = store.command();
    command.env("TEXTMILL_EMBEDDINGS_THREADS", "1");
    let service = Service::start_with(command, &[]);
    drop(ask_for_much(&service));
    wait_until("nothing waits any more", || metric(&service, WAITING) == 0.0);
    assert_eq!(embed(&service, &json!("a cat"))["data"].as_array().unwrap().len(), 1);
    let texts = metric(&service, TEXTS);
    assert!(texts < 1.5, "the other texts were to be given up: {texts}");
}

#[test]
fn a_request_in_work_is_answered_before_the_service_ends() {
    let store = Store::tiny();
    let mut service = Service::start_with(store.command(), &[]);
    let mut stream = ask_for_much(&service);
    let reading = std::thread::spawn(move || {
        let mut answer = String::new();
        stream.read_to_string(&mut answer).map(|_| answer)
    });
    assert_eq!(service.terminate().code(), Some(0));
    let answer = reading.join().unwrap().unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer:.200}");
    assert!(answer.contains("\"index\":399"));
}
