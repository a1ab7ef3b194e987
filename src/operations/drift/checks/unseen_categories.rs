//! Values of categorical columns that the reference never had.

use serde::{Deserialize, Serialize};

use super::shown::beginning;
use super::{About, Check, CheckContext, CheckError, Family, Findings, Need, PairCheck};
use crate::core::stats::{Counts, count_of, proportions, share};
use crate::operations::drift::condition::{Condition, Rule};
use crate::operations::drift::exhibit::{Bar, Bars, Example, Examples, Exhibit};
use crate::operations::drift::facts::Fact;
use crate::operations::drift::outcome::{Measure, Which};
use crate::operations::drift::reference::Reference;
use crate::operations::drift::set::Set;
use crate::operations::drift::values::Values;

/// Name of the measure.
const UNSEEN_SHARE: &str = "unseen_share";

/// Values of categorical columns that the reference never had.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct UnseenCategories {
    /// Values and rows that are shown.
    pub show: usize,
}

impl Default for UnseenCategories {
    fn default() -> Self {
        Self { show: 10 }
    }
}

impl Check for UnseenCategories {
    const ABOUT: About = About {
        name: "unseen_categories",
        title: "Unseen categories",
        definition: "Share of incoming rows whose value of a categorical column the reference never had: whatever was learnt \
                     from the reference knows nothing of them.",
        family: Family::Comparison,
        needs: &[Need::Columns(1)],
    };

    fn conditions() -> Vec<Condition> {
        vec![Condition::new(UNSEEN_SHARE, Rule::AtMost, 0.0).or_warn()]
    }
}

impl PairCheck for UnseenCategories {
    fn run(&self, reference: &Reference, incoming: &Set, _context: &CheckContext<'_>) -> Result<Findings, CheckError> {
        let mut findings = Findings::default();
        let mut unseen = Vec::new();
        for (column, known) in reference.column_facts() {
            let (Fact::Categories { counts: known }, Some(Fact::Categories { counts: came })) =
                (known, incoming.column_facts().get(column))
            else {
                continue;
            };
            let new = new_categories(known, came);
            findings.measures.push(measure(column, known, came, &new));
            unseen.extend(new.into_iter().map(|(category, rows)| (column.clone(), category, rows)));
        }
        if findings.measures.is_empty() {
            findings.notes.push("no column of both sets has categories".to_owned());
        }
        unseen.sort_by(|a, b| b.2.cmp(&a.2).then_with(|| (&a.0, &a.1).cmp(&(&b.0, &b.1))));
        if !unseen.is_empty() {
            findings.exhibits.push(self.bars(&unseen));
            findings.exhibits.push(self.examples(&unseen, incoming));
        }
        Ok(findings)
    }
}

fn new_categories(known: &Counts, came: &Counts) -> Vec<(String, u64)> {
    let new = came.iter().filter(|(category, _)| known.of(category) == 0);
    new.map(|(category, rows)| (category.to_owned(), rows)).collect()
}

fn measure(column: &str, known: &Counts, came: &Counts, new: &[(String, u64)]) -> Measure {
    let rows: u64 = new.iter().map(|(_, rows)| rows).sum();
    let (n, of) = (known.total(), came.total());
    let measure = Measure::new(UNSEEN_SHARE, share(rows, of)).of(column).from_n(Some(n), Some(of));
    Measure {
        p_value: proportions([0, n], [rows, of]),
        note: (!new.is_empty()).then(|| format!("{rows} rows of {} new values", new.len())),
        ..measure
    }
}

impl UnseenCategories {
    fn bars(&self, unseen: &[(String, String, u64)]) -> Exhibit {
        let bar = |(column, category, rows): &(String, String, u64)| Bar {
            category: format!("{column}: {category}"),
            reference: Some(0.0),
            incoming: Some(crate::core::stats::real(*rows)),
        };
        Exhibit::Bars(Bars {
            title: "Values that the reference never had".to_owned(),
            unit: "rows".to_owned(),
            bars: unseen.iter().take(self.show).map(bar).collect(),
            more: count_of(unseen.len().saturating_sub(self.show)),
        })
    }

    /// Rows with such values, those of the most frequent ones first.
    fn examples(&self, unseen: &[(String, String, u64)], incoming: &Set) -> Exhibit {
        let of_all = unseen.iter().flat_map(|(column, category, _)| {
            let note = format!("{column}: {category}");
            places_of(incoming.columns.get(column), category).map(move |place| (place, note.clone()))
        });
        let mut rows: Vec<Example> = Vec::new();
        for (place, note) in of_all {
            if rows.len() == self.show {
                break;
            }
            let text = incoming.text(place).unwrap_or_default();
            rows.push(Example {
                set: Which::Incoming,
                row: incoming.rows[place],
                text: beginning(text),
                note: Some(note),
            });
        }
        let all: u64 = unseen.iter().map(|(_, _, rows)| rows).sum();
        let more = all.saturating_sub(count_of(rows.len()));
        Exhibit::Examples(Examples { title: "Rows with such values".to_owned(), rows, more })
    }
}

/// Places of the rows that have a category.
pub(super) fn places_of<'v>(values: Option<&'v Values>, category: &str) -> impl Iterator<Item = usize> + use<'v> {
    let coded = match values {
        Some(Values::Categories(categories)) => {
            let code = categories.names.iter().position(|name| name == category);
            code.and_then(|code| u32::try_from(code).ok()).map(|code| (code, categories.codes.as_slice()))
        }
        _ => None,
    };
    coded.into_iter().flat_map(|(code, codes)| {
        codes.iter().enumerate().filter(move |(_, found)| **found == Some(code)).map(|(place, _)| place)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::drift::checks::planted::{Planted, categories, measure_of, pair, texts};
    use crate::operations::drift::verdict::Verdict;

    fn set(channels: &[f64], random: &mut fastrand::Rng) -> Set {
        let channels = categories(200, channels, random);
        texts(200, 20, random).with_column("channel", channels)
    }

    #[test]
    fn a_planted_value_is_found_with_its_rows_and_none_where_none_is() {
        for seed in 0..20 {
            let mut random = fastrand::Rng::with_seed(seed);
            let planted =
                Planted { reference: set(&[0.6, 0.4], &mut random), incoming: set(&[0.5, 0.4, 0.1], &mut random) };
            let found = pair(&UnseenCategories::default(), planted).unwrap();
            assert_eq!(found.verdict, Verdict::Warn);
            let share = measure_of(&found.findings, UNSEEN_SHARE, "channel");
            assert!((0.03..0.2).contains(&share.value.unwrap()) && share.p_value.unwrap() < 0.05, "{share:?}");
            let Exhibit::Examples(examples) = &found.findings.exhibits[1] else { panic!("{:?}", found.findings) };
            assert!(examples.rows.iter().all(|row| row.note.as_deref() == Some("channel: 2")));
            let planted = Planted { reference: set(&[0.6, 0.4], &mut random), incoming: set(&[0.5, 0.5], &mut random) };
            let found = pair(&UnseenCategories::default(), planted).unwrap();
            assert_eq!((found.verdict, found.findings.exhibits.len()), (Verdict::Pass, 0));
        }
    }
}
