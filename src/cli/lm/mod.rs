//! `textmill lm`: language models of the texts of a table.
//!
//! For: the command tree; each command is a file. Not for: what they do. The one decision: a model is a file that the caller
//! names, so a command needs no service; those of the service lie in its state directory, under `language-models`.

mod ask;
pub(super) mod build;
mod score;
mod show;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::context::{Context, Process};
use super::exit::CommandResult;
use crate::operations::language_model::{LanguageModel, LanguageModelError};

/// Build language models from tables, and ask them
///
/// Example: textmill lm build reviews.csv --text-column review -o reviews.lm
///
/// A model says which words follow each other (n-grams with interpolated Kneser–Ney smoothing) and which stand near each
/// other (co-occurrences with PPMI). It is one file. docs/language-models.md has the formulas.
#[derive(Debug, Args)]
pub(super) struct LmArgs {
    #[command(subcommand)]
    command: LmCommand,
}

#[derive(Debug, Subcommand)]
enum LmCommand {
    Build(build::BuildArgs),
    Show(show::ShowArgs),
    Score(score::ScoreArgs),
    Neighbours(ask::NeighboursArgs),
    Complete(ask::CompleteArgs),
}

pub(super) fn run(args: &LmArgs, context: &Context) -> CommandResult {
    let (loaded, _logs) = context.open(Process::Command)?;
    match &args.command {
        LmCommand::Build(args) => build::run(args, &loaded.config, context),
        LmCommand::Show(args) => show::run(args, context),
        LmCommand::Score(args) => score::run(args, &loaded.config, context),
        LmCommand::Neighbours(args) => ask::neighbours(args, context),
        LmCommand::Complete(args) => ask::complete(args, context),
    }
}

/// One model.
#[derive(Debug, Args)]
struct OneModel {
    /// File of the model, made with `textmill lm build`
    #[arg(value_name = "MODEL")]
    model: PathBuf,
}

impl OneModel {
    fn open(&self) -> Result<LanguageModel, LanguageModelError> {
        LanguageModel::open(&self.model)
    }
}
