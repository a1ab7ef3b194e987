//! Files that use up what a worker process may have, or end it: each fails by itself, with a name for what happened.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use textmill::core::failure::Code;
use textmill::core::intake::LocalSource;
use textmill::core::isolation::{COMMAND, Isolation, Limits};
use textmill::operations::context::RunContext;
use textmill::operations::parquet_conversion::{ConversionOptions, ConversionOutcome, convert};

use crate::support::{DEADLINE, json, text, textmill};

/// A folder with a workbook-like document of `records`, and a small one of each kind that a worker reads.
fn folder(records: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut xml = String::from("<catalog>\n");
    for number in 0..records {
        let _ = writeln!(xml, "<item id=\"{number}\"><name>item {number}</name><price>{number}.5</price></item>");
    }
    xml.push_str("</catalog>\n");
    fs::write(folder.path().join("large.xml"), xml).unwrap();
    fs::write(folder.path().join("small.xml"), "<a><b>1</b><b>2</b></a>").unwrap();
    fs::write(folder.path().join("page.html"), "<h1>One</h1><p>text</p>").unwrap();
    fs::write(folder.path().join("table.csv"), "a,b\n1,2\n").unwrap();
    folder
}

fn convert_under(source: &Path, limits: Limits) -> ConversionOutcome {
    let target = tempfile::tempdir().unwrap();
    let isolation = Isolation::new(limits).with_program(env!("CARGO_BIN_EXE_textmill").into());
    let source = LocalSource::at(source).unwrap();
    convert(&source, target.path(), &ConversionOptions::default(), &RunContext::unattended(isolation)).unwrap()
}

/// The code of `large.xml`; everything else was converted.
fn code_of_large(outcome: &ConversionOutcome) -> Code {
    assert_eq!((outcome.summary.converted, outcome.summary.failed), (3, 1), "{:?}", outcome.files);
    let large = outcome.files.iter().find(|file| file.source == "large.xml").unwrap();
    let failure = large.error.as_ref().unwrap();
    assert!(failure.hint.as_ref().is_some_and(|hint| !hint.is_empty()), "{failure:?}");
    failure.code
}

#[test]
fn a_file_that_takes_too_much_processor_time_is_a_timeout() {
    let folder = folder(300_000);
    let limits = Limits { cpu: Duration::ZERO, ..Limits::default() };
    assert_eq!(code_of_large(&convert_under(folder.path(), limits)), Code::Timeout);
}

#[test]
fn a_file_that_takes_too_long_by_the_clock_is_a_timeout() {
    let folder = folder(300_000);
    let limits = Limits { wall: Duration::from_millis(300), ..Limits::default() };
    assert_eq!(code_of_large(&convert_under(folder.path(), limits)), Code::Timeout);
}

#[test]
fn a_file_that_takes_too_much_memory_says_so() {
    let folder = folder(0);
    // One record far larger than what is allowed.
    let long = format!("<a><b>{}</b><b>x</b></a>", "x".repeat(200 << 20));
    fs::write(folder.path().join("large.xml"), long).unwrap();
    let limits = Limits { memory: 384 << 20, ..Limits::default() };
    assert_eq!(code_of_large(&convert_under(folder.path(), limits)), Code::MemoryLimit);
}

/// Workers of a running program.
fn workers_of(parent: u32) -> Vec<u32> {
    let tasks = fs::read_dir(format!("/proc/{parent}/task")).into_iter().flatten().flatten();
    let children = tasks.filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    let children =
        children.flat_map(|list| list.split_whitespace().filter_map(|id| id.parse().ok()).collect::<Vec<u32>>());
    // Between its birth and its first step, a child is still its parent.
    let is_worker =
        |id: &u32| fs::read_to_string(format!("/proc/{id}/cmdline")).is_ok_and(|line| line.contains(COMMAND));
    children.filter(is_worker).collect()
}

#[test]
fn a_reader_that_is_killed_costs_its_file_and_nothing_else() {
    if !PathBuf::from("/proc/self/task").is_dir() {
        return;
    }
    let folder = folder(600_000);
    fs::remove_file(folder.path().join("small.xml")).unwrap();
    fs::remove_file(folder.path().join("page.html")).unwrap();
    let mut command = textmill(folder.path());
    command.args(["convert", ".", "out", "--json"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let run = command.spawn().unwrap();
    let begun = Instant::now();
    let worker = loop {
        if let Some(worker) = workers_of(run.id()).first() {
            break *worker;
        }
        assert!(begun.elapsed() < DEADLINE, "no worker was started");
        std::thread::yield_now();
    };
    assert!(Command::new("kill").args(["-ABRT", &worker.to_string()]).status().unwrap().success());
    let output = run.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    let outcome = json(&output);
    assert_eq!(outcome["summary"]["converted"], 1);
    assert_eq!(outcome["files"][0]["error"]["code"], "crashed", "{}", outcome["files"][0]);
    assert!(workers_of(std::process::id()).iter().all(|id| *id != worker));
}

#[test]
fn ctrl_c_in_a_terminal_cancels_the_run_and_blames_no_file() {
    use std::os::unix::process::CommandExt;
    if !PathBuf::from("/proc/self/task").is_dir() {
        return;
    }
    let folder = folder(600_000);
    let mut command = textmill(folder.path());
    // A terminal sends the signal to the whole group of its program.
    command.args(["convert", ".", "out"]).process_group(0).stdout(Stdio::piped()).stderr(Stdio::piped());
    let run = command.spawn().unwrap();
    let begun = Instant::now();
    while workers_of(run.id()).is_empty() {
        assert!(begun.elapsed() < DEADLINE, "no worker was started");
        std::thread::yield_now();
    }
    let group = format!("-{}", run.id());
    assert!(Command::new("kill").args(["-INT", "--", &group]).status().unwrap().success());
    let output = run.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", text(&output.stderr));
}
