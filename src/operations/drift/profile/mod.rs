//! What is kept of a reference, so that a batch is checked without its rows.
//!
//! The one decision: a profile is the facts of the set (counts, which add up) and a sample of its rows, chosen by a keyed hash
//! of their texts, so that profiles of parts merge to the profile of the whole.

use std::collections::BTreeMap;

use super::facts::{Characters, Confusion, Digests, Fact, Vocabulary};
use super::outcome::{ColumnUse, SideOutcome};
use super::set::Set;
use crate::core::stats::Counts;

/// What is kept of a reference.
#[derive(Debug)]
pub struct Profile {
    /// The file that it was read from, as it was named, and its digest.
    pub name: String,
    /// SHA-256 of the profile.
    pub sha256: String,
    /// Rows that it was made of.
    pub rows: u64,
    /// Rows of those without a text.
    pub without_text: u64,
    /// What is done with each column besides text, label and prediction.
    pub uses: BTreeMap<String, ColumnUse>,
    /// How properties of the texts are distributed.
    pub properties: BTreeMap<String, Fact>,
    /// How other columns are distributed.
    pub columns: BTreeMap<String, Fact>,
    /// How often each label is there.
    pub labels: Option<Counts>,
    /// How often each prediction is there.
    pub predictions: Option<Counts>,
    /// How often each prediction goes with each label.
    pub confusion: Option<Confusion>,
    /// How often each word is there.
    pub words: Vocabulary,
    /// How often each character is there.
    pub characters: Characters,
    /// Which rows have which text, in the form in which two texts are the same.
    pub digests: Digests,
    /// Some rows, with all that belongs to them.
    pub sample: Set,
}

impl Profile {
    pub(super) fn outcome(&self) -> SideOutcome {
        SideOutcome {
            source: self.name.clone(),
            sha256: self.sha256.clone(),
            is_profile: true,
            rows: self.rows,
            rows_in_file: self.rows,
            rejected: 0,
            first_reject: None,
            without_text: self.without_text,
            columns: self.uses.clone(),
        }
    }
}
