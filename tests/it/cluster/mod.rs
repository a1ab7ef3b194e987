//! Many processes, seen from outside: what users and operators of services, workers and a database meet.
//!
//! For: answers, exit codes, words and files. Not for: kills and frozen processes in the midst of many jobs (`chaos`).

mod fan_out;
mod refusals;

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
