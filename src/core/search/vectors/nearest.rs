//! The best of many, in the space of the best.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use super::Neighbour;

/// Keeps the nearest of all that it is shown.
#[derive(Debug)]
pub(super) struct Nearest {
    limit: usize,
    /// The farthest on top.
    kept: BinaryHeap<Reverse<Ranked>>,
}

/// Ordered by nearness; of equally near ones the lower number is nearer.
#[derive(Debug, Clone, Copy)]
struct Ranked(Neighbour);

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.score.total_cmp(&other.0.score).then_with(|| other.0.id.cmp(&self.0.id))
    }
}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ranked {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Ranked {}

impl Nearest {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, kept: BinaryHeap::new() }
    }

    /// Shows one. Numbers that are none are passed over: they are not near anything.
    pub(super) fn show(&mut self, neighbour: Neighbour) {
        if self.kept.len() < self.limit {
            if !neighbour.score.is_nan() {
                self.kept.push(Reverse(Ranked(neighbour)));
            }
            return;
        }
        // Nearly always this comparison is all.
        let Some(mut farthest) = self.kept.peek_mut() else { return };
        if neighbour.score >= farthest.0.0.score && Ranked(neighbour) > farthest.0 {
            *farthest = Reverse(Ranked(neighbour));
        }
    }

    /// Shows all that another one has kept.
    pub(super) fn show_all(&mut self, other: Self) {
        for Reverse(Ranked(neighbour)) in other.kept {
            self.show(neighbour);
        }
    }

    /// Nearest first.
    pub(super) fn into_sorted(self) -> Vec<Neighbour> {
        self.kept.into_sorted_vec().into_iter().map(|Reverse(Ranked(neighbour))| neighbour).collect()
    }
}
