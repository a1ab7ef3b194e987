use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::atomic::AtomicU64;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use tracing::{debug, info, info_span, warn};

use super::files::RollingFile;
use super::*;

fn file_options(dir: &Path) -> FileOptions {
    FileOptions {
        dir: dir.to_owned(),
        process: "service",
        writer: "host-7".to_owned(),
        directives: "info".to_owned(),
        max_file_bytes: 1_000_000,
        max_files: 3,
    }
}

/// Logs what `work` logs, and returns the lines by router.
fn logged(dir: &Path, work: impl FnOnce()) -> BTreeMap<String, Vec<Value>> {
    let options = LogOptions { files: Some(file_options(dir)), stderr: None };
    let (subscriber, guard) = subscriber(&options).unwrap();
    tracing::subscriber::with_default(subscriber, work);
    assert_eq!(guard.lost_lines(), 0);
    drop(guard);
    let mut lines: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for (name, text) in contents(dir) {
        let router = name.split('_').next().unwrap().to_owned();
        lines.entry(router).or_default().extend(text.lines().map(|line| serde_json::from_str(line).unwrap()));
    }
    lines
}

fn contents(dir: &Path) -> BTreeMap<String, String> {
    let Ok(entries) = fs::read_dir(dir) else { return BTreeMap::new() };
    let read =
        |entry: fs::DirEntry| (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap());
    entries.map(|entry| read(entry.unwrap())).collect()
}

#[test]
fn an_event_goes_to_the_file_of_its_nearest_router() {
    let dir = tempfile::tempdir().unwrap();
    let lines = logged(dir.path(), || {
        info!("no router");
        let _request = info_span!("request", router = "conversions", request_id = "r1").entered();
        info!(size_bytes = 7, "of the request");
        let _job = info_span!("job", router = "worker", job_id = "job_1").entered();
        let _inner = info_span!("inner", step = 2).entered();
        warn!("of the job");
    });
    assert_eq!(lines.keys().collect::<Vec<_>>(), ["conversions", "service", "worker"]);
    assert_eq!(lines["service"][0]["message"], "no router");
    let request = &lines["conversions"][0];
    assert_eq!(request["fields"], serde_json::json!({ "size_bytes": 7 }));
    assert_eq!((&request["request_id"], &request["level"]), (&Value::from("r1"), &Value::from("INFO")));
    let job = &lines["worker"][0];
    for (name, value) in [("request_id", "r1"), ("job_id", "job_1"), ("level", "WARN"), ("message", "of the job")] {
        assert_eq!(job[name], value);
    }
    assert_eq!((&job["step"], &job["router"]), (&Value::from(2), &Value::from("worker")));
}

#[test]
fn a_line_has_the_time_in_utc_with_milliseconds_first_and_no_span_field_hides_a_name_of_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let lines = logged(dir.path(), || {
        let span = info_span!("odd", level = "mine", late = tracing::field::Empty).entered();
        span.record("late", "recorded");
        info!("x");
    });
    let line = &lines["service"][0];
    let stamp = line["timestamp"].as_str().unwrap();
    assert_eq!((stamp.len(), stamp.ends_with('Z')), ("2026-01-31T10:20:30.123Z".len(), true));
    assert!(DateTime::parse_from_rfc3339(stamp).is_ok());
    assert_eq!(
        (&line["level"], &line["span_level"], &line["late"]),
        (&"INFO".into(), &"mine".into(), &"recorded".into())
    );
    let text = contents(dir.path()).into_values().next().unwrap();
    assert!(text.starts_with("{\"timestamp\":"), "{text}");
}

#[test]
fn nothing_logged_leaves_nothing_behind_not_even_a_folder() {
    let dir = tempfile::tempdir().unwrap();
    let logs = dir.path().join("logs");
    assert!(logged(&logs, || debug!("below the level")).is_empty());
    assert!(!logs.exists());
}

#[test]
fn the_everyday_talk_of_libraries_is_left_out_and_can_be_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let lines = logged(dir.path(), || {
        info!(target: "sqlx::query", "noise");
        warn!(target: "sqlx::query", "slow");
    });
    assert_eq!(lines["service"].len(), 1);
    let mut options = file_options(&dir.path().join("more"));
    options.directives = "info,sqlx=debug".to_owned();
    let (subscriber, guard) = subscriber(&LogOptions { files: Some(options), stderr: None }).unwrap();
    tracing::subscriber::with_default(subscriber, || debug!(target: "sqlx::query", "asked for"));
    drop(guard);
    assert_eq!(contents(&dir.path().join("more")).len(), 1);
}

#[test]
fn a_router_s_name_can_not_leave_the_folder() {
    let dir = tempfile::tempdir().unwrap();
    logged(dir.path(), || {
        let _span = info_span!("request", router = "../Up").entered();
        info!("x");
    });
    assert!(contents(dir.path()).keys().all(|name| name.starts_with("___up_")));
}

#[test]
fn lines_after_the_end_are_counted_as_lost() {
    let dir = tempfile::tempdir().unwrap();
    let routes = Routes::new(&file_options(dir.path()));
    routes.write(None, "a\n");
    routes.close();
    routes.write(None, "b\n");
    assert_eq!(routes.lost_lines(), 1);
    assert_eq!(contents(dir.path()).into_values().collect::<Vec<_>>(), ["a\n"]);
}

#[test]
fn a_full_file_and_a_new_day_begin_the_next_file_and_the_oldest_goes() {
    let dir = tempfile::tempdir().unwrap();
    let other = dir.path().join("conversions_old_2026-01-01_000000000.jsonl");
    fs::write(&other, "of the router `conversions_old`").unwrap();
    let now = Cell::new(DateTime::parse_from_rfc3339("2026-01-31T23:59:58Z").unwrap().with_timezone(&Utc));
    let options = FileOptions { max_file_bytes: 10, ..file_options(dir.path()) };
    let mut file = RollingFile::new("conversions", &options, Arc::default(), || now.get());
    file.write_all(b"12345\n").unwrap();
    file.write_all(b"123\n").unwrap();
    file.write_all(b"full\n").unwrap();
    now.set(now.get() + TimeDelta::seconds(3));
    file.write_all(b"day\n").unwrap();
    file.flush().unwrap();
    let names: Vec<(String, String)> =
        contents(dir.path()).into_iter().filter(|(name, _)| !name.contains("old")).collect();
    assert_eq!(
        names,
        [
            ("conversions_2026-01-31_235958000_host-7.jsonl".to_owned(), "12345\n123\n".to_owned()),
            ("conversions_2026-01-31_235958001_host-7.jsonl".to_owned(), "full\n".to_owned()),
            ("conversions_2026-02-01_000001000_host-7.jsonl".to_owned(), "day\n".to_owned()),
        ]
    );
    file.write_all(b"a line longer than a file may be\n").unwrap();
    file.flush().unwrap();
    let left = contents(dir.path());
    assert!(!left.contains_key("conversions_2026-01-31_235958000_host-7.jsonl") && left.len() == 4, "{left:?}");
    assert!(other.exists());
}

#[test]
fn lines_that_the_disk_refuses_are_counted_and_the_next_one_tries_again() {
    let dir = tempfile::tempdir().unwrap();
    let logs = dir.path().join("logs");
    fs::write(&logs, "a file where the folder should be").unwrap();
    let lost = Arc::new(AtomicU64::new(0));
    let mut file = RollingFile::new("service", &file_options(&logs), Arc::clone(&lost), Utc::now);
    file.write_all(b"lost\n").unwrap();
    assert_eq!(lost.load(std::sync::atomic::Ordering::Relaxed), 1);
    fs::remove_file(&logs).unwrap();
    file.write_all(b"kept\n").unwrap();
    file.flush().unwrap();
    assert_eq!(contents(&logs).into_values().collect::<Vec<_>>(), ["kept\n"]);
}

#[test]
fn a_word_that_is_no_level_is_refused() {
    assert!(check_directives("warn,textmill=debug").is_ok());
    assert!(check_directives("off").is_ok());
    assert!(check_directives("[request{request_id=\"r1\"}]=trace").is_ok());
    assert!(check_directives("verbose").unwrap_err().to_string().contains("`verbose` is not a level"));
    assert!(check_directives("textmill=loud").is_err());
}

#[test]
fn what_another_process_writes_is_kept_however_old_and_more_is_kept_the_more_of_them_write() {
    let dir = tempfile::tempdir().unwrap();
    let now = Cell::new(DateTime::parse_from_rfc3339("2026-01-31T10:00:00Z").unwrap().with_timezone(&Utc));
    let writer = |name: &str| {
        let options =
            FileOptions { max_file_bytes: 1, max_files: 2, writer: name.to_owned(), ..file_options(dir.path()) };
        RollingFile::new("worker", &options, Arc::default(), || now.get())
    };
    let (mut other, mut own) = (writer("Other.host-1"), writer("own-1"));
    other.write_all(b"oldest\n").unwrap();
    for _ in 0..6 {
        now.set(now.get() + TimeDelta::seconds(1));
        own.write_all(b"line\n").unwrap();
    }
    let names: Vec<String> = contents(dir.path()).into_keys().collect();
    assert_eq!(names.len(), 4, "two for each of two: {names:?}");
    assert_eq!(names[0], "worker_2026-01-31_100000000_other_host-1.jsonl");
    drop(other);
    now.set(now.get() + TimeDelta::seconds(1));
    own.write_all(b"line\n").unwrap();
    let names: Vec<String> = contents(dir.path()).into_keys().collect();
    assert_eq!(names, ["worker_2026-01-31_100006000_own-1.jsonl", "worker_2026-01-31_100007000_own-1.jsonl"]);
}
