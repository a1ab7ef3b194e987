//! How often each category is there.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// How often each category is there, and how many values are missing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// By category; none is 0.
    pub counts: BTreeMap<String, u64>,
    /// Values that are missing.
    pub missing: u64,
}

impl Counts {
    /// Of categories with their numbers.
    pub fn new(counts: impl IntoIterator<Item = (String, u64)>, missing: u64) -> Self {
        Self { counts: counts.into_iter().filter(|(_, number)| *number > 0).collect(), missing }
    }

    /// Values that are there.
    pub fn total(&self) -> u64 {
        self.counts.values().sum()
    }

    /// How often a category is there.
    pub fn of(&self, category: &str) -> u64 {
        self.counts.get(category).copied().unwrap_or_default()
    }
}
