//! A conversion that is divided gives what a whole run gives, whoever does its parts and however often.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use textmill::core::failure::{Code, Failure};
use textmill::core::ids::JobId;
use textmill::core::intake::LocalSource;
use textmill::core::jobs::{Divide, Division, JobContext, JobHandler, JobOutput, PartOutput};
use textmill::core::progress::{Progress, ProgressSink};
use textmill::core::storage::sandbox::DataRoots;
use textmill::core::storage::uploads::Uploads;
use textmill::operations::parquet_conversion::{
    ConversionHandler, ConversionOptions, ConversionOutcome, FileStatus, convert,
};
use textmill::operations::sources::Sources;
use tokio_util::sync::CancellationToken;

use crate::archives::zip;
use crate::support::{tree, unattended};

const WORKING: &str = ".textmill-tmp";

/// Keeps the latest report, and cancels once so many bytes are done.
#[derive(Default)]
struct Watch {
    latest: Mutex<Progress>,
    cancel: CancellationToken,
    cancel_at: Option<u64>,
}

impl ProgressSink for Watch {
    fn report(&self, progress: &Progress) {
        *self.latest.lock().unwrap_or_else(PoisonError::into_inner) = progress.clone();
        if self.cancel_at.is_some_and(|bytes| progress.done >= bytes) {
            self.cancel.cancel();
        }
    }
}

/// A data root with `in`, and the handler that works there.
struct Place {
    folder: tempfile::TempDir,
    handler: ConversionHandler,
}

/// A divided job, its parts run by whoever calls.
struct Job<'a> {
    place: &'a Place,
    id: JobId,
    options: Value,
    shared: PathBuf,
    parts: Vec<Value>,
    progress: Progress,
}

impl Place {
    fn with(files: &[(&str, &[u8])]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let uploads = runtime.block_on(Uploads::open(folder.path().join("uploads"), Duration::MAX)).unwrap();
        let roots = DataRoots::new(vec![folder.path().to_owned()]).unwrap();
        let place =
            Self { handler: ConversionHandler::new(Sources { roots, uploads }, unattended().isolation), folder };
        for (name, bytes) in files {
            place.write(name, bytes);
        }
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.path("in").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    fn divides(&self) -> &dyn Divide {
        self.handler.divides().unwrap()
    }

    /// A folder that nobody else has.
    fn fresh(&self, kind: &str) -> PathBuf {
        let path = self.path(kind).join(JobId::new().as_str());
        fs::create_dir_all(&path).unwrap();
        path
    }

    fn context(&self, job_id: &JobId, shared_dir: &Path, watch: Watch) -> JobContext {
        let cancel = watch.cancel.clone();
        JobContext {
            job_id: job_id.clone(),
            attempt: 1,
            artifact_dir: self.fresh("artifacts"),
            shared_dir: shared_dir.to_owned(),
            progress: Arc::new(watch),
            cancel,
        }
    }

    fn try_divide(&self, options: &Value) -> Result<Option<Division>, Failure> {
        let id = JobId::new();
        self.divides().divide(&self.context(&id, &self.path("shared").join(id.as_str()), Watch::default()), options)
    }

    fn divide(&self, options: Value) -> Job<'_> {
        let id = JobId::new();
        let shared = self.path("shared").join(id.as_str());
        let context = self.context(&id, &shared, Watch::default());
        let Division { parts, progress } = self.divides().divide(&context, &options).unwrap().unwrap();
        Job { place: self, id, options, shared, parts, progress }
    }

    /// A whole run of the command line.
    fn convert(&self, destination: &str) -> ConversionOutcome {
        let source = LocalSource::at(&self.path("in")).unwrap();
        convert(&source, &self.path(destination), &ConversionOptions::default(), &unattended()).unwrap()
    }
}

impl Job<'_> {
    fn try_part_with(&self, index: usize, watch: Watch) -> Result<(PathBuf, JobOutput), Failure> {
        let context = self.place.context(&JobId::new(), &self.shared, watch);
        let output = self.place.divides().run_part(&context, self.parts[index].clone())?;
        Ok((context.artifact_dir, output))
    }

    fn try_part(&self, index: usize) -> Result<(PathBuf, JobOutput), Failure> {
        self.try_part_with(index, Watch::default())
    }

    fn part(&self, index: usize) -> PartOutput {
        let (artifact_dir, output) = self.try_part(index).unwrap();
        PartOutput { number: u32::try_from(index).unwrap() + 1, result: output.result, artifact_dir }
    }

    fn all_parts(&self) -> Vec<PartOutput> {
        (0..self.parts.len()).map(|index| self.part(index)).collect()
    }

    /// The outcome, and the folder of its artifacts.
    fn merge(&self, parts: Vec<PartOutput>) -> (Value, PathBuf) {
        let context = self.place.context(&self.id, &self.shared, Watch::default());
        let output = self.place.divides().merge(&context, self.options.clone(), parts).unwrap();
        (output.result, context.artifact_dir)
    }
}

fn into(destination: &str) -> Value {
    json!({ "source": { "type": "path", "path": "in" }, "destination": { "type": "path", "path": destination } })
}

fn as_artifacts() -> Value {
    json!({ "source": { "type": "path", "path": "in" } })
}

/// 340 files to convert of several kinds, and every way of being left out.
fn mixed() -> Place {
    let place = Place::with(&[
        ("b/image.bin", b"\x89PNG\r\n\x1a\n"),
        ("b/empty.csv", b""),
        ("c/.hidden/x.csv", b"a,b\n1,2\n"),
        ("m/clash.csv", b"a,b\n1,2\n"),
        ("m/clash.csv.parquet/x.csv", b"a,b\n1,2\n"),
        ("p/broken.zip", b"PK\x03\x04 torn"),
        ("p/page.xls", b"<table><tr><td>a</td><td>b</td></tr><tr><td>1</td><td>2</td></tr></table>"),
        ("q/bad.csv", b"a,b\n\xff\xfe\x81,\x00\n"),
    ]);
    for number in 0..240 {
        place
            .write(&format!("d{}/{number}.csv", number % 7), format!("id,text\n{number},\"some, words\"\n").as_bytes());
    }
    for number in 0..40 {
        place.write(&format!("k/{number}.jsonl"), format!("{{\"a\": {number}}}\nno json\n{{\"a\": 1}}\n").as_bytes());
    }
    let members: Vec<_> = (0..60).map(|number| (format!("s/{number}.tsv"), format!("x\ty\n{number}\t1\n"))).collect();
    let mut members: Vec<_> = members.iter().map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
    members.push(("../up.csv", b"a,b\n1,2\n"));
    members.push(("note.bin", b"\x00"));
    place.write("e.zip", &zip(&members));
    place
}

#[test]
fn parts_in_any_order_give_the_report_and_the_bytes_of_a_whole_run() {
    let place = mixed();
    let whole = place.convert("whole");
    let job = place.divide(into("divided"));
    assert_eq!(job.parts.len(), 4);
    let mut parts: Vec<_> = (0..job.parts.len()).rev().map(|index| job.part(index)).collect();
    parts.swap(0, 2);
    let (outcome, artifacts) = job.merge(parts);
    assert_eq!(outcome, serde_json::to_value(&whole).unwrap());
    assert!(whole.summary.failed >= 3 && whole.summary.skipped >= 3 && whole.summary.rows_rejected == 40);
    assert_eq!(tree(&place.path("divided")), tree(&place.path("whole")));
    assert!(!place.path("divided").join(WORKING).exists());
    assert!(tree(&artifacts).is_empty());
}

#[test]
fn parts_at_the_same_time_give_the_artifacts_of_a_whole_run() {
    let place = mixed();
    let context = place.context(&JobId::new(), &place.path("unused"), Watch::default());
    let whole = place.handler.run(&context, as_artifacts()).unwrap();
    let job = place.divide(as_artifacts());
    let parts = std::thread::scope(|scope| {
        let run = |index| {
            let job = &job;
            scope.spawn(move || job.part(index))
        };
        let running: Vec<_> = (0..job.parts.len()).map(run).collect();
        running.into_iter().map(|part| part.join().unwrap()).collect::<Vec<_>>()
    });
    for part in &parts {
        assert_eq!(tree(&part.artifact_dir).into_keys().collect::<Vec<_>>(), [PathBuf::from("outcome.json")]);
        assert_eq!(part.result.as_object().unwrap().keys().collect::<Vec<_>>(), ["summary"]);
    }
    let (outcome, artifacts) = job.merge(parts.clone());
    assert_eq!(outcome, whole.result);
    assert_eq!(tree(&artifacts), tree(&context.artifact_dir));
    // The worker that merged died before it could publish: the next one has all it needs.
    let (_, again) = job.merge(parts);
    assert_eq!(tree(&again), tree(&context.artifact_dir));
}

#[test]
fn progress_counts_the_bytes_of_the_files_to_convert() {
    let place = mixed();
    let job = place.divide(into("out"));
    let mut done = 0;
    for index in 0..job.parts.len() {
        let watch = Arc::new(Watch::default());
        let mut context = place.context(&JobId::new(), &job.shared, Watch::default());
        context.progress = Arc::clone(&watch) as Arc<dyn ProgressSink>;
        place.divides().run_part(&context, job.parts[index].clone()).unwrap();
        let latest = watch.latest.lock().unwrap();
        assert_eq!((Some(latest.done), latest.unit.as_str()), (latest.total, "bytes"));
        done += latest.done;
    }
    assert_eq!((job.progress.total, job.progress.unit.as_str()), (Some(done), "bytes"));
}

#[test]
fn a_part_that_is_run_again_does_nothing_twice() {
    let place = mixed();
    place.convert("whole");
    let job = place.divide(into("out"));
    let mut parts = job.all_parts();
    let before = tree(&place.path("out"));
    // What a worker does that was paused before it began, and comes back after the source has changed.
    place.write("d1/1.csv", b"id,text\n1,\"other words\"\n");
    let (late, _) = job.try_part(0).unwrap();
    assert_eq!(tree(&late), tree(&parts[0].artifact_dir));
    assert_eq!(tree(&place.path("out")), before);
    parts[0].artifact_dir = late;
    job.merge(parts);
    assert_eq!(tree(&place.path("out")), tree(&place.path("whole")));
}

#[test]
fn a_part_that_was_killed_goes_on_from_its_journal() {
    let place = mixed();
    place.convert("whole");
    let job = place.divide(into("out"));
    let watch = Watch { cancel_at: Some(500), ..Watch::default() };
    let failure = job.try_part_with(0, watch).unwrap_err();
    assert_eq!(failure.code, Code::Cancelled);
    let done =
        tree(&place.path("out")).keys().filter(|path| path.extension().is_some_and(|end| end == "parquet")).count();
    assert!(done > 0 && done < 100, "{done}");
    // What a kill leaves: a cut-off line, and scratch.
    let mut journal = File::options().append(true).open(place.path("out").join(WORKING).join("part-1.jsonl")).unwrap();
    journal.write_all(b"{\"source\": \"d0").unwrap();
    let left = place.path("out").join(WORKING).join("part-1-left");
    fs::create_dir_all(&left).unwrap();
    fs::write(left.join("0.0.parquet"), "half").unwrap();
    let parts = job.all_parts();
    assert!(!left.exists());
    assert_eq!(parts[0].result["summary"]["unchanged"], done);
    let (outcome, _) = job.merge(parts);
    assert_eq!(outcome["summary"]["unchanged"], done);
    assert_eq!(tree(&place.path("out")), tree(&place.path("whole")));
}

#[test]
fn a_second_divided_run_does_only_what_has_changed() {
    let place = mixed();
    for destination in ["whole", "out"] {
        place.convert(destination);
    }
    let again = place.divide(into("out"));
    let (outcome, _) = again.merge(again.all_parts());
    assert_eq!(outcome, serde_json::to_value(place.convert("whole")).unwrap());
    assert_eq!(outcome["summary"]["unchanged"], outcome["summary"]["converted"]);
    place.write("k/3.jsonl", b"{\"a\": 1}\n");
    place.write("d0/new.csv", b"x,y\n1,2\n");
    fs::remove_file(place.path("in/d2/9.csv")).unwrap();
    let changed = place.divide(into("out"));
    let (outcome, _) = changed.merge(changed.all_parts());
    assert_eq!(outcome, serde_json::to_value(place.convert("whole")).unwrap());
    assert_eq!(outcome["stale"], json!(["d2/9.csv.parquet"]));
    assert_eq!(tree(&place.path("out")), tree(&place.path("whole")));
    assert!(!place.path("out/k/3.jsonl.rejects.jsonl").exists());
}

#[test]
fn a_divided_run_goes_on_from_one_that_was_given_up_and_a_whole_run_from_that() {
    let place = mixed();
    place.convert("whole");
    let first = place.divide(into("out"));
    first.part(0);
    let second = place.divide(into("out"));
    let summaries = [second.part(0), second.part(2)].map(|part| part.result["summary"].clone());
    assert_eq!(summaries[0]["unchanged"], summaries[0]["converted"]);
    assert_eq!(summaries[1]["unchanged"], 0);
    let done: u64 = summaries.iter().map(|summary| summary["converted"].as_u64().unwrap()).sum();
    let outcome = place.convert("out");
    assert_eq!(outcome.summary.unchanged, done);
    assert_eq!(tree(&place.path("out")), tree(&place.path("whole")));
}

#[test]
fn a_run_between_the_parts_does_not_make_the_report_lie() {
    let place = mixed();
    let job = place.divide(into("out"));
    let mut parts = vec![job.part(0), job.part(1)];
    place.write("d0/0.csv", b"id,text\n0,\"changed after its part was done\"\n");
    place.convert("out");
    parts.extend([job.part(2), job.part(3)]);
    let (outcome, _) = job.merge(parts);
    let whole = place.convert("whole");
    assert_eq!(outcome["summary"]["rows_in"], whole.summary.rows_in);
    assert_eq!(tree(&place.path("out")), tree(&place.path("whole")));
}

#[test]
fn two_divided_jobs_with_one_destination_end_with_a_whole_result() {
    let place = mixed();
    place.convert("whole");
    let (one, other) = (place.divide(into("out")), place.divide(into("out")));
    let (mut ones, mut others) = (Vec::new(), Vec::new());
    for index in 0..one.parts.len() {
        ones.push(one.part(index));
        others.push(other.part(index));
    }
    one.merge(ones);
    assert_eq!(tree(&place.path("out")), tree(&place.path("whole")));
    other.merge(others);
    assert_eq!(tree(&place.path("out")), tree(&place.path("whole")));
}

#[test]
fn the_destination_of_a_part_is_busy_for_all_but_its_siblings() {
    let place = mixed();
    let (job, other) = (place.divide(into("out")), place.divide(into("out")));
    job.part(0);
    let in_use = |result: Result<(PathBuf, JobOutput), Failure>| {
        assert_eq!(result.unwrap_err().code, Code::ResourceInUse);
    };
    let lock = File::open(place.path("out").join(WORKING).join("lock")).unwrap();
    lock.lock_shared().unwrap();
    job.part(1);
    in_use(other.try_part(0));
    assert_eq!(place.try_divide(&into("out")).unwrap_err().code, Code::ResourceInUse);
    let context = place.context(&JobId::new(), &place.path("unused"), Watch::default());
    assert_eq!(place.handler.run(&context, into("out")).unwrap_err().code, Code::ResourceInUse);
    // An earlier attempt that is paused has its part in hand.
    let journal = File::create(place.path("out").join(WORKING).join("part-3.jsonl")).unwrap();
    journal.lock().unwrap();
    in_use(job.try_part(2));
    drop(journal);
    job.part(2);
    lock.unlock().unwrap();
    lock.lock().unwrap();
    in_use(job.try_part(3));
    let context = place.context(&job.id, &job.shared, Watch::default());
    let parts = (0..3).map(|index| job.part(index)).collect();
    let refused = place.divides().merge(&context, job.options.clone(), parts);
    assert_eq!(refused.unwrap_err().code, Code::ResourceInUse);
}

#[test]
fn a_part_that_comes_after_its_job_writes_nothing() {
    for options in [into("out"), as_artifacts()] {
        let place = mixed();
        let job = place.divide(options);
        job.merge(job.all_parts());
        fs::remove_dir_all(&job.shared).unwrap();
        fs::remove_dir_all(place.path("artifacts")).unwrap();
        let before = tree(place.folder.path());
        assert_eq!(job.try_part(0).unwrap_err().code, Code::StorageFailure);
        assert_eq!(tree(place.folder.path()), before);
        assert!(!job.shared.exists() && !place.path("out").join(WORKING).exists());
    }
}

#[test]
fn a_worker_that_divides_too_late_changes_nothing() {
    let place = mixed();
    place.convert("whole");
    let job = place.divide(into("out"));
    let parts = job.all_parts();
    place.write("a.csv", b"new,file\n1,2\n");
    let late = place.context(&job.id, &job.shared, Watch::default());
    place.divides().divide(&late, &job.options).unwrap().unwrap();
    let (outcome, _) = job.merge(parts);
    let whole = place.convert("whole");
    assert_eq!(outcome["summary"]["files"], whole.summary.files);
    assert_eq!(tree(&place.path("out")), tree(&place.path("whole")));
}

#[test]
fn what_is_gone_meanwhile_fails_in_its_line() {
    let place = mixed();
    let job = place.divide(into("out"));
    fs::remove_file(place.path("in/d3/10.csv")).unwrap();
    place.write("e.zip", &zip(&[("s/1.tsv", b"x\ty\n1\t1\n")]));
    place.write("d0/later.csv", b"x,y\n1,2\n");
    let (outcome, _) = job.merge(job.all_parts());
    let outcome: ConversionOutcome = serde_json::from_value(outcome).unwrap();
    let file = |name: &str| outcome.files.iter().find(|file| file.source == name);
    assert_eq!(file("d3/10.csv").unwrap().status, FileStatus::Failed);
    assert_eq!(file("e.zip/s/1.tsv").unwrap().status, FileStatus::Converted);
    assert_eq!(file("e.zip/s/2.tsv").unwrap().error.as_ref().unwrap().code, Code::NotFound);
    assert!(file("d0/later.csv").is_none());
    assert_eq!(outcome.stale, Vec::<String>::new());
    let job = place.divide(into("out"));
    place.write("e.zip", b"PK\x03\x04 torn");
    let (outcome, _) = job.merge(job.all_parts());
    let outcome: ConversionOutcome = serde_json::from_value(outcome).unwrap();
    let file = outcome.files.iter().find(|file| file.source == "e.zip/s/1.tsv").unwrap();
    assert_eq!(file.error.as_ref().unwrap().code, Code::MalformedInput);
    assert_eq!(outcome.stale, ["e.zip/s/1.tsv.parquet"]);
}

#[test]
fn what_is_not_worth_it_is_not_divided() {
    let place = Place::with(&[]);
    for number in 0..100 {
        place.write(&format!("{number}.csv"), b"a,b\n1,2\n");
    }
    assert_eq!(place.try_divide(&into("out")).unwrap(), None);
    assert!(!place.path("out").exists() && !place.path("shared").exists());
    place.write("x.csv", b"a,b\n1,2\n");
    assert_eq!(place.try_divide(&into("out")).unwrap().unwrap().parts.len(), 2);
    let dry = json!({ "source": { "type": "path", "path": "in" }, "options": { "dry_run": true } });
    assert_eq!(place.try_divide(&dry).unwrap(), None);
    let file = json!({ "source": { "type": "path", "path": "in/x.csv" } });
    assert_eq!(place.try_divide(&file).unwrap(), None);
    assert_eq!(
        place.try_divide(&json!({ "source": { "type": "path", "path": "none" } })).unwrap_err().code,
        Code::NotFound
    );
    let name = <std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(b"\xff.csv");
    fs::write(place.path("in").join(name), "a,b\n1,2\n").unwrap();
    assert_eq!(place.try_divide(&into("out")).unwrap(), None);
}

#[test]
fn two_large_files_are_two_parts() {
    let place = Place::with(&[("a.csv", b"a,b\n1,2\n"), ("b.csv", b"a,b\n1,2\n")]);
    let size = |name: &str| File::options().write(true).open(place.path("in").join(name)).unwrap().set_len(256 << 20);
    size("a.csv").unwrap();
    assert_eq!(place.try_divide(&into("out")).unwrap().unwrap().parts.len(), 2);
}
