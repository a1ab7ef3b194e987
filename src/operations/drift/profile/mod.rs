//! What is kept of a reference, so that a batch is checked without its rows.
//!
//! The one decision: a profile is the facts of the set (counts, which add up) and a sample of its rows, chosen by a keyed hash
//! of their texts, so that profiles of parts merge to the profile of the whole.

mod file;
mod fit;
mod kept;
mod make;
mod options;
mod rows;

use std::collections::BTreeMap;
use std::path::Path;

pub use make::{ProfileOutcome, merge_profiles, write_profile};
pub use options::ProfileOptions;

use super::error::DriftError;
use super::facts::{Characters, Confusion, Digests, Fact, Vocabulary};
use super::options::DriftOptions;
use super::outcome::{ColumnUse, SideOutcome};
use super::set::Set;
use crate::core::intake::LocalSource;
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
    /// Rows of its tables that can't be read.
    pub rejected: u64,
    /// Where and why the first of them.
    pub first_reject: Option<String>,
    /// Rows whose text is missing or empty.
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
    /// What it was made with.
    pub options: ProfileOptions,
    /// The model of its vectors and the model's revision; `None`: they were in a column, or there are none.
    pub model: Option<String>,
}

impl Profile {
    /// Of a set; `model` made its vectors.
    pub fn of(set: &Set, options: &ProfileOptions, model: Option<String>) -> Self {
        let kept = kept::Kept::of(set, options, model);
        kept.into_profile(set.origin.name.clone(), set.origin.sha256.clone())
    }

    /// Reads a profile.
    ///
    /// # Errors
    /// When it can't be read, is damaged, or is of a form that this build does not know.
    pub fn open(path: &Path) -> Result<Self, DriftError> {
        let (kept, sha256) = file::read(path)?;
        Ok(kept.into_profile(path.display().to_string(), sha256))
    }

    /// Whether a source is a profile, by its content.
    pub fn is_one(source: &LocalSource) -> bool {
        matches!(source, LocalSource::File { path, .. } if file::is_profile(path))
    }

    /// The options of a check against it: what is left unsaid is as it was made.
    ///
    /// # Errors
    /// When the check asks for something else than it was made with.
    pub(super) fn fitted(&self, asked: &DriftOptions) -> Result<DriftOptions, DriftError> {
        fit::fitted(asked, &self.options)
    }

    /// Vectors of a model are wanted: those that are here must be of it.
    ///
    /// # Errors
    /// When they are of another one.
    pub(super) fn asked_for_vectors_of(&self, model: Option<&str>) -> Result<(), DriftError> {
        if self.sample.vectors.is_none() || (self.model.is_some() && self.model.as_deref() == model) {
            return Ok(());
        }
        let column = || self.options.embedding_column.as_ref().map(|name| format!("vectors of the column `{name}`"));
        let made = self.model.clone().or_else(column).unwrap_or_else(|| "vectors of no known model".to_owned());
        let asked = model.unwrap_or("another model").to_owned();
        Err(DriftError::OtherOptions { option: "embedder", asked, made })
    }

    pub(super) fn outcome(&self) -> SideOutcome {
        SideOutcome {
            source: self.name.clone(),
            sha256: self.sha256.clone(),
            is_profile: true,
            rows: self.rows,
            rows_in_file: self.rows,
            rejected: self.rejected,
            first_reject: self.first_reject.clone(),
            without_text: self.without_text,
            columns: self.uses.clone(),
        }
    }
}
