//! What one looks at to understand a number: distributions, shares, maps, words, rows.
//!
//! The one decision: an exhibit is data, bounded in size by whoever makes it, and says nothing of how it is drawn.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::outcome::Which;

/// Something to look at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Exhibit {
    /// How numbers are distributed in both sets.
    Distribution(Distribution),
    /// Shares of categories in both sets, or values of one set.
    Bars(Bars),
    /// Vectors of texts, brought to two dimensions.
    Map(Map),
    /// How often one category goes with another.
    Matrix(Matrix),
    /// Words, ranked.
    Words(Words),
    /// Rows to read.
    Examples(Examples),
    /// Rows that belong together, e.g. because their texts are the same.
    Groups(Groups),
    /// Parts of the data, each told by ranges of one or two columns.
    Segments(Segments),
}

/// How numbers are distributed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Distribution {
    /// Heading.
    pub title: String,
    /// Property or column.
    pub column: String,
    /// Borders of the bins: one more than bins, rising.
    pub edges: Vec<f64>,
    /// Values of the reference in each bin; empty where there is none.
    pub reference: Vec<u64>,
    /// Values of the incoming set in each bin; empty where there is none.
    pub incoming: Vec<u64>,
    /// Lines across, e.g. limits beyond which values are outliers.
    pub marks: Vec<Mark>,
}

/// A line across a distribution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Mark {
    /// Where.
    pub at: f64,
    /// What it is.
    pub label: String,
}

/// Categories and a number of each.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Bars {
    /// Heading.
    pub title: String,
    /// What the numbers are: `share` (0 to 1), `rows`, `score`.
    pub unit: String,
    /// The bars, in the order in which they are to be seen.
    pub bars: Vec<Bar>,
    /// Categories that are left out for room.
    pub more: u64,
}

/// A category.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Bar {
    /// Which.
    pub category: String,
    /// Its number in the reference.
    pub reference: Option<f64>,
    /// Its number in the incoming set.
    pub incoming: Option<f64>,
}

/// Texts as points: near ones are near in meaning, as far as two dimensions can show it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Map {
    /// Heading.
    pub title: String,
    /// What the axes are.
    pub axes: [String; 2],
    /// The points.
    pub points: Vec<Point>,
}

/// A text on a map.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Point {
    /// Along the first axis.
    pub x: f32,
    /// Along the second axis.
    pub y: f32,
    /// The set.
    pub set: Which,
    /// The row in its set, from 0.
    pub row: u64,
    /// The text, cut.
    pub text: String,
}

/// How often one category goes with another.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Matrix {
    /// Heading.
    pub title: String,
    /// What the rows are, e.g. `label`.
    pub row_title: String,
    /// What the columns are, e.g. `prediction`.
    pub column_title: String,
    /// Rows.
    pub rows: Vec<String>,
    /// Columns.
    pub columns: Vec<String>,
    /// Counts, row by row.
    pub counts: Vec<Vec<u64>>,
}

/// Words, ranked.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Words {
    /// Heading.
    pub title: String,
    /// The words, the first one first.
    pub words: Vec<Word>,
    /// Words that are left out for room.
    pub more: u64,
}

/// A word.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Word {
    /// Itself.
    pub word: String,
    /// How often it is in the reference.
    pub reference: Option<u64>,
    /// How often it is in the incoming set.
    pub incoming: Option<u64>,
    /// How much it weighs, e.g. in a classifier.
    pub weight: Option<f64>,
    /// Rows that have it.
    pub examples: Vec<Example>,
}

/// Rows to read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Examples {
    /// Heading.
    pub title: String,
    /// The rows.
    pub rows: Vec<Example>,
    /// Rows that are left out for room.
    pub more: u64,
}

/// A row to read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Example {
    /// The set.
    pub set: Which,
    /// The row in its set, from 0.
    pub row: u64,
    /// The text, cut.
    pub text: String,
    /// Why it is shown, e.g. the value of the property.
    pub note: Option<String>,
}

/// Rows that belong together.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Groups {
    /// Heading.
    pub title: String,
    /// The groups, the largest first.
    pub groups: Vec<Group>,
    /// Groups that are left out for room.
    pub more: u64,
}

/// Rows that belong together.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Group {
    /// What they share, or the text of the first, cut.
    pub text: String,
    /// How many they are.
    pub count: u64,
    /// Those of the reference, from 0; cut.
    pub reference_rows: Vec<u64>,
    /// Those of the incoming set, from 0; cut.
    pub incoming_rows: Vec<u64>,
    /// Their labels, where those matter.
    pub labels: Vec<String>,
}

impl Group {
    /// The same, with rows of one of the sets.
    #[must_use]
    pub(super) fn with_rows(mut self, set: Which, rows: Vec<u64>) -> Self {
        match set {
            Which::Reference => self.reference_rows = rows,
            Which::Incoming => self.incoming_rows = rows,
        }
        self
    }
}

/// Parts of the data.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Segments {
    /// Heading.
    pub title: String,
    /// What the score of a segment is.
    pub score_title: String,
    /// The score of all rows.
    pub average: f64,
    /// The segments, the most striking first.
    pub segments: Vec<Segment>,
}

/// A part of the data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Segment {
    /// Which rows, in words, e.g. `text_length > 120 and channel is "url"`.
    pub rule: String,
    /// Its score.
    pub score: f64,
    /// Its rows.
    pub rows: u64,
    /// Their share of all, 0 to 1.
    pub share: f64,
    /// Some of them.
    pub examples: Vec<Example>,
}
