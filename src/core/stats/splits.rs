//! Rows to fit on and rows to test on, as scikit-learn parts them.
//!
//! For: the learned checks, whose score depends on the split. Not for: the splits of training data
//! (`operations::classification`), which keep groups together. The one decision: `train_test_split` and `StratifiedKFold`
//! (scikit-learn, BSD licence) to the row, so that a score with the same seed can be held against theirs.

use super::numpy_random::RandomState;
use super::size::{size, whole};

/// Rows to fit on, and rows to test on, in the order in which a model is to see them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Split {
    /// Rows to fit on.
    pub fit: Vec<usize>,
    /// Rows to test on.
    pub test: Vec<usize>,
}

/// `train_test_split(shuffle=True)`: `test_share` of `count` rows, rounded up, are drawn for testing.
pub(super) fn shuffled(count: usize, test_share: f64, seed: u32) -> Split {
    let tested = test_count(count, test_share);
    let mut order = RandomState::new(seed).permutation(count);
    let fit = order.split_off(tested);
    Split { fit, test: order }
}

/// `train_test_split(stratify=classes)`: every class gives its share to both parts. `classes` are numbers from 0; `None` if
/// there are too few rows for every class to be on both sides.
pub(super) fn stratified(classes: &[usize], test_share: f64, seed: u32) -> Option<Split> {
    let members = members(classes);
    let tested = test_count(classes.len(), test_share);
    let fitted = classes.len() - tested;
    if members.iter().any(|rows| rows.len() < 2) || tested < members.len() || fitted < members.len() {
        return None;
    }
    let mut random = RandomState::new(seed);
    let sizes: Vec<usize> = members.iter().map(Vec::len).collect();
    let fit_counts = shares(&sizes, fitted, &mut random);
    let left: Vec<usize> = sizes.iter().zip(&fit_counts).map(|(size, taken)| size - taken).collect();
    let test_counts = shares(&left, tested, &mut random);
    let (mut fit, mut test) = (Vec::with_capacity(fitted), Vec::with_capacity(tested));
    for (class, rows) in members.iter().enumerate() {
        let order = random.permutation(rows.len());
        let (to_fit, rest) = order.split_at(fit_counts[class]);
        fit.extend(to_fit.iter().map(|&place| rows[place]));
        test.extend(rest.iter().take(test_counts[class]).map(|&place| rows[place]));
    }
    random.shuffle(&mut fit);
    random.shuffle(&mut test);
    Some(Split { fit, test })
}

/// `StratifiedKFold` without shuffling: the fold, from 0, in which each row is tested. `classes` are numbers from 0.
pub(super) fn stratified_folds(classes: &[usize], folds: usize) -> Vec<usize> {
    let renumbered = by_first_appearance(classes);
    let class_count = renumbered.iter().max().map_or(0, |last| last + 1);
    let mut ordered = renumbered.clone();
    ordered.sort_unstable();
    // How many rows of each class each fold is to have.
    let mut owed = vec![vec![0_usize; folds]; class_count];
    for (place, class) in ordered.into_iter().enumerate() {
        owed[class][place % folds] += 1;
    }
    let mut at = vec![0_usize; class_count];
    renumbered
        .into_iter()
        .map(|class| {
            while owed[class][at[class]] == 0 {
                at[class] += 1;
            }
            owed[class][at[class]] -= 1;
            at[class]
        })
        .collect()
}

/// `KFold` without shuffling: the fold, from 0, in which each of `count` rows is tested.
pub(super) fn plain_folds(count: usize, folds: usize) -> Vec<usize> {
    let (size, longer) = (count / folds, count % folds);
    (0..folds).flat_map(|fold| std::iter::repeat_n(fold, size + usize::from(fold < longer))).collect()
}

fn test_count(count: usize, share: f64) -> usize {
    whole((size(count) * share).ceil()).min(count)
}

/// The rows of each class, in their order.
fn members(classes: &[usize]) -> Vec<Vec<usize>> {
    let mut members = vec![Vec::new(); classes.iter().max().map_or(0, |last| last + 1)];
    for (row, &class) in classes.iter().enumerate() {
        members[class].push(row);
    }
    members
}

fn by_first_appearance(classes: &[usize]) -> Vec<usize> {
    let mut numbers = vec![None; classes.iter().max().map_or(0, |last| last + 1)];
    let mut next = 0;
    classes
        .iter()
        .map(|&class| {
            *numbers[class].get_or_insert_with(|| {
                next += 1;
                next - 1
            })
        })
        .collect()
}

/// `drawn` rows in proportion to `sizes`; what rounding leaves over goes to the largest remainders, ties by lot
/// (`_approximate_mode`).
fn shares(sizes: &[usize], drawn: usize, random: &mut RandomState) -> Vec<usize> {
    let total = size(sizes.iter().sum());
    let exact: Vec<f64> = sizes.iter().map(|&count| size(count) / total * size(drawn)).collect();
    let mut counts: Vec<usize> = exact.iter().map(|share| whole(share.floor())).collect();
    let mut missing = drawn - counts.iter().sum::<usize>();
    let remainders: Vec<f64> = exact.iter().map(|share| share - share.floor()).collect();
    let mut values = remainders.clone();
    values.sort_unstable_by(|one, other| other.total_cmp(one));
    values.dedup();
    for value in values {
        if missing == 0 {
            break;
        }
        let tied: Vec<usize> = (0..sizes.len()).filter(|&class| remainders[class].total_cmp(&value).is_eq()).collect();
        for place in random.choice(tied.len(), missing) {
            counts[tied[place]] += 1;
            missing -= 1;
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stratified_split_is_that_of_scikit_learn() {
        let classes: Vec<usize> = [vec![0; 7], vec![1; 6], vec![2; 4]].concat();
        let split = stratified(&classes, 0.3, 42).expect("enough rows");
        assert_eq!(split.fit, [0, 8, 14, 1, 13, 7, 5, 16, 2, 10, 9]);
        assert_eq!(split.test, [6, 15, 11, 4, 12, 3]);
    }

    #[test]
    fn a_shuffled_split_is_that_of_scikit_learn() {
        let split = shuffled(17, 0.5, 42);
        assert_eq!(split.fit, [9, 16, 4, 7, 10, 12, 3, 6]);
        assert_eq!(split.test, [0, 1, 5, 15, 11, 14, 8, 13, 2]);
    }

    #[test]
    fn stratified_folds_are_those_of_scikit_learn() {
        let folds = stratified_folds(&[1, 0, 2, 1, 0, 0, 1, 2, 2, 1, 1, 0, 0], 4);
        let tested: Vec<Vec<usize>> = (0..4).map(|fold| (0..13).filter(|&row| folds[row] == fold).collect()).collect();
        assert_eq!(tested, [vec![0, 1, 2, 3], vec![4, 5, 6], vec![7, 9, 11], vec![8, 10, 12]]);
    }

    #[test]
    fn plain_folds_are_runs_of_rows_and_the_first_are_the_longer() {
        assert_eq!(plain_folds(8, 3), [0, 0, 0, 1, 1, 1, 2, 2]);
    }

    #[test]
    fn a_class_with_one_row_cannot_be_on_both_sides() {
        assert_eq!(stratified(&[0, 0, 0, 1], 0.3, 42), None);
    }
}
