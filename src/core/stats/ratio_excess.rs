//! Whether a ratio (hits of all, summed over rows) is larger on one side: e.g. the share of words that are new.
//!
//! What counts as a hit is not said here. Decided here: rows are the units, not what is in them: words of a text come
//! together, and a test that took them for independent would find something in every batch. The variance is that of a ratio
//! estimator (Cochran 1977, Sampling Techniques, section 2.11), pooled within both sides, and never smaller than that of
//! independent trials.

use libm::erfc;

use super::{real, share};

/// Two ratios and how probable it is that the second is as large by chance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RatioExcess {
    /// Of the reference.
    pub reference: f64,
    /// Of the incoming set.
    pub incoming: f64,
    /// How probable an excess as large is if there is none; none where there are fewer than three rows.
    pub p_value: Option<f64>,
}

/// Compares `[hits, all]` of each row on either side.
pub fn ratio_excess(reference: &[[u64; 2]], incoming: &[[u64; 2]]) -> RatioExcess {
    let (known, came) = (Side::of(reference), Side::of(incoming));
    RatioExcess { reference: known.ratio, incoming: came.ratio, p_value: p_value(&known, &came) }
}

struct Side {
    rows: u64,
    all: u64,
    hits: u64,
    ratio: f64,
    /// Sum of squares of what each row has more or less than the ratio says.
    squares: f64,
}

impl Side {
    fn of(rows: &[[u64; 2]]) -> Self {
        let (hits, all) = rows.iter().fold((0, 0), |sum, [hits, all]| (sum.0 + hits, sum.1 + all));
        let ratio = share(hits, all);
        let squares = rows.iter().map(|[hits, all]| (real(*hits) - ratio * real(*all)).powi(2)).sum();
        Self { rows: super::count_of(rows.len()), all, hits, ratio, squares }
    }
}

fn p_value(known: &Side, came: &Side) -> Option<f64> {
    let rows = known.rows + came.rows;
    if rows < 3 || known.all == 0 || came.all == 0 {
        return None;
    }
    let row_variance = (known.squares + came.squares) / real(rows - 2);
    let of_rows = |side: &Side| row_variance * real(side.rows) / real(side.all).powi(2);
    let pooled = share(known.hits + came.hits, known.all + came.all);
    let of_trials = pooled * (1.0 - pooled) * (1.0 / real(known.all) + 1.0 / real(came.all));
    let variance = (of_rows(known) + of_rows(came)).max(of_trials);
    let excess = came.ratio - known.ratio;
    if variance <= 0.0 {
        return Some(1.0);
    }
    Some(0.5 * erfc(excess / (2.0 * variance).sqrt()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(count: usize, probability: f64, random: &mut fastrand::Rng) -> Vec<[u64; 2]> {
        let row = |random: &mut fastrand::Rng| {
            let all = random.u64(5..30);
            // Hits come together: a row has them or has none.
            let hits = if random.f64() < probability * 4.0 { all / 4 } else { 0 };
            [hits, all]
        };
        (0..count).map(|_| row(random)).collect()
    }

    #[test]
    fn equal_ratios_are_seldom_taken_for_an_excess_and_a_large_one_always_is() {
        let (mut false_alarms, mut found) = (0, 0);
        for seed in 0..400 {
            let mut random = fastrand::Rng::with_seed(seed);
            let reference = rows(300, 0.05, &mut random);
            let level = |incoming: &[[u64; 2]]| ratio_excess(&reference, incoming).p_value.unwrap() <= 0.05;
            false_alarms += u32::from(level(&rows(100, 0.05, &mut random)));
            found += u32::from(level(&rows(100, 0.15, &mut random)));
        }
        assert!(false_alarms <= 32, "{false_alarms} of 400");
        assert!(found >= 380, "{found} of 400");
    }

    #[test]
    fn nothing_to_compare_has_no_p_value_and_no_hits_are_no_excess() {
        assert_eq!(ratio_excess(&[], &[[1, 2]]).p_value, None);
        assert_eq!(ratio_excess(&[[0, 9], [0, 3]], &[[0, 5]]).p_value, Some(1.0));
        assert!(ratio_excess(&[[0, 9], [0, 8]], &[[9, 9]]).p_value.unwrap() < 0.01);
    }
}
