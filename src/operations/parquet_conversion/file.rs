//! One file: looked at, read in batches, written beside its rejects, published whole.
//!
//! What is wrong with the file becomes its line in the outcome; only a destination that can't be written ends the run.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use arrow_array::RecordBatch;
use parquet::errors::ParquetError;
use tokio_util::sync::CancellationToken;

use super::error::ConversionError;
use super::options::{AmbiguousDates, Compression, ConversionOptions, Header, SchemaMode};
use super::outcome::{FileOutcome, FileStatus};
use super::plan::PlannedFile;
use super::rejects::RejectsFile;
use super::staging::{REJECTS_SUFFIX, Staging};
use crate::core::failure::{Code, Fails, Failure};
use crate::core::hash::sha256_hex;
use crate::core::tabular::column::DateOrder;
use crate::core::tabular::format::Promise;
use crate::core::tabular::input::{Input, InputError, UnpackLimits};
use crate::core::tabular::parquet::{Pages, ParquetFile};
use crate::core::tabular::table::{Batches, Table, TableError, TableOptions};

/// Files from this size on are encoded in a second thread.
const PIPELINE_BYTES: u64 = 1 << 20;
/// Batches between the two threads.
const BATCHES_AHEAD: usize = 4;

/// Why a file was not converted.
enum Stop {
    /// It is not a table.
    Table(TableError),
    /// Its table has no Parquet form.
    NoParquet(String),
    /// Its output can't stand where it belongs.
    Blocked(String),
    /// Its reader panicked.
    Panicked,
    /// The destination can't be written.
    Output(io::Error),
    /// The run must end.
    Run(ConversionError),
}

impl From<TableError> for Stop {
    fn from(error: TableError) -> Self {
        match error {
            TableError::Rejects(source) => Self::Output(source),
            other => Self::Table(other),
        }
    }
}

/// A schema that Parquet refuses is the file's fault, everything else the destination's.
impl From<ParquetError> for Stop {
    fn from(error: ParquetError) -> Self {
        let source = match error {
            ParquetError::ArrowError(what) | ParquetError::NYI(what) => return Self::NoParquet(what),
            ParquetError::External(source) => io::Error::other(source),
            other => io::Error::other(other),
        };
        Self::Output(source)
    }
}

impl From<ConversionError> for Stop {
    fn from(error: ConversionError) -> Self {
        Self::Run(error)
    }
}

/// Converts one file after another with the same options.
#[derive(Debug)]
pub(super) struct FileConverter<'a> {
    options: &'a ConversionOptions,
    settings: String,
    cancel: &'a CancellationToken,
}

impl<'a> FileConverter<'a> {
    /// With these options.
    pub(super) fn new(options: &'a ConversionOptions, cancel: &'a CancellationToken) -> Self {
        Self { options, settings: settings_digest(options), cancel }
    }

    /// Converts a file, or finds that nothing has changed. `scratch`: a name no other file uses.
    pub(super) fn convert(
        &self,
        file: &PlannedFile,
        promise: Promise,
        staging: &Staging,
        scratch: &str,
    ) -> Result<FileOutcome, ConversionError> {
        let mut outcome = FileOutcome::new(&file.name, FileStatus::Converted, file.size_bytes);
        let done = guarded(|| {
            let input = self.input(file, &mut outcome)?;
            if let Some(obstacle) = staging.obstacle(&format!("{}.parquet", file.name)) {
                return Err(Stop::Blocked(obstacle));
            }
            // The outputs need not be looked at if they are to be made again in any case.
            let may_stay = !self.options.overwrite;
            let earlier = may_stay.then(|| staging.unchanged(&file.name, input.sha256(), &self.settings)).flatten();
            match earlier {
                Some(earlier) => outcome = earlier,
                None => self.write(&self.inspect(input, promise, &mut outcome)?, staging, scratch, &mut outcome)?,
            }
            Ok(())
        });
        settle(outcome, done, staging.destination())
    }

    /// Looks at a file without writing anything.
    pub(super) fn look(&self, file: &PlannedFile, promise: Promise) -> Result<FileOutcome, ConversionError> {
        let mut outcome = FileOutcome::new(&file.name, FileStatus::Converted, file.size_bytes);
        let done = guarded(|| {
            let input = self.input(file, &mut outcome)?;
            self.inspect(input, promise, &mut outcome).map(drop)
        });
        settle(outcome, done, &file.path)
    }

    fn input(&self, file: &PlannedFile, outcome: &mut FileOutcome) -> Result<Input, Stop> {
        if self.cancel.is_cancelled() {
            return Err(ConversionError::Cancelled.into());
        }
        let opened = Input::open(&file.path, UnpackLimits::default(), self.cancel.clone());
        let input = opened.map_err(TableError::Input)?;
        outcome.size_bytes = input.size_bytes();
        outcome.sha256 = Some(input.sha256().to_owned());
        outcome.settings = Some(self.settings.clone());
        Ok(input)
    }

    fn inspect(&self, input: Input, promise: Promise, outcome: &mut FileOutcome) -> Result<Table, Stop> {
        let table = Table::inspect(input, promise, table_options(self.options))?;
        outcome.table = Some(table.report().clone());
        Ok(table)
    }

    fn write(&self, table: &Table, staging: &Staging, scratch: &str, outcome: &mut FileOutcome) -> Result<(), Stop> {
        let parquet_scratch = staging.scratch(&format!("{scratch}.parquet"));
        let rejects_scratch = staging.scratch(&format!("{scratch}.rejects.jsonl"));
        let mut rejects = RejectsFile::new(rejects_scratch.clone(), self.options.max_rejects);
        let metadata = table.preamble().map(|text| ("textmill.preamble".to_owned(), text.to_owned()));
        let rows = usize::try_from(self.options.row_group_rows).unwrap_or(usize::MAX);
        let pages = pages(self.options.compression);
        let file = ParquetFile::create(&parquet_scratch, table.schema(), pages, rows, metadata.into_iter().collect());
        let mut batches = table.read()?;
        let is_large = outcome.size_bytes >= PIPELINE_BYTES;
        let copied = self.copy(is_large, &mut *batches, &mut rejects, file?);
        let rows_out = copied.inspect_err(|_| discard(&[&parquet_scratch, &rejects_scratch]))?;
        outcome.notes = batches.notes();
        outcome.rows_out = rows_out;
        outcome.rows_rejected = rejects.count();
        outcome.rows_in = rows_out + outcome.rows_rejected;
        publish(staging, &parquet_scratch, rejects, outcome)?;
        Ok(())
    }

    /// All rows from `batches` into `file`; encodes in a second thread where it is worth it.
    fn copy(
        &self,
        is_large: bool,
        batches: &mut dyn Batches,
        rejects: &mut RejectsFile,
        mut file: ParquetFile,
    ) -> Result<u64, Stop> {
        if !is_large {
            while let Some(batch) = self.next(batches, rejects)? {
                file.write(&batch)?;
            }
            return Ok(file.finish()?);
        }
        thread::scope(|scope| {
            let (sender, receiver) = sync_channel(BATCHES_AHEAD);
            let encoder = scope.spawn(move || encode(file, &receiver));
            let read = self.feed(batches, rejects, &sender);
            drop(sender);
            let encoded = encoder.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            read.and(encoded.map_err(Stop::from))
        })
    }

    /// The encoder hangs up when it fails; its error is the one that counts.
    fn feed(
        &self,
        batches: &mut dyn Batches,
        rejects: &mut RejectsFile,
        encoder: &SyncSender<RecordBatch>,
    ) -> Result<(), Stop> {
        while let Some(batch) = self.next(batches, rejects)? {
            if encoder.send(batch).is_err() {
                break;
            }
        }
        Ok(())
    }

    fn next(&self, batches: &mut dyn Batches, rejects: &mut RejectsFile) -> Result<Option<RecordBatch>, Stop> {
        if self.cancel.is_cancelled() {
            return Err(ConversionError::Cancelled.into());
        }
        Ok(batches.next_batch(rejects)?)
    }
}

fn encode(mut file: ParquetFile, batches: &Receiver<RecordBatch>) -> Result<u64, ParquetError> {
    while let Ok(batch) = batches.recv() {
        file.write(&batch)?;
    }
    file.finish()
}

fn publish(
    staging: &Staging,
    parquet: &Path,
    rejects: RejectsFile,
    outcome: &mut FileOutcome,
) -> Result<(), ConversionError> {
    let target = format!("{}.parquet", outcome.source);
    let rejects_target = format!("{}{REJECTS_SUFFIX}", outcome.source);
    match rejects.finish().map_err(ConversionError::write("write", Path::new(&rejects_target)))? {
        Some(path) => outcome.rejects = Some(staging.publish(&path, &rejects_target)?),
        None => staging.withdraw_rejects(&outcome.source)?,
    }
    outcome.output = Some(staging.publish(parquet, &target)?);
    Ok(())
}

/// A reader that panics has met a file that it was not made for; the run goes on without it.
fn guarded(work: impl FnOnce() -> Result<(), Stop>) -> Result<(), Stop> {
    // What the panic said is told by the panic hook.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(Stop::Panicked))
}

/// The file's line in the outcome; only a run that must end is an error here.
fn settle(
    mut outcome: FileOutcome,
    done: Result<(), Stop>,
    destination: &Path,
) -> Result<FileOutcome, ConversionError> {
    match done {
        Ok(()) => {}
        Err(Stop::Run(error)) => return Err(error),
        Err(Stop::Output(error)) => return Err(ConversionError::write("write to", destination)(error)),
        Err(Stop::Table(TableError::Input(InputError::Cancelled))) => return Err(ConversionError::Cancelled),
        Err(Stop::Table(TableError::Empty)) => {
            outcome.status = FileStatus::Skipped;
            outcome.reason = Some("the file holds no data".to_owned());
        }
        Err(Stop::Table(error)) => fail(&mut outcome, error.to_failure()),
        Err(Stop::Blocked(obstacle)) => {
            let failure = Failure::new(Code::AlreadyExists, obstacle);
            fail(&mut outcome, failure.with_hint("remove it, or use another destination"));
        }
        Err(Stop::Panicked) => {
            let failure =
                Failure::new(Code::Internal, "the reader broke down on this file, which is a fault of textmill")
                    .with_hint("please report it with the file, if you may share it");
            fail(&mut outcome, failure);
        }
        Err(Stop::NoParquet(what)) => {
            let failure = Failure::new(Code::UnsupportedFormat, format!("the table has no Parquet form: {what}"));
            fail(&mut outcome, failure);
        }
    }
    Ok(outcome)
}

fn fail(outcome: &mut FileOutcome, failure: Failure) {
    outcome.status = FileStatus::Failed;
    outcome.error = Some(failure);
}

/// Best effort: a run clears its scratch folder anyway.
fn discard(paths: &[&Path]) {
    for path in paths {
        let _ = std::fs::remove_file(path);
    }
}

fn pages(compression: Compression) -> Pages {
    match compression {
        Compression::Zstd => Pages::Zstd,
        Compression::Snappy => Pages::Snappy,
        Compression::None => Pages::Plain,
    }
}

fn table_options(options: &ConversionOptions) -> TableOptions {
    let date_order = match options.ambiguous_dates {
        AmbiguousDates::Text => DateOrder::Unknown,
        AmbiguousDates::DayFirst => DateOrder::DayFirst,
        AmbiguousDates::MonthFirst => DateOrder::MonthFirst,
    };
    let header = match options.header {
        Header::Auto => None,
        Header::Present => Some(true),
        Header::Absent => Some(false),
    };
    let (delimiter, encoding) = (options.delimiter.wish(), options.encoding.wish());
    TableOptions { as_text: options.schema == SchemaMode::Text, date_order, header, delimiter, encoding }
}

/// Digest of everything besides the input that shapes an output: the version, and all options but those that only choose
/// files or say whether to write.
fn settings_digest(options: &ConversionOptions) -> String {
    let shaping_options = ConversionOptions {
        include: Vec::new(),
        exclude: Vec::new(),
        overwrite: false,
        dry_run: false,
        ..options.clone()
    };
    let shaping = serde_json::json!({ "textmill": env!("CARGO_PKG_VERSION"), "options": shaping_options });
    sha256_hex(shaping.to_string().as_bytes())
}
