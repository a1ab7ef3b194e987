//! What an operator does with a divided job and with those who work on it: look, cancel, retry, replace.

use serde_json::{Value, json};

use super::{front, many_files, worker};
use crate::support::process::Process;
use crate::support::service::Service;
use crate::support::site::Site;
use crate::support::{run, text, tree, wait_until};

/// What a command prints as JSON, and its exit code.
fn tell(site: &Site, arguments: &[&str]) -> (Value, Option<i32>) {
    let output = site.command().args(arguments).arg("--json").output().unwrap();
    let told = serde_json::from_slice(&output.stdout);
    (told.unwrap_or_else(|error| panic!("{arguments:?}: {error}: {}", text(&output.stderr))), output.status.code())
}

fn parts(service: &Service, id: &str) -> Vec<Value> {
    service.get(&format!("/v1/jobs?parent={id}&limit=200"))["items"].as_array().unwrap().clone()
}

/// Asks for a conversion of the folder, and waits until it is divided.
fn divided(site: &Site, service: &Service) -> String {
    many_files(&site.data().join("in"));
    let request = json!({"source": {"type": "path", "path": "in"}, "destination": {"type": "path", "path": "out"}});
    let id = service.convert(&request)["id"].as_str().unwrap().to_owned();
    wait_until("the job is divided", || !parts(service, &id).is_empty());
    id
}

/// Holds what the job made against a plain conversion. The report tells what an earlier run has done: once everything
/// was done before, both say so.
fn assert_as_plain(site: &Site) {
    for destination in ["plain", "plain", "out"] {
        let output = run(&site.data(), &["convert", "in", destination, "--quiet"]);
        assert!(output.status.success(), "{}", text(&output.stderr));
    }
    assert_eq!(tree(&site.data().join("out")), tree(&site.data().join("plain")));
}

fn look_cancel_and_retry(mut site: Site) {
    site.set("TEXTMILL_LEASE_S", "3");
    let site = &site;
    let service = front(site);
    let mut workers = [worker(site, 1), worker(site, 1)];
    let id = divided(site, &service);
    // So that the job stays as it is for a while. Not paused: one that holds the lock of a file would keep it.
    workers.iter_mut().for_each(Process::kill);
    let listed = tell(site, &["job", "list"]).0;
    assert_eq!(listed.as_array().unwrap().iter().map(|job| &job["id"]).collect::<Vec<_>>(), [&json!(id)]);
    let listed = tell(site, &["job", "list", "--parent", &id]).0;
    let mut numbers: Vec<_> = listed.as_array().unwrap().iter().map(|part| part["part"].as_u64().unwrap()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>());
    let told = tell(site, &["job", "workers"]).0;
    assert_eq!(told.as_array().unwrap().len(), 2);
    assert_eq!(service.get("/v1/workers")["items"].as_array().unwrap().len(), 2);
    let (refused, code) = tell(site, &["job", "retry", &id]);
    assert_eq!((&refused["code"], code), (&"job-not-finished".into(), Some(2)), "{refused}");
    let waiting = listed.as_array().unwrap().iter().find(|part| part["status"] == "queued").unwrap();
    let (cancelled, code) = tell(site, &["job", "cancel", waiting["id"].as_str().unwrap()]);
    assert_eq!((&cancelled["status"], code), (&"cancelled".into(), Some(0)), "{cancelled}");
    let _workers = [worker(site, 1), worker(site, 1)];
    assert_eq!(service.ended(&id)["status"], "cancelled");
    let left = parts(&service, &id);
    assert!(left.iter().all(|part| ["succeeded", "cancelled"].contains(&part["status"].as_str().unwrap())), "{left:?}");
    let (refused, code) = tell(site, &["job", "retry", waiting["id"].as_str().unwrap()]);
    assert!(code == Some(2) && refused["detail"].as_str().unwrap().contains(&id), "{refused}");
    let (again, code) = tell(site, &["job", "retry", &id]);
    assert!(code == Some(0) && again["id"] != id.as_str(), "{again}");
    let again = service.ended(again["id"].as_str().unwrap());
    assert_eq!(again["status"], "succeeded", "{again}");
    assert_as_plain(site);
}

fn replace_the_workers(site: &Site) {
    let service = front(site);
    let mut workers = [worker(site, 1), worker(site, 1), worker(site, 1)];
    let id = divided(site, &service);
    for old in &mut workers {
        let new = worker(site, 1);
        assert!(old.terminate().success(), "{}", old.last_words());
        *old = new;
    }
    let job = service.ended(&id);
    assert_eq!((&job["status"], &job["attempt"]), (&"succeeded".into(), &1.into()), "{job}");
    for part in parts(&service, &id) {
        assert_eq!((&part["status"], &part["attempt"]), (&"succeeded".into(), &1.into()), "{part}");
    }
    let told = service.get("/v1/workers");
    assert_eq!(told["items"].as_array().unwrap().len(), 3, "{told}");
    assert_as_plain(site);
}

#[test]
fn on_sqlite_a_divided_job_is_looked_at_cancelled_by_a_part_and_done_again() {
    look_cancel_and_retry(Site::on_sqlite());
}

#[test]
fn on_sqlite_workers_are_replaced_one_by_one_without_costing_an_attempt() {
    replace_the_workers(&Site::on_sqlite());
}

mod postgres {
    use super::*;
    use crate::support::postgres::Server;

    #[test]
    #[ignore = "needs PostgreSQL: make test-postgres"]
    fn a_divided_job_is_looked_at_cancelled_by_a_part_and_done_again() {
        look_cancel_and_retry(Site::on_postgres(Server::shared()));
    }

    #[test]
    #[ignore = "needs PostgreSQL: make test-postgres"]
    fn workers_are_replaced_one_by_one_without_costing_an_attempt() {
        replace_the_workers(&Site::on_postgres(Server::shared()));
    }

    #[test]
    #[ignore = "needs PostgreSQL: make test-postgres"]
    fn doctor_and_config_tell_of_the_database_without_its_password() {
        let site = Site::on_postgres(Server::shared());
        let address = site.database.server().unwrap().address();
        let url = format!("postgres://postgres:s3cret-and-long@{address}/{}", site.database.name().unwrap());
        let tell = |arguments: &[&str]| {
            let mut command = site.command();
            command.env("TEXTMILL_DATABASE_URL", &url).env("TEXTMILL_BIND", "127.0.0.1:0").args(arguments);
            let output = command.output().unwrap();
            let said = text(&output.stdout) + &text(&output.stderr);
            assert!(!said.contains("s3cret"), "{arguments:?}: {said}");
            (said, output.status.code())
        };
        let (said, code) = tell(&["doctor"]);
        assert!(code == Some(0) && said.contains("is bound to the database at the first start"), "{said}");
        let _worker = worker(&site, 2);
        let (said, code) = tell(&["doctor"]);
        assert!(code == Some(0) && said.contains("belongs to this database"), "{said}");
        assert!(said.contains("alive: 1, for 2 jobs at once"), "{said}");
        assert!(tell(&["config", "show", "--origin"]).0.contains("database_url"));
        tell(&["job", "workers", "-vvv"]);
    }
}
