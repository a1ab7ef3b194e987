//! Regression trees (CART): splits of rows by thresholds of features.
//!
//! For: gradient boosting and the search of weak segments. Not for: trees of one feature grown to the end, which need no tree
//! (`pps`). The one decision: split points, stopping rules and their order are those of scikit-learn's depth-first builder
//! (BSD licence), features as 32-bit floats included, except for the lot between features that split equally well: there the
//! first feature wins, so that no seed is needed.
//!
//! Missing values are not handled: a caller leaves rows with a missing feature out of the orders.

use super::size::{size, whole};

/// Values closer than this count as equal: no split between them.
const GAP: f32 = 1e-7;

/// What a split is to make small.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Criterion {
    /// The squared distance to the mean. Friedman's improvement orders splits of one node the same way.
    SquaredError,
    /// The absolute distance to the median.
    AbsoluteError,
}

/// How far a tree grows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Splits between the root and any leaf.
    pub max_depth: usize,
    /// Rows a leaf has at the least.
    pub min_leaf_rows: usize,
    /// Share (0..0.5) of the fitted rows a leaf has at the least.
    pub min_leaf_share: f64,
    /// What a split must take off the impurity, as a share of all fitted rows' mean impurity (`min_impurity_decrease`).
    pub min_decrease: f64,
    /// What a split is to make small.
    pub criterion: Criterion,
}

/// The features of the rows a tree is fitted on: one slice a feature, one value a row.
pub(super) type Columns<'a> = [&'a [f32]];

/// A node of a tree.
#[derive(Debug, Clone)]
pub(super) enum Node {
    /// Rows whose `feature` is at most `threshold` go to node `low`, the others to node `high`.
    Split {
        /// Place of the feature among the columns.
        feature: usize,
        /// Where it splits.
        threshold: f64,
        /// Node of the lower side.
        low: usize,
        /// Node of the higher side.
        high: usize,
    },
    /// An end, and the rows it was fitted on.
    Leaf {
        /// The fitted rows.
        rows: Vec<u32>,
    },
}

/// A fitted tree: its first node is the root.
#[derive(Debug, Clone)]
pub(super) struct Tree {
    /// The nodes; a split's nodes come after it.
    pub nodes: Vec<Node>,
}

impl Tree {
    /// Grows a tree on the rows in `orders`: for each feature the rows sorted by it ([`sorted_rows`]). `target` has a value for
    /// every row of the columns.
    pub(super) fn grow(columns: &Columns, orders: &[Vec<u32>], target: &[f64], limits: Limits) -> Self {
        let fitted = orders.first().map_or(0, Vec::len);
        let mut growth = Growth { columns, target, limits, fitted, nodes: Vec::new(), ranks: Ranks::default() };
        if limits.criterion == Criterion::AbsoluteError {
            growth.ranks = Ranks::of(target);
        }
        growth.grow(orders, 0);
        Self { nodes: growth.nodes }
    }

    /// The leaf a row falls into: its node's number.
    pub(super) fn leaf(&self, columns: &Columns, row: usize) -> usize {
        let mut at = 0;
        while let Node::Split { feature, threshold, low, high } = &self.nodes[at] {
            at = if f64::from(columns[*feature][row]) <= *threshold { *low } else { *high };
        }
        at
    }

    /// Whether it has no split.
    pub(super) fn is_stump(&self) -> bool {
        self.nodes.len() < 2
    }

    /// The range of each feature that leads to a node: above the first number, up to and with the second.
    pub(super) fn ranges(&self, node: usize, features: usize) -> Vec<(f64, f64)> {
        let mut ranges = vec![(f64::NEG_INFINITY, f64::INFINITY); features];
        let mut child = node;
        // A split stands before its nodes: walking back from the node meets each of its splits once.
        for at in (0..node).rev() {
            let Node::Split { feature, threshold, low, high } = &self.nodes[at] else { continue };
            let range = &mut ranges[*feature];
            if *low == child {
                range.1 = range.1.min(*threshold);
            } else if *high == child {
                range.0 = range.0.max(*threshold);
            } else {
                continue;
            }
            child = at;
        }
        ranges
    }
}

/// Rows sorted by a feature; equal values in the order of the rows.
pub(super) fn sorted_rows(column: &[f32], rows: &[u32]) -> Vec<u32> {
    let mut order = rows.to_vec();
    order.sort_by(|&one, &other| at(column, one).total_cmp(&at(column, other)));
    order
}

fn at<T: Copy>(values: &[T], row: u32) -> T {
    values[usize::try_from(row).unwrap_or(usize::MAX)]
}

struct Growth<'a> {
    columns: &'a Columns<'a>,
    target: &'a [f64],
    limits: Limits,
    fitted: usize,
    nodes: Vec<Node>,
    ranks: Ranks,
}

/// The best split found so far: the higher its score, the less impurity it leaves.
#[derive(Debug, Clone, Copy)]
struct Best {
    feature: usize,
    threshold: f64,
    score: f64,
}

impl Growth<'_> {
    fn grow(&mut self, orders: &[Vec<u32>], depth: usize) -> usize {
        let rows = orders.first().map_or(&[][..], Vec::as_slice);
        let node = self.nodes.len();
        let Some(best) = self.split_of(orders, rows, depth) else {
            self.nodes.push(Node::Leaf { rows: rows.to_vec() });
            return node;
        };
        self.nodes.push(Node::Leaf { rows: Vec::new() });
        let column = self.columns[best.feature];
        let is_low = |row: &u32| f64::from(at(column, *row)) <= best.threshold;
        // A node at the greatest depth is a leaf: it needs its rows, not their orders.
        let needed = if depth + 1 == self.limits.max_depth { &orders[..1] } else { orders };
        let part = |keep_low: bool| -> Vec<Vec<u32>> {
            needed.iter().map(|order| order.iter().copied().filter(|row| is_low(row) == keep_low).collect()).collect()
        };
        let (lower, higher) = (part(true), part(false));
        let low = self.grow(&lower, depth + 1);
        let high = self.grow(&higher, depth + 1);
        self.nodes[node] = Node::Split { feature: best.feature, threshold: best.threshold, low, high };
        node
    }

    /// The best split of a node, unless it is to stay a leaf.
    fn split_of(&self, orders: &[Vec<u32>], rows: &[u32], depth: usize) -> Option<Best> {
        let least = self.least_rows();
        if depth >= self.limits.max_depth || rows.len() < 2 || rows.len() < 2 * least {
            return None;
        }
        let (impurity, unsplit) = self.impurity(rows);
        if impurity / size(rows.len()) <= f64::EPSILON {
            return None;
        }
        let total = rows.iter().map(|&row| at(self.target, row)).sum();
        let mut best: Option<Best> = None;
        for (feature, order) in orders.iter().enumerate() {
            let found = match self.limits.criterion {
                Criterion::SquaredError => self.scan_squares(feature, order, least, total),
                Criterion::AbsoluteError => self.scan_distances(feature, order, least),
            };
            if let Some(found) = found
                && best.is_none_or(|held| found.score > held.score)
            {
                best = Some(found);
            }
        }
        best.filter(|best| (best.score - unsplit) / size(self.fitted) + f64::EPSILON >= self.limits.min_decrease)
    }

    fn least_rows(&self) -> usize {
        let share = whole((self.limits.min_leaf_share * size(self.fitted)).ceil());
        self.limits.min_leaf_rows.max(share).max(1)
    }

    /// The impurity of a node, summed over its rows, and the score of not splitting it.
    fn impurity(&self, rows: &[u32]) -> (f64, f64) {
        match self.limits.criterion {
            Criterion::SquaredError => {
                let (mut sum, mut squares) = (0.0, 0.0);
                for &row in rows {
                    let value = at(self.target, row);
                    sum += value;
                    squares += value * value;
                }
                let kept = sum * sum / size(rows.len());
                (squares - kept, kept)
            }
            Criterion::AbsoluteError => {
                let mut running = Running::over(&self.ranks);
                for &row in rows {
                    running.add(at(&self.ranks.of_row, row));
                }
                let distance = running.distance();
                (distance, -distance)
            }
        }
    }

    fn scan_squares(&self, feature: usize, order: &[u32], least: usize, total: f64) -> Option<Best> {
        let column = self.columns[feature];
        let (mut sum, mut best) = (0.0, None::<(f64, usize)>);
        let count = order.len();
        let mut before = f32::NEG_INFINITY;
        for (place, &row) in order.iter().enumerate() {
            let value = at(column, row);
            if place >= least && count - place >= least && value > before + GAP {
                let rest = total - sum;
                let score = sum * sum / size(place) + rest * rest / size(count - place);
                if best.is_none_or(|(held, _)| score > held) {
                    best = Some((score, place));
                }
            }
            before = value;
            sum += at(self.target, row);
        }
        best.map(|(score, place)| Best { feature, threshold: threshold(column, order, place), score })
    }

    fn scan_distances(&self, feature: usize, order: &[u32], least: usize) -> Option<Best> {
        let column = self.columns[feature];
        let count = order.len();
        let mut above = vec![0.0; count];
        let mut running = Running::over(&self.ranks);
        for (place, &row) in order.iter().enumerate().rev() {
            running.add(at(&self.ranks.of_row, row));
            above[place] = running.distance();
        }
        let mut best = None::<(f64, usize)>;
        running.clear();
        for place in 1..count {
            running.add(at(&self.ranks.of_row, order[place - 1]));
            let parted = at(column, order[place]) > at(column, order[place - 1]) + GAP;
            if parted && place >= least && count - place >= least {
                let score = -(running.distance() + above[place]);
                if best.is_none_or(|(held, _)| score > held) {
                    best = Some((score, place));
                }
            }
        }
        best.map(|(score, place)| Best { feature, threshold: threshold(column, order, place), score })
    }
}

/// Half-way between the row at `place` and the one before it.
fn threshold(column: &[f32], order: &[u32], place: usize) -> f64 {
    let (below, above) = (f64::from(at(column, order[place - 1])), f64::from(at(column, order[place])));
    let half_way = below / 2.0 + above / 2.0;
    if half_way.is_infinite() || half_way >= above { below } else { half_way }
}

/// The distinct values of the target, and the place of every row's value among them.
#[derive(Debug, Default)]
struct Ranks {
    values: Vec<f64>,
    of_row: Vec<u32>,
}

impl Ranks {
    fn of(target: &[f64]) -> Self {
        let mut values = target.to_vec();
        values.sort_unstable_by(f64::total_cmp);
        values.dedup();
        let place = |value: &f64| values.partition_point(|held| held.total_cmp(value).is_lt());
        let of_row = target.iter().map(|value| u32::try_from(place(value)).unwrap_or(u32::MAX)).collect();
        Self { values, of_row }
    }
}

/// A multiset of values that knows the sum of distances to its median: two Fenwick trees over the ranks, of counts and sums.
struct Running<'a> {
    ranks: &'a Ranks,
    counts: Vec<usize>,
    sums: Vec<f64>,
    count: usize,
    sum: f64,
    /// The highest power of two that is not above the number of ranks.
    top: usize,
}

impl<'a> Running<'a> {
    fn over(ranks: &'a Ranks) -> Self {
        let size = ranks.values.len();
        let top = size.checked_ilog2().map_or(0, |power| 1 << power);
        Self { ranks, counts: vec![0; size + 1], sums: vec![0.0; size + 1], count: 0, sum: 0.0, top }
    }

    fn clear(&mut self) {
        self.counts.fill(0);
        self.sums.fill(0.0);
        (self.count, self.sum) = (0, 0.0);
    }

    fn add(&mut self, rank: u32) {
        let value = at(&self.ranks.values, rank);
        self.count += 1;
        self.sum += value;
        let mut place = usize::try_from(rank).unwrap_or(usize::MAX) + 1;
        while place < self.counts.len() {
            self.counts[place] += 1;
            self.sums[place] += value;
            place += place & place.wrapping_neg();
        }
    }

    /// The sum of the distances to the median.
    fn distance(&self) -> f64 {
        let half = self.count / 2;
        let (mut place, mut below, mut below_sum) = (0, 0, 0.0);
        let mut step = self.top;
        while step > 0 {
            let next = place + step;
            if next < self.counts.len() && below + self.counts[next] <= half {
                (place, below, below_sum) = (next, below + self.counts[next], below_sum + self.sums[next]);
            }
            step /= 2;
        }
        let Some(median) = self.ranks.values.get(place) else { return 0.0 };
        let above = self.count - below;
        (self.sum - below_sum - median * size(above)) + (median * size(below) - below_sum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(criterion: Criterion) -> Limits {
        Limits { max_depth: 5, min_leaf_rows: 2, min_leaf_share: 0.0, min_decrease: 0.003, criterion }
    }

    fn grown(columns: &Columns, target: &[f64], limits: Limits) -> Tree {
        let rows: Vec<u32> = (0..u32::try_from(target.len()).unwrap()).collect();
        let orders: Vec<Vec<u32>> = columns.iter().map(|column| sorted_rows(column, &rows)).collect();
        Tree::grow(columns, &orders, target, limits)
    }

    #[test]
    fn a_step_is_found_where_it_is_with_either_criterion() {
        let step: Vec<f32> = (0_u8..20).map(f32::from).collect();
        let noise: Vec<f32> = (0_u8..20).map(|row| f32::from(row * 7 % 20)).collect();
        let target: Vec<f64> = (0..20).map(|row| if row < 8 { 0.0 } else { 1.0 }).collect();
        for criterion in [Criterion::SquaredError, Criterion::AbsoluteError] {
            let tree = grown(&[&noise, &step], &target, limits(criterion));
            assert!(matches!(tree.nodes[0], Node::Split { feature: 1, threshold: 7.5, .. }), "{:?}", tree.nodes[0]);
            assert_eq!(tree.nodes.len(), 3, "pure nodes are not split");
        }
    }

    #[test]
    fn a_leaf_keeps_the_least_number_of_rows() {
        let column: Vec<f32> = (0_u8..20).map(f32::from).collect();
        let target: Vec<f64> = (0..20).map(|row| if row == 0 { 1.0 } else { 0.0 }).collect();
        let tree = grown(&[&column], &target, Limits { min_leaf_share: 0.25, ..limits(Criterion::SquaredError) });
        for node in &tree.nodes {
            if let Node::Leaf { rows } = node {
                assert!(rows.len() >= 5);
            }
        }
        assert!(!tree.is_stump());
    }

    #[test]
    fn the_ranges_of_a_leaf_hold_the_rows_that_fall_into_it() {
        let columns: Vec<Vec<f32>> =
            (1_u16..3).map(|feature| (0_u16..100).map(|row| f32::from(row * feature * 3 % 101)).collect()).collect();
        let columns: Vec<&[f32]> = columns.iter().map(Vec::as_slice).collect();
        let target: Vec<f64> = (0..100).map(|row| f64::from(columns[0][row] * columns[1][row])).collect();
        let tree = grown(&columns, &target, limits(Criterion::SquaredError));
        for row in 0..100 {
            let ranges = tree.ranges(tree.leaf(&columns, row), 2);
            for (column, (low, high)) in columns.iter().zip(ranges) {
                assert!(f64::from(column[row]) > low && f64::from(column[row]) <= high);
            }
        }
    }

    #[test]
    fn the_distance_to_the_median_is_kept_up_to_date() {
        let target = [5.0, 1.0, 3.0, 3.0, 10.0, -2.0];
        let ranks = Ranks::of(&target);
        let mut running = Running::over(&ranks);
        let mut seen = Vec::new();
        for (row, value) in target.into_iter().enumerate() {
            running.add(ranks.of_row[row]);
            seen.push(value);
            seen.sort_by(f64::total_cmp);
            let median = seen[seen.len() / 2];
            let expected: f64 = seen.iter().map(|value| (value - median).abs()).sum();
            assert!((running.distance() - expected).abs() < 1e-12);
        }
    }
}
