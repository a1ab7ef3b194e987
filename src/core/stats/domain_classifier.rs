//! Two sets of vectors, and how well a classifier tells them apart.
//!
//! For: drift of embeddings. Not for: what the difference is about (words and segments tell that). The one decision: sizes,
//! split and model are those of the field's tools, so that scores can be compared; main directions are fitted on more rows
//! than theirs (1,000), because their score moves by ±0.02 with the rows drawn.

use super::auc;
use super::boosting::{BoostingOptions, log_odds};
use super::numpy_random::sample_in_order;
use super::pca::Components;
use super::splits::stratified;
use super::vectors::Vectors;

/// Dimensions from which vectors are brought to their main directions first.
const MANY_DIMENSIONS: usize = 30;
/// Numbers that the main directions are fitted on at the most, and the bounds of the rows that follow from it.
const FITTED_NUMBERS: usize = 2_000_000;
/// Rows of each side that are told as typical.
const TYPICAL_ROWS: usize = 10;
const FITTED_ROWS: (usize, usize) = (1_000, 5_000);

/// Whether vectors are brought to fewer dimensions before they are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reduction {
    /// From 30 dimensions.
    Auto,
    /// Always.
    Principal,
    /// Never.
    Off,
}

/// What is fitted, and on how much.
#[derive(Debug, Clone, Copy)]
pub struct DomainOptions {
    /// Rows of a side beyond which some are drawn.
    pub rows_per_side: usize,
    /// Whether vectors are brought to fewer dimensions first.
    pub reduction: Reduction,
    /// Main directions that are kept.
    pub components: usize,
    /// Share (0..1) of the rows that are held out.
    pub test_share: f64,
    /// What every random choice begins with.
    pub seed: u32,
}

impl Default for DomainOptions {
    fn default() -> Self {
        Self { rows_per_side: 10_000, reduction: Reduction::Auto, components: 10, test_share: 0.3, seed: 42 }
    }
}

/// How well the sides are told apart.
#[derive(Debug, Clone, PartialEq)]
pub struct Domain {
    /// Area under the ROC curve on rows that were held out: 0.5 by chance, 1 without an error.
    pub auc: f64,
    /// `max(2 · auc − 1, 0)`.
    pub drift_score: f64,
    /// How probable so large an area is if there is no difference.
    pub p_value: f64,
    /// Rows of each side that were looked at.
    pub rows_per_side: usize,
    /// Rows of both sides that were held out.
    pub tested: usize,
    /// Held-out rows of the reference and of the incoming set that the classifier is surest of, the surest first, and the
    /// log-odds (above 0) of their side. Places in the side's vectors.
    pub typical: [Vec<(usize, f64)>; 2],
}

/// How well a classifier tells `reference` from `incoming`; `None` if there are too few rows, or dimensions differ.
pub fn domain_classifier(reference: Vectors, incoming: Vectors, options: DomainOptions) -> Option<Domain> {
    if reference.dimensions() != incoming.dimensions() {
        return None;
    }
    let each = options.rows_per_side.min(reference.len()).min(incoming.len());
    let places: Vec<usize> =
        [reference, incoming].iter().flat_map(|side| sample_in_order(side.len(), each, options.seed)).collect();
    let (first, second) = places.split_at(each);
    let rows: Vec<&[f32]> =
        first.iter().map(|&row| reference.row(row)).chain(second.iter().map(|&row| incoming.row(row))).collect();
    let classes: Vec<usize> = (0..2 * each).map(|row| usize::from(row >= each)).collect();
    let split = stratified(&classes, options.test_share, options.seed)?;
    let columns = match options.reduction {
        Reduction::Principal => reduced(&rows, options),
        Reduction::Auto if reference.dimensions() >= MANY_DIMENSIONS => reduced(&rows, options),
        Reduction::Auto | Reduction::Off => transposed(rows.iter().copied(), reference.dimensions()),
    };
    let columns: Vec<&[f32]> = columns.iter().map(Vec::as_slice).collect();
    let is_incoming: Vec<bool> = classes.iter().map(|&class| class == 1).collect();
    let (fit, test) = (numbers(&split.fit), numbers(&split.test));
    let odds = log_odds(&columns, &is_incoming, &fit, &test, BoostingOptions::default());
    let truth: Vec<bool> = split.test.iter().map(|&row| is_incoming[row]).collect();
    let found = auc(&odds, &truth)?;
    Some(Domain {
        auc: found.area,
        drift_score: (2.0 * found.area - 1.0).max(0.0),
        p_value: found.p_value,
        rows_per_side: each,
        tested: truth.len(),
        typical: [-1.0, 1.0].map(|sign| surest(&split.test, &odds, &places, sign)),
    })
}

/// The held-out rows of a side that the classifier is surest of. The second half of `places` is the incoming side's.
fn surest(tested: &[usize], odds: &[f64], places: &[usize], sign: f64) -> Vec<(usize, f64)> {
    let is_of_side = |row: usize| (row >= places.len() / 2) == (sign > 0.0);
    let mut found: Vec<(usize, f64)> = tested
        .iter()
        .zip(odds)
        .filter(|(row, odds)| is_of_side(**row) && **odds * sign > 0.0)
        .map(|(&row, odds)| (places[row], odds * sign))
        .collect();
    found.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
    found.truncate(TYPICAL_ROWS);
    found
}

fn reduced(rows: &[&[f32]], options: DomainOptions) -> Vec<Vec<f32>> {
    let dimensions = rows.first().map_or(1, |row| row.len());
    let most = (FITTED_NUMBERS / dimensions).clamp(FITTED_ROWS.0, FITTED_ROWS.1);
    let fitted: Vec<&[f32]> =
        sample_in_order(rows.len(), most, options.seed).into_iter().map(|row| rows[row]).collect();
    let components = Components::fit(&fitted, options.components);
    let mut columns = vec![Vec::with_capacity(rows.len()); options.components.min(dimensions)];
    for row in rows {
        for (column, value) in columns.iter_mut().zip(components.project(row)) {
            #[expect(clippy::cast_possible_truncation, reason = "trees see features as 32-bit floats")]
            column.push(value as f32);
        }
    }
    columns
}

fn transposed<'a>(rows: impl Iterator<Item = &'a [f32]>, dimensions: usize) -> Vec<Vec<f32>> {
    let mut columns = vec![Vec::new(); dimensions];
    for row in rows {
        for (column, value) in columns.iter_mut().zip(row) {
            column.push(*value);
        }
    }
    columns
}

fn numbers(rows: &[usize]) -> Vec<u32> {
    rows.iter().map(|&row| u32::try_from(row).unwrap_or(u32::MAX)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::numpy_random::RandomState;
    use super::*;

    fn cloud(rows: usize, dimensions: usize, shift: f64, seed: u32) -> Vec<f32> {
        let mut random = RandomState::new(seed);
        let mut values = Vec::new();
        for place in 0..rows * dimensions {
            let moved = if place % dimensions == 0 { shift } else { 0.0 };
            #[expect(clippy::cast_possible_truncation, reason = "made up numbers")]
            values.push((random.fraction() + moved) as f32);
        }
        values
    }

    fn compared(dimensions: usize, shift: f64, reduction: Reduction) -> Domain {
        let (one, other) = (cloud(300, dimensions, 0.0, 1), cloud(300, dimensions, shift, 2));
        let vectors = |values| Vectors::new(values, dimensions).unwrap();
        let options = DomainOptions { reduction, ..DomainOptions::default() };
        domain_classifier(vectors(&one), vectors(&other), options).unwrap()
    }

    #[test]
    fn a_shift_is_found_with_all_dimensions_and_with_the_main_ones() {
        for (dimensions, reduction) in [(4, Reduction::Off), (4, Reduction::Auto), (4, Reduction::Principal)] {
            let found = compared(dimensions, 0.8, reduction);
            assert!(found.drift_score > 0.5 && found.p_value < 1e-6, "{found:?}");
        }
    }

    #[test]
    fn the_same_source_is_not_told_apart() {
        let found = compared(40, 0.0, Reduction::Auto);
        assert!(found.p_value > 0.01 && found.auc < 0.6, "{found:?}");
        assert_eq!((found.rows_per_side, found.tested), (300, 180));
    }

    #[test]
    fn too_few_rows_and_other_dimensions_are_not_compared() {
        let values = [0.0_f32; 12];
        let (narrow, wide) = (Vectors::new(&values, 2).unwrap(), Vectors::new(&values, 12).unwrap());
        assert_eq!(domain_classifier(narrow, wide, DomainOptions::default()), None);
        assert_eq!(domain_classifier(wide, wide, DomainOptions::default()), None);
    }
}
