//! Rows whose text is unlike the others in a property.

use serde::{Deserialize, Serialize};

use super::shown::example;
use super::{About, Check, CheckContext, CheckError, Family, Findings, OneSetCheck};
use crate::core::stats::{Distribution, Limits, count_of, histogram, iqr_limits, share, sharp_drop_limit};
use crate::operations::drift::condition::{Condition, Rule};
use crate::operations::drift::exhibit::{self, Examples, Exhibit, Mark};
use crate::operations::drift::outcome::{Measure, Which};
use crate::operations::drift::set::Set;
use crate::operations::drift::values::{Categories, Values};

const OUTLIER_SHARE: &str = "outlier_share";
const BINS: usize = 40;

/// Rows whose text is unlike the others in a property.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct PropertyOutliers {
    /// Quantiles between which the usual values lie.
    pub quantiles: [f64; 2],
    /// How many times their distance a value may lie outside.
    pub scale: f64,
    /// How much rarer than the next more frequent one a category must be for rarer ones to be odd.
    pub sharp_drop: f64,
    /// Fewest values.
    pub min_samples: u64,
    /// Properties that are shown.
    pub show_properties: usize,
    /// Rows that are shown of each.
    pub show: usize,
}

impl Default for PropertyOutliers {
    fn default() -> Self {
        Self { quantiles: [0.25, 0.75], scale: 2.0, sharp_drop: 0.9, min_samples: 10, show_properties: 5, show: 10 }
    }
}

impl Check for PropertyOutliers {
    const ABOUT: About = About {
        name: "property_outliers",
        title: "Property outliers",
        definition: "Rows whose text has an odd property: a number more than twice the distance of the quartiles beyond \
                     them, or a category that is far rarer than the others. Often broken rows, e.g. two texts in one cell.",
        family: Family::DataIntegrity,
        needs: &[],
    };

    fn conditions() -> Vec<Condition> {
        vec![Condition::new(OUTLIER_SHARE, Rule::AtMost, 0.05).or_warn()]
    }
}

/// What is odd in one property.
struct Odd<'a> {
    property: &'a str,
    /// Odd below the one, or above the other.
    limits: (f64, Option<f64>),
    /// Values that are there.
    present: u64,
    /// Places of the rows, the oddest first.
    places: Vec<usize>,
    numbers: Option<Distribution>,
}

impl OneSetCheck for PropertyOutliers {
    fn run(&self, which: Which, set: &Set, _context: &CheckContext<'_>) -> Result<Findings, CheckError> {
        let mut findings = Findings::default();
        let mut found = Vec::new();
        for (property, values) in set.properties() {
            let Some(odd) = self.odd(property, values) else {
                let note = format!("fewer than {} texts have it", self.min_samples);
                findings.measures.push(Measure::missing(OUTLIER_SHARE, note).of(property));
                continue;
            };
            let measure = |name, value| Measure::new(name, value).of(property).from_rows(which, odd.present);
            let statistic = if odd.numbers.is_some() { "interquartile_range" } else { "sharp_drop" };
            findings
                .measures
                .push(measure(OUTLIER_SHARE, share(count_of(odd.places.len()), odd.present)).by(statistic));
            findings.measures.push(measure("lower_limit", odd.limits.0));
            findings.measures.extend(odd.limits.1.map(|upper| measure("upper_limit", upper)));
            found.push(odd);
        }
        // Stable: those with equally many odd rows stay in the order of their names.
        found.sort_by_key(|odd| std::cmp::Reverse(odd.places.len()));
        for odd in found.iter().filter(|odd| !odd.places.is_empty()).take(self.show_properties) {
            findings.exhibits.extend(odd.distribution(which));
            findings.exhibits.push(self.examples(which, set, odd));
        }
        Ok(findings)
    }
}

impl PropertyOutliers {
    fn odd<'a>(&self, property: &'a str, values: &Values) -> Option<Odd<'a>> {
        match values {
            Values::Numbers(numbers) => self.odd_numbers(property, numbers),
            Values::Categories(categories) => self.odd_categories(property, categories),
        }
    }

    fn odd_numbers<'a>(&self, property: &'a str, numbers: &[f64]) -> Option<Odd<'a>> {
        let sample = Distribution::from_values(numbers.iter().copied().filter(|number| !number.is_nan()));
        if sample.len() < self.min_samples {
            return None;
        }
        let limits = iqr_limits(&sample, self.quantiles, self.scale)?;
        let odd = numbers.iter().enumerate().filter(|(_, number)| limits.exclude(**number));
        let mut places: Vec<(usize, f64)> = odd.map(|(place, number)| (place, beyond(limits, *number))).collect();
        places.sort_by(|one, other| other.1.total_cmp(&one.1));
        Some(Odd {
            property,
            limits: (limits.lower.max(sample.min()?), Some(limits.upper.min(sample.max()?))),
            present: sample.len(),
            places: places.into_iter().map(|(place, _)| place).collect(),
            numbers: Some(sample),
        })
    }

    /// A missing category is one of its own, as in deepchecks.
    fn odd_categories<'a>(&self, property: &'a str, categories: &Categories) -> Option<Odd<'a>> {
        let rows = count_of(categories.codes.len());
        if rows < self.min_samples {
            return None;
        }
        let mut counts = vec![0_u64; categories.names.len() + 1];
        let place_of = |code: &Option<u32>| code.map_or(0, |code| code as usize + 1);
        for code in &categories.codes {
            counts[place_of(code)] += 1;
        }
        let present: Vec<u64> = counts.iter().copied().filter(|count| *count > 0).collect();
        let limit = sharp_drop_limit(&present, self.sharp_drop);
        let is_odd = |code: &Option<u32>| share(counts[place_of(code)], rows) < limit;
        let odd = categories.codes.iter().enumerate().filter(|(_, code)| is_odd(code));
        let places = odd.map(|(place, _)| place).collect();
        Some(Odd { property, limits: (limit, None), present: rows, places, numbers: None })
    }

    fn examples(&self, which: Which, set: &Set, odd: &Odd<'_>) -> Exhibit {
        let note = |place: usize| match &set.properties()[odd.property] {
            Values::Numbers(numbers) => numbers[place].to_string(),
            Values::Categories(categories) => categories.name(place).unwrap_or("none").to_owned(),
        };
        let shown = odd.places.iter().take(self.show);
        let rows: Vec<_> = shown.map(|place| example(which, set, *place, Some(note(*place)))).collect();
        let more = count_of(odd.places.len() - rows.len());
        Exhibit::Examples(Examples { title: format!("Odd rows by {}", odd.property), rows, more })
    }
}

/// How far a number lies beyond the limits.
fn beyond(limits: Limits, number: f64) -> f64 {
    (limits.lower - number).max(number - limits.upper)
}

impl Odd<'_> {
    fn distribution(&self, which: Which) -> Option<Exhibit> {
        let numbers = self.numbers.as_ref()?;
        let nothing = Distribution::default();
        let (reference, incoming) = match which {
            Which::Reference => (numbers, &nothing),
            Which::Incoming => (&nothing, numbers),
        };
        let bins = histogram(reference, incoming, BINS)?;
        let side = |side: Which, rows: Vec<u64>| if side == which { rows } else { Vec::new() };
        let mark = |at, label: &str| Mark { at, label: label.to_owned() };
        let upper = self.limits.1.map(|upper| mark(upper, "upper limit"));
        Some(Exhibit::Distribution(exhibit::Distribution {
            title: format!("Distribution of {}", self.property),
            column: self.property.to_owned(),
            edges: bins.edges,
            reference: side(Which::Reference, bins.reference),
            incoming: side(Which::Incoming, bins.incoming),
            marks: [mark(self.limits.0, "lower limit")].into_iter().chain(upper).collect(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::drift::checks::planted::{Judged, measure_of, one};
    use crate::operations::drift::set::samples::set_of;
    use crate::operations::drift::verdict::Verdict;

    fn texts(planted: u32) -> Vec<String> {
        let words = |row: u32| if row < planted { 400 } else { 8 + row as usize % 5 };
        (0..200).map(|row| "word ".repeat(words(row))).collect()
    }

    #[test]
    fn planted_long_texts_are_found_with_their_rows() {
        for (planted, verdict) in [(5, Verdict::Pass), (20, Verdict::Warn)] {
            let set = set_of(texts(planted).iter().map(String::as_str));
            let Judged { findings, verdict: found } = one(&PropertyOutliers::default(), &set).unwrap();
            let share = measure_of(&findings, OUTLIER_SHARE, "text_length").value.unwrap();
            assert!((share - f64::from(planted) / 200.0).abs() < 1e-12, "{share}");
            assert_eq!(found, verdict);
            let rows = findings.exhibits.iter().find_map(|exhibit| match exhibit {
                Exhibit::Examples(examples) if examples.title.ends_with("text_length") => Some(&examples.rows),
                _ => None,
            });
            assert!(rows.unwrap().iter().all(|row| row.row < u64::from(planted) && row.note.is_some()));
        }
    }

    #[test]
    fn rows_without_a_value_do_not_shift_those_that_are_odd() {
        let mut numbers: Vec<f64> = (0..40).map(|row| f64::from(row % 7)).collect();
        (numbers[3], numbers[20]) = (f64::NAN, 1000.0);
        let check = PropertyOutliers::default();
        assert_eq!(check.odd_numbers("p", &numbers).unwrap().places, [20]);
        assert!(check.odd_numbers("p", &numbers[..9]).is_none());
    }

    #[test]
    fn the_rarest_categories_are_odd_and_a_missing_one_is_one() {
        let names = (0..1000).map(|row| match row {
            0..960 => Some("en"),
            960..995 => Some("de"),
            995..999 => Some("fr"),
            _ => None,
        });
        let categories = Categories::of(names);
        let odd = PropertyOutliers::default().odd_categories("language", &categories).unwrap();
        assert_eq!(odd.places, (995..1000).collect::<Vec<_>>());
    }
}
