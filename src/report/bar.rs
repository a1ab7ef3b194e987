//! A stacked bar: parts of a whole, drawn to scale.
//!
//! The one decision: a part that is there can be seen. One that would be thinner than [`LEAST`] is drawn that wide, at
//! the cost of the largest, and the page says so.

use super::text::{count, percent};

/// Width of the whole, in thousandths.
const WHOLE: u64 = 1000;
/// Width of a part at least, in thousandths: some pixels even on a phone.
const LEAST: u64 = 20;

/// A part of the whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    /// Class that gives colour and pattern.
    pub(super) class: &'static str,
    /// What it is.
    pub(super) label: &'static str,
    /// How much.
    pub(super) amount: String,
    /// How much of the whole, in percent.
    pub(super) share: String,
    /// Where it begins, in percent of the width.
    pub(super) x: String,
    /// How wide, in percent of the width.
    pub(super) width: String,
}

/// A bar of parts; those of nothing are left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bar {
    /// What it shows, for those who can't see it.
    pub(super) title: String,
    /// From left to right.
    pub(super) parts: Vec<Part>,
    /// Whether a part is drawn wider than it is.
    pub(super) is_widened: bool,
}

impl Bar {
    /// The bar of `(class, label, amount)`; `None` when there is nothing at all.
    pub(super) fn new(title: &str, amounts: &[(&'static str, &'static str, u64)]) -> Option<Self> {
        let amounts: Vec<_> = amounts.iter().filter(|(_, _, amount)| *amount > 0).collect();
        let total: u64 = amounts.iter().map(|(_, _, amount)| amount).sum();
        let largest = (0..amounts.len()).max_by_key(|index| amounts[*index].2)?;
        let true_width = |amount: u64| u128::from(amount) * u128::from(WHOLE) / u128::from(total);
        let mut widths: Vec<u64> =
            amounts.iter().map(|(_, _, amount)| u64::try_from(true_width(*amount)).unwrap_or(WHOLE)).collect();
        let is_widened = widths.iter().any(|width| *width < LEAST);
        for width in &mut widths {
            *width = (*width).max(LEAST);
        }
        let others: u64 = widths.iter().sum::<u64>() - widths[largest];
        widths[largest] = WHOLE.saturating_sub(others);
        let mut x = 0;
        let mut place = |width: u64| {
            let begin = x;
            x += width;
            (thousandths(begin), thousandths(width))
        };
        let parts: Vec<_> = amounts
            .iter()
            .zip(&widths)
            .map(|((class, label, amount), width)| {
                let (x, width) = place(*width);
                Part { class, label, amount: count(*amount), share: percent(*amount, total), x, width }
            })
            .collect();
        let said: Vec<_> =
            parts.iter().map(|part| format!("{} {} ({})", part.amount, part.label, part.share)).collect();
        Some(Self { title: format!("{title}: {}", said.join(", ")), parts, is_widened })
    }
}

/// Thousandths as percent, without a float that could print differently elsewhere.
fn thousandths(width: u64) -> String {
    format!("{}.{}%", width / 10, width % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_part_is_seen_and_said_to_be_widened() {
        let bar = Bar::new("Rows", &[("done", "in Parquet", 999_999), ("bad", "rejected", 1)]).unwrap();
        assert!(bar.is_widened);
        assert_eq!((bar.parts[0].width.as_str(), bar.parts[1].width.as_str()), ("98.0%", "2.0%"));
        assert_eq!(bar.parts[1].x, "98.0%");
        assert_eq!(bar.title, "Rows: 999,999 in Parquet (more than 99.99%), 1 rejected (less than 0.01%)");
    }

    #[test]
    fn parts_fill_the_bar_and_nothing_has_no_bar() {
        let bar = Bar::new("Files", &[("a", "a", 1), ("b", "b", 1), ("c", "c", 1), ("d", "d", 0)]).unwrap();
        assert_eq!(bar.parts.len(), 3);
        assert!(!bar.is_widened);
        let widths: Vec<_> = bar.parts.iter().map(|part| part.width.as_str()).collect();
        assert!(widths.contains(&"33.4%"), "{widths:?}");
        assert_eq!(Bar::new("Files", &[("a", "a", 0)]), None);
    }
}
