//! Outcomes and jobs that tests render.

use chrono::{DateTime, Utc};
use serde_json::json;

use crate::core::failure::{Code, Failure};
use crate::core::ids::JobId;
use crate::core::jobs::{Job, Status};
use crate::core::progress::Progress;
use crate::core::tabular::column::ColumnNote;
use crate::core::tabular::delimited::{DialectReport, Escape, LineEnd};
use crate::core::tabular::encoding::Confidence;
use crate::core::tabular::format::FormatName;
use crate::core::tabular::report::{ColumnReport, Guess, TableNote, TableReport};
use crate::operations::parquet_conversion::{ConversionOutcome, FileOutcome, FileStatus, OutputFile, TableOutcome};

const DIGEST: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

pub(super) fn column(name: &str, data_type: &str, notes: Vec<ColumnNote>) -> ColumnReport {
    ColumnReport { name: name.to_owned(), data_type: data_type.to_owned(), notes }
}

pub(super) fn table() -> TableReport {
    let delimiter = Guess { value: Some(",".to_owned()), confidence: Confidence::High };
    let header = Guess { value: true, confidence: Confidence::High };
    let columns = vec![column("country", "Utf8", Vec::new()), column("year", "Int64", Vec::new())];
    TableReport {
        encoding: Some(Guess { value: "UTF-8".to_owned(), confidence: Confidence::Certain }),
        dialect: Some(DialectReport {
            delimiter,
            quoting: true,
            escape: Escape::Double,
            line_end: LineEnd::Newline,
            header,
        }),
        ..TableReport::new(FormatName::Delimited, columns)
    }
}

fn file(source: &str, status: FileStatus) -> FileOutcome {
    let digest = || Some(DIGEST.to_owned());
    FileOutcome { sha256: digest(), settings: digest(), ..FileOutcome::new(source, status, 4_096) }
}

fn output(path: String) -> OutputFile {
    OutputFile { path, size_bytes: 2_048, sha256: DIGEST.to_owned() }
}

/// A file of `rows_out` and `rows_rejected` rows.
pub(super) fn converted(source: &str, rows_out: u64, rows_rejected: u64) -> FileOutcome {
    let table = TableOutcome {
        rows_in: rows_out + rows_rejected,
        rows_out,
        rows_rejected,
        output: Some(output(format!("{source}.parquet"))),
        rejects: (rows_rejected > 0).then(|| output(format!("{source}.rejects.jsonl"))),
        ..TableOutcome::new(table())
    };
    with_tables(file(source, FileStatus::Converted), vec![table])
}

/// The file with these tables, and their rows in its sums.
pub(super) fn with_tables(mut file: FileOutcome, tables: Vec<TableOutcome>) -> FileOutcome {
    file.take(tables);
    file
}

pub(super) fn skipped(source: &str, reason: &str) -> FileOutcome {
    FileOutcome { reason: Some(reason.to_owned()), sha256: None, settings: None, ..file(source, FileStatus::Skipped) }
}

pub(super) fn failed(source: &str, failure: Failure) -> FileOutcome {
    FileOutcome { error: Some(failure), ..file(source, FileStatus::Failed) }
}

/// The outcome of these files, summed up as a run does.
pub(super) fn outcome(files: Vec<FileOutcome>) -> ConversionOutcome {
    ConversionOutcome { textmill: "0.1.0".to_owned(), ..ConversionOutcome::new(false, files, Vec::new()) }
}

/// A bit of everything.
pub(super) fn mixed_outcome() -> ConversionOutcome {
    let mut energy = converted("data/energy.csv", 12_333, 12);
    energy.tables[0].notes = vec![TableNote::ShortRows { count: 3 }, TableNote::BlankLines { count: 1 }];
    let mut guessed = converted("data/prices.csv", 20, 0);
    guessed.tables[0].report = guessed_table();
    let mut same = converted("goals.jsonl", 17, 0);
    same.unchanged = true;
    same.tables[0].report = TableReport { format: FormatName::JsonLines, dialect: None, ..table() };
    let not_text = Failure::new(Code::UnsupportedFormat, "the content is a Parquet file")
        .with_hint("give it the extension that fits its content");
    let mut outcome = outcome(vec![
        energy,
        guessed,
        skipped("empty.csv", "the file holds no data"),
        same,
        failed("reports/scan.csv", not_text),
    ]);
    outcome.stale = vec!["old/gone.csv.parquet".to_owned()];
    outcome
}

fn guessed_table() -> TableReport {
    let mut table = table();
    table.encoding = Some(Guess { value: "windows-1252".to_owned(), confidence: Confidence::Low });
    table.packing = Some("gzip".to_owned());
    if let Some(dialect) = &mut table.dialect {
        dialect.delimiter = Guess { value: Some(";".to_owned()), confidence: Confidence::Low };
        dialect.header.confidence = Confidence::Low;
    }
    table.columns = vec![
        column("when", "Utf8", vec![ColumnNote::AmbiguousDates]),
        column("price", "Utf8", vec![ColumnNote::TurnedToText { line: 12 }]),
        column("note", "Utf8", vec![ColumnNote::AllNull]),
        column("at", "Timestamp(µs, \"UTC\")", vec![ColumnNote::NullWords { count: 2 }]),
    ];
    table
}

fn time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// A job of kind `conversion` that has ended.
pub(super) fn job(status: Status) -> Job {
    let options = json!({
        "source": {"type": "path", "path": "data/knowledgebase"},
        "destination": {"type": "path", "path": "parquet"},
    });
    Job {
        id: "job_01938c6f0b7a7c3e8d1f2a3b4c5d6e7f".parse::<JobId>().unwrap(),
        kind: "conversion".to_owned(),
        status,
        options,
        progress: Progress { done: 1_000_000, total: Some(4_000_000), unit: "bytes".to_owned(), message: None },
        result: None,
        rejected_count: 0,
        error: None,
        artifacts: Vec::new(),
        attempt: 2,
        max_attempts: 3,
        priority: 0,
        cancel_requested: false,
        parent_id: None,
        part: None,
        is_divided: false,
        worker: None,
        created_by: "anonymous".to_owned(),
        created_at: time("2025-11-23T10:00:00Z"),
        run_at: time("2025-11-23T10:00:00Z"),
        started_at: Some(time("2025-11-23T10:00:05Z")),
        finished_at: Some(time("2025-11-23T10:01:30Z")),
        expires_at: Some(time("2025-12-23T10:01:30Z")),
        version: 7,
    }
}
