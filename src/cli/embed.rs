//! `textmill embed`: vectors of the texts of a file.

pub(super) mod engine;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use serde::Serialize;
use tempfile::TempPath;

use super::context::{Context, Process};
use super::exit::{CommandError, CommandResult, ExitStatus};
use super::printer::Form;
use super::runtime::{block_on, until_interrupted};
use crate::core::failure::{Code, Failure};
use crate::core::isolation::Isolation;
use crate::core::progress::ProgressSink;
use crate::core::shutdown::Signals;
use crate::operations::context::RunContext;
use crate::operations::embedding_job::{
    EmbeddingJobError, EmbeddingOptions, EmbeddingOutcome, TextSource, VectorTarget, embed,
};
use crate::report::text::counted;
use engine::{EngineArgs, EngineReport};

/// Turn texts into vectors with a sentence-embedding model
///
/// Example: textmill embed reviews.csv --text-column review --format parquet -o vectors.parquet
///
/// Reads a text a line (txt), a column of a table (csv, jsonl, and whatever `convert` reads) or of Parquet. Every row of
/// the input is a row of the output, in the same order; a row without a text has no vector. Exits with 1 if rows can't be
/// read.
#[derive(Debug, Args)]
pub(super) struct EmbedArgs {
    /// File to read; `-` is standard input
    #[arg(value_name = "FILE", default_value = "-")]
    input: PathBuf,
    #[command(flatten)]
    engine: EngineArgs,
    /// File to write [default: standard output, for jsonl]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    options: EmbeddingOptions,
}

pub(super) fn run(args: &EmbedArgs, context: &Context) -> CommandResult {
    let (loaded, _logs) = context.open(Process::Command)?;
    if args.output.is_none() && context.printer.form == Form::Json {
        let failure = Failure::new(Code::InvalidParameter, "--json prints one document, and the vectors are many");
        return Err(failure.with_hint("name a file for the vectors with --output").into());
    }
    let choice = args.engine.choose(&loaded.config)?;
    let options = args.options.clone();
    let is_stream = args.input.as_os_str() == "-";
    let to = args.output.clone();
    let progress = context.printer.progress_sink();
    let isolation = Isolation::new(loaded.config.isolation.limits());
    let spooled = is_stream.then(spool).transpose()?;
    let path = spooled.as_ref().map_or_else(|| args.input.clone(), |file| file.to_path_buf());
    let source = TextSource { path, is_stream };
    let done = until_interrupted(move |cancel| -> Result<_, CommandError> {
        let progress: Arc<dyn ProgressSink> = progress;
        let target = to.map_or_else(|| VectorTarget::Stream(Box::new(io::stdout())), VectorTarget::File);
        let context = RunContext { progress, cancel, reserved: None, isolation };
        let engine = choice.open(&options.local(), &context.cancel)?;
        let outcome = embed(&source, engine.embedder.as_ref(), target, &options, &context).map_err(or_gone)?;
        Ok(Done { outcome, engine: engine.report() })
    })??;
    tell(&done, args.output.as_deref(), context)?;
    Ok(if done.outcome.rows_rejected > 0 { ExitStatus::No } else { ExitStatus::Done })
}

/// Readers look at a file more than once, which a stream does not allow. A signal ends it, whether or not anything comes.
pub(super) fn spool() -> Result<TempPath, CommandError> {
    let (mut file, path) = tempfile::NamedTempFile::new()?.into_parts();
    block_on(async move {
        let mut signals = Signals::listen()?;
        let copied = tokio::task::spawn_blocking(move || io::copy(&mut io::stdin().lock(), &mut file));
        tokio::select! {
            copied = copied => {
                copied.map_err(io::Error::other)??;
                Ok(path)
            }
            _ = signals.next() => Err(Failure::new(Code::Cancelled, "interrupted while reading standard input").into()),
        }
    })
}

/// A reader of the vectors that has seen enough is no failure.
fn or_gone(error: EmbeddingJobError) -> CommandError {
    match error {
        EmbeddingJobError::Output { source, .. } if source.kind() == io::ErrorKind::BrokenPipe => source.into(),
        other => other.into(),
    }
}

/// What came of it, and what the engine counted meanwhile.
#[derive(Debug, Serialize)]
struct Done {
    #[serde(flatten)]
    outcome: EmbeddingOutcome,
    #[serde(flatten)]
    engine: EngineReport,
}

fn tell(done: &Done, output: Option<&Path>, context: &Context) -> Result<(), CommandError> {
    let Done { outcome, engine } = done;
    if let Some(trouble) = &engine.trouble {
        context.printer.warning(trouble)?;
    }
    if let Some(first) = &outcome.first_reject {
        let count = counted(outcome.rows_rejected, "row");
        context.printer.warning(format!("{count} can't be read and have no vector; {first}"))?;
    }
    match output {
        Some(path) => context.printer.outcome(done, |done| in_words(done, Some(path)))?,
        None => context.printer.note(in_words(done, None))?,
    }
    Ok(())
}

fn in_words(done: &Done, output: Option<&Path>) -> String {
    let Done { outcome, engine } = done;
    let place = output.map(|path| format!(" in {}", path.display())).unwrap_or_default();
    let vectors = counted(outcome.rows - outcome.rows_without_text, "vector");
    let tokens = outcome.tokens.map(|tokens| format!(", from {}", counted(tokens, "token"))).unwrap_or_default();
    let mut lines = vec![format!("{vectors} of {} numbers{place}{tokens}", outcome.dimension)];
    let truncated = outcome.texts_truncated.filter(|texts| *texts > 0);
    if let Some((texts, most)) = truncated.zip(outcome.max_tokens) {
        let count = counted(texts, "text");
        lines.push(format!("  {count} longer than {most} tokens: only the beginning was looked at"));
    }
    if outcome.rows_without_text > 0 {
        lines.push(format!("  {} without a text: no vector", counted(outcome.rows_without_text, "row")));
    }
    if let Some(remote) = engine.remote {
        let (requests, again) = (counted(remote.requests, "request"), remote.retries);
        lines.push(format!("  {requests} to the server, {again} of them again, {}", counted(remote.tokens, "token")));
    }
    if let Some(cache) = engine.cache.filter(|cache| cache.hits > 0) {
        lines.push(format!("  {} known already", counted(cache.hits, "text")));
    }
    lines.join("\n")
}
