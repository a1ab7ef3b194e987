//! What came of an annotation, as plain data.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::mention::How;

/// What came of the annotation of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AnnotationOutcome {
    /// The knowledge base whose lists were used.
    pub knowledge_base: String,
    /// Which state of it.
    pub generation: String,
    /// Names of the files that were written: the table, then the other forms.
    pub outputs: Vec<String>,
    /// Rows written.
    pub rows: u64,
    /// Rows without a text: they have no mention.
    pub rows_without_text: u64,
    /// Rows with at least one mention.
    pub rows_with_mentions: u64,
    /// Rows of the input that can't be read, and are not in the output.
    pub rows_rejected: u64,
    /// Where and why the first was rejected.
    pub first_reject: Option<String>,
    /// Mentions.
    pub mentions: u64,
    /// ... and how they were found.
    pub found: FoundBy,
    /// Each concept, by name, those without a mention too.
    pub concepts: Vec<ConceptOutcome>,
}

/// How mentions were found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FoundBy {
    /// The phrase itself.
    pub exact: u64,
    /// Other forms of its words.
    pub inflected: u64,
    /// With a slip of the pen.
    pub typo: u64,
    /// By what it means.
    pub meaning: u64,
}

impl FoundBy {
    /// Counts one more.
    pub(super) fn add(&mut self, how: How) {
        *match how {
            How::Exact => &mut self.exact,
            How::Inflected => &mut self.inflected,
            How::Typo => &mut self.typo,
            How::Meaning => &mut self.meaning,
        } += 1;
    }
}

/// What was found of a concept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConceptOutcome {
    /// Its name.
    pub name: String,
    /// Mentions of it.
    pub mentions: u64,
    /// Rows that mention it.
    pub rows: u64,
}
