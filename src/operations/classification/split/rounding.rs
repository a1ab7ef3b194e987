//! Shares of rows as whole rows: of all of them, and of each stratum at once.
//!
//! The one decision: both are kept. Every split has its share of all rows by largest remainder, and of each stratum the share
//! rounded up or down. Strata are rounded by themselves first; then, as long as a split has too many rows, the stratum that
//! loses least by it gives a row to another split, by way of the third where that is cheaper: a flow of least cost. One that
//! keeps both always exists, for three splits as for two.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::shares::{Shares, Split};

/// Rows of each split.
pub(in super::super) type Counts = [u64; 3];

/// How far a product of a share and a count may be from a whole number that it is: what binary fractions are off by.
const SLACK: f64 = 1e-6;
/// Fractions of a row are compared in these steps, so that what is equal on paper is equal here.
const STEPS: f64 = 1e9;

/// A stratum's rows of each split, in the making.
#[derive(Debug, Clone, Copy)]
struct Rounded {
    rows: Counts,
    /// What rounding down leaves of each, in steps.
    rest: [i64; 3],
    /// Whether it was rounded up.
    is_up: [bool; 3],
}

/// Divides so many rows by largest remainder; of equal ones the first split has more.
pub(in super::super) fn divided(rows: u64, shares: &Shares) -> Counts {
    Rounded::of(rows, shares).rows
}

/// Divides each stratum, so that the sums are what [`divided`] says of all rows.
pub(super) fn divided_strata(strata: &[u64], shares: &Shares) -> Vec<Counts> {
    let mut rounded: Vec<Rounded> = strata.iter().map(|rows| Rounded::of(*rows, shares)).collect();
    let wanted = divided(strata.iter().sum(), shares);
    let mut more = [0_i64; 3];
    for split in 0..3 {
        let has: u64 = rounded.iter().map(|stratum| stratum.rows[split]).sum();
        more[split] = has.cast_signed() - wanted[split].cast_signed();
    }
    let mut moves = Moves::of(&rounded);
    while let Some(path) = moves.cheapest(&rounded, &more) {
        for (from, to) in path.legs() {
            moves.take(&mut rounded, from, to);
            more[from] -= 1;
            more[to] += 1;
        }
    }
    rounded.into_iter().map(|stratum| stratum.rows).collect()
}

impl Rounded {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "counts of rows are far below 2^53, shares are 0 to 1"
    )]
    fn of(rows: u64, shares: &Shares) -> Self {
        let mut rounded = Self { rows: [0; 3], rest: [0; 3], is_up: [false; 3] };
        for split in Split::ALL {
            let exact = shares.of(split) * rows as f64;
            let near = exact.round();
            let down = if (exact - near).abs() < SLACK { near } else { exact.floor() };
            rounded.rows[split as usize] = down as u64;
            rounded.rest[split as usize] = ((exact - down).max(0.0) * STEPS).round() as i64;
        }
        let mut left = rows - rounded.rows.iter().sum::<u64>().min(rows);
        let mut order = [0, 1, 2];
        order.sort_by_key(|split| Reverse(rounded.rest[*split]));
        for split in order.into_iter().filter(|split| rounded.rest[*split] > 0) {
            let one = left.min(1);
            rounded.rows[split] += one;
            rounded.is_up[split] = one == 1;
            left -= one;
        }
        rounded
    }

    /// What it costs to round up `to` instead of `from`; `None` if that can't be.
    fn cost(&self, from: usize, to: usize) -> Option<i64> {
        let can = self.is_up[from] && !self.is_up[to] && self.rest[to] > 0;
        can.then(|| self.rest[from] - self.rest[to])
    }
}

/// The strata that can give a row from one split to another, the cheapest first.
struct Moves([[Cheapest; 3]; 3]);

/// Costs and strata, the cheapest on top.
type Cheapest = BinaryHeap<Reverse<(i64, usize)>>;

/// From one split to another, perhaps by way of the third.
struct Path {
    from: usize,
    by: Option<usize>,
    to: usize,
}

impl Path {
    fn legs(&self) -> impl Iterator<Item = (usize, usize)> {
        let legs = match self.by {
            None => [Some((self.from, self.to)), None],
            Some(by) => [Some((self.from, by)), Some((by, self.to))],
        };
        legs.into_iter().flatten()
    }
}

impl Moves {
    fn of(strata: &[Rounded]) -> Self {
        let mut moves = Self(Default::default());
        (0..strata.len()).for_each(|stratum| moves.add(strata, stratum));
        moves
    }

    /// Everything that a stratum can do now.
    fn add(&mut self, strata: &[Rounded], stratum: usize) {
        for (from, to) in (0..9).map(|pair| (pair / 3, pair % 3)).filter(|(from, to)| from != to) {
            if let Some(cost) = strata[stratum].cost(from, to) {
                self.0[from][to].push(Reverse((cost, stratum)));
            }
        }
    }

    /// The cheapest stratum; what can't be done any more is forgotten.
    fn first(&mut self, strata: &[Rounded], from: usize, to: usize) -> Option<(i64, usize)> {
        let moves = &mut self.0[from][to];
        while let Some(Reverse((_, stratum))) = moves.peek() {
            if strata[*stratum].cost(from, to).is_some() {
                break;
            }
            moves.pop();
        }
        moves.peek().map(|Reverse(first)| *first)
    }

    /// The cheapest way from a split that has too many rows to one that has too few.
    fn cheapest(&mut self, strata: &[Rounded], more: &[i64; 3]) -> Option<Path> {
        let mut best: Option<(i64, Path)> = None;
        for (from, to) in (0..9).map(|pair| (pair / 3, pair % 3)).filter(|(from, to)| more[*from] > 0 && more[*to] < 0)
        {
            let direct = self.first(strata, from, to).map(|(cost, _)| cost);
            let by = 3 - from - to;
            let first = self.first(strata, from, by).map(|(cost, _)| cost);
            let around = first.zip(self.first(strata, by, to)).map(|(first, (second, _))| first + second);
            let ways = [(direct, None), (around, Some(by))];
            for (cost, by) in ways.into_iter().filter_map(|(cost, by)| Some((cost?, by))) {
                if best.as_ref().is_none_or(|(known, _)| cost < *known) {
                    best = Some((cost, Path { from, by, to }));
                }
            }
        }
        best.map(|(_, path)| path)
    }

    /// Gives a row of the cheapest stratum from one split to another.
    fn take(&mut self, strata: &mut [Rounded], from: usize, to: usize) {
        let Some((_, stratum)) = self.first(strata, from, to) else { return };
        let rounded = &mut strata[stratum];
        (rounded.is_up[from], rounded.is_up[to]) = (false, true);
        rounded.rows[from] -= 1;
        rounded.rows[to] += 1;
        self.add(strata, stratum);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shares() -> impl Strategy<Value = Shares> {
        (0_u32..=100, 0_u32..=100).prop_filter_map("they add up", |(train, test)| {
            let validation = 100_u32.checked_sub(train + test)?;
            format!("train={train},validation={validation},test={test}").parse().ok()
        })
    }

    proptest! {
        #[test]
        fn sums_and_strata_are_both_within_one_row_of_exact(
            strata in prop::collection::vec(0_u64..300, 0..40), shares in shares()
        ) {
            let divided = divided_strata(&strata, &shares);
            let all: u64 = strata.iter().sum();
            for (rows, counts) in strata.iter().zip(&divided) {
                prop_assert_eq!(counts.iter().sum::<u64>(), *rows);
                for split in Split::ALL {
                    let exact = shares.of(split) * f64::from(u32::try_from(*rows).unwrap());
                    let off = (f64::from(u32::try_from(counts[split as usize]).unwrap()) - exact).abs();
                    prop_assert!(off < 1.0, "{counts:?} of {rows}: {split:?} should have {exact}");
                }
            }
            for split in Split::ALL {
                let has: u64 = divided.iter().map(|counts| counts[split as usize]).sum();
                prop_assert_eq!(has, super::divided(all, &shares)[split as usize]);
            }
        }
    }

    #[test]
    fn the_largest_remainder_has_the_row_that_is_left() {
        let shares = "train=80,test=20".parse().unwrap();
        assert_eq!(divided(518, &shares), [414, 0, 104]);
        assert_eq!(divided(2, &shares), [2, 0, 0]);
        assert_eq!(divided_strata(&[387, 109, 22], &shares), [[309, 0, 78], [87, 0, 22], [18, 0, 4]]);
    }

    #[test]
    fn a_hundred_thousand_strata_of_one_row_are_divided() {
        let shares = "train=70,validation=10,test=20".parse().unwrap();
        let divided = divided_strata(&vec![1; 100_000], &shares);
        let has = |split: usize| divided.iter().map(|counts| counts[split]).sum::<u64>();
        assert_eq!([has(0), has(1), has(2)], [70_000, 10_000, 20_000]);
    }
}
