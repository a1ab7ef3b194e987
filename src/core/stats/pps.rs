//! Predictive power score: how well one column alone tells a label.
//!
//! For: finding trivial properties that give the label away. Not for: models. The one decision: the cross-validated decision
//! tree of the score is not grown. A tree with one feature and no limit of depth ends with one leaf for each run of equal
//! values, parted half-way: it answers with the commonest class of the nearest value, and that is looked up. Numbers are equal
//! to those of scikit-learn's tree on the same folds; a category that no other fold holds gets the commonest class.

use std::collections::BTreeMap;

use super::numpy_random::RandomState;
use super::size::size;
use super::splits::stratified_folds;

/// Rows beyond this are sampled.
const ROWS: usize = 5_000;
const FOLDS: usize = 4;
/// Values closer than this count as equal.
const GAP: f32 = 1e-7;

/// The column that is to tell the label; both without missing values.
#[derive(Debug, Clone, Copy)]
pub enum Feature<'a> {
    /// Numbers.
    Numbers(&'a [f64]),
    /// Categories, numbered from 0.
    Categories(&'a [usize]),
}

/// What a column tells of a label.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PredictivePower {
    /// 0 (no more than guessing) to 1 (all of it).
    pub score: f64,
    /// Weighted F1 of the column, mean over the folds; 0 if there was nothing to tell.
    pub model_f1: f64,
    /// Weighted F1 of the better of two guesses: always the commonest class, or the classes in random order.
    pub baseline_f1: f64,
    /// Rows it was measured on.
    pub rows: usize,
}

/// How well `feature` tells the class of its row; classes are numbered in the order of their names.
pub fn predictive_power(feature: Feature, classes: &[usize], seed: u32) -> PredictivePower {
    let mut rows: Vec<usize> = (0..classes.len()).collect();
    if rows.len() > ROWS {
        rows = RandomState::new(seed).choice(rows.len(), ROWS);
    }
    let nothing = PredictivePower { score: 0.0, model_f1: 0.0, baseline_f1: 0.0, rows: rows.len() };
    if !can_tell(feature, classes, &rows) {
        return nothing;
    }
    RandomState::new(seed).shuffle(&mut rows);
    let truth: Vec<usize> = rows.iter().map(|&row| classes[row]).collect();
    let folds = stratified_folds(&truth, FOLDS);
    let model_f1 = (0..FOLDS).map(|fold| fold_score(feature, &rows, &truth, &folds, fold)).sum::<f64>() / size(FOLDS);
    let commonest = vec![majority(truth.iter().copied()); truth.len()];
    let mut shuffled = truth.clone();
    RandomState::new(seed).shuffle(&mut shuffled);
    let baseline_f1 = weighted_f1(&truth, &commonest).max(weighted_f1(&truth, &shuffled));
    let score =
        if model_f1 < baseline_f1 || baseline_f1 >= 1.0 { 0.0 } else { (model_f1 - baseline_f1) / (1.0 - baseline_f1) };
    PredictivePower { score, model_f1, baseline_f1, rows: rows.len() }
}

/// Whether there is anything to tell and to tell it by: more than one class, one of them in every fold, and categories that
/// are no ids.
fn can_tell(feature: Feature, classes: &[usize], rows: &[usize]) -> bool {
    let class_counts = counts(rows.iter().map(|&row| classes[row]));
    let largest = class_counts.values().copied().max().unwrap_or(0);
    let is_id = match feature {
        Feature::Numbers(_) => false,
        Feature::Categories(values) => counts(rows.iter().map(|&row| values[row])).len() == rows.len(),
    };
    class_counts.len() > 1 && class_counts.len() < rows.len() && largest >= FOLDS && !is_id
}

fn fold_score(feature: Feature, rows: &[usize], truth: &[usize], folds: &[usize], fold: usize) -> f64 {
    let (fit, test): (Vec<usize>, Vec<usize>) = (0..rows.len()).partition(|&place| folds[place] != fold);
    let expected: Vec<usize> = test.iter().map(|&place| truth[place]).collect();
    let predicted: Vec<usize> = match feature {
        Feature::Numbers(values) => {
            let known = Steps::of(fit.iter().map(|&place| (narrow(values[rows[place]]), truth[place])).collect());
            test.iter().map(|&place| known.class(narrow(values[rows[place]]))).collect()
        }
        Feature::Categories(values) => {
            let known = Groups::of(fit.iter().map(|&place| (values[rows[place]], truth[place])));
            test.iter().map(|&place| known.class(values[rows[place]])).collect()
        }
    };
    weighted_f1(&expected, &predicted)
}

/// The class of every run of equal values, and where one ends and the next begins.
struct Steps {
    upper: Vec<f64>,
    classes: Vec<usize>,
}

impl Steps {
    fn of(mut known: Vec<(f32, usize)>) -> Self {
        known.sort_by(|one, other| one.0.total_cmp(&other.0));
        let mut steps = Self { upper: Vec::new(), classes: Vec::new() };
        for run in known.chunk_by(|before, after| after.0 <= before.0 + GAP) {
            steps.classes.push(majority(run.iter().map(|(_, class)| *class)));
        }
        for pair in known.windows(2) {
            if pair[1].0 > pair[0].0 + GAP {
                steps.upper.push(f64::from(pair[0].0) / 2.0 + f64::from(pair[1].0) / 2.0);
            }
        }
        steps
    }

    fn class(&self, value: f32) -> usize {
        self.classes[self.upper.partition_point(|upper| *upper < f64::from(value))]
    }
}

/// The class of every category, and that of one that was not met.
struct Groups {
    classes: BTreeMap<usize, usize>,
    unmet: usize,
}

impl Groups {
    fn of(known: impl Iterator<Item = (usize, usize)>) -> Self {
        // Rows of each class, by category.
        let mut left: BTreeMap<usize, BTreeMap<usize, usize>> = BTreeMap::new();
        let mut all = BTreeMap::new();
        for (category, class) in known {
            *left.entry(category).or_default().entry(class).or_insert(0) += 1;
            *all.entry(class).or_insert(0) += 1;
        }
        let classes = left.iter().map(|(category, counts)| (*category, commonest(counts))).collect();
        while left.len() > 1 && all.len() > 1 {
            let parted = |counts| concentration(counts) + concentration(&without(&all, counts));
            let gains = left.iter().map(|(category, counts)| (parted(counts), *category));
            let best = gains.reduce(|best, other| if other.0 > best.0 { other } else { best });
            let Some(counts) = best.and_then(|(_, category)| left.remove(&category)) else { break };
            all = without(&all, &counts);
        }
        Self { classes, unmet: commonest(&all) }
    }

    fn class(&self, category: usize) -> usize {
        self.classes.get(&category).copied().unwrap_or(self.unmet)
    }
}

/// Rows of each class but these.
fn without(all: &BTreeMap<usize, usize>, counts: &BTreeMap<usize, usize>) -> BTreeMap<usize, usize> {
    let left = all.iter().map(|(class, count)| (*class, count - counts.get(class).copied().unwrap_or(0)));
    left.filter(|(_, count)| *count > 0).collect()
}

/// How far rows are of one class: what Gini's impurity leaves of their number.
fn concentration(counts: &BTreeMap<usize, usize>) -> f64 {
    let squares: usize = counts.values().map(|count| count * count).sum();
    size(squares) / size(counts.values().sum::<usize>().max(1))
}

#[expect(clippy::cast_possible_truncation, reason = "trees of scikit-learn see features as 32-bit floats")]
fn narrow(value: f64) -> f32 {
    value as f32
}

fn counts(values: impl IntoIterator<Item = usize>) -> BTreeMap<usize, usize> {
    let mut counts = BTreeMap::new();
    for value in values {
        *counts.entry(value).or_insert(0) += 1;
    }
    counts
}

/// The commonest class, the first of them if several are.
fn majority(classes: impl IntoIterator<Item = usize>) -> usize {
    commonest(&counts(classes))
}

fn commonest(counts: &BTreeMap<usize, usize>) -> usize {
    counts.iter().rev().max_by_key(|(_, count)| **count).map_or(0, |(class, _)| *class)
}

/// F1 of each class, weighted with its rows.
fn weighted_f1(truth: &[usize], predicted: &[usize]) -> f64 {
    let (actual, said) = (counts(truth.iter().copied()), counts(predicted.iter().copied()));
    let hits = counts(truth.iter().zip(predicted).filter(|(one, other)| one == other).map(|(class, _)| *class));
    let weighted = actual.iter().map(|(class, &count)| {
        let both = count + said.get(class).copied().unwrap_or(0);
        2.0 * size(hits.get(class).copied().unwrap_or(0)) / size(both) * size(count)
    });
    weighted.sum::<f64>() / size(truth.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_that_is_the_label_tells_all_of_it() {
        let classes: Vec<usize> = (0..100).map(|row| row % 3).collect();
        let numbers: Vec<f64> = (0..100_u8).map(|row| f64::from(row % 3)).collect();
        for feature in [Feature::Numbers(&numbers), Feature::Categories(&classes)] {
            assert!((predictive_power(feature, &classes, 42).score - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn what_cannot_tell_scores_nothing() {
        let classes: Vec<usize> = (0..100).map(|row| row / 50).collect();
        let ids: Vec<usize> = (0..100).collect();
        assert!(predictive_power(Feature::Categories(&ids), &classes, 42).score.abs() < f64::EPSILON);
        assert!(predictive_power(Feature::Categories(&classes), &[1; 100], 42).score.abs() < f64::EPSILON);
        assert!(predictive_power(Feature::Numbers(&[]), &[], 42).score.abs() < f64::EPSILON);
    }

    #[test]
    fn a_category_that_was_not_met_is_answered_like_those_that_are_left_at_the_end() {
        // The large category is split off; the rest are of class 2, though class 1 is the commonest.
        let known = [(0, 1), (0, 1), (0, 1), (0, 0), (1, 2), (2, 2)];
        let groups = Groups::of(known.into_iter());
        assert_eq!([groups.class(0), groups.class(2), groups.class(9)], [1, 2, 2]);
        assert_eq!(Groups::of([(0, 1), (1, 1)].into_iter()).class(9), 1);
    }

    #[test]
    fn the_score_is_that_of_scikit_learns_tree_on_the_same_folds() {
        // cross_val_score(DecisionTreeClassifier(), cv=4, scoring="f1_weighted") on rows shuffled with seed 42.
        let numbers: Vec<f64> = (0..200_u32).map(|row| f64::from(row * 37 % 101)).collect();
        let classes: Vec<usize> = (0..200).map(|row| usize::from(row * 37 % 101 + row % 23 > 60)).collect();
        let found = predictive_power(Feature::Numbers(&numbers), &classes, 42);
        assert!((found.model_f1 - MODEL_F1).abs() < 1e-12 && (found.score - SCORE).abs() < 1e-12, "{found:?}");
    }

    const MODEL_F1: f64 = 0.914_993_997_599_039_5;
    const SCORE: f64 = 0.842_581_477_035_258_3;
}
