//! What can be asked of an annotation, declared once for JSON, command line and documentation.

use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::inflection::{TONGUES, Tongue};
use crate::core::storage::location::{Destination, Source};
use crate::operations::knowledge_base::KnowledgeBaseName;

/// Cosine from which on a sentence means what a phrase means: chosen by the table in docs/annotate.md.
const THRESHOLD: f32 = 0.4;

/// An annotation of a table as asked for by a client.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnnotationRequest {
    /// Name of the knowledge base whose lists say what is looked for.
    pub knowledge_base: KnowledgeBaseName,
    /// The table: a file of a data root, or an upload.
    pub source: Source,
    /// Column of the texts.
    #[schema(example = "text", min_length = 1)]
    pub text_column: String,
    /// Folder that takes the outputs; without one they become artifacts of the job.
    #[serde(default)]
    pub destination: Option<Destination>,
    /// How to annotate.
    #[serde(default)]
    pub options: AnnotationOptions,
}

/// How to annotate; every field has a default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema, Args)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct AnnotationOptions {
    /// Which files of the knowledge base are lists of phrases (`**` spans folders); none: all text files whose columns have
    /// no names
    #[arg(long, value_name = "GLOB")]
    pub lists: Vec<String>,
    /// Whose inflection is known
    #[arg(long, value_enum, default_value_t, value_name = "LANGUAGE")]
    pub language: Language,
    /// Find phrases with slips of the pen, too
    #[arg(long)]
    pub typo: bool,
    /// Find what means the same, too, with a sentence-embedding model
    #[arg(long)]
    pub meaning: bool,
    /// Cosine from which on a meaning is the same, above 0 to 1
    #[arg(long, default_value_t = THRESHOLD, value_name = "COSINE", value_parser = cosine)]
    #[schema(exclusive_minimum = 0, maximum = 1)]
    pub threshold: f32,
    /// Model of the store that tells meanings, by its id [default: all-MiniLM-L6-v2]
    #[arg(long, value_name = "ID")]
    pub model: Option<String>,
    /// Keep mentions of a concept that overlap, instead of the longest
    #[arg(long)]
    pub all_mentions: bool,
    /// Add a column `count:<concept>` for each concept
    #[arg(long)]
    pub counts: bool,
    /// Write the mentions in further forms, too, beside the output
    #[arg(long = "export", value_enum, value_name = "FORM")]
    pub exports: Vec<Export>,
}

impl Default for AnnotationOptions {
    fn default() -> Self {
        Self {
            lists: Vec::new(),
            language: Language::default(),
            typo: false,
            meaning: false,
            threshold: THRESHOLD,
            model: None,
            all_mentions: false,
            counts: false,
            exports: Vec::new(),
        }
    }
}

fn cosine(text: &str) -> Result<f32, String> {
    match text.parse::<f32>() {
        Ok(number) if number > 0.0 && number <= 1.0 => Ok(number),
        _ => Err(format!("`{text}` is no number above 0 and up to 1")),
    }
}

/// Whose inflection is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// English and German: the text's own, where its small words tell, else both.
    #[default]
    Auto,
    /// English.
    English,
    /// German.
    German,
}

impl Language {
    pub(super) fn tongues(self) -> &'static [Tongue] {
        match self {
            Self::Auto => &TONGUES,
            Self::English => &[Tongue::English],
            Self::German => &[Tongue::German],
        }
    }
}

/// A form for those who train models.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Export {
    /// Words and their IOB2 tags, a text a line of JSON
    Iob,
    /// Word, tab, IOB2 tag; a blank line between texts
    Conll,
    /// Text and spans in code points, a text a line of JSON
    Spans,
    /// Tasks with predictions, as Label Studio imports them
    LabelStudio,
}

impl Export {
    /// What is put behind the output's name.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Iob => "iob.jsonl",
            Self::Conll => "conll",
            Self::Spans => "spans.jsonl",
            Self::LabelStudio => "label-studio.json",
        }
    }
}
