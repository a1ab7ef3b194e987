//! Which row goes to which split.
//!
//! For: shares, strata, groups, time. Not for: leaving rows out. The one decision: rows are ordered by a digest of the seed
//! and their text, so that neither the order of the rows nor the number of threads changes where a row goes, and repeated
//! texts stay together. Counts are exact, by largest remainder.

mod groups;
mod order;
mod rounding;
mod several;
mod shares;
mod strata;
#[cfg(test)]
mod tests;
mod time;

use std::collections::HashMap;

use foldhash::fast::RandomState;

pub(super) use order::ordered;
pub(super) use rounding::{Counts, divided};
pub use shares::{Shares, Split};

use super::facts::{Facts, RowId};
use super::labels::NO_LABEL;
use super::options::{ClassificationOptions, Task};

/// The split of each row of the table; `None` where it is left out.
pub(super) type Splits = Vec<Option<Split>>;

/// Why rows can't be divided as asked.
#[derive(Debug)]
pub(super) enum Unfit {
    /// Fewer rows than splits.
    TooFewRows {
        /// How many rows.
        rows: u64,
        /// How many splits.
        splits: u64,
    },
    /// Fewer groups than splits.
    TooFewGroups {
        /// How many groups.
        groups: u64,
        /// How many splits.
        splits: u64,
    },
    /// A group is larger than the largest split may be.
    GroupTooLarge {
        /// A row of it.
        row: RowId,
        /// Its rows.
        rows: u64,
        /// Rows of the largest split.
        most: u64,
        /// All rows.
        all: u64,
    },
}

/// Divides the rows that stay. Rows that bring a split along keep it; the others are divided as asked.
///
/// # Errors
/// When there are too few rows or groups, or a group is too large.
pub(super) fn divide(facts: &Facts, options: &ClassificationOptions) -> Result<Splits, Unfit> {
    let mut splits: Splits = vec![None; facts.rows()];
    let rows = open_rows(facts, options, &mut splits);
    let wanted = Split::ALL.into_iter().filter(|split| options.split.of(*split) > 0.0).count() as u64;
    if rows.is_empty() {
        return Ok(splits);
    }
    if (rows.len() as u64) < wanted {
        return Err(Unfit::TooFewRows { rows: rows.len() as u64, splits: wanted });
    }
    if options.group_column.is_some() {
        groups::by_groups(&rows, &strata_of(&rows, facts, options), facts, options, &mut splits)?;
    } else if options.time_column.is_some() {
        time::by_time(&rows, facts, options, &mut splits);
    } else if options.stratify && options.task != Task::SingleLabel {
        several::by_labels(&rows, facts, options, &mut splits);
    } else {
        strata::by_strata(&rows, &strata_of(&rows, facts, options), facts, options, &mut splits);
    }
    Ok(splits)
}

/// Rows that bring no split along. Where rows are divided by groups, the others of a group go with those that do: to the
/// split that most of them have.
fn open_rows(facts: &Facts, options: &ClassificationOptions, splits: &mut Splits) -> Vec<RowId> {
    if facts.given.is_empty() {
        return facts.staying().collect();
    }
    let mut groups: HashMap<u64, Counts, RandomState> = HashMap::default();
    for row in facts.staying() {
        let Some(split) = facts.given[row as usize] else { continue };
        splits[row as usize] = Some(split);
        if options.group_column.is_some() {
            groups.entry(facts.groups[row as usize]).or_default()[split as usize] += 1;
        }
    }
    let mut open = Vec::new();
    for row in facts.staying().filter(|row| facts.given[*row as usize].is_none()) {
        let group = facts.groups.get(row as usize).and_then(|group| groups.get(group));
        match group.and_then(|counts| Split::ALL.into_iter().rev().max_by_key(|split| counts[*split as usize])) {
            Some(split) => splits[row as usize] = Some(split),
            None => open.push(row),
        }
    }
    open
}

/// The stratum of each row: its labels, numbered in the order of their names, so that the order of rows makes no difference.
fn strata_of(rows: &[RowId], facts: &Facts, options: &ClassificationOptions) -> Vec<u32> {
    if !options.stratify {
        return vec![0; rows.len()];
    }
    let names = |set: &u32| -> Vec<&str> {
        let mut names: Vec<_> = facts.sets.members(*set).iter().map(|class| facts.classes.name(*class)).collect();
        names.sort_unstable();
        names
    };
    let mut sets: Vec<u32> = (NO_LABEL..).take(facts.sets.len()).collect();
    sets.sort_by_cached_key(names);
    let mut numbers = vec![0; sets.len()];
    (0..).zip(&sets).for_each(|(number, set)| numbers[*set as usize] = number);
    rows.iter().map(|row| numbers[facts.labels[*row as usize] as usize]).collect()
}
