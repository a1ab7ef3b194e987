//! A sample of numbers as its distinct values and how often each occurs: what a profile keeps of a numeric property.
//!
//! Not for categories ([`super::Counts`]), and it keeps no row ids. Decided here: up to a cap of distinct values the counts are
//! exact, so statistics from a saved profile equal those from the rows. Above it values are grouped into runs of about equal
//! rank, each named by its middle value, and the distribution says by how much a rank may be off ([`Distribution::rank_error`]);
//! merging adds these errors up. A profile is therefore bounded, whatever the rows hold.

use serde::{Deserialize, Serialize};

use super::{count_of, real};

/// The distinct values a saved distribution keeps: ranks are then off by less than 1 in 65,000, and it is at most 1 MB.
pub const MAX_DISTINCT: usize = 65_536;

/// Distinct finite numbers in ascending order, each with the number of rows that have it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Stored")]
pub struct Distribution {
    values: Vec<f64>,
    counts: Vec<u64>,
    /// Rows by which the count of rows `<= x` may be off, at any `x`.
    misplaced_rows: u64,
}

/// A distribution as it is read, before it is known to be one.
#[derive(Deserialize)]
struct Stored {
    values: Vec<f64>,
    counts: Vec<u64>,
    misplaced_rows: u64,
}

impl TryFrom<Stored> for Distribution {
    type Error = &'static str;

    fn try_from(stored: Stored) -> Result<Self, Self::Error> {
        if stored.values.len() != stored.counts.len() {
            return Err("a distribution needs one count for every value");
        }
        if !stored.values.iter().all(|value| value.is_finite()) || !stored.values.is_sorted_by(|a, b| a < b) {
            return Err("the values of a distribution are finite and ascend");
        }
        if stored.counts.contains(&0)
            || stored.counts.iter().try_fold(0_u64, |sum, add| sum.checked_add(*add)).is_none()
        {
            return Err("the counts of a distribution are at least 1 and add up to less than 2^64");
        }
        Ok(Self { values: stored.values, counts: stored.counts, misplaced_rows: stored.misplaced_rows })
    }
}

/// One value of two distributions: how many rows of each side have it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Step {
    pub(super) value: f64,
    pub(super) reference: u64,
    pub(super) incoming: u64,
}

impl Distribution {
    /// Counts the distinct values, exactly. What is not finite is left out: the caller knows how many values it gave.
    pub fn from_values(values: impl IntoIterator<Item = f64>) -> Self {
        // Adding 0 turns -0 into 0, which is the same value.
        let mut sorted: Vec<f64> =
            values.into_iter().filter(|value| value.is_finite()).map(|value| value + 0.0).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let mut distribution = Self::default();
        for value in sorted {
            distribution.push(value, 1);
        }
        distribution
    }

    /// Appends rows of a value that is not below the last one.
    pub(super) fn push(&mut self, value: f64, rows: u64) {
        match (self.values.last(), self.counts.last_mut()) {
            (Some(last), Some(count)) if last.total_cmp(&value).is_eq() => *count += rows,
            _ if rows > 0 => {
                self.values.push(value);
                self.counts.push(rows);
            }
            _ => {}
        }
    }

    /// Rows counted.
    pub fn len(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Distinct values kept.
    pub fn distinct(&self) -> usize {
        self.values.len()
    }

    /// Whether no row was counted.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The values kept and the rows that have them, ascending.
    pub fn iter(&self) -> impl Iterator<Item = (f64, u64)> + '_ {
        self.values.iter().copied().zip(self.counts.iter().copied())
    }

    /// The smallest value; never lost to thinning.
    pub fn min(&self) -> Option<f64> {
        self.values.first().copied()
    }

    /// The largest value; never lost to thinning.
    pub fn max(&self) -> Option<f64> {
        self.values.last().copied()
    }

    /// The mean.
    pub fn mean(&self) -> Option<f64> {
        let total: f64 = self.iter().map(|(value, rows)| value * real(rows)).sum();
        (!self.is_empty()).then(|| total / real(self.len()))
    }

    /// The standard deviation of these rows (divided by n, not n − 1).
    pub fn std_dev(&self) -> Option<f64> {
        let mean = self.mean()?;
        let squares: f64 = self.iter().map(|(value, rows)| (value - mean).powi(2) * real(rows)).sum();
        Some((squares / real(self.len())).sqrt())
    }

    /// The value below which the share `q` (0 to 1) of the rows lies, between two rows interpolated linearly, as `NumPy` does
    /// by default.
    pub fn quantile(&self, q: f64) -> Option<f64> {
        let last_rank = self.len().checked_sub(1)?;
        let position = q.clamp(0.0, 1.0) * real(last_rank);
        let (low, high) = self.around(position.floor())?;
        let fraction = position - position.floor();
        // From the nearer end, as NumPy does: the other way round differs in the last digit.
        Some(if fraction < 0.5 { low + (high - low) * fraction } else { high - (high - low) * (1.0 - fraction) })
    }

    /// The value of the row at a (whole) rank, and that of the row after it.
    fn around(&self, rank: f64) -> Option<(f64, f64)> {
        let mut below = 0_u64;
        for (index, (value, rows)) in self.iter().enumerate() {
            below += rows;
            if rank < real(below) {
                let is_last_of_value = rank + 1.0 >= real(below);
                let next = if is_last_of_value { self.values.get(index + 1).copied() } else { None };
                return Some((value, next.unwrap_or(value)));
            }
        }
        None
    }

    /// The rows whose value is at least `low` and at most `high`.
    #[must_use]
    pub fn between(&self, low: f64, high: f64) -> Self {
        let from = self.values.partition_point(|value| *value < low);
        let to = self.values.partition_point(|value| *value <= high).max(from);
        Self {
            values: self.values[from..to].to_vec(),
            counts: self.counts[from..to].to_vec(),
            misplaced_rows: self.misplaced_rows,
        }
    }

    /// How far the share of rows `<= x` may be off at any `x`: 0 where every value was kept.
    ///
    /// A Kolmogorov-Smirnov statistic of two distributions is off by at most the sum of theirs.
    pub fn rank_error(&self) -> f64 {
        super::share(self.misplaced_rows, self.len())
    }

    /// The distribution of both samples together; ranks are off by no more rows than in the two added up.
    #[must_use]
    pub fn merge(&self, other: &Self) -> Self {
        let mut merged = Self { misplaced_rows: self.misplaced_rows + other.misplaced_rows, ..Self::default() };
        for step in steps(self, other) {
            merged.push(step.value, step.reference + step.incoming);
        }
        merged
    }

    /// At most `max_distinct` values (but never fewer than 8): neighbours are named by the middle row of their run, so that a
    /// rank is off by at most half a run. The smallest and the largest value stay, and so does one that fills a run alone.
    #[must_use]
    pub fn thinned(self, max_distinct: usize) -> Self {
        let max_distinct = max_distinct.max(8);
        if self.distinct() <= max_distinct {
            return self;
        }
        // Two neighbouring runs hold more than `run_rows` together, else they would be one: so runs are at most
        // 2 · rows / run_rows + 1, and the two ends come on top.
        let run_rows = (2 * self.len()).div_ceil(count_of(max_distinct - 3));
        let mut thinned = Self { misplaced_rows: self.misplaced_rows, ..Self::default() };
        let mut worst_run = 0;
        let mut from = 0;
        while from < self.distinct() {
            let to = self.run_end(from, run_rows);
            let (middle, rows, misplaced) = self.middle_of(from, to);
            thinned.push(middle, rows);
            worst_run = worst_run.max(misplaced);
            from = to;
        }
        thinned.misplaced_rows += worst_run;
        thinned
    }

    /// Where the run of values that begins at `from` ends: the first and the last value are runs of their own.
    fn run_end(&self, from: usize, run_rows: u64) -> usize {
        let last = self.distinct() - 1;
        if from == 0 || from == last {
            return from + 1;
        }
        let mut rows = 0_u64;
        let taken = self.counts[from..last].iter().take_while(|count| {
            rows += **count;
            rows <= run_rows
        });
        from + taken.count().max(1)
    }

    /// The middle value of a run, its rows, and by how many rows a rank inside it is off once the middle value stands for all.
    fn middle_of(&self, from: usize, to: usize) -> (f64, u64, u64) {
        let counts = &self.counts[from..to];
        let rows: u64 = counts.iter().sum();
        let mut before = 0;
        let mut middle = 0;
        while middle + 1 < counts.len() && 2 * (before + counts[middle]) <= rows {
            before += counts[middle];
            middle += 1;
        }
        let after = rows - before - counts[middle];
        (self.values[from + middle], rows, before.max(after))
    }
}

/// The values of two distributions together, ascending, with the rows of each side.
pub(super) fn steps<'a>(reference: &'a Distribution, incoming: &'a Distribution) -> impl Iterator<Item = Step> + 'a {
    let (mut of_reference, mut of_incoming) = (reference.iter().peekable(), incoming.iter().peekable());
    std::iter::from_fn(move || {
        let value = match (of_reference.peek(), of_incoming.peek()) {
            (Some((a, _)), Some((b, _))) => a.min(*b),
            (Some((value, _)), None) | (None, Some((value, _))) => *value,
            (None, None) => return None,
        };
        let reference = of_reference.next_if(|(next, _)| next.total_cmp(&value).is_eq()).map_or(0, |(_, rows)| rows);
        let incoming = of_incoming.next_if(|(next, _)| next.total_cmp(&value).is_eq()).map_or(0, |(_, rows)| rows);
        Some(Step { value, reference, incoming })
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::core::stats::ks_statistic;

    #[test]
    fn what_is_not_finite_is_left_out_and_minus_zero_is_zero() {
        let distribution = Distribution::from_values([2.0, f64::NAN, -0.0, 0.0, f64::INFINITY, 2.0]);
        assert_eq!(distribution.iter().collect::<Vec<_>>(), [(0.0, 2), (2.0, 2)]);
        assert_eq!(distribution.len(), 4);
    }

    #[test]
    fn quantiles_are_those_of_numpy() {
        let distribution = Distribution::from_values([1.0, 2.0, 4.0, 8.0, 16.0]);
        for (q, expected) in [(0.0, 1.0), (0.25, 2.0), (0.3, 2.4), (0.9, 12.8), (1.0, 16.0)] {
            let quantile = distribution.quantile(q).unwrap();
            assert!((quantile - expected).abs() < 1e-12, "q {q}: {quantile}");
        }
        assert_eq!(Distribution::default().quantile(0.5), None);
    }

    #[test]
    fn moments_are_those_of_the_rows() {
        let distribution = Distribution::from_values([1.0, 1.0, 4.0]);
        assert_eq!(distribution.mean(), Some(2.0));
        assert!((distribution.std_dev().unwrap() - 2.0_f64.sqrt()).abs() < 1e-12);
    }

    #[test]
    fn a_heavy_value_stays_when_its_neighbours_are_thinned() {
        let ascending = (0..1000_u32).map(f64::from);
        let distribution = Distribution::from_values(ascending.chain(std::iter::repeat_n(500.0, 1000))).thinned(40);
        assert!(distribution.distinct() <= 40);
        assert!(distribution.iter().any(|(value, rows)| (value - 500.0).abs() < 1e-9 && rows >= 1001));
        assert_eq!((distribution.min(), distribution.max()), (Some(0.0), Some(999.0)));
    }

    #[test]
    fn what_is_no_distribution_is_not_read_as_one() {
        for stored in [
            r#"{"values":[1.0],"counts":[],"misplaced_rows":0}"#,
            r#"{"values":[2.0,1.0],"counts":[1,1],"misplaced_rows":0}"#,
            r#"{"values":[1.0],"counts":[0],"misplaced_rows":0}"#,
        ] {
            assert!(serde_json::from_str::<Distribution>(stored).is_err(), "{stored}");
        }
    }

    proptest! {
        #[test]
        fn a_distribution_merged_from_parts_is_that_of_the_whole(
            first in proptest::collection::vec(-5_i32..5, 0..60), second in proptest::collection::vec(-5_i32..5, 0..60),
        ) {
            let of = |rows: &[i32]| Distribution::from_values(rows.iter().copied().map(f64::from));
            let whole = of(&[first.clone(), second.clone()].concat());
            prop_assert_eq!(of(&first).merge(&of(&second)), whole);
        }

        #[test]
        fn a_thinned_distribution_is_within_the_error_it_states(
            first in proptest::collection::vec(-90_i32..90, 1..300), second in proptest::collection::vec(-90_i32..90, 1..300),
            max_distinct in 8_usize..40,
        ) {
            let of = |rows: &[i32]| Distribution::from_values(rows.iter().copied().map(f64::from));
            let whole = of(&[first.clone(), second.clone()].concat());
            let merged = of(&first).thinned(max_distinct).merge(&of(&second).thinned(max_distinct)).thinned(max_distinct);
            prop_assert!(merged.distinct() <= max_distinct);
            prop_assert_eq!(merged.len(), whole.len());
            let off = ks_statistic(&whole, &merged).unwrap();
            prop_assert!(off <= merged.rank_error() + 1e-12, "off by {} where {} is stated", off, merged.rank_error());
            // Against a third sample, the statistic is off by no more than that either.
            let third = of(&[0, 10, 20]);
            let difference = ks_statistic(&whole, &third).unwrap() - ks_statistic(&merged, &third).unwrap();
            prop_assert!(difference.abs() <= merged.rank_error() + 1e-12);
        }

        #[test]
        fn one_thinning_misplaces_no_row_by_more_than_half_a_run(rows in proptest::collection::vec(-1e3_f64..1e3, 50..400)) {
            let whole = Distribution::from_values(rows);
            let bound = 1.0 / (20.0 - 3.0) + 1.0 / real(whole.len());
            prop_assert!(whole.thinned(20).rank_error() <= bound);
        }

        #[test]
        fn a_stored_distribution_comes_back_as_it_was(rows in proptest::collection::vec(-90_i32..90, 0..80)) {
            let distribution = Distribution::from_values(rows.into_iter().map(f64::from)).thinned(12);
            let stored = serde_json::to_string(&distribution).unwrap();
            prop_assert_eq!(serde_json::from_str::<Distribution>(&stored).unwrap(), distribution);
        }
    }
}
