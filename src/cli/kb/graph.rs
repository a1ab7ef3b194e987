//! `textmill kb graph`: a knowledge base as a graph, for databases and programs that draw.

use std::path::PathBuf;

use clap::Args;

use super::OneBase;
use crate::cli::context::Context;
use crate::cli::exit::{CommandResult, ExitStatus};
use crate::cli::runtime::until_interrupted;
use crate::config::Config;
use crate::core::isolation::Isolation;
use crate::operations::annotation::Lexicons;
use crate::operations::context::RunContext;
use crate::operations::knowledge_base::KnowledgeBases;
use crate::operations::knowledge_base::graph::{GraphCounts, GraphFormat, GraphOptions, GraphSource, write_graph};
use crate::operations::knowledge_base::search::SearchableBase;
use crate::report::text::counted;

/// Write a knowledge base as a graph: folders, files, records, concepts, and what is between them
///
/// Example: textmill kb graph sustainability --format graphml -o sustainability.graphml
///
/// Folders contain files, files have records, records mention the concepts of the base's own lists, and records of a base
/// that was built with --meaning are similar to others. docs/knowledge-base.md says how each form is loaded.
#[derive(Debug, Args)]
pub(super) struct GraphArgs {
    #[command(flatten)]
    base: OneBase,
    /// How to write it
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: GraphFormat,
    /// File to write; of neo4j-csv a folder, or a .zip
    #[arg(short, long, value_name = "OUT")]
    output: PathBuf,
    #[command(flatten)]
    options: GraphOptions,
}

pub(super) fn run(args: &GraphArgs, bases: &KnowledgeBases, config: &Config, context: &Context) -> CommandResult {
    let base = SearchableBase::open(bases, &args.base.name()?)?;
    let (format, output, options) = (args.format, args.output.clone(), args.options.clone());
    let progress = context.printer.progress_sink();
    let isolation = Isolation::new(config.isolation.limits());
    let counts = until_interrupted(move |cancel| {
        let source = GraphSource { base: base.base(), vectors: base.vectors(), lexicons: &Lexicons::default() };
        let context = RunContext { progress, cancel, reserved: None, isolation };
        write_graph(source, format, &options, &output, &context)
    })??;
    context.printer.outcome(&counts, in_words)?;
    Ok(ExitStatus::Done)
}

fn in_words(counts: &GraphCounts) -> String {
    let nodes = [
        counted(counts.folders, "folder"),
        counted(counts.files, "file"),
        counted(counts.records, "record"),
        counted(counts.concepts, "concept"),
    ];
    let mut lines = vec![format!("{}; {}", nodes.join(", "), counted(counts.edges, "edge"))];
    lines.extend(counts.written.iter().map(|path| path.display().to_string()));
    lines.join("\n")
}
