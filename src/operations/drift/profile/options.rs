//! What can be asked of a profile, declared once for JSON, command line and the file that keeps it.

use clap::Args;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::operations::classification::{OneOrMany, one_or_many};
use crate::operations::drift::options::{DriftOptions, Named};

/// Rows that are kept, unless somebody says otherwise.
const SAMPLE_ROWS: u64 = 10_000;

/// What of a table goes into its profile. It is kept there, so that a check with other columns is refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema, Args)]
#[serde(default, deny_unknown_fields)]
pub struct ProfileOptions {
    /// Column of the texts; several are joined, a line each
    #[arg(long, value_name = "COLUMN", required = true)]
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
    /// Model of the store that makes vectors of the rows that are kept, by its id
    #[arg(long, value_name = "ID", help_heading = "Properties and vectors")]
    pub embedder: Option<String>,
    /// Column of vectors that were made already: lists of numbers
    #[arg(long, value_name = "COLUMN", help_heading = "Properties and vectors", conflicts_with = "embedder")]
    pub embedding_column: Option<String>,

    /// Rows that are kept whole, for checks that look at rows; chosen by the seed
    #[arg(long, value_name = "ROWS", default_value_t = SAMPLE_ROWS, help_heading = "Profile")]
    pub sample_rows: u64,
    /// What the choice of these rows begins with
    #[arg(long, value_name = "NUMBER", default_value_t = 42, help_heading = "Profile")]
    pub seed: u64,
}

impl Default for ProfileOptions {
    fn default() -> Self {
        let DriftOptions { seed, .. } = DriftOptions::default();
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
            sample_rows: SAMPLE_ROWS,
            seed,
        }
    }
}

impl ProfileOptions {
    /// The same, as a check says how a set is read.
    pub(super) fn of_set(&self) -> DriftOptions {
        DriftOptions {
            text_column: self.text_column.clone(),
            label_column: self.label_column.clone(),
            label_separator: self.label_separator.clone(),
            iob: self.iob,
            prediction_column: self.prediction_column.clone(),
            probability_columns: self.probability_columns.clone(),
            columns: self.columns.clone(),
            ignore_columns: self.ignore_columns.clone(),
            properties: self.properties.clone(),
            embedder: self.embedder.clone(),
            embedding_column: self.embedding_column.clone(),
            embedded_rows: self.sample_rows,
            seed: self.seed,
            ..DriftOptions::default()
        }
    }

    /// Columns that have a part of their own, and are not compared as others are.
    pub(super) fn named_columns(&self) -> impl Iterator<Item = &String> {
        let one = [&self.label_column, &self.prediction_column, &self.embedding_column];
        let several = self.text_column.iter().chain(self.probability_columns.0.values());
        one.into_iter().flatten().chain(several)
    }
}
