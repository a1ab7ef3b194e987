//! `textmill lm show`: what is in a language model.

use std::fmt::Write as _;

use clap::Args;
use serde::Serialize;

use super::OneModel;
use crate::cli::context::Context;
use crate::cli::exit::{CommandResult, ExitStatus};
use crate::operations::language_model::{CountedWord, DiscountFrom, LanguageModelInfo};
use crate::report::text::{count, counted};

/// Show how a language model was built, and how much is in it
#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    #[command(flatten)]
    model: OneModel,
    /// Most frequent words to show
    #[arg(short, value_name = "N", default_value_t = 10)]
    k: usize,
}

/// What is shown.
#[derive(Debug, Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    model: &'a LanguageModelInfo,
    most_frequent: Vec<CountedWord>,
}

pub(super) fn run(args: &ShowArgs, context: &Context) -> CommandResult {
    let model = args.model.open()?;
    let shown = Shown { model: model.info(), most_frequent: model.most_frequent(args.k) };
    context.printer.outcome(&shown, in_words)?;
    Ok(ExitStatus::Done)
}

fn in_words(shown: &Shown<'_>) -> String {
    let mut text = model_in_words(shown.model);
    for word in &shown.most_frequent {
        // Writing to a `String` can't fail.
        let _ = write!(text, "\n{:>12}  {}", count(word.count), word.word);
    }
    text
}

/// How much is in a model.
pub(super) fn model_in_words(model: &LanguageModelInfo) -> String {
    let unit = if model.options.sentences { "sentence" } else { "text" };
    let mut text = format!(
        "{}, column {}: {} in {}; {} known",
        model.source.name,
        model.text_column,
        counted(model.words, "word"),
        counted(model.units, unit),
        counted(model.vocabulary, "different word"),
    );
    if model.unknown_words > 0 {
        let _ = write!(text, ", {} too rare", counted(model.unknown_words, "word"));
    }
    if model.rows_without_words > 0 {
        let _ = write!(text, "\n  {} without a word", counted(model.rows_without_words, "row"));
    }
    for order in &model.orders {
        let from = match order.discount_from {
            DiscountFrom::Estimated => "estimated",
            DiscountFrom::Fallback => "too little to estimate it",
            DiscountFrom::Option => "as asked for",
            DiscountFrom::ClosedVocabulary => "closed vocabulary",
        };
        let ngrams = counted(order.ngrams, &format!("{}-gram", order.order));
        let _ = write!(text, "\n  {ngrams}, discount {:.4} ({from})", order.discount);
    }
    if let Some(pairs) = &model.cooccurrences {
        let window = model.options.window;
        let _ = write!(text, "\n  {} within {window} words", counted(pairs.pairs, "pair"));
        if pairs.pairs_left_out > 0 {
            let _ = write!(text, ", {} left out as too rare", count(pairs.pairs_left_out));
        }
    }
    text
}
