//! How numbers are distributed: different values, and how often each is there.

use serde::{Deserialize, Serialize};

/// Different values, rising, and how often each is there.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Distribution {
    values: Vec<f64>,
    counts: Vec<u64>,
}

impl Distribution {
    /// Of numbers; what is not a number is left out.
    pub fn from_values(numbers: impl Iterator<Item = f64>) -> Self {
        let mut numbers: Vec<f64> = numbers.filter(|number| !number.is_nan()).collect();
        numbers.sort_by(f64::total_cmp);
        let mut distribution = Self::default();
        for run in numbers.chunk_by(|a, b| a.total_cmp(b).is_eq()) {
            distribution.values.push(run[0]);
            distribution.counts.push(run.len() as u64);
        }
        distribution
    }

    /// Numbers in all.
    pub fn len(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}
