//! A folder of many small files, divided among several processes: the bytes of one plain `textmill convert`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{front, worker};
use crate::archives::zip;
use crate::support::process::Process;
use crate::support::site::Site;
use crate::support::{run, text, tree};

/// What one way of converting took.
struct Figure {
    what: String,
    seconds: f64,
    parts: i64,
}

/// `count` small files of several kinds, some of them broken, some left out, one in ten in an archive.
pub(super) fn small_files(folder: &Path, count: usize) {
    let mut members = Vec::new();
    for number in 0..count {
        let (name, content) = small_file(number);
        if number % 10 == 9 {
            members.push((format!("in/{name}"), content));
        } else {
            let path = folder.join(format!("d{:02}", number % 23)).join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
    }
    let members: Vec<_> = members.iter().map(|(name, content)| (name.as_str(), content.as_slice())).collect();
    fs::write(folder.join("members.zip"), zip(&members)).unwrap();
    fs::write(folder.join("torn.zip"), b"PK\x03\x04 torn").unwrap();
}

fn small_file(number: usize) -> (String, Vec<u8>) {
    match number % 50 {
        7 => (format!("{number}.csv"), b"a,b\n\xff\xfe\x81,\x00\n".to_vec()),
        17 => (format!("{number}.csv"), Vec::new()),
        27 => (format!("{number}.png"), b"\x89PNG\r\n\x1a\n".to_vec()),
        37 => (format!(".{number}.csv"), b"a,b\n1,2\n".to_vec()),
        of if of % 5 == 3 => (
            format!("{number}.jsonl"),
            format!("{{\"a\": {number}}}\nno json\n{{\"a\": 1, \"b\": [2]}}\n").into_bytes(),
        ),
        _ => {
            let mut table = String::from("id,text,amount\n");
            for row in 0..20 {
                writeln!(table, "{row},\"waste, and water of {number}\",{}.5", row * number).unwrap();
            }
            (format!("{number}.csv"), table.into_bytes())
        }
    }
}

/// Converts `count` files plainly and with each number of workers, into a destination and into artifacts, and holds
/// everything that is made against the first.
fn compare(site: &Site, count: usize, crews: &[usize]) -> Vec<Figure> {
    small_files(&site.data().join("in"), count);
    let begun = Instant::now();
    let output = run(&site.data(), &["convert", "in", "plain", "--quiet"]);
    let mut figures = vec![Figure::of("textmill convert", begun.elapsed(), 0)];
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    let plain = tree(&site.data().join("plain"));
    let summary = report(&plain)["summary"].clone();
    for what in ["converted", "failed", "skipped", "rows_rejected"] {
        assert!(summary[what].as_u64().unwrap() > 0, "{what}: {summary}");
    }
    for &crew in crews {
        let workers: Vec<Process> = (0..crew).map(|_| worker(site, 1)).collect();
        for destination in [Some(format!("with-{crew}")), None] {
            figures.push(convert(site, crew, destination.as_deref(), &plain));
        }
        drop(workers);
    }
    figures
}

fn convert(site: &Site, crew: usize, destination: Option<&str>, plain: &BTreeMap<PathBuf, Vec<u8>>) -> Figure {
    let service = front(site);
    let mut request = json!({"source": {"type": "path", "path": "in"}});
    if let Some(path) = destination {
        request["destination"] = json!({"type": "path", "path": path});
    }
    let begun = Instant::now();
    let id = service.convert(&request)["id"].as_str().unwrap().to_owned();
    let job = service.ended(&id);
    let took = begun.elapsed();
    assert_eq!((&job["status"], &job["attempt"]), (&"succeeded".into(), &1.into()), "{}", job["error"]);
    assert_eq!(job["result"], report(plain));
    let made = destination.map_or_else(|| site.state().join("artifacts").join(&id), |path| site.data().join(path));
    let made = tree(&made);
    assert_eq!(made.keys().collect::<Vec<_>>(), plain.keys().collect::<Vec<_>>());
    let differing: Vec<_> = made.iter().filter(|(path, bytes)| plain[*path] != **bytes).map(|(path, _)| path).collect();
    assert!(differing.is_empty(), "{differing:?}");
    let parts = service.get(&format!("/v1/jobs?parent={id}&limit=200"))["items"].as_array().unwrap().len();
    assert!(parts >= 2, "{parts}");
    let kind = if destination.is_some() { "destination" } else { "artifacts" };
    let workers = if crew == 1 { "worker" } else { "workers" };
    Figure::of(&format!("{crew} {workers}, {kind}"), took, i64::try_from(parts).unwrap())
}

fn report(made: &BTreeMap<PathBuf, Vec<u8>>) -> Value {
    serde_json::from_slice(&made[Path::new("textmill-report.json")]).unwrap()
}

impl Figure {
    fn of(what: &str, took: Duration, parts: i64) -> Self {
        Self { what: what.to_owned(), seconds: took.as_secs_f64(), parts }
    }
}

#[test]
fn two_workers_on_sqlite_make_what_a_plain_conversion_makes() {
    compare(&Site::on_sqlite(), 300, &[2]);
}

mod postgres {
    use super::*;
    use crate::support::postgres::Server;

    #[test]
    #[ignore = "needs PostgreSQL: make test-postgres"]
    fn any_number_of_workers_makes_what_a_plain_conversion_makes() {
        compare(&Site::on_postgres(Server::shared()), 300, &[1, 2]);
    }
}

mod full {
    use super::*;
    use crate::support::postgres::Server;

    #[test]
    #[ignore = "long, and needs PostgreSQL: make test-full"]
    fn a_folder_of_2000_files_takes_this_long() {
        let figures = compare(&Site::on_postgres(Server::alone()), 2_000, &[1, 2, 4]);
        let cores = std::thread::available_parallelism().unwrap();
        println!("| 2,000 small files, {cores} cores | seconds | parts |\n|---|---:|---:|");
        for Figure { what, seconds, parts } in figures {
            println!("| {what} | {seconds:.2} | {parts} |");
        }
    }
}
