//! What a client asks for.

use std::fmt;

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use crate::core::failure::{Code, Failure};
use crate::routers::problem::{Faults, Problem};

/// Texts, and how their vectors are wanted.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EmbeddingRequest {
    /// A text, or a list of texts; the empty text is one, too. Lists of tokens are not taken.
    pub(super) input: EmbeddingInput,
    /// Id of a model in the catalogue, or another name of it [default: the service's own choice]
    #[schema(example = "all-MiniLM-L6-v2", min_length = 1)]
    pub(super) model: Option<String>,
    /// How numbers are written
    #[serde(default)]
    pub(super) encoding_format: EncodingFormat,
    /// Numbers of a vector: those that the model has, or nothing
    #[schema(minimum = 1)]
    pub(super) dimensions: Option<u32>,
    /// Not used
    user: Option<String>,
}

/// A text, or several.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(untagged)]
pub(super) enum EmbeddingInput {
    /// One.
    One(String),
    /// Several, 2048 at most unless the service is set up otherwise.
    Many(Vec<String>),
}

/// How the numbers of a vector are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum EncodingFormat {
    /// As a list.
    #[default]
    Float,
    /// As one text: the numbers as 32-bit floats, little end first, in Base64.
    Base64,
}

impl EmbeddingRequest {
    /// What the form does not say.
    pub(super) fn check(&self, max_inputs: usize) -> Result<(), Problem> {
        let mut faults = Faults::default();
        match self.input.texts().len() {
            0 => faults.at("/input", Failure::new(Code::InvalidParameter, "`input` is an empty list")),
            count if count > max_inputs => {
                let failure =
                    Failure::new(Code::TooManyInputs, format!("`input` has {count} texts, {max_inputs} at most"));
                faults.at("/input", failure.with_hint("send several requests; `/v1/info` lists the limits"));
            }
            _ => {}
        }
        faults.into_result()
    }
}

impl EmbeddingInput {
    /// All of them.
    pub(super) fn texts(&self) -> Vec<&str> {
        match self {
            Self::One(text) => vec![text],
            Self::Many(texts) => texts.iter().map(String::as_str).collect(),
        }
    }
}

/// By hand: what serde derives does not say what is wrong, nor with which text.
impl<'de> Deserialize<'de> for EmbeddingInput {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Texts)
    }
}

struct Texts;

impl<'de> Visitor<'de> for Texts {
    type Value = EmbeddingInput;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a text or a list of texts")
    }

    fn visit_str<E>(self, text: &str) -> Result<EmbeddingInput, E> {
        Ok(EmbeddingInput::One(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<EmbeddingInput, E> {
        Ok(EmbeddingInput::One(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<EmbeddingInput, A::Error> {
        let mut texts = Vec::new();
        while let Some(OneText(text)) = list.next_element()? {
            texts.push(text);
        }
        Ok(EmbeddingInput::Many(texts))
    }
}

/// A text of a list.
struct OneText(String);

impl<'de> Deserialize<'de> for OneText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ListedText).map(Self)
    }
}

struct ListedText;

impl Visitor<'_> for ListedText {
    type Value = String;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a text: lists of tokens are not taken")
    }

    fn visit_str<E>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }

    fn visit_string<E>(self, text: String) -> Result<String, E> {
        Ok(text)
    }
}
