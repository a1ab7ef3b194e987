//! `textmill kb cat`: records, a line each.

use std::io;

use clap::Args;

use super::OneBase;
use crate::cli::context::Context;
use crate::cli::exit::{CommandError, CommandResult, ExitStatus};
use crate::operations::knowledge_base::{KnowledgeBases, Portion, RecordFilter, Selection};

/// How much is written at once.
const PORTION: Portion = Portion { records: 1_000, bytes: 1 << 20 };

/// Write the records of a knowledge base to standard output, as JSON lines
///
/// Example: textmill kb cat sustainability --folder Climate --text methane | head
///
/// Each line is a record: `id`, `content` and `meta`, as Haystack's documents have them.
#[derive(Debug, Args)]
pub(super) struct CatArgs {
    #[command(flatten)]
    base: OneBase,
    /// Only records of files in this folder of the source, and below
    #[arg(long, value_name = "FOLDER")]
    folder: Option<String>,
    /// Only records of this file of the source
    #[arg(long, value_name = "PATH")]
    path: Option<String>,
    /// Only records with this text in their content, in whatever case
    #[arg(long, value_name = "TEXT")]
    text: Option<String>,
}

pub(super) fn run(args: &CatArgs, bases: &KnowledgeBases, context: &Context) -> CommandResult {
    let base = bases.open(&args.base.name()?)?;
    let filter = RecordFilter { folder: args.folder.clone(), path: args.path.clone(), text: args.text.clone() };
    let selection = Selection::new(base, &filter)?;
    let mut place = Some(0);
    while let Some(from) = place {
        let selected = selection.from(from, PORTION)?;
        place = selected.next;
        let lines =
            String::from_utf8(selected.into_bytes()).map_err(|error| CommandError::Output(io::Error::other(error)))?;
        if !lines.is_empty() {
            context.printer.data(&lines)?;
        }
    }
    Ok(ExitStatus::Done)
}
