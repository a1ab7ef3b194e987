//! The command line as scripts meet it: streams, exit codes, words.

use std::fs;
use std::process::Command;

use crate::support::{json, run, text, textmill, tree};

fn folder_with(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    folder
}

#[test]
fn a_clean_conversion_exits_with_0_and_prints_one_document() {
    let folder = folder_with(&[("in/a.csv", "x,y\n1,2\n")]);
    let output = run(folder.path(), &["convert", "in", "out", "--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let outcome = json(&output);
    assert_eq!(outcome["summary"]["rows_out"], 1);
    assert_eq!(outcome["files"][0]["tables"][0]["output"]["path"], "a.csv.parquet");
    assert!(!folder.path().join(".textmill").exists(), "a command leaves no state directory");
}

#[test]
fn rejected_rows_exit_with_1_unless_told_otherwise() {
    let folder = folder_with(&[("in/a.jsonl", "{\"x\":1}\nbad\n")]);
    let output = run(folder.path(), &["convert", "in", "out"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).contains("a.jsonl"), "{}", text(&output.stdout));
    let zero = run(folder.path(), &["convert", "in", "out", "--exit-zero", "--metrics-out", "m/metrics.json"]);
    assert_eq!(zero.status.code(), Some(0));
    let metrics: serde_json::Value =
        serde_json::from_slice(&fs::read(folder.path().join("m/metrics.json")).unwrap()).unwrap();
    assert_eq!((&metrics["rows_in"], &metrics["rows_rejected"]), (&2.into(), &1.into()));
}

#[test]
fn a_missing_source_exits_with_2_and_says_what_to_do() {
    let folder = folder_with(&[]);
    let output = run(folder.path(), &["convert", "nowhere", "out"]);
    assert_eq!(output.status.code(), Some(2));
    let said = text(&output.stderr);
    assert!(said.contains("error: `nowhere` does not exist") && said.contains("hint: "), "{said}");
    let output = run(folder.path(), &["convert", "nowhere", "out", "--json"]);
    assert_eq!(json(&output)["code"], "not-found");
}

#[test]
fn a_report_page_is_written_on_request() {
    let folder = folder_with(&[("in/a.csv", "x,y\n1,2\n")]);
    let output = run(folder.path(), &["convert", "in", "out", "--html", "report.html", "-q"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let page = fs::read_to_string(folder.path().join("report.html")).unwrap();
    assert!(page.starts_with("<!doctype html>") || page.starts_with("<!DOCTYPE html>"));
    assert!(page.contains("a.csv"));
}

#[test]
fn a_stored_job_gives_what_the_command_gives() {
    let stored =
        "operation = \"conversion\"\nsource = \"in\"\ndestination = \"stored\"\n[options]\ncompression = \"none\"\n";
    let folder = folder_with(&[("in/a.csv", "x,y\n1,2\n"), ("job.toml", stored)]);
    assert_eq!(run(folder.path(), &["run", "job.toml", "--set", "options.compression=snappy"]).status.code(), Some(0));
    assert_eq!(run(folder.path(), &["convert", "in", "typed", "--compression", "snappy"]).status.code(), Some(0));
    assert_eq!(tree(&folder.path().join("stored")), tree(&folder.path().join("typed")));
    let output = run(folder.path(), &["run", "job.toml", "--set", "options.compresion=snappy"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("compresion"), "{}", text(&output.stderr));
}

#[test]
fn the_stored_jobs_of_the_repository_can_be_run() {
    let folder = folder_with(&[]);
    crate::support::copy_tree(
        &crate::support::repository().join("knowledgebase"),
        &folder.path().join("knowledgebase"),
    );
    let stored = crate::support::repository().join("jobs/conversion/knowledgebase.toml");
    let output = run(folder.path(), &["run", stored.to_str().unwrap(), "--json"]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert_eq!(json(&output)["summary"]["failed"], 0);
}

#[test]
fn an_unknown_setting_is_refused_by_name() {
    let folder = folder_with(&[("textmill.toml", "[server]\nbnd = \"127.0.0.1:1\"\n")]);
    let output = run(folder.path(), &["config", "show"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("server.bnd"), "{}", text(&output.stderr));
    let output = textmill(folder.path()).args(["--config", "other.toml", "config", "show"]).output().unwrap();
    assert!(text(&output.stderr).contains("other.toml"));
}

#[test]
fn settings_show_where_they_come_from() {
    let folder = folder_with(&[("textmill.toml", "[jobs]\nworkers = 0\n")]);
    let mut command = textmill(folder.path());
    let output =
        command.env("TEXTMILL_MAX_QUEUED", "7").args(["config", "show", "--origin", "--json"]).output().unwrap();
    let shown = text(&output.stdout);
    assert!(shown.contains("TEXTMILL_MAX_QUEUED") && shown.contains("textmill.toml"), "{shown}");
}

#[test]
fn doctor_finds_this_machine_well() {
    let folder = folder_with(&[]);
    let output = run(folder.path(), &["doctor", "--json"]);
    let checks = json(&output)["checks"].as_array().unwrap().clone();
    let names: Vec<_> = checks.iter().map(|check| check["check"].as_str().unwrap()).collect();
    assert!(names.contains(&"database") && names.contains(&"state_dir"), "{names:?}");
    assert!(!folder.path().join(".textmill").exists(), "a look leaves nothing behind");
}

#[test]
fn completions_and_the_api_document_go_to_stdout() {
    let folder = folder_with(&[]);
    for shell in ["bash", "zsh", "fish"] {
        let output = run(folder.path(), &["completions", shell]);
        assert!(output.status.success() && text(&output.stdout).contains("convert"));
    }
    assert_eq!(json(&run(folder.path(), &["openapi"]))["openapi"], "3.1.0");
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let folder = folder_with(&[]);
    let pipe = format!("'{}' openapi | head -c 10", env!("CARGO_BIN_EXE_textmill"));
    let output =
        Command::new("bash").args(["-c", &format!("set -o pipefail; {pipe}")]).current_dir(folder.path()).output();
    let output = output.unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(output.stderr.is_empty());
}

#[test]
fn looking_at_jobs_needs_a_database_and_makes_none() {
    let folder = folder_with(&[]);
    let output = run(folder.path(), &["job", "list"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("textmill serve"), "{}", text(&output.stderr));
    assert!(!folder.path().join(".textmill").exists());
}

#[test]
fn a_worker_that_could_run_nothing_says_why_and_makes_nothing() {
    let folder = folder_with(&[("textmill.toml", "[jobs]\nworkers = 0\n")]);
    for (arguments, part) in [
        (["worker", "--queue", "conversions"].as_slice(), "did you mean `conversion`?"),
        (&["worker", "--concurrency", "0"], "'--concurrency <N>'"),
        (&["worker"], "hint: name a number of jobs with --concurrency"),
    ] {
        let output = run(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(text(&output.stderr).contains(part), "{}", text(&output.stderr));
    }
    assert!(!folder.path().join(".textmill/artifacts").exists() && !folder.path().join(".textmill/uploads").exists());
}

#[test]
fn a_limit_of_a_kind_that_nobody_runs_is_refused_at_the_start() {
    let folder = folder_with(&[("textmill.toml", "[jobs.max_running]\ndrifts = 1\n")]);
    let output = run(folder.path(), &["worker"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("limits `drifts`, which is no kind of job"), "{}", text(&output.stderr));
}
