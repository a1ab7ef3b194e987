//! What was noticed about a table and its columns, as sentences.

use crate::core::figures::{count, counted};
use crate::core::tabular::column::ColumnNote;
use crate::core::tabular::report::TableNote;

/// Columns named in one sentence at most.
const NAMED: usize = 4;

/// A note on a table as a sentence.
pub fn note_sentence(note: &TableNote) -> String {
    let verb = |number: u64, one: &'static str, many: &'static str| if number == 1 { one } else { many };
    let have = |number| verb(number, "has", "have");
    match *note {
        TableNote::Preamble { lines } => {
            let stand = verb(lines, "stands", "stand");
            format!(
                "{} {stand} above the table; kept in the Parquet file's metadata as `textmill.preamble`.",
                counted(lines, "line")
            )
        }
        TableNote::BlankLines { count: number } => {
            format!("{} without any character, passed over.", counted(number, "line"))
        }
        TableNote::ShortRows { count: number } => format!(
            "{} {} fewer fields than the table; what is missing is empty (null).",
            counted(number, "row"),
            have(number)
        ),
        TableNote::EmptyExtraFields { count: number } => format!(
            "{} {} more fields than the table, all of them empty; left out.",
            counted(number, "row"),
            have(number)
        ),
        TableNote::StrayQuotes { count: number } => {
            let stand = verb(number, "stands", "stand");
            format!("{} {stand} in the middle of a field; kept as written.", counted(number, "quote"))
        }
        TableNote::UnclosedQuotes { count: 1, line } => {
            format!("A quote at line {} never closes; kept as written.", count(line))
        }
        TableNote::UnclosedQuotes { count: number, line } => {
            let quotes = counted(number, "quote");
            format!("{quotes} never close, the first at line {}; kept as written.", count(line))
        }
        TableNote::BlankRows { count: number } => {
            format!("{} without any value in long gaps of the sheet, passed over.", counted(number, "row"))
        }
        TableNote::PagesWithoutText { count: number, first } => format!(
            "{} {} no text layer, the first is page {}; they may be scans.",
            counted(number, "page"),
            have(number),
            count(first)
        ),
        TableNote::UnreadablePages { count: number, first } => {
            format!("The text of {} can't be read, the first is page {}.", counted(number, "page"), count(first))
        }
        TableNote::StrayText { count: number } => {
            format!("{} of text beside the rows, in no column.", counted(number, "piece"))
        }
        TableNote::ElementsBesideRows { count: number, ref first } => elements_beside_rows(number, first),
        TableNote::UnknownReferences { count: number } => unknown_references(number),
        TableNote::DuplicateKeys { count: number } => format!(
            "{} {} left out: of a key that stands twice in one object, the last value counts.",
            counted(number, "value"),
            verb(number, "was", "were")
        ),
    }
}

fn elements_beside_rows(number: u64, first: &str) -> String {
    let elements = counted(number, "element");
    format!("{elements} with text or attributes beside the rows, in no column; the first is `{first}`.")
}

fn unknown_references(number: u64) -> String {
    format!("{} like `&nbsp;` that XML does not know; kept as written.", counted(number, "reference"))
}

/// A note on a column as a sentence.
pub fn column_note_sentence(name: &str, note: &ColumnNote) -> String {
    column_notes_sentence(&[name], note)
}

/// A note on a column as a clause that can stand beside its name, without a full stop.
pub(in crate::report) fn column_note_clause(note: &ColumnNote) -> String {
    clause(note, false)
}

/// One note on several columns as a sentence.
pub(super) fn column_notes_sentence(names: &[&str], note: &ColumnNote) -> String {
    let noun = if names.len() == 1 { "Column" } else { "Columns" };
    format!("{noun} {} {}.", quoted(names), clause(note, names.len() > 1))
}

fn clause(note: &ColumnNote, many: bool) -> String {
    let (hold, be) = if many { ("hold", "are") } else { ("holds", "is") };
    match note {
        ColumnNote::AllNull => format!("{hold} no value at all"),
        ColumnNote::AmbiguousDates => {
            format!("{hold} dates that never tell day from month (like 01/02/2024); kept as text")
        }
        ColumnNote::AmbiguousComma => {
            format!("{hold} numbers whose comma could part thousands or decimals; kept as text")
        }
        ColumnNote::NullWords { count: number } => {
            format!("{hold} {} like `NA`, read as missing", counted(*number, "word"))
        }
        ColumnNote::ErrorCells { count: number } => {
            format!("{hold} {} with an error like `#DIV/0!`, read as missing", counted(*number, "cell"))
        }
        ColumnNote::TurnedToText { line } if many => {
            format!("{be} text because of values that don't fit the others, the first at line {}", count(*line))
        }
        ColumnNote::TurnedToText { line } => {
            format!("{be} text because of the value at line {}; those before it fit another type", count(*line))
        }
        ColumnNote::MixedTypes { types } => format!("{hold} {types}; kept as text, each value as written"),
    }
}

/// Names in backticks; those beyond the first few are counted.
fn quoted(names: &[&str]) -> String {
    let shown: Vec<_> = names.iter().take(NAMED).map(|name| format!("`{name}`")).collect();
    match names.len().saturating_sub(NAMED) {
        0 => shown.join(", "),
        more => format!("{} and {} more", shown.join(", "), count(more as u64)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_agree_with_their_number() {
        let sentences = [
            (
                TableNote::ShortRows { count: 1 },
                "1 row has fewer fields than the table; what is missing is empty (null).",
            ),
            (
                TableNote::ShortRows { count: 2_000 },
                "2,000 rows have fewer fields than the table; what is missing is empty (null).",
            ),
            (TableNote::UnclosedQuotes { count: 1, line: 7 }, "A quote at line 7 never closes; kept as written."),
        ];
        for (note, sentence) in sentences {
            assert_eq!(note_sentence(&note), sentence);
        }
    }

    #[test]
    fn columns_with_the_same_note_share_a_sentence() {
        let note = ColumnNote::AllNull;
        assert_eq!(column_note_sentence("a", &note), "Column `a` holds no value at all.");
        assert_eq!(
            column_notes_sentence(&["a", "b", "c", "d", "e", "f"], &note),
            "Columns `a`, `b`, `c`, `d` and 2 more hold no value at all."
        );
    }
}
