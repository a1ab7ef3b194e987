//! Columns besides text, label and prediction, as numbers or categories.
//!
//! The one decision: what a column is, is decided by the reference and holds for the incoming set as well. Few different
//! values among many rows are categories, as the field's tools count it; a column that only counts or names rows says nothing
//! about drift, and is left out.

use std::collections::HashSet;

use arrow_array::ArrayRef;
use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_cast::cast;
use arrow_schema::DataType;

use crate::operations::drift::outcome::ColumnUse;
use crate::operations::drift::values::{Categories, Values};
use crate::operations::rows::{is_text, texts_of};

/// Different texts, whole numbers and other numbers up to which a column is one of categories.
const MOST_TEXTS: usize = 150;
const MOST_WHOLE: usize = 30;
const MOST_FRACTIONS: usize = 5;
/// Share of different values below which a column is one of categories, and the fewest rows that it is a share of.
const CATEGORY_SHARE: f64 = 0.01;
const FEWEST_ROWS: usize = 1000;
/// Different texts that are kept while it is not known what a column is.
const MOST_KEPT: usize = 10_000;

/// Gathers the values of a column, as the file has them.
#[derive(Debug)]
pub(super) enum Gathered {
    Numbers(Vec<f64>),
    Texts {
        values: Vec<Option<String>>,
        different: HashSet<String>,
    },
    /// Too many different texts, or values that can't be compared.
    Given,
}

impl Gathered {
    /// For a column of this type.
    pub(super) fn of(found: &DataType) -> Self {
        if found.is_numeric() {
            return Self::Numbers(Vec::new());
        }
        if is_text(found) || matches!(found, DataType::Boolean) {
            return Self::Texts { values: Vec::new(), different: HashSet::new() };
        }
        Self::Given
    }

    /// Takes some rows.
    pub(super) fn take(&mut self, values: &ArrayRef) {
        match self {
            Self::Numbers(numbers) => match cast(values, &DataType::Float64) {
                Ok(values) => {
                    let values = values.as_primitive::<Float64Type>();
                    numbers.extend(values.iter().map(|value| value.unwrap_or(f64::NAN)));
                }
                Err(_unsupported) => *self = Self::Given,
            },
            Self::Texts { values: kept, different } => {
                let Ok(values) = cast(values, &DataType::Utf8) else {
                    *self = Self::Given;
                    return;
                };
                for text in texts_of(&values) {
                    let text = text.filter(|text| !text.is_empty());
                    if let Some(text) = text.filter(|text| !different.contains(*text)) {
                        different.insert(text.to_owned());
                    }
                    kept.push(text.map(str::to_owned));
                }
                if different.len() > MOST_KEPT {
                    *self = Self::Given;
                }
            }
            Self::Given => {}
        }
    }

    /// What the column is, going by its own values.
    pub(super) fn own_use(&self) -> ColumnUse {
        let is_few = |different: usize, present: usize, most: usize| {
            #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^52")]
            let share = different as f64 / present.max(FEWEST_ROWS) as f64;
            different <= most && share < CATEGORY_SHARE
        };
        match self {
            Self::Given => ColumnUse::Ignored,
            Self::Texts { values, different } => {
                let present = values.iter().flatten().count();
                if is_few(different.len(), present, MOST_TEXTS) { ColumnUse::Categorical } else { ColumnUse::Ignored }
            }
            Self::Numbers(numbers) => {
                let present: Vec<f64> = numbers.iter().copied().filter(|number| !number.is_nan()).collect();
                let different: HashSet<u64> = present.iter().map(|number| number.to_bits()).collect();
                let is_whole = present.iter().all(|number| number.fract() == 0.0);
                let most = if is_whole { MOST_WHOLE } else { MOST_FRACTIONS };
                if is_few(different.len(), present.len(), most) {
                    return ColumnUse::Categorical;
                }
                let is_rising = present.windows(2).all(|pair| pair[0] < pair[1]);
                if is_whole && is_rising && present.len() > MOST_WHOLE {
                    ColumnUse::Identifier
                } else {
                    ColumnUse::Numeric
                }
            }
        }
    }

    /// The values, as what the column is said to be; `None` for what is not compared.
    pub(super) fn into_values(self, used: ColumnUse) -> Option<Values> {
        match (used, self) {
            (ColumnUse::Ignored | ColumnUse::Identifier, _) | (_, Self::Given) => None,
            (ColumnUse::Numeric, Self::Numbers(numbers)) => Some(Values::Numbers(numbers)),
            (ColumnUse::Numeric, Self::Texts { values, .. }) => {
                let number = |text: Option<String>| text.and_then(|text| text.trim().parse().ok()).unwrap_or(f64::NAN);
                Some(Values::Numbers(values.into_iter().map(number).collect()))
            }
            (ColumnUse::Categorical, Self::Texts { values, .. }) => {
                Some(Values::Categories(Categories::of(values.iter().map(Option::as_deref))))
            }
            (ColumnUse::Categorical, Self::Numbers(numbers)) => {
                let written: Vec<_> =
                    numbers.iter().map(|number| (!number.is_nan()).then(|| number.to_string())).collect();
                Some(Values::Categories(Categories::of(written.iter().map(Option::as_deref))))
            }
        }
    }
}
