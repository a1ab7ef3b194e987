//! A place in a text that stands for a concept.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How a mention was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// The phrase itself, but for capitals, hyphens and the like.
    Exact,
    /// Other forms of its words: plural, past, case.
    Inflected,
    /// With a slip of the pen.
    Typo,
    /// By what it means.
    Meaning,
}

impl How {
    /// The word for it in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Inflected => "inflected",
            Self::Typo => "typo",
            Self::Meaning => "meaning",
        }
    }
}

/// A mention, in numbers: what they name is in the lexicon and the text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Mention {
    /// Which concept of the lexicon.
    pub concept: u32,
    /// Which phrase of the lexicon.
    pub phrase: u32,
    /// Words of the text, by their place.
    pub words: std::ops::Range<usize>,
    /// How it was found.
    pub how: How,
    /// How like the phrase it is, above 0 to 1: the share of letters that are the same, or the cosine of meanings.
    pub score: f32,
}
