//! Columns besides text, label and prediction, as numbers or categories.
//!
//! The one decision: what a column is, is decided by the reference and holds for the incoming set as well. Few different
//! values among many rows are categories, as the field's tools count it; a column that only counts or names rows says nothing
//! about drift, and is left out. It is decided by facts that add up, so that parts of a reference decide as the whole would.

use serde::{Deserialize, Serialize};

use crate::core::stats::{Counts, Distribution, MAX_DISTINCT};
use crate::operations::drift::facts::{Fact, counts_of};
use crate::operations::drift::outcome::ColumnUse;
use crate::operations::drift::values::{Categories, Values};

/// Different texts, whole numbers and other numbers up to which a column is one of categories.
const MOST_TEXTS: usize = 150;
const MOST_WHOLE: usize = 30;
const MOST_FRACTIONS: usize = 5;
/// Share of different values below which a column is one of categories, and the fewest rows that it is a share of.
const CATEGORY_SHARE: f64 = 0.01;
const FEWEST_ROWS: u64 = 1000;
/// Different texts that are kept while it is not known what a column is.
pub(super) const MOST_KEPT: usize = 10_000;

/// A column as the file has it, before it is decided what it is compared as.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::operations::drift) enum RawColumn {
    /// Numbers; a missing one is not a number, and one that is not finite is missing.
    Numbers(Vec<f64>),
    /// Texts.
    Texts(Categories),
    /// Too many different texts, or values that can't be compared: they are not kept.
    Many,
}

/// What decides what a column is compared as, and how it is distributed. Facts of parts add up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::operations::drift) enum ColumnFacts {
    /// Numbers.
    Numbers {
        /// Those that are there.
        distribution: Distribution,
        /// How many are missing.
        missing: u64,
        /// Whether none has a fraction.
        is_whole: bool,
        /// Whether each is larger than the one before.
        is_rising: bool,
        /// The first and the last of them.
        ends: Option<(f64, f64)>,
    },
    /// Texts.
    Texts {
        /// How often each is there.
        counts: Counts,
    },
    /// Too many different texts, or values that can't be compared.
    Many,
}

impl RawColumn {
    /// Of values that are compared already.
    pub(in crate::operations::drift) fn of(values: &Values) -> Self {
        match values {
            Values::Numbers(numbers) => Self::Numbers(numbers.clone()),
            Values::Categories(categories) => Self::Texts(categories.clone()),
        }
    }

    /// What decides what the column is.
    pub(in crate::operations::drift) fn facts(&self) -> ColumnFacts {
        match self {
            Self::Numbers(numbers) => {
                let present: Vec<f64> = numbers.iter().copied().filter(|number| !number.is_nan()).collect();
                ColumnFacts::Numbers {
                    missing: (numbers.len() - present.len()) as u64,
                    is_whole: present.iter().all(|number| number.fract() == 0.0),
                    is_rising: present.is_sorted_by(|a, b| a < b),
                    ends: present.first().copied().zip(present.last().copied()),
                    distribution: Distribution::from_values(present),
                }
            }
            Self::Texts(categories) => ColumnFacts::Texts { counts: counts_of(categories) },
            Self::Many => ColumnFacts::Many,
        }
    }

    /// The values, as what the column is said to be; `None` for what is not compared.
    pub(in crate::operations::drift) fn into_values(self, used: ColumnUse) -> Option<Values> {
        match (used, self) {
            (ColumnUse::Ignored | ColumnUse::Identifier, _) | (_, Self::Many) => None,
            (ColumnUse::Numeric, Self::Numbers(numbers)) => Some(Values::Numbers(numbers)),
            (ColumnUse::Numeric, Self::Texts(texts)) => {
                let number = |text: &String| text.trim().parse().ok().filter(|number: &f64| number.is_finite());
                let numbers: Vec<f64> = texts.names.iter().map(|text| number(text).unwrap_or(f64::NAN)).collect();
                let of_row = |code: &Option<u32>| code.map_or(f64::NAN, |code| numbers[code as usize]);
                Some(Values::Numbers(texts.codes.iter().map(of_row).collect()))
            }
            (ColumnUse::Categorical, Self::Texts(texts)) => Some(Values::Categories(texts)),
            (ColumnUse::Categorical, Self::Numbers(numbers)) => Some(Values::Categories(as_texts(&numbers))),
        }
    }

    /// The values of some rows.
    pub(in crate::operations::drift) fn take_rows(&self, rows: &[usize]) -> Self {
        match self {
            Self::Numbers(numbers) => Self::Numbers(rows.iter().map(|row| numbers[*row]).collect()),
            Self::Texts(texts) => Self::Texts(texts.take(rows)),
            Self::Many => Self::Many,
        }
    }

    /// These rows, and those of another part below them. What is text in one of them is text.
    pub(in crate::operations::drift) fn then(self, below: Self) -> Self {
        match (self, below) {
            (Self::Many, _) | (_, Self::Many) => Self::Many,
            (Self::Numbers(mut numbers), Self::Numbers(below)) => {
                numbers.extend(below);
                Self::Numbers(numbers)
            }
            (above, below) => Self::Texts(above.into_texts().then(&below.into_texts())),
        }
    }

    fn into_texts(self) -> Categories {
        match self {
            Self::Numbers(numbers) => as_texts(&numbers),
            Self::Texts(texts) => texts,
            Self::Many => Categories::default(),
        }
    }

    /// Whether there are as many rows, each with a value that is there.
    pub(in crate::operations::drift) fn is_sound(&self, rows: usize) -> bool {
        match self {
            Self::Numbers(numbers) => numbers.len() == rows,
            Self::Texts(texts) => texts.codes.len() == rows && texts.is_sound(),
            Self::Many => true,
        }
    }
}

/// Numbers as they are written, each a category.
fn as_texts(numbers: &[f64]) -> Categories {
    let written: Vec<_> = numbers.iter().map(|number| (!number.is_nan()).then(|| number.to_string())).collect();
    Categories::of(written.iter().map(Option::as_deref))
}

impl ColumnFacts {
    /// What the column is, going by its own values.
    pub(in crate::operations::drift) fn own_use(&self) -> ColumnUse {
        match self {
            Self::Texts { counts } if is_few(counts.distinct(), counts.total(), MOST_TEXTS) => ColumnUse::Categorical,
            Self::Texts { .. } | Self::Many => ColumnUse::Ignored,
            Self::Numbers { distribution, is_whole, is_rising, .. } => {
                let most = if *is_whole { MOST_WHOLE } else { MOST_FRACTIONS };
                if is_few(distribution.distinct(), distribution.len(), most) {
                    ColumnUse::Categorical
                } else if *is_whole && *is_rising && distribution.len() > MOST_WHOLE as u64 {
                    ColumnUse::Identifier
                } else {
                    ColumnUse::Numeric
                }
            }
        }
    }

    /// How it is distributed, as what the column is said to be; `None` for what is not compared.
    pub(in crate::operations::drift) fn fact(&self, used: ColumnUse) -> Option<Fact> {
        match (used, self) {
            // A reference decides by its own values, and no texts make it numeric.
            (ColumnUse::Ignored | ColumnUse::Identifier, _)
            | (ColumnUse::Numeric, Self::Texts { .. })
            | (_, Self::Many) => None,
            (ColumnUse::Categorical, Self::Texts { counts }) => Some(Fact::Categories { counts: counts.clone() }),
            (ColumnUse::Categorical, Self::Numbers { distribution, missing, .. }) => {
                Some(Fact::Categories { counts: counts_as_texts(distribution, *missing) })
            }
            (ColumnUse::Numeric, Self::Numbers { distribution, missing, .. }) => {
                Some(Fact::Numbers { distribution: distribution.clone(), missing: *missing })
            }
        }
    }

    /// The facts of these rows and of those of another part below them.
    #[must_use]
    pub(in crate::operations::drift) fn then(self, below: Self) -> Self {
        match (self, below) {
            (
                Self::Numbers { distribution, missing, is_whole, is_rising, ends },
                Self::Numbers {
                    distribution: more,
                    missing: more_missing,
                    is_whole: is_whole_below,
                    is_rising: is_rising_below,
                    ends: ends_below,
                },
            ) => Self::Numbers {
                distribution: distribution.merge(&more).thinned(MAX_DISTINCT),
                missing: missing + more_missing,
                is_whole: is_whole && is_whole_below,
                is_rising: is_rising && is_rising_below && rises(ends, ends_below),
                ends: match (ends, ends_below) {
                    (Some((first, _)), Some((_, last))) => Some((first, last)),
                    (ends, None) | (None, ends) => ends,
                },
            },
            (above, below) => match (above.into_counts(), below.into_counts()) {
                (Some(mut counts), Some(more)) => {
                    counts.merge(&more);
                    if counts.distinct() > MOST_KEPT { Self::Many } else { Self::Texts { counts } }
                }
                _ => Self::Many,
            },
        }
    }

    /// At most as many different numbers as a profile keeps.
    pub(in crate::operations::drift) fn thinned(self) -> Self {
        match self {
            Self::Numbers { distribution, missing, is_whole, is_rising, ends } => {
                let distribution = distribution.thinned(MAX_DISTINCT);
                Self::Numbers { distribution, missing, is_whole, is_rising, ends }
            }
            other => other,
        }
    }

    /// As texts, if there are not too many different ones.
    fn into_counts(self) -> Option<Counts> {
        match self {
            Self::Texts { counts } => Some(counts),
            Self::Numbers { distribution, missing, .. } if distribution.distinct() <= MOST_KEPT => {
                Some(counts_as_texts(&distribution, missing))
            }
            Self::Numbers { .. } | Self::Many => None,
        }
    }
}

fn counts_as_texts(distribution: &Distribution, missing: u64) -> Counts {
    let mut counts = Counts::default();
    for (number, rows) in distribution.iter() {
        counts.add(Some(&number.to_string()), rows);
    }
    counts.add(None, missing);
    counts
}

/// Whether what begins below is larger than what ends above.
fn rises(above: Option<(f64, f64)>, below: Option<(f64, f64)>) -> bool {
    match (above, below) {
        (Some((_, last)), Some((first, _))) => last < first,
        _ => true,
    }
}

fn is_few(different: usize, present: u64, most: usize) -> bool {
    #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^52")]
    let share = different as f64 / present.max(FEWEST_ROWS) as f64;
    different <= most && share < CATEGORY_SHARE
}
