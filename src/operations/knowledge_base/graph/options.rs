//! What can be asked of a graph, declared once for the API, command line and documentation.

use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What belongs to the graph; every field has a default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema, Args)]
#[serde(default, deny_unknown_fields)]
pub struct GraphOptions {
    /// Only this folder and those below it, `/` between parts
    #[arg(long, value_name = "FOLDER")]
    pub folder: Option<String>,
    /// Edges from each record to those that mean nearly the same, at most; needs an index by meaning
    #[arg(long, default_value_t = 3, value_name = "N", value_parser = clap::value_parser!(u64).range(0..=100))]
    #[schema(maximum = 100)]
    pub similar: u64,
    /// Cosine from which on two records are alike, 0 to 1
    #[arg(long, default_value_t = 0.8, value_name = "COSINE", value_parser = cosine)]
    #[schema(minimum = 0, maximum = 1)]
    pub least_similarity: f32,
    /// Leave out concepts and who mentions them
    #[arg(long)]
    pub no_concepts: bool,
}

impl Default for GraphOptions {
    fn default() -> Self {
        Self { folder: None, similar: 3, least_similarity: 0.8, no_concepts: false }
    }
}

fn cosine(text: &str) -> Result<f32, String> {
    match text.parse::<f32>() {
        Ok(number) if (0.0..=1.0).contains(&number) => Ok(number),
        _ => Err(format!("`{text}` is no number from 0 to 1")),
    }
}

/// How a graph is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum GraphFormat {
    /// A script of Cypher, a statement a line, that can be run again; beside it one that makes indexes and one of Neo4j's
    /// constraints, of which one goes first
    Cypher,
    /// A folder of CSV files with the headers of `neo4j-admin database import` (or all of them in a .zip)
    #[value(name = "neo4j-csv")]
    #[serde(rename = "neo4j-csv")]
    Neo4jCsv,
    /// XML that networkx, Gephi, yEd and igraph open
    Graphml,
    /// One object with `nodes` and `edges`
    Json,
}
