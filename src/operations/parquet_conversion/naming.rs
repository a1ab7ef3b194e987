//! What outputs are called.
//!
//! The one decision: the whole name of the source, then that of the sheet or the number of the table, then `.parquet`, so
//! that `a.csv` and `a.tsv` never meet and a new neighbour never renames an old output.

use std::collections::HashSet;

use crate::core::failure::{Code, Failure};
use crate::core::intake::REJECTS_SUFFIX;
use crate::core::tabular::format::{self, Promise};
use crate::core::tabular::report::TableReport;

/// Longest name that file systems take, in bytes.
const LONGEST_NAME: usize = 255;
/// Bytes that a workbook's name must leave for the names of its sheets.
const FOR_SHEETS: usize = 16;
/// Bytes for the dot before a sheet's name, and for a number behind it where two names become the same.
const FOR_COPIES: usize = 6;
/// Longest part of a sheet's name in a file's name, in characters; Excel itself allows 31.
const LONGEST_SHEET: usize = 64;

/// Paths of the tables' outputs without `.parquet`: `book.xlsx.Sheet1`, `page.xls.table-2`, or `a.csv` where the file is the table.
pub(super) fn output_stems<'a>(source: &str, tables: impl Iterator<Item = &'a TableReport>) -> Vec<String> {
    let mut taken = HashSet::new();
    let stem = |table: &TableReport| match (&table.sheet, &table.html_table) {
        (Some(sheet), _) => format!("{source}.{}", cut(sheet_part(&sheet.name), room(source))),
        (None, Some(table)) if table.of > 1 => format!("{source}.table-{}", table.number),
        _ => source.to_owned(),
    };
    tables
        .map(|table| {
            let base = stem(table);
            let copies = (2_u32..).map(|copy| format!("{base}_{copy}"));
            let mut free = std::iter::once(base.clone()).chain(copies).filter(|stem| !taken.contains(stem));
            let stem = free.next().unwrap_or_else(|| base.clone());
            drop(free);
            taken.insert(stem.clone());
            stem
        })
        .collect()
}

/// The outputs' names are longer than the source's.
pub(super) fn too_long(name: &str) -> Option<Failure> {
    let for_sheets = if format::promise(name) == Some(Promise::Workbook) { FOR_SHEETS } else { 0 };
    let most = LONGEST_NAME - REJECTS_SUFFIX.len() - for_sheets;
    (name.len() > most).then(|| {
        Failure::new(Code::LimitExceeded, format!("its name of {} bytes is too long for its outputs", name.len()))
            .with_hint(format!("shorten it to {most} bytes"))
    })
}

/// Bytes that a sheet's name may take in the names of its outputs.
fn room(source: &str) -> usize {
    let name = source.rsplit('/').next().unwrap_or(source);
    LONGEST_NAME.saturating_sub(name.len() + REJECTS_SUFFIX.len() + FOR_COPIES)
}

fn cut(mut part: String, room: usize) -> String {
    while part.len() > room && part.pop().is_some() {}
    part
}

/// A sheet's name as part of a file's name: no separators, no dots, nothing that a file system or shell dislikes, and
/// never an extension that would make it the output of another file (`book.xlsx` with a sheet `csv`, beside
/// `book.xlsx.csv`).
fn sheet_part(name: &str) -> String {
    let kept = |character: char| match character {
        '.' | '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' => '_',
        control if control.is_control() => '_',
        other => other,
    };
    let part: String = name.trim().chars().take(LONGEST_SHEET).map(kept).collect();
    let is_extension = format::promise(&format!("x.{part}")).is_some()
        || ["gz", "zst", "zip", "rejects"].contains(&part.to_lowercase().as_str());
    if part.is_empty() || is_extension { format!("{part}_") } else { part }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sheet_is_named_behind_its_workbook_without_meeting_others() {
        assert_eq!(sheet_part("Zweites Blatt"), "Zweites Blatt");
        assert_eq!(sheet_part("a/b.c"), "a_b_c");
        assert_eq!(sheet_part("csv"), "csv_");
        assert_eq!(sheet_part("gz"), "gz_");
        assert_eq!(sheet_part(" "), "_");
    }

    #[test]
    fn a_long_sheet_behind_a_long_name_is_cut_between_letters() {
        let source = format!("{}.xlsx", "b".repeat(LONGEST_NAME - REJECTS_SUFFIX.len() - FOR_SHEETS - 5));
        let part = cut(sheet_part(&"ä".repeat(31)), room(&source));
        assert_eq!(part, "ä".repeat(5));
        assert!(source.len() + 1 + part.len() + REJECTS_SUFFIX.len() <= LONGEST_NAME);
    }
}
