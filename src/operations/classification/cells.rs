//! Groups, times and splits that columns of the table say.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, TimestampNanosecondType};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_cast::cast;
use arrow_schema::{DataType, TimeUnit};

use super::error::ClassificationError;
use super::facts::RowId;
use super::split::Split;
use crate::core::intake::LocalSource;
use crate::core::text::normalise::{beginning, letter_key};
use crate::operations::context::RunContext;
use crate::operations::rows::{Rows, column, is_text, texts_of, written};

/// The time of a row that has none: before all others.
pub(super) const NO_TIME: i64 = i64::MIN;

/// What stands for a value, or for a row.
fn short_key(text: &str) -> u64 {
    beginning(&letter_key(text))
}

/// Appends what stands for the group of each row; rows without one are a group each.
///
/// # Errors
/// When the column is not there, or its values can't be compared as texts.
pub(super) fn groups(
    name: &str,
    batch: &RecordBatch,
    first: RowId,
    to: &mut Vec<u64>,
) -> Result<(), ClassificationError> {
    let values = written(name, batch.column(column(&batch.schema(), name)?))?;
    let mut last: Option<(&str, u64)> = None;
    for (row, value) in (first..).zip(texts_of(&values)) {
        let key = match (value, last) {
            (Some(value), Some((known, key))) if known == value => key,
            (Some(value), _) => short_key(value),
            (None, _) => short_key(&format!("\0{row}")),
        };
        last = value.map(|value| (value, key));
        to.push(key);
    }
    Ok(())
}

/// Appends what orders each row in time.
///
/// # Errors
/// When the column is not there, or its values are no numbers, dates, times or texts that are dates.
pub(super) fn times(name: &str, batch: &RecordBatch, to: &mut Vec<i64>) -> Result<(), ClassificationError> {
    let values = batch.column(column(&batch.schema(), name)?);
    let refused = |found: String| ClassificationError::NoOrder { column: name.to_owned(), found };
    let whole = |values: &ArrayRef| cast(values, &DataType::Int64).ok();
    let ordered = match values.data_type() {
        DataType::Date32 | DataType::Date64 | DataType::Timestamp(..) | DataType::Time32(_) | DataType::Time64(_) => {
            whole(values)
        }
        DataType::UInt64 | DataType::Decimal128(..) | DataType::Decimal256(..) => fractions(values),
        found if found.is_integer() => whole(values),
        found if found.is_floating() => fractions(values),
        found if is_text(found) => return dates(values, to).map_err(refused),
        _ => None,
    };
    let ordered = ordered.ok_or_else(|| refused(values.data_type().to_string()))?;
    to.extend(ordered.as_primitive::<Int64Type>().iter().map(|time| time.unwrap_or(NO_TIME)));
    Ok(())
}

/// Fractions as whole numbers in the same order.
fn fractions(values: &ArrayRef) -> Option<ArrayRef> {
    let values = cast(values, &DataType::Float64).ok()?;
    let ordered = values.as_primitive::<Float64Type>().iter().map(|value| {
        let bits = value?.to_bits().cast_signed();
        // As `f64::total_cmp` does it.
        Some(bits ^ (((bits >> 63).cast_unsigned()) >> 1).cast_signed())
    });
    Some(std::sync::Arc::new(ordered.collect::<arrow_array::Int64Array>()))
}

/// Texts that are dates; what one is not is the error.
fn dates(values: &ArrayRef, to: &mut Vec<i64>) -> Result<(), String> {
    let unreadable = |_unsupported| format!("{}", values.data_type());
    let texts = cast(values, &DataType::Utf8).map_err(unreadable)?;
    let dates = cast(&texts, &DataType::Timestamp(TimeUnit::Nanosecond, None)).map_err(unreadable)?;
    let dates = dates.as_primitive::<TimestampNanosecondType>();
    for (text, date) in texts_of(&texts).into_iter().zip(dates) {
        match (text, date) {
            (Some(text), None) if !text.trim().is_empty() => {
                let shown: String = text.chars().take(40).collect();
                return Err(format!("texts that are no dates, e.g. `{shown}`"));
            }
            (_, date) => to.push(date.unwrap_or(NO_TIME)),
        }
    }
    Ok(())
}

/// Appends the split that each row brings along.
///
/// # Errors
/// When the column is not there, or a cell names none.
pub(super) fn given_splits(
    name: &str,
    batch: &RecordBatch,
    first: RowId,
    to: &mut Vec<Option<Split>>,
) -> Result<(), ClassificationError> {
    let values = written(name, batch.column(column(&batch.schema(), name)?))?;
    for (row, value) in (1 + u64::from(first)..).zip(texts_of(&values)) {
        let value = value.unwrap_or_default().trim();
        let split = Split::ALL.into_iter().find(|split| split.as_str().eq_ignore_ascii_case(value));
        if split.is_none() && !value.is_empty() {
            let found = value.chars().take(40).collect();
            return Err(ClassificationError::UnknownSplit { row, column: name.to_owned(), found });
        }
        to.push(split);
    }
    Ok(())
}

/// The group of a row, read once more: names are not kept.
///
/// # Errors
/// When the table can't be read.
pub(super) fn group_name(
    source: &LocalSource,
    name: &str,
    row: RowId,
    context: &RunContext,
) -> Result<String, ClassificationError> {
    let mut rows = Rows::open(source, &[name], context)?;
    let mut row = row as usize;
    while let Some(batch) = rows.next_batch()? {
        if row < batch.num_rows() {
            let values = written(name, batch.column(column(&batch.schema(), name)?))?;
            return Ok(texts_of(&values)[row].unwrap_or_default().to_owned());
        }
        row -= batch.num_rows();
    }
    Ok(String::new())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{Date32Array, Float64Array, StringArray};
    use arrow_schema::{Field, Schema};

    use super::*;

    fn batch(values: ArrayRef) -> RecordBatch {
        let schema = Schema::new(vec![Field::new("c", values.data_type().clone(), true)]);
        RecordBatch::try_new(Arc::new(schema), vec![values]).unwrap()
    }

    fn ordered(values: ArrayRef) -> Vec<i64> {
        let mut times_found = Vec::new();
        times("c", &batch(values), &mut times_found).unwrap();
        times_found
    }

    #[test]
    fn numbers_dates_and_texts_that_are_dates_have_an_order() {
        let rising = |times: Vec<i64>| times.is_sorted_by(|a, b| a < b);
        assert!(rising(ordered(Arc::new(Float64Array::from(vec![
            None,
            Some(-2.5),
            Some(-0.5),
            Some(0.0),
            Some(3.0)
        ])))));
        assert!(rising(ordered(Arc::new(Date32Array::from(vec![None, Some(-1), Some(7)])))));
        let dates = vec![None, Some("2023-12-31"), Some("2024-01-01T10:00:00Z"), Some("2024-01-01 11:00:00")];
        assert!(rising(ordered(Arc::new(StringArray::from(dates)))));
        let values: ArrayRef = Arc::new(StringArray::from(vec!["2024-01-01", "soon"]));
        let error = times("c", &batch(values), &mut Vec::new()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "rows can't be ordered by the column `c`, it holds texts that are no dates, e.g. `soon`"
        );
    }

    #[test]
    fn splits_are_named_in_any_case_and_nothing_else_is_one() {
        let values =
            |second: &str| -> ArrayRef { Arc::new(StringArray::from(vec![Some(" Train"), Some(second), None])) };
        let mut given = Vec::new();
        given_splits("c", &batch(values("TEST")), 0, &mut given).unwrap();
        assert_eq!(given, [Some(Split::Train), Some(Split::Test), None]);
        let error = given_splits("c", &batch(values("dev")), 5, &mut given).unwrap_err();
        assert_eq!(error.to_string(), "row 7 of the split column `c` says `dev`");
    }

    #[test]
    fn rows_without_a_group_are_a_group_each() {
        let values: ArrayRef = Arc::new(StringArray::from(vec![Some("a"), None, None, Some("a"), Some("")]));
        let mut keys = Vec::new();
        groups("c", &batch(values), 0, &mut keys).unwrap();
        assert_eq!(keys[0], keys[3]);
        assert_eq!(keys.iter().collect::<std::collections::HashSet<_>>().len(), 4);
    }
}
