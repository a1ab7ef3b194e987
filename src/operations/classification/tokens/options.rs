//! What can be asked of a conversion of tags, declared once for JSON, command line and documentation.

use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How to convert; every field has a default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, Args)]
#[serde(default, deny_unknown_fields)]
pub struct TokensOptions {
    /// Form of the input; without it, what its name and its first line say
    #[arg(long, value_enum, value_name = "FORM")]
    pub from: Option<TokensForm>,
    /// Form of the output; without it, what its name says
    #[arg(long, value_enum, value_name = "FORM")]
    pub to: Option<TokensForm>,
    /// Column of the texts or tokens, in tables [default: text; for lists, tokens]
    #[arg(long, value_name = "COLUMN")]
    pub text_column: Option<String>,
    /// Column of the tags, in tables [default: `iob_tags`; for lists, tags]
    #[arg(long, value_name = "COLUMN")]
    pub tags_column: Option<String>,
    /// Column of the spans, in tables of spans [default: spans]
    #[arg(long, value_name = "COLUMN")]
    pub spans_column: Option<String>,
    /// The input is IOB1: an entity begins with `I-`, which is no fault there
    #[arg(long)]
    pub iob1: bool,
    /// Write nothing if a tag must be mended, or a row does not fit
    #[arg(long)]
    pub strict: bool,
}

/// How entities are written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum TokensForm {
    /// Token, tab, tag; a blank line between texts
    Conll,
    /// `{"tokens": […], "tags": […]}` a line
    Iob,
    /// `{"text": …, "spans": [{"start": …, "end": …, "label": …}]}` a line, in code points
    Spans,
    /// A table with columns of texts and tags: parted by blanks in CSV, lists in Parquet
    Table,
    /// A table with columns of texts and spans: as JSON in CSV, lists in Parquet
    SpanTable,
}

impl TokensForm {
    /// Whether entities are spans of a text there, and not tags of tokens.
    pub(super) fn has_spans(self) -> bool {
        matches!(self, Self::Spans | Self::SpanTable)
    }

    /// What a file's name says of what it holds, `.gz` and `.zst` looked through; `None`: nothing, or that it is JSON lines.
    pub(super) fn by_name(name: &str) -> Option<Self> {
        let lower = name.to_lowercase();
        let bare = [".gz", ".zst"].iter().find_map(|packed| lower.strip_suffix(packed)).unwrap_or(&lower);
        let (stem, ending) = bare.rsplit_once('.')?;
        match (ending, stem.rsplit_once('.').map(|(_, inner)| inner)) {
            ("conll" | "iob" | "iob1" | "iob2" | "bio" | "bioes", _) => Some(Self::Conll),
            ("csv" | "tsv" | "parquet", _) => Some(Self::Table),
            ("jsonl" | "ndjson", Some("iob")) => Some(Self::Iob),
            ("jsonl" | "ndjson", Some("spans")) => Some(Self::Spans),
            _ => None,
        }
    }
}
