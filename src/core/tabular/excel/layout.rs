//! Where on a sheet the table lies: titles above it, its columns, its rows with their gaps.
//!
//! The one decision: the table is what is filled. Empty rows and columns around it do not belong to it; empty rows
//! inside do, up to a thousand in a row. Beyond that a sheet has been scrolled, not filled.

use std::ops::RangeInclusive;

use super::cells::{Cells, Kind};
use crate::core::tabular::error::TableError;

/// Title rows above a table at most.
const MAX_TITLES: usize = 20;
/// Rows below titles that must look like a table.
const SAMPLE: u32 = 1_000;
/// Empty rows that follow each other and are still rows of the table.
const MAX_GAP: u32 = 1_000;
/// Cells of the table at most, empty ones counted.
const MAX_BOX: u64 = 1_000_000_000;

/// Where the table lies; rows and columns from 0.
#[derive(Debug)]
pub(super) struct Layout {
    /// Rows of titles above it.
    pub(super) titles: Vec<u32>,
    /// Its first row: a header, or not.
    pub(super) first_row: u32,
    /// Its last row.
    pub(super) last_row: u32,
    /// Its columns.
    pub(super) columns: RangeInclusive<u32>,
}

impl Layout {
    /// Finds the table; `None`: the sheet is empty.
    pub(super) fn find(cells: &Cells) -> Option<Self> {
        let (first, last) = (cells.runs().first()?.first, cells.runs().last()?.last);
        let titles = titles(cells);
        let first_row = titles.last().map_or(first, |title| next_filled(cells, *title));
        let columns = columns(cells, first_row)?;
        Some(Self { titles, first_row, last_row: last, columns })
    }

    /// How many columns it has.
    pub(super) fn width(&self) -> usize {
        self.columns.clone().count()
    }

    /// The rows from `first` on, those of long gaps left out, and how many these are.
    ///
    /// # Errors
    /// When the table is too large.
    pub(super) fn rows(&self, cells: &Cells, first: u32) -> Result<(Vec<RangeInclusive<u32>>, u64), TableError> {
        let (mut spans, mut start, mut next, mut passed) = (Vec::new(), first, first, 0);
        for run in cells.runs().iter().filter(|run| run.last >= first) {
            let gap = run.first.saturating_sub(next);
            if gap > MAX_GAP {
                passed += u64::from(gap);
                if next > start {
                    spans.push(start..=next - 1);
                }
                start = run.first;
            }
            next = run.last + 1;
        }
        if next > start {
            spans.push(start..=next - 1);
        }
        let count: u64 = spans.iter().map(|span| u64::from(span.end() - span.start()) + 1).sum();
        if count * self.width() as u64 > MAX_BOX {
            let what = format!("a table of {count} rows and {} columns", self.width());
            return Err(TableError::Limit { what, limit: "1,000,000,000 cells, empty ones included".to_owned() });
        }
        Ok((spans, passed))
    }
}

/// The filled columns from `row` on, and all between them.
fn columns(cells: &Cells, row: u32) -> Option<RangeInclusive<u32>> {
    let filled = |(_, column): &(u32, &super::cells::Column)| column.from_row(row).next().is_some();
    let mut columns = (0..).zip(&cells.columns).filter(filled).map(|(index, _)| index);
    let first = columns.next()?;
    Some(first..=columns.last().unwrap_or(first))
}

fn next_filled(cells: &Cells, row: u32) -> u32 {
    let run = cells.runs().iter().find(|run| run.last > row);
    run.map_or(row, |run| run.first.max(row + 1))
}

/// Rows above the table that hold one text each. They are titles only if a complete table follows: a row of texts that
/// fills every column of it, and below that hardly a row with a single cell.
fn titles(cells: &Cells) -> Vec<u32> {
    let filled = cells.runs().iter().flat_map(|run| run.first..=run.last);
    let rows: Vec<u32> = filled.take(MAX_TITLES + 1).collect();
    let is_title = |row: &&u32| texts_of(cells, **row) == [true];
    let titles = rows.iter().take_while(is_title).count();
    let Some(head) = rows.get(titles).filter(|_| titles > 0) else { return Vec::new() };
    if is_complete(cells, *head) { rows[..titles].to_vec() } else { Vec::new() }
}

/// For each filled cell of a row: whether it is text.
fn texts_of(cells: &Cells, row: u32) -> Vec<bool> {
    let found = cells.columns.iter().filter_map(|column| column.at(row));
    found.map(|cell| matches!(cell.kind, Kind::Shared | Kind::Own)).collect()
}

fn is_complete(cells: &Cells, head: u32) -> bool {
    let Some(columns) = columns(cells, head) else { return false };
    let width = columns.clone().count();
    let texts = texts_of(cells, head);
    if width < 2 || texts.len() != width || texts.contains(&false) {
        return false;
    }
    let end = head.saturating_add(SAMPLE);
    let mut counts = vec![0_u32; (end - head) as usize];
    for column in &cells.columns {
        for cell in column.from_row(head + 1).take_while(|cell| cell.row < end) {
            counts[(cell.row - head) as usize] += 1;
        }
    }
    let (filled, several) =
        (counts.iter().filter(|count| **count > 0).count(), counts.iter().filter(|count| **count > 1).count());
    filled > 0 && several * 10 >= filled * 9
}
