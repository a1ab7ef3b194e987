//! What can be asked of a conversion, declared once for JSON, command line and documentation.

use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::encoding::Encoding;
use crate::core::storage::location::{Destination, Source};
use crate::core::tabular::column::{self, DateOrder};
use crate::core::tabular::delimited::DelimiterWish;
use crate::core::tabular::table::TableOptions;

const ROW_GROUP_ROWS: u32 = 1_000_000;
const MAX_REJECTS: u32 = 1_000;

/// A conversion as asked for by a client.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConversionRequest {
    /// File, folder or upload to convert.
    pub source: Source,
    /// Folder that takes the mirrored tree; without one the Parquet files become artifacts of the job.
    #[serde(default)]
    pub destination: Option<Destination>,
    /// How to convert.
    #[serde(default)]
    pub options: ConversionOptions,
}

/// How to convert; every field has a default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema, Args)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct ConversionOptions {
    /// Convert only files whose path matches one of these globs (`**` spans folders); empty: all
    #[arg(long, value_name = "GLOB")]
    pub include: Vec<String>,
    /// Leave out files whose path matches one of these globs
    #[arg(long, value_name = "GLOB")]
    pub exclude: Vec<String>,
    /// Find each column's type from the whole file, or keep every value as text
    #[arg(long, value_enum, default_value_t, value_name = "MODE")]
    pub schema: SchemaMode,
    /// Whether the first record of delimited text, or the first row of a sheet or HTML table, names the columns
    #[arg(long, value_enum, default_value_t, value_name = "WHETHER")]
    pub header: Header,
    /// What parts the fields of delimited text
    #[arg(long, value_enum, default_value_t, value_name = "CHARACTER")]
    pub delimiter: Delimiter,
    /// Character encoding of the files
    #[arg(long, value_enum, default_value_t, value_name = "NAME")]
    pub encoding: Encoding,
    /// Words that stand for a missing value where a column is not text, instead of NA, N/A, NULL, None, - and the like
    #[arg(long = "null-word", value_name = "WORD")]
    pub null_words: Option<Vec<String>>,
    /// Whether a comma in numbers of delimited text is a decimal comma
    #[arg(long, value_enum, default_value_t, value_name = "WHEN")]
    pub decimal_comma: DecimalComma,
    /// Spread JSON objects over columns of their own: `address.city`
    #[arg(long)]
    pub flatten: bool,
    /// Add the columns `_source`, `_sheet` and `_line`: where each row comes from
    #[arg(long)]
    pub lineage: bool,
    /// What `01/02/2024` means where a column never tells day from month
    #[arg(long, value_enum, default_value_t, value_name = "ORDER")]
    pub ambiguous_dates: AmbiguousDates,
    /// Compression of the Parquet files
    #[arg(long, value_enum, default_value_t, value_name = "CODEC")]
    pub compression: Compression,
    /// Rows of a Parquet row group, 1 to 10000000; a group also ends at 128 MiB
    #[arg(long, default_value_t = ROW_GROUP_ROWS, value_name = "ROWS", value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    #[schema(minimum = 1, maximum = 10_000_000)]
    pub row_group_rows: u32,
    /// What becomes of rows that can't be part of their table
    #[arg(long, value_enum, default_value_t, value_name = "WHAT")]
    pub on_reject: OnReject,
    /// Rows of one table that may be rejected before the file fails
    #[arg(long, default_value_t = MAX_REJECTS, value_name = "ROWS")]
    pub max_rejects: u32,
    /// Convert every file again, changed or not
    #[arg(long)]
    pub overwrite: bool,
    /// Say what would be done, and write nothing
    #[arg(long)]
    pub dry_run: bool,
}

impl Default for ConversionOptions {
    fn default() -> Self {
        Self {
            include: Vec::new(),
            exclude: Vec::new(),
            schema: SchemaMode::default(),
            header: Header::default(),
            delimiter: Delimiter::default(),
            encoding: Encoding::default(),
            null_words: None,
            decimal_comma: DecimalComma::default(),
            flatten: false,
            lineage: false,
            ambiguous_dates: AmbiguousDates::default(),
            compression: Compression::default(),
            row_group_rows: ROW_GROUP_ROWS,
            on_reject: OnReject::default(),
            max_rejects: MAX_REJECTS,
            overwrite: false,
            dry_run: false,
        }
    }
}

impl ConversionOptions {
    /// How the tables of a file are read; `source` is the path that `_source` holds.
    pub fn table_options(&self, source: &str) -> TableOptions {
        TableOptions {
            as_text: self.schema == SchemaMode::Text,
            date_order: match self.ambiguous_dates {
                AmbiguousDates::Text => DateOrder::Unknown,
                AmbiguousDates::DayFirst => DateOrder::DayFirst,
                AmbiguousDates::MonthFirst => DateOrder::MonthFirst,
            },
            header: match self.header {
                Header::Auto => None,
                Header::Present => Some(true),
                Header::Absent => Some(false),
            },
            delimiter: self.delimiter.wish(),
            null_words: self.null_words.clone(),
            decimal_comma: match self.decimal_comma {
                DecimalComma::Auto => column::DecimalComma::Auto,
                DecimalComma::Always => column::DecimalComma::Always,
                DecimalComma::Never => column::DecimalComma::Never,
            },
            flatten: self.flatten,
            lineage: self.lineage.then(|| source.to_owned()),
            encoding: self.encoding.wish(),
        }
    }
}

/// Where column types come from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum SchemaMode {
    /// From every value of the file.
    #[default]
    Infer,
    /// Every column is text, every value as written; lossless there and back.
    Text,
}

/// Whether the first record names the columns.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Header {
    /// Find out, file by file; the report says what was found.
    #[default]
    Auto,
    /// It does, in every file.
    Present,
    /// It does not, in any file; columns are numbered from 0.
    Absent,
}

/// What parts the fields of delimited text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Delimiter {
    /// Find out, file by file; the report says what was found.
    #[default]
    Auto,
    /// `,`
    Comma,
    /// A tab.
    Tab,
    /// `;`
    Semicolon,
    /// `|`
    Pipe,
    /// Nothing: every line is one value.
    None,
}

impl Delimiter {
    pub(in crate::operations) fn wish(self) -> DelimiterWish {
        match self {
            Self::Auto => DelimiterWish::Find,
            Self::Comma => DelimiterWish::Is(b','),
            Self::Tab => DelimiterWish::Is(b'\t'),
            Self::Semicolon => DelimiterWish::Is(b';'),
            Self::Pipe => DelimiterWish::Is(b'|'),
            Self::None => DelimiterWish::Absent,
        }
    }
}

/// Whether `1,5` is a number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum DecimalComma {
    /// Where a comma does not part the fields, and one value of the column can't be thousands.
    #[default]
    Auto,
    /// It is, in every file; `1,234` is a bit more than one.
    Always,
    /// It is not, in any file; such columns are text.
    Never,
}

/// What becomes of rows that can't be part of their table. They are counted in any case.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum OnReject {
    /// They are written to `….rejects.jsonl` beside the Parquet file.
    #[default]
    Write,
    /// They are only counted.
    Count,
    /// The first one makes the file fail.
    Fail,
}

/// What a date like `01/02/2024` means where its column never tells.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, ValueEnum)]
#[serde(rename_all = "snake_case")]
#[clap(rename_all = "snake_case")]
pub enum AmbiguousDates {
    /// It is kept as text, and the report says so.
    #[default]
    Text,
    /// 1 February.
    DayFirst,
    /// 2 January.
    MonthFirst,
}

/// Compression of Parquet pages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Compression {
    /// Zstandard, level 3.
    #[default]
    Zstd,
    /// Snappy: faster, larger.
    Snappy,
    /// None.
    None,
}
