//! What the parts of a job share on the disk: the plan, and the outcome of each part.
//!
//! The one decision: the plan is a file of lines, and a part knows where its own begin, so that a part of a million files
//! reads no more than a part of a thousand. It says all that was known when the job was divided, what earlier runs did
//! included: no part reads their report.

use std::borrow::Cow;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::Part;
use crate::core::intake::{SourceFile, Step};
use crate::operations::parquet_conversion::error::ConversionError;
use crate::operations::parquet_conversion::outcome::FileOutcome;
use crate::operations::parquet_conversion::plan;

/// A part's outcome among its artifacts.
const OUTCOME: &str = "outcome.json";
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The first line of a plan.
#[derive(Debug, Serialize, Deserialize)]
struct Header<'a> {
    /// Version of textmill that planned.
    textmill: Cow<'a, str>,
}

/// A file of the source.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Line<'a> {
    /// Path inside the source, `/` between parts.
    pub(super) name: Cow<'a, str>,
    /// Which file of an archive it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) member: Option<Cow<'a, str>>,
    /// Size in bytes.
    pub(super) size_bytes: u64,
    /// What to do with it.
    pub(super) step: Cow<'a, Step>,
    /// What earlier runs did with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) earlier: Option<Cow<'a, FileOutcome>>,
}

/// What became of a part's files.
#[derive(Debug, Serialize, Deserialize)]
struct PartOutcome {
    /// Version of textmill that converted them.
    textmill: String,
    /// The division that the part is of.
    division: String,
    /// Those to convert, in the plan's order.
    files: Vec<FileOutcome>,
}

/// Where the plan of a division lies. A division has a name that no other has: one whose worker was paused, and has lost
/// the job to another that divided it anew, can't replace the other's plan.
fn plan_path(shared: &Path, division: &str) -> PathBuf {
    shared.join(format!("plan-{division}.jsonl"))
}

/// Where the outcome of a part lies, once there is one.
fn outcome_path(shared: &Path, part: &Part) -> PathBuf {
    shared.join(format!("part-{}-{}.json", part.number, part.division))
}

/// Writes a plan; where each line begins, in bytes.
pub(super) fn write_plan<'a>(
    shared: &Path,
    division: &str,
    files: &'a [SourceFile],
    earlier: impl Fn(&'a SourceFile) -> Option<&'a FileOutcome>,
) -> Result<Vec<u64>, ConversionError> {
    let mut offsets = Vec::with_capacity(files.len());
    write_durably(&plan_path(shared, division), |plan| {
        let mut end = write_line(plan, &Header { textmill: VERSION.into() })?;
        for file in files {
            offsets.push(end);
            let line = Line {
                name: Cow::Borrowed(&file.name),
                member: file.member.as_ref().map(|member| Cow::Borrowed(&*member.name)),
                size_bytes: file.size_bytes,
                step: Cow::Borrowed(&file.step),
                earlier: earlier(file).map(Cow::Borrowed),
            };
            end += write_line(plan, &line)?;
        }
        Ok(())
    })?;
    Ok(offsets)
}

/// The lines of a part.
pub(super) fn part_lines(shared: &Path, part: &Part) -> Result<Vec<Line<'static>>, ConversionError> {
    let path = plan_path(shared, &part.division);
    let read = || {
        let mut plan = BufReader::new(File::open(&path)?);
        plan.seek(SeekFrom::Start(part.offset))?;
        (0..part.lines).map(|_| read_line(&mut plan)).collect::<io::Result<Vec<_>>>()
    };
    read().map_err(ConversionError::shared("read", &path))
}

/// Whether there still is a plan: it goes when the job has ended.
pub(super) fn check_plan(shared: &Path, division: &str) -> Result<(), ConversionError> {
    let path = plan_path(shared, division);
    fs::metadata(&path).map(drop).map_err(ConversionError::shared("find", &path))
}

/// Stores what became of a part's files, where every later attempt finds it.
pub(super) fn write_outcome(shared: &Path, part: &Part, files: &[FileOutcome]) -> Result<(), ConversionError> {
    let outcome = PartOutcome { textmill: VERSION.to_owned(), division: part.division.clone(), files: files.to_vec() };
    write_durably(&outcome_path(shared, part), |file| Ok(serde_json::to_writer(file, &outcome)?))
}

/// What became of a part's files, if an attempt has come to its end.
pub(super) fn read_outcome(shared: &Path, part: &Part) -> Result<Option<Vec<FileOutcome>>, ConversionError> {
    let path = outcome_path(shared, part);
    match read_json::<PartOutcome>(&path) {
        Ok(outcome) => Ok(Some(outcome.files)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(ConversionError::shared("read", &path)(error)),
    }
}

/// Makes a part's outcome one of its artifacts.
pub(super) fn hand_over(shared: &Path, part: &Part, artifacts: &Path) -> Result<(), ConversionError> {
    link(&outcome_path(shared, part), &artifacts.join(OUTCOME))
}

/// The division, and every file of its plan in order, out of the parts' artifacts; `None`: they don't go together, by
/// other versions of textmill or by damage.
pub(super) fn put_together(shared: &Path, parts: &[PathBuf]) -> Option<(String, Vec<FileOutcome>)> {
    let mut division = None;
    let mut outcomes = Vec::new();
    for part in parts {
        let outcome: PartOutcome = read_json(&part.join(OUTCOME)).ok()?;
        let known = division.get_or_insert(outcome.division.clone());
        if outcome.textmill != VERSION || *known != outcome.division {
            return None;
        }
        outcomes.extend(outcome.files);
    }
    let division = division?;
    let files = line_up(&plan_path(shared, &division), outcomes)?;
    Some((division, files))
}

/// Outcomes in their places between the lines of files that were left out.
fn line_up(plan: &Path, outcomes: Vec<FileOutcome>) -> Option<Vec<FileOutcome>> {
    let mut plan = BufReader::new(File::open(plan).ok()?);
    let header: Header<'_> = read_line(&mut plan).ok()?;
    if header.textmill != VERSION {
        return None;
    }
    let mut outcomes = outcomes.into_iter();
    let mut files = Vec::new();
    while !plan.fill_buf().ok()?.is_empty() {
        let line: Line<'_> = read_line(&mut plan).ok()?;
        files.push(match line.step.promise() {
            Some(_) => outcomes.next().filter(|outcome| outcome.source == line.name)?,
            None => plan::line(&line.step, &line.name, line.size_bytes),
        });
    }
    outcomes.next().is_none().then_some(files)
}

/// The same file under a second name, where the file system can; else a copy.
pub(super) fn link(from: &Path, to: &Path) -> Result<(), ConversionError> {
    let linked = fs::hard_link(from, to).or_else(|_cannot| fs::copy(from, to).map(drop));
    linked.map_err(ConversionError::write("link to", to))
}

/// Writes a file that is there whole or not at all.
fn write_durably(
    path: &Path,
    fill: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> Result<(), ConversionError> {
    let scratch = path.with_extension(uuid::Uuid::now_v7().simple().to_string());
    let write = || {
        let mut file = BufWriter::new(File::create(&scratch)?);
        fill(&mut file)?;
        file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        fs::rename(&scratch, path)?;
        path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
    };
    write().map_err(ConversionError::shared("write", path))
}

/// Writes a value as a line; its length in bytes.
fn write_line(into: &mut impl Write, value: &impl Serialize) -> io::Result<u64> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    into.write_all(&line)?;
    Ok(line.len() as u64)
}

fn read_line<T: DeserializeOwned>(from: &mut impl BufRead) -> io::Result<T> {
    let mut line = Vec::new();
    from.read_until(b'\n', &mut line)?;
    Ok(serde_json::from_slice(&line)?)
}

fn read_json<T: DeserializeOwned>(path: &Path) -> io::Result<T> {
    Ok(serde_json::from_reader(BufReader::new(File::open(path)?))?)
}
