//! The built program as its users meet it: a command that is run, a service that is asked over HTTP.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use textmill::core::isolation::{Isolation, Limits};
use textmill::operations::context::RunContext;

/// Longest wait for anything; a deadline, not a pause.
pub(crate) const DEADLINE: Duration = Duration::from_mins(2);

/// The repository.
pub(crate) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The built program, in a folder, without settings of whoever runs the tests.
pub(crate) fn textmill(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_textmill"));
    command.current_dir(folder).stdin(Stdio::null());
    #[expect(clippy::disallowed_methods, reason = "settings of whoever runs the tests are removed, not read")]
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("TEXTMILL_")) {
        command.env_remove(name);
    }
    command
}

/// A run that nobody watches or stops, with the built program as the worker that reads documents.
pub(crate) fn unattended() -> RunContext {
    RunContext::unattended(Isolation::new(Limits::default()).with_program(env!("CARGO_BIN_EXE_textmill").into()))
}

/// A folder of files and right answers that others made, if whoever runs the tests names one.
pub(crate) fn reference_data() -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "not a setting of the program")]
    std::env::var_os("TEST_DATA_DIR").map(PathBuf::from)
}

/// Runs it to its end.
pub(crate) fn run(folder: &Path, arguments: &[&str]) -> Output {
    textmill(folder).args(arguments).output().unwrap()
}

/// What it printed as JSON.
pub(crate) fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", text(&output.stdout)))
}

/// Bytes as text.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A running service on a free port; ended when dropped.
pub(crate) struct Service {
    child: Child,
    /// `http://127.0.0.1:PORT`
    pub(crate) url: String,
    /// Asks it.
    pub(crate) client: reqwest::blocking::Client,
}

impl Service {
    /// Starts it in a folder, which is its data root and holds its state.
    pub(crate) fn start(folder: &Path, arguments: &[&str]) -> Self {
        Self::start_with(textmill(folder), arguments)
    }

    /// Starts a prepared command.
    pub(crate) fn start_with(mut command: Command, arguments: &[&str]) -> Self {
        command.args(["serve", "--bind", "127.0.0.1:0"]).args(arguments).stderr(Stdio::piped()).stdout(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut said = Vec::new();
        let url = loop {
            let line = lines.next().unwrap_or_else(|| panic!("it ended: {said:?}")).unwrap();
            let url = line.split_whitespace().find(|word| word.starts_with("http://127.0.0.1:")).map(str::to_owned);
            said.push(line);
            if let Some(url) = url {
                break url;
            }
        };
        // Somebody must read what it goes on to say, or it would block.
        std::thread::spawn(move || lines.for_each(drop));
        let client = reqwest::blocking::Client::builder().timeout(DEADLINE).build().unwrap();
        Self { child, url, client }
    }

    /// GETs JSON.
    pub(crate) fn get(&self, path: &str) -> Value {
        self.client.get(format!("{}{path}", self.url)).send().unwrap().json().unwrap()
    }

    /// Queues a conversion and answers the job.
    pub(crate) fn convert(&self, request: &Value) -> Value {
        let answer = self.client.post(format!("{}/v1/conversions", self.url)).json(request).send().unwrap();
        assert_eq!(answer.status(), 202, "{}", answer.text().unwrap());
        answer.json().unwrap()
    }

    /// The job once it has ended.
    pub(crate) fn ended(&self, id: &str) -> Value {
        let mut job = Value::Null;
        wait_until("the job ends", || {
            job = self.get(&format!("/v1/jobs/{id}"));
            ["succeeded", "failed", "cancelled"].contains(&job["status"].as_str().unwrap())
        });
        job
    }

    /// `kill -9`
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// `kill -TERM`, and how it ended.
    pub(crate) fn terminate(&mut self) -> std::process::ExitStatus {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        self.child.wait().unwrap()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Looks again and again until it is so; fails after [`DEADLINE`].
pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < DEADLINE, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Every file below a folder with its bytes.
pub(crate) fn tree(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let files =
        walkdir::WalkDir::new(folder).into_iter().map(Result::unwrap).filter(|entry| entry.file_type().is_file());
    files
        .map(|entry| (entry.path().strip_prefix(folder).unwrap().to_owned(), std::fs::read(entry.path()).unwrap()))
        .collect()
}

/// Copies a folder.
pub(crate) fn copy_tree(from: &Path, to: &Path) {
    for (path, bytes) in tree(from) {
        let target = to.join(path);
        std::fs::create_dir_all(target.parent().unwrap()).unwrap();
        std::fs::write(target, bytes).unwrap();
    }
}
