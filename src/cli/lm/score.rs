//! `textmill lm score`: how likely texts are to a language model.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use serde::Serialize;

use super::OneModel;
use crate::cli::context::Context;
use crate::cli::embed::spool;
use crate::cli::exit::{CommandResult, ExitStatus};
use crate::cli::runtime::until_interrupted;
use crate::config::Config;
use crate::core::intake::LocalSource;
use crate::core::isolation::Isolation;
use crate::core::progress::ProgressSink;
use crate::operations::context::RunContext;
use crate::operations::language_model::{ScoreOutcome, ScoreSource, TextScore, score_table};
use crate::report::text::{count, counted};

/// Texts that are shown one by one.
const MOST_LINES: usize = 20;

/// Say how likely texts are to a language model
///
/// Example: textmill lm score reviews.lm new.csv -o scored.parquet
///
/// Prints the perplexity of all texts, and of the first ones by themselves. With --output, the table is written with the
/// columns `perplexity`, `log_probability`, `tokens` and `unknown_words`. `-` reads a text a line from standard input. Exits with 1
/// if rows can't be read.
#[derive(Debug, Args)]
pub(super) struct ScoreArgs {
    #[command(flatten)]
    model: OneModel,
    /// Table to read: Parquet, or whatever `convert` reads; `-` is standard input, a text a line
    #[arg(value_name = "TABLE")]
    table: PathBuf,
    /// Column of the texts [default: the one that the model was built from]
    #[arg(long, value_name = "NAME")]
    text_column: Option<String>,
    /// Parquet file to write the table with its scores to
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// What came of it.
#[derive(Debug, Serialize)]
struct Scored {
    #[serde(flatten)]
    outcome: ScoreOutcome,
    /// The file that was written.
    output: Option<PathBuf>,
}

pub(super) fn run(args: &ScoreArgs, config: &Config, context: &Context) -> CommandResult {
    let model = args.model.open()?;
    let spooled = (args.table.as_os_str() == "-").then(spool).transpose()?;
    let source = match &spooled {
        Some(file) => ScoreSource::Lines(file.to_path_buf()),
        None => ScoreSource::Table {
            source: LocalSource::at(&args.table)?,
            column: args.text_column.clone().unwrap_or_else(|| model.info().text_column.clone()),
        },
    };
    let (output, progress) = (args.output.clone(), context.printer.progress_sink());
    let isolation = Isolation::new(config.isolation.limits());
    let outcome = until_interrupted(move |cancel| {
        let progress: Arc<dyn ProgressSink> = progress;
        score_table(&model, &source, output.as_deref(), &RunContext { progress, cancel, reserved: None, isolation })
    })??;
    if let Some(first) = &outcome.first_reject {
        context.printer.warning(format!("{} can't be read; {first}", counted(outcome.rows_rejected, "row")))?;
    }
    let scored = Scored { outcome, output: args.output.clone() };
    context.printer.outcome(&scored, in_words)?;
    Ok(if scored.outcome.rows_rejected > 0 { ExitStatus::No } else { ExitStatus::Done })
}

fn in_words(scored: &Scored) -> String {
    let outcome = &scored.outcome;
    let items = outcome.items.iter().zip(1..).take(MOST_LINES);
    let mut lines: Vec<String> = items.map(|(score, row)| format!("{row:>6}. {}", score_in_words(score))).collect();
    if outcome.rows > lines.len() as u64 {
        lines.push(format!("  … and {} more", count(outcome.rows - lines.len() as u64)));
    }
    lines.push(format!("{}: {}", counted(outcome.rows, "text"), score_in_words(&outcome.total)));
    lines.extend(scored.output.iter().map(|path| path.display().to_string()));
    lines.join("\n")
}

fn score_in_words(score: &TextScore) -> String {
    let Some(perplexity) = score.perplexity else { return "no words".to_owned() };
    let unknown = match score.unknown_words {
        0 => String::new(),
        number => format!(", {} unknown", count(number)),
    };
    format!("perplexity {perplexity:.4}, {}{unknown}", counted(score.words, "word"))
}
