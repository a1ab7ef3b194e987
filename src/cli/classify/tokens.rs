//! `textmill classify tokens`: tags of entities from one form to another.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use crate::cli::context::{Context, Process};
use crate::cli::exit::{CommandError, CommandResult, ExitStatus};
use crate::cli::printer::{Form, Printer};
use crate::cli::runtime::until_interrupted;
use crate::core::failure::{Code, Failure};
use crate::core::intake::LocalSource;
use crate::core::isolation::Isolation;
use crate::core::progress::ProgressSink;
use crate::operations::classification::{
    Faults, TokensError, TokensOptions, TokensOutcome, TokensTarget, convert_tokens,
};
use crate::operations::context::RunContext;
use crate::report::text::{count, counted};

/// Faults that are told, of those that are known.
const SHOWN: usize = 5;

/// Convert entities among CoNLL, IOB tags and spans
///
/// Example: textmill classify tokens tweets.csv -o tweets.conll
///
/// Names say the forms: .conll, .iob.jsonl (tokens and tags), .spans.jsonl (text and spans), .csv, .tsv, .parquet (a column of
/// texts or tokens, and one of tags or spans). Tags may be IOB1, IOB2, BIOES or BILOU; they are written as IOB2. A tag that
/// goes on where nothing has begun is mended and told; a row that does not fit is left out and told. Exits with 1 if a row
/// was left out. docs/entities.md says more.
#[derive(Debug, Args)]
pub(super) struct TokensArgs {
    /// File to read
    #[arg(value_name = "INPUT")]
    input: PathBuf,
    /// File to write; `-` is standard output
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    #[command(flatten)]
    options: TokensOptions,
}

pub(super) fn run(args: &TokensArgs, context: &Context) -> CommandResult {
    let (loaded, _logs) = context.open(Process::Command)?;
    let is_stream = args.output.as_os_str() == "-";
    if is_stream && context.printer.form == Form::Json {
        let failure = Failure::new(Code::InvalidParameter, "--json prints one document, and the rows are many");
        return Err(failure.with_hint("name a file for the rows with --output").into());
    }
    let source = LocalSource::at(&args.input)?;
    let (options, output) = (args.options.clone(), args.output.clone());
    let (progress, isolation) = (context.printer.progress_sink(), Isolation::new(loaded.config.isolation.limits()));
    let outcome = until_interrupted(move |cancel| -> Result<_, CommandError> {
        let progress: Arc<dyn ProgressSink> = progress;
        let context = RunContext { progress, cancel, reserved: None, isolation };
        let target = if is_stream { TokensTarget::Stream(Box::new(io::stdout())) } else { TokensTarget::File(output) };
        convert_tokens(&source, target, &options, &context).map_err(or_gone)
    })??;
    warn(&outcome, context.printer)?;
    if is_stream {
        context.printer.note(in_words(&outcome, "standard output"))?;
    } else {
        context.printer.outcome(&outcome, |outcome| in_words(outcome, &args.output.display().to_string()))?;
    }
    Ok(if outcome.is_complete() { ExitStatus::Done } else { ExitStatus::No })
}

/// A reader of the stream that has seen enough is no failure.
fn or_gone(error: TokensError) -> CommandError {
    match error {
        TokensError::Output { source, .. } if source.kind() == io::ErrorKind::BrokenPipe => source.into(),
        error => error.into(),
    }
}

/// Says what is not in the output, or not as it was.
fn warn(outcome: &TokensOutcome, printer: Printer) -> io::Result<()> {
    if let Some(first) = &outcome.first_reject {
        let rows = counted(outcome.rows_rejected, "row");
        printer.warning(format!("{rows} can't be read and are not in the output; {first}"))?;
    }
    told(&outcome.not_fitting, "left out, they do not fit", printer)?;
    told(&outcome.mended, "mended, a tag goes on where nothing has begun", printer)?;
    let others = [
        (outcome.rows_without_tokens, "row", "without a token left out, which CoNLL can't hold"),
        (outcome.spans_overlapping, "span", "overlapping a longer one left out"),
        (outcome.spans_widened, "span", "widened to whole tokens"),
    ];
    for (number, what, became) in others.into_iter().filter(|(number, ..)| *number > 0) {
        printer.warning(format!("{} {became}", counted(number, what)))?;
    }
    Ok(())
}

fn told(faults: &Faults, became: &str, printer: Printer) -> io::Result<()> {
    if faults.rows == 0 {
        return Ok(());
    }
    let mut lines = vec![format!("{} {became}", counted(faults.rows, "row"))];
    lines.extend(faults.examples.iter().take(SHOWN).map(|example| format!("  {example}")));
    let more = faults.rows.saturating_sub(SHOWN as u64);
    if more > 0 {
        lines.push(format!("  … and {} more", counted(more, "row")));
    }
    printer.warning(lines.join("\n"))
}

fn in_words(outcome: &TokensOutcome, output: &str) -> String {
    let entities = match outcome.entities.values().sum() {
        1 => "1 entity".to_owned(),
        many => format!("{} entities", count(many)),
    };
    let rows = counted(outcome.rows_written, "row");
    let tokens = if outcome.tokens > 0 { format!(", {}", counted(outcome.tokens, "token")) } else { String::new() };
    let mut lines = vec![format!("{rows}{tokens}, {entities}, in {output}")];
    lines.extend(outcome.entities.iter().map(|(label, number)| format!("  {label}: {}", count(*number))));
    if !outcome.labels_renamed.is_empty() {
        lines.push(format!("  Blanks became `_` in: {}", outcome.labels_renamed.join(", ")));
    }
    if !outcome.columns_left_out.is_empty() {
        lines.push(format!("  Not in the output: {}", outcome.columns_left_out.join(", ")));
    }
    lines.join("\n")
}
