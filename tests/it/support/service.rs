//! A running service, asked over HTTP.

use std::path::Path;
use std::process::{Command, ExitStatus};

use serde_json::Value;

use super::process::Process;
use super::{DEADLINE, http_client, textmill, wait_until};

/// Where every service of the tests can be asked, but for the port.
pub(crate) const LOOPBACK: &str = "http://127.0.0.1:";

/// A running service on a free port; ended when dropped.
pub(crate) struct Service {
    /// Its process.
    pub(crate) process: Process,
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
        command.args(["serve", "--bind", "127.0.0.1:0"]).args(arguments);
        let mut process = Process::start(command);
        process.wait_for(LOOPBACK);
        let url = process.word(LOOPBACK).unwrap();
        let client = http_client(DEADLINE);
        Self { process, url, client }
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
        self.process.kill();
    }

    /// `kill -TERM`, and how it ended.
    pub(crate) fn terminate(&mut self) -> ExitStatus {
        self.process.terminate()
    }
}
