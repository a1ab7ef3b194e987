//! One file: opened, read table after table, its rows made records.
//!
//! What is wrong with the file becomes its entry; only what ends the whole build is an error here. The one decision: a
//! first row that was taken for the names of columns without being sure is a record as well.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use super::made::Gathering;
use crate::core::archive::{self, ArchiveError};
use crate::core::failure::{Code, Fails, Failure};
use crate::core::intake::{SourceFile, Step};
use crate::core::tabular::encoding::Confidence;
use crate::core::tabular::error::TableError;
use crate::core::tabular::format::{FormatName, Promise};
use crate::core::tabular::input::{Input, InputError, UnpackLimits};
use crate::core::tabular::report::TableReport;
use crate::core::tabular::table::{Batches, Table, TableOptions, Tables};
use crate::operations::context::RunContext;
use crate::operations::knowledge_base::clean::RepeatedLines;
use crate::operations::knowledge_base::error::KnowledgeBaseError;
use crate::operations::knowledge_base::making::{FileFacts, Making, MakingError, TableMaker};
use crate::operations::knowledge_base::manifest::{FileEntry, FileStatus};

/// Makes records of one file after another.
pub(super) struct FileMaker<'a> {
    pub(super) making: &'a Making,
    pub(super) table_options: &'a TableOptions,
    pub(super) context: &'a RunContext,
    /// Takes what archives hold, while it is read.
    pub(super) scratch: &'a Path,
}

/// A file that is open; what was unpacked goes with it.
pub(super) struct Opened {
    pub(super) input: Input,
    unpacked: Option<PathBuf>,
}

impl Drop for Opened {
    fn drop(&mut self) {
        if let Some(path) = &self.unpacked {
            // Best effort: it lies in the draft, which is removed or cleared.
            let _ = std::fs::remove_file(path);
        }
    }
}

/// The entry of a file of which nothing is known but its name and size.
pub(super) fn entry(file: &SourceFile) -> FileEntry {
    let entry = |status| FileEntry {
        path: file.name.clone(),
        status,
        reason: None,
        error: None,
        format: None,
        sha256: None,
        size_bytes: file.size_bytes,
        records: 0,
        rejected: 0,
        duplicates: 0,
        first_record: 0,
    };
    match &file.step {
        Step::Read(_) => entry(FileStatus::Read),
        Step::Skip(reason) => FileEntry { reason: Some(reason.clone()), ..entry(FileStatus::Skipped) },
        Step::Refuse(failure) => FileEntry { error: Some(failure.clone()), ..entry(FileStatus::Failed) },
    }
}

impl FileMaker<'_> {
    /// Opens a file; one in an archive is unpacked first. `number`: one that no other file has.
    pub(super) fn open(&self, file: &SourceFile, number: usize) -> Result<Opened, MakingError> {
        if self.context.cancel.is_cancelled() {
            return Err(KnowledgeBaseError::Cancelled.into());
        }
        let limits = UnpackLimits::default();
        let mut unpacked = None;
        if let Some(member) = &file.member {
            let place = unpacked.insert(self.scratch.join(format!(".unpacked-{number}")));
            archive::extract(&file.path, member, place, limits, &self.context.cancel).map_err(unpacking(place))?;
        }
        let place = unpacked.as_deref().unwrap_or(&file.path);
        let input = Input::open(place, limits, self.context.cancel.clone()).map_err(TableError::Input)?;
        Ok(Opened { input, unpacked })
    }

    /// Makes records of a file, and hands its end over.
    pub(super) fn make(
        &self,
        (file, promise): (&SourceFile, Promise),
        number: usize,
        gathering: &mut Gathering<'_>,
    ) -> Result<(), MakingError> {
        let (mut entry, mut columns) = (entry(file), BTreeMap::new());
        gathering.begin(&file.name);
        let work = || {
            let opened = self.open(file, number)?;
            entry.size_bytes = opened.input.size_bytes();
            let done = self.read((&opened.input, promise), &mut entry, &mut columns, gathering);
            // Known from the first pass as a rule, so that it costs no reading.
            entry.sha256 = opened.input.sha256().ok().map(str::to_owned);
            done
        };
        // A reader that panics has met a file that it was not made for; what it said is told by the panic hook.
        let done = catch_unwind(AssertUnwindSafe(work));
        if gathering.is_gone() {
            return Err(MakingError::Gone);
        }
        settle(&mut entry, done.ok())?;
        entry.rejected = gathering.rejected();
        gathering.end(entry, false, columns);
        Ok(())
    }

    fn read(
        &self,
        (input, promise): (&Input, Promise),
        entry: &mut FileEntry,
        columns: &mut BTreeMap<String, u64>,
        gathering: &mut Gathering<'_>,
    ) -> Result<(), MakingError> {
        let mut tables = self.context.isolation.tables(input.clone(), promise, self.table_options)?;
        let mut headless = Headless { maker: self, input, promise, tables: None, next: 0 };
        let path = entry.path.clone();
        let facts = FileFacts::new(&path, input.sha256().map_err(TableError::Input)?);
        let mut number = 0;
        while let Some(table) = tables.next_table()? {
            entry.format = Some(table.report().format);
            let named = table.report().clone();
            let (table, names) = if is_unsure(&named) {
                (headless.table(number)?, Some(named.columns.into_iter().map(|column| column.name).collect()))
            } else {
                (table, None)
            };
            let mut maker = TableMaker::new(self.making, &facts, table.report(), names);
            gathering.begin_table(maker.sheet());
            self.rows(table, &mut maker, gathering)?;
            maker.add_columns(columns);
            number += 1;
        }
        if number == 0 { Err(TableError::Empty.into()) } else { Ok(()) }
    }

    fn rows(
        &self,
        table: Box<dyn Table>,
        maker: &mut TableMaker<'_>,
        gathering: &mut Gathering<'_>,
    ) -> Result<(), MakingError> {
        let has_pages = table.report().format == FormatName::Pdf;
        if let Some(preamble) = table.preamble() {
            maker.preamble(preamble, gathering)?;
        }
        let mut batches = table.read()?;
        if has_pages && self.making.cleaner.needs_pages() {
            return self.pages(&mut *batches, maker, gathering);
        }
        while let Some(batch) = batches.next_batch(gathering)? {
            self.check_cancelled()?;
            maker.batch(&batch, batches.lines(), None, gathering)?;
        }
        Ok(())
    }

    /// All pages of a document are held, as bounded as documents are, until it is known what repeats on them.
    fn pages(
        &self,
        batches: &mut dyn Batches,
        maker: &mut TableMaker<'_>,
        gathering: &mut Gathering<'_>,
    ) -> Result<(), MakingError> {
        let (mut held, mut repeated) = (Vec::new(), RepeatedLines::default());
        while let Some(batch) = batches.next_batch(gathering)? {
            self.check_cancelled()?;
            repeated.see_batch(&batch);
            held.push((batch, batches.lines().to_vec()));
        }
        held.iter().try_for_each(|(batch, lines)| maker.batch(batch, lines, Some(&repeated), gathering))
    }

    fn check_cancelled(&self) -> Result<(), MakingError> {
        if self.context.cancel.is_cancelled() { Err(KnowledgeBaseError::Cancelled.into()) } else { Ok(()) }
    }
}

/// Whether the first row may as well be one of the rows.
fn is_unsure(report: &TableReport) -> bool {
    report.header().is_some_and(|header| header.value && header.confidence == Confidence::Low)
}

/// The tables of a file once more, with their first rows among the others; read only where that is needed.
struct Headless<'a> {
    maker: &'a FileMaker<'a>,
    input: &'a Input,
    promise: Promise,
    tables: Option<Box<dyn Tables>>,
    next: usize,
}

impl Headless<'_> {
    /// Table `number`, from 0; numbers must rise.
    fn table(&mut self, number: usize) -> Result<Box<dyn Table>, MakingError> {
        let tables = match &mut self.tables {
            Some(tables) => tables,
            none => {
                let options = TableOptions { header: Some(false), ..self.maker.table_options.clone() };
                let tables = self.maker.context.isolation.tables(self.input.clone(), self.promise, &options)?;
                none.insert(tables)
            }
        };
        loop {
            let table = tables.next_table()?.ok_or(TableError::Changed { line: 1 })?;
            self.next += 1;
            if self.next > number {
                return Ok(table);
            }
        }
    }
}

/// A draft that can't be written ends the build; everything else is the archive's fault.
fn unpacking(place: &Path) -> impl FnOnce(ArchiveError) -> MakingError {
    move |error| match error {
        ArchiveError::Cancelled => KnowledgeBaseError::Cancelled.into(),
        ArchiveError::Write(source) => {
            KnowledgeBaseError::at("write", place)(std::io::Error::new(source.kind(), source)).into()
        }
        other => TableError::Told(other.to_failure()).into(),
    }
}

/// What became of a file; `done` is `None` if its reader panicked.
fn settle(entry: &mut FileEntry, done: Option<Result<(), MakingError>>) -> Result<(), MakingError> {
    let failure = match done {
        Some(Ok(())) => return Ok(()),
        Some(Err(MakingError::Table(TableError::Input(InputError::Cancelled)))) => {
            return Err(KnowledgeBaseError::Cancelled.into());
        }
        Some(Err(MakingError::Table(TableError::Empty))) => {
            entry.status = FileStatus::Skipped;
            entry.reason = Some("the file holds no data".to_owned());
            return Ok(());
        }
        Some(Err(MakingError::Table(error))) => error.to_failure(),
        Some(Err(ends_the_build)) => return Err(ends_the_build),
        None => Failure::new(Code::Internal, "the reader broke down on this file, which is a fault of textmill")
            .with_hint("please report it with the file, if you may share it"),
    };
    entry.status = FileStatus::Failed;
    entry.error = Some(failure);
    Ok(())
}
