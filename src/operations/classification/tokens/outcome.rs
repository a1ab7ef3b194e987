//! What came of a conversion of tags, as plain data.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::options::TokensForm;

/// Faults that are told, of all.
const SHOWN: usize = 20;

/// What came of a conversion of tags: `rows_read` are `rows_written`, those that do not fit, and those without tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TokensOutcome {
    /// Form of the input.
    pub from: TokensForm,
    /// Form of the output.
    pub to: TokensForm,
    /// Rows that were read: texts with their tags or spans.
    pub rows_read: u64,
    /// Rows that were written.
    pub rows_written: u64,
    /// Rows of a table that can't be read.
    pub rows_rejected: u64,
    /// Where and why the first can't be read.
    pub first_reject: Option<String>,
    /// Rows without a token, which CoNLL can't hold.
    pub rows_without_tokens: u64,
    /// Rows that do not fit: as many tags as tokens, tags of a known form, spans inside of the text, what the output can
    /// hold. They are left out.
    pub not_fitting: Faults,
    /// Rows with tags that did not follow from those before them; they begin an entity now.
    pub mended: Faults,
    /// Tags that were mended.
    pub tags_mended: u64,
    /// Tokens that were written; 0 where spans become spans.
    pub tokens: u64,
    /// Entities that were written, by label.
    pub entities: BTreeMap<String, u64>,
    /// Spans that overlap a longer one, and have no tag.
    pub spans_overlapping: u64,
    /// Spans that begin or end inside of a token, and have all of it now.
    pub spans_widened: u64,
    /// Labels whose blanks became `_`.
    pub labels_renamed: Vec<String>,
    /// Marks of new documents (`-DOCSTART-`) that were passed over.
    pub document_marks: u64,
    /// Columns of the input that the output does not have.
    pub columns_left_out: Vec<String>,
}

impl TokensOutcome {
    /// Of nothing.
    pub(super) fn new(from: TokensForm, to: TokensForm) -> Self {
        Self {
            from,
            to,
            rows_read: 0,
            rows_written: 0,
            rows_rejected: 0,
            first_reject: None,
            rows_without_tokens: 0,
            not_fitting: Faults::default(),
            mended: Faults::default(),
            tags_mended: 0,
            tokens: 0,
            entities: BTreeMap::new(),
            spans_overlapping: 0,
            spans_widened: 0,
            labels_renamed: Vec::new(),
            document_marks: 0,
            columns_left_out: Vec::new(),
        }
    }

    /// Whether every row is in the output.
    pub fn is_complete(&self) -> bool {
        self.rows_rejected == 0 && self.not_fitting.rows == 0
    }
}

/// Rows with something wrong, and the first of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Faults {
    /// How many rows.
    pub rows: u64,
    /// Row (from 1), line where there is one, and what is wrong, of the first 20.
    pub examples: Vec<String>,
}

impl Faults {
    /// One row more.
    pub(super) fn add(&mut self, told: impl FnOnce() -> String) {
        self.rows += 1;
        if self.examples.len() < SHOWN {
            self.examples.push(told());
        }
    }
}
