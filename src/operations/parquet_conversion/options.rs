//! What can be asked of a conversion, declared once for JSON, command line and documentation.

use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::encoding::Encoding;
use crate::core::storage::location::{Destination, Source};
use crate::core::tabular::delimited::DelimiterWish;

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
    /// Whether the first record of delimited text names the columns
    #[arg(long, value_enum, default_value_t, value_name = "WHETHER")]
    pub header: Header,
    /// What parts the fields of delimited text
    #[arg(long, value_enum, default_value_t, value_name = "CHARACTER")]
    pub delimiter: Delimiter,
    /// Character encoding of the files
    #[arg(long, value_enum, default_value_t, value_name = "NAME")]
    pub encoding: Encoding,
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
    /// Rows of one file that may be rejected before that file fails; rejected rows go to `<file>.rejects.jsonl`
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
            ambiguous_dates: AmbiguousDates::default(),
            compression: Compression::default(),
            row_group_rows: ROW_GROUP_ROWS,
            max_rejects: MAX_REJECTS,
            overwrite: false,
            dry_run: false,
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
    pub(super) fn wish(self) -> DelimiterWish {
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
