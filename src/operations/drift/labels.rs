//! Labels of rows: none, one or several a row.
//!
//! The one decision: a label is a text, whatever the column holds, so that `1` in one file and `"1"` in the other are the
//! same label.

use super::values::Names;

/// Labels of rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Labels {
    /// The labels, in the order in which they were met.
    pub names: Vec<String>,
    /// Where the labels of each row begin in `codes`; one more than rows.
    starts: Vec<usize>,
    codes: Vec<u32>,
}

/// Takes labels, row by row.
#[derive(Debug)]
pub(super) struct LabelsBuilder {
    names: Names,
    starts: Vec<usize>,
    codes: Vec<u32>,
}

impl Default for LabelsBuilder {
    fn default() -> Self {
        Self { names: Names::default(), starts: vec![0], codes: Vec::new() }
    }
}

impl LabelsBuilder {
    /// Takes the labels of the next row.
    pub(super) fn push<'l>(&mut self, labels: impl Iterator<Item = &'l str>) {
        self.codes.extend(labels.map(|label| self.names.code(label)));
        self.starts.push(self.codes.len());
    }

    /// The labels of all rows.
    pub(super) fn finish(self) -> Labels {
        Labels { names: self.names.into_names(), starts: self.starts, codes: self.codes }
    }
}

impl Labels {
    /// Rows.
    pub fn len(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Which of `names` a row has; empty where its label is missing.
    pub fn codes(&self, row: usize) -> &[u32] {
        &self.codes[self.starts[row]..self.starts[row + 1]]
    }

    /// The labels of a row.
    pub fn of(&self, row: usize) -> impl Iterator<Item = &str> {
        self.codes(row).iter().map(|code| self.names[*code as usize].as_str())
    }

    /// The label of a row as one word, `None` where it is missing; several are sorted and joined.
    pub fn joined(&self, row: usize) -> Option<String> {
        let mut labels: Vec<&str> = self.of(row).collect();
        labels.sort_unstable();
        (!labels.is_empty()).then(|| labels.join(" + "))
    }

    /// Labels of some rows.
    #[must_use]
    pub fn take(&self, rows: &[usize]) -> Self {
        let mut taken = LabelsBuilder::default();
        for row in rows {
            taken.push(self.of(*row));
        }
        taken.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(rows: &[&[&str]]) -> Labels {
        let mut builder = LabelsBuilder::default();
        for row in rows {
            builder.push(row.iter().copied());
        }
        builder.finish()
    }

    #[test]
    fn a_row_has_no_label_or_one_or_several() {
        let found = labels(&[&["spam"], &[], &["ham", "spam"]]);
        assert_eq!((found.len(), found.is_empty()), (3, false));
        assert_eq!(found.names, ["spam", "ham"]);
        assert_eq!(found.codes(2), [1, 0]);
        assert_eq!(found.of(2).collect::<Vec<_>>(), ["ham", "spam"]);
        assert_eq!((found.joined(0), found.joined(1)), (Some("spam".to_owned()), None));
    }

    #[test]
    fn the_order_of_several_labels_makes_no_difference() {
        let found = labels(&[&["b", "a"], &["a", "b"]]);
        assert_eq!(found.joined(0), found.joined(1));
    }

    #[test]
    fn rows_that_are_taken_bring_their_own_labels_only() {
        let whole = labels(&[&["a"], &["b", "c"], &[]]);
        assert_eq!(whole.take(&[1, 2]), labels(&[&["b", "c"], &[]]));
        assert!(Labels::default().is_empty());
    }
}
