//! `kill -9` of the service in the middle of a conversion: after a restart the job ends, and what it leaves is what an
//! undisturbed run leaves.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::{Service, run, textmill, tree};

/// Files that keep a conversion busy for a moment.
fn make_source(folder: &Path) {
    for file in 0..24 {
        let mut text = String::from("id,text,amount\n");
        for row in 0..4_000 {
            writeln!(text, "{row},\"supply, chain {file} of {row}\",{}.{:02}", row * 7, row % 100).unwrap();
        }
        fs::create_dir_all(folder.join(format!("part {}", file % 3))).unwrap();
        fs::write(folder.join(format!("part {}/table_{file}.csv", file % 3)), text).unwrap();
    }
    fs::write(folder.join("odd.jsonl"), "{\"a\":1}\nbad\n{\"a\":2}\n").unwrap();
}

fn start(folder: &Path) -> Service {
    let mut command = textmill(folder);
    command.env("TEXTMILL_LEASE_S", "3");
    Service::start_with(command, &[])
}

/// Folders of attempts that nobody cleared.
fn left_attempts(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder.join(".textmill/artifacts/.attempts")) else { return Vec::new() };
    let folders = entries.map(Result::unwrap).filter(|entry| entry.path().is_dir());
    folders.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

/// Kills `rounds` services, each at its own moment of a conversion into a folder of its own.
fn kill_at_random_moments(rounds: u32) {
    let folder = tempfile::tempdir().unwrap();
    make_source(&folder.path().join("in"));
    let begun = Instant::now();
    assert_eq!(run(folder.path(), &["convert", "in", "undisturbed", "-q"]).status.code(), Some(1));
    let longest = begun.elapsed();
    let undisturbed = tree(&folder.path().join("undisturbed"));
    let mut random = fastrand::Rng::with_seed(42);
    let mut cut_short = 0;
    for round in 0..rounds {
        let mut service = start(folder.path());
        let target = format!("out {round}");
        let request =
            json!({"source": {"type": "path", "path": "in"}, "destination": {"type": "path", "path": target}});
        let id = service.convert(&request)["id"].as_str().unwrap().to_owned();
        std::thread::sleep(longest.mul_f64(random.f64()).max(Duration::from_millis(1)));
        service.kill();
        let service = start(folder.path());
        let job = service.ended(&id);
        assert_eq!(job["status"], "succeeded", "round {round}: {job}");
        cut_short += u32::from(job["attempt"] != 1);
        assert_eq!(tree(&folder.path().join(&target)), undisturbed, "round {round}");
        assert_eq!(left_attempts(folder.path()), Vec::<String>::new(), "round {round}");
    }
    println!("killed {rounds} times, {cut_short} of them inside the conversion");
}

#[test]
fn a_killed_service_finishes_its_job_after_the_restart() {
    kill_at_random_moments(4);
}

#[test]
#[ignore = "long: make test-full"]
fn twenty_killed_services_finish_their_jobs() {
    kill_at_random_moments(20);
}
