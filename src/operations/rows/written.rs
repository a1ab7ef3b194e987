//! Columns as texts.
//!
//! The one decision: a value that is no text is written as one (numbers, dates, lists of words), and a missing one is nothing;
//! only what has no one way to be written is refused.

use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use arrow_cast::{can_cast_types, cast};
use arrow_schema::DataType;

use super::columns::{is_text, texts_of};
use super::error::RowsError;

/// What stands between several columns.
const LINE_END: char = '\n';

/// Whether columns of this type can be written as texts.
pub fn is_writable(found: &DataType) -> bool {
    match found {
        DataType::List(item) | DataType::LargeList(item) => is_text(item.data_type()),
        other => is_text(other) || (!other.is_nested() && can_cast_types(other, &DataType::Utf8)),
    }
}

/// A column as texts.
///
/// # Errors
/// When it has no one way to be written.
pub fn written(name: &str, values: &ArrayRef) -> Result<ArrayRef, RowsError> {
    match values.data_type() {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Ok(ArrayRef::clone(values)),
        DataType::List(item) if is_text(item.data_type()) => {
            let lists = values.as_list::<i32>();
            Ok(joined((0..lists.len()).map(|row| lists.is_valid(row).then(|| lists.value(row)))))
        }
        DataType::LargeList(item) if is_text(item.data_type()) => {
            let lists = values.as_list::<i64>();
            Ok(joined((0..lists.len()).map(|row| lists.is_valid(row).then(|| lists.value(row)))))
        }
        found => cast(values, &DataType::Utf8)
            .map_err(|_unsupported| RowsError::NotWritable { column: name.to_owned(), found: found.to_string() }),
    }
}

/// Columns of texts joined: what is not empty, a line each.
pub fn joined_lines(columns: &[ArrayRef], rows: usize) -> ArrayRef {
    let cells: Vec<_> = columns.iter().map(texts_of).collect();
    let mut texts = StringBuilder::new();
    let mut text = String::new();
    for row in 0..rows {
        text.clear();
        for cell in cells.iter().filter_map(|cells| cells[row]).filter(|cell| !cell.trim().is_empty()) {
            if !text.is_empty() {
                text.push(LINE_END);
            }
            text.push_str(cell);
        }
        texts.append_option((!text.is_empty()).then_some(&text));
    }
    Arc::new(texts.finish())
}

/// Lists of words as texts, a blank between two words.
fn joined(lists: impl Iterator<Item = Option<ArrayRef>>) -> ArrayRef {
    let mut texts = StringBuilder::new();
    for words in lists {
        let words = words.map(|words| texts_of(&words).into_iter().flatten().collect::<Vec<_>>().join(" "));
        texts.append_option(words);
    }
    Arc::new(texts.finish())
}
