//! One file: looked at, read in batches, written beside its rejects, published whole.
//!
//! What is wrong with the file becomes its line in the outcome; only a destination that can't be written ends the run.

use std::path::{Path, PathBuf};

use super::copy::copy;
use super::error::ConversionError;
use super::naming::output_stems;
use super::options::{AmbiguousDates, Compression, ConversionOptions, Header, SchemaMode};
use super::outcome::{FileOutcome, FileStatus, TableOutcome};
use super::plan::PlannedFile;
use super::rejects::RejectsFile;
use super::staging::{REJECTS_SUFFIX, Staging};
use super::stop::{Stop, guarded, settle};
use crate::core::archive;
use crate::core::hash::sha256_hex;
use crate::core::tabular::column::DateOrder;
use crate::core::tabular::error::TableError;
use crate::core::tabular::format::Promise;
use crate::core::tabular::input::{Input, UnpackLimits};
use crate::core::tabular::parquet::{Pages, ParquetFile};
use crate::core::tabular::table::{Table, TableOptions, Tables};
use crate::operations::context::RunContext;

/// Files from this size on are encoded in a second thread.
const PIPELINE_BYTES: u64 = 1 << 20;

/// Converts one file after another with the same options.
#[derive(Debug)]
pub(super) struct FileConverter<'a> {
    options: &'a ConversionOptions,
    table_options: TableOptions,
    settings: String,
    context: &'a RunContext,
}

/// A table that is written and not yet in its place.
struct Written {
    table: TableOutcome,
    parquet: PathBuf,
    rejects: Option<PathBuf>,
}

/// Where a file's outputs are written until they are published: paths that no other file uses.
struct Scratch<'a> {
    staging: &'a Staging,
    name: &'a str,
    written: Vec<Written>,
}

impl<'a> FileConverter<'a> {
    /// With these options.
    pub(super) fn new(options: &'a ConversionOptions, context: &'a RunContext) -> Self {
        Self { options, table_options: table_options(options), settings: settings_digest(options), context }
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
        let mut scratch = Scratch { staging, name: scratch, written: Vec::new() };
        let place = if file.member.is_some() { scratch.unpacked() } else { file.path.clone() };
        let done = guarded(|| {
            let input = self.input(file, &place, &mut outcome)?;
            if let Some(obstacle) = staging.obstacle(&format!("{}.parquet", file.name)) {
                return Err(Stop::Blocked(obstacle));
            }
            // The outputs need not be looked at if they are to be made again in any case.
            let may_stay = !self.options.overwrite;
            let earlier = may_stay.then(|| staging.unchanged(&file.name, input.sha256(), &self.settings)).flatten();
            if let Some(earlier) = earlier {
                outcome = earlier;
                return Ok(());
            }
            let is_large = input.size_bytes() >= PIPELINE_BYTES;
            let mut tables = self.tables(input, &place, promise)?;
            while let Some(table) = tables.next_table()? {
                self.write(table, is_large, &mut scratch)?;
            }
            scratch.publish(&mut outcome)
        });
        scratch.discard();
        if file.member.is_some() {
            // Best effort, as there.
            let _ = std::fs::remove_file(&place);
        }
        settle(outcome, done, staging.destination())
    }

    /// Looks at a file without writing anything.
    pub(super) fn look(&self, file: &PlannedFile, promise: Promise) -> Result<FileOutcome, ConversionError> {
        let mut outcome = FileOutcome::new(&file.name, FileStatus::Converted, file.size_bytes);
        let done = guarded(|| {
            let unpacked = file.member.as_ref().map(|_| tempfile::NamedTempFile::new()).transpose();
            let unpacked = unpacked.map_err(Stop::Output)?;
            let place = unpacked.as_ref().map_or(&*file.path, |unpacked| unpacked.path());
            let input = self.input(file, place, &mut outcome)?;
            let mut tables = self.tables(input, place, promise)?;
            while let Some(table) = tables.next_table()? {
                outcome.tables.push(TableOutcome::new(table.report().clone()));
            }
            if outcome.tables.is_empty() { Err(TableError::Empty.into()) } else { Ok(()) }
        });
        settle(outcome, done, &file.path)
    }

    /// A file of an archive is unpacked to `place` first; any other lies there.
    fn input(&self, file: &PlannedFile, place: &Path, outcome: &mut FileOutcome) -> Result<Input, Stop> {
        if self.context.cancel.is_cancelled() {
            return Err(ConversionError::Cancelled.into());
        }
        let limits = UnpackLimits::default();
        if let Some(member) = &file.member {
            archive::extract(&file.path, member, place, limits, &self.context.cancel)?;
        }
        let opened = Input::open(place, limits, self.context.cancel.clone());
        let input = opened.map_err(TableError::Input)?;
        outcome.size_bytes = input.size_bytes();
        outcome.sha256 = Some(input.sha256().to_owned());
        outcome.settings = Some(self.settings.clone());
        Ok(input)
    }

    fn tables(&self, input: Input, place: &Path, promise: Promise) -> Result<Box<dyn Tables>, Stop> {
        let RunContext { isolation, cancel, .. } = self.context;
        Ok(isolation.tables(input, place, promise, &self.table_options, cancel)?)
    }

    fn write(&self, table: Box<dyn Table>, is_large: bool, scratch: &mut Scratch<'_>) -> Result<(), Stop> {
        let parquet = scratch.path("parquet");
        let mut rejects = RejectsFile::new(scratch.path("rejects.jsonl"), self.options.max_rejects);
        let mut outcome = TableOutcome::new(table.report().clone());
        let metadata = table.preamble().map(|text| ("textmill.preamble".to_owned(), text.to_owned()));
        let rows = usize::try_from(self.options.row_group_rows).unwrap_or(usize::MAX);
        let pages = pages(self.options.compression);
        let file = ParquetFile::create(&parquet, table.schema(), pages, rows, metadata.into_iter().collect())?;
        let written = Written { table: outcome.clone(), parquet, rejects: None };
        scratch.written.push(written);
        let mut batches = table.read()?;
        outcome.rows_out = copy(&mut *batches, &mut rejects, file, is_large, &self.context.cancel)?;
        outcome.notes = batches.notes();
        outcome.rows_rejected = rejects.count();
        outcome.rows_in = outcome.rows_out + outcome.rows_rejected;
        let rejects = rejects.finish().map_err(Stop::Output)?;
        if let Some(last) = scratch.written.last_mut() {
            (last.table, last.rejects) = (outcome, rejects);
        }
        Ok(())
    }
}

impl Scratch<'_> {
    /// A path for the next table.
    fn path(&self, extension: &str) -> PathBuf {
        self.staging.scratch(&format!("{}.{}.{extension}", self.name, self.written.len()))
    }

    /// A path for what an archive holds.
    fn unpacked(&self) -> PathBuf {
        self.staging.scratch(&format!("{}.unpacked", self.name))
    }

    /// Moves everything into place.
    fn publish(&mut self, outcome: &mut FileOutcome) -> Result<(), Stop> {
        if self.written.is_empty() {
            return Err(TableError::Empty.into());
        }
        let stems = output_stems(&outcome.source, self.written.iter().map(|written| &written.table.report));
        let obstacle = stems.iter().find_map(|stem| self.staging.obstacle(&format!("{stem}.parquet")));
        if let Some(obstacle) = obstacle {
            return Err(Stop::Blocked(obstacle));
        }
        let mut tables = Vec::new();
        for (mut written, stem) in self.written.drain(..).zip(stems) {
            if let Some(rejects) = &written.rejects {
                written.table.rejects = Some(self.staging.publish(rejects, &format!("{stem}{REJECTS_SUFFIX}"))?);
            }
            written.table.output = Some(self.staging.publish(&written.parquet, &format!("{stem}.parquet"))?);
            tables.push(written.table);
        }
        outcome.take(tables);
        Ok(self.staging.withdraw_rejects(outcome)?)
    }

    /// Removes what was not published. Best effort: a run clears its scratch folder anyway.
    fn discard(self) {
        for written in &self.written {
            let _ = std::fs::remove_file(&written.parquet);
            if let Some(rejects) = &written.rejects {
                let _ = std::fs::remove_file(rejects);
            }
        }
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
