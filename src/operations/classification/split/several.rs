//! Rows with several labels to splits: iterative stratification (Sechidis, Tsoumakas and Vlahavas, 2011).
//!
//! The one decision: the label with the fewest rows left comes first, since it has the least room for mistakes later; each of
//! its rows goes to the split that lacks most of this label and is not full. So the sizes of splits are exact, and the shares
//! of each label as near as rows with several labels allow.

use super::rounding::{Counts, divided};
use super::shares::Split;
use super::{Splits, order};
use crate::operations::classification::facts::{Facts, RowId};
use crate::operations::classification::labels::ClassId;
use crate::operations::classification::options::ClassificationOptions;

/// What is being divided.
struct Dividing<'a> {
    facts: &'a Facts,
    /// Rows for which each split has room.
    room: Counts,
    /// Rows of each label that each split lacks.
    lacks: Vec<[f64; 3]>,
    /// Rows of each label that have no split yet.
    left: Vec<u64>,
    to: &'a mut Splits,
}

/// Divides rows so that every split has its share of each label, as far as that can be.
pub(super) fn by_labels(rows: &[RowId], facts: &Facts, options: &ClassificationOptions, to: &mut Splits) {
    let ordered = order::ordered(rows.iter().copied(), facts, options.seed);
    let labels = facts.classes.names().len();
    let mut having: Vec<Vec<RowId>> = vec![Vec::new(); labels];
    for row in &ordered {
        for class in labels_of(facts, *row) {
            having[*class as usize].push(*row);
        }
    }
    let left: Vec<u64> = having.iter().map(|rows| rows.len() as u64).collect();
    let lacks = having.iter().map(|rows| Split::ALL.map(|split| options.split.of(split) * float(rows.len()))).collect();
    let room = divided(rows.len() as u64, &options.split);
    let mut dividing = Dividing { facts, room, lacks, left, to };
    // By name where there are as many, so that the order of rows makes no difference.
    let names = facts.classes.names();
    let mut open: Vec<usize> = (0..labels).collect();
    while let Some(label) = open.iter().copied().min_by_key(|label| (dividing.left[*label], &names[*label])) {
        open.retain(|other| *other != label);
        having[label].iter().for_each(|row| dividing.place(*row, label));
        having[label] = Vec::new();
    }
    for row in ordered {
        dividing.fill(row);
    }
}

fn labels_of(facts: &Facts, row: RowId) -> &[ClassId] {
    facts.sets.members(facts.labels[row as usize])
}

impl Dividing<'_> {
    /// Gives a row to the split that lacks most of a label.
    fn place(&mut self, row: RowId, label: usize) {
        if self.to[row as usize].is_some() {
            return;
        }
        let lack = |split: &Split| (self.lacks[label][*split as usize], self.room[*split as usize]);
        let with_room = Split::ALL.into_iter().filter(|split| self.room[*split as usize] > 0);
        // Of equal ones the first.
        let best = with_room.rev().max_by(|a, b| {
            let (a, b) = (lack(a), lack(b));
            a.0.total_cmp(&b.0).then(a.1.cmp(&b.1))
        });
        if let Some(split) = best {
            self.give(row, split);
        }
    }

    /// Gives a row without a label to the first split that has room.
    fn fill(&mut self, row: RowId) {
        let split = Split::ALL.into_iter().find(|split| self.room[*split as usize] > 0);
        if let Some(split) = split.filter(|_| self.to[row as usize].is_none()) {
            self.give(row, split);
        }
    }

    fn give(&mut self, row: RowId, split: Split) {
        self.room[split as usize] -= 1;
        self.to[row as usize] = Some(split);
        for class in labels_of(self.facts, row) {
            self.left[*class as usize] -= 1;
            self.lacks[*class as usize][split as usize] -= 1.0;
        }
    }
}

/// A count as a number to reckon with.
fn float(rows: usize) -> f64 {
    u32::try_from(rows).map_or(f64::MAX, f64::from)
}
