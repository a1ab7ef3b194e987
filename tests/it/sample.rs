//! The sample folder: small, true, and full of the traps of real folders. Each is read as it is meant.

use std::collections::BTreeMap;

use textmill::core::intake::LocalSource;
use textmill::core::tabular::column::ColumnNote;
use textmill::core::tabular::format::FormatName;
use textmill::core::tabular::report::{TableNote, Visibility};
use textmill::operations::parquet_conversion::{ConversionOptions, FileOutcome, FileStatus, convert};

use crate::support::{repository, unattended};

fn convert_sample() -> BTreeMap<String, FileOutcome> {
    let target = tempfile::tempdir().unwrap();
    let source = LocalSource::at(&repository().join("knowledgebase")).unwrap();
    let outcome = convert(&source, target.path(), &ConversionOptions::default(), &unattended()).unwrap();
    assert!(outcome.summary.converted >= 55, "{:?}", outcome.summary);
    assert_eq!(outcome.summary.failed, 0);
    outcome.files.into_iter().map(|file| (file.source.clone(), file)).collect()
}

/// A table that the README describes.
#[derive(Debug)]
struct Described {
    /// The end of its file's path.
    file: String,
    /// The end of its output's name, where the file holds several: a sheet's name, or `table-2`.
    part: Option<String>,
    rows: u64,
    columns: usize,
}

/// `rows × columns` of every table, as its README says.
fn tables_of_the_readme() -> Vec<Described> {
    let readme = std::fs::read_to_string(repository().join("knowledgebase/README.md")).unwrap();
    readme.lines().filter(|line| line.starts_with('|')).filter_map(described).collect()
}

fn described(line: &str) -> Option<Described> {
    let cells: Vec<_> = line.split('|').map(str::trim).collect();
    let (rows, columns) = cells.iter().find_map(|cell| {
        let (rows, columns) = cell.split_once(" × ")?;
        Some((rows.replace(',', "").parse().ok()?, columns.parse().ok()?))
    })?;
    let (file, part) = cells.get(1)?.strip_prefix('`')?.split_once('`')?;
    let part = part.strip_prefix(", sheet ").map(str::to_owned);
    let part = part.or_else(|| cells[1].rsplit_once(", table ").map(|(_, number)| format!("table-{number}")));
    Some(Described { file: file.to_owned(), part, rows, columns })
}

fn fits(described: &Described, file: &FileOutcome) -> bool {
    let end = described.part.as_ref().map_or_else(|| ".parquet".to_owned(), |part| format!(".{part}.parquet"));
    let mut tables = file.tables.iter().filter(|table| table.output.as_ref().is_some_and(|it| it.path.ends_with(&end)));
    let found = tables.any(|table| (table.rows_out, table.report.columns.len()) == (described.rows, described.columns));
    found || (file.status == FileStatus::Skipped && described.rows == 0)
}

#[test]
fn every_table_of_the_sample_has_the_shape_that_its_readme_gives() {
    let files = convert_sample();
    let tables = tables_of_the_readme();
    assert!(tables.len() >= 40, "the README gives the shapes of {} tables", tables.len());
    for table in tables {
        let mut found = files.values().filter(|file| file.source.ends_with(&table.file));
        assert!(found.any(|file| fits(&table, file)), "{table:?}");
    }
    let several = files.values().filter(|file| file.tables.len() > 1).map(|file| file.tables.len()).sum::<usize>();
    assert_eq!(several, tables_of_the_readme().iter().filter(|table| table.part.is_some()).count());
}

#[test]
fn documents_of_the_sample_say_what_is_special_about_them() {
    let files = convert_sample();
    let of = |name: &str| files.values().find(|file| file.source.ends_with(name)).unwrap();
    let plan = of("study_plan.xlsx");
    let visibilities: Vec<_> =
        plan.tables.iter().map(|table| table.report.sheet.as_ref().unwrap().visibility).collect();
    assert_eq!(visibilities, [Visibility::Visible, Visibility::Visible, Visibility::Hidden]);
    let types: Vec<_> = plan.tables[0].report.columns.iter().map(|column| column.data_type.as_str()).collect();
    assert_eq!(types, ["Utf8", "Date32", "Timestamp(µs)", "Duration(µs)", "Float64"]);
    assert_eq!(plan.tables[0].report.columns[4].notes, [ColumnNote::ErrorCells { count: 1 }]);
    assert_eq!(plan.tables[0].notes, [TableNote::Preamble { lines: 2 }]);
    let guide = &of("reading_guide.pdf").tables[0];
    assert_eq!(guide.notes, [TableNote::PagesWithoutText { count: 1, first: 3 }]);
    let materials = &of("materials.xml").tables[0];
    assert_eq!(materials.report.element.as_deref(), Some("catalogue/materials/lca:material"));
    assert!(
        materials.notes.contains(&TableNote::ElementsBesideRows { count: 1, first: "catalogue/closing".to_owned() })
    );
    assert_eq!(of("waste_export.xls").tables[0].report.format, FormatName::HtmlTable);
}
