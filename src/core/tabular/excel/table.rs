//! A sheet as a table: found, named, typed.

use std::sync::Arc;

use arrow_schema::{Field, Schema, SchemaRef};

use super::super::delimited::header::{HeaderGuess, names};
use super::batches::SheetBatches;
use super::cells::{Cells, Kind};
use super::header::{self, FirstCell};
use super::layout::Layout;
use super::profile::{self, CellType, Profile};
use super::serial::Epoch;
use super::xlsx::a1;
use super::{Sheet, wording};
use crate::core::tabular::encoding::Confidence;
use crate::core::tabular::error::TableError;
use crate::core::tabular::format::FormatName;
use crate::core::tabular::report::{ColumnReport, Guess, SheetReport, TableNote, TableReport};
use crate::core::tabular::table::{Batches, Table, TableOptions};

/// The table of a sheet.
pub(super) struct SheetTable {
    batches: SheetBatches,
    report: TableReport,
    preamble: Option<String>,
}

impl std::fmt::Debug for SheetTable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SheetTable").field("report", &self.report).finish_non_exhaustive()
    }
}

impl SheetTable {
    /// Looks at a sheet; `None`: it is empty.
    ///
    /// # Errors
    /// When it is too large.
    pub(super) fn inspect(
        mut sheet: Sheet,
        format: FormatName,
        epoch: Epoch,
        options: &TableOptions,
    ) -> Result<Option<Self>, TableError> {
        let Some(layout) = Layout::find(&sheet.cells) else { return Ok(None) };
        let cells = &mut sheet.cells;
        let any_below = layout.last_row > layout.first_row;
        for column in &mut cells.columns {
            profile::decide(column, layout.first_row + u32::from(any_below), epoch);
        }
        let first = first_row(cells, &layout);
        let below = profiles(cells, &layout, layout.first_row + 1);
        let guess = match options.header {
            Some(is_header) => HeaderGuess { is_header, confidence: Confidence::Certain },
            None => header::guess(&first, &below, any_below),
        };
        let start = layout.first_row + u32::from(guess.is_header);
        let profiles = if guess.is_header { below } else { profiles(cells, &layout, start) };
        let (spans, passed) = layout.rows(cells, start)?;
        let given: Vec<String> = first.into_iter().map(|cell| cell.wording).collect();
        let names = names(guess.is_header.then_some(&given[..]), layout.width());
        let settled: Vec<_> = profiles.iter().map(|profile| profile.settle(options.as_text)).collect();
        let fields = names.iter().zip(&settled).map(|(name, (it, _))| Field::new(name, it.data_type(), true));
        let schema: SchemaRef = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let columns =
            layout.columns.clone().map(|index| index as usize).zip(settled.iter().map(|(it, _)| *it)).collect();
        let report = report(&sheet, &layout, guess, column_reports(names, settled));
        let preamble = preamble(&sheet.cells, &layout);
        let notes = table_notes(layout.titles.len() as u64, passed);
        let spans = spans.into_iter().rev().collect();
        let batches = SheetBatches { cells: sheet.cells, schema, columns, spans, notes };
        let report = TableReport { format, ..report };
        Ok(Some(Self { batches, report, preamble }))
    }

    /// Says how the file that holds the workbook is packed.
    pub(super) fn packed(mut self, packing: Option<&str>) -> Self {
        self.report.packing = packing.map(str::to_owned);
        self
    }
}

fn first_row(cells: &Cells, layout: &Layout) -> Vec<FirstCell> {
    let cell = |index: u32| cells.columns.get(index as usize).and_then(|column| column.at(layout.first_row));
    let first = |index| match cell(index) {
        Some(found) => FirstCell {
            wording: wording::text(cells, found),
            is_value: !matches!(found.kind, Kind::Shared | Kind::Own | Kind::Error),
        },
        None => FirstCell { wording: String::new(), is_value: false },
    };
    layout.columns.clone().map(first).collect()
}

fn profiles(cells: &Cells, layout: &Layout, row: u32) -> Vec<Profile> {
    let columns = layout.columns.clone().filter_map(|index| cells.columns.get(index as usize));
    columns.map(|column| Profile::of(cells, column, row)).collect()
}

fn column_reports(
    names: Vec<String>,
    settled: Vec<(CellType, Vec<crate::core::tabular::column::ColumnNote>)>,
) -> Vec<ColumnReport> {
    let report = |(name, (found, notes)): (String, (CellType, _))| ColumnReport {
        name,
        data_type: found.data_type().to_string(),
        notes,
    };
    names.into_iter().zip(settled).map(report).collect()
}

fn report(sheet: &Sheet, layout: &Layout, header: HeaderGuess, columns: Vec<ColumnReport>) -> TableReport {
    let range =
        format!("{}:{}", a1(layout.first_row, *layout.columns.start()), a1(layout.last_row, *layout.columns.end()));
    let report = SheetReport {
        name: sheet.name.clone(),
        visibility: sheet.visibility,
        range,
        header: Guess { value: header.is_header, confidence: header.confidence },
    };
    TableReport { sheet: Some(report), ..TableReport::new(FormatName::Xlsx, columns) }
}

fn preamble(cells: &Cells, layout: &Layout) -> Option<String> {
    let title =
        |row: &u32| cells.columns.iter().find_map(|column| column.at(*row)).map(|cell| wording::text(cells, cell));
    let titles: Vec<String> = layout.titles.iter().filter_map(title).collect();
    (!titles.is_empty()).then(|| titles.join("\n"))
}

fn table_notes(titles: u64, passed: u64) -> Vec<TableNote> {
    let titles = (titles > 0).then_some(TableNote::Preamble { lines: titles });
    let blank = (passed > 0).then_some(TableNote::BlankRows { count: passed });
    titles.into_iter().chain(blank).collect()
}

impl Table for SheetTable {
    fn report(&self) -> &TableReport {
        &self.report
    }

    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.batches.schema)
    }

    fn preamble(&self) -> Option<&str> {
        self.preamble.as_deref()
    }

    fn read(self: Box<Self>) -> Result<Box<dyn Batches>, TableError> {
        Ok(Box::new(self.batches))
    }
}
