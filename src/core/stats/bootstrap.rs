//! How sure a score is that has no formula for it: the same score of samples drawn again from the counts.
//!
//! Where a test has an exact or limiting distribution, that one is used instead. Decided here: every count is replaced by a
//! Poisson draw of that mean (Poisson bootstrap), so that the work depends on the distinct values and not on the rows, and
//! distributions are thinned to [`Resampling::max_distinct`] values first. Seeded: the same counts give the same interval.

use std::f64::consts::TAU;

use fastrand::Rng;

use super::{ClassAnswers, Distribution, real};

/// How samples are drawn again.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Resampling {
    /// Samples drawn.
    pub replicates: u32,
    /// The share of intervals that are to hold the true score.
    pub level: f64,
    /// The seed.
    pub seed: u64,
    /// Distinct values of a distribution that are drawn.
    pub max_distinct: usize,
}

impl Default for Resampling {
    fn default() -> Self {
        Self { replicates: 200, level: 0.95, seed: 42, max_distinct: 256 }
    }
}

/// Counts from which a sample can be drawn.
pub trait Resample: Sized {
    /// The counts with at most so many values, where that can be done.
    #[must_use]
    fn bounded(&self, max_distinct: usize) -> Self;
    /// Counts drawn around `factor` times these.
    #[must_use]
    fn drawn(&self, factor: f64, random: &mut Rng) -> Self;
    /// The counts of both together.
    #[must_use]
    fn pooled(&self, other: &Self) -> Self;
    /// Rows counted.
    fn size(&self) -> u64;
}

/// Between which values the true score is, as far as two samples tell; none where a score could not be computed.
pub fn interval<T: Resample>(
    reference: &T,
    incoming: &T,
    how: &Resampling,
    score: impl Fn(&T, &T) -> Option<f64>,
) -> Option<[f64; 2]> {
    let observed = score(reference, incoming)?;
    let (reference, incoming) = (reference.bounded(how.max_distinct), incoming.bounded(how.max_distinct));
    let mut random = Rng::with_seed(how.seed);
    let mut scores = Vec::new();
    for _ in 0..how.replicates {
        scores.push(score(&reference.drawn(1.0, &mut random), &incoming.drawn(1.0, &mut random))?);
    }
    let scores = Distribution::from_values(scores);
    let tail = (1.0 - how.level) / 2.0;
    let (low, high) = (scores.quantile(tail)?, scores.quantile(1.0 - tail)?);
    Some([low.min(observed), high.max(observed)])
}

/// How probable a score at least as large is if both samples come from one population: that of the two together, from which as
/// many rows are drawn for either side. None where the score can't be computed.
pub fn null_p_value<T: Resample>(
    reference: &T,
    incoming: &T,
    how: &Resampling,
    score: impl Fn(&T, &T) -> Option<f64>,
) -> Option<f64> {
    let observed = score(reference, incoming)?;
    let (rows, others) = (real(reference.size()), real(incoming.size()));
    let pooled = reference.pooled(incoming).bounded(how.max_distinct);
    let mut random = Rng::with_seed(how.seed);
    let mut as_large = 0_u64;
    for _ in 0..how.replicates {
        let drawn = pooled.drawn(rows / (rows + others), &mut random);
        let drawn_other = pooled.drawn(others / (rows + others), &mut random);
        as_large += u64::from(score(&drawn, &drawn_other).is_none_or(|score| score >= observed));
    }
    Some((real(as_large) + 1.0) / (f64::from(how.replicates) + 1.0))
}

impl Resample for Distribution {
    fn bounded(&self, max_distinct: usize) -> Self {
        self.clone().thinned(max_distinct)
    }

    fn drawn(&self, factor: f64, random: &mut Rng) -> Self {
        let mut drawn = Self::default();
        for (value, rows) in self.iter() {
            drawn.push(value, poisson(real(rows) * factor, random));
        }
        drawn
    }

    fn pooled(&self, other: &Self) -> Self {
        self.merge(other)
    }

    fn size(&self) -> u64 {
        self.len()
    }
}

impl Resample for ClassAnswers {
    fn bounded(&self, _max_distinct: usize) -> Self {
        *self
    }

    fn drawn(&self, factor: f64, random: &mut Rng) -> Self {
        let mut draw = |rows: u64| poisson(real(rows) * factor, random);
        Self { hits: draw(self.hits), misses: draw(self.misses), false_alarms: draw(self.false_alarms) }
    }

    fn pooled(&self, other: &Self) -> Self {
        Self {
            hits: self.hits + other.hits,
            misses: self.misses + other.misses,
            false_alarms: self.false_alarms + other.false_alarms,
        }
    }

    fn size(&self) -> u64 {
        self.rows()
    }
}

/// The mean above which a Poisson variable is drawn as a rounded normal one.
const LARGE_MEAN: f64 = 30.0;

/// A Poisson variable: by multiplying uniform ones (Knuth) where the mean is small, else the normal approximation.
fn poisson(mean: f64, random: &mut Rng) -> u64 {
    if mean > LARGE_MEAN {
        let (radius, angle) = ((-2.0 * (1.0 - random.f64()).ln()).sqrt(), TAU * random.f64());
        return whole((mean + mean.sqrt() * radius * angle.cos()).round());
    }
    let limit = (-mean).exp();
    let mut product = random.f64();
    let mut draws = 0;
    while product > limit {
        product *= random.f64();
        draws += 1;
    }
    draws
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast saturates, and no count is near 2^64"
)]
fn whole(number: f64) -> u64 {
    number as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::stats::{earth_movers_distance, wasserstein_distance};

    fn normal(rows: u32, mean: f64, random: &mut Rng) -> Distribution {
        let draw = |random: &mut Rng| {
            let (radius, angle) = ((-2.0 * (1.0 - random.f64()).ln()).sqrt(), TAU * random.f64());
            mean + radius * angle.cos()
        };
        Distribution::from_values((0..rows).map(|_| draw(random)))
    }

    #[test]
    fn poisson_variables_have_their_mean_and_variance() {
        let mut random = Rng::with_seed(1);
        for mean in [0.3, 4.0, 29.0, 31.0, 500.0] {
            let drawn = Distribution::from_values((0..20_000).map(|_| real(poisson(mean, &mut random))));
            assert!((drawn.mean().unwrap() / mean - 1.0).abs() < 0.03);
            assert!((drawn.std_dev().unwrap().powi(2) / mean - 1.0).abs() < 0.05);
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_interval() {
        let mut random = Rng::with_seed(2);
        let (reference, incoming) = (normal(300, 0.0, &mut random), normal(200, 0.5, &mut random));
        let how = Resampling::default();
        let first = interval(&reference, &incoming, &how, wasserstein_distance).unwrap();
        assert_eq!(Some(first), interval(&reference, &incoming, &how, wasserstein_distance));
        assert!(first[0] < 0.5 && first[1] > 0.5, "{first:?}");
    }

    #[test]
    fn an_interval_holds_a_real_shift_as_often_as_it_says() {
        let how = Resampling { replicates: 120, ..Resampling::default() };
        let held = (0..100_u64)
            .filter(|seed| {
                let mut random = Rng::with_seed(*seed);
                let (reference, incoming) = (normal(400, 0.0, &mut random), normal(300, 1.0, &mut random));
                let found = interval(&reference, &incoming, &how, wasserstein_distance).unwrap();
                found[0] <= 1.0 && 1.0 <= found[1]
            })
            .count();
        // 95 are expected; 88 would be three standard deviations fewer.
        assert!(held >= 88, "{held} of 100");
    }

    #[test]
    fn false_alarms_are_no_more_frequent_than_the_level_says() {
        let how = Resampling { replicates: 100, ..Resampling::default() };
        let score =
            |reference: &Distribution, incoming: &Distribution| earth_movers_distance(reference, incoming, 0.025);
        let (mut alarms, mut found) = (0, 0);
        for seed in 0..200_u64 {
            let mut random = Rng::with_seed(seed);
            let (reference, incoming) = (normal(200, 0.0, &mut random), normal(150, 0.0, &mut random));
            alarms += u64::from(null_p_value(&reference, &incoming, &how, score).unwrap() <= 0.05);
            let shifted = normal(150, 0.6, &mut random);
            found += u64::from(null_p_value(&reference, &shifted, &how, score).unwrap() <= 0.05);
        }
        // 10 are expected; 20 would be three standard deviations more.
        assert!(alarms <= 19 && found >= 190, "{alarms} false alarms, {found} found of 200");
    }
}
