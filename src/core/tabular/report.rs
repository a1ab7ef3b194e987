//! What is said of a table: everything found out about it, and what its reader should know. Plain data.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::column::ColumnNote;
use super::delimited::DialectReport;
use super::encoding::Confidence;
use super::format::FormatName;

/// A guess and how sure it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Guess<T> {
    /// What was found.
    pub value: T,
    /// How sure.
    pub confidence: Confidence,
}

/// A column as it was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ColumnReport {
    /// Its name in Parquet.
    pub name: String,
    /// Its Arrow type, e.g. `Int64`.
    #[serde(rename = "type")]
    pub data_type: String,
    /// What a reader should know.
    pub notes: Vec<ColumnNote>,
}

/// Something about a table that its reader should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum TableNote {
    /// Lines above the table, kept in the Parquet file's metadata as `textmill.preamble`.
    Preamble {
        /// How many.
        lines: u64,
    },
    /// Lines without any character, passed over.
    BlankLines {
        /// How many.
        count: u64,
    },
    /// Rows with fewer fields than the table, filled up with missing values.
    ShortRows {
        /// How many.
        count: u64,
    },
    /// Rows with more fields than the table, all of them empty beyond it.
    EmptyExtraFields {
        /// How many.
        count: u64,
    },
    /// Quotes in the middle of a field, kept as characters.
    StrayQuotes {
        /// How many.
        count: u64,
    },
    /// Quotes that never close, kept as characters.
    UnclosedQuotes {
        /// How many.
        count: u64,
        /// Line of the first, from 1.
        line: u64,
    },
    /// Rows of a sheet without any value, in gaps too long to be kept.
    BlankRows {
        /// How many were passed over.
        count: u64,
    },
    /// Pages without a text layer: nothing was read from them.
    PagesWithoutText {
        /// How many.
        count: u64,
        /// Number of the first, from 1.
        first: u64,
    },
    /// Pages of which the text could not be read.
    UnreadablePages {
        /// How many.
        count: u64,
        /// Number of the first, from 1.
        first: u64,
    },
    /// Text between elements, or beside the rows, that no column holds.
    StrayText {
        /// How many pieces.
        count: u64,
    },
    /// Elements with text or attributes that stand beside the rows of XML: no column holds them.
    ElementsBesideRows {
        /// How many.
        count: u64,
        /// Path of the first, e.g. `catalog/remark`.
        first: String,
    },
    /// References like `&nbsp;` that XML does not know, kept as written.
    UnknownReferences {
        /// How many.
        count: u64,
    },
    /// Keys that stand twice in one object; the last value counts.
    DuplicateKeys {
        /// How many values were replaced.
        count: u64,
    },
}

/// A sheet of a workbook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SheetReport {
    /// Its name in the workbook.
    pub name: String,
    /// Whether a reader of the workbook sees it.
    pub visibility: Visibility,
    /// The cells that the table fills, header included, e.g. `A3:D120`.
    pub range: String,
    /// Whether the first row names the columns.
    pub header: Guess<bool>,
}

/// A table of a web page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HtmlTableReport {
    /// Which of the page's tables it is, from 1.
    pub number: u32,
    /// How many tables the page has.
    pub of: u32,
    /// Whether the first row names the columns.
    pub header: Guess<bool>,
}

/// Whether a sheet is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// It is.
    Visible,
    /// Hidden; a user can show it.
    Hidden,
    /// Hidden by a program; a user can't show it.
    VeryHidden,
}

/// Everything found out about a table before it is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TableReport {
    /// What the content is.
    pub format: FormatName,
    /// `gzip` or `zstd`; `null` when the file is not packed.
    pub packing: Option<String>,
    /// Character encoding; `null` where the format itself says it.
    pub encoding: Option<Guess<String>>,
    /// Delimiter, quotes, header of delimited text.
    pub dialect: Option<DialectReport>,
    /// Which sheet of a workbook it is.
    pub sheet: Option<SheetReport>,
    /// Which table of a web page it is.
    pub html_table: Option<HtmlTableReport>,
    /// Path of the repeated element that makes the rows of XML, e.g. `catalog/book`.
    pub element: Option<String>,
    /// The columns in order.
    pub columns: Vec<ColumnReport>,
}

impl TableReport {
    /// A table of this format with these columns, and nothing else to be said.
    pub(crate) fn new(format: FormatName, columns: Vec<ColumnReport>) -> Self {
        Self {
            format,
            packing: None,
            encoding: None,
            dialect: None,
            sheet: None,
            html_table: None,
            element: None,
            columns,
        }
    }

    /// Whether the first row names the columns, where that had to be found out.
    pub fn header(&self) -> Option<&Guess<bool>> {
        let dialect = self.dialect.as_ref().map(|dialect| &dialect.header);
        let sheet = self.sheet.as_ref().map(|sheet| &sheet.header);
        dialect.or(sheet).or_else(|| self.html_table.as_ref().map(|table| &table.header))
    }
}
