//! What a chaos run must have come to: every job's result published exactly once, and nothing left lying about.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;
use std::time::UNIX_EPOCH;

use serde_json::Value;
use walkdir::WalkDir;

use super::audit::{Change, Tally, changes};
use super::workload::{Order, Source, files, without_history};
use crate::support::site::Site;

/// Files of a system are stamped by a coarser clock than the database's.
const CLOCK_GRAIN_MS: i64 = 20;

/// A job that was asked for.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) order: Order,
    pub(super) id: String,
}

/// What is wrong, job by job, and what it took.
#[derive(Default)]
pub(super) struct Verdict {
    pub(super) faults: Vec<String>,
    pub(super) tally: Tally,
    pub(super) jobs: usize,
    pub(super) parts: usize,
}

/// Looks at every row, every change and every file.
pub(super) fn verdict(site: &Site, sources: &[Source], asked: &[Asked]) -> Verdict {
    let rows = site.database.rows(&format!("SELECT * FROM {}", site.database.table("jobs")));
    let trail = changes(&site.database);
    let mut trails: HashMap<&str, Vec<&Change>> = HashMap::new();
    for change in &trail {
        trails.entry(&change.job).or_default().push(change);
    }
    let claimed = successes_in_logs(site);
    let mut verdict = Verdict::default();
    let asked: HashMap<&str, &Order> = asked.iter().map(|asked| (asked.id.as_str(), &asked.order)).collect();
    for row in &rows {
        let (id, parent) = (row["id"].as_str().unwrap(), row["parent_id"].as_str());
        let trail = trails.get(id).map(Vec::as_slice).unwrap_or_default();
        let mut faults = verdict.of_trail(row, trail);
        faults.extend(of_files(site, row, trail));
        faults.extend(of_logs(row, trail, claimed.get(id).map(Vec::as_slice).unwrap_or_default()));
        match (parent, asked.get(id)) {
            (Some(_), None) => verdict.parts += 1,
            (None, Some(order)) => {
                verdict.jobs += 1;
                faults.extend(of_outcome(site, row, order, &sources[order.source]));
                faults.extend(of_parts(id, trail, &rows, &trails));
            }
            _ => faults.push("nobody asked for it".to_owned()),
        }
        if !faults.is_empty() {
            let trail: Vec<String> = trail.iter().map(|change| format!("      {change}\n")).collect();
            verdict.faults.push(format!("{id}: {}\n{}      row: {row:.600}", faults.join("; "), trail.concat()));
        }
    }
    if verdict.jobs != asked.len() {
        verdict.faults.push(format!("{} jobs were accepted, {} are there", asked.len(), verdict.jobs));
    }
    verdict
}

impl Verdict {
    /// What is wrong with the way that a job took.
    fn of_trail(&mut self, row: &Value, trail: &[&Change]) -> Vec<String> {
        let tally = match Tally::of(trail) {
            Ok(tally) => tally,
            Err(fault) => return vec![fault],
        };
        self.tally += tally;
        let mut faults = Vec::new();
        let ends = trail.iter().filter(|change| change.is_end()).count();
        if ends != 1 {
            faults.push(format!("it ended {ends} times"));
        }
        if row["attempt"].as_i64() != Some(tally.attempt()) {
            faults.push(format!("attempt {}, but {tally:?}", row["attempt"]));
        }
        faults
    }
}

/// What is wrong with a job's end and with what it says of itself.
fn of_outcome(site: &Site, row: &Value, order: &Order, source: &Source) -> Vec<String> {
    let status = row["status"].as_str().unwrap();
    if status == "cancelled" && order.is_cancelled {
        return Vec::new();
    }
    if status != "succeeded" {
        return vec![format!("it {status}: {}", row["error"])];
    }
    let mut faults = Vec::new();
    if without_history(document(&row["result"])) != source.expected.outcome {
        faults.push("its result is another one".to_owned());
    }
    let made = match &order.destination {
        Some(destination) => files(&site.data().join(destination)),
        None => listed(row),
    };
    if made != source.expected.files {
        faults.push(format!("it left {:?}", difference(&made, &source.expected.files)));
    }
    if order.destination.is_some() && !listed(row).is_empty() {
        faults.push("artifacts beside a destination".to_owned());
    }
    faults
}

/// What is wrong with the published files of a job or a part: the row's list is the folder, and the folder was not
/// touched any more once the row said so.
pub(super) fn of_files(site: &Site, row: &Value, trail: &[&Change]) -> Vec<String> {
    let folder = site.state().join("artifacts").join(row["id"].as_str().unwrap());
    let there = if folder.is_dir() { files(&folder) } else { BTreeMap::new() };
    let mut faults = Vec::new();
    if there != listed(row) {
        faults.push(format!("its row and its folder differ: {:?}", difference(&there, &listed(row))));
    }
    let succeeded = trail.iter().find(|change| change.is_success());
    if let (Some(success), Some(moved)) = (succeeded, moved_at(&folder))
        && moved > success.at + CLOCK_GRAIN_MS
    {
        faults.push(format!("its folder was changed {} ms after it had succeeded", moved - success.at));
    }
    faults
}

/// Which worker says that it ended which job well, in which attempt.
fn successes_in_logs(site: &Site) -> HashMap<String, Vec<(String, i64)>> {
    let logs = site.state().join("logs");
    let mut successes: HashMap<_, Vec<_>> = HashMap::new();
    for name in names(&logs).into_iter().filter(|name| name.starts_with("worker_")) {
        // The last line of a process that was killed may be cut.
        let text = String::from_utf8_lossy(&fs::read(logs.join(name)).unwrap()).into_owned();
        for line in text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
            if let ("succeeded", Some(job)) =
                (line["fields"]["outcome"].as_str().unwrap_or(""), line["job_id"].as_str())
            {
                let owner = line["owner"].as_str().unwrap().to_owned();
                successes.entry(job.to_owned()).or_default().push((owner, line["attempt"].as_i64().unwrap()));
            }
        }
    }
    successes
}

/// What is wrong with who says that it ended a job: nobody but the one who held its lease may say so.
fn of_logs(row: &Value, trail: &[&Change], said: &[(String, i64)]) -> Vec<String> {
    let Some(success) = trail.iter().find(|change| change.is_success()) else {
        return said.iter().map(|said| format!("it has not succeeded, but {said:?} says so")).collect();
    };
    let by = (success.worker().unwrap_or_default().to_owned(), row["attempt"].as_i64().unwrap_or_default());
    match said {
        [] => Vec::new(),
        [one] if *one == by => Vec::new(),
        _ => vec![format!("it was ended by {by:?}, but {said:?} say so")],
    }
}

/// The first jobs that go a way that no honest queue takes; looked for early, since their jobs may never end.
pub(super) fn dishonest(site: &Site) -> Vec<String> {
    // Rows first: each that is found has left its trail by then.
    let rows = site.database.rows(&format!("SELECT id, parent_id FROM {}", site.database.table("jobs")));
    let trail = changes(&site.database);
    let mut trails: HashMap<&str, Vec<&Change>> = HashMap::new();
    for change in &trail {
        trails.entry(&change.job).or_default().push(change);
    }
    let astray = trails.values().filter_map(|trail| Tally::of(trail).err());
    let too_early = trails.iter().flat_map(|(id, trail)| {
        let named = move |fault: String| format!("{id}: {fault}");
        of_parts(id, trail, &rows, &trails).into_iter().map(named)
    });
    astray.chain(too_early).take(3).collect()
}

/// What is wrong with a divided job: it was taken up again before its parts had ended.
fn of_parts(id: &str, trail: &[&Change], rows: &[Value], trails: &HashMap<&str, Vec<&Change>>) -> Vec<String> {
    let parts = rows.iter().filter(|row| row["parent_id"] == id).map(|row| row["id"].as_str().unwrap());
    let ends: Vec<i64> =
        parts.map(|part| trails[part].iter().find(|change| change.is_end()).map_or(i64::MAX, |end| end.seq)).collect();
    let resumed = trail.iter().find(|change| change.is_resumption());
    match resumed {
        Some(resumed) if ends.iter().any(|&end| end > resumed.seq) => {
            vec!["it was put together before all its parts had ended".to_owned()]
        }
        None if !ends.is_empty() && trail.iter().any(|change| change.is_success()) => {
            vec!["it has parts and was never put together".to_owned()]
        }
        _ => Vec::new(),
    }
}

/// The jobs of which an attempt has written its last file, the report or a part's outcome, and has not moved it yet.
pub(super) fn about_to_publish(site: &Site) -> Vec<String> {
    let attempts = site.state().join("artifacts/.attempts");
    let is_whole = |name: &String| {
        let files = ["textmill-report.json", "outcome.json"];
        files.iter().any(|file| attempts.join(name).join(file).exists())
    };
    let whole = names(&attempts).into_iter().filter(is_whole);
    whole.filter_map(|name| Some(name.split_once('-')?.0.to_owned())).collect()
}

/// What lies about that nothing will need any more.
pub(super) fn debris(site: &Site) -> Vec<String> {
    let artifacts = site.state().join("artifacts");
    let mut left: Vec<String> = Vec::new();
    for folder in [artifacts.join(".attempts"), artifacts.join(".shared")] {
        left.extend(names(&folder).into_iter().filter(|name| name != "publish.lock"));
    }
    let staging = WalkDir::new(site.data().join("out")).into_iter().filter_map(Result::ok);
    let staging = staging.filter(|entry| entry.file_name() == ".textmill-tmp");
    left.extend(staging.map(|entry| entry.path().display().to_string()));
    let ids = format!("SELECT id FROM {}", site.database.table("jobs"));
    let ids: Vec<_> = site.database.rows(&ids).iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect();
    let folders = names(&artifacts).into_iter().filter(|name| !name.starts_with('.'));
    left.extend(folders.filter(|name| !ids.contains(name)));
    left
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

/// The artifacts that a row names.
fn listed(row: &Value) -> BTreeMap<String, (u64, String)> {
    let artifacts = document(&row["artifacts"]);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let described = |one: &Value| (text(&one["name"]), (one["size_bytes"].as_u64().unwrap(), text(&one["sha256"])));
    artifacts.as_array().into_iter().flatten().map(described).collect()
}

/// JSON that one database hands out as text and the other as it is.
fn document(value: &Value) -> Value {
    value.as_str().map_or_else(|| value.clone(), |text| serde_json::from_str(text).unwrap())
}

/// When a folder was made, moved or given an entry, in milliseconds since 1970.
fn moved_at(folder: &Path) -> Option<i64> {
    use std::os::unix::fs::MetadataExt as _;
    let metadata = folder.metadata().ok()?;
    let written = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?.as_millis();
    let changed = metadata.ctime() * 1_000 + metadata.ctime_nsec() / 1_000_000;
    Some(changed.max(i64::try_from(written).ok()?))
}

fn difference<'a>(
    one: &'a BTreeMap<String, (u64, String)>,
    other: &'a BTreeMap<String, (u64, String)>,
) -> Vec<(&'static str, &'a str)> {
    let missing = other.keys().filter(|name| !one.contains_key(*name)).map(|name| ("missing", name.as_str()));
    let more = one.keys().filter(|name| !other.contains_key(*name)).map(|name| ("too much", name.as_str()));
    let changed = one.iter().filter(|(name, file)| other.get(*name).is_some_and(|found| found != *file));
    missing.chain(more).chain(changed.map(|(name, _)| ("another", name.as_str()))).take(5).collect()
}
