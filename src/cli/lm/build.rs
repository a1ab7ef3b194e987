//! `textmill lm build`: a table becomes a language model.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::exit::{CommandError, CommandResult, ExitStatus};
use crate::cli::lm::show::model_in_words;
use crate::cli::runtime::until_interrupted;
use crate::config::Config;
use crate::core::intake::LocalSource;
use crate::core::isolation::Isolation;
use crate::core::progress::ProgressSink;
use crate::operations::context::RunContext;
use crate::operations::language_model::{LanguageModel, LanguageModelInfo, LanguageModelOptions, build_model};
use crate::report::text::counted;

/// Build a language model from the texts of a table
///
/// Example: textmill lm build reviews.csv --text-column review -o reviews.lm --order 4 --min-count 2
///
/// Texts are read once and counted in bounded memory. The same table and options give the same bytes. Exits with 1 if rows
/// can't be read.
#[derive(Debug, Args)]
pub(super) struct BuildArgs {
    /// Table to read: Parquet, or whatever `convert` reads
    #[arg(value_name = "TABLE")]
    table: PathBuf,
    /// Column of the texts
    #[arg(long, value_name = "NAME", default_value = "text")]
    text_column: String,
    /// File of the model to write
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Parquet file to write the co-occurrences to, too; `NAME.parquet` gets `NAME.vocabulary.parquet` beside it
    #[arg(long, value_name = "FILE")]
    cooccurrence: Option<PathBuf>,
    #[command(flatten)]
    options: LanguageModelOptions,
    /// Exit with 0 even if rows can't be read
    #[arg(long, help_heading = "Results")]
    exit_zero: bool,
}

/// A build to be run in this process.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Wish {
    pub(in crate::cli) table: PathBuf,
    pub(in crate::cli) text_column: String,
    pub(in crate::cli) output: PathBuf,
    pub(in crate::cli) cooccurrence: Option<PathBuf>,
    pub(in crate::cli) options: LanguageModelOptions,
    pub(in crate::cli) exit_zero: bool,
}

/// What was built.
#[derive(Debug, Serialize)]
struct Built {
    /// Files that were written: the model first.
    outputs: Vec<PathBuf>,
    model: LanguageModelInfo,
}

pub(super) fn run(args: &BuildArgs, config: &Config, context: &Context) -> CommandResult {
    let wish = Wish {
        table: args.table.clone(),
        text_column: args.text_column.clone(),
        output: args.output.clone(),
        cooccurrence: args.cooccurrence.clone(),
        options: args.options.clone(),
        exit_zero: args.exit_zero,
    };
    build_and_tell(wish, config, context)
}

/// Builds, and says what came of it.
pub(in crate::cli) fn build_and_tell(wish: Wish, config: &Config, context: &Context) -> CommandResult {
    let (source, exit_zero) = (LocalSource::at(&wish.table)?, wish.exit_zero);
    let progress = context.printer.progress_sink();
    let isolation = Isolation::new(config.isolation.limits());
    let built = until_interrupted(move |cancel| {
        let progress: Arc<dyn ProgressSink> = progress;
        build(&wish, &source, &RunContext { progress, cancel, reserved: None, isolation })
    })??;
    let rejected = built.model.rows_rejected;
    if let Some(first) = &built.model.first_reject {
        let rows = counted(rejected, "row");
        context.printer.warning(format!("{rows} can't be read and are not in the model; {first}"))?;
    }
    context.printer.outcome(&built, in_words)?;
    Ok(if rejected > 0 && !exit_zero { ExitStatus::No } else { ExitStatus::Done })
}

fn build(wish: &Wish, source: &LocalSource, context: &RunContext) -> Result<Built, CommandError> {
    let model = build_model(source, &wish.text_column, &wish.output, &wish.options, context)?;
    let mut outputs = vec![wish.output.clone()];
    if let Some(path) = &wish.cooccurrence {
        let built = LanguageModel::open(&wish.output)?;
        built.write_cooccurrences(path, &context.cancel)?;
        let vocabulary = path.with_extension("vocabulary.parquet");
        built.write_vocabulary(&vocabulary)?;
        outputs.extend([path.clone(), vocabulary]);
    }
    Ok(Built { outputs, model })
}

fn in_words(built: &Built) -> String {
    let shown = |path: &Path| path.display().to_string();
    let outputs: Vec<_> = built.outputs.iter().map(|path| shown(path)).collect();
    format!("{}\n{}", model_in_words(&built.model), outputs.join("\n"))
}
