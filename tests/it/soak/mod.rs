//! Soak: minutes of everything that clients do, all at once, against processes whose memory and open files must not grow.
//!
//! `SOAK_SECONDS` says how long. What is opened, read and kept by a healthy process is settled after a fifth of that; from
//! then on the figures must stay where they are.

mod load;
pub(crate) mod meter;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use self::load::Clients;
use self::meter::Meter;
use crate::support::postgres::Server;
use crate::support::process::Process;
use crate::support::service::Service;
use crate::support::site::Site;

/// How often the processes are measured.
const SAMPLE_EVERY: Duration = Duration::from_secs(1);
/// In a shorter time nothing settles.
const SHORTEST: u64 = 120;

fn soak(site: &Site, service_arguments: &[&str], workers: usize) {
    load::prepare(site);
    let service = Service::start_with(site.command(), service_arguments);
    let workers: Vec<Process> = (0..workers).map(|_| worker(site)).collect();
    let mut meters = vec![Meter::new("service", service.process.id())];
    meters.extend(workers.iter().map(|worker| Meter::new("worker", worker.id())));
    let (time, is_over) = (seconds(), AtomicBool::new(false));
    let done = std::thread::scope(|scope| {
        let clients = Clients::start(scope, site, &service.url, &is_over);
        let begun = Instant::now();
        while begun.elapsed() < time && clients.are_all_well() {
            meters.iter_mut().for_each(Meter::sample);
            std::thread::sleep(SAMPLE_EVERY);
        }
        is_over.store(true, Ordering::Release);
        clients.join()
    });
    report(site, time, &done, &meters);
    let risen: Vec<String> = meters.iter().flat_map(Meter::risen).collect();
    assert!(risen.is_empty(), "{}", risen.join("\n"));
}

fn worker(site: &Site) -> Process {
    let mut command = site.command();
    command.args(["worker", "--concurrency", "1"]);
    let mut worker = Process::start(command);
    worker.wait_for("at once (stop:");
    worker
}

fn report(site: &Site, time: Duration, done: &BTreeMap<&'static str, u64>, meters: &[Meter]) {
    println!("soak on {:?}, {} s: {done:?}", site.database, time.as_secs());
    for meter in meters {
        println!("  {meter}");
    }
}

fn seconds() -> Duration {
    #[expect(clippy::disallowed_methods, reason = "not a setting of the program")]
    let seconds = std::env::var("SOAK_SECONDS").ok();
    let seconds = seconds.map_or(600, |text| text.parse().unwrap_or_else(|_| panic!("SOAK_SECONDS is `{text}`")));
    assert!(seconds >= SHORTEST, "SOAK_SECONDS must be {SHORTEST} or more, not {seconds}");
    Duration::from_secs(seconds)
}

#[test]
#[ignore = "long: make test-full"]
fn memory_and_open_files_of_a_service_stay_flat() {
    soak(&Site::on_sqlite(), &["--workers", "2"], 0);
}

mod postgres {
    mod full {
        use crate::soak::*;

        #[test]
        #[ignore = "long, and needs PostgreSQL: make test-full"]
        fn memory_and_open_files_of_a_service_and_two_workers_stay_flat() {
            soak(&Site::on_postgres(Server::shared()), &["--workers", "0"], 2);
        }
    }
}
