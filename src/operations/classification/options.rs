//! What can be asked of a data set, declared once for JSON, command line and documentation.

use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::labels::{Descriptions, LabelMap, LabelSet, descriptions_file, label_set_file};
use super::split::Shares;
use crate::core::storage::location::{Destination, Source};
use crate::operations::annotation::AnnotationOptions;
use crate::operations::knowledge_base::KnowledgeBaseName;

/// Orders rows where no other rule does.
const SEED: u64 = 42;
/// Lead of the nearest description over the next one, in cosine, below which a label by meaning is `unsure`.
const MARGIN: f32 = 0.05;

/// A data set as asked for by a client.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClassificationRequest {
    /// The table: a file of a data root, or an upload.
    pub source: Source,
    /// Folder that takes the data set; without one its files become artifacts of the job.
    #[serde(default)]
    pub destination: Option<Destination>,
    /// What to make of it.
    pub options: ClassificationOptions,
}

/// What to make of a table; all but the text column has a default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema, Args)]
#[serde(default, deny_unknown_fields)]
pub struct ClassificationOptions {
    /// Column of the texts; several are joined
    #[arg(long, value_name = "COLUMN")]
    #[serde(deserialize_with = "one_or_many")]
    #[schema(value_type = OneOrMany, min_items = 1)]
    pub text_column: Vec<String>,
    /// How several text columns are joined, e.g. `{title}. {body}`; none: what is not empty, a line each
    #[arg(long, value_name = "TEMPLATE")]
    pub template: Option<String>,
    /// What is learnt from a row
    #[arg(long, value_enum, default_value_t, value_name = "TASK")]
    pub task: Task,

    /// Column of the labels
    #[arg(long, value_name = "COLUMN", help_heading = "Labels", conflicts_with_all = ["label_by_concepts", "label_by_meaning"])]
    pub label_column: Option<String>,
    /// What parts several labels in one cell, e.g. `;` (a list column needs none)
    #[arg(long, value_name = "TEXT", help_heading = "Labels")]
    pub label_separator: Option<String>,
    /// The labels there are; without another source of labels they are left empty, for annotation
    #[arg(long, value_name = "FILE", value_parser = label_set_file, help_heading = "Labels")]
    pub label_set: Option<LabelSet>,
    /// Label by the concepts of a knowledge base that a text mentions
    #[arg(long, value_name = "KB", help_heading = "Labels", conflicts_with = "label_by_meaning")]
    pub label_by_concepts: Option<KnowledgeBaseName>,
    /// How concepts are found
    #[arg(skip)]
    pub annotation: AnnotationOptions,
    /// Label by which description of a label is nearest in meaning
    #[arg(long, value_name = "FILE", value_parser = descriptions_file, help_heading = "Labels")]
    pub label_by_meaning: Option<Descriptions>,
    /// Lead in cosine of the nearest description over that of the next label; below it a text is `unsure`
    #[arg(long, value_name = "COSINE", default_value_t = MARGIN, help_heading = "Labels")]
    #[schema(minimum = 0, maximum = 2)]
    pub margin: f32,
    /// Model of the store that tells meanings, by its id [default: all-MiniLM-L6-v2]
    #[arg(long, value_name = "ID", help_heading = "Labels")]
    pub model: Option<String>,
    /// Other names for labels, e.g. `POSTIVE=POSITIVE,NEG=NEGATIVE`
    #[arg(long, value_name = "OLD=NEW", default_value_t, hide_default_value = true, help_heading = "Labels")]
    pub label_map: LabelMap,
    /// What becomes of rows without a label
    #[arg(long, value_enum, default_value_t, help_heading = "Labels")]
    pub unlabelled: Unlabelled,
    /// Label of rows without one, e.g. `none`
    #[arg(long, value_name = "LABEL", help_heading = "Labels")]
    pub unlabelled_as: Option<String>,

    /// Column of IOB tags, one a token; tokens are the text's, parted by blanks, or a list column's
    #[arg(long, value_name = "COLUMN", help_heading = "Entities", conflicts_with = "spans_column")]
    pub tags_column: Option<String>,
    /// Column of spans (start, end, label in code points): a list of structs as `mentions` of `annotate`, or JSON
    #[arg(long, value_name = "COLUMN", help_heading = "Entities")]
    pub spans_column: Option<String>,

    /// Shares of the splits, as parts of 1 or of 100
    #[arg(long, value_name = "SHARES", default_value_t, help_heading = "Split")]
    pub split: Shares,
    /// Take rows of each label apart from the others, so that every split has its share of it, or don't
    #[arg(long, value_name = "BOOL", default_value_t = true, action = clap::ArgAction::Set, help_heading = "Split")]
    pub stratify: bool,
    /// Column whose equal values stay in one split, e.g. the document
    #[arg(long, value_name = "COLUMN", help_heading = "Split", conflicts_with = "time_column")]
    pub group_column: Option<String>,
    /// Column by which rows are ordered: the earliest to train, the latest to test
    #[arg(long, value_name = "COLUMN", help_heading = "Split")]
    pub time_column: Option<String>,
    /// Column that says the split already; rows without one are divided as asked
    #[arg(long, value_name = "COLUMN", help_heading = "Split")]
    pub split_column: Option<String>,
    /// Orders rows where no other rule does
    #[arg(long, value_name = "NUMBER", default_value_t = SEED, help_heading = "Split")]
    pub seed: u64,

    /// Keep rows without a text
    #[arg(long, help_heading = "Cleaning")]
    pub keep_empty: bool,
    /// Which repeated texts are left out; the first stays
    #[arg(long, value_enum, default_value_t, help_heading = "Cleaning")]
    pub duplicates: Duplicates,
    /// What becomes of equal texts with different labels
    #[arg(long, value_enum, default_value_t, help_heading = "Cleaning")]
    pub conflicts: Conflicts,
    /// Leave out shorter texts, in code points
    #[arg(long, value_name = "CHARS", help_heading = "Cleaning")]
    pub min_chars: Option<u32>,
    /// Leave out longer texts, in code points
    #[arg(long, value_name = "CHARS", help_heading = "Cleaning")]
    pub max_chars: Option<u32>,
    /// Leave out texts of other languages (ISO 639-1, e.g. `en`); may be given again
    #[arg(long = "language", value_name = "CODE", help_heading = "Cleaning")]
    pub languages: Vec<String>,

    /// What is done about labels that are rarer than others; only the train split changes
    #[arg(long, value_enum, default_value_t, help_heading = "Balance")]
    pub balance: Balance,
    /// Most rows of a label in the train split that stay
    #[arg(long, value_name = "ROWS", help_heading = "Balance")]
    #[schema(minimum = 1)]
    pub most_per_label: Option<u64>,
    /// Add a column `weight`: rows of the train split over labels times rows of this label
    #[arg(long, help_heading = "Balance")]
    pub weights: bool,

    /// Further columns to keep; none: all others
    #[arg(long = "keep-column", value_name = "COLUMN", help_heading = "Output")]
    pub keep_columns: Vec<String>,
    /// Form of the data set
    #[arg(long, value_enum, default_value_t, help_heading = "Output")]
    pub format: Format,
    /// Licence of the data, for the card, e.g. `CC-BY-4.0`
    #[arg(long, value_name = "LICENCE", help_heading = "Output")]
    pub licence: Option<String>,
}

impl ClassificationOptions {
    /// Whether a model has to tell meanings.
    pub fn needs_model(&self) -> bool {
        self.label_by_meaning.is_some() || (self.label_by_concepts.is_some() && self.annotation.meaning)
    }

    /// Whether somebody says how sure a label is.
    pub(super) fn has_confidence(&self) -> bool {
        let has_labeller = self.label_by_meaning.is_some() || self.label_by_concepts.is_some();
        has_labeller && self.task != Task::Entities
    }

    /// The model that is asked for by its id; `None`: the default one.
    pub fn model_id(&self) -> Option<&str> {
        let of_concepts = self.annotation.model.as_deref().filter(|_| self.label_by_concepts.is_some());
        self.model.as_deref().or(of_concepts)
    }
}

impl Default for ClassificationOptions {
    fn default() -> Self {
        Self {
            text_column: Vec::new(),
            template: None,
            task: Task::default(),
            label_column: None,
            label_separator: None,
            label_set: None,
            label_by_concepts: None,
            annotation: AnnotationOptions::default(),
            label_by_meaning: None,
            margin: MARGIN,
            model: None,
            label_map: LabelMap::default(),
            unlabelled: Unlabelled::default(),
            unlabelled_as: None,
            tags_column: None,
            spans_column: None,
            split: Shares::default(),
            stratify: true,
            group_column: None,
            time_column: None,
            split_column: None,
            seed: SEED,
            keep_empty: false,
            duplicates: Duplicates::default(),
            conflicts: Conflicts::default(),
            min_chars: None,
            max_chars: None,
            languages: Vec::new(),
            balance: Balance::default(),
            most_per_label: None,
            weights: false,
            keep_columns: Vec::new(),
            format: Format::default(),
            licence: None,
        }
    }
}

/// One name, or a list of names.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum OneOrMany {
    /// One name.
    One(String),
    /// Names, in the order in which their texts are joined.
    Many(Vec<String>),
}

/// Reads one name or a list of names.
///
/// # Errors
/// When it is neither.
pub(in crate::operations) fn one_or_many<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<String>, D::Error> {
    OneOrMany::deserialize(deserializer).map(|names| match names {
        OneOrMany::One(name) => vec![name],
        OneOrMany::Many(names) => names,
    })
}

/// What is learnt from a row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Task {
    /// One label a text
    #[default]
    SingleLabel,
    /// Any number of labels a text
    MultiLabel,
    /// A tag for each token of a text
    Entities,
}

/// What becomes of rows without a label.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Unlabelled {
    /// They are left out where labels come from somewhere, and kept where there are none at all
    #[default]
    Auto,
    /// They stay, their label is null
    Keep,
    /// They are left out
    Drop,
}

/// Which repeated texts are left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Duplicates {
    /// None; they are counted
    #[default]
    Keep,
    /// Those that are the same to the letter, with the same label
    Exact,
    /// Those that differ in case, blanks or the encoding of their characters, with the same label
    Normalised,
}

/// What becomes of equal texts with different labels; equal as `Duplicates::Normalised` says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Conflicts {
    /// They stay, and are reported
    #[default]
    Report,
    /// They are all left out
    Drop,
    /// The label that most of them have is theirs; where two have as many, they are left out
    Majority,
}

/// What is done about labels that are rarer than others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Balance {
    /// Nothing; counts and weights are in the card
    #[default]
    None,
    /// Rows of the train split are left out until every label has as many as the rarest
    DownSample,
}

/// Form of the data set.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// One Parquet file
    #[default]
    Parquet,
    /// One CSV file; lists are JSON
    Csv,
    /// One file of JSON lines
    Jsonl,
    /// A file of CoNLL a split, for entities: token, tab, tag, and no other column
    Conll,
    /// A folder that `datasets.load_dataset` of Hugging Face reads: a Parquet file a split, and a README.md
    HuggingFace,
}
