//! A disk that fills up and has room again: refusals while it is full, nothing lost, nobody has to be restarted.
//!
//! The disk is a file system of 8 MiB in memory, which only root may mount; who may not, skips these tests aloud.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::{front, worker};
use crate::support::service::Service;
use crate::support::site::Site;
use crate::support::{run, text, tree, wait_until};

/// A small disk in place of a folder.
struct Disk {
    folder: PathBuf,
}

impl Disk {
    /// `None`, with the reason on standard error, where this user may not mount one.
    fn at(folder: &Path) -> Option<Self> {
        let output = Command::new("mount").args(["-t", "tmpfs", "-o", "size=8m", "tmpfs"]).arg(folder).output();
        let why = match output {
            Ok(output) if output.status.success() => return Some(Self { folder: folder.to_owned() }),
            Ok(output) => text(&output.stderr),
            Err(error) => error.to_string(),
        };
        eprintln!("skipped: no file system can be mounted here: {}", why.trim());
        None
    }

    /// Fills it, but for about so many bytes.
    fn fill(&self, left: u64) {
        let mut file = File::create(self.filler()).unwrap();
        let mut size: u64 = 0;
        loop {
            match file.write(&[b'x'; 4096]) {
                Ok(written) => size += written as u64,
                Err(error) => break assert_eq!(error.kind(), ErrorKind::StorageFull),
            }
        }
        file.set_len(size - left).unwrap();
    }

    /// Makes room again.
    fn clear(&self) {
        fs::remove_file(self.filler()).unwrap();
    }

    fn filler(&self) -> PathBuf {
        self.folder.join("filler")
    }

    fn remount(&self, how: &str) {
        let options = format!("remount,{how}");
        let status = Command::new("mount").args(["-o", &options]).arg(&self.folder).status();
        assert!(status.unwrap().success(), "{options}");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: a process that a failing test leaves behind may still use it.
        let _ = Command::new("umount").arg("--lazy").arg(&self.folder).status();
    }
}

fn site() -> Site {
    let mut site = Site::on_sqlite();
    site.set("TEXTMILL_LEASE_S", "3");
    fs::write(site.data().join("a.csv"), "x,y\n1,2\n").unwrap();
    site
}

/// Asks for a conversion: its id, or the problem.
fn ask(service: &Service, request: &Value) -> Result<String, Value> {
    let answer = service.client.post(format!("{}/v1/conversions", service.url)).json(request).send().unwrap();
    let status = answer.status().as_u16();
    let has_time = answer.headers().contains_key("retry-after");
    let body: Value = answer.json().unwrap();
    if status == 202 {
        return Ok(body["id"].as_str().unwrap().to_owned());
    }
    assert!((500..600).contains(&status) && has_time, "{status}: {body}");
    Err(body)
}

fn is_ready(service: &Service) -> bool {
    service.client.get(format!("{}/ready", service.url)).send().unwrap().status() == 200
}

#[test]
fn a_service_whose_disk_fills_up_refuses_keeps_its_word_and_goes_on_by_itself() {
    let site = site();
    let Some(disk) = Disk::at(&site.state()) else { return };
    let service = Service::start_with(site.command(), &["--workers", "1"]);
    let request = json!({"source": {"type": "path", "path": "a.csv"}});
    let mut accepted = vec![ask(&service, &request).unwrap()];
    service.ended(&accepted[0]);
    disk.fill(0);
    // What the database file has room for inside may still be taken.
    let problem = (0..1_000).find_map(|_| ask(&service, &request).map(|id| accepted.push(id)).err()).unwrap();
    assert_eq!(problem["code"], "storage-failure", "{problem}");
    assert!(problem["hint"].as_str().is_some_and(|hint| !hint.is_empty()), "{problem}");
    assert!(!is_ready(&service));
    // Small: the answer comes before a larger body has been sent, and the client stumbles over that.
    let part = reqwest::blocking::multipart::Part::bytes(vec![b'x'; 2_000]).file_name("words.csv");
    let form = reqwest::blocking::multipart::Form::new().part("file", part);
    let upload = service.client.post(format!("{}/v1/files", service.url)).multipart(form).send().unwrap();
    assert_eq!(upload.status(), 502, "{}", upload.text().unwrap());
    disk.clear();
    wait_until("it is ready again", || is_ready(&service));
    wait_until("it takes jobs again", || ask(&service, &request).map(|id| accepted.push(id)).is_ok());
    for id in &accepted {
        let job = service.ended(id);
        assert_eq!(job["status"], "succeeded", "{job}");
    }
}

/// A table that takes more room than is left.
fn long_table(path: &Path) {
    let mut table = String::from("id,text,amount\n");
    let mut random = fastrand::Rng::with_seed(42);
    for row in 0..60_000 {
        writeln!(table, "{row},chain {:016x},{}", random.u64(..), random.f64()).unwrap();
    }
    fs::write(path, table).unwrap();
}

/// Converts on a disk without room for it, which is made while it goes on.
fn convert_without_room(site: &Site, disk: &Disk, destination: Option<&str>) {
    long_table(&site.data().join("long.csv"));
    let output = run(&site.data(), &["convert", "long.csv", "plain", "--quiet"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let (service, mut worker) = (front(site), worker(site, 1));
    disk.fill(700 << 10);
    let mut request = json!({"source": {"type": "path", "path": "long.csv"}});
    if let Some(path) = destination {
        request["destination"] = json!({"type": "path", "path": path});
    }
    let id = ask(&service, &request).unwrap();
    worker.wait_for("the attempt failed");
    disk.clear();
    let job = service.ended(&id);
    assert_eq!(job["status"], "succeeded", "{job}");
    assert!(job["attempt"].as_u64().unwrap() >= 2, "{job}");
    let made = destination.map_or_else(|| site.state().join("artifacts").join(&id), |path| site.data().join(path));
    assert_eq!(tree(&made), tree(&site.data().join("plain")));
    assert!(worker.terminate().success());
}

#[test]
fn a_worker_whose_state_directory_fills_up_in_a_conversion_does_it_again() {
    let site = site();
    let Some(disk) = Disk::at(&site.state()) else { return };
    convert_without_room(&site, &disk, None);
}

#[test]
fn a_worker_whose_destination_fills_up_in_a_conversion_does_it_again() {
    let site = site();
    fs::create_dir(site.data().join("small")).unwrap();
    let Some(disk) = Disk::at(&site.data().join("small")) else { return };
    convert_without_room(&site, &disk, Some("small/out"));
}

#[test]
fn a_state_directory_that_can_not_be_written_is_refused() {
    let site = site();
    let Some(disk) = Disk::at(&site.state()) else { return };
    let refuse = || {
        for arguments in [&["serve", "--bind", "127.0.0.1:0"] as &[&str], &["worker"]] {
            let words = super::refusals::refusal(site.command(), arguments);
            assert!(words.contains("can't open the database") && words.contains("is writable"), "{words}");
        }
    };
    disk.remount("ro");
    refuse();
    let words = super::refusals::refusal(site.command(), &["job", "list"]);
    assert!(words.contains("there is no job database"), "{words}");
    disk.remount("rw");
    let id = {
        let mut service = front(&site);
        let id = ask(&service, &json!({"source": {"type": "path", "path": "a.csv"}})).unwrap();
        // Leaves the database's log behind, with which SQLite opens what it can't write.
        service.kill();
        id
    };
    disk.remount("ro");
    refuse();
    disk.remount("rw");
    let service = Service::start_with(site.command(), &["--workers", "1"]);
    assert_eq!(service.ended(&id)["status"], "succeeded");
}
