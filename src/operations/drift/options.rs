//! What can be asked of a check of data, declared once for JSON, command line and documentation.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use clap::Args;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::suite::Suite;
use crate::core::storage::location::Source;
use crate::operations::classification::{OneOrMany, one_or_many};

/// What every random choice begins with.
const SEED: u64 = 42;

/// A check as asked for by a client.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DriftRequest {
    /// What is known to be good: a table, or a saved profile of one. Without it the incoming set is checked alone.
    #[serde(default)]
    pub reference: Option<Source>,
    /// What came in: a table. Without it the reference is checked alone.
    #[serde(default)]
    pub incoming: Option<Source>,
    /// Whether the job leaves the properties and vectors of each row: `properties_reference.parquet` and
    /// `properties_incoming.parquet` among its artifacts.
    #[serde(default)]
    pub save_properties: bool,
    /// What to look at.
    pub options: DriftOptions,
}

/// What to look at, and how; all but the text column has a default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema, Args)]
#[serde(default, deny_unknown_fields)]
pub struct DriftOptions {
    /// Column of the texts; several are joined, a line each
    #[arg(long, value_name = "COLUMN")]
    #[serde(deserialize_with = "one_or_many")]
    #[schema(value_type = OneOrMany, min_items = 1)]
    pub text_column: Vec<String>,
    /// Column of the labels
    #[arg(long, value_name = "COLUMN")]
    pub label_column: Option<String>,
    /// What parts several labels in one cell, e.g. `;` (a list column needs none)
    #[arg(long, value_name = "TEXT")]
    pub label_separator: Option<String>,
    /// Labels are tags of tokens: `B-` and `I-` are taken off
    #[arg(long)]
    pub iob: bool,
    /// Column of what a model says the labels are
    #[arg(long, value_name = "COLUMN", help_heading = "Model")]
    pub prediction_column: Option<String>,
    /// Column of how probable the model holds a label; may be given again
    #[arg(long, value_name = "LABEL=COLUMN", default_value_t, hide_default_value = true, help_heading = "Model")]
    pub probability_columns: Named<String>,

    /// Columns that are compared beside text and label [default: all others]; may be given again
    #[arg(long = "column", value_name = "COLUMN", help_heading = "Columns")]
    pub columns: Vec<String>,
    /// Columns that are not; may be given again
    #[arg(long = "ignore-column", value_name = "COLUMN", help_heading = "Columns")]
    pub ignore_columns: Vec<String>,
    /// Properties of the texts that are computed [default: those that are usual]; `all`: every one; may be given again
    #[arg(long = "property", value_name = "NAME", help_heading = "Properties and vectors")]
    pub properties: Vec<String>,
    /// Model of the store that makes vectors and tokens of the texts, by its id; without one, what needs it is left out
    #[arg(long, value_name = "ID", help_heading = "Properties and vectors")]
    pub embedder: Option<String>,
    /// Column of vectors that were made already: lists of numbers
    #[arg(long, value_name = "COLUMN", help_heading = "Properties and vectors")]
    pub embedding_column: Option<String>,
    /// Rows of each set that vectors are made of; chosen by the seed
    #[arg(long, value_name = "ROWS", default_value_t = 10_000, help_heading = "Properties and vectors")]
    #[schema(minimum = 1)]
    pub embedded_rows: u64,

    /// The checks: a preset, or a TOML or JSON file of checks with their parameters and conditions
    #[arg(long, value_name = "SUITE", default_value_t, help_heading = "Suite")]
    pub suite: Suite,
    /// Another threshold for a condition, e.g. `label_drift.drift_score=0.3`; may be given again
    #[arg(
        long = "threshold",
        value_name = "CHECK.MEASURE=NUMBER",
        default_value_t,
        hide_default_value = true,
        help_heading = "Suite"
    )]
    pub thresholds: Named<f64>,
    /// Rows of each set that are looked at, chosen by the seed [default: all]
    #[arg(long, value_name = "ROWS", help_heading = "Suite")]
    #[schema(minimum = 1)]
    pub max_rows: Option<u64>,
    /// What every random choice begins with
    #[arg(long, value_name = "NUMBER", default_value_t = SEED, help_heading = "Suite")]
    pub seed: u64,
    /// Name under which runs are compared over time
    #[arg(long, value_name = "NAME", help_heading = "Suite")]
    pub dataset: Option<String>,
}

impl Default for DriftOptions {
    fn default() -> Self {
        Self {
            text_column: Vec::new(),
            label_column: None,
            label_separator: None,
            iob: false,
            prediction_column: None,
            probability_columns: Named::default(),
            columns: Vec::new(),
            ignore_columns: Vec::new(),
            properties: Vec::new(),
            embedder: None,
            embedding_column: None,
            embedded_rows: 10_000,
            suite: Suite::default(),
            thresholds: Named::default(),
            max_rows: None,
            seed: SEED,
            dataset: None,
        }
    }
}

/// Values by name; on the command line `NAME=VALUE`, several parted by commas.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = BTreeMap<String, T>)]
pub struct Named<T>(pub BTreeMap<String, T>);

impl<T> Default for Named<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T: fmt::Display> fmt::Display for Named<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pairs: Vec<_> = self.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        f.write_str(&pairs.join(","))
    }
}

impl<T: FromStr> FromStr for Named<T> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let pairs = text.split(',').filter(|pair| !pair.trim().is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').ok_or_else(|| format!("`{pair}` is no NAME=VALUE"))?;
            let value = value.trim().parse().map_err(|_unreadable| format!("`{value}` is not what `{name}` can be"))?;
            Ok((name.trim().to_owned(), value))
        });
        pairs.collect::<Result<_, String>>().map(Self)
    }
}
