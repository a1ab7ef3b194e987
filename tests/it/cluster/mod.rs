//! Many processes, seen from outside: what users and operators of services, workers and a database meet.
//!
//! For: answers, exit codes, words and files. Not for: kills and frozen processes in the midst of many jobs (`chaos`).

mod fan_out;
mod full_disk;
mod outage;
mod refusals;
mod steering;
mod watching;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::support::Service;
use crate::support::process::Process;
use crate::support::site::Site;

/// A worker that runs this many jobs at once, as soon as it works.
fn worker(site: &Site, concurrency: u32) -> Process {
    let mut command = site.command();
    command.args(["worker", "--concurrency", &concurrency.to_string()]);
    let mut worker = Process::start(command);
    worker.wait_for("at once (stop:");
    worker
}

/// A service that leaves all jobs to others.
fn front(site: &Site) -> Service {
    Service::start_with(site.command(), &["--workers", "0"])
}

/// A folder that is divided, and keeps a worker busy for a while.
fn many_files(folder: &Path) {
    for file in 0..450 {
        let mut table = String::from("id,text,amount\n");
        for row in 0..600 {
            writeln!(table, "{row},\"supply, chain of {file}\",{}.{:02}", row * file, row % 100).unwrap();
        }
        let below = folder.join(format!("d{}", file % 7));
        fs::create_dir_all(&below).unwrap();
        fs::write(below.join(format!("{file}.csv")), table).unwrap();
    }
}
