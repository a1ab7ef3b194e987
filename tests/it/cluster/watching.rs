//! A job as it happens: a client that comes back, to this service or another, hears what is new, and the end.

use std::fs;
use std::io::{BufRead as _, BufReader, Lines};
use std::thread::JoinHandle;

use reqwest::blocking::Response;
use serde_json::{Value, json};

use super::{front, many_files, worker};
use crate::support::process::Process;
use crate::support::service::Service;
use crate::support::site::Site;
use crate::support::wait_until;

/// One server-sent event.
#[derive(Debug)]
struct Event {
    id: u64,
    name: String,
    data: Value,
}

/// A stream of events; ends where the connection does.
struct Events {
    lines: Lines<BufReader<Response>>,
}

/// Watches a job, from the event on that was seen last.
fn watch(service: &Service, id: &str, seen: Option<u64>) -> Events {
    let mut request = service.client.get(format!("{}/v1/jobs/{id}/events", service.url));
    if let Some(seen) = seen {
        request = request.header("Last-Event-ID", seen.to_string());
    }
    let answer = request.send().unwrap();
    assert_eq!(answer.status(), 200);
    Events { lines: BufReader::new(answer).lines() }
}

impl Iterator for Events {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        let mut event = Event { id: 0, name: String::new(), data: Value::Null };
        for line in self.lines.by_ref().map_while(Result::ok) {
            match line.split_once(':').map(|(field, value)| (field, value.trim())) {
                Some(("id", value)) => event.id = value.parse().unwrap(),
                Some(("event", value)) => value.clone_into(&mut event.name),
                Some(("data", value)) => event.data = serde_json::from_str(value).unwrap(),
                _ if line.is_empty() && !event.name.is_empty() => return Some(event),
                // A comment, or the blank line behind it.
                _ => {}
            }
        }
        None
    }
}

fn request(source: &str) -> Value {
    json!({"source": {"type": "path", "path": source}})
}

/// Reads on until the job runs; the last event that the client has then.
fn until_it_runs(events: &mut Events) -> Event {
    events.find(|event| event.data["status"] == "running").unwrap()
}

/// Holds what a client hears that has seen `seen`: newer events only, and the end last.
fn assert_goes_on(events: &[Event], seen: u64) {
    let ids: Vec<_> = events.iter().map(|event| event.id).collect();
    assert!(ids.is_sorted_by(|one, next| one < next) && ids.iter().all(|&id| id > seen), "{seen}: {ids:?}");
    let ends: Vec<_> = events.iter().filter(|event| event.name == "done").collect();
    assert!(ends.len() == 1 && events.last().unwrap().name == "done", "{events:?}");
    assert_eq!(ends[0].data["status"], "succeeded", "{:?}", ends[0]);
}

/// One service is killed in the middle of a job that others do; the client goes to another.
fn watch_on_elsewhere(site: &Site, workers: usize) {
    many_files(&site.data().join("in"));
    let (mut one, other) = (front(site), front(site));
    let workers: Vec<Process> = (0..workers).map(|_| worker(site, 1)).collect();
    let id = one.convert(&request("in"))["id"].as_str().unwrap().to_owned();
    let mut events = watch(&one, &id, None);
    // Seen in the database: a service may hear of what others do only when they are done, if they are quick.
    let running =
        format!("SELECT count(*) FROM {} WHERE parent_id IS NULL AND status = 'running'", site.database.table("jobs"));
    wait_until("the job runs", || site.database.number(&running) == 1);
    workers.iter().for_each(Process::pause);
    let seen = until_it_runs(&mut events).id;
    one.kill();
    assert!(events.all(|event| event.name != "done"));
    let events = watch(&other, &id, Some(seen));
    workers.iter().for_each(Process::resume);
    assert_goes_on(&events.collect::<Vec<_>>(), seen);
    // Whoever comes after the end is told the end.
    let after: Vec<_> = watch(&other, &id, Some(u64::from(u32::MAX))).collect();
    assert!(after.len() == 1 && after[0].name == "done", "{after:?}");
}

#[test]
fn on_sqlite_a_client_of_a_killed_service_goes_on_with_another() {
    watch_on_elsewhere(&Site::on_sqlite(), 2);
}

#[test]
fn a_client_goes_on_when_its_only_service_was_killed_and_started_again() {
    let mut site = Site::on_sqlite();
    site.set("TEXTMILL_LEASE_S", "3");
    many_files(&site.data().join("in"));
    let start = || Service::start_with(site.command(), &["--workers", "1"]);
    let mut service = start();
    let id = service.convert(&request("in"))["id"].as_str().unwrap().to_owned();
    let mut events = watch(&service, &id, None);
    let seen = until_it_runs(&mut events).id;
    service.kill();
    let service = start();
    assert_goes_on(&watch(&service, &id, Some(seen)).collect::<Vec<_>>(), seen);
}

/// `textmill job watch` in the background; its exit code.
fn job_watch(site: &Site, id: &str) -> JoinHandle<Option<i32>> {
    let mut command = site.command();
    command.args(["job", "watch", id, "--json"]);
    let mut process = Process::start(command);
    std::thread::spawn(move || process.ended().code())
}

/// Follows jobs that end in every way while other processes do them.
fn watch_from_the_command_line(site: &Site) {
    for name in ["good.csv", "gone.csv", "unwanted.csv"] {
        fs::write(site.data().join(name), "x,y\n1,2\n").unwrap();
    }
    let service = front(site);
    let ask = |name: &str| service.convert(&request(name))["id"].as_str().unwrap().to_owned();
    let (good, gone, unwanted) = (ask("good.csv"), ask("gone.csv"), ask("unwanted.csv"));
    let watches = [&good, &gone, &unwanted].map(|id| job_watch(site, id));
    fs::remove_file(site.data().join("gone.csv")).unwrap();
    let cancelled = site.command().args(["job", "cancel", &unwanted]).output().unwrap();
    assert!(cancelled.status.success());
    let _worker = worker(site, 1);
    assert_eq!(watches.map(|watch| watch.join().unwrap()), [Some(0), Some(1), Some(1)]);
    assert_eq!(service.ended(&gone)["status"], "failed");
    let nobody = job_watch(site, "job_01938c6f0b7a7c3e8d1f2a3b4c5d6e7f");
    assert_eq!(nobody.join().unwrap(), Some(2));
}

#[test]
fn on_sqlite_job_watch_ends_with_0_for_success_and_with_1_for_anything_else() {
    watch_from_the_command_line(&Site::on_sqlite());
}

mod postgres {
    use super::*;
    use crate::support::postgres::Server;

    #[test]
    #[ignore = "needs PostgreSQL: make test-postgres"]
    fn a_client_of_a_killed_service_goes_on_with_another() {
        watch_on_elsewhere(&Site::on_postgres(Server::shared()), 1);
    }

    #[test]
    #[ignore = "needs PostgreSQL: make test-postgres"]
    fn job_watch_ends_with_0_for_success_and_with_1_for_anything_else() {
        watch_from_the_command_line(&Site::on_postgres(Server::shared()));
    }
}
