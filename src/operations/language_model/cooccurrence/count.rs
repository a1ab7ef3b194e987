//! Counts which words stand near each other, and makes a matrix of it.
//!
//! The one decision: what a pair counts is a whole number of parts, so that sums do not depend on their order. 1, 1/2, 1/3 …
//! are whole parts of 1 divided by the least common multiple.

use std::io;
use std::path::Path;

use tokio_util::sync::CancellationToken;

use super::{Assessment, COLUMNS, COUNTS, NORMS, PPMI, ROW_ENDS};
use crate::operations::language_model::file::{Scratch, Sections};
use crate::operations::language_model::info::CooccurrenceInfo;
use crate::operations::language_model::ngram::look;
use crate::operations::language_model::options::{LanguageModelOptions, Weighting};
use crate::operations::language_model::tally::{Entry, Sums, Tally};
use crate::operations::language_model::token_log::TokenLog;
use crate::operations::language_model::words::UNKNOWN;

/// How often it is looked whether somebody said stop: every so many units.
const UNITS_A_LOOK: u64 = 4096;

/// What co-occurrences are counted of.
#[derive(Debug)]
pub(in crate::operations::language_model) struct Cooccurrences<'a> {
    /// The texts.
    pub(in crate::operations::language_model) log: &'a mut TokenLog,
    /// Numbers of words, by those in the log.
    pub(in crate::operations::language_model) numbers: &'a [u32],
    /// Words of the vocabulary.
    pub(in crate::operations::language_model) vocabulary: u32,
    /// How the model is built.
    pub(in crate::operations::language_model) options: &'a LanguageModelOptions,
    /// Takes scratch files.
    pub(in crate::operations::language_model) folder: &'a Path,
    /// Says stop.
    pub(in crate::operations::language_model) cancel: &'a CancellationToken,
}

impl Cooccurrences<'_> {
    /// Counts, writes the sections of the matrix, and says what is in it.
    ///
    /// # Errors
    /// When scratch files can't be used, or somebody said stop (`Interrupted`).
    pub(in crate::operations::language_model) fn run(
        &mut self,
        sections: &mut Sections,
    ) -> io::Result<CooccurrenceInfo> {
        let parts = parts(self.options);
        let mut sums = self.pairs(parts)?;
        look(self.cancel)?;
        let least = u64::from(self.options.min_pair_count) * parts;
        let margins = Margins::of(&mut sums, least, self.vocabulary)?;
        let mut matrix = Matrix::begin(self.folder)?;
        let assessment = margins.assessment(parts, self.options);
        let mut row = 0;
        for entry in sums.entries()? {
            let (pair, sum) = entry?;
            if sum < least {
                continue;
            }
            let (wanted, column) = apart(pair);
            while row < wanted {
                matrix.end_row()?;
                row += 1;
            }
            matrix.cell(column, whole(sum, parts), assessment.ppmi(wanted, column, whole(sum, parts)))?;
        }
        while row < self.vocabulary {
            matrix.end_row()?;
            row += 1;
        }
        let pairs = matrix.cells;
        matrix.finish(sections)?;
        Ok(CooccurrenceInfo { pairs, total: assessment.total(), pairs_left_out: sums.len - pairs })
    }

    /// Unknown words keep their place and are in no pair.
    fn pairs(&mut self, parts: u64) -> io::Result<Sums> {
        let mut tally = Tally::new(self.folder);
        let window = usize::from(self.options.window);
        let (weighting, is_one_sided) = (self.options.weighting, self.options.one_sided);
        let (mut units, cancel) = (0_u64, self.cancel);
        self.log.each_unit(self.numbers, |unit| {
            for (place, word) in unit.iter().enumerate().filter(|(_, word)| **word != UNKNOWN) {
                for (other, distance) in
                    unit[place + 1..].iter().zip(1..).take(window).filter(|(other, _)| **other != UNKNOWN)
                {
                    let weight = if weighting == Weighting::Harmonic { parts / distance } else { parts };
                    tally.add(pair(*word, *other), weight)?;
                    if !is_one_sided {
                        tally.add(pair(*other, *word), weight)?;
                    }
                }
            }
            units += 1;
            if units % UNITS_A_LOOK == 0 { look(cancel) } else { Ok(()) }
        })?;
        tally.finish()
    }
}

fn pair(row: u32, column: u32) -> u128 {
    u128::from(row) << u32::BITS | u128::from(column)
}

fn apart(pair: u128) -> (u32, u32) {
    let low = |bits: u128| u32::try_from(bits & u128::from(u32::MAX)).unwrap_or_default();
    (low(pair >> u32::BITS), low(pair))
}

/// Parts of 1 in which pairs are counted.
fn parts(options: &LanguageModelOptions) -> u64 {
    match options.weighting {
        Weighting::Flat => 1,
        Weighting::Harmonic => (1..=u64::from(options.window))
            .fold(1, |multiple, number| multiple / greatest_common_divisor(multiple, number) * number),
    }
}

fn greatest_common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

#[expect(clippy::cast_precision_loss, reason = "a count of fractions is no exact number anyway")]
fn whole(sum: u64, parts: u64) -> f64 {
    sum as f64 / parts as f64
}

/// Sums of rows and columns of what is kept.
struct Margins {
    rows: Vec<u64>,
    columns: Vec<u64>,
}

impl Margins {
    fn of(sums: &mut Sums, least: u64, vocabulary: u32) -> io::Result<Self> {
        let zeros = vec![0; vocabulary as usize];
        let mut margins = Self { rows: zeros.clone(), columns: zeros };
        for entry in sums.entries()? {
            let (pair, sum): Entry = entry?;
            if sum >= least {
                let (row, column) = apart(pair);
                margins.rows[row as usize] += sum;
                margins.columns[column as usize] += sum;
            }
        }
        Ok(margins)
    }

    fn assessment(&self, parts: u64, options: &LanguageModelOptions) -> Assessment {
        let of = |sums: &[u64]| sums.iter().map(|sum| whole(*sum, parts)).collect::<Vec<_>>();
        Assessment::new(of(&self.rows), of(&self.columns), options.context_smoothing, options.shift)
    }
}

/// The sections of the matrix in the making.
struct Matrix {
    row_ends: Scratch,
    columns: Scratch,
    counts: Scratch,
    ppmi: Scratch,
    norms: Scratch,
    cells: u64,
    /// Sum of squares of the row at hand.
    squares: f64,
}

impl Matrix {
    fn begin(folder: &Path) -> io::Result<Self> {
        let section = |name| Scratch::new(name, folder);
        Ok(Self {
            row_ends: section(ROW_ENDS)?,
            columns: section(COLUMNS)?,
            counts: section(COUNTS)?,
            ppmi: section(PPMI)?,
            norms: section(NORMS)?,
            cells: 0,
            squares: 0.0,
        })
    }

    fn cell(&mut self, column: u32, count: f64, ppmi: f32) -> io::Result<()> {
        self.columns.numbers(&[column])?;
        self.counts.double(count)?;
        self.ppmi.bytes(&ppmi.to_le_bytes())?;
        self.squares += f64::from(ppmi) * f64::from(ppmi);
        self.cells += 1;
        Ok(())
    }

    fn end_row(&mut self) -> io::Result<()> {
        self.row_ends.long(self.cells)?;
        self.norms.double(self.squares.sqrt())?;
        self.squares = 0.0;
        Ok(())
    }

    fn finish(self, sections: &mut Sections) -> io::Result<()> {
        [self.row_ends, self.columns, self.counts, self.ppmi, self.norms]
            .into_iter()
            .try_for_each(|section| sections.push(section))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_up_to_the_largest_window_are_whole_parts() {
        let with = |window, weighting| LanguageModelOptions { window, weighting, ..LanguageModelOptions::default() };
        assert_eq!(parts(&with(5, Weighting::Flat)), 1);
        assert_eq!(parts(&with(5, Weighting::Harmonic)), 60);
        let most = parts(&with(20, Weighting::Harmonic));
        assert!((1..=20).all(|distance| most.is_multiple_of(distance)) && most < 1 << 28);
        assert_eq!(apart(pair(7, u32::MAX - 1)), (7, u32::MAX - 1));
    }
}
