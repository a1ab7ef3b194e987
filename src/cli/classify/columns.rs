//! `textmill classify columns`: what a table holds, and which of its columns are texts or labels.

use std::path::PathBuf;

use clap::Args;

use crate::cli::context::{Context, Process};
use crate::cli::exit::{CommandResult, ExitStatus};
use crate::cli::runtime::until_interrupted;
use crate::cli::table::Table;
use crate::core::figures::{count, counted};
use crate::core::intake::LocalSource;
use crate::core::isolation::Isolation;
use crate::core::progress::ProgressSink;
use crate::core::tabular::encoding::Confidence;
use crate::core::tabular::table::TableOptions;
use crate::operations::context::RunContext;
use crate::operations::rows::RowsError;
use crate::operations::table_preview::{PreviewedColumn, PreviewedTable, TablePreview, preview};

/// Samples in a line of the table.
const SAMPLES: usize = 3;
/// Letters of a sample in it.
const LETTERS: usize = 24;

/// Look at the columns of a table: types, empty and different values, and what they are probably for
///
/// Example: textmill classify columns reviews.csv
///
/// The table is read from end to end, as a build reads it. What a column looks like (text, label, split, group, time, id,
/// tags, number, other) is a guess, and its reason stands beside it; `textmill classify build` takes the columns that it is
/// told.
#[derive(Debug, Args)]
pub(super) struct ColumnsArgs {
    /// Table to look at: Parquet, or whatever `convert` reads
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

pub(super) fn run(args: &ColumnsArgs, context: &Context) -> CommandResult {
    let (loaded, _logs) = context.open(Process::Command)?;
    let source = LocalSource::at(&args.file)?;
    let LocalSource::File { path, name } = source else {
        return Err(RowsError::Folder { path: args.file.clone() }.into());
    };
    let isolation = Isolation::new(loaded.config.isolation.limits());
    let progress: std::sync::Arc<dyn ProgressSink> = context.printer.progress_sink();
    let looked = until_interrupted(move |cancel| {
        let context = RunContext { progress, cancel, reserved: None, isolation };
        preview(&path, &name, &TableOptions::default(), &context)
    })??;
    context.printer.outcome(&looked, in_words)?;
    Ok(ExitStatus::Done)
}

fn in_words(preview: &TablePreview) -> String {
    preview.tables.iter().map(table_in_words).collect::<Vec<_>>().join("\n")
}

fn table_in_words(table: &PreviewedTable) -> String {
    let name = table.sheet.as_ref().map(|sheet| format!("{}: ", sheet.name)).unwrap_or_default();
    let columns = counted(table.columns.len() as u64, "column");
    let mut head = format!("{name}{}, {columns}", counted(table.rows_out, "row"));
    if table.rows_rejected > 0 {
        head = format!("{head}; {} can't be read", counted(table.rows_rejected, "row"));
    }
    let mut lines = Table::new(["COLUMN", "TYPE", "EMPTY", "DIFFERENT", "LOOKS LIKE", "WHY", "SAMPLES"]);
    for column in &table.columns {
        let about = if column.distinct.is_exact { "" } else { "~" };
        lines.row([
            column.name.clone(),
            column.data_type.clone(),
            count(column.nulls),
            format!("{about}{}", count(column.distinct.values)),
            looks_like(column),
            column.looks_like.reason.clone(),
            samples(column),
        ]);
    }
    format!("{head}\n{lines}")
}

fn looks_like(column: &PreviewedColumn) -> String {
    let role = column.looks_like.role.as_str();
    let is_weak = column.looks_like.confidence == Confidence::Low;
    if is_weak { format!("{role}?") } else { role.to_owned() }
}

fn samples(column: &PreviewedColumn) -> String {
    let shown = column.samples.iter().take(SAMPLES).map(|value| match value {
        serde_json::Value::String(text) => cut(text),
        other => cut(&other.to_string()),
    });
    shown.collect::<Vec<_>>().join(" | ")
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(LETTERS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or(text)),
        None => text.to_owned(),
    }
}
