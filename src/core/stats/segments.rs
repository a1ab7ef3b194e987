//! Parts of the data in which a score is low, told by ranges of one or two features.
//!
//! For: where labels are missing, where a model is weak, where drift concentrates. Not for: how sure one can be of a segment:
//! the worst of many looks bad by chance, too (callers test it on rows that were not searched). The one decision: the search
//! is deepchecks' (pairs of features, a small tree each, its worst leaf), but where there are many features it takes those
//! whose best single split explains most of the score, instead of ten at random: the same data, the same segments.

use std::collections::BTreeSet;

use super::size::size;
use super::splits::plain_folds;
use super::target_encoding::ranks_by_target;
use super::tree::{Criterion, Limits, Node, Tree, sorted_rows};

/// Values of one feature, one a row.
#[derive(Debug, Clone, Copy)]
pub enum Feature<'a> {
    /// Numbers; NaN where missing.
    Numbers(&'a [f64]),
    /// Names by their number; `None` where missing.
    Categories {
        /// The names.
        names: &'a [String],
        /// Which name each row has.
        codes: &'a [Option<u32>],
    },
}

/// Scores of all rows, high where all is well.
#[derive(Debug, Clone, Copy)]
pub struct Scores<'a> {
    /// What trees are grown by.
    pub grown_by: &'a [f64],
    /// What leaves are judged by, and what segments are told with.
    pub judged_by: &'a [f64],
}

impl<'a> Scores<'a> {
    /// One score for both.
    pub fn of(scores: &'a [f64]) -> Self {
        Self { grown_by: scores, judged_by: scores }
    }
}

/// How segments are searched.
#[derive(Debug, Clone, Copy)]
pub struct SegmentOptions {
    /// Share (0..0.5) of the rows that a segment has at the least.
    pub min_share: f64,
    /// Features that are paired at the most.
    pub most_features: usize,
    /// Whether a feature may be in several segments.
    pub repeat_features: bool,
    /// Categories with a smaller share (0..1) of the rows are put together.
    pub rare_share: f64,
}

impl Default for SegmentOptions {
    fn default() -> Self {
        Self { min_share: 0.05, most_features: 12, repeat_features: false, rare_share: 0.05 }
    }
}

/// Values of a feature that a segment has.
#[derive(Debug, Clone, PartialEq)]
pub enum Range {
    /// Numbers above the first and up to the second, which may be infinite.
    Numbers(f64, f64),
    /// These categories; rare ones are `Other`, missing ones `None`.
    Categories(Vec<String>),
}

/// A part of the data.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    /// The mean score of its rows.
    pub score: f64,
    /// Places of the one or two features that tell it, and their values.
    pub ranges: Vec<(usize, Range)>,
    /// Its rows among those searched, rising.
    pub rows: Vec<usize>,
    /// Its rows among the others, rising.
    pub unsearched: Vec<usize>,
}

/// The worst segments.
#[derive(Debug, Clone, PartialEq)]
pub struct WeakSegments {
    /// Mean score of the rows that were searched.
    pub average: f64,
    /// Segments, the lowest score first.
    pub segments: Vec<Segment>,
}

const MIN_ROWS: usize = 5;
const DEPTH: usize = 5;
const MIN_DECREASE: f64 = 0.003;
const FOLDS: usize = 3;

/// Searches, among the rows `searched`, the parts of the data in which `scores` are low. Features and scores are those of all
/// rows.
pub fn weak_segments(
    features: &[Feature],
    scores: Scores,
    searched: &[usize],
    options: SegmentOptions,
) -> WeakSegments {
    let rows: Vec<u32> = searched.iter().map(|&row| u32::try_from(row).unwrap_or(u32::MAX)).collect();
    let search = Search { scores: scores.grown_by, judged: scores.judged_by, rows: &rows, options };
    let columns: Vec<Column> = features.iter().map(|feature| Column::of(*feature, &search)).collect();
    let chosen = search.strongest(&columns);
    let mut found = Vec::new();
    for (place, &first) in chosen.iter().enumerate() {
        for &second in &chosen[place + 1..] {
            found.extend(search.worst_leaf([(first, &columns[first]), (second, &columns[second])]));
        }
    }
    found.sort_by(|one: &Segment, other: &Segment| one.score.total_cmp(&other.score));
    WeakSegments { average: mean(scores.judged_by, &rows), segments: selected(found, options.repeat_features) }
}

/// A feature as a tree sees it.
struct Column {
    values: Vec<f32>,
    /// The names of each number, if it stands for categories.
    names: Option<Vec<Vec<String>>>,
}

impl Column {
    fn of(feature: Feature, search: &Search) -> Self {
        match feature {
            Feature::Numbers(numbers) => {
                #[expect(clippy::cast_possible_truncation, reason = "trees see features as 32-bit floats")]
                let values = numbers.iter().map(|&number| number as f32).collect();
                Self { values, names: None }
            }
            Feature::Categories { names, codes } => Self::of_categories(names, codes, search),
        }
    }

    /// Missing ones are a category; rare ones are put together; numbers are ranks by the mean score. What is rare and how it
    /// ranks is told by the rows that are searched.
    fn of_categories(names: &[String], codes: &[Option<u32>], search: &Search) -> Self {
        let (missing, rest) = (names.len(), names.len() + 1);
        let places: Vec<usize> = codes.iter().map(|code| code.map_or(missing, place)).collect();
        let mut counts = vec![0_usize; missing + 1];
        search.rows.iter().for_each(|&row| counts[places[place(row)]] += 1);
        let least = search.options.rare_share * size(search.rows.len());
        let merged: Vec<usize> = places.iter().map(|&at| if size(counts[at]) < least { rest } else { at }).collect();
        let (codes, scores): (Vec<usize>, Vec<f64>) =
            search.rows.iter().map(|&row| (merged[place(row)], search.scores[place(row)])).unzip();
        let ranks = ranks_by_target(&codes, rest + 1, &scores);
        let mut by_rank: Vec<Vec<String>> = vec![Vec::new(); rest + 1];
        let met: BTreeSet<usize> = codes.into_iter().collect();
        for at in met {
            let name = names.get(at).map_or(if at == missing { "None" } else { "Other" }, String::as_str);
            by_rank[ranks[at]].push(name.to_owned());
        }
        #[expect(clippy::cast_possible_truncation, reason = "ranks are small")]
        let values = merged.iter().map(|&at| size(ranks[at]) as f32).collect();
        Self { values, names: Some(by_rank) }
    }

    fn range(&self, (above, up_to): (f64, f64)) -> Range {
        let Some(names) = &self.names else { return Range::Numbers(above, up_to) };
        let within = names.iter().enumerate().filter(|(rank, _)| size(*rank) > above && size(*rank) <= up_to);
        Range::Categories(within.flat_map(|(_, names)| names.iter().cloned()).collect())
    }

    fn is_present(&self, row: u32) -> bool {
        !self.values[place(row)].is_nan()
    }
}

/// What is searched, and how.
struct Search<'a> {
    /// What trees are grown by.
    scores: &'a [f64],
    /// What their leaves are judged by.
    judged: &'a [f64],
    rows: &'a [u32],
    options: SegmentOptions,
}

impl Search<'_> {
    /// The features that are paired, in their order: all of them, or those whose best single split explains most.
    fn strongest(&self, columns: &[Column]) -> Vec<usize> {
        if columns.len() <= self.options.most_features {
            return (0..columns.len()).collect();
        }
        let mut gains: Vec<(f64, usize)> =
            columns.iter().enumerate().map(|(at, column)| (self.gain_of_one_split(column), at)).collect();
        gains.sort_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(&other.1)));
        let mut chosen: Vec<usize> = gains.into_iter().take(self.options.most_features).map(|(_, at)| at).collect();
        chosen.sort_unstable();
        chosen
    }

    fn gain_of_one_split(&self, column: &Column) -> f64 {
        let rows: Vec<u32> = self.rows.iter().copied().filter(|&row| column.is_present(row)).collect();
        let limits = Limits { max_depth: 1, min_decrease: 0.0, ..self.limits(Criterion::SquaredError, rows.len()) };
        let orders = [sorted_rows(&column.values, &rows)];
        let tree = Tree::grow(&[&column.values], &orders, self.scores, limits);
        let overall = mean(self.scores, &rows);
        let leaves = tree.nodes.iter().filter_map(|node| match node {
            Node::Leaf { rows } => Some(size(rows.len()) * (mean(self.scores, rows) - overall).powi(2)),
            Node::Split { .. } => None,
        });
        leaves.sum()
    }

    fn limits(&self, criterion: Criterion, present: usize) -> Limits {
        Limits {
            max_depth: DEPTH,
            min_leaf_rows: MIN_ROWS,
            min_leaf_share: self.options.min_share * size(self.rows.len()) / size(present.max(1)),
            min_decrease: MIN_DECREASE,
            criterion,
        }
    }

    /// The leaf with the lowest mean score of the tree on two features; `None` if the tree finds nothing to split.
    fn worst_leaf(&self, pair: [(usize, &Column); 2]) -> Option<Segment> {
        let is_present = |row: &u32| pair.iter().all(|(_, column)| column.is_present(*row));
        let rows: Vec<u32> = self.rows.iter().copied().filter(is_present).collect();
        let columns = pair.map(|(_, column)| column.values.as_slice());
        let orders: Vec<Vec<u32>> = columns.iter().map(|column| sorted_rows(column, &rows)).collect();
        let criterion = self.better_criterion(&columns, &rows, &orders);
        let tree = Tree::grow(&columns, &orders, self.scores, self.limits(criterion, rows.len()));
        if tree.is_stump() {
            return None;
        }
        let (score, leaf) = self.lowest(&tree, &columns, &rows)?;
        let ranges = tree.ranges(leaf, 2);
        let is_told = |range: &(f64, f64)| range.0.is_finite() || range.1.is_finite();
        let told = pair.iter().zip(&ranges).filter(|(_, range)| is_told(range));
        let ranges = told.map(|((feature, column), range)| (*feature, column.range(*range))).collect();
        let mut is_searched = vec![false; self.scores.len()];
        self.rows.iter().for_each(|&row| is_searched[place(row)] = true);
        let all = 0..u32::try_from(self.scores.len()).unwrap_or(u32::MAX);
        let within = all.filter(|row| is_present(row) && tree.leaf(&columns, place(*row)) == leaf).map(place);
        let (rows, unsearched) = within.partition(|&row| is_searched[row]);
        Some(Segment { score, ranges, rows, unsearched })
    }

    /// The criterion whose trees, each grown without a third of the rows, have the lower worst leaf on average.
    fn better_criterion(&self, columns: &[&[f32]], rows: &[u32], orders: &[Vec<u32>]) -> Criterion {
        let mut folds = vec![FOLDS; self.scores.len()];
        for (&row, fold) in rows.iter().zip(plain_folds(rows.len(), FOLDS)) {
            folds[place(row)] = fold;
        }
        let sum_of_worst = |criterion: Criterion| -> f64 {
            let of_fold = |fold: usize| {
                let kept = |order: &Vec<u32>| order.iter().copied().filter(|&row| folds[place(row)] != fold).collect();
                let fitted: Vec<Vec<u32>> = orders.iter().map(kept).collect();
                let tree = Tree::grow(columns, &fitted, self.scores, self.limits(criterion, rows.len()));
                self.lowest(&tree, columns, rows).map_or(0.0, |(score, _)| score)
            };
            (0..FOLDS).map(of_fold).sum()
        };
        let (squared, absolute) = (sum_of_worst(Criterion::SquaredError), sum_of_worst(Criterion::AbsoluteError));
        if absolute < squared { Criterion::AbsoluteError } else { Criterion::SquaredError }
    }

    /// The lowest mean score of a leaf, over all rows of the pair, and the leaf.
    fn lowest(&self, tree: &Tree, columns: &[&[f32]], rows: &[u32]) -> Option<(f64, usize)> {
        let mut sums = vec![(0_usize, 0.0); tree.nodes.len()];
        for &row in rows {
            let (count, sum) = &mut sums[tree.leaf(columns, place(row))];
            *count += 1;
            *sum += self.judged[place(row)];
        }
        let means = sums.iter().enumerate().filter(|(_, (count, _))| *count > 0);
        means.map(|(leaf, (count, sum))| (sum / size(*count), leaf)).min_by(|one, other| one.0.total_cmp(&other.0))
    }
}

fn mean(scores: &[f64], rows: &[u32]) -> f64 {
    rows.iter().map(|&row| scores[place(row)]).sum::<f64>() / size(rows.len().max(1))
}

/// Segments in their order, without those of features that one before has, or of the same features as one before.
fn selected(found: Vec<Segment>, repeat_features: bool) -> Vec<Segment> {
    let mut selected: Vec<Segment> = Vec::new();
    for segment in found {
        let features = |segment: &Segment| segment.ranges.iter().map(|(feature, _)| *feature).collect::<Vec<_>>();
        let own = features(&segment);
        let is_taken = selected
            .iter()
            .map(features)
            .any(|held| held == own || (!repeat_features && held.iter().any(|feature| own.contains(feature))));
        if !is_taken {
            selected.push(segment);
        }
    }
    selected
}

fn place(row: u32) -> usize {
    usize::try_from(row).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::numpy_random::RandomState;
    use super::*;

    const ROWS: usize = 900;

    struct Planted {
        numbers: Vec<Vec<f64>>,
        names: Vec<String>,
        codes: Vec<Option<u32>>,
        /// Low where the first feature is above 70 and the row's category is `digits`.
        scores: Vec<f64>,
    }

    impl Planted {
        fn new(features: usize) -> Self {
            let mut random = RandomState::new(3);
            let mut numbers = || (0..ROWS).map(|_| random.fraction() * 100.0).collect::<Vec<f64>>();
            let numbers: Vec<Vec<f64>> = (0..features).map(|_| numbers()).collect();
            let names = ["plain", "digits", "url"].map(str::to_owned).to_vec();
            let code = |row: usize| u32::from(row.is_multiple_of(3)) * (1 + u32::from(row.is_multiple_of(90)));
            let codes: Vec<Option<u32>> = (0..ROWS).map(|row| (row % 29 > 0).then(|| code(row))).collect();
            let is_low = |row: usize| numbers[0][row] > 70.0 && codes[row] == Some(1);
            let scores = (0..ROWS).map(|row| if is_low(row) { 0.0 } else { 1.0 }).collect();
            Self { numbers, names, codes, scores }
        }

        fn found(&self, scores: &[f64], options: SegmentOptions) -> WeakSegments {
            let mut features = vec![Feature::Categories { names: &self.names, codes: &self.codes }];
            features.extend(self.numbers.iter().map(|numbers| Feature::Numbers(numbers)));
            weak_segments(&features, Scores::of(scores), &(0..ROWS).collect::<Vec<_>>(), options)
        }
    }

    #[test]
    fn a_planted_segment_is_found_with_its_ranges_and_rows() {
        let planted = Planted::new(3);
        let found = planted.found(&planted.scores, SegmentOptions::default());
        let worst = &found.segments[0];
        assert!(worst.score < 0.3, "{worst:?}");
        let [(0, Range::Categories(names)), (1, Range::Numbers(above, up_to))] = &worst.ranges[..] else {
            panic!("{:?}", worst.ranges)
        };
        assert!((*above - 70.0).abs() < 3.0 && up_to.is_infinite(), "{above}");
        assert!(names.contains(&"digits".to_owned()) && !names.contains(&"plain".to_owned()), "{names:?}");
        assert!(worst.rows.iter().filter(|&&row| planted.scores[row] < 0.5).count() * 10 > worst.rows.len() * 7);
        assert!(worst.unsearched.is_empty());
    }

    #[test]
    fn rows_that_were_not_searched_are_told_apart() {
        let planted = Planted::new(2);
        let features = [
            Feature::Categories { names: &planted.names, codes: &planted.codes },
            Feature::Numbers(&planted.numbers[0]),
        ];
        let searched: Vec<usize> = (0..ROWS).filter(|row| row % 5 < 3).collect();
        let scores = Scores::of(&planted.scores);
        let found = weak_segments(&features, scores, &searched, SegmentOptions::default());
        let worst = &found.segments[0];
        assert!(worst.rows.iter().all(|row| row % 5 < 3) && worst.unsearched.iter().all(|row| row % 5 > 2));
        assert!(worst.unsearched.iter().filter(|&&row| planted.scores[row] < 0.5).count() > 20);
    }

    #[test]
    fn trees_are_grown_by_one_score_and_their_leaves_judged_by_another() {
        let planted = Planted::new(2);
        let features: Vec<Feature> = planted.numbers.iter().map(|numbers| Feature::Numbers(numbers)).collect();
        let judged: Vec<f64> = planted.scores.iter().map(|score| 1.0 - score).collect();
        let scores = Scores { grown_by: &planted.scores, judged_by: &judged };
        let rows: Vec<usize> = (0..ROWS).collect();
        let found = weak_segments(&features, scores, &rows, SegmentOptions::default());
        let above_zero = judged.iter().sum::<f64>() / f64::from(u16::try_from(ROWS).unwrap());
        assert!((found.average - above_zero).abs() < 1e-12);
        assert!(
            found.segments[0].score < above_zero,
            "the best part by the other score: {:?}",
            found.segments[0].score
        );
    }

    #[test]
    fn equal_scores_have_no_segments() {
        let found = Planted::new(3).found(&[1.0; ROWS], SegmentOptions::default());
        assert_eq!(found.segments, []);
        assert!((found.average - 1.0).abs() < 1e-12);
    }

    #[test]
    fn the_features_that_matter_are_kept_where_there_are_many() {
        let planted = Planted::new(25);
        let found = planted.found(&planted.scores, SegmentOptions { most_features: 3, ..SegmentOptions::default() });
        let told: Vec<usize> = found.segments[0].ranges.iter().map(|(feature, _)| *feature).collect();
        assert_eq!(told, [0, 1]);
    }

    #[test]
    fn a_feature_is_in_one_segment_unless_it_may_repeat() {
        let planted = Planted::new(3);
        let count = |repeat_features| {
            let found = planted.found(&planted.scores, SegmentOptions { repeat_features, ..SegmentOptions::default() });
            found.segments.iter().flat_map(|segment| &segment.ranges).filter(|(feature, _)| *feature == 1).count()
        };
        assert_eq!(count(false), 1);
        assert!(count(true) > 1);
    }
}
