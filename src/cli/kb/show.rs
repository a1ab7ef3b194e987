//! `textmill kb show`: what is in a knowledge base, without its records.

use std::fmt::Write as _;

use clap::Args;
use serde::Serialize;

use super::OneBase;
use crate::cli::context::Context;
use crate::cli::exit::{CommandError, CommandResult, ExitStatus};
use crate::operations::knowledge_base::{
    Extent, FileEntry, FileStatus, FolderNode, KnowledgeBase, KnowledgeBases, Manifest, folder_tree,
};
use crate::report::text::{bytes, counted};

/// Files with trouble that are named one by one to people; `--json` names all.
const NAMED: usize = 20;

/// Show what is in a knowledge base: counts, folders, columns, and the files that were not read
#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    #[command(flatten)]
    base: OneBase,
    /// Levels of folders to show
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100))]
    depth: u32,
    /// Show the files of the folders, too
    #[arg(long)]
    files: bool,
}

/// What is shown.
#[derive(Debug, Serialize)]
struct Shown {
    #[serde(flatten)]
    manifest: Manifest,
    /// Where its records lie.
    records_file: std::path::PathBuf,
    tree: FolderNode,
    /// Files that were left out or can't be read, and those with rows that can't be records.
    troubled: Vec<FileEntry>,
}

pub(super) fn run(args: &ShowArgs, bases: &KnowledgeBases, context: &Context) -> CommandResult {
    let base = bases.open(&args.base.name()?)?;
    let shown = Shown {
        manifest: base.manifest().clone(),
        records_file: base.folder().join("records.jsonl"),
        tree: folder_tree(&base, "", Extent { depth: args.depth, files: args.files })?,
        troubled: troubled(&base)?,
    };
    context.printer.outcome(&shown, in_words)?;
    Ok(ExitStatus::Done)
}

fn troubled(base: &KnowledgeBase) -> Result<Vec<FileEntry>, CommandError> {
    let mut found = Vec::new();
    for file in base.files() {
        let file = file?;
        if file.status != FileStatus::Read || file.rejected > 0 {
            found.push(file);
        }
    }
    Ok(found)
}

fn in_words(shown: &Shown) -> String {
    let Manifest { name, summary, fields, options, generation, size_bytes, .. } = &shown.manifest;
    let search = if options.meaning { "by words and meaning" } else { "by words" };
    let mut text = format!(
        "{name}: {} of {}, {}; search {search}\ngeneration {generation}\n{}\n",
        counted(summary.records, "record"),
        counted(summary.files, "file"),
        bytes(*size_bytes),
        shown.records_file.display(),
    );
    if summary.duplicates > 0 {
        let _ = writeln!(text, "{} with the content of another one", counted(summary.duplicates, "record"));
    }
    if !fields.is_empty() {
        let names: Vec<_> = fields.iter().map(|field| field.name.as_str()).collect();
        let _ = writeln!(text, "columns: {}", names.join(", "));
    }
    text.push('\n');
    folder_in_words(&shown.tree, 0, &mut text);
    trouble_in_words(&shown.troubled, &mut text);
    text
}

fn folder_in_words(folder: &FolderNode, level: usize, text: &mut String) {
    for inner in folder.folders.iter().flatten() {
        // Writing to a `String` can't fail.
        let _ = writeln!(text, "{:>9}  {}{}/", inner.record_count, "  ".repeat(level), inner.name);
        folder_in_words(inner, level + 1, text);
    }
    for file in folder.files.iter().flatten() {
        let _ = writeln!(text, "{:>9}  {}{}", file.record_count, "  ".repeat(level), file.name);
    }
}

fn trouble_in_words(files: &[FileEntry], text: &mut String) {
    if files.is_empty() {
        return;
    }
    text.push_str("\nnot all was read:\n");
    for file in files.iter().take(NAMED) {
        let why = match (&file.error, &file.reason) {
            (Some(error), _) => error.detail.clone(),
            (None, Some(reason)) => format!("left out: {reason}"),
            (None, None) => format!("{} can't be records", counted(file.rejected, "row")),
        };
        let _ = writeln!(text, "  {}: {why}", file.path);
    }
    if files.len() > NAMED {
        let _ = writeln!(text, "  and {} more; --json names all", files.len() - NAMED);
    }
}
