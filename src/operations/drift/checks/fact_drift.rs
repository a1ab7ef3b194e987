//! How far the values of one property, column or label have drifted: what the checks of drift share.
//!
//! Not a check. The one decision: the score is the one that users know from deepchecks, and beside it
//! stands the p-value of a test that fits it, so that a score from few rows is not taken for a finding.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{CheckContext, CheckError, Findings};
use crate::core::stats::{
    Category, CategoryOptions, CategoryPair, Counts, Distribution, Resampling, cramers_v, drift_categories,
    earth_movers_distance, histogram, homogeneity, interval, ks_p_value, ks_statistic, normed_wasserstein,
    null_p_value, psi,
};
use crate::operations::drift::condition::{Condition, Rule};
use crate::operations::drift::exhibit::{self, Bar, Bars, Exhibit};
use crate::operations::drift::facts::Fact;
use crate::operations::drift::outcome::Measure;

/// Name of the measure that conditions of drift are about.
pub(super) const DRIFT_SCORE: &str = "drift_score";
/// What rows without a value are called where they are shown.
pub(super) const MISSING: &str = "(missing)";
/// Bins of a distribution that is shown.
const BINS: usize = 40;
/// Bars that are shown.
const BARS: usize = 10;

/// How drift of numbers is scored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum NumericStatistic {
    /// The largest difference between the shares of rows below any value.
    #[default]
    KolmogorovSmirnov,
    /// How far values have moved, on a scale from 0 to 1 between both sets' extremes without their tails.
    EarthMoversDistance,
}

impl NumericStatistic {
    fn name(self) -> &'static str {
        match self {
            Self::KolmogorovSmirnov => "kolmogorov_smirnov",
            Self::EarthMoversDistance => "earth_movers_distance",
        }
    }
}

/// How drift of categories is scored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum CategoricalStatistic {
    /// Cramér's V, corrected for bias.
    #[default]
    CramersV,
    /// The population stability index.
    Psi,
}

impl CategoricalStatistic {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::CramersV => "cramers_v",
            Self::Psi => "psi",
        }
    }

    /// The score.
    pub(super) fn score(self, pairs: &[CategoryPair]) -> f64 {
        match self {
            Self::CramersV => cramers_v(pairs),
            Self::Psi => psi(pairs),
        }
    }
}

/// How drift of several properties or columns is measured.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct FactDrift {
    /// The score of numbers.
    pub(super) numeric_statistic: NumericStatistic,
    /// Share of rows that the earth mover's distance leaves out at either end.
    pub(super) margin: f64,
    /// The score of categories.
    pub(super) categorical_statistic: CategoricalStatistic,
    /// Leaves out rows without a value; otherwise these are a category.
    pub(super) ignore_na: bool,
    /// Categories with a smaller share of the reference are compared as one.
    pub(super) min_category_size_ratio: f64,
    /// At most so many categories are compared by themselves.
    pub(super) max_num_categories: Option<usize>,
    /// Values that each set must have.
    pub(super) min_samples: u64,
    /// Properties or columns that are shown, those first that drifted most.
    pub(super) show: usize,
}

impl Default for FactDrift {
    fn default() -> Self {
        Self {
            numeric_statistic: NumericStatistic::KolmogorovSmirnov,
            margin: 0.025,
            categorical_statistic: CategoricalStatistic::CramersV,
            ignore_na: true,
            min_category_size_ratio: 0.01,
            max_num_categories: None,
            min_samples: 100,
            show: 5,
        }
    }
}

impl FactDrift {
    /// What must hold of it, unless a suite says otherwise.
    pub(super) fn conditions() -> Vec<Condition> {
        vec![Condition::new(DRIFT_SCORE, Rule::LessThan, 0.2).at_level(0.05)]
    }

    /// The drift of each property or column; those that drifted most are shown.
    pub(super) fn compare(
        &self,
        reference: &BTreeMap<String, Fact>,
        incoming: &BTreeMap<String, Fact>,
        context: &CheckContext<'_>,
    ) -> Result<Findings, CheckError> {
        let mut findings = Findings::default();
        for (column, known) in reference {
            if context.cancel.is_cancelled() {
                return Err(CheckError::new("it was stopped"));
            }
            match incoming.get(column) {
                Some(came) => findings.measures.extend(self.measures(column, known, came, context.seed)),
                None => findings.measures.push(absent(column, "the incoming set does not have it")),
            }
        }
        let only_incoming = incoming.keys().filter(|column| !reference.contains_key(*column));
        findings.measures.extend(only_incoming.map(|column| absent(column, "the reference does not have it")));
        for column in most_drifted(&findings.measures, self.show) {
            if let (Some(known), Some(came)) = (reference.get(&column), incoming.get(&column)) {
                findings.exhibits.extend(exhibit(&column, known, came));
            }
        }
        Ok(findings)
    }

    /// The measures of one property or column: its drift score, and what stands beside.
    pub(super) fn measures(&self, column: &str, reference: &Fact, incoming: &Fact, seed: u64) -> Vec<Measure> {
        let n = [reference.present(), incoming.present()];
        let measures = match (reference, incoming) {
            _ if n.iter().any(|n| *n < self.min_samples) => {
                let note =
                    format!("it takes {} values on both sides; there are {} and {}", self.min_samples, n[0], n[1]);
                vec![Measure::missing(DRIFT_SCORE, note)]
            }
            (Fact::Numbers { distribution: reference, .. }, Fact::Numbers { distribution: incoming, .. }) => {
                self.of_numbers(reference, incoming, seed)
            }
            (Fact::Categories { counts: reference }, Fact::Categories { counts: incoming }) => {
                self.of_categories(reference, incoming)
            }
            _ => vec![Measure::missing(DRIFT_SCORE, "one set has numbers, and the other one categories")],
        };
        measures.into_iter().map(|measure| measure.of(column).from_n(Some(n[0]), Some(n[1]))).collect()
    }

    fn of_numbers(&self, reference: &Distribution, incoming: &Distribution, seed: u64) -> Vec<Measure> {
        let resampling = Resampling { seed, ..Resampling::default() };
        let moved =
            |reference: &Distribution, incoming: &Distribution| earth_movers_distance(reference, incoming, self.margin);
        let score = match self.numeric_statistic {
            NumericStatistic::KolmogorovSmirnov => ks_statistic(reference, incoming),
            NumericStatistic::EarthMoversDistance => moved(reference, incoming),
        };
        let p_value = match self.numeric_statistic {
            NumericStatistic::KolmogorovSmirnov => ks_p_value(reference, incoming),
            NumericStatistic::EarthMoversDistance => null_p_value(reference, incoming, &resampling, moved),
        };
        let bounds = interval(reference, incoming, &resampling, moved);
        let mut drift = number(DRIFT_SCORE, score).by(self.numeric_statistic.name());
        drift.p_value = p_value;
        drift.note = movement(reference, incoming);
        let mut measures = vec![drift];
        match self.numeric_statistic {
            NumericStatistic::EarthMoversDistance => measures[0].interval = bounds,
            NumericStatistic::KolmogorovSmirnov => {
                let beside = number("earth_movers_distance", moved(reference, incoming));
                measures.push(Measure { interval: bounds, ..beside.by("earth_movers_distance") });
            }
        }
        measures
    }

    fn categories(&self) -> CategoryOptions {
        CategoryOptions {
            ignore_na: self.ignore_na,
            min_category_size_ratio: self.min_category_size_ratio,
            max_num_categories: self.max_num_categories,
            ..CategoryOptions::default()
        }
    }

    /// The drift score of categories, and their population stability index if that is not it.
    pub(super) fn of_categories(&self, reference: &Counts, incoming: &Counts) -> Vec<Measure> {
        let pairs = drift_categories(reference, incoming, &self.categories());
        let p_value = homogeneity(reference, incoming, self.ignore_na);
        let drift =
            Measure::new(DRIFT_SCORE, self.categorical_statistic.score(&pairs)).by(self.categorical_statistic.name());
        let mut measures = vec![Measure { p_value, ..drift }];
        if self.categorical_statistic == CategoricalStatistic::CramersV {
            measures.push(Measure { p_value, ..Measure::new("psi", psi(&pairs)).by("psi") });
        }
        measures
    }
}

/// What is said of a property or column that one set lacks.
fn absent(column: &str, note: &str) -> Measure {
    Measure::missing(DRIFT_SCORE, note).of(column)
}

/// The columns of the highest drift scores.
fn most_drifted(measures: &[Measure], show: usize) -> Vec<String> {
    let scored = measures.iter().filter(|measure| measure.name == DRIFT_SCORE);
    let mut scored: Vec<(f64, &String)> =
        scored.filter_map(|measure| Some((measure.value?, measure.column.as_ref()?))).collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    scored.into_iter().take(show).map(|(_, column)| column.clone()).collect()
}

/// A measure that may not be there.
fn number(name: &str, value: Option<f64>) -> Measure {
    value.map_or_else(|| Measure::missing(name, "there are no values"), |value| Measure::new(name, value))
}

/// Where the values were, where they are, and how far that is.
fn movement(reference: &Distribution, incoming: &Distribution) -> Option<String> {
    let (before, after) = (reference.mean()?, incoming.mean()?);
    let distance = normed_wasserstein(reference, incoming)?;
    Some(format!("mean {} → {}; values moved by {distance:.2} standard deviations", short(before), short(after)))
}

/// A number with as many digits as one wants to read.
pub(super) fn short(number: f64) -> String {
    let decimals = if number.abs() >= 100.0 {
        0
    } else if number.abs() >= 1.0 {
        1
    } else {
        3
    };
    format!("{number:.decimals$}")
}

/// The values of both sets, to look at.
pub(super) fn exhibit(column: &str, reference: &Fact, incoming: &Fact) -> Option<Exhibit> {
    match (reference, incoming) {
        (Fact::Numbers { distribution: reference, .. }, Fact::Numbers { distribution: incoming, .. }) => {
            let bins = histogram(reference, incoming, BINS)?;
            Some(Exhibit::Distribution(exhibit::Distribution {
                title: column.to_owned(),
                column: column.to_owned(),
                edges: bins.edges,
                reference: bins.reference,
                incoming: bins.incoming,
                marks: Vec::new(),
            }))
        }
        (Fact::Categories { counts: reference }, Fact::Categories { counts: incoming }) => {
            Some(Exhibit::Bars(bars(column, reference, incoming)))
        }
        _ => None,
    }
}

/// The shares of categories in both sets, those first that differ most.
pub(super) fn bars(title: &str, reference: &Counts, incoming: &Counts) -> Bars {
    let every = CategoryOptions { ignore_na: false, min_category_size_ratio: 0.0, ..CategoryOptions::default() };
    let shares = |rows: u64, counts: &Counts| crate::core::stats::share(rows, counts.total() + counts.missing);
    let mut bars: Vec<Bar> = drift_categories(reference, incoming, &every)
        .into_iter()
        .map(|pair| Bar {
            category: name_of(&pair.category).to_owned(),
            reference: Some(shares(pair.reference, reference)),
            incoming: Some(shares(pair.incoming, incoming)),
        })
        .collect();
    let difference = |bar: &Bar| (bar.reference.unwrap_or_default() - bar.incoming.unwrap_or_default()).abs();
    bars.sort_by(|a, b| difference(b).total_cmp(&difference(a)).then_with(|| a.category.cmp(&b.category)));
    let more = crate::core::stats::count_of(bars.len().saturating_sub(BARS));
    bars.truncate(BARS);
    Bars { title: title.to_owned(), unit: "share".to_owned(), bars, more }
}

fn name_of(category: &Category) -> &str {
    match category {
        Category::Named(name) => name,
        Category::Missing => MISSING,
        Category::Rare => "(rare)",
    }
}
