//! Options that do not go together, or are out of their range.
//!
//! The one decision: each rule names the options as the API does, and says what to do; the first that is broken is told.

use super::error::ClassificationError;
use super::options::{Balance, ClassificationOptions, Conflicts, Format, Task};
use super::plan::named;
use crate::core::nearest::nearest;
use crate::core::text::language::languages;

/// Whether it is broken, what is wrong, and what to do.
type Rule = (bool, &'static str, &'static str);

/// Looks at the options alone, before there is a table.
///
/// # Errors
/// When they do not go together, or one is out of its range. That no text column is named is told by the table, which knows
/// what there is.
pub fn check_options(options: &ClassificationOptions) -> Result<(), ClassificationError> {
    named(options)?;
    let rules = of_labels(options).into_iter().chain(of_entities(options)).chain(of_rows(options));
    for (is_broken, what, hint) in rules {
        if is_broken {
            return Err(ClassificationError::Options { what: what.to_owned(), hint });
        }
    }
    match options.languages.iter().find(|code| !languages().any(|known| known == code.as_str())) {
        None => Ok(()),
        Some(code) => Err(unknown_language(code)),
    }
}

fn of_labels(options: &ClassificationOptions) -> [Rule; 6] {
    let (column, separator) = (options.label_column.as_ref(), options.label_separator.as_deref());
    let sources = [column.is_some(), options.label_by_concepts.is_some(), options.label_by_meaning.is_some()];
    let is_multi = options.task == Task::MultiLabel;
    let takes_rows = options.balance == Balance::DownSample || options.most_per_label.is_some();
    [
        (
            sources.into_iter().filter(|is_one| *is_one).count() > 1,
            "labels come from several places",
            "name one of `label_column`, `label_by_concepts` and `label_by_meaning`",
        ),
        (
            separator.is_some() && !is_multi,
            "`label_separator` parts several labels, but one label a row is asked for",
            "ask for the task `multi-label`, or leave it out",
        ),
        (
            separator.is_some_and(|separator| separator.is_empty() || column.is_none()),
            "`label_separator` needs a `label_column`, and must not be empty",
            "name what stands between two labels, e.g. `;`",
        ),
        (
            options.unlabelled_as.as_ref().is_some_and(|label| label.trim().is_empty()),
            "`unlabelled_as` is empty",
            "name a label, or leave it out",
        ),
        (
            !(0.0..=2.0).contains(&options.margin),
            "`margin` is a difference of cosines, 0 to 2",
            "leave it out for the default, 0.05",
        ),
        (
            options.task != Task::SingleLabel && (takes_rows || options.weights),
            "`balance`, `most_per_label` and `weights` need one label a row",
            "leave them out; the card has the weight of each label",
        ),
    ]
}

fn of_entities(options: &ClassificationOptions) -> [Rule; 6] {
    let is_entities = options.task == Task::Entities;
    let (tags, spans) = (options.tags_column.is_some(), options.spans_column.is_some());
    let sources = [tags, spans, options.label_by_concepts.is_some()];
    [
        (
            !is_entities && options.format == Format::Conll,
            "CoNLL is for entities",
            "choose another format, or ask for the task `entities`",
        ),
        (
            is_entities && (options.label_column.is_some() || options.label_by_meaning.is_some()),
            "`label_column` and `label_by_meaning` label texts, not tokens",
            "leave them out, or ask for the task `single-label`",
        ),
        (
            is_entities && sources.into_iter().filter(|is_one| *is_one).count() != 1,
            "entities need just one of `tags_column`, `spans_column` and `label_by_concepts`",
            "name where the tags of tokens come from",
        ),
        (
            !is_entities && (tags || spans),
            "`tags_column` and `spans_column` are for entities",
            "ask for the task `entities`, or leave them out",
        ),
        (
            is_entities && options.unlabelled_as.is_some(),
            "`unlabelled_as` is not for entities",
            "leave it out; tokens without a tag are `O`",
        ),
        (
            is_entities && options.conflicts == Conflicts::Majority,
            "tags of equal texts can't be decided by majority",
            "let conflicts be reported or dropped",
        ),
    ]
}

fn of_rows(options: &ClassificationOptions) -> [Rule; 3] {
    let limits = options.min_chars.zip(options.max_chars);
    [
        (
            limits.is_some_and(|(least, most)| least > most),
            "`min_chars` is more than `max_chars`: no text is left",
            "turn them round",
        ),
        (options.most_per_label == Some(0), "`most_per_label` is 0: no row is left", "name at least 1"),
        (
            options.group_column.is_some() && options.time_column.is_some(),
            "rows are divided by `group_column` or by `time_column`, not by both",
            "name one of them",
        ),
    ]
}

fn unknown_language(code: &str) -> ClassificationError {
    let known: Vec<_> = languages().collect();
    let meant = nearest(code, known.iter().copied()).map(|meant| format!(", perhaps `{meant}`")).unwrap_or_default();
    ClassificationError::Options {
        what: format!("`languages`: `{code}` is no language that can be told{meant}; they are {}", known.join(", ")),
        hint: "name two letters of ISO 639-1, e.g. `en`",
    }
}
