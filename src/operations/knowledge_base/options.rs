//! What can be asked of a build, declared once for JSON, command line and documentation.

use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::error::KnowledgeBaseError;
use super::name::KnowledgeBaseName;
use crate::core::hash::sha256_hex;
use crate::core::intake::{IntakeError, glob};
use crate::core::storage::location::{Destination, Source};
use crate::core::tabular::table::TableOptions;
use crate::operations::parquet_conversion::{Delimiter, Encoding, Header};

const MAX_RECORD_BYTES: u32 = 1 << 20;
const MAX_REJECTS: u32 = 1_000;
/// Characters of a wrong glob that are shown.
const SHOWN: usize = 200;
/// Units of a chunk at most.
const LONGEST_CHUNK: u32 = 100_000;

/// A build as asked for by a client.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KnowledgeBaseRequest {
    /// Folder, file or upload to read.
    pub source: Source,
    /// Name of the knowledge base; one of that name is brought up to date.
    pub name: KnowledgeBaseName,
    /// Folder that takes its records (`knowledge.jsonl`), and its contents nested as the folders are (`knowledge.json`),
    /// for others; they are not needed for reading or searching it.
    #[serde(default)]
    pub destination: Option<Destination>,
    /// How to build.
    #[serde(default)]
    pub options: KnowledgeBaseOptions,
}

/// How to build; every field has a default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema, Args)]
#[serde(default, deny_unknown_fields)]
pub struct KnowledgeBaseOptions {
    /// Read only files whose path matches one of these globs (`**` spans folders); empty: all
    #[arg(long, value_name = "GLOB")]
    pub include: Vec<String>,
    /// Leave out files whose path matches one of these globs
    #[arg(long, value_name = "GLOB")]
    pub exclude: Vec<String>,
    /// Whether the first record of delimited text, or the first row of a sheet or HTML table, names the columns
    #[arg(long, value_enum, default_value_t, value_name = "WHETHER")]
    pub header: Header,
    /// What parts the fields of delimited text
    #[arg(long, value_enum, default_value_t, value_name = "CHARACTER")]
    pub delimiter: Delimiter,
    /// Character encoding of the files
    #[arg(long, value_enum, default_value_t, value_name = "NAME")]
    pub encoding: Encoding,
    /// Columns that make the content of a table's records, in this order; without any, and in tables that have none of
    /// them, all columns
    #[arg(long = "content-column", value_name = "NAME")]
    pub content_columns: Vec<String>,
    /// What long texts are parted by into records of their own
    #[arg(long, value_enum, default_value_t, value_name = "UNIT")]
    pub chunk_by: ChunkBy,
    /// Units of a chunk at most, 1 to 100000 [default: 200 words, 8 sentences, 256 tokens]
    #[arg(long, value_name = "UNITS", value_parser = clap::value_parser!(u32).range(1..=i64::from(LONGEST_CHUNK)))]
    #[schema(minimum = 1, maximum = 100_000)]
    pub chunk_size: Option<u32>,
    /// Units at the end of a chunk that the next one begins with, in whole sentences; less than the size
    #[arg(long, default_value_t = 0, value_name = "UNITS")]
    #[schema(maximum = 99_999)]
    pub chunk_overlap: u32,
    /// Model of the store whose tokens are counted, with `chunk_by` `token` [default: the default model]
    #[arg(long, value_name = "ID")]
    pub chunk_model: Option<String>,
    /// What is tidied in contents; column values stay as they are in the file
    #[arg(long, value_enum, value_delimiter = ',', value_name = "WHAT")]
    pub clean: Vec<Clean>,
    /// What becomes of records whose content, normalised, an earlier one has, too
    #[arg(long, value_enum, default_value_t, value_name = "WHAT")]
    pub dedupe: Dedupe,
    /// Bytes of a record's line at most, 1024 to 67108864; larger ones are rejected
    #[arg(long, default_value_t = MAX_RECORD_BYTES, value_name = "BYTES", value_parser = clap::value_parser!(u32).range(1024..=67_108_864))]
    #[schema(minimum = 1024, maximum = 67_108_864)]
    pub max_record_bytes: u32,
    /// Rows of one table that may be rejected before the file fails
    #[arg(long, default_value_t = MAX_REJECTS, value_name = "ROWS")]
    pub max_rejects: u32,
    /// Index records by meaning, too: search finds what is said in other words
    #[arg(long)]
    pub meaning: bool,
    /// Model of the store that makes the vectors, with `meaning` [default: the default model]
    #[arg(long, value_name = "ID")]
    pub model: Option<String>,
}

impl Default for KnowledgeBaseOptions {
    fn default() -> Self {
        Self {
            include: Vec::new(),
            exclude: Vec::new(),
            header: Header::default(),
            delimiter: Delimiter::default(),
            encoding: Encoding::default(),
            content_columns: Vec::new(),
            chunk_by: ChunkBy::default(),
            chunk_size: None,
            chunk_overlap: 0,
            chunk_model: None,
            clean: Vec::new(),
            dedupe: Dedupe::default(),
            max_record_bytes: MAX_RECORD_BYTES,
            max_rejects: MAX_REJECTS,
            meaning: false,
            model: None,
        }
    }
}

/// What long texts are parted by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum ChunkBy {
    /// Documents by words, rows of tables not at all.
    #[default]
    Auto,
    /// Nothing: a page, section or row is one record.
    None,
    /// A number of sentences.
    Sentence,
    /// A number of words, without cutting sentences.
    Word,
    /// A number of tokens of a model, without cutting sentences.
    Token,
}

/// What is tidied in contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema, ValueEnum)]
#[serde(rename_all = "snake_case")]
#[clap(rename_all = "snake_case")]
pub enum Clean {
    /// Several blanks become one, and none stays at the ends of a line.
    WhiteSpace,
    /// Lines without text go.
    EmptyLines,
    /// Headers and footers that repeat on the pages of a document go.
    RepeatedLines,
}

/// What becomes of records whose content, normalised, an earlier one has, too.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Dedupe {
    /// They stay, and are counted.
    #[default]
    Report,
    /// They are counted, and left out.
    Drop,
}

impl KnowledgeBaseOptions {
    /// How the tables of a file are read: every value as written.
    pub(super) fn table_options(&self) -> TableOptions {
        TableOptions {
            as_text: true,
            header: match self.header {
                Header::Auto => None,
                Header::Present => Some(true),
                Header::Absent => Some(false),
            },
            delimiter: self.delimiter.wish(),
            encoding: self.encoding.wish(),
            ..TableOptions::default()
        }
    }

    /// Units of a chunk at most.
    pub(super) fn chunk_size(&self) -> u32 {
        self.chunk_size.unwrap_or(match self.chunk_by {
            ChunkBy::Auto | ChunkBy::None | ChunkBy::Word => 200,
            ChunkBy::Sentence => 8,
            ChunkBy::Token => 256,
        })
    }

    /// Whether this is to be tidied.
    pub(super) fn cleans(&self, what: Clean) -> bool {
        self.clean.contains(&what)
    }

    /// Digest of everything besides a file that shapes its records: the version, the models, and all options but those
    /// that only choose files, or say what is done with finished records.
    pub(super) fn record_settings(&self, models: &[String]) -> String {
        let shaping = Self { include: Vec::new(), exclude: Vec::new(), meaning: false, model: None, ..self.clone() };
        let settings =
            serde_json::json!({ "textmill": env!("CARGO_PKG_VERSION"), "options": shaping, "models": models });
        sha256_hex(settings.to_string().as_bytes())
    }
}

/// Every fault of the options that can be found without looking at files, each with its place, e.g. `include/0`.
pub fn check_options(options: &KnowledgeBaseOptions) -> Vec<(String, KnowledgeBaseError)> {
    let mut faults = Vec::new();
    for (name, patterns) in [("include", &options.include), ("exclude", &options.exclude)] {
        for (index, pattern) in patterns.iter().enumerate().filter(|(_, pattern)| !glob::is_valid(pattern)) {
            let glob = pattern.chars().take(SHOWN).collect();
            faults.push((format!("{name}/{index}"), IntakeError::Glob { glob }.into()));
        }
    }
    let mut range = |option: &'static str, value: u32, least: u32, most: u32| {
        if !(least..=most).contains(&value) {
            faults.push((option.to_owned(), KnowledgeBaseError::Range { option, value, least, most }));
        }
    };
    let size = options.chunk_size();
    range("chunk_size", size, 1, LONGEST_CHUNK);
    range("chunk_overlap", options.chunk_overlap, 0, size.saturating_sub(1));
    range("max_record_bytes", options.max_record_bytes, 1024, 64 << 20);
    faults
}
