//! Sets for tests.

use arrow_array::{Array, LargeStringArray};

use super::{Origin, Set};
use crate::operations::drift::labels::{Labels, LabelsBuilder};
use crate::operations::drift::outcome::ColumnUse;
use crate::operations::drift::values::Values;

/// A set of these texts.
pub(in crate::operations::drift) fn set_of<'t>(texts: impl IntoIterator<Item = &'t str>) -> Set {
    let texts: LargeStringArray = texts.into_iter().map(Some).collect();
    let origin = Origin { name: "texts.csv".to_owned(), rows: texts.len() as u64, ..Origin::default() };
    Set::new(origin, (0..texts.len() as u64).collect(), texts)
}

impl Set {
    /// The same, with a label a row; the empty one is missing.
    pub(in crate::operations::drift) fn with_labels<'l>(self, labels: impl IntoIterator<Item = &'l str>) -> Self {
        Self { labels: Some(labels_of(labels)), ..self }
    }

    /// The same, with a prediction a row; the empty one is missing.
    pub(in crate::operations::drift) fn with_predictions<'l>(self, labels: impl IntoIterator<Item = &'l str>) -> Self {
        Self { predictions: Some(labels_of(labels)), ..self }
    }

    /// The same, with another column.
    pub(in crate::operations::drift) fn with_column(mut self, name: &str, values: Values) -> Self {
        let used = match &values {
            Values::Numbers(_) => ColumnUse::Numeric,
            Values::Categories(_) => ColumnUse::Categorical,
        };
        self.uses.insert(name.to_owned(), used);
        self.columns.insert(name.to_owned(), values);
        self
    }
}

fn labels_of<'l>(labels: impl IntoIterator<Item = &'l str>) -> Labels {
    let mut builder = LabelsBuilder::default();
    for label in labels {
        builder.push(Some(label).filter(|label| !label.is_empty()).into_iter());
    }
    builder.finish()
}
