//! The two sets as the page describes them.

use super::figures::words;
use crate::core::figures::{count, counted};
use crate::operations::drift::{ColumnUse, DriftOutcome, SideOutcome};
use crate::report::prose::Prose;
use crate::report::text::sentence;

/// One of the sets.
#[derive(Debug)]
pub(super) struct Side {
    pub(super) name: &'static str,
    pub(super) source: String,
    pub(super) digest: String,
    pub(super) is_profile: bool,
    pub(super) rows: String,
    pub(super) rejected: Option<String>,
    pub(super) first_reject: Option<Prose>,
    pub(super) without_text: String,
    /// What is done with columns, and with which.
    pub(super) columns: Vec<(&'static str, String)>,
}

/// Both sets, as far as there are two.
pub(super) fn sides(outcome: &DriftOutcome) -> Vec<Side> {
    let sides = [("Reference", &outcome.reference), ("Incoming", &outcome.incoming)];
    sides.into_iter().filter_map(|(name, side)| Some(Side::new(name, side.as_ref()?))).collect()
}

impl Side {
    fn new(name: &'static str, side: &SideOutcome) -> Self {
        Self {
            name,
            source: side.source.clone(),
            digest: side.sha256.clone(),
            is_profile: side.is_profile,
            rows: rows(side),
            rejected: (side.rejected > 0).then(|| count(side.rejected)),
            first_reject: side.first_reject.as_deref().map(|reason| Prose::new(&sentence(reason))),
            without_text: count(side.without_text),
            columns: columns(side),
        }
    }
}

fn rows(side: &SideOutcome) -> String {
    if side.rows < side.rows_in_file {
        return format!("{} of {}, a sample", count(side.rows), counted(side.rows_in_file, "row"));
    }
    counted(side.rows, "row")
}

fn columns(side: &SideOutcome) -> Vec<(&'static str, String)> {
    let kinds = [
        (ColumnUse::Numeric, "compared as numbers"),
        (ColumnUse::Categorical, "compared as categories"),
        (ColumnUse::Identifier, "not compared: counts or names rows"),
        (ColumnUse::Ignored, "not compared: too many different values"),
    ];
    let of = |kind| {
        let names = side.columns.iter().filter(move |(_, found)| **found == kind).map(|(name, _)| name.as_str());
        names.collect::<Vec<_>>().join(", ")
    };
    let columns = kinds.into_iter().map(|(kind, said)| (said, of(kind)));
    columns.filter(|(_, names)| !names.is_empty()).collect()
}

/// What the run was asked for, as names and values.
pub(super) fn asked(outcome: &DriftOutcome) -> Vec<(&'static str, String)> {
    let fact = |name, value: &Option<String>| value.clone().map(|value| (name, value));
    let known = [
        Some(("Suite", words(&outcome.suite))),
        fact("Data set", &outcome.dataset),
        Some(("Text", outcome.text_column.join(", "))),
        fact("Label", &outcome.label_column),
        fact("Prediction", &outcome.prediction_column),
        Some(("Seed", outcome.seed.to_string())),
        Some(("Build", outcome.build.clone())),
    ];
    known.into_iter().flatten().collect()
}
