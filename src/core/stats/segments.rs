//! Parts of the data in which a score is low, told by ranges of one or two features.
//!
//! For: where labels are missing, where a model is weak, where drift concentrates. Not for: how sure one can be of a segment:
//! the worst of many looks bad by chance, too (callers test it on rows that were not searched). The one decision: the search
//! is deepchecks' (pairs of features, a small tree each, its worst leaf), but where there are many features it takes those
//! whose best single split explains most of the score, instead of ten at random: the same data, the same segments.

use super::numpy_random::sample_in_order;
use super::size::size;
use super::splits::plain_folds;
use super::target_encoding::ranks_by_target;
use super::tree::{Criterion, Limits, Node, Tree, sorted_rows};

/// Values of one feature, one a row.
#[derive(Debug, Clone)]
pub enum Feature {
    /// Numbers; NaN where missing.
    Numbers(Vec<f64>),
    /// Names by their number; `None` where missing.
    Categories {
        /// The names.
        names: Vec<String>,
        /// Which name each row has.
        codes: Vec<Option<u32>>,
    },
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
    /// Rows beyond which some are drawn.
    pub most_rows: usize,
    /// What every random choice begins with.
    pub seed: u32,
}

impl Default for SegmentOptions {
    fn default() -> Self {
        Self {
            min_share: 0.05,
            most_features: 12,
            repeat_features: false,
            rare_share: 0.05,
            most_rows: 10_000,
            seed: 42,
        }
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
}

/// The worst segments.
#[derive(Debug, Clone, PartialEq)]
pub struct WeakSegments {
    /// Mean score of all rows.
    pub average: f64,
    /// Rows that were searched.
    pub searched: usize,
    /// Segments, the lowest score first.
    pub segments: Vec<Segment>,
}

const MIN_ROWS: usize = 5;
const DEPTH: usize = 5;
const MIN_DECREASE: f64 = 0.003;
const FOLDS: usize = 3;

/// Searches the parts of the data in which `scores` are low.
pub fn weak_segments(features: &[Feature], scores: &[f64], options: SegmentOptions) -> WeakSegments {
    let rows = sample_in_order(scores.len(), options.most_rows, options.seed);
    let drawn: Vec<f64> = rows.iter().map(|&row| scores[row]).collect();
    let columns: Vec<Column> = features.iter().map(|feature| Column::of(feature, &rows, &drawn, options)).collect();
    let chosen = strongest(&columns, &drawn, options);
    let mut found = Vec::new();
    for (place, &first) in chosen.iter().enumerate() {
        for &second in &chosen[place + 1..] {
            found.extend(worst_leaf([(first, &columns[first]), (second, &columns[second])], &drawn, options));
        }
    }
    found.sort_by(|one: &Segment, other: &Segment| one.score.total_cmp(&other.score));
    let mut segments = selected(found, options.repeat_features);
    for segment in &mut segments {
        segment.rows.iter_mut().for_each(|row| *row = rows[*row]);
    }
    WeakSegments { average: drawn.iter().sum::<f64>() / size(drawn.len().max(1)), searched: rows.len(), segments }
}

/// A feature as a tree sees it.
struct Column {
    values: Vec<f32>,
    /// The names of each number, if it stands for categories.
    names: Option<Vec<Vec<String>>>,
}

impl Column {
    fn of(feature: &Feature, rows: &[usize], scores: &[f64], options: SegmentOptions) -> Self {
        match feature {
            Feature::Numbers(numbers) => {
                #[expect(clippy::cast_possible_truncation, reason = "trees see features as 32-bit floats")]
                let values = rows.iter().map(|&row| numbers[row] as f32).collect();
                Self { values, names: None }
            }
            Feature::Categories { names, codes } => {
                let codes: Vec<Option<u32>> = rows.iter().map(|&row| codes[row]).collect();
                Self::of_categories(names, &codes, scores, options.rare_share)
            }
        }
    }

    /// Missing ones are a category; rare ones are put together; numbers are ranks by the mean score.
    fn of_categories(names: &[String], codes: &[Option<u32>], scores: &[f64], rare_share: f64) -> Self {
        let missing = names.len();
        let places: Vec<usize> =
            codes.iter().map(|code| code.and_then(|code| usize::try_from(code).ok()).unwrap_or(missing)).collect();
        let mut counts = vec![0_usize; missing + 1];
        places.iter().for_each(|&at| counts[at] += 1);
        let is_rare = |at: usize| size(counts[at]) < rare_share * size(places.len());
        let merged: Vec<usize> = places.iter().map(|&at| if is_rare(at) { missing + 1 } else { at }).collect();
        let ranks = ranks_by_target(&merged, missing + 2, scores);
        let mut by_rank: Vec<Vec<String>> = vec![Vec::new(); missing + 2];
        let mut met = vec![false; missing + 2];
        merged.iter().for_each(|&at| met[at] = true);
        for at in (0..missing + 2).filter(|&at| met[at]) {
            let name =
                names.get(at).cloned().unwrap_or_else(|| if at == missing { "None" } else { "Other" }.to_owned());
            by_rank[ranks[at]].push(name);
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

/// The features that are paired, in their order: all of them, or those whose best single split explains most.
fn strongest(columns: &[Column], scores: &[f64], options: SegmentOptions) -> Vec<usize> {
    if columns.len() <= options.most_features {
        return (0..columns.len()).collect();
    }
    let mut gains: Vec<(f64, usize)> =
        columns.iter().enumerate().map(|(at, column)| (gain_of_one_split(column, scores, options), at)).collect();
    gains.sort_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(&other.1)));
    let mut chosen: Vec<usize> = gains.into_iter().take(options.most_features).map(|(_, at)| at).collect();
    chosen.sort_unstable();
    chosen
}

fn gain_of_one_split(column: &Column, scores: &[f64], options: SegmentOptions) -> f64 {
    let rows: Vec<u32> = numbered(scores.len()).filter(|&row| column.is_present(row)).collect();
    let limits = Limits {
        max_depth: 1,
        min_decrease: 0.0,
        ..limits(Criterion::SquaredError, scores.len(), rows.len(), options)
    };
    let orders = [sorted_rows(&column.values, &rows)];
    let tree = Tree::grow(&[&column.values], &orders, scores, limits);
    let mean = |rows: &[u32]| rows.iter().map(|&row| scores[place(row)]).sum::<f64>() / size(rows.len().max(1));
    let overall = mean(&rows);
    let leaves = tree.nodes.iter().filter_map(|node| match node {
        Node::Leaf { rows } => Some(size(rows.len()) * (mean(rows) - overall).powi(2)),
        Node::Split { .. } => None,
    });
    leaves.sum()
}

fn limits(criterion: Criterion, rows: usize, present: usize, options: SegmentOptions) -> Limits {
    Limits {
        max_depth: DEPTH,
        min_leaf_rows: MIN_ROWS,
        min_leaf_share: options.min_share * size(rows) / size(present.max(1)),
        min_decrease: MIN_DECREASE,
        criterion,
    }
}

/// The leaf with the lowest mean score of the tree on two features; `None` if the tree finds nothing to split.
fn worst_leaf(pair: [(usize, &Column); 2], scores: &[f64], options: SegmentOptions) -> Option<Segment> {
    let rows: Vec<u32> =
        numbered(scores.len()).filter(|&row| pair.iter().all(|(_, column)| column.is_present(row))).collect();
    let columns = pair.map(|(_, column)| column.values.as_slice());
    let orders: Vec<Vec<u32>> = columns.iter().map(|column| sorted_rows(column, &rows)).collect();
    let criterion = better_criterion(&columns, &rows, &orders, scores, options);
    let limits = limits(criterion, scores.len(), rows.len(), options);
    let tree = Tree::grow(&columns, &orders, scores, limits);
    if tree.is_stump() {
        return None;
    }
    let (score, leaf) = lowest(&tree, &columns, &rows, scores)?;
    let ranges = tree.ranges(leaf, 2);
    let is_told = |range: &(f64, f64)| range.0.is_finite() || range.1.is_finite();
    let told = pair.iter().zip(&ranges).filter(|(_, range)| is_told(range));
    let ranges = told.map(|((feature, column), range)| (*feature, column.range(*range))).collect();
    let within = rows.iter().filter(|&&row| tree.leaf(&columns, place(row)) == leaf);
    Some(Segment { score, ranges, rows: within.map(|&row| place(row)).collect() })
}

/// The criterion whose trees, each grown without a third of the rows, have the lower worst leaf on average.
fn better_criterion(
    columns: &[&[f32]],
    rows: &[u32],
    orders: &[Vec<u32>],
    scores: &[f64],
    options: SegmentOptions,
) -> Criterion {
    let mut folds = vec![FOLDS; scores.len()];
    for (&row, fold) in rows.iter().zip(plain_folds(rows.len(), FOLDS)) {
        folds[place(row)] = fold;
    }
    let mean_of_worst = |criterion: Criterion| -> f64 {
        let of_fold = |fold: usize| {
            let fitted: Vec<Vec<u32>> = orders
                .iter()
                .map(|order| order.iter().copied().filter(|&row| folds[place(row)] != fold).collect())
                .collect();
            // The least share is that of all rows, also where a third of them is left out.
            let limits = limits(criterion, scores.len(), rows.len(), options);
            let tree = Tree::grow(columns, &fitted, scores, limits);
            lowest(&tree, columns, rows, scores).map_or(0.0, |(score, _)| score)
        };
        (0..FOLDS).map(of_fold).sum()
    };
    let (squared, absolute) = (mean_of_worst(Criterion::SquaredError), mean_of_worst(Criterion::AbsoluteError));
    if absolute < squared { Criterion::AbsoluteError } else { Criterion::SquaredError }
}

/// The lowest mean score of a leaf, over all rows of the pair, and the leaf.
fn lowest(tree: &Tree, columns: &[&[f32]], rows: &[u32], scores: &[f64]) -> Option<(f64, usize)> {
    let mut sums = vec![(0_usize, 0.0); tree.nodes.len()];
    for &row in rows {
        let (count, sum) = &mut sums[tree.leaf(columns, place(row))];
        *count += 1;
        *sum += scores[place(row)];
    }
    let means = sums.iter().enumerate().filter(|(_, (count, _))| *count > 0);
    means.map(|(leaf, (count, sum))| (sum / size(*count), leaf)).min_by(|one, other| one.0.total_cmp(&other.0))
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

fn numbered(rows: usize) -> impl Iterator<Item = u32> {
    0..u32::try_from(rows).unwrap_or(u32::MAX)
}

fn place(row: u32) -> usize {
    usize::try_from(row).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::numpy_random::RandomState;
    use super::*;

    const ROWS: usize = 900;

    fn features() -> Vec<Feature> {
        let mut random = RandomState::new(3);
        let mut numbers = || Feature::Numbers((0..ROWS).map(|_| random.fraction() * 100.0).collect());
        let names = ["plain", "digits", "url"].map(str::to_owned).to_vec();
        let codes = (0..ROWS)
            .map(|row| (row % 29 > 0).then(|| u32::from(row % 3 == 0) * (1 + u32::from(row % 90 == 0))))
            .collect();
        vec![numbers(), numbers(), Feature::Categories { names, codes }, numbers()]
    }

    /// Low where the first feature is above 70 and the row's category is `digits`.
    fn planted(features: &[Feature]) -> Vec<f64> {
        let [Feature::Numbers(numbers), _, Feature::Categories { codes, .. }, _] = features else { panic!("as made") };
        (0..ROWS).map(|row| if numbers[row] > 70.0 && codes[row] == Some(1) { 0.0 } else { 1.0 }).collect()
    }

    #[test]
    fn a_planted_segment_is_found_with_its_ranges_and_rows() {
        let features = features();
        let scores = planted(&features);
        let found = weak_segments(&features, &scores, SegmentOptions::default());
        let worst = &found.segments[0];
        assert!(worst.score < 0.3, "{worst:?}");
        let [(0, Range::Numbers(above, up_to)), (2, Range::Categories(names))] = &worst.ranges[..] else {
            panic!("{:?}", worst.ranges)
        };
        assert!((*above - 70.0).abs() < 3.0 && up_to.is_infinite(), "{above}");
        assert!(names.contains(&"digits".to_owned()) && !names.contains(&"plain".to_owned()), "{names:?}");
        assert!(worst.rows.iter().filter(|&&row| scores[row] < 0.5).count() * 10 > worst.rows.len() * 7);
    }

    #[test]
    fn equal_scores_have_no_segments() {
        let found = weak_segments(&features(), &[1.0; ROWS], SegmentOptions::default());
        assert_eq!(found.segments, []);
        assert!((found.average - 1.0).abs() < 1e-12);
    }

    #[test]
    fn the_features_that_matter_are_kept_where_there_are_many() {
        let mut features = features();
        let scores = planted(&features);
        let mut random = RandomState::new(9);
        features.extend((0..20).map(|_| Feature::Numbers((0..ROWS).map(|_| random.fraction()).collect())));
        let found = weak_segments(&features, &scores, SegmentOptions { most_features: 3, ..SegmentOptions::default() });
        let told: Vec<usize> = found.segments[0].ranges.iter().map(|(feature, _)| *feature).collect();
        assert_eq!(told, [0, 2]);
    }

    #[test]
    fn a_feature_is_in_one_segment_unless_it_may_repeat() {
        let features = features();
        let scores = planted(&features);
        let count = |repeat_features| {
            let options = SegmentOptions { repeat_features, ..SegmentOptions::default() };
            let found = weak_segments(&features, &scores, options);
            found.segments.iter().flat_map(|segment| &segment.ranges).filter(|(feature, _)| *feature == 0).count()
        };
        assert_eq!(count(false), 1);
        assert!(count(true) > 1);
    }
}
