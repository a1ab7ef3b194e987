//! What says to `datasets` of Hugging Face what the files are: a README.md, and a note in each file.
//!
//! The one decision: labels are numbers there, and their names stand beside them, as whoever trains expects it.

use std::fmt::Write as _;

use arrow_schema::{DataType, Schema, TimeUnit};
use serde_json::{Value, json};

use crate::operations::classification::outcome::{DatasetCard, WrittenFile};
use crate::operations::classification::plan::{LABEL, TAGS};

/// The numbered names of a column.
#[derive(Debug)]
pub(super) struct Numbered {
    column: &'static str,
    is_list: bool,
    names: Vec<String>,
}

impl Numbered {
    /// Labels, one a row or a list of them.
    pub(super) fn labels(names: Vec<String>, is_list: bool) -> Self {
        Self { column: LABEL, is_list, names }
    }

    /// Tags, one a token.
    pub(super) fn tags(names: Vec<String>) -> Self {
        Self { column: TAGS, is_list: true, names }
    }

    /// What is noted in each file under `huggingface`.
    pub(super) fn note(&self) -> String {
        let names = json!({"names": self.names, "_type": "ClassLabel"});
        let feature = if self.is_list { json!({"feature": names, "_type": "Sequence"}) } else { names };
        json!({"info": {"features": {self.column: feature}}}).to_string()
    }
}

/// What a README.md says of the columns.
#[derive(Debug)]
pub(in super::super) struct Readme {
    /// The types; `None` where `datasets` has no name for one, and finds out by itself.
    features: Option<String>,
}

impl Readme {
    /// Looks at the columns.
    pub(super) fn of(schema: &Schema, numbered: &Numbered) -> Self {
        Self { features: features(schema, numbered) }
    }

    /// The README.md of a data set: its front matter, and what it is.
    pub(in super::super) fn text(&self, card: &DatasetCard) -> String {
        let mut text = "---\n".to_owned();
        if let Some(licence) = &card.licence {
            line(&mut text, format_args!("license: {}", quoted(&licence.to_lowercase())));
        }
        let splits: Vec<&WrittenFile> = card.files.iter().filter(|file| split_of(&file.name).is_some()).collect();
        line(&mut text, format_args!("dataset_info:"));
        self.features.iter().for_each(|features| line(&mut text, format_args!("  features:\n{}", features.trim_end())));
        line(&mut text, format_args!("  splits:"));
        for file in &splits {
            let name = split_of(&file.name).unwrap_or_default();
            line(&mut text, format_args!("  - name: {name}\n    num_examples: {}", file.rows));
        }
        line(&mut text, format_args!("configs:\n- config_name: default\n  data_files:"));
        for file in &splits {
            let name = split_of(&file.name).unwrap_or_default();
            line(&mut text, format_args!("  - split: {name}\n    path: {}", file.name));
        }
        line(&mut text, format_args!("---\n\n# {}\n", card.name.replace('\n', " ")));
        line(
            &mut text,
            format_args!(
                "Made of `{}` with {}; `dataset.json` says how.",
                card.source.name.replace('\n', " "),
                card.textmill
            ),
        );
        text
    }
}

fn split_of(name: &str) -> Option<&str> {
    name.strip_prefix("data/")?.split('-').next()
}

/// The columns, as `datasets` names their types; `None` where it has no name for one, and finds out by itself.
fn features(schema: &Schema, numbered: &Numbered) -> Option<String> {
    let mut text = String::new();
    for field in schema.fields() {
        line(&mut text, format_args!("  - name: {}", quoted(field.name())));
        if field.name() == numbered.column {
            let (key, indent) = if numbered.is_list { ("sequence", "      ") } else { ("dtype", "      ") };
            line(&mut text, format_args!("    {key}:\n{indent}class_label:\n{indent}  names:"));
            for (number, name) in numbered.names.iter().enumerate() {
                line(&mut text, format_args!("{indent}    '{number}': {}", quoted(name)));
            }
            continue;
        }
        match field.data_type() {
            DataType::List(item) => line(&mut text, format_args!("    sequence: {}", type_name(item.data_type())?)),
            other => line(&mut text, format_args!("    dtype: {}", type_name(other)?)),
        }
    }
    Some(text)
}

fn type_name(of: &DataType) -> Option<String> {
    let name = match of {
        DataType::Utf8 => "string",
        DataType::LargeUtf8 => "large_string",
        DataType::Binary => "binary",
        DataType::LargeBinary => "large_binary",
        DataType::Boolean => "bool",
        DataType::Date32 => "date32",
        DataType::Date64 => "date64",
        DataType::Timestamp(unit, zone) => {
            let unit = match unit {
                TimeUnit::Second => "s",
                TimeUnit::Millisecond => "ms",
                TimeUnit::Microsecond => "us",
                TimeUnit::Nanosecond => "ns",
            };
            let zone = zone.as_ref().map(|zone| format!(", tz={zone}")).unwrap_or_default();
            return Some(quoted(&format!("timestamp[{unit}{zone}]")));
        }
        number if number.is_integer() || number.is_floating() => return Some(number.to_string().to_lowercase()),
        _ => return None,
    };
    Some(name.to_owned())
}

/// A string of YAML: JSON's are.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

fn line(text: &mut String, words: std::fmt::Arguments<'_>) {
    // A string takes whatever is written to it.
    let _ = writeln!(text, "{words}");
}
