//! `textmill kb`: knowledge bases of the state directory.
//!
//! For: the command tree; each command is a file. Not for: what they do. The one decision: a command works in process, on
//! the folder that the service works on, and needs no service.

pub(super) mod build;
mod cat;
mod graph;
mod list;
mod rm;
mod search;
mod show;

use clap::{Args, Subcommand};

use super::context::{Context, Process};
use super::exit::CommandResult;
use crate::app;
use crate::operations::knowledge_base::{KnowledgeBaseError, KnowledgeBaseName};

/// Build knowledge bases from folders, and look into them
///
/// Example: textmill kb cat sustainability --folder Climate
///
/// A knowledge base is made of a folder of tables and documents: a record for each row or piece of text, with the folders
/// that it lies in. They lie in the state directory, and the service sees the same ones. docs/knowledge-base.md says more.
#[derive(Debug, Args)]
pub(super) struct KbArgs {
    #[command(subcommand)]
    command: KbCommand,
}

#[derive(Debug, Subcommand)]
enum KbCommand {
    Build(build::BuildArgs),
    List(list::ListArgs),
    Show(show::ShowArgs),
    Cat(cat::CatArgs),
    Search(search::SearchArgs),
    Graph(graph::GraphArgs),
    Rm(rm::RmArgs),
}

pub(super) fn run(args: &KbArgs, context: &Context) -> CommandResult {
    let (loaded, _logs) = context.open(Process::Command)?;
    let bases = app::open_knowledge_bases(&loaded.config);
    match &args.command {
        KbCommand::Build(args) => build::run(args, &loaded.config, context),
        KbCommand::List(args) => list::run(args, &bases, context),
        KbCommand::Show(args) => show::run(args, &bases, context),
        KbCommand::Cat(args) => cat::run(args, &bases, context),
        KbCommand::Search(args) => search::run(args, &bases, &loaded.config, context),
        KbCommand::Graph(args) => graph::run(args, &bases, &loaded.config, context),
        KbCommand::Rm(args) => rm::run(args, &bases, context),
    }
}

/// One knowledge base.
#[derive(Debug, Args)]
struct OneBase {
    /// Name of the knowledge base; `textmill kb list` shows them
    #[arg(value_name = "NAME")]
    name: String,
}

impl OneBase {
    fn name(&self) -> Result<KnowledgeBaseName, KnowledgeBaseError> {
        self.name.parse()
    }
}
