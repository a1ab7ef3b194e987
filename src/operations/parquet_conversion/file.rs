//! One file: looked at, read in batches, written beside its rejects, handed over to be published.
//!
//! What is wrong with the file becomes its line in the outcome; only a destination that can't be written ends the run.

use std::path::{Path, PathBuf};

use super::copy::copy;
use super::error::ConversionError;
use super::options::{Compression, ConversionOptions};
use super::outcome::{FileOutcome, FileStatus, TableOutcome};
use super::rejects::RejectsFile;
use super::staging::Staging;
use super::stop::{Stop, guarded, settle};
use super::written::{Finished, WrittenFile, WrittenTable};
use crate::core::archive;
use crate::core::hash::sha256_hex;
use crate::core::intake::SourceFile;
use crate::core::tabular::error::TableError;
use crate::core::tabular::format::Promise;
use crate::core::tabular::input::{Input, UnpackLimits};
use crate::core::tabular::parquet::{Pages, ParquetFile};
use crate::core::tabular::table::{Table, Tables};
use crate::operations::context::RunContext;

/// Files from this size on are encoded in a second thread.
const PIPELINE_BYTES: u64 = 1 << 20;

/// Converts one file after another with the same options.
#[derive(Debug)]
pub(super) struct FileConverter<'a> {
    options: &'a ConversionOptions,
    settings: String,
    context: &'a RunContext,
}

/// Where a file's outputs are written until they are published: paths that no other file uses.
struct Scratch<'a> {
    staging: &'a Staging,
    name: &'a str,
    /// Whatever may lie there.
    made: Vec<PathBuf>,
    tables: Vec<WrittenTable>,
}

impl<'a> FileConverter<'a> {
    /// With these options.
    pub(super) fn new(options: &'a ConversionOptions, context: &'a RunContext) -> Self {
        Self { options, settings: settings_digest(options), context }
    }

    /// Converts a file, or finds that nothing has changed. `scratch`: a name no other file uses.
    pub(super) fn convert(
        &self,
        file: &SourceFile,
        promise: Promise,
        staging: &Staging,
        scratch: &str,
    ) -> Result<Finished, ConversionError> {
        let mut outcome = FileOutcome::new(&file.name, FileStatus::Converted, file.size_bytes);
        let mut scratch = Scratch { staging, name: scratch, made: Vec::new(), tables: Vec::new() };
        let place = if file.member.is_some() { scratch.unpacked() } else { file.path.clone() };
        let mut opened = None;
        let done = guarded(|| {
            let input = self.input(file, &place, &mut outcome)?;
            opened = Some(input.clone());
            if let Some(obstacle) = staging.early_obstacle(&format!("{}.parquet", file.name)) {
                return Err(Stop::Blocked(obstacle));
            }
            // The outputs need not be looked at if they are to be made again in any case.
            let may_stay = !self.options.overwrite;
            let earlier = may_stay.then(|| staging.unchanged(&file.name, &input, &self.settings)).flatten();
            if let Some(earlier) = earlier {
                outcome = earlier;
                return Ok(());
            }
            let is_large = input.size_bytes() >= PIPELINE_BYTES;
            let mut tables = self.tables(input, file, promise)?;
            while let Some(table) = tables.next_table()? {
                self.write(table, is_large, &mut scratch)?;
            }
            if scratch.tables.is_empty() { Err(TableError::Empty.into()) } else { Ok(()) }
        });
        outcome.sha256 = digest(opened.as_ref());
        let tables = if done.is_ok() { scratch.tables } else { scratch.discard() };
        if file.member.is_some() {
            // Best effort, as there.
            let _ = std::fs::remove_file(&place);
        }
        Ok(Finished { outcome: settle(outcome, done, staging.destination())?, tables })
    }

    /// Looks at a file without writing anything.
    pub(super) fn look(&self, file: &SourceFile, promise: Promise) -> Result<FileOutcome, ConversionError> {
        let mut outcome = FileOutcome::new(&file.name, FileStatus::Converted, file.size_bytes);
        let (mut opened, mut unpacked) = (None, None);
        let done = guarded(|| {
            if file.member.is_some() {
                unpacked = Some(tempfile::NamedTempFile::new().map_err(Stop::Output)?);
            }
            let place = unpacked.as_ref().map_or(&*file.path, |unpacked| unpacked.path());
            let input = self.input(file, place, &mut outcome)?;
            opened = Some(input.clone());
            let mut tables = self.tables(input, file, promise)?;
            while let Some(table) = tables.next_table()? {
                outcome.tables.push(TableOutcome::new(table.report().clone()));
            }
            if outcome.tables.is_empty() { Err(TableError::Empty.into()) } else { Ok(()) }
        });
        outcome.sha256 = digest(opened.as_ref());
        settle(outcome, done, &file.path)
    }

    /// A file of an archive is unpacked to `place` first; any other lies there.
    fn input(&self, file: &SourceFile, place: &Path, outcome: &mut FileOutcome) -> Result<Input, Stop> {
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
        outcome.settings = Some(self.settings.clone());
        Ok(input)
    }

    fn tables(&self, input: Input, file: &SourceFile, promise: Promise) -> Result<Box<dyn Tables>, Stop> {
        Ok(self.context.isolation.tables(input, promise, &self.options.table_options(&file.name))?)
    }

    fn write(&self, table: Box<dyn Table>, is_large: bool, scratch: &mut Scratch<'_>) -> Result<(), Stop> {
        let (parquet, rejects) = (scratch.path("parquet"), scratch.path("rejects.jsonl"));
        let mut rejects = RejectsFile::new(rejects, self.options);
        let mut outcome = TableOutcome::new(table.report().clone());
        let metadata = table.preamble().map(|text| ("textmill.preamble".to_owned(), text.to_owned()));
        let rows = usize::try_from(self.options.row_group_rows).unwrap_or(usize::MAX);
        let pages = pages(self.options.compression);
        let file = ParquetFile::create(&parquet, table.schema(), pages, rows, metadata.into_iter().collect())?;
        let mut batches = table.read()?;
        let (rows_out, file) = copy(&mut *batches, &mut rejects, file, is_large, &self.context.cancel)?;
        outcome.notes = batches.notes();
        outcome.rows_rejected = rejects.count();
        outcome.rows_out = rows_out;
        outcome.rows_in = rows_out + outcome.rows_rejected;
        let rejects = rejects.finish().map_err(Stop::Output)?;
        let parquet = WrittenFile::new(parquet, file).map_err(Stop::Output)?;
        scratch.tables.push(WrittenTable { table: outcome, parquet, rejects });
        Ok(())
    }
}

impl Scratch<'_> {
    /// A path for the next table.
    fn path(&mut self, extension: &str) -> PathBuf {
        let path = self.staging.scratch(&format!("{}.{}.{extension}", self.name, self.tables.len()));
        self.made.push(path.clone());
        path
    }

    /// A path for what an archive holds.
    fn unpacked(&self) -> PathBuf {
        self.staging.scratch(&format!("{}.unpacked", self.name))
    }

    /// Removes everything. Best effort: a run clears its scratch folder anyway.
    fn discard(self) -> Vec<WrittenTable> {
        for path in &self.made {
            let _ = std::fs::remove_file(path);
        }
        Vec::new()
    }
}

/// Known from the first pass as a rule, so that it costs no reading. A file that has gone meanwhile has none.
fn digest(opened: Option<&Input>) -> Option<String> {
    opened.and_then(|input| input.sha256().ok()).map(str::to_owned)
}

fn pages(compression: Compression) -> Pages {
    match compression {
        Compression::Zstd => Pages::Zstd,
        Compression::Snappy => Pages::Snappy,
        Compression::None => Pages::Plain,
    }
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
