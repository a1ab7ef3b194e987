//! `textmill kb list`.

use clap::Args;

use crate::cli::context::Context;
use crate::cli::exit::{CommandResult, ExitStatus};
use crate::cli::table::Table;
use crate::core::failure::Fails as _;
use crate::operations::knowledge_base::{KnowledgeBases, Manifest};
use crate::report::text::bytes;

/// List the knowledge bases, with how much is in each
///
/// Exits with 1 if one of them can't be read.
#[derive(Debug, Args)]
pub(super) struct ListArgs {}

pub(super) fn run(_args: &ListArgs, bases: &KnowledgeBases, context: &Context) -> CommandResult {
    let mut manifests = Vec::new();
    let mut status = ExitStatus::Done;
    for name in bases.names()? {
        match bases.open(&name) {
            Ok(base) => manifests.push(base.manifest().clone()),
            Err(error) => {
                context.printer.warning(format!("{name}: {error}; {}", error.hint().unwrap_or_default()))?;
                status = ExitStatus::No;
            }
        }
    }
    context.printer.outcome(&manifests, |manifests| in_words(manifests))?;
    Ok(status)
}

fn in_words(manifests: &[Manifest]) -> String {
    if manifests.is_empty() {
        return "no knowledge base yet; `textmill kb build SRC --name NAME` builds one".to_owned();
    }
    let mut table = Table::new(["NAME", "RECORDS", "FILES", "SIZE", "SEARCH", "GENERATION"]);
    for manifest in manifests {
        table.row([
            manifest.name.to_string(),
            manifest.summary.records.to_string(),
            manifest.summary.files.to_string(),
            bytes(manifest.size_bytes),
            if manifest.options.meaning { "words, meaning" } else { "words" }.to_owned(),
            manifest.generation.chars().take(12).collect(),
        ]);
    }
    table.to_string()
}
