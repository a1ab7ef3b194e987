//! Cells of a batch as labels, numbers and vectors.
//!
//! The one decision: a label is what is written, and a whole number is written without a fraction whatever type its column
//! has: `1` in one file and `1.0` in the other, which has a missing label beside it, are the same label.

use arrow_array::cast::AsArray;
use arrow_array::types::{ArrowPrimitiveType, Float32Type, Float64Type};
use arrow_array::{Array, ArrayRef};
use arrow_cast::cast;
use arrow_schema::DataType;

use super::Vectors;
use crate::operations::drift::error::DriftError;
use crate::operations::drift::labels::LabelsBuilder;
use crate::operations::drift::options::DriftOptions;
use crate::operations::rows::{texts_of, written};

/// Labels of some rows: texts, parted where they hold several; lists as they are.
pub(super) fn take_labels(
    name: &str,
    values: &ArrayRef,
    options: &DriftOptions,
    builder: &mut LabelsBuilder,
) -> Result<(), DriftError> {
    let bare = |label: &str| bare(label, options.iob).to_owned();
    if is_list(values.data_type()) {
        for row in 0..values.len() {
            let labels = list(values, row).map(|labels| label_texts(name, &labels)).transpose()?.unwrap_or_default();
            push(builder, labels.iter().flatten().map(|label| bare(label)));
        }
        return Ok(());
    }
    for label in label_texts(name, values)? {
        match (&label, options.label_separator.as_deref()) {
            (Some(labels), Some(separator)) if !separator.is_empty() => {
                push(builder, labels.split(separator).map(bare));
            }
            (label, _) => push(builder, label.iter().map(|label| bare(label))),
        }
    }
    Ok(())
}

fn push(builder: &mut LabelsBuilder, labels: impl Iterator<Item = String>) {
    let labels: Vec<String> = labels.filter(|label| !label.is_empty()).collect();
    builder.push(labels.iter().map(String::as_str));
}

fn bare(label: &str, iob: bool) -> &str {
    let label = label.trim();
    let kind = iob.then(|| label.strip_prefix("B-").or_else(|| label.strip_prefix("I-"))).flatten();
    kind.unwrap_or(label)
}

fn label_texts(name: &str, values: &ArrayRef) -> Result<Vec<Option<String>>, DriftError> {
    Ok(match values.data_type() {
        DataType::Float32 => numbers_as_texts::<Float32Type>(values),
        DataType::Float64 => numbers_as_texts::<Float64Type>(values),
        _ => texts_of(&written(name, values)?).into_iter().map(|text| text.map(str::to_owned)).collect(),
    })
}

/// As Rust writes them: without a fraction where there is none. What is no number is missing.
fn numbers_as_texts<T: ArrowPrimitiveType>(values: &ArrayRef) -> Vec<Option<String>>
where
    T::Native: ToString + PartialEq,
{
    #[expect(clippy::eq_op, reason = "what is not a number differs from itself")]
    let text = |number: T::Native| (number == number).then(|| number.to_string());
    values.as_primitive::<T>().iter().map(|number| number.and_then(text)).collect()
}

/// Numbers of some rows; a missing one is not a number.
pub(super) fn take_numbers(name: &str, values: &ArrayRef, numbers: &mut Vec<f64>) -> Result<(), DriftError> {
    let found = || DriftError::NotNumbers { column: name.to_owned(), found: values.data_type().to_string() };
    let cast = cast(values, &DataType::Float64).map_err(|_unsupported| found())?;
    // What is there and no number, a word, is lost by the cast.
    if cast.null_count() > values.null_count() {
        return Err(found());
    }
    numbers.extend(cast.as_primitive::<Float64Type>().iter().map(|number| number.unwrap_or(f64::NAN)));
    Ok(())
}

/// Vectors of some rows: lists of numbers, all of one length; a row may have none.
pub(super) fn take_vectors(
    name: &str,
    values: &ArrayRef,
    first: usize,
    vectors: &mut Vectors,
) -> Result<(), DriftError> {
    let wrong = |what: String| DriftError::Vectors { column: name.to_owned(), what };
    if !is_list(values.data_type()) && values.null_count() < values.len() {
        return Err(wrong(format!("holds {}, not lists of numbers", values.data_type())));
    }
    for row in 0..values.len() {
        let Some(numbers) = list(values, row) else { continue };
        let not_numbers = || wrong(format!("has a vector that is no list of numbers, in row {}", first + row));
        let numbers = cast(&numbers, &DataType::Float32).map_err(|_unsupported| not_numbers())?;
        let numbers = numbers.as_primitive::<Float32Type>();
        if numbers.null_count() > 0 || numbers.values().iter().any(|number| !number.is_finite()) {
            return Err(not_numbers());
        }
        if vectors.dimension == 0 {
            vectors.dimension = numbers.len();
        }
        if numbers.len() != vectors.dimension || numbers.is_empty() {
            return Err(wrong(format!("has vectors of {} and of {} numbers", vectors.dimension, numbers.len())));
        }
        vectors.places.push(first + row);
        vectors.numbers.extend(numbers.values());
    }
    Ok(())
}

fn is_list(found: &DataType) -> bool {
    matches!(found, DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(..))
}

/// The list of a row, if it has one.
fn list(values: &ArrayRef, row: usize) -> Option<ArrayRef> {
    if values.is_null(row) {
        return None;
    }
    match values.data_type() {
        DataType::List(_) => Some(values.as_list::<i32>().value(row)),
        DataType::LargeList(_) => Some(values.as_list::<i64>().value(row)),
        DataType::FixedSizeList(..) => Some(values.as_fixed_size_list().value(row)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::builder::{Float64Builder, ListBuilder, StringBuilder};
    use arrow_array::{Float32Array, Float64Array, Int64Array, StringArray};

    use super::*;

    fn as_array(values: impl Array + 'static) -> ArrayRef {
        Arc::new(values)
    }

    fn labels(values: &ArrayRef, options: &DriftOptions) -> Vec<Option<String>> {
        let mut builder = LabelsBuilder::default();
        take_labels("label", values, options, &mut builder).unwrap();
        let labels = builder.finish();
        (0..labels.len()).map(|row| labels.joined(row)).collect()
    }

    fn some(labels: &[&str]) -> Vec<Option<String>> {
        labels.iter().map(|label| (!label.is_empty()).then(|| (*label).to_owned())).collect()
    }

    #[test]
    fn a_label_is_what_is_written_whatever_the_column_holds() {
        let plain = DriftOptions::default();
        let texts = StringArray::from(vec![Some("1"), Some(" 2 "), Some(""), None]);
        assert_eq!(labels(&as_array(texts), &plain), some(&["1", "2", "", ""]));
        assert_eq!(labels(&as_array(Int64Array::from(vec![Some(1), None])), &plain), some(&["1", ""]));
        let floats = Float64Array::from(vec![Some(1.0), None, Some(0.5), Some(f64::NAN)]);
        assert_eq!(labels(&as_array(floats), &plain), some(&["1", "", "0.5", ""]));
        assert_eq!(labels(&as_array(Float32Array::from(vec![0.1, 3.0])), &plain), some(&["0.1", "3"]));
    }

    #[test]
    fn lists_of_labels_are_not_parted_at_blanks() {
        let mut lists = ListBuilder::new(StringBuilder::new());
        lists.append_value([Some("natural gas"), Some("coal")]);
        lists.append_null();
        lists.append_value([None::<&str>]);
        assert_eq!(labels(&as_array(lists.finish()), &DriftOptions::default()), some(&["coal + natural gas", "", ""]));
    }

    #[test]
    fn one_cell_holds_several_labels_where_a_separator_is_named() {
        let options = DriftOptions { label_separator: Some(";".to_owned()), ..DriftOptions::default() };
        let texts = StringArray::from(vec!["a; b c;", ";"]);
        assert_eq!(labels(&as_array(texts), &options), some(&["a + b c", ""]));
    }

    #[test]
    fn tags_of_tokens_lose_their_prefix_on_request_only() {
        let options = DriftOptions { label_separator: Some(" ".to_owned()), iob: true, ..DriftOptions::default() };
        let tags = || -> ArrayRef { Arc::new(StringArray::from(vec!["B-person I-person O"])) };
        assert_eq!(labels(&tags(), &options), some(&["O + person + person"]));
        let options = DriftOptions { iob: false, ..options };
        assert_eq!(labels(&tags(), &options), some(&["B-person + I-person + O"]));
    }

    #[test]
    fn words_are_no_probabilities() {
        let mut numbers = Vec::new();
        let texts: ArrayRef = Arc::new(StringArray::from(vec![Some("0.25"), None]));
        take_numbers("p", &texts, &mut numbers).unwrap();
        assert_eq!(format!("{numbers:?}"), "[0.25, NaN]");
        let words: ArrayRef = Arc::new(StringArray::from(vec!["high"]));
        let error = take_numbers("p", &words, &mut numbers).unwrap_err();
        assert_eq!(error.to_string(), "the column `p` holds Utf8, not numbers");
    }

    fn vectors(rows: &[Option<&[f64]>]) -> Result<Vectors, DriftError> {
        let mut lists = ListBuilder::new(Float64Builder::new());
        for row in rows {
            lists.append_option(row.map(|numbers| numbers.iter().copied().map(Some)));
        }
        let mut vectors = Vectors::default();
        let values: ArrayRef = Arc::new(lists.finish());
        take_vectors("v", &values, 10, &mut vectors).map(|()| vectors)
    }

    #[test]
    fn a_row_without_a_vector_is_passed_over_and_the_others_keep_their_places() {
        let found = vectors(&[Some(&[1.0, 2.0]), None, Some(&[3.0, 4.0])]).unwrap();
        assert_eq!((found.places, found.dimension), (vec![10, 12], 2));
        assert_eq!(found.numbers, [1.0, 2.0, 3.0, 4.0]);
    }

    #[test]
    fn vectors_of_several_lengths_or_without_numbers_are_refused() {
        for rows in [&[Some(&[1.0, 2.0][..]), Some(&[1.0][..])][..], &[Some(&[][..])], &[Some(&[f64::NAN][..])]] {
            assert!(matches!(vectors(rows), Err(DriftError::Vectors { .. })), "{rows:?}");
        }
        let words: ArrayRef = Arc::new(StringArray::from(vec!["[1, 2]"]));
        let error = take_vectors("v", &words, 0, &mut Vectors::default()).unwrap_err();
        assert_eq!(error.to_string(), "the embedding column `v` holds Utf8, not lists of numbers");
    }
}
