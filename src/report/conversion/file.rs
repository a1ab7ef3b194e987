//! One file: how it was read, where its rows went, what was written.

use super::column::ColumnView;
use super::folders::{Flag, parts};
use crate::core::tabular::delimited::{DialectReport, Escape, LineEnd};
use crate::core::tabular::encoding::Confidence;
use crate::core::tabular::format::FormatName;
use crate::core::tabular::report::{ColumnReport, TableReport};
use crate::operations::parquet_conversion::FileOutcome;
use crate::report::prose::Prose;
use crate::report::text::{bytes, column_note_clause, counted, delimiter_name, note_sentence, sentence};

/// Hexadecimal digits of a digest that are shown; the whole of it is its title.
const DIGEST_DIGITS: usize = 12;

/// A file on the page.
pub(super) struct FileView<'a> {
    pub(super) anchor: String,
    pub(super) name: &'a str,
    /// How it was read, in a few words.
    pub(super) headline: String,
    pub(super) flags: Vec<Flag>,
    pub(super) failure: Option<FailureView>,
    pub(super) readings: Vec<Reading>,
    pub(super) rows: Option<String>,
    pub(super) written: Vec<WrittenView<'a>>,
    pub(super) notes: Vec<Prose>,
    pub(super) columns: Vec<ColumnView<'a>>,
    pub(super) columns_said: String,
    pub(super) columns_more: Option<Prose>,
    /// Whether any shown column has a note.
    pub(super) has_column_notes: bool,
}

/// Why a file can't be read.
pub(super) struct FailureView {
    pub(super) what: Prose,
    pub(super) next: Option<Prose>,
    pub(super) code: &'static str,
}

/// Something that was found out, and how sure that is.
pub(super) struct Reading {
    pub(super) name: &'static str,
    pub(super) value: String,
    /// Class and word.
    pub(super) confidence: Option<(&'static str, &'static str)>,
}

/// A file that was read or written.
pub(super) struct WrittenView<'a> {
    pub(super) name: &'static str,
    pub(super) path: &'a str,
    pub(super) size: String,
    pub(super) digest: Option<Digest<'a>>,
}

/// A SHA-256.
pub(super) struct Digest<'a> {
    pub(super) short: &'a str,
    pub(super) whole: &'a str,
}

impl<'a> FileView<'a> {
    /// `place` is where the file stands in the outcome; `columns` how many are shown at most.
    pub(super) fn new(place: usize, file: &'a FileOutcome, flags: Vec<Flag>, columns: usize, dry_run: bool) -> Self {
        let all = file.table.as_ref().map_or(&[][..], |table| &table.columns);
        let shown = all.get(..columns).unwrap_or(all);
        Self {
            anchor: format!("file-{place}"),
            name: parts(&file.source).1,
            headline: headline(file, dry_run),
            flags,
            failure: file.error.as_ref().map(|failure| FailureView {
                what: Prose::new(&sentence(&failure.detail)),
                next: failure.hint.as_deref().map(|hint| Prose::new(&sentence(hint))),
                code: failure.code.as_str(),
            }),
            readings: file.table.as_ref().map(readings).unwrap_or_default(),
            rows: (file.output.is_some()).then(|| rows(file)),
            written: written(file),
            notes: file.notes.iter().map(|note| Prose::new(&note_sentence(note))).collect(),
            has_column_notes: shown.iter().any(|column| !column.notes.is_empty()),
            columns: shown.iter().map(ColumnView::new).collect(),
            columns_said: counted(all.len() as u64, "column"),
            columns_more: all.get(shown.len()..).and_then(columns_cut).map(|text| Prose::new(&text)),
        }
    }
}

/// How many columns are not shown, if any, and whether one of them has a note.
fn columns_cut(hidden: &[ColumnReport]) -> Option<String> {
    let more = (!hidden.is_empty()).then(|| counted(hidden.len() as u64, "more column"))?;
    let noted = hidden.iter().find_map(|column| column.notes.first().map(|note| (column, note)));
    Some(match noted {
        Some((column, note)) => format!("{more}, among them `{}`, which {}", column.name, column_note_clause(note)),
        None => format!("{more} without notes"),
    })
}

fn headline(file: &FileOutcome, dry_run: bool) -> String {
    let Some(table) = &file.table else { return bytes(file.size_bytes) };
    let columns = counted(table.columns.len() as u64, "column");
    let rows = (!dry_run && file.error.is_none()).then(|| counted(file.rows_out, "row"));
    [Some(format_words(table)), Some(columns), rows].into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

fn format_words(table: &TableReport) -> String {
    match (table.format, &table.dialect) {
        (FormatName::Json, _) => "JSON".to_owned(),
        (FormatName::JsonLines, _) => "JSON Lines".to_owned(),
        (FormatName::Delimited, Some(DialectReport { delimiter, .. })) => match &delimiter.value {
            Some(delimiter) => format!("{}-separated text", delimiter_name(delimiter)),
            None => "one value a line".to_owned(),
        },
        (FormatName::Delimited, None) => "delimited text".to_owned(),
    }
}

fn readings(table: &TableReport) -> Vec<Reading> {
    let certain = |name, value: String| Reading { name, value, confidence: None };
    let format = match &table.packing {
        Some(packing) => format!("{}, packed with {packing}", format_words(table)),
        None => format_words(table),
    };
    let delimiter = table.dialect.as_ref().map(|dialect| dialect.delimiter.confidence);
    let mut readings = vec![
        Reading { name: "Format", value: sentence_start(&format), confidence: delimiter.map(confidence) },
        Reading {
            name: "Encoding",
            value: table.encoding.value.clone(),
            confidence: Some(confidence(table.encoding.confidence)),
        },
    ];
    if let Some(dialect) = &table.dialect {
        let header = if dialect.header.value { "First row names the columns" } else { "None; first row is data" };
        let header_confidence = Some(confidence(dialect.header.confidence));
        readings.push(Reading { name: "Header", value: header.to_owned(), confidence: header_confidence });
        readings.push(certain("Quotes", quotes(dialect)));
        if dialect.line_end == LineEnd::CarriageReturn {
            readings.push(certain("Line ends", "Carriage returns, as on old Macs".to_owned()));
        }
    }
    readings
}

fn quotes(dialect: &DialectReport) -> String {
    let text = match (dialect.quoting, dialect.escape) {
        (false, _) => "Quotes are ordinary characters",
        (true, Escape::Double) => "Fields may be quoted; \"\" is a quote inside quotes",
        (true, Escape::Backslash) => "Fields may be quoted; \\\" is a quote inside quotes",
    };
    text.to_owned()
}

fn sentence_start(text: &str) -> String {
    sentence(text).trim_end_matches('.').to_owned()
}

fn confidence(confidence: Confidence) -> (&'static str, &'static str) {
    match confidence {
        Confidence::Certain => ("sure", "certain"),
        Confidence::High => ("sure", "fits throughout"),
        Confidence::Low => ("look", "a guess"),
    }
}

fn rows(file: &FileOutcome) -> String {
    let rejected = match file.rows_rejected {
        0 => "none rejected".to_owned(),
        number => format!("{} rejected", counted(number, "row")),
    };
    format!("{} in, {} out, {rejected}", counted(file.rows_in, "row"), counted(file.rows_out, "row"))
}

fn written(file: &FileOutcome) -> Vec<WrittenView<'_>> {
    let source = WrittenView {
        name: "Source",
        path: &file.source,
        size: bytes(file.size_bytes),
        digest: file.sha256.as_deref().map(digest),
    };
    let outputs = [("Parquet", &file.output), ("Rejected rows", &file.rejects)];
    let written = outputs.into_iter().filter_map(|(name, output)| {
        output.as_ref().map(|output| WrittenView {
            name,
            path: &output.path,
            size: bytes(output.size_bytes),
            digest: Some(digest(&output.sha256)),
        })
    });
    std::iter::once(source).chain(written).collect()
}

fn digest(whole: &str) -> Digest<'_> {
    Digest { short: whole.get(..DIGEST_DIGITS).unwrap_or(whole), whole }
}
