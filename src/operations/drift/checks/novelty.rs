//! How much of the incoming texts is new, and how much of it would be new anyway.
//!
//! For: words and characters. The one decision: what is expected comes out of the reference: what a row of it has and no
//! other row, would be new if that row came in. (It is Good and Turing's estimate of what has not been seen, taken by rows,
//! since words of a text come together.) So a small reference, which lacks many words, is not blamed on what comes in.

use std::collections::HashMap;
use std::hash::Hash;

use foldhash::fast::RandomState;

use crate::core::stats::{RatioExcess, count_of, ratio_excess};
use crate::operations::drift::reference::Reference;
use crate::operations::drift::set::Set;

/// What is new in one row.
pub(super) struct NewInRow<K> {
    /// The row's place in the set.
    pub(super) place: usize,
    /// What the reference does not have, in the order in which it stands.
    pub(super) new: Vec<K>,
    /// How much there is in all.
    pub(super) all: u64,
}

/// What is new in incoming texts, and how that compares with what is expected.
pub(super) struct Novelty<K> {
    /// All rows with a text.
    pub(super) rows: Vec<NewInRow<K>>,
    /// Share of what is new in the incoming set, beside what is expected of the reference.
    pub(super) excess: RatioExcess,
}

/// Looks for what is new. `units`: what a text is made of; `known`: how often the reference has it.
pub(super) fn novelty<K: Hash + Eq>(
    reference: &Reference,
    incoming: &Set,
    units: impl Fn(&str) -> Vec<K>,
    known: impl Fn(&K) -> u64,
) -> Novelty<K> {
    let texts = |set: &'_ Set| -> Vec<usize> { (0..set.len()).filter(|place| set.text(*place).is_some()).collect() };
    let expected: Vec<[u64; 2]> = texts(reference.rows())
        .into_iter()
        .map(|place| only_here(units(reference.rows().text(place).unwrap_or_default()), &known))
        .collect();
    let rows: Vec<NewInRow<K>> = texts(incoming)
        .into_iter()
        .map(|place| {
            let units = units(incoming.text(place).unwrap_or_default());
            let all = count_of(units.len());
            let new = units.into_iter().filter(|unit| known(unit) == 0).collect();
            NewInRow { place, new, all }
        })
        .collect();
    let came: Vec<[u64; 2]> = rows.iter().map(|row| [count_of(row.new.len()), row.all]).collect();
    Novelty { rows, excess: ratio_excess(&expected, &came) }
}

/// How much of a row no other row has, and how much it has in all.
fn only_here<K: Hash + Eq>(units: Vec<K>, known: &impl Fn(&K) -> u64) -> [u64; 2] {
    let all = count_of(units.len());
    let mut counts: HashMap<K, u64, RandomState> = HashMap::default();
    for unit in units {
        *counts.entry(unit).or_default() += 1;
    }
    [counts.iter().filter(|(unit, count)| known(unit) <= **count).map(|(_, count)| count).sum(), all]
}

/// How often each new thing is there and in which rows (the first ones), the most frequent first.
pub(super) fn ranked<K: Hash + Eq + Ord + Clone>(
    rows: &[NewInRow<K>],
    rows_of_each: usize,
) -> Vec<(K, u64, Vec<usize>)> {
    let mut found: HashMap<&K, (u64, Vec<usize>), RandomState> = HashMap::default();
    for row in rows {
        for unit in &row.new {
            let (count, places) = found.entry(unit).or_default();
            *count += 1;
            if places.len() < rows_of_each && places.last() != Some(&row.place) {
                places.push(row.place);
            }
        }
    }
    let mut ranked: Vec<_> = found.into_iter().map(|(unit, (count, places))| (unit.clone(), count, places)).collect();
    ranked.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
    ranked
}
