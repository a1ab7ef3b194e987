//! Properties and vectors of each row as a Parquet file, to be looked at with other tools.
//!
//! The one decision: a row of the file is a row of the set, under its number in the table that was checked, so that the two
//! can be joined; a property has one type in every file.

use std::path::Path;
use std::sync::Arc;

use arrow_array::builder::{FixedSizeListBuilder, Float32Builder};
use arrow_array::{ArrayRef, Float64Array, RecordBatch, StringArray, UInt64Array};
use arrow_schema::{DataType, Field, Schema, SchemaRef};

use super::{Set, Vectors};
use crate::core::storage::atomic::Place;
use crate::core::tabular::parquet::{Pages, ParquetFile};
use crate::operations::drift::error::DriftError;
use crate::operations::drift::labels::Labels;
use crate::operations::drift::values::Values;

/// Rows that are written at once, and rows of a row group.
const ROWS_AT_ONCE: usize = 8192;
const ROW_GROUP_ROWS: usize = 1 << 17;

/// Writes the number of each row (`row`, from 0), its `label` and `prediction` where there are some, its properties under their
/// names, and the vector of its text (`embedding`) where it has one. Gives the number of rows.
///
/// # Errors
/// When the file can't be written; then there is none.
pub(in crate::operations::drift) fn save_properties(set: &Set, path: &Path) -> Result<u64, DriftError> {
    let written = |error: parquet::errors::ParquetError| DriftError::storage(path)(std::io::Error::other(error));
    let (place, _) = Place::beside(path).map_err(DriftError::storage(path))?;
    let schema = schema(set);
    let metadata = vec![
        ("textmill.source".to_owned(), set.origin.name.clone()),
        ("textmill.source_sha256".to_owned(), set.origin.sha256.clone()),
    ];
    let mut file =
        ParquetFile::create(place.scratch(), SchemaRef::clone(&schema), Pages::Zstd, ROW_GROUP_ROWS, metadata)
            .map_err(written)?;
    for first in (0..set.len()).step_by(ROWS_AT_ONCE) {
        let places: Vec<usize> = (first..set.len().min(first + ROWS_AT_ONCE)).collect();
        let batch = RecordBatch::try_new(SchemaRef::clone(&schema), columns(set, &places));
        file.write(&batch.map_err(|error| written(error.into()))?).map_err(written)?;
    }
    let (rows, file) = file.finish().map_err(written)?;
    let (file, _, _) = file.finish();
    place.publish(&file).map_err(DriftError::storage(path))?;
    Ok(rows)
}

fn schema(set: &Set) -> SchemaRef {
    let mut fields = vec![Field::new("row", DataType::UInt64, false)];
    let labels = [("label", &set.labels), ("prediction", &set.predictions)];
    let labels = labels.into_iter().filter(|(_, labels)| labels.is_some());
    fields.extend(labels.map(|(name, _)| Field::new(name, DataType::Utf8, true)));
    fields.extend(set.properties().iter().map(|(name, values)| {
        let found = match values {
            Values::Numbers(_) => DataType::Float64,
            Values::Categories(_) => DataType::Utf8,
        };
        Field::new(name, found, true)
    }));
    if let Some(vectors) = vectors(set) {
        let item = Arc::new(Field::new_list_field(DataType::Float32, true));
        fields.push(Field::new("embedding", DataType::FixedSizeList(item, length(vectors)), true));
    }
    Arc::new(Schema::new(fields))
}

/// The columns of some rows, in the order of the schema.
fn columns(set: &Set, places: &[usize]) -> Vec<ArrayRef> {
    let rows: UInt64Array = places.iter().map(|place| set.rows[*place]).collect();
    let mut columns: Vec<ArrayRef> = vec![Arc::new(rows)];
    for labels in [&set.labels, &set.predictions].into_iter().flatten() {
        columns.push(written_labels(labels, places));
    }
    for values in set.properties().values() {
        columns.push(match values {
            Values::Numbers(numbers) => {
                let numbers = places.iter().map(|place| Some(numbers[*place]).filter(|number| !number.is_nan()));
                Arc::new(numbers.collect::<Float64Array>())
            }
            Values::Categories(categories) => {
                Arc::new(places.iter().map(|place| categories.name(*place)).collect::<StringArray>())
            }
        });
    }
    columns.extend(vectors(set).map(|vectors| written_vectors(vectors, places)));
    columns
}

fn vectors(set: &Set) -> Option<&Vectors> {
    set.vectors.as_ref().filter(|vectors| !vectors.is_empty())
}

fn length(vectors: &Vectors) -> i32 {
    i32::try_from(vectors.dimension).unwrap_or(i32::MAX)
}

fn written_labels(labels: &Labels, places: &[usize]) -> ArrayRef {
    Arc::new(places.iter().map(|place| labels.joined(*place)).collect::<StringArray>())
}

fn written_vectors(vectors: &Vectors, places: &[usize]) -> ArrayRef {
    let mut lists = FixedSizeListBuilder::new(Float32Builder::new(), length(vectors));
    for place in places {
        let found = vectors.places.binary_search(place);
        match found {
            Ok(at) => {
                lists.values().append_slice(&vectors.numbers[at * vectors.dimension..(at + 1) * vectors.dimension]);
            }
            Err(_none) => lists.values().append_nulls(vectors.dimension),
        }
        lists.append(found.is_ok());
    }
    Arc::new(lists.finish())
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use arrow_array::Array;
    use arrow_array::cast::AsArray;
    use arrow_array::types::{Float32Type, Float64Type, UInt64Type};
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

    use super::*;
    use crate::operations::drift::set::samples::set_of;

    #[test]
    fn each_row_is_saved_under_its_number_with_what_belongs_to_it() {
        let mut set = set_of(["ab", "abc", "a"]).with_labels(["x", "", "y"]);
        set.rows = vec![3, 5, 8];
        set.vectors = Some(Vectors { places: vec![0, 2], dimension: 2, numbers: vec![1.0, 2.0, 3.0, 4.0] });
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("properties.parquet");
        assert_eq!(save_properties(&set, &path).unwrap(), 3);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left");

        let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(&path).unwrap()).unwrap();
        let batch = reader.build().unwrap().next().unwrap().unwrap();
        let column = |name: &str| batch.column_by_name(name).unwrap();
        assert_eq!(column("row").as_primitive::<UInt64Type>().values(), &[3, 5, 8]);
        let labels: Vec<_> = column("label").as_string::<i32>().iter().collect();
        assert_eq!(labels, [Some("x"), None, Some("y")]);
        assert_eq!(column("text_length").as_primitive::<Float64Type>().values(), &[2.0, 3.0, 1.0]);
        assert_eq!(column("language").data_type(), &DataType::Utf8);
        let vectors = column("embedding").as_fixed_size_list();
        assert!(vectors.is_null(1));
        assert_eq!(vectors.value(2).as_primitive::<Float32Type>().values(), &[3.0, 4.0]);
        assert!(batch.column_by_name("prediction").is_none());
    }
}
