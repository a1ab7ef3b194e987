//! What became of a table: the card that lies beside the data set as `dataset.json`.
//!
//! The one decision: the card is the outcome. What the command line prints, the API answers and the file holds is the same,
//! and it has no clock in it, so that equal inputs have equal cards.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::options::ClassificationOptions;
use super::split::Split;

/// A data set: what it was made of, how, and what is in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DatasetCard {
    /// Name of the source without its ending.
    pub name: String,
    /// What the data set was made of.
    pub source: SourceFile,
    /// Every option, defaults filled in; the seed is one of them.
    pub options: ClassificationOptions,
    /// Which textmill made it.
    pub textmill: String,
    /// Knowledge base and generation, or model and revision, where labels come from them.
    pub labelled_by: Option<String>,
    /// Licence of the data, if somebody said it.
    pub licence: Option<String>,
    /// The files of the data set, this card excepted.
    pub files: Vec<WrittenFile>,
    /// The columns, in order.
    pub columns: Vec<Column>,
    /// Every row of the source, accounted for.
    pub rows: Rows,
    /// The labels, by name; for entities the types, counted by mentions.
    pub labels: Vec<LabelCount>,
    /// The splits that have a share or rows.
    pub splits: Vec<SplitCount>,
    /// What somebody should know before training.
    pub findings: Vec<Finding>,
}

/// The table that a data set was made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SourceFile {
    /// Its name.
    pub name: String,
    /// Digest of its bytes.
    pub sha256: String,
    /// Its size.
    pub size_bytes: u64,
}

/// A file of a data set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WrittenFile {
    /// Path below the data set's folder.
    pub name: String,
    /// Digest of its bytes.
    pub sha256: String,
    /// Its size.
    pub size_bytes: u64,
    /// Its rows.
    pub rows: u64,
}

/// A column of a data set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its Arrow type.
    #[serde(rename = "type")]
    pub data_type: String,
    /// What it is for.
    pub role: Role,
    /// The columns of the source that it was made of; none where it was computed.
    pub made_of: Vec<String>,
}

/// What a column is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The text.
    Text,
    /// Its label, or list of labels.
    Label,
    /// How sure the label is.
    Confidence,
    /// `train`, `validation` or `test`.
    Split,
    /// What a row counts in training.
    Weight,
    /// The tokens of the text.
    Tokens,
    /// An IOB2 tag for each token.
    Tags,
    /// What stood beside the text.
    Metadata,
}

/// Rows of the source: `read + rejected` are all of them, `written + left out` those that were read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Rows {
    /// Rows that were read.
    pub read: u64,
    /// Rows that can't be read.
    pub rejected: u64,
    /// Where and why the first can't be read.
    pub first_reject: Option<String>,
    /// Rows of the data set.
    pub written: u64,
    /// Rows that were left out, each for the first reason that holds; `left_out.jsonl` names them.
    pub left_out: LeftOut,
}

/// Rows that were left out, by reason, in the order in which reasons are looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LeftOut {
    /// Without a text.
    pub empty: u64,
    /// Shorter than asked for.
    pub too_short: u64,
    /// Longer than asked for.
    pub too_long: u64,
    /// In another language.
    pub other_language: u64,
    /// Without a label.
    pub unlabelled: u64,
    /// With a label that is not in the label set.
    pub unknown_label: u64,
    /// With tags that do not fit the tokens.
    pub tags_not_fitting: u64,
    /// Equal to a text with another label.
    pub conflict: u64,
    /// Equal to an earlier row.
    pub duplicate: u64,
    /// Of a label that has more rows than asked for.
    pub balance: u64,
}

/// A label and how often it is met.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LabelCount {
    /// The label.
    pub label: String,
    /// Rows of the data set that have it; mentions, for entities.
    pub rows: u64,
    /// Their share of all, 0 to 1.
    pub share: f64,
    /// What a row of it counts, so that all labels count the same: rows of the train split over labels times its rows
    /// there; `null` where it has none.
    pub weight: Option<f64>,
}

/// A split and what is in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SplitCount {
    /// Which.
    pub split: Split,
    /// The share that was asked for, 0 to 1.
    pub share: f64,
    /// Its rows.
    pub rows: u64,
    /// Rows by label.
    pub labels: BTreeMap<String, u64>,
    /// Different groups, where rows are divided by groups.
    pub groups: Option<u64>,
}

/// Something that somebody should know before training.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Finding {
    /// Two labels look like the same.
    SimilarLabels {
        /// The rarer.
        label: String,
        /// Its rows.
        rows: u64,
        /// What it may have been meant to be.
        like: String,
    },
    /// A label has few rows.
    RareLabel {
        /// Which.
        label: String,
        /// Its rows.
        rows: u64,
    },
    /// A label is missing in a split.
    LabelNotInSplit {
        /// Which.
        label: String,
        /// Where.
        split: Split,
    },
    /// Texts are repeated.
    Duplicates {
        /// Rows that repeat an earlier one, whatever their label.
        rows: u64,
        /// Those that stand in another split than an earlier one.
        across_splits: u64,
    },
    /// Equal texts have different labels.
    ConflictingLabels {
        /// Different texts.
        texts: u64,
        /// Their rows.
        rows: u64,
        /// One of them, cut.
        example: String,
        /// Its labels.
        labels: Vec<String>,
    },
    /// The language of texts can't be told for sure; they stay.
    LanguageNotTold {
        /// How many.
        rows: u64,
    },
    /// A column of the source has another name here.
    ColumnRenamed {
        /// In the source.
        from: String,
        /// Here.
        to: String,
    },
    /// Tags do not follow from those before them, or spans overlap or part a token; they were mended.
    InvalidTags {
        /// How many rows have one.
        rows: u64,
        /// Row (from 1), token (from 1) and what was wrong, of the first ones.
        examples: Vec<String>,
    },
    /// Rows whose tags do not fit their tokens; they are left out.
    TagsNotFitting {
        /// How many.
        rows: u64,
        /// Row (from 1) and what does not fit, of the first ones.
        examples: Vec<String>,
    },
    /// A split is not as large as asked for, since groups can't be parted.
    SplitOff {
        /// Which.
        split: Split,
        /// Rows that its share would be.
        asked: u64,
        /// Rows that it has.
        rows: u64,
    },
}
