//! `textmill lm neighbours`, `textmill lm complete`: words that a language model gives for others.

use clap::Args;

use super::OneModel;
use crate::cli::context::Context;
use crate::cli::exit::{CommandResult, ExitStatus};
use crate::cli::runtime::until_interrupted;
use crate::operations::language_model::{Completion, MOST_ANSWERS, Neighbour};
use crate::report::text::count;

/// Find the words that are used most like a word
///
/// Example: textmill lm neighbours reviews.lm excellent -k 5
///
/// Compares its co-occurrences with those of all words: cosine of PPMI, exact. Exits with 1 if no word has anything in common
/// with it.
#[derive(Debug, Args)]
pub(super) struct NeighboursArgs {
    #[command(flatten)]
    model: OneModel,
    /// The word
    #[arg(value_name = "WORD")]
    word: String,
    #[command(flatten)]
    answers: Answers,
}

/// Find the words that are most likely to come next
///
/// Example: textmill lm complete reviews.lm "the room was" -k 5
///
/// The last word of TEXT is a whole word; `</s>` stands for the end of the text. An empty text has the words that texts
/// begin with.
#[derive(Debug, Args)]
pub(super) struct CompleteArgs {
    #[command(flatten)]
    model: OneModel,
    /// What stands before
    #[arg(value_name = "TEXT")]
    text: String,
    #[command(flatten)]
    answers: Answers,
}

#[derive(Debug, Args)]
struct Answers {
    /// Words to show
    #[arg(short, value_name = "N", default_value_t = 10, value_parser = answers)]
    k: usize,
}

fn answers(text: &str) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| (1..=MOST_ANSWERS).contains(number));
    number.ok_or_else(|| format!("`{text}` is no number from 1 to {MOST_ANSWERS}"))
}

pub(super) fn neighbours(args: &NeighboursArgs, context: &Context) -> CommandResult {
    let model = args.model.open()?;
    let (word, k) = (args.word.clone(), args.answers.k);
    let found = until_interrupted(move |cancel| model.neighbours(&word, k, &cancel))??;
    context.printer.outcome(&found, |found| lines(found, neighbour_in_words))?;
    Ok(if found.is_empty() { ExitStatus::No } else { ExitStatus::Done })
}

pub(super) fn complete(args: &CompleteArgs, context: &Context) -> CommandResult {
    let found = args.model.open()?.completions(&args.text, args.answers.k);
    context.printer.outcome(&found, |found| lines(found, completion_in_words))?;
    Ok(ExitStatus::Done)
}

fn lines<T>(found: &[T], in_words: fn(&T) -> String) -> String {
    if found.is_empty() {
        return "nothing found".to_owned();
    }
    found.iter().map(in_words).collect::<Vec<_>>().join("\n")
}

fn neighbour_in_words(neighbour: &Neighbour) -> String {
    format!("{:.4}  {}  ({} times)", neighbour.similarity, neighbour.word, count(neighbour.count))
}

fn completion_in_words(completion: &Completion) -> String {
    format!("{:.6}  {}", completion.probability, completion.word)
}
