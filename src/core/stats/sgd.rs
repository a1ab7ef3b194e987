//! A linear classifier that learns row by row and keeps few weights.
//!
//! For: telling texts apart by few words. Not for: models that are kept. The one decision: scikit-learn's `SGDClassifier` to
//! the order of the rows (modified Huber loss, L1 penalty, "optimal" learning rate; BSD licence; the penalty is the cumulative
//! one of Tsuruoka, Tsujii and Ananiadou, 2009), because which of several like words gets the weight depends on that order.

use super::numpy_random::RandomState;
use super::size::size;
use super::tfidf::SparseRows;

/// Strength of the penalty.
const ALPHA: f64 = 1e-4;
const MOST_EPOCHS: usize = 50;
/// An epoch must lower the loss per row by this much; after so many that do not, learning ends.
const TOLERANCE: f64 = 1e-3;
const PATIENCE: usize = 5;
/// The intercept of sparse rows learns slower.
const INTERCEPT_DECAY: f64 = 0.01;
/// Where the learning rate begins: that of a first guess 10 away with this penalty.
const RATE_START: f64 = 1.0 / (10.0 * ALPHA);
const MOST_SLOPE: f64 = 1e12;

/// A weight for each column, and one for none.
#[derive(Debug, Clone)]
pub(super) struct Linear {
    /// Weights of the columns; most are 0.
    pub weights: Vec<f64>,
    /// What every row gets.
    pub intercept: f64,
    /// Passes over the rows.
    pub epochs: usize,
}

impl Linear {
    /// Fits to rows; positive values speak for the rows of `is_positive`.
    pub(super) fn fit(rows: &SparseRows, is_positive: &[bool], columns: usize, seed: u32) -> Self {
        let mut learner = Learner {
            model: Self { weights: vec![0.0; columns], intercept: 0.0, epochs: 0 },
            paid: vec![0.0; columns],
            owed: 0.0,
            seen: 0.0,
        };
        let shuffle_seed = shuffle_seed(seed);
        let mut order: Vec<usize> = (0..rows.len()).collect();
        let (mut least_loss, mut idle) = (f64::INFINITY, 0);
        while learner.model.epochs < MOST_EPOCHS && idle < PATIENCE {
            shuffle(&mut order, shuffle_seed);
            let mut loss = 0.0;
            for &row in &order {
                loss += learner.learn(rows.row(row), if is_positive[row] { 1.0 } else { -1.0 });
            }
            learner.model.epochs += 1;
            idle = if loss > least_loss - TOLERANCE * size(rows.len()) { idle + 1 } else { 0 };
            least_loss = least_loss.min(loss);
        }
        learner.model
    }

    /// What the model says of a row.
    pub(super) fn decide(&self, (places, values): (&[u32], &[f64])) -> f64 {
        let product: f64 = places.iter().zip(values).map(|(&at, value)| self.weights[place(at)] * value).sum();
        product + self.intercept
    }
}

struct Learner {
    model: Linear,
    /// The penalty that each weight has had.
    paid: Vec<f64>,
    /// The penalty that every weight should have had by now.
    owed: f64,
    /// Rows learned from.
    seen: f64,
}

impl Learner {
    /// Learns from a row; its loss before.
    fn learn(&mut self, row: (&[u32], &[f64]), truth: f64) -> f64 {
        let margin = self.model.decide(row) * truth;
        let rate = 1.0 / (ALPHA * (RATE_START + self.seen));
        self.seen += 1.0;
        let (loss, slope) = match margin {
            margin if margin >= 1.0 => (0.0, 0.0),
            margin if margin >= -1.0 => ((1.0 - margin).powi(2), -2.0 * (1.0 - margin) * truth),
            margin => (-4.0 * margin, -4.0 * truth),
        };
        let step = -rate * slope.clamp(-MOST_SLOPE, MOST_SLOPE);
        let (places, values) = row;
        for (&at, value) in places.iter().zip(values) {
            self.model.weights[place(at)] += value * step;
        }
        self.model.intercept += step * INTERCEPT_DECAY;
        self.owed += rate * ALPHA;
        for &at in places {
            self.penalise(place(at));
        }
        loss
    }

    /// Takes off a weight what it still owes, but never past 0.
    fn penalise(&mut self, at: usize) {
        let before = self.model.weights[at];
        let weight = &mut self.model.weights[at];
        if before > 0.0 {
            *weight = (before - (self.owed + self.paid[at])).max(0.0);
        } else if before < 0.0 {
            *weight = (before + (self.owed - self.paid[at])).min(0.0);
        }
        self.paid[at] += *weight - before;
    }
}

/// The seed of the shuffles: the second number that the estimator draws.
fn shuffle_seed(seed: u32) -> u32 {
    let mut random = RandomState::new(seed);
    let highest = u32::MAX / 2 - 1;
    // The first one, 1 to 2^31 - 2, goes to the data set, which does not use it.
    random.up_to(highest - 1);
    random.up_to(highest)
}

/// The shuffle of scikit-learn's data sets: every epoch begins with the same seed and the order of the last.
fn shuffle(order: &mut [usize], seed: u32) {
    let mut state = if seed == 0 { 1 } else { seed };
    let count = order.len();
    for at in 0..count.saturating_sub(1) {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        let drawn = place(state % (u32::MAX / 2 + 1));
        order.swap(at, at + drawn % (count - at));
    }
}

fn place(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
