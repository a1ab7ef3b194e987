//! What holds of every division, whatever the rows.

use std::collections::{BTreeMap, HashMap};

use proptest::prelude::*;

use super::*;
use crate::operations::classification::facts::tests::facts;

type Row = (String, String, u64);

fn rows(most: usize) -> impl Strategy<Value = Vec<Row>> {
    let label = prop::sample::select(vec!["", "a", "b", "c", "d"]).prop_map(str::to_owned);
    let text = (0_u32..200).prop_map(|number| format!("text {number}"));
    prop::collection::vec((text, label, 0_u64..12), 3..most)
}

fn options(shares: &str, seed: u64) -> ClassificationOptions {
    ClassificationOptions { split: shares.parse().unwrap(), seed, ..ClassificationOptions::default() }
}

fn counted(splits: &Splits, of: impl Fn(usize) -> bool) -> Counts {
    let mut counts = Counts::default();
    let rows = splits.iter().enumerate().filter(|(row, _)| of(*row));
    rows.for_each(|(_, split)| counts[split.unwrap() as usize] += 1);
    counts
}

fn off(has: u64, share: f64, rows: usize) -> f64 {
    let number = |count: u64| f64::from(u32::try_from(count).unwrap());
    (number(has) - share * number(rows as u64)).abs()
}

const SHARES: [&str; 3] = ["train=80,test=20", "train=70,validation=10,test=20", "train=1,validation=1,test=98"];

proptest! {
    #[test]
    fn every_split_has_its_share_of_every_label_to_the_row(
        rows in rows(120), shares in prop::sample::select(&SHARES[..]), seed in 0_u64..4
    ) {
        let (facts, options) = (facts(&rows), options(shares, seed));
        let splits = divide(&facts, &options).unwrap();
        let all = counted(&splits, |_| true);
        prop_assert_eq!(all, divided(rows.len() as u64, &options.split));
        for label in ["", "a", "b", "c", "d"] {
            let having = rows.iter().filter(|(_, other, _)| other == label).count();
            let counts = counted(&splits, |row| rows[row].1 == label);
            for split in Split::ALL {
                prop_assert!(off(counts[split as usize], options.split.of(split), having) < 1.0, "{label} {counts:?}");
            }
        }
    }

    #[test]
    fn the_order_of_rows_makes_no_difference(rows in rows(60), seed in 0_u64..4) {
        // Where equal texts have equal labels, rows are told apart by their text alone.
        let mut rows: Vec<Row> = rows.into_iter().map(|(text, label, group)| (format!("{text} {label}"), label, group)).collect();
        rows.sort_unstable();
        rows.dedup_by(|a, b| a.0 == b.0);
        prop_assume!(rows.len() > 3);
        let options = options(SHARES[1], seed);
        let told = |rows: &[Row]| -> BTreeMap<String, Split> {
            let splits = divide(&facts(rows), &options).unwrap();
            rows.iter().zip(splits).map(|(row, split)| (row.0.clone(), split.unwrap())).collect()
        };
        let forwards = told(&rows);
        rows.reverse();
        prop_assert_eq!(forwards, told(&rows));
    }

    #[test]
    fn no_group_straddles(rows in rows(120), shares in prop::sample::select(&SHARES[..2]), seed in 0_u64..4) {
        let facts = facts(&rows);
        let options = ClassificationOptions { group_column: Some("g".to_owned()), ..options(shares, seed) };
        let Ok(splits) = divide(&facts, &options) else { return Ok(()) };
        let mut seen: HashMap<u64, Split> = HashMap::new();
        for ((.., group), split) in rows.iter().zip(&splits) {
            prop_assert_eq!(*seen.entry(*group).or_insert(split.unwrap()), split.unwrap());
        }
        let has_rows = counted(&splits, |_| true);
        for split in Split::ALL.into_iter().filter(|split| options.split.of(*split) > 0.0) {
            prop_assert!(has_rows[split as usize] > 0, "{split:?} is empty");
        }
    }

    #[test]
    fn time_never_runs_backwards(rows in rows(120), times in prop::collection::vec(-5_i64..5, 120)) {
        let mut facts = facts(&rows);
        facts.times = times[..rows.len()].to_vec();
        let options = ClassificationOptions { time_column: Some("t".to_owned()), ..options(SHARES[1], 42) };
        let splits = divide(&facts, &options).unwrap();
        prop_assert_eq!(counted(&splits, |_| true), divided(rows.len() as u64, &options.split));
        for (time, split) in facts.times.iter().zip(&splits) {
            prop_assert!(facts.times.iter().zip(&splits).all(|(other, later)| other <= time || later >= split));
        }
    }

    #[test]
    fn several_labels_are_divided_evenly_and_sizes_are_exact(
        rows in prop::collection::vec((0_u32..9_999, 0_u32..16), 40..160), seed in 0_u64..4
    ) {
        let label = |bits: u32| {
            let names = ["a", "b", "c", "d"].into_iter().enumerate().filter(|(place, _)| bits >> place & 1 == 1);
            names.map(|(_, name)| name).collect::<Vec<_>>().join("+")
        };
        let rows: Vec<Row> = rows.into_iter().map(|(text, bits)| (format!("text {text}"), label(bits), 0)).collect();
        let facts = facts(&rows);
        let options = ClassificationOptions { task: Task::MultiLabel, ..options(SHARES[0], seed) };
        let splits = divide(&facts, &options).unwrap();
        prop_assert_eq!(counted(&splits, |_| true), divided(rows.len() as u64, &options.split));
        for label in ["a", "b", "c", "d"] {
            let having = rows.iter().filter(|(_, labels, _)| labels.split('+').any(|other| other == label)).count();
            let counts = counted(&splits, |row| rows[row].1.split('+').any(|other| other == label));
            // No bound is known; what is far beyond is a fault of ours.
            for split in [Split::Train, Split::Test] {
                prop_assert!(off(counts[split as usize], options.split.of(split), having) <= 10.0, "{label} {counts:?}");
            }
        }
    }
}

#[test]
fn another_seed_divides_otherwise() {
    let rows: Vec<Row> = (0..100).map(|number| (format!("text {number}"), "a".to_owned(), 0)).collect();
    let facts = facts(&rows);
    let divided = |seed| divide(&facts, &options(SHARES[0], seed)).unwrap();
    assert_eq!(divided(42), divided(42));
    assert_ne!(divided(42), divided(43));
}

#[test]
fn equal_texts_stay_together_where_there_is_room() {
    let rows: Vec<Row> = (0..300).map(|number| (format!("text {}", number % 100), "a".to_owned(), 0)).collect();
    let splits = divide(&facts(&rows), &options(SHARES[0], 42)).unwrap();
    assert_eq!(counted(&splits, |_| true), [240, 0, 60]);
    for text in 0..100 {
        assert!(splits[text] == splits[text + 100] && splits[text] == splits[text + 200], "{text}");
    }
}

#[test]
fn rows_that_bring_a_split_keep_it_and_take_their_group_along() {
    let rows: Vec<Row> = (0..40).map(|number| (format!("text {number}"), "a".to_owned(), number / 4)).collect();
    let mut facts = facts(&rows);
    facts.given = (0..40).map(|row| (row == 3).then_some(Split::Validation)).collect();
    let splits = divide(&facts, &options(SHARES[0], 42)).unwrap();
    assert_eq!(splits[3], Some(Split::Validation));
    assert_eq!(counted(&splits, |row| row != 3), [31, 0, 8]);
    let grouped = ClassificationOptions { group_column: Some("g".to_owned()), ..options(SHARES[0], 42) };
    let splits = divide(&facts, &grouped).unwrap();
    assert!(splits[..4].iter().all(|split| *split == Some(Split::Validation)));
}

#[test]
fn what_can_not_be_divided_is_refused_with_the_facts() {
    let rows = |sizes: &[usize]| -> Vec<Row> {
        let of = |(group, size): (usize, &usize)| {
            (0..*size).map(move |row| (format!("{group} {row}"), "a".to_owned(), group as u64)).collect::<Vec<_>>()
        };
        sizes.iter().enumerate().flat_map(of).collect()
    };
    let grouped = ClassificationOptions { group_column: Some("g".to_owned()), ..options(SHARES[0], 42) };
    let unfit = |sizes: &[usize]| divide(&facts(&rows(sizes)), &grouped).unwrap_err();
    assert!(matches!(unfit(&[90, 5, 5]), Unfit::GroupTooLarge { rows: 90, most: 80, all: 100, .. }));
    assert!(matches!(unfit(&[7]), Unfit::GroupTooLarge { .. }));
    let three = ClassificationOptions { group_column: Some("g".to_owned()), ..options(SHARES[1], 42) };
    let few = divide(&facts(&rows(&[5, 5])), &three).unwrap_err();
    assert!(matches!(few, Unfit::TooFewGroups { groups: 2, splits: 3 }));
    let few = divide(&facts(&rows(&[1])), &options(SHARES[0], 42)).unwrap_err();
    assert!(matches!(few, Unfit::TooFewRows { rows: 1, splits: 2 }));
}
