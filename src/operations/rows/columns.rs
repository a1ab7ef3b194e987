//! Columns by their names, and the texts in them.

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use arrow_schema::{DataType, Schema};

use super::error::RowsError;
use crate::core::nearest::nearest;

/// Columns that an error names.
const SHOWN: usize = 20;

/// Where a column stands.
///
/// # Errors
/// When there is none of this name; the error lists the columns, and the one that may be meant.
pub fn column(schema: &Schema, name: &str) -> Result<usize, RowsError> {
    schema.column_with_name(name).map(|(place, _)| place).ok_or_else(|| {
        let names = schema.fields().iter().map(|field| field.name().as_str());
        RowsError::NoColumn {
            wanted: name.to_owned(),
            found: listed(schema),
            meant: nearest(name, names).map(str::to_owned),
        }
    })
}

/// Where a column of texts stands.
///
/// # Errors
/// When there is none of this name, or it holds something else.
pub fn text_column(schema: &Schema, name: &str) -> Result<usize, RowsError> {
    let place = column(schema, name)?;
    let found = schema.field(place).data_type();
    if is_text(found) {
        return Ok(place);
    }
    Err(RowsError::NotText { column: name.to_owned(), found: found.to_string() })
}

/// The columns of a table, for people; many are cut.
pub fn listed(schema: &Schema) -> String {
    let names: Vec<_> = schema.fields().iter().take(SHOWN).map(|field| format!("`{}`", field.name())).collect();
    let more = schema.fields().len().saturating_sub(SHOWN);
    if more == 0 { names.join(", ") } else { format!("{} and {more} more", names.join(", ")) }
}

/// Whether values of this type are texts.
pub fn is_text(found: &DataType) -> bool {
    match found {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        DataType::Dictionary(_, values) => is_text(values),
        _ => false,
    }
}

/// The texts of a column that holds text.
pub fn texts_of(column: &ArrayRef) -> Vec<Option<&str>> {
    match column.data_type() {
        DataType::LargeUtf8 => column.as_string::<i64>().iter().collect(),
        DataType::Utf8View => column.as_string_view().iter().collect(),
        DataType::Dictionary(..) => {
            let dictionary = column.as_any_dictionary();
            let values = texts_of(dictionary.values());
            let keys = dictionary.normalized_keys();
            let value = |row: usize| values.get(keys[row]).copied().flatten();
            (0..column.len()).map(|row| if column.is_null(row) { None } else { value(row) }).collect()
        }
        _ => column.as_string::<i32>().iter().collect(),
    }
}
