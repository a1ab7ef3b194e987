//! The reference: its rows, or what was kept of them.
//!
//! The one decision: checks ask for facts and get the same ones either way; only `rows` tells: all of them, or the sample
//! that the profile has.

use std::collections::BTreeMap;

use super::facts::{Characters, Confusion, Digests, Fact, Vocabulary};
use super::outcome::{ColumnUse, SideOutcome};
use super::profile::Profile;
use super::set::Set;
use crate::core::stats::Counts;

/// What is known to be good.
#[derive(Debug)]
pub enum Reference {
    /// All its rows.
    Rows(Box<Set>),
    /// What was kept of them.
    Profile(Box<Profile>),
}

impl Reference {
    /// How many rows it has, or had.
    pub fn len(&self) -> u64 {
        match self {
            Self::Rows(set) => set.len() as u64,
            Self::Profile(profile) => profile.rows,
        }
    }

    /// Whether it has no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Its rows, or those that were kept.
    pub fn rows(&self) -> &Set {
        match self {
            Self::Rows(set) => set,
            Self::Profile(profile) => &profile.sample,
        }
    }

    /// Its rows, if all of them are here.
    pub fn all_rows(&self) -> Option<&Set> {
        match self {
            Self::Rows(set) => Some(set),
            Self::Profile(_) => None,
        }
    }

    /// What is said where only a sample is here.
    pub fn sample_note(&self) -> Option<String> {
        match self {
            Self::Rows(_) => None,
            Self::Profile(profile) => {
                let (kept, rows) = (profile.sample.len(), profile.rows);
                ((kept as u64) < rows)
                    .then(|| format!("the reference is a profile: {kept} of its {rows} rows are kept"))
            }
        }
    }

    /// How the properties of its texts are distributed.
    pub fn property_facts(&self) -> &BTreeMap<String, Fact> {
        match self {
            Self::Rows(set) => set.property_facts(),
            Self::Profile(profile) => &profile.properties,
        }
    }

    /// How its other columns are distributed.
    pub fn column_facts(&self) -> &BTreeMap<String, Fact> {
        match self {
            Self::Rows(set) => set.column_facts(),
            Self::Profile(profile) => &profile.columns,
        }
    }

    /// What is done with each of its other columns.
    pub fn uses(&self) -> &BTreeMap<String, ColumnUse> {
        match self {
            Self::Rows(set) => &set.uses,
            Self::Profile(profile) => &profile.uses,
        }
    }

    /// How often each label is there.
    pub fn label_counts(&self) -> Option<Counts> {
        match self {
            Self::Rows(set) => set.label_counts(),
            Self::Profile(profile) => profile.labels.clone(),
        }
    }

    /// How often each prediction is there.
    pub fn prediction_counts(&self) -> Option<Counts> {
        match self {
            Self::Rows(set) => set.prediction_counts(),
            Self::Profile(profile) => profile.predictions.clone(),
        }
    }

    /// How often each prediction goes with each label.
    pub fn confusion(&self) -> Option<Confusion> {
        match self {
            Self::Rows(set) => set.confusion(),
            Self::Profile(profile) => profile.confusion.clone(),
        }
    }

    /// How often each word is there.
    pub fn words(&self) -> &Vocabulary {
        match self {
            Self::Rows(set) => set.words(),
            Self::Profile(profile) => &profile.words,
        }
    }

    /// How often each character is there.
    pub fn characters(&self) -> &Characters {
        match self {
            Self::Rows(set) => set.characters(),
            Self::Profile(profile) => &profile.characters,
        }
    }

    /// Which rows have which text, in the form in which two texts are the same.
    pub fn digests(&self) -> &Digests {
        match self {
            Self::Rows(set) => set.digests(),
            Self::Profile(profile) => &profile.digests,
        }
    }

    pub(super) fn outcome(&self) -> SideOutcome {
        match self {
            Self::Rows(set) => set.outcome(),
            Self::Profile(profile) => profile.outcome(),
        }
    }
}
