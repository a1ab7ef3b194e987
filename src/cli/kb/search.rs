//! `textmill kb search`: the records of a knowledge base that fit a query best.

use std::sync::Arc;

use clap::Args;

use super::OneBase;
use crate::app;
use crate::cli::context::Context;
use crate::cli::exit::{CommandResult, ExitStatus};
use crate::cli::runtime::until_interrupted;
use crate::config::Config;
use crate::core::embeddings::{Embedder, LocalEmbedder, LocalOptions};
use crate::core::failure::{Fails as _, Failure};
use crate::core::models::ModelStore;
use crate::operations::knowledge_base::KnowledgeBases;
use crate::operations::knowledge_base::search::{Placing, SearchHit, SearchOptions, SearchOutcome, SearchableBase};
use crate::report::text::counted;

/// Find the records of a knowledge base that fit a query best
///
/// Example: textmill kb search sustainability 'reuse "circular economy"' --folder Climate -k 5
///
/// A query is words, and "phrases" that must stand so; nothing that is typed is an error. Words are found in all their
/// forms, English and German. A base that was built with --meaning is searched by meaning, too. Exits with 1 if nothing was
/// found.
#[derive(Debug, Args)]
pub(super) struct SearchArgs {
    #[command(flatten)]
    base: OneBase,
    /// What to look for
    #[arg(value_name = "QUERY")]
    query: String,
    #[command(flatten)]
    options: SearchOptions,
}

pub(super) fn run(args: &SearchArgs, bases: &KnowledgeBases, config: &Config, context: &Context) -> CommandResult {
    let base = SearchableBase::open(bases, &args.base.name()?)?;
    let store = app::open_models(config)?;
    let (query, options) = (args.query.clone(), args.options.clone());
    let outcome =
        until_interrupted(move |cancel| base.search(&query, &options, &|model| embedder(&store, model), &cancel))??;
    if let Some(note) = &outcome.note {
        context.printer.warning(note)?;
    }
    context.printer.outcome(&outcome, in_words)?;
    Ok(if outcome.items.is_empty() { ExitStatus::No } else { ExitStatus::Done })
}

/// A model of the store, for one query.
fn embedder(store: &ModelStore, model: &str) -> Result<Arc<dyn Embedder>, Failure> {
    let folder = store.path(model).map_err(|error| error.to_failure())?;
    let embedder = LocalEmbedder::open(&folder, LocalOptions::default()).map_err(|error| error.to_failure())?;
    Ok(Arc::new(embedder))
}

fn in_words(outcome: &SearchOutcome) -> String {
    if outcome.items.is_empty() {
        return "nothing found".to_owned();
    }
    let mut lines: Vec<String> = outcome.items.iter().zip(1..).map(|(hit, number)| hit_in_words(hit, number)).collect();
    if let Some(matches) = outcome.matches.filter(|matches| *matches > outcome.items.len() as u64) {
        lines.push(format!("{} with a word of the query", counted(matches, "record")));
    }
    lines.join("\n")
}

fn hit_in_words(hit: &SearchHit, number: usize) -> String {
    let meta = &hit.record.meta;
    let place = [
        meta.sheet.as_ref().map(|sheet| format!(", sheet {sheet}")),
        meta.page.map(|page| format!(", page {page}")),
        meta.row.map(|row| format!(", row {row}")),
    ];
    let place: String = place.into_iter().flatten().collect();
    let by = |name: &str, placing: Option<Placing>| placing.map(|placing| format!("{name} {}", placing.rank));
    let ranks: Vec<String> = [by("words", hit.text), by("meaning", hit.meaning)].into_iter().flatten().collect();
    // A piece may hold line ends, which would look like lines of ours.
    let piece = hit.highlights.snippet.split_whitespace().collect::<Vec<_>>().join(" ");
    let cut = if hit.highlights.start > 0 { "… " } else { "" };
    let path = meta.path.replace('\n', "\\n");
    format!("{number}. {path}{place} ({:.4}; {})\n   {cut}{piece}", hit.score, ranks.join(", "))
}
