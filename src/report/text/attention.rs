//! What somebody should look at, worst first: which file, what about it, and what to do.
//!
//! The one decision: a file says each kind of thing once, whatever the number of columns it concerns, so that a folder
//! of wide tables stays readable.

use std::cmp::Reverse;

use super::notes::{column_notes_sentence, note_sentence};
use super::sentence;
use crate::core::failure::Failure;
use crate::core::figures::{count, counted, percent};
use crate::core::tabular::column::ColumnNote;
use crate::core::tabular::delimited::DialectReport;
use crate::core::tabular::encoding::Confidence;
use crate::core::tabular::report::{Guess, TableNote, TableReport};
use crate::operations::parquet_conversion::{ConversionOutcome, FileOutcome, TableOutcome};

/// How much something matters, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// A file is missing from the result.
    Failed,
    /// Rows or values are missing from the result.
    Loss,
    /// It may have been understood wrongly.
    Check,
    /// It is as it should be, and good to know.
    Note,
}

impl Severity {
    /// All of them, worst first.
    pub const ALL: [Self; 4] = [Self::Failed, Self::Loss, Self::Check, Self::Note];

    /// A heading over things of this severity.
    pub fn heading(self) -> &'static str {
        match self {
            Self::Failed => "Can't be read",
            Self::Loss => "Rows or values left out",
            Self::Check => "Please check",
            Self::Note => "Good to know",
        }
    }
}

/// Something to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attention {
    /// How much it matters.
    pub severity: Severity,
    /// Path of the file inside the source.
    pub file: String,
    /// What about it.
    pub sentence: String,
    /// What to do; `None` when there is nothing to do.
    pub next: Option<String>,
    /// Rows, values or columns it concerns; 1 for a whole file.
    pub extent: u64,
}

/// Everything to look at: by severity, then by how much it concerns, then by path.
pub fn attention(outcome: &ConversionOutcome) -> Vec<Attention> {
    let mut found: Vec<_> = outcome.files.iter().flat_map(of_file).collect();
    found.sort_by_key(|attention| (attention.severity, Reverse(attention.extent)));
    found
}

/// A matter before it is bound to its file.
struct Matter {
    severity: Severity,
    sentence: String,
    next: Option<String>,
    extent: u64,
}

impl Matter {
    fn new(severity: Severity, extent: u64, sentence: String) -> Self {
        Self { severity, sentence, next: None, extent }
    }

    fn next(mut self, next: &str) -> Self {
        self.next = Some(next.to_owned());
        self
    }
}

fn of_file(file: &FileOutcome) -> Vec<Attention> {
    let several = file.tables.len() > 1;
    let failed = file.error.iter().map(of_failure);
    let tables = file.tables.iter().flat_map(|table| {
        let sheet = table.report.sheet.as_ref().filter(|_| several).map(|sheet| sheet.name.clone());
        of_table(table).into_iter().map(move |matter| match &sheet {
            Some(sheet) => Matter { sentence: format!("Sheet `{sheet}`: {}", matter.sentence), ..matter },
            None => matter,
        })
    });
    let bind = |matter: Matter| Attention {
        severity: matter.severity,
        file: file.source.clone(),
        sentence: matter.sentence,
        next: matter.next,
        extent: matter.extent,
    };
    failed.chain(tables).map(bind).collect()
}

fn of_table(table: &TableOutcome) -> Vec<Matter> {
    let rejected = (table.rows_rejected > 0).then(|| of_rejects(table));
    let notes = table.notes.iter().filter_map(of_note);
    rejected.into_iter().chain(notes).chain(of_report(&table.report)).collect()
}

fn of_failure(failure: &Failure) -> Matter {
    let matter = Matter::new(Severity::Failed, 1, sentence(&failure.detail));
    Matter { next: failure.hint.as_deref().map(sentence), ..matter }
}

fn of_rejects(table: &TableOutcome) -> Matter {
    let (rejected, all) = (table.rows_rejected, table.rows_in);
    let share = percent(rejected, all);
    let verb = if rejected == 1 { "is" } else { "are" };
    let text = format!("{} of {} ({share}) {verb} not in the Parquet file.", count(rejected), counted(all, "row"));
    let matter = Matter::new(Severity::Loss, rejected, text);
    match &table.rejects {
        Some(rejects) => matter.next(&format!("`{}` holds each of them: line, reason and text.", rejects.path)),
        None => matter,
    }
}

fn of_note(note: &TableNote) -> Option<Matter> {
    let matter = |severity, extent| Matter::new(severity, extent, note_sentence(note));
    match note {
        TableNote::BlankLines { .. } | TableNote::BlankRows { .. } => None,
        TableNote::PagesWithoutText { count: pages, .. } => Some(
            matter(Severity::Loss, *pages)
                .next("If they are scans, add a text layer with an OCR program and convert again."),
        ),
        TableNote::UnreadablePages { count: pages, .. } => {
            Some(matter(Severity::Loss, *pages).next("Print the file to a new PDF and convert that."))
        }
        TableNote::StrayText { count: pieces } => Some(matter(Severity::Loss, *pieces)),
        TableNote::ElementsBesideRows { count: elements, .. } => Some(
            matter(Severity::Loss, *elements)
                .next("If they matter, keep the source, or part the file so that they are rows of their own."),
        ),
        TableNote::Preamble { lines } => Some(matter(Severity::Note, *lines)),
        TableNote::ShortRows { count: rows } => Some(
            matter(Severity::Check, *rows).next("Look at those rows, if every row of this table should be complete."),
        ),
        TableNote::EmptyExtraFields { count: number }
        | TableNote::StrayQuotes { count: number }
        | TableNote::UnknownReferences { count: number } => Some(matter(Severity::Note, *number)),
        TableNote::UnclosedQuotes { count: quotes, line } => Some(
            matter(Severity::Check, *quotes)
                .next(&format!("Look at line {}: its partner may be missing.", count(*line))),
        ),
        TableNote::DuplicateKeys { count: values } => {
            Some(matter(Severity::Loss, *values).next("Give the keys different names to keep both values."))
        }
    }
}

fn of_report(table: &TableReport) -> Vec<Matter> {
    let encoding = table.encoding.as_ref().filter(|guess| guess.confidence == Confidence::Low).map(of_encoding);
    let dialect = table.dialect.as_ref().filter(|dialect| dialect.delimiter.confidence == Confidence::Low);
    let header = table.header().filter(|guess| guess.confidence == Confidence::Low).map(of_header);
    let guesses = [encoding, dialect.map(of_delimiter), header];
    guesses.into_iter().flatten().chain(of_columns(table)).collect()
}

fn of_encoding(encoding: &Guess<String>) -> Matter {
    let text = format!("Its character encoding is a guess: {} fits best.", encoding.value);
    let next = "If letters look wrong in the Parquet file, convert this file with `encoding` set to the right one.";
    Matter::new(Severity::Check, 1, text).next(next)
}

fn of_delimiter(dialect: &DialectReport) -> Matter {
    let text = match &dialect.delimiter.value {
        Some(delimiter) => format!("What parts its fields is a guess: {}.", delimiter_name(delimiter)),
        None => "Every line was taken for one value, which is a guess.".to_owned(),
    };
    let next = "If its columns are not what they should be, convert this file with `delimiter` set to what parts them.";
    Matter::new(Severity::Check, 1, text).next(next)
}

fn of_header(header: &Guess<bool>) -> Matter {
    let (text, next) = if header.value {
        (
            "Its first row was taken for the names of the columns, which is a guess.",
            "If it is data, convert this file with `header` set to `absent`.",
        )
    } else {
        (
            "Its first row was taken for data, which is a guess.",
            "If it names the columns, convert this file with `header` set to `present`.",
        )
    };
    Matter::new(Severity::Check, 1, text.to_owned()).next(next)
}

/// A delimiter by its name.
pub(in crate::report) fn delimiter_name(delimiter: &str) -> String {
    match delimiter {
        "," => "comma".to_owned(),
        "\t" => "tab".to_owned(),
        ";" => "semicolon".to_owned(),
        "|" => "pipe".to_owned(),
        other => format!("`{other}`"),
    }
}

fn of_columns(table: &TableReport) -> Vec<Matter> {
    let mut kinds: Vec<(ColumnNote, Vec<&str>)> = Vec::new();
    for column in &table.columns {
        for note in &column.notes {
            match kinds.iter_mut().find(|(kind, _)| is_same_kind(kind, note)) {
                Some((kind, names)) => {
                    merge(kind, note);
                    names.push(&column.name);
                }
                None => kinds.push((note.clone(), vec![&column.name])),
            }
        }
    }
    kinds.iter().map(|(kind, names)| of_column_note(kind, names)).collect()
}

fn is_same_kind(kind: &ColumnNote, other: &ColumnNote) -> bool {
    match (kind, other) {
        (ColumnNote::MixedTypes { types: one }, ColumnNote::MixedTypes { types: two }) => one == two,
        _ => std::mem::discriminant(kind) == std::mem::discriminant(other),
    }
}

fn merge(kind: &mut ColumnNote, other: &ColumnNote) {
    match (kind, other) {
        (ColumnNote::NullWords { count: sum }, ColumnNote::NullWords { count })
        | (ColumnNote::ErrorCells { count: sum }, ColumnNote::ErrorCells { count }) => *sum += count,
        (ColumnNote::TurnedToText { line: first }, ColumnNote::TurnedToText { line }) => *first = (*first).min(*line),
        _ => {}
    }
}

fn of_column_note(note: &ColumnNote, names: &[&str]) -> Matter {
    let matter = |severity| Matter::new(severity, names.len() as u64, column_notes_sentence(names, note));
    match note {
        ColumnNote::AllNull | ColumnNote::MixedTypes { .. } => matter(Severity::Note),
        ColumnNote::AmbiguousDates => matter(Severity::Check)
            .next("If you know, set `ambiguous_dates` to `day_first` or `month_first` to have dates."),
        ColumnNote::AmbiguousComma => {
            matter(Severity::Check).next("Write decimals with a point in the source to have numbers.")
        }
        ColumnNote::ErrorCells { .. } => {
            matter(Severity::Loss).next("Mend the formulas, or set `schema` to `text` to keep what the cells show.")
        }
        ColumnNote::NullWords { .. } => matter(Severity::Note).next("To keep such words, set `schema` to `text`."),
        ColumnNote::TurnedToText { .. } => {
            matter(Severity::Check).next("Where that is a slip, mend it and convert again to have the type back.")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples;

    #[test]
    fn the_worst_comes_first_and_the_larger_before_the_smaller() {
        let outcome = samples::mixed_outcome();
        let found = attention(&outcome);
        assert!(found.is_sorted_by_key(|attention| (attention.severity, Reverse(attention.extent))));
        assert_eq!(found[0].file, "reports/scan.csv");
        assert_eq!(found[0].sentence, "The content is a Parquet file.");
        assert_eq!(found[0].next.as_deref(), Some("Give it the extension that fits its content."));
    }

    #[test]
    fn rejected_rows_name_the_file_that_holds_them() {
        let outcome = samples::mixed_outcome();
        let loss: Vec<_> = attention(&outcome).into_iter().filter(|found| found.severity == Severity::Loss).collect();
        assert_eq!(loss[0].sentence, "12 of 12,345 rows (0.10%) are not in the Parquet file.");
        let next = "`data/energy.csv.rejects.jsonl` holds each of them: line, reason and text.";
        assert_eq!(loss[0].next.as_deref(), Some(next));
    }

    #[test]
    fn columns_with_the_same_note_are_one_matter() {
        let names = ["a", "b"];
        let column = |name: &&str| samples::column(name, "Utf8", vec![ColumnNote::NullWords { count: 2 }]);
        let table = TableReport { columns: names.iter().map(column).collect(), ..samples::table() };
        let matters = of_columns(&table);
        assert_eq!(matters.len(), 1);
        assert_eq!(matters[0].sentence, "Columns `a`, `b` hold 4 words like `NA`, read as missing.");
    }

    #[test]
    fn every_weak_guess_is_said_in_a_sentence_of_its_own() {
        let outcome = samples::mixed_outcome();
        let guesses = attention(&outcome).into_iter().filter(|found| found.sentence.contains("guess")).count();
        assert_eq!(guesses, 3, "encoding, delimiter and header");
    }
}
