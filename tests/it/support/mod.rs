//! The built program as its users meet it: a command that is run, a service that is asked over HTTP.

pub(crate) mod database;
pub(crate) mod postgres;
pub(crate) mod process;
pub(crate) mod proxy;
pub(crate) mod service;
pub(crate) mod site;
#[path = "../../support/tiny_model.rs"]
pub(crate) mod tiny_model;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use textmill::core::isolation::{Isolation, Limits};
use textmill::operations::context::RunContext;

pub(crate) use service::Service;

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
    // No vector comes out of another test's run, or goes into the folder of whoever runs the tests.
    command.env("TEXTMILL_EMBEDDINGS_CACHE_BYTES", "0");
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

/// The folder of all-MiniLM-L6-v2, if whoever runs the tests has one.
pub(crate) fn minilm() -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "not a setting of the program")]
    std::env::var_os("TEST_MODEL_DIR").filter(|folder| !folder.is_empty()).map(PathBuf::from)
}

/// Runs it to its end.
pub(crate) fn run(folder: &Path, arguments: &[&str]) -> Output {
    textmill(folder).args(arguments).output().unwrap()
}

/// Asks services of the tests. They speak no TLS, but the program's does, and then no client is made without a provider.
pub(crate) fn http_client(timeout: Duration) -> reqwest::blocking::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::blocking::Client::builder().timeout(timeout).build().unwrap()
}

/// What it printed as JSON.
pub(crate) fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", text(&output.stdout)))
}

/// Bytes as text.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
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
