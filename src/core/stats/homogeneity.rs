//! Whether two samples can be of one mix of categories: the p-value beside Cramér's V, PSI and shares.
//!
//! How much they differ it does not say. Decided here: the test is done on the counts as they are, and it holds its level for
//! small ones. Categories are joined, the rarest first, until each is expected five times on either side; they are chosen by
//! their rows on both sides together, about which the test says nothing, so choosing costs no level. Where fewer than two are
//! left, Fisher's exact test of the most frequent against all others is done.

use std::collections::BTreeSet;

use super::{Counts, chi_square, fisher_exact, real};

/// Rows of a category that must be expected on the smaller side (Cochran 1954, doi:10.2307/3001616).
const LEAST_EXPECTED: f64 = 5.0;

/// The probability of mixes at least as different as these two if the side made no difference. Rows without a value are a
/// category unless left out. None where a side has no rows, 1 where all rows are of one category.
pub fn homogeneity(reference: &Counts, incoming: &Counts, ignore_na: bool) -> Option<f64> {
    let names: BTreeSet<&str> = reference.iter().chain(incoming.iter()).map(|(name, _)| name).collect();
    let mut table: Vec<[u64; 2]> = names.into_iter().map(|name| [reference.of(name), incoming.of(name)]).collect();
    if !ignore_na {
        table.push([reference.missing, incoming.missing]);
    }
    of_table(table)
}

/// The same for shares: `[hits, rows]` of either side.
pub fn proportions(reference: [u64; 2], incoming: [u64; 2]) -> Option<f64> {
    let misses = |[hits, rows]: [u64; 2]| rows.saturating_sub(hits);
    of_table(vec![[reference[0], incoming[0]], [misses(reference), misses(incoming)]])
}

fn of_table(mut table: Vec<[u64; 2]>) -> Option<f64> {
    table.retain(|[reference, incoming]| reference + incoming > 0);
    let totals = table.iter().fold([0, 0], |sum, row| [sum[0] + row[0], sum[1] + row[1]]);
    if totals.contains(&0) {
        return None;
    }
    if table.len() < 2 {
        return Some(1.0);
    }
    table.sort_by_key(|[reference, incoming]| reference + incoming);
    let joined = joined(&table, totals);
    if let Some(test) = chi_square(&joined) {
        return Some(test.p_value());
    }
    let [hits, other_hits] = table.last().copied()?;
    Some(fisher_exact([hits, totals[0]], [other_hits, totals[1]]))
}

/// The table (rarest category first) with categories joined until each is expected often enough.
fn joined(table: &[[u64; 2]], totals: [u64; 2]) -> Vec<[f64; 2]> {
    let smaller_share = super::share(totals[0].min(totals[1]), totals[0] + totals[1]);
    let mut joined: Vec<[f64; 2]> = Vec::with_capacity(table.len());
    let mut rest = [0_u64, 0];
    for row in table {
        rest = [rest[0] + row[0], rest[1] + row[1]];
        if real(rest[0] + rest[1]) * smaller_share >= LEAST_EXPECTED {
            joined.push(rest.map(real));
            rest = [0, 0];
        }
    }
    // What is left over is too little for itself, and there is a category to join only if any was frequent enough.
    if let Some(last) = joined.last_mut() {
        *last = [last[0] + real(rest[0]), last[1] + real(rest[1])];
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(rows: u32, shares: &[f64], random: &mut fastrand::Rng) -> Counts {
        let mut counts = Counts::default();
        for _ in 0..rows {
            let mut at = random.f64();
            let drawn = shares.iter().position(|share| {
                at -= share;
                at < 0.0
            });
            counts.add(Some(&drawn.unwrap_or(0).to_string()), 1);
        }
        counts
    }

    #[test]
    fn there_is_no_test_without_rows_and_no_doubt_with_one_category() {
        let one = Counts::from_values([Some("a"), Some("a")]);
        assert_eq!(homogeneity(&one, &Counts::default(), true), None);
        assert_eq!(homogeneity(&one, &one, true), Some(1.0));
    }

    #[test]
    fn large_counts_have_the_p_value_of_chi_square() {
        // scipy.stats.chi2_contingency([[30, 40, 30], [20, 40, 60]])
        let counts = |rows: [u64; 3]| {
            let mut counts = Counts::default();
            for (name, rows) in ["a", "b", "c"].into_iter().zip(rows) {
                counts.add(Some(name), rows);
            }
            counts
        };
        let p = homogeneity(&counts([30, 40, 30]), &counts([20, 40, 60]), true).unwrap();
        assert!((p - 0.005_896_871_438_725_11).abs() < 1e-9, "{p}");
    }

    #[test]
    fn small_counts_have_the_exact_p_value() {
        assert!((proportions([8, 10], [1, 6]).unwrap() - 0.034_965_034_965_034_975).abs() < 1e-12);
    }

    #[test]
    fn missing_values_are_a_category_unless_left_out() {
        let mut missing = Counts::default();
        missing.add(Some("a"), 50);
        let reference = missing.clone();
        missing.add(None, 50);
        assert_eq!(homogeneity(&reference, &missing, true), Some(1.0));
        assert!(homogeneity(&reference, &missing, false).unwrap() < 1e-6);
    }

    #[test]
    fn false_alarms_are_no_more_frequent_than_the_level_says() {
        let mut random = fastrand::Rng::with_seed(7);
        for (rows, others, shares) in [
            (30, 20, &[0.9, 0.05, 0.05][..]),
            (500, 60, &[0.5, 0.3, 0.15, 0.03, 0.01, 0.01]),
            (2000, 1500, &[0.97, 0.03]),
        ] {
            let mut alarms = 0;
            for _ in 0..400 {
                let (reference, incoming) = (drawn(rows, shares, &mut random), drawn(others, shares, &mut random));
                alarms += u32::from(homogeneity(&reference, &incoming, true).unwrap() <= 0.05);
            }
            // 20 are expected at most; 34 would be three standard deviations more.
            assert!(alarms <= 33, "{alarms} of 400 for {rows} and {others} rows");
        }
    }
}
