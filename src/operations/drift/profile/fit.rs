//! A check against a profile looks at what the profile has.
//!
//! The one decision: what a check leaves unsaid about columns and properties is what the profile was made with; what it says
//! must be the same, so that nobody compares two different things without knowing. Labels, predictions and vectors are
//! looked at only if the check asks for them: what came in need not have them.

use super::options::ProfileOptions;
use crate::operations::drift::error::DriftError;
use crate::operations::drift::options::{DriftOptions, Named};

/// The options of a check against a profile that was made with `made`.
pub(super) fn fitted(asked: &DriftOptions, made: &ProfileOptions) -> Result<DriftOptions, DriftError> {
    let has_labels = asked.label_column.is_some();
    let mut ignored = of_profile("ignore_columns", &asked.ignore_columns, &made.ignore_columns)?;
    let fitted = DriftOptions {
        text_column: of_profile("text_column", &asked.text_column, &made.text_column)?,
        label_column: if_asked("label_column", asked.label_column.as_ref(), made.label_column.as_ref())?,
        label_separator: match &asked.label_separator {
            None => made.label_separator.clone().filter(|_| has_labels),
            asked => if_asked("label_separator", asked.as_ref(), made.label_separator.as_ref())?,
        },
        iob: made.iob && has_labels,
        prediction_column: if_asked(
            "prediction_column",
            asked.prediction_column.as_ref(),
            made.prediction_column.as_ref(),
        )?,
        probability_columns: if_asked_some(&asked.probability_columns, &made.probability_columns)?,
        columns: of_profile("columns", &asked.columns, &made.columns)?,
        ignore_columns: Vec::new(),
        properties: of_profile("properties", &asked.properties, &made.properties)?,
        embedding_column: if_asked(
            "embedding_column",
            asked.embedding_column.as_ref(),
            made.embedding_column.as_ref(),
        )?,
        ..asked.clone()
    };
    if asked.iob && !made.iob {
        return Err(other("iob", "true", "false"));
    }
    // What is a label there is no column to be compared here, whether or not labels are looked at.
    let named = [&fitted.label_column, &fitted.prediction_column, &fitted.embedding_column];
    let is_named = |name: &String| {
        named
            .into_iter()
            .flatten()
            .chain(&fitted.text_column)
            .chain(fitted.probability_columns.0.values())
            .any(|other| other == name)
    };
    ignored.extend(made.named_columns().filter(|name| !is_named(name)).cloned());
    Ok(DriftOptions { ignore_columns: ignored, ..fitted })
}

fn of_profile(option: &'static str, asked: &[String], made: &[String]) -> Result<Vec<String>, DriftError> {
    if asked.is_empty() || asked == made {
        return Ok(made.to_vec());
    }
    let listed = |names: &[String]| {
        let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
        if names.is_empty() { "the usual ones".to_owned() } else { names.join(", ") }
    };
    Err(DriftError::OtherOptions { option, asked: listed(asked), made: listed(made) })
}

fn if_asked(option: &'static str, asked: Option<&String>, made: Option<&String>) -> Result<Option<String>, DriftError> {
    if asked.is_none() || asked == made {
        return Ok(asked.cloned());
    }
    let quoted = |name: Option<&String>| name.map_or_else(|| "none".to_owned(), |name| format!("`{name}`"));
    Err(DriftError::OtherOptions { option, asked: quoted(asked), made: quoted(made) })
}

fn if_asked_some(asked: &Named<String>, made: &Named<String>) -> Result<Named<String>, DriftError> {
    if asked.0.is_empty() || asked == made {
        return Ok(asked.clone());
    }
    let quoted = |named: &Named<String>| if named.0.is_empty() { "none".to_owned() } else { format!("`{named}`") };
    Err(DriftError::OtherOptions { option: "probability_columns", asked: quoted(asked), made: quoted(made) })
}

fn other(option: &'static str, asked: &str, made: &str) -> DriftError {
    DriftError::OtherOptions { option, asked: asked.to_owned(), made: made.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made() -> ProfileOptions {
        ProfileOptions {
            text_column: vec!["text".to_owned()],
            label_column: Some("label".to_owned()),
            label_separator: Some(";".to_owned()),
            properties: vec!["text_length".to_owned()],
            ignore_columns: vec!["id".to_owned()],
            ..ProfileOptions::default()
        }
    }

    #[test]
    fn what_is_left_unsaid_is_as_the_profile_was_made() {
        let fitted = fitted(&DriftOptions::default(), &made()).unwrap();
        assert_eq!(fitted.text_column, ["text"]);
        assert_eq!(fitted.properties, ["text_length"]);
        assert_eq!(fitted.label_column, None, "what came in need not have labels");
        assert_eq!(fitted.ignore_columns, ["id", "label"]);
    }

    #[test]
    fn labels_are_read_as_those_of_the_profile_were() {
        let asked = DriftOptions { label_column: Some("label".to_owned()), ..DriftOptions::default() };
        let fitted = fitted(&asked, &made()).unwrap();
        assert_eq!(fitted.label_separator.as_deref(), Some(";"));
        assert_eq!(fitted.ignore_columns, ["id"]);
    }

    #[test]
    fn a_check_that_asks_for_something_else_is_refused() {
        let plain = DriftOptions::default;
        let name = |name: &str| Some(name.to_owned());
        for (asked, option) in [
            (DriftOptions { text_column: vec!["body".to_owned()], ..plain() }, "text_column"),
            (DriftOptions { label_column: name("class"), ..plain() }, "label_column"),
            (DriftOptions { label_separator: name(","), ..plain() }, "label_separator"),
            (DriftOptions { iob: true, ..plain() }, "iob"),
            (DriftOptions { prediction_column: name("predicted"), ..plain() }, "prediction_column"),
            (DriftOptions { properties: vec!["all".to_owned()], ..plain() }, "properties"),
            (DriftOptions { columns: vec!["channel".to_owned()], ..plain() }, "columns"),
            (DriftOptions { embedding_column: name("vector"), ..plain() }, "embedding_column"),
        ] {
            let error = fitted(&asked, &made()).unwrap_err();
            assert!(matches!(&error, DriftError::OtherOptions { option: told, .. } if *told == option), "{error}");
        }
        let error = fitted(&DriftOptions { label_column: name("class"), ..plain() }, &made()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`label_column` is `class`, and the profile of the reference was made with `label`"
        );
    }
}
