//! Odd texts, and where labels are missing.

use std::collections::BTreeMap;

use serde_json::Value;
use textmill::core::stats::segments::{Feature, Scores, SegmentOptions, weak_segments};
use textmill::core::stats::{Distribution, iqr_limits, sharp_drop_limit};
use textmill::core::text::identification::LanguageTable;
use textmill::core::text::properties::{Analysis, Property, PropertyValue, default_properties};

use super::data::{column, goldens, sides, texts};
use super::tally::{Tally, Tolerance};

const CLOSED: Tolerance = Tolerance::Relative(1e-9);
/// Rows that the goldens list at the most.
const LISTED: usize = 200;

/// What deepchecks tells of a property's outliers. Rows are counted as there: without those that have no value.
#[derive(Debug, Default)]
struct Outliers {
    lower: Option<f64>,
    upper: Option<f64>,
    share: Option<f64>,
    rows: Vec<usize>,
}

fn values(property: &Property, texts: &[String]) -> Vec<PropertyValue> {
    texts.iter().map(|text| property.of(&Analysis::new(text, &LanguageTable))).collect()
}

fn share(part: usize, whole: usize) -> f64 {
    let real = |count: usize| f64::from(u32::try_from(count).unwrap());
    real(part) / real(whole)
}

fn outliers(values: &[PropertyValue]) -> Outliers {
    let number = |value: &PropertyValue| match value {
        PropertyValue::Number(number) => Some(*number),
        _ => None,
    };
    let numbers: Vec<f64> = values.iter().filter_map(number).collect();
    if numbers.is_empty() { odd_categories(values) } else { odd_numbers(&numbers) }
}

fn odd_numbers(numbers: &[f64]) -> Outliers {
    let all = Distribution::from_values(numbers.iter().copied());
    let limits = iqr_limits(&all, [0.25, 0.75], 2.0).unwrap();
    let rows: Vec<usize> = (0..numbers.len()).filter(|row| limits.exclude(numbers[*row])).collect();
    Outliers {
        lower: Some(limits.lower.max(all.min().unwrap())),
        upper: Some(limits.upper.min(all.max().unwrap())),
        share: Some(share(rows.len(), numbers.len())),
        rows,
    }
}

/// Categories; no value is one, too.
fn odd_categories(values: &[PropertyValue]) -> Outliers {
    let mut counts: BTreeMap<Option<&str>, u64> = BTreeMap::new();
    let names = values.iter().map(|value| match value {
        PropertyValue::Category(name) => Some(name.as_str()),
        _ => None,
    });
    let names: Vec<Option<&str>> = names.collect();
    for name in &names {
        *counts.entry(*name).or_default() += 1;
    }
    let limit = sharp_drop_limit(&counts.values().copied().collect::<Vec<_>>(), 0.9);
    let is_odd = |row: &usize| share(usize::try_from(counts[&names[*row]]).unwrap(), names.len()) < limit;
    let rows: Vec<usize> = (0..names.len()).filter(is_odd).collect();
    // Told is no limit below what there is.
    let rarest = share(usize::try_from(*counts.values().min().unwrap()).unwrap(), names.len());
    Outliers { lower: Some(limit.max(rarest)), upper: None, share: Some(share(rows.len(), names.len())), rows }
}

#[test]
fn goldens_of_odd_texts() {
    let Some(goldens) = goldens() else { return };
    let mut tally = Tally::default();
    for (set, side, golden) in sides(&goldens) {
        let golden_of = &golden["single_dataset_checks"]["TextPropertyOutliers"]["value"];
        let texts = texts(golden["file"].as_str().unwrap());
        for property in default_properties().filter(|property| golden_of[property.title].is_object()) {
            // Another edition of CMUdict.
            let by_sound = property.title == "Reading Ease";
            let (tolerance, needed) = if by_sound { (Tolerance::Relative(0.01), 0.8) } else { (CLOSED, 1.0) };
            let name = if by_sound { "Reading Ease" } else { "other properties" };
            let golden = &golden_of[property.title];
            let found = outliers(&values(property, &texts));
            let whose = || format!("{set} {side} {}", property.title);
            let mut compared = tally.mostly(&format!("limits and shares: {name}"), tolerance, needed);
            compared.numbers(found.lower, golden["lower_limit"].as_f64(), whose);
            compared.numbers(found.upper, golden["upper_limit"].as_f64(), whose);
            compared.numbers(found.share, golden["outlier_ratio"].as_f64(), whose);
            let rows: Vec<usize> = found.rows.into_iter().take(LISTED).collect();
            let listed = golden["indices"].as_array().unwrap().iter();
            let listed: Vec<usize> = listed.map(|row| usize::try_from(row.as_u64().unwrap()).unwrap()).collect();
            tally.mostly(&format!("rows: {name}"), Tolerance::Equal, needed).equal(&rows, &listed, whose);
        }
    }
    tally.print("TextPropertyOutliers (deepchecks)");
}

#[test]
fn goldens_of_parts_whose_labels_are_missing() {
    let Some(goldens) = goldens() else { return };
    let mut tally = Tally::default();
    for (set, side, golden) in sides(&goldens) {
        let value = &golden["single_dataset_checks"]["UnderAnnotatedPropertySegments[all properties]"]["value"];
        let Some(segments) = value["segments"].as_array() else { continue };
        let file = golden["file"].as_str().unwrap();
        let texts = texts(file);
        let scores: Vec<f64> =
            column(file, "label").iter().map(|label| f64::from(u8::from(!label.is_empty()))).collect();
        let columns: Vec<Column> = default_properties().map(|property| Column::of(&values(property, &texts))).collect();
        let features: Vec<Feature> = columns.iter().map(Column::feature).collect();
        let searched: Vec<usize> = (0..scores.len()).collect();
        let found = weak_segments(&features, Scores::of(&scores), &searched, SegmentOptions::default());
        let mut compared = tally.of("UnderAnnotatedPropertySegments", Tolerance::Absolute(0.05));
        compared.numbers(Some(found.average), value["avg_score"].as_f64(), || format!("{set} {side} average"));
        for (place, segment) in segments.iter().enumerate() {
            let ours = found.segments.get(place).map(|segment| segment.score);
            compared.numbers(ours, segment["score"].as_f64(), || format!("{set} {side} segment {place}"));
        }
        let names: Vec<&str> = default_properties().map(|property| property.title).collect();
        let told = |segment: &Value| {
            ["Feature1", "Feature2"].map(|name| segment[name].as_str().unwrap_or_default().to_owned())
        };
        let first = found.segments.first().map(|segment| {
            let mut ranges = segment.ranges.iter().map(|(place, _)| names[*place].to_owned());
            [ranges.next().unwrap_or_default(), ranges.next().unwrap_or_default()]
        });
        let mut compared = tally.of("UnderAnnotatedPropertySegments: the leading segment", Tolerance::Equal);
        compared.equal(&first, &segments.first().map(told), || format!("{set} {side}"));
    }
    tally.print("parts whose labels are missing (deepchecks)");
}

/// Values of a property, as a search of segments takes them.
enum Column {
    Numbers(Vec<f64>),
    Categories(Vec<String>, Vec<Option<u32>>),
}

impl Column {
    fn of(values: &[PropertyValue]) -> Self {
        let is_category = values.iter().any(|value| matches!(value, PropertyValue::Category(_)));
        if !is_category {
            let number = |value: &PropertyValue| match value {
                PropertyValue::Number(number) => *number,
                _ => f64::NAN,
            };
            return Self::Numbers(values.iter().map(number).collect());
        }
        let mut names: Vec<String> = Vec::new();
        let codes = values.iter().map(|value| {
            let PropertyValue::Category(name) = value else { return None };
            let place = names.iter().position(|known| known == name).unwrap_or_else(|| {
                names.push(name.clone());
                names.len() - 1
            });
            Some(u32::try_from(place).unwrap())
        });
        let codes = codes.collect();
        Self::Categories(names, codes)
    }

    fn feature(&self) -> Feature<'_> {
        match self {
            Self::Numbers(numbers) => Feature::Numbers(numbers),
            Self::Categories(names, codes) => Feature::Categories { names, codes },
        }
    }
}
