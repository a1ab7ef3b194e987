//! Whole groups to splits.
//!
//! The one decision: the largest group first, each to the split that it brings nearest to its shares, of all rows and of each
//! stratum: what is compared is the sum of squares of what is missing, over what is wanted (as in a test of chi squared).

use std::cmp::Reverse;
use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::rounding::divided;
use super::shares::{Shares, Split};
use super::{Splits, Unfit, order};
use crate::operations::classification::facts::{Facts, RowId};
use crate::operations::classification::options::ClassificationOptions;

/// Rows of one group, and the number of the stratum of each.
type Members = Vec<(RowId, u32)>;

/// Rows that a split wants and has.
#[derive(Debug, Clone, Copy, Default)]
struct Need {
    wants: f64,
    has: f64,
}

impl Need {
    /// How much worse it is with so many rows more.
    fn cost(self, more: f64) -> f64 {
        more * (2.0 * (self.has - self.wants) + more) / self.wants
    }
}

/// Divides rows so that equal groups stay together.
///
/// # Errors
/// When there are fewer groups than splits, or one is larger than any split may be.
pub(super) fn by_groups(
    rows: &[RowId],
    strata: &[u32],
    facts: &Facts,
    options: &ClassificationOptions,
    to: &mut Splits,
) -> Result<(), Unfit> {
    let mut groups: HashMap<u64, Members, RandomState> = HashMap::default();
    for (row, stratum) in rows.iter().zip(strata) {
        groups.entry(facts.groups[*row as usize]).or_default().push((*row, *stratum));
    }
    let mut groups: Vec<(u64, Members)> = groups.into_iter().collect();
    let in_order =
        |(key, members): &(u64, Members)| (Reverse(members.len()), order::stirred(*key ^ options.seed), *key);
    groups.sort_unstable_by_key(in_order);
    let splits: Vec<Split> = Split::ALL.into_iter().filter(|split| options.split.of(*split) > 0.0).collect();
    check(&groups, rows.len() as u64, &splits, &options.split)?;
    let mut needs = Needs::of(strata, &splits, &options.split);
    let mut chosen: Vec<usize> = groups.iter().map(|(_, members)| needs.take(members)).collect();
    fill_empty(&groups, splits.len(), &mut chosen);
    for ((_, members), chosen) in groups.iter().zip(chosen) {
        for (row, _) in members {
            to[*row as usize] = Some(splits[chosen]);
        }
    }
    Ok(())
}

fn check(groups: &[(u64, Members)], all: u64, splits: &[Split], shares: &Shares) -> Result<(), Unfit> {
    let counts = divided(all, shares);
    let most = splits.iter().map(|split| counts[*split as usize]).max().unwrap_or_default();
    match groups.first() {
        Some((_, members)) if members.len() as u64 > most => {
            Err(Unfit::GroupTooLarge { row: members[0].0, rows: members.len() as u64, most, all })
        }
        _ if groups.len() < splits.len() => {
            Err(Unfit::TooFewGroups { groups: groups.len() as u64, splits: splits.len() as u64 })
        }
        _ => Ok(()),
    }
}

/// What each split still needs.
struct Needs {
    all: Vec<Need>,
    /// Of each stratum, split after split.
    strata: Vec<Need>,
    splits: usize,
}

impl Needs {
    fn of(strata: &[u32], splits: &[Split], shares: &Shares) -> Self {
        let mut sizes: Vec<f64> = Vec::new();
        for stratum in strata {
            let place = *stratum as usize;
            sizes.resize(sizes.len().max(place + 1), 0.0);
            sizes[place] += 1.0;
        }
        let need = |rows: f64| splits.iter().map(move |split| Need { wants: rows * shares.of(*split), has: 0.0 });
        let strata: Vec<Need> = sizes.iter().flat_map(|rows| need(*rows)).collect();
        Self { all: need(sizes.iter().sum()).collect(), strata, splits: splits.len() }
    }

    /// The split for a group, which has it from now on; of equal ones the first.
    fn take(&mut self, members: &Members) -> usize {
        let mut strata: Vec<u32> = members.iter().map(|(_, stratum)| *stratum).collect();
        strata.sort_unstable();
        let counts: Vec<(usize, f64)> =
            strata.chunk_by(u32::eq).map(|same| (same[0] as usize, same.iter().map(|_| 1.0).sum())).collect();
        let rows: f64 = counts.iter().map(|(_, rows)| rows).sum();
        let cost = |split: usize| {
            let of_strata = counts.iter().map(|(stratum, rows)| self.strata[stratum * self.splits + split].cost(*rows));
            self.all[split].cost(rows) + of_strata.sum::<f64>()
        };
        let costs: Vec<f64> = (0..self.splits).map(cost).collect();
        let best = (0..self.splits).min_by(|a, b| costs[*a].total_cmp(&costs[*b])).unwrap_or_default();
        self.all[best].has += rows;
        for (stratum, rows) in counts {
            self.strata[stratum * self.splits + best].has += rows;
        }
        best
    }
}

/// A split without a group has the smallest one of those that have several.
fn fill_empty(groups: &[(u64, Members)], splits: usize, chosen: &mut [usize]) {
    for empty in 0..splits {
        if chosen.contains(&empty) {
            continue;
        }
        let has_others = |split: usize| chosen.iter().filter(|other| **other == split).count() > 1;
        // The smallest stand last.
        if let Some(group) = (0..groups.len()).rev().find(|group| has_others(chosen[*group])) {
            chosen[group] = empty;
        }
    }
}
