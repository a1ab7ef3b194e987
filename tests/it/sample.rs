//! The sample folder: small, true, and full of the traps of real folders. Each is read as it is meant.

use std::collections::BTreeMap;

use textmill::operations::parquet_conversion::{ConversionOptions, ConversionSource, FileOutcome, FileStatus, convert};

use crate::support::{repository, unattended};

fn convert_sample() -> BTreeMap<String, FileOutcome> {
    let target = tempfile::tempdir().unwrap();
    let source = ConversionSource::at(&repository().join("knowledgebase")).unwrap();
    let outcome = convert(&source, target.path(), &ConversionOptions::default(), &unattended()).unwrap();
    assert!(outcome.summary.converted >= 30, "{:?}", outcome.summary);
    assert_eq!(outcome.summary.failed, 0);
    outcome.files.into_iter().map(|file| (file.source.clone(), file)).collect()
}

/// `rows × columns` of every file, as its README says.
fn shapes_of_the_readme() -> BTreeMap<String, (u64, usize)> {
    let readme = std::fs::read_to_string(repository().join("knowledgebase/README.md")).unwrap();
    let mut shapes = BTreeMap::new();
    for line in readme.lines().filter(|line| line.starts_with('|')) {
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        let shape = cells.iter().find_map(|cell| {
            let (rows, columns) = cell.split_once(" × ")?;
            Some((rows.replace(',', "").parse().ok()?, columns.parse().ok()?))
        });
        if let (Some(shape), Some(name)) = (shape, cells.get(1)) {
            shapes.insert(name.trim_matches('`').to_owned(), shape);
        }
    }
    shapes
}

#[test]
fn every_file_of_the_sample_has_the_shape_that_its_readme_gives() {
    let files = convert_sample();
    let shapes = shapes_of_the_readme();
    assert!(shapes.len() >= 30, "the README gives the shapes of {} files", shapes.len());
    for (name, shape) in shapes {
        let found: Vec<_> = files.values().filter(|file| file.source.ends_with(&name)).collect();
        let fits = |file: &&FileOutcome| {
            let columns = file.tables.first().map_or(0, |table| table.report.columns.len());
            (file.rows_out, columns) == shape || (file.status == FileStatus::Skipped && shape.0 == 0)
        };
        assert!(
            found.iter().any(fits),
            "{name}: {shape:?}, found {:?}",
            found
                .iter()
                .map(|file| (&file.source, file.rows_out, file.tables.first().map(|table| table.report.columns.len())))
                .collect::<Vec<_>>()
        );
    }
}
