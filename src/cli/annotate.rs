//! `textmill annotate`: a table with the concepts that its texts mention.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::context::{Context, Process};
use super::embed::engine::EngineArgs;
use super::exit::{CommandError, CommandResult, ExitStatus};
use super::runtime::until_interrupted;
use crate::app;
use crate::core::embeddings::LocalOptions;
use crate::core::intake::LocalSource;
use crate::core::isolation::Isolation;
use crate::core::progress::ProgressSink;
use crate::operations::annotation::{AnnotationOptions, AnnotationOutcome, TableAnnotation, annotate_table};
use crate::operations::context::RunContext;
use crate::operations::knowledge_base::KnowledgeBaseName;
use crate::report::text::{count, counted};

/// Concepts that are named with their counts.
const MOST_LINES: usize = 20;

/// Find the concepts of a knowledge base in the texts of a table
///
/// Example: textmill annotate reviews.csv --kb sustainability --text-column review -o annotated.parquet --counts
///
/// Lists of phrases in the knowledge base say what is looked for: folders and the file's stem are the concept, each line is
/// a phrase, a file named BANLIST holds phrases that must not match. The output is the table, all columns as they were, and
/// `mentions`: concept, phrase, what stands in the text and where, how it was found, and how like the phrase it is. Exits
/// with 1 if rows can't be read.
#[derive(Debug, Args)]
pub(super) struct AnnotateArgs {
    /// Table to read: Parquet, or whatever `convert` reads
    #[arg(value_name = "TABLE")]
    table: PathBuf,
    /// Knowledge base whose lists say what is looked for
    #[arg(long, value_name = "NAME")]
    kb: String,
    /// Column of the texts
    #[arg(long, value_name = "NAME", default_value = "text")]
    text_column: String,
    /// Parquet file to write; further forms go beside it
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    #[command(flatten)]
    options: AnnotationOptions,
}

pub(super) fn run(args: &AnnotateArgs, context: &Context) -> CommandResult {
    let (loaded, _logs) = context.open(Process::Command)?;
    let name: KnowledgeBaseName = args.kb.parse()?;
    let base = app::open_knowledge_bases(&loaded.config).open(&name)?;
    let source = LocalSource::at(&args.table)?;
    let engine = args.options.meaning.then(|| EngineArgs::stored(args.options.model.clone()).choose(&loaded.config));
    let engine = engine.transpose()?;
    let (options, text_column) = (args.options.clone(), args.text_column.clone());
    let (output, progress) = (args.output.clone(), context.printer.progress_sink());
    let isolation = Isolation::new(loaded.config.isolation.limits());
    let outcome = until_interrupted(move |cancel| -> Result<_, CommandError> {
        let progress: Arc<dyn ProgressSink> = progress;
        let context = RunContext { progress, cancel, reserved: None, isolation };
        let engine = engine.map(|engine| engine.open(&LocalOptions::default(), &context.cancel)).transpose()?;
        let embedder = engine.map(|engine| engine.embedder);
        let annotation = TableAnnotation { base: &base, text_column: &text_column, options: &options, embedder };
        Ok(annotate_table(&source, &output, &annotation, &context)?)
    })??;
    if let Some(first) = &outcome.first_reject {
        let rows = counted(outcome.rows_rejected, "row");
        context.printer.warning(format!("{rows} can't be read and are not in the output; {first}"))?;
    }
    context.printer.outcome(&outcome, |outcome| in_words(outcome, &args.output))?;
    Ok(if outcome.rows_rejected > 0 { ExitStatus::No } else { ExitStatus::Done })
}

fn in_words(outcome: &AnnotationOutcome, output: &Path) -> String {
    let found = outcome.found;
    let (mentions, rows) = (counted(outcome.mentions, "mention"), count(outcome.rows_with_mentions));
    let mut lines = vec![format!("{mentions} in {rows} of {}, in {}", counted(outcome.rows, "row"), output.display())];
    let ways = [
        (found.exact, "exact"),
        (found.inflected, "inflected"),
        (found.typo, "with a slip of the pen"),
        (found.meaning, "by meaning"),
    ];
    let ways = ways.iter().filter(|(mentions, _)| *mentions > 0);
    let ways: Vec<_> = ways.map(|(mentions, way)| format!("{} {way}", count(*mentions))).collect();
    if !ways.is_empty() {
        lines.push(format!("  {}", ways.join(", ")));
    }
    let mut concepts: Vec<_> = outcome.concepts.iter().filter(|concept| concept.mentions > 0).collect();
    concepts.sort_by(|a, b| b.mentions.cmp(&a.mentions).then_with(|| a.name.cmp(&b.name)));
    for concept in concepts.iter().take(MOST_LINES) {
        lines.push(format!("  {}: {}", concept.name, counted(concept.mentions, "mention")));
    }
    if concepts.len() > MOST_LINES {
        lines.push(format!("  … and {} more", counted((concepts.len() - MOST_LINES) as u64, "concept")));
    }
    if outcome.rows_without_text > 0 {
        lines.push(format!("  {} without a text", counted(outcome.rows_without_text, "row")));
    }
    for other in outcome.outputs.iter().skip(1) {
        lines.push(format!("  Also: {}", output.with_file_name(other).display()));
    }
    lines.join("\n")
}
