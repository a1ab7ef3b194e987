//! What can be asked of a search, declared once for the API, command line and documentation.

use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Results of one search at most.
pub const MOST_RESULTS: usize = 1_000;

/// How to search; every field has a default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema, Args)]
#[serde(default, deny_unknown_fields)]
pub struct SearchOptions {
    /// What makes a record fit
    #[arg(long, value_enum, default_value_t, value_name = "MODE")]
    pub mode: SearchMode,
    /// Results at most
    #[arg(short, long, default_value_t = 10, value_name = "N", value_parser = results)]
    #[schema(minimum = 1, maximum = 1000, example = 10)]
    pub k: usize,
    /// Look only into this folder and those below it, `/` between parts
    #[arg(long, value_name = "FOLDER")]
    pub folder: Option<String>,
    /// Look only at records that have this value: a column's, or file, format, heading, page, path, sheet (each of several
    /// filters must hold; `columns.NAME:VALUE` is always a column)
    #[arg(long = "filter", value_name = "NAME:VALUE")]
    pub filters: Vec<String>,
}

impl Default for SearchOptions {
    fn default() -> Self {
        Self { mode: SearchMode::default(), k: 10, folder: None, filters: Vec::new() }
    }
}

fn results(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(k) if (1..=MOST_RESULTS).contains(&k) => Ok(k),
        _ => Err(format!("`{text}` is no number from 1 to {MOST_RESULTS}")),
    }
}

/// What makes a record fit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum SearchMode {
    /// Words and meaning, fused by the places that records have in both lists; by words alone where there is no index by
    /// meaning, and the answer says so
    #[default]
    Hybrid,
    /// The query's words in all their forms, and its "phrases" as they are (BM25)
    Text,
    /// What it means, in whatever words (cosine of embeddings)
    Meaning,
}
