//! `textmill run`: an option set that is stored in a file, as pipelines call it.

use std::path::{Path, PathBuf};

use clap::Args;

use super::classify;
use super::context::{Context, Process};
use super::convert::{ResultArgs, Wish, convert_and_tell};
use super::exit::CommandResult;
use super::{drift, kb, lm};
use crate::core::failure::{Code, Failure};
use crate::operations::stored_job::{Reports, StoredJob, replacement};

/// Run a job that is stored in a TOML file
///
/// Example: textmill run jobs/conversion/knowledgebase.toml --set options.compression=snappy
///
/// The file names the `operation` (`conversion`, `knowledge_base`, `classification`, `language_model` or `drift_check`),
/// `source`, `destination` or `name`, for a language model `text_column`, for a check `reference`, `incoming` and `[reports]`,
/// and, under `[options]`, what the help of `textmill convert`, `kb build`, `classify build`, `lm build` or `drift check` lists; what that takes from a file (`label_set`, `label_by_meaning`) stands there
/// itself. Paths start at the working directory.
#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// The stored job
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Replace a value of the file, e.g. `options.dry_run=true` or `options.include=["a/**"]`; may be given again
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    #[command(flatten)]
    results: ResultArgs,
}

pub(super) fn run(args: &RunArgs, context: &Context) -> CommandResult {
    let (loaded, _logs) = context.open(Process::Command)?;
    match read(&args.file, &args.set)? {
        StoredJob::Conversion { source, destination, options } => {
            let wish = Wish { source: &source, destination: &destination, options: &options, results: &args.results };
            convert_and_tell(&wish, &loaded.config, context)
        }
        StoredJob::KnowledgeBase { source, name, options } => {
            let exit_zero = args.results.without_pages("knowledge_base")?;
            let wish = kb::build::Wish { source: &source, name: &name, options: &options, exit_zero };
            kb::build::build_and_tell(&wish, &loaded.config, context)
        }
        StoredJob::Classification { source, destination, options } => {
            let exit_zero = args.results.without_pages("classification")?;
            let wish = classify::build::Wish { source: &source, folder: &destination, options: &options, exit_zero };
            classify::build::build_and_tell(&wish, &loaded.config, context)
        }
        StoredJob::LanguageModel { source, text_column, destination, cooccurrence, options } => {
            let exit_zero = args.results.without_pages("language_model")?;
            let (table, output) = (source, destination);
            let wish = lm::build::Wish { table, text_column, output, cooccurrence, options, exit_zero };
            lm::build::build_and_tell(wish, &loaded.config, context)
        }
        StoredJob::DriftCheck { reference, incoming, reports, options } => {
            let results = drift_results(&args.results, reports);
            let (reference, incoming) = (reference.as_deref(), incoming.as_deref());
            let wish = drift::check::Wish { reference, incoming, options: &options, results: &results };
            drift::check::check_and_tell(&wish, &loaded.config, context)
        }
    }
}

/// What is asked for here comes before what the file asks for.
fn drift_results(args: &ResultArgs, reports: Reports) -> drift::ResultArgs {
    let (html, metrics_out) = (args.html.clone().or(reports.html), args.metrics_out.clone().or(reports.metrics));
    let Reports { markdown, junit, .. } = reports;
    drift::ResultArgs { html, markdown, junit, metrics_out, exit_zero: args.exit_zero, ..drift::ResultArgs::default() }
}

fn read(path: &Path, replacements: &[String]) -> Result<StoredJob, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Failure::new(Code::NotFound, format!("can't read `{}`: {error}", path.display()))
            .with_hint("name a TOML file; stored jobs are kept under jobs/")
    })?;
    let replacements = replacements.iter().map(|text| replacement(text)).collect::<Result<_, _>>();
    replacements.and_then(|replacements| StoredJob::parse(&text, replacements)).map_err(|what| {
        Failure::new(Code::InvalidParameter, format!("`{}`: {what}", path.display()))
            .with_hint("a stored job has `operation`, what that reads and writes, and [options]; `textmill run --help`")
    })
}
