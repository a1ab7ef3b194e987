//! Which element of a document makes the rows.
//!
//! The one decision: the outermost element that repeats and holds a fair share of the document. A few repeated styles
//! above a thousand rows are not the table, nor are the two authors of a book that stands alone; where nothing qualifies,
//! the whole document is one row and nothing of it is lost.

use super::outline::{DOCUMENT, Node, Outline};

/// One part in so many of a document's elements and attributes is a fair share.
const FAIR: u64 = 4;

/// The path of the element that makes the rows.
pub(super) fn choose(outline: &Outline) -> usize {
    let whole = outline.node(DOCUMENT).weight;
    let candidates = outline.elements().filter(|(_, node)| node.most > 1 && has_fair_share(outline, node, whole));
    let best = candidates.max_by_key(|(index, node)| {
        let outermost = std::cmp::Reverse(node.depth);
        (outermost, node.weight, node.most, std::cmp::Reverse(*index))
    });
    best.map_or(outline.node(DOCUMENT).order[0], |(index, _)| index)
}

fn has_fair_share(outline: &Outline, node: &Node, whole: u64) -> bool {
    // The elements around it are no part of what could be rows.
    let around = node.depth as u64 - 1;
    let content = whole.saturating_sub(around);
    let siblings = &outline.node(node.parent).order;
    let is_property = node.is_bare() && siblings.iter().any(|sibling| outline.node(*sibling).most == 1);
    if is_property { node.weight * 10 >= content * 9 } else { node.weight * FAIR >= content }
}
