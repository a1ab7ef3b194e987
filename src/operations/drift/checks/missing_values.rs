//! What is not there, and what is always the same.

use serde::{Deserialize, Serialize};

use super::shown::numbers;
use super::{About, Check, CheckContext, CheckError, Family, Findings, OneSetCheck};
use crate::core::stats::{count_of, share};
use crate::operations::drift::condition::{Condition, Rule};
use crate::operations::drift::exhibit::{Exhibit, Group, Groups};
use crate::operations::drift::outcome::{Measure, Which};
use crate::operations::drift::set::Set;
use crate::operations::drift::values::Values;

const MISSING_SHARE: &str = "missing_share";
const CONSTANT_COLUMNS: &str = "constant_columns";

/// What is not there, and what is always the same.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct MissingValues {}

impl Check for MissingValues {
    const ABOUT: About = About {
        name: "missing_values",
        title: "Missing, empty and constant values",
        definition: "The share of rows without a text (missing, or nothing but white space), without a label, and without a \
                     value in each other column that is compared; and how many of all these have only one value.",
        family: Family::DataIntegrity,
        needs: &[],
    };

    fn conditions() -> Vec<Condition> {
        vec![
            Condition::new(MISSING_SHARE, Rule::AtMost, 0.05).or_warn(),
            Condition::new(CONSTANT_COLUMNS, Rule::AtMost, 0.0).or_warn(),
        ]
    }
}

/// A column: where a value is missing, and whether all others are equal.
struct Looked {
    column: String,
    missing: Vec<usize>,
    is_constant: bool,
}

impl OneSetCheck for MissingValues {
    fn run(&self, which: Which, set: &Set, _context: &CheckContext<'_>) -> Result<Findings, CheckError> {
        let rows = count_of(set.len());
        let columns = columns(set);
        let shares = columns.iter().map(|looked| {
            let missing = share(count_of(looked.missing.len()), rows);
            Measure::new(MISSING_SHARE, missing).of(looked.column.as_str()).from_rows(which, rows)
        });
        let mut measures: Vec<Measure> = shares.collect();
        // One row is always the same.
        let constant = columns.iter().filter(|looked| looked.is_constant && rows > 1);
        let constant: Vec<_> = constant.map(|looked| format!("`{}`", looked.column)).collect();
        let found = Measure::from_count(CONSTANT_COLUMNS, constant.len()).from_rows(which, rows);
        measures.push(if constant.is_empty() { found } else { found.noting(constant.join(", ")) });
        let gaps = columns.iter().filter(|looked| !looked.missing.is_empty());
        let mut groups: Vec<Group> = gaps
            .map(|looked| {
                let count = count_of(looked.missing.len());
                Group { text: looked.column.clone(), count, ..Group::default() }
                    .with_rows(which, numbers(set, &looked.missing))
            })
            .collect();
        groups.sort_by_key(|group| std::cmp::Reverse(group.count));
        let mut findings = Findings { measures, ..Findings::default() };
        if !groups.is_empty() {
            let title = "Rows without a value, by column".to_owned();
            findings.exhibits.push(Exhibit::Groups(Groups { title, groups, more: 0 }));
        }
        Ok(findings)
    }
}

fn columns(set: &Set) -> Vec<Looked> {
    let texts = (0..set.len()).map(|place| set.text(place).filter(|text| !text.trim().is_empty()));
    let mut columns = vec![looked("text", texts)];
    if set.labels.is_some() {
        columns.push(looked("label", (0..set.len()).map(|place| set.label(place))));
    }
    for (name, values) in &set.columns {
        columns.push(match values {
            Values::Numbers(numbers) => {
                looked(name, numbers.iter().map(|number| (!number.is_nan()).then(|| number.to_bits())))
            }
            Values::Categories(categories) => looked(name, categories.codes.iter().copied()),
        });
    }
    columns
}

fn looked<T: PartialEq>(column: &str, values: impl Iterator<Item = Option<T>>) -> Looked {
    let (mut missing, mut first, mut is_constant) = (Vec::new(), None, true);
    for (place, value) in values.enumerate() {
        match (value, &first) {
            (None, _) => missing.push(place),
            (Some(value), None) => first = Some(value),
            (Some(value), Some(first)) => is_constant &= value == *first,
        }
    }
    Looked { column: column.to_owned(), missing, is_constant }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::drift::checks::planted::{Judged, measure_of, one, value};
    use crate::operations::drift::set::samples::set_of;
    use crate::operations::drift::values::Categories;
    use crate::operations::drift::verdict::Verdict;

    #[test]
    fn planted_gaps_are_counted_by_column_with_their_rows() {
        let set = set_of(["a", " \n", "c", "d"])
            .with_labels(["x", "", "y", "x"])
            .with_column("size", Values::Numbers(vec![1.0, f64::NAN, f64::NAN, 2.0]));
        let Judged { findings, verdict } = one(&MissingValues::default(), &set).unwrap();
        for (column, share) in [("text", 0.25), ("label", 0.25), ("size", 0.5)] {
            assert!((measure_of(&findings, MISSING_SHARE, column).value.unwrap() - share).abs() < 1e-12, "{column}");
        }
        assert_eq!(verdict, Verdict::Warn);
        let Exhibit::Groups(groups) = &findings.exhibits[0] else { panic!("{findings:?}") };
        assert_eq!((groups.groups[0].text.as_str(), &groups.groups[0].incoming_rows), ("size", &vec![1, 2]));
    }

    #[test]
    fn a_column_of_one_value_is_constant_and_a_whole_set_passes() {
        let channel = |names: [&str; 3]| Values::Categories(Categories::of(names.map(Some).into_iter()));
        let set = set_of(["a", "b", "c"]).with_column("channel", channel(["x", "x", "x"]));
        let Judged { findings, verdict } = one(&MissingValues::default(), &set).unwrap();
        assert!((value(&findings, CONSTANT_COLUMNS) - 1.0).abs() < 1e-12);
        assert_eq!(verdict, Verdict::Warn);
        let set = set_of(["a", "b", "c"]).with_column("channel", channel(["x", "y", "x"]));
        assert_eq!(one(&MissingValues::default(), &set).unwrap().verdict, Verdict::Pass);
        assert_eq!(one(&MissingValues::default(), &set_of(["only"])).unwrap().verdict, Verdict::Pass);
    }
}
