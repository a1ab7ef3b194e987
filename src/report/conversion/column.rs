//! A column as a row of a table: its name, its type in words and in Arrow's terms, and what was noticed.

use crate::core::tabular::report::ColumnReport;
use crate::report::prose::Prose;
use crate::report::text::{column_note_clause, sentence};

/// Letters of an Arrow type at most; nested ones can be very long.
const TYPE_LETTERS: usize = 96;

pub(super) struct ColumnView<'a> {
    pub(super) name: &'a str,
    /// The type as somebody would say it; empty for types without such a word.
    pub(super) word: &'static str,
    pub(super) arrow: String,
    pub(super) notes: Vec<Prose>,
}

impl<'a> ColumnView<'a> {
    pub(super) fn new(column: &'a ColumnReport) -> Self {
        let notes = column.notes.iter().map(|note| Prose::new(&sentence(&column_note_clause(note))));
        Self {
            name: &column.name,
            word: word(&column.data_type),
            arrow: shortened(&column.data_type),
            notes: notes.collect(),
        }
    }
}

fn word(data_type: &str) -> &'static str {
    let name = data_type.split('(').next().unwrap_or_default();
    match name {
        "Utf8" => "text",
        "Boolean" => "true or false",
        "Int64" | "UInt64" => "whole number",
        "Float64" => "number",
        "Date32" => "date",
        "Timestamp" if data_type.contains("UTC") => "date and time in UTC",
        "Timestamp" => "date and time",
        "Time64" => "time of day",
        "Duration" => "span of time",
        "List" => "list",
        "Struct" => "record",
        _ => "",
    }
}

fn shortened(data_type: &str) -> String {
    match data_type.char_indices().nth(TYPE_LETTERS) {
        Some((end, _)) => format!("{}…", data_type.get(..end).unwrap_or(data_type)),
        None => data_type.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::tabular::column::ColumnType;

    #[test]
    fn every_type_of_delimited_text_has_a_word() {
        let types = [
            (ColumnType::Text, "text"),
            (ColumnType::Uint64, "whole number"),
            (ColumnType::Float64Comma, "number"),
            (ColumnType::DateDot, "date"),
            (ColumnType::Timestamp, "date and time"),
            (ColumnType::TimestampUtc, "date and time in UTC"),
            (ColumnType::Time, "time of day"),
        ];
        for (column, expected) in types {
            assert_eq!(word(&column.data_type().to_string()), expected);
        }
    }

    #[test]
    fn a_long_nested_type_is_cut_between_letters() {
        let long = format!("Struct(\"{}\": Utf8)", "ä".repeat(200));
        assert_eq!(shortened(&long).chars().count(), TYPE_LETTERS + 1);
        assert_eq!(word(&long), "record");
    }
}
