//! Comparing vectors with all that may be looked at.
//!
//! The one decision: threads share the candidates, each keeps its own nearest, and those are put together: what is found
//! does not depend on how many threads there are.

use std::num::NonZeroUsize;
use std::ops::Range;
use std::thread;

use super::nearest::Nearest;
use super::places::Places;
use super::{Neighbour, Selection};
use crate::core::embeddings::dot_products;

/// Rows that are compared at once.
const RUN: usize = 128;
/// Numbers for which a further thread is worth its start.
const NUMBERS_A_THREAD: u64 = 2 << 20;
/// Threads of one search at most: memory is shared, and so is the machine.
const MOST_THREADS: usize = 8;

/// What is compared with what.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scan<'a> {
    /// Rows of the matrix.
    pub(super) numbers: &'a [f32],
    pub(super) dimension: usize,
    pub(super) places: &'a Places,
    pub(super) which: Selection<'a>,
    /// Vectors, one after another.
    pub(super) vectors: &'a [f32],
    pub(super) limit: usize,
}

impl Scan<'_> {
    /// The nearest of each vector.
    pub(super) fn run(&self) -> Vec<Vec<Neighbour>> {
        let candidates = self.places.candidates(self.which);
        let threads = self.threads(candidates);
        let share = candidates.div_ceil(threads).max(1);
        let parts: Vec<Range<u64>> =
            (0..threads).map(|part| (part * share).min(candidates)..((part + 1) * share).min(candidates)).collect();
        let mut all = self.nothing();
        let found: Vec<Vec<Nearest>> = thread::scope(|scope| {
            let (first, others) =
                parts.split_first().map_or((0..0, &[][..]), |(first, others)| (first.clone(), others));
            let others: Vec<_> = others.iter().map(|part| scope.spawn(|| self.part(part.clone()))).collect();
            let mine = self.part(first);
            // A thread that panicked hands its panic on.
            let theirs =
                others.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            [mine].into_iter().chain(theirs).collect()
        });
        for (nearest, part) in found.into_iter().flat_map(|part| part.into_iter().enumerate()) {
            if let Some(all) = all.get_mut(nearest) {
                all.show_all(part);
            }
        }
        all.into_iter().map(Nearest::into_sorted).collect()
    }

    fn threads(&self, candidates: u64) -> u64 {
        let work = candidates.saturating_mul(self.vectors.len() as u64);
        let most = thread::available_parallelism().map_or(1, NonZeroUsize::get).min(MOST_THREADS) as u64;
        (work / NUMBERS_A_THREAD).clamp(1, most)
    }

    fn nothing(&self) -> Vec<Nearest> {
        self.vectors.chunks_exact(self.dimension).map(|_| Nearest::new(self.limit)).collect()
    }

    /// The nearest among some candidates.
    fn part(&self, part: Range<u64>) -> Vec<Nearest> {
        let mut all = self.nothing();
        let mut products = Vec::new();
        let mut ids = Vec::with_capacity(RUN);
        let mut from = 0;
        for at in part {
            let Some((id, row)) = self.places.candidate(self.which, at) else { continue };
            if ids.len() == RUN || (!ids.is_empty() && row != from + ids.len() as u64) {
                self.compare(from, &ids, &mut products, &mut all);
                ids.clear();
            }
            if ids.is_empty() {
                from = row;
            }
            ids.push(id);
        }
        self.compare(from, &ids, &mut products, &mut all);
        all
    }

    /// Compares rows that lie side by side.
    fn compare(&self, from: u64, ids: &[u64], products: &mut Vec<f32>, all: &mut [Nearest]) {
        let start = usize::try_from(from).unwrap_or(usize::MAX).saturating_mul(self.dimension);
        let Some(rows) = self.numbers.get(start..).and_then(|rest| rest.get(..ids.len() * self.dimension)) else {
            return;
        };
        products.clear();
        products.resize(ids.len() * all.len(), 0.0);
        dot_products(rows, self.vectors, self.dimension, products);
        for (&id, scores) in ids.iter().zip(products.chunks_exact(all.len().max(1))) {
            for (nearest, &score) in all.iter_mut().zip(scores) {
                nearest.show(Neighbour { id, score });
            }
        }
    }
}
