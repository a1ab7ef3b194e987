//! What can be asked of a language model, declared once for JSON, command line and documentation.

use std::ops::RangeInclusive;

use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::error::LanguageModelError;
use super::name::LanguageModelName;
use crate::core::storage::location::{Destination, Source};

/// Words of an n-gram.
const ORDERS: RangeInclusive<u8> = 1..=5;
/// Up to this distance all of 1/distance are whole parts of one number.
const WINDOWS: RangeInclusive<u8> = 0..=20;

/// A language model as asked for by a client.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LanguageModelRequest {
    /// Name under which the model is kept; one of this name is replaced.
    pub name: LanguageModelName,
    /// The table: a file of a data root, or an upload.
    pub source: Source,
    /// Column of the texts.
    #[schema(example = "text", min_length = 1)]
    pub text_column: String,
    /// Folder that takes the model and its tables, too; without one they become artifacts of the job.
    #[serde(default)]
    pub destination: Option<Destination>,
    /// How to build it.
    #[serde(default)]
    pub options: LanguageModelOptions,
}

/// How to build a language model; every field has a default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema, Args)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct LanguageModelOptions {
    /// What a word is
    #[arg(long, value_enum, default_value_t, value_name = "HOW", help_heading = "Words")]
    pub tokenizer: Tokenizer,
    /// Tell large letters from small ones
    #[arg(long, help_heading = "Words")]
    pub keep_case: bool,
    /// Take each sentence by itself, instead of each text
    #[arg(long, help_heading = "Words")]
    pub sentences: bool,
    /// Times that a word must be there to be known; rarer ones count as unknown
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u32).range(1..), help_heading = "Words")]
    #[schema(minimum = 1)]
    pub min_count: u32,
    /// Words of the longest n-grams, 1 to 5
    #[arg(long, default_value_t = 3, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=5), help_heading = "N-grams")]
    #[schema(minimum = 1, maximum = 5)]
    pub order: u8,
    /// What is taken from each count, above 0 to 1 [default: estimated for each order, n1 / (n1 + 2 n2)]
    #[arg(long, value_name = "NUMBER", value_parser = above_zero_to_one, help_heading = "N-grams")]
    #[schema(exclusive_minimum = 0, maximum = 1)]
    pub discount: Option<f64>,
    /// Keep no probability for unknown words: they are left out of perplexities
    #[arg(long, help_heading = "N-grams")]
    pub closed_vocabulary: bool,
    /// Distance up to which words occur together, 0 to 20; 0: no co-occurrences
    #[arg(long, default_value_t = 5, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=20), help_heading = "Co-occurrences")]
    #[schema(minimum = 0, maximum = 20)]
    pub window: u8,
    /// What a pair counts
    #[arg(long, value_enum, default_value_t, value_name = "HOW", help_heading = "Co-occurrences")]
    pub weighting: Weighting,
    /// Count only words that follow, instead of both sides
    #[arg(long, help_heading = "Co-occurrences")]
    pub one_sided: bool,
    /// What a pair must count to be kept; 0: all are
    #[arg(long, default_value_t = 0, value_name = "N", help_heading = "Co-occurrences")]
    pub min_pair_count: u32,
    /// Power that counts of context words are raised to, above 0 to 1: less than 1 keeps rare ones from standing out
    #[arg(long, default_value_t = 0.75, value_name = "POWER", value_parser = above_zero_to_one, help_heading = "Co-occurrences")]
    #[schema(exclusive_minimum = 0, maximum = 1)]
    pub context_smoothing: f64,
    /// Take the logarithm of this from each PMI, at least 1
    #[arg(long, default_value_t = 1.0, value_name = "NUMBER", value_parser = at_least_one, help_heading = "Co-occurrences")]
    #[schema(minimum = 1)]
    pub shift: f64,
}

impl Default for LanguageModelOptions {
    fn default() -> Self {
        Self {
            tokenizer: Tokenizer::default(),
            keep_case: false,
            sentences: false,
            min_count: 1,
            order: 3,
            discount: None,
            closed_vocabulary: false,
            window: 5,
            weighting: Weighting::default(),
            one_sided: false,
            min_pair_count: 0,
            context_smoothing: 0.75,
            shift: 1.0,
        }
    }
}

/// What a word is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Tokenizer {
    /// A run of letters and digits, as it is compared elsewhere: punctuation is left out
    #[default]
    Words,
    /// What stands between white space, for texts that are tokenized already
    Whitespace,
}

/// What a pair of words counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Weighting {
    /// 1, however far apart they are
    #[default]
    Flat,
    /// 1 / distance
    Harmonic,
}

/// Options that can't be, by the name of their field.
pub fn check_options(options: &LanguageModelOptions) -> Vec<(&'static str, LanguageModelError)> {
    let share = |value: f64| value > 0.0 && value <= 1.0;
    let checks = [
        ("order", ORDERS.contains(&options.order), options.order.to_string(), "1 to 5"),
        ("window", WINDOWS.contains(&options.window), options.window.to_string(), "0 to 20"),
        ("min_count", options.min_count > 0, options.min_count.to_string(), "at least 1"),
        (
            "discount",
            options.discount.is_none_or(share),
            options.discount.unwrap_or_default().to_string(),
            "above 0 and up to 1",
        ),
        (
            "context_smoothing",
            share(options.context_smoothing),
            options.context_smoothing.to_string(),
            "above 0 and up to 1",
        ),
        ("shift", options.shift >= 1.0 && options.shift.is_finite(), options.shift.to_string(), "at least 1"),
    ];
    let wrong = checks.into_iter().filter(|(_, is_right, ..)| !is_right);
    wrong.map(|(field, _, value, range)| (field, LanguageModelError::Option { field, value, range })).collect()
}

fn above_zero_to_one(text: &str) -> Result<f64, String> {
    let number = text.parse::<f64>().ok().filter(|number| *number > 0.0 && *number <= 1.0);
    number.ok_or_else(|| format!("`{text}` is no number above 0 and up to 1"))
}

fn at_least_one(text: &str) -> Result<f64, String> {
    let number = text.parse::<f64>().ok().filter(|number| *number >= 1.0 && number.is_finite());
    number.ok_or_else(|| format!("`{text}` is no number of at least 1"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_option_out_of_its_range_is_named() {
        assert!(check_options(&LanguageModelOptions::default()).is_empty());
        let wrong = LanguageModelOptions {
            min_count: 0,
            order: 6,
            discount: Some(1.5),
            window: 21,
            context_smoothing: f64::NAN,
            shift: 0.5,
            ..LanguageModelOptions::default()
        };
        let fields: Vec<_> = check_options(&wrong).into_iter().map(|(field, _)| field).collect();
        assert_eq!(fields, ["order", "window", "min_count", "discount", "context_smoothing", "shift"]);
    }
}
