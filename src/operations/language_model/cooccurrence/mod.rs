//! Which words stand near each other: counts, positive pointwise mutual information, neighbours.
//!
//! PPMI(w, c) = max(ln(n(w, c) · S / (n(w) · n(c)^α)) − ln k, 0), where n(w) and n(c) are sums of the row and the column, S
//! is the sum of n(c)^α over all columns, α the smoothing of context words and k the shift (Levy, Goldberg and Dagan 2015).
//! The one decision: everything is made of the pairs that are kept, so that whoever has the matrix can make it again.
//! Neighbours are compared with all words, exactly.

mod count;
mod export;
#[cfg(test)]
mod tests;

use tokio_util::sync::CancellationToken;

pub(super) use count::Cooccurrences;
pub(super) use export::{write_matrix, write_vocabulary};

use super::error::LanguageModelError;
use super::file::ModelFile;

const ROW_ENDS: &str = "row-ends";
const COLUMNS: &str = "columns";
const COUNTS: &str = "pair-counts";
const PPMI: &str = "ppmi";
const NORMS: &str = "norms";
/// How often it is looked whether somebody said stop: every so many rows.
const ROWS_A_LOOK: usize = 4096;

/// Makes PPMI of counts.
#[derive(Debug)]
struct Assessment {
    rows: Vec<f64>,
    /// Sums of columns, smoothed, divided by the sum over all.
    contexts: Vec<f64>,
    log_shift: f64,
}

impl Assessment {
    fn new(rows: Vec<f64>, columns: Vec<f64>, smoothing: f64, shift: f64) -> Self {
        let mut contexts = columns;
        contexts.iter_mut().filter(|sum| **sum > 0.0).for_each(|sum| *sum = sum.powf(smoothing));
        let total: f64 = contexts.iter().sum();
        for sum in &mut contexts {
            *sum /= total;
        }
        Self { rows, contexts, log_shift: shift.ln() }
    }

    /// Sum of all counts.
    fn total(&self) -> f64 {
        self.rows.iter().sum()
    }

    #[expect(clippy::cast_possible_truncation, reason = "more digits than the counts are worth")]
    fn ppmi(&self, row: u32, column: u32, count: f64) -> f32 {
        let expected = self.rows[row as usize] * self.contexts[column as usize];
        ((count / expected).ln() - self.log_shift).max(0.0) as f32
    }
}

/// The matrix of a model, as it lies in its file: row after row the cells that are not 0.
#[derive(Debug, Clone, Copy)]
pub(super) struct PairMatrix<'a> {
    row_ends: &'a [u64],
    columns: &'a [u32],
    counts: &'a [f64],
    ppmi: &'a [f32],
    norms: &'a [f64],
}

impl<'a> PairMatrix<'a> {
    /// That of a file.
    ///
    /// # Errors
    /// When the model has none.
    pub(super) fn of(file: &'a ModelFile) -> Result<Self, LanguageModelError> {
        file.info.cooccurrences.as_ref().ok_or(LanguageModelError::NoCooccurrences)?;
        Ok(Self {
            row_ends: file.section(ROW_ENDS),
            columns: file.section(COLUMNS),
            counts: file.section(COUNTS),
            ppmi: file.section(PPMI),
            norms: file.section(NORMS),
        })
    }

    /// The cells of a row: column, PPMI.
    fn row(&self, row: usize) -> impl Iterator<Item = (u32, f32)> + use<'a> {
        let end = |row: usize| self.row_ends.get(row).and_then(|end| usize::try_from(*end).ok());
        let begin = row.checked_sub(1).map_or(Some(0), end);
        let cells = begin.zip(end(row)).map_or(0..0, |(begin, end)| begin..end);
        let columns = self.columns.get(cells.clone()).unwrap_or_default();
        let values = self.ppmi.get(cells).unwrap_or_default();
        columns.iter().copied().zip(values.iter().copied())
    }

    /// The `k` words whose rows are most like that of a word, by the cosine of their PPMI: the most alike first, of equals
    /// those with smaller numbers. Words that have nothing in common with it are left out.
    ///
    /// # Errors
    /// When somebody said stop.
    pub(super) fn neighbours(
        &self,
        word: u32,
        k: usize,
        cancel: &CancellationToken,
    ) -> Result<Vec<(u32, f64)>, LanguageModelError> {
        let mut wanted = vec![0.0_f32; self.row_ends.len()];
        for (column, value) in self.row(word as usize) {
            if let Some(place) = wanted.get_mut(column as usize) {
                *place = value;
            }
        }
        let norm = |row: usize| self.norms.get(row).copied().unwrap_or_default();
        let mut found = Vec::new();
        for row in (0..self.row_ends.len()).filter(|row| *row != word as usize) {
            if row % ROWS_A_LOOK == 0 && cancel.is_cancelled() {
                return Err(LanguageModelError::Cancelled);
            }
            let product = |(column, value): (u32, f32)| {
                f64::from(value) * f64::from(wanted.get(column as usize).copied().unwrap_or_default())
            };
            let dot: f64 = self.row(row).map(product).sum();
            let cosine = dot / (norm(row) * norm(word as usize));
            if let Some(number) = u32::try_from(row).ok().filter(|_| cosine > 0.0) {
                found.push((number, cosine));
            }
        }
        found.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        found.truncate(k);
        Ok(found)
    }
}
