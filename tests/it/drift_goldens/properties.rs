//! Properties of texts.

use std::collections::BTreeMap;

use serde_json::Value;
use textmill::core::stats::Distribution;
use textmill::core::text::comparable::NormalForm;
use textmill::core::text::identification::LanguageTable;
use textmill::core::text::properties::{ALL, Analysis, LanguageId, Property, PropertyValue};

use super::data::{esg_file, goldens, sides, texts};
use super::print_deliberate;
use super::tally::{Compared, Tally, Tolerance};
use crate::conversion::rows;

/// Closed forms.
const CLOSED: Tolerance = Tolerance::Relative(1e-9);

/// What has to be equal of a property: how far apart values may be, and the share of rows.
fn asked(title: &str) -> (Tolerance, f64) {
    match title {
        "Sentiment" | "Subjectivity" => (Tolerance::Absolute(1e-6), 1.0),
        "Language" | "English Text" => (Tolerance::Equal, 0.99),
        // Another edition of CMUdict (docs/licences.md).
        "Reading Ease" | "Unique Syllables Count" | "Average Syllable Length" => (CLOSED, 0.98),
        _ => (CLOSED, 1.0),
    }
}

/// The property of deepchecks' name, unless it can't be had.
fn property(title: &str) -> Option<&'static Property> {
    let property = ALL.iter().find(|property| property.title == title);
    let property = property.unwrap_or_else(|| panic!("there is no property {title}"));
    property.unavailable().is_none().then_some(property)
}

fn compare(compared: &mut Compared<'_>, found: &PropertyValue, golden: &Value, whose: impl FnOnce() -> String) {
    let category = |golden: &Value| match golden {
        Value::String(text) => Some(text.clone()),
        Value::Bool(answer) => Some(answer.to_string()),
        _ => None,
    };
    match found {
        PropertyValue::Category(found) => compared.equal(&Some(found.clone()), &category(golden), whose),
        PropertyValue::Number(found) => compared.numbers(Some(*found), golden.as_f64(), whose),
        PropertyValue::Missing if golden.is_string() => compared.equal(&None, &category(golden), whose),
        PropertyValue::Missing => compared.numbers(None, golden.as_f64(), whose),
    }
}

#[test]
fn goldens_of_the_properties_of_single_texts() {
    let Some(goldens) = goldens() else { return };
    let mut tally = Tally::default();
    for (set, side, golden) in sides(&goldens) {
        let texts = texts(golden["file"].as_str().unwrap());
        for (title, values) in golden["properties_first_rows"].as_object().unwrap() {
            let Some(property) = property(title) else { continue };
            let (tolerance, needed) = asked(title);
            let mut compared = tally.mostly(title, tolerance, needed);
            for (row, (text, value)) in texts.iter().zip(values.as_array().unwrap()).enumerate() {
                let found = property.of(&Analysis::new(text, &LanguageTable));
                compare(&mut compared, &found, value, || format!("{set} {side} row {row}"));
            }
        }
        let mut compared = tally.of("normal form of texts", Tolerance::Equal);
        for (text, value) in texts.iter().zip(golden["normalized_text_first_rows"].as_array().unwrap()) {
            let found = NormalForm::default().of(text);
            compared.equal(&found.as_str(), &value.as_str().unwrap(), || format!("{set} {side} {text:?}"));
        }
    }
    tally.print("properties of the first rows (deepchecks)");
    print_deliberate();
}

#[test]
fn goldens_of_the_properties_of_whole_files() {
    let Some(goldens) = goldens() else { return };
    let mut tally = Tally::default();
    for (set, side, golden) in sides(&goldens) {
        let texts = texts(golden["file"].as_str().unwrap());
        let analyses: Vec<_> = texts.iter().map(|text| Analysis::new(text, &LanguageTable)).collect();
        assert_eq!(texts.len() as u64, golden["rows"].as_u64().unwrap(), "{set} {side}");
        for (title, summary) in golden["properties_summary"].as_object().unwrap() {
            let Some(property) = property(title) else { continue };
            let values: Vec<_> = analyses.iter().map(|analysis| property.of(analysis)).collect();
            let found = if summary["counts"].is_object() { counted(&values) } else { summarised(&values) };
            let summary = if summary["counts"].is_object() { &summary["counts"] } else { summary };
            let (tolerance, needed) = asked(title);
            // Where some rows may differ: rows of each category by a hundredth of all, sums and means by a thousandth, and
            // the most extreme rows are among those.
            let (tolerance, needed) = match tolerance {
                Tolerance::Equal => (Tolerance::Absolute(golden["rows"].as_f64().unwrap() * 0.01), 1.0),
                _ if needed < 1.0 => (Tolerance::Relative(2e-3), 0.85),
                _ => (tolerance, needed),
            };
            let mut compared = tally.mostly(title, tolerance, needed);
            for (name, value) in summary.as_object().unwrap() {
                let found = found.get(&name.to_lowercase()).copied();
                compared.numbers(found, value.as_f64(), || format!("{set} {side} {name}"));
            }
        }
    }
    tally.print("properties of whole files: n, sum, mean, deviation, quartiles (deepchecks)");
}

fn counted(values: &[PropertyValue]) -> BTreeMap<String, f64> {
    let mut counts = BTreeMap::new();
    for value in values {
        let name = match value {
            PropertyValue::Category(name) => name.to_lowercase(),
            PropertyValue::Missing => "none".to_owned(),
            PropertyValue::Number(number) => panic!("{number} is no category"),
        };
        *counts.entry(name).or_default() += 1.0;
    }
    counts
}

fn summarised(values: &[PropertyValue]) -> BTreeMap<String, f64> {
    let number = |value: &PropertyValue| match value {
        PropertyValue::Number(number) => Some(*number),
        _ => None,
    };
    let numbers: Vec<f64> = values.iter().filter_map(number).collect();
    let n = f64::from(u32::try_from(numbers.len()).unwrap());
    let sum: f64 = numbers.iter().sum();
    let squares: f64 = numbers.iter().map(|number| (number - sum / n).powi(2)).sum();
    let sorted = Distribution::from_values(numbers);
    let quantile = |share: f64| sorted.quantile(share).unwrap();
    [
        ("n", n),
        ("sum", sum),
        ("mean", sum / n),
        ("std_ddof1", (squares / (n - 1.0)).sqrt()),
        ("min", quantile(0.0)),
        ("p25", quantile(0.25)),
        ("p50", quantile(0.5)),
        ("p75", quantile(0.75)),
        ("max", quantile(1.0)),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

/// A language that somebody else told.
struct Told(Option<String>);

impl LanguageId for Told {
    fn language<'a>(&'a self, _text: &str) -> Option<&'a str> {
        self.0.as_deref()
    }
}

/// The table that the predecessor wrote in 2023 with an older deepchecks and a larger table of languages. So that one
/// difference does not count eleven times, English texts are those that it took for English.
#[test]
fn goldens_of_the_predecessors_properties() {
    let (Some(sentences), Some(table)) = (esg_file("sentences.parquet"), esg_file("properties.parquet")) else {
        return;
    };
    let sentences = column(&sentences, "SENTENCE");
    let titles = [
        "Text Length",
        "Average Word Length",
        "Max Word Length",
        "% Special Characters",
        "% Punctuation",
        "Language",
        "Sentiment",
        "Subjectivity",
        "Average Words Per Sentence",
        "Reading Ease",
        "Lexical Density",
    ];
    let golden: BTreeMap<&str, Vec<Value>> = titles.iter().map(|title| (*title, column(&table, title))).collect();
    let mut tally = Tally::default();
    for (row, sentence) in sentences.iter().enumerate() {
        let sentence = sentence.as_str().unwrap();
        let told = Told(golden["Language"][row].as_str().map(str::to_owned));
        for title in titles {
            let mut value = golden[title][row].clone();
            let is_language = title == "Language";
            let language: &dyn LanguageId = if is_language { &LanguageTable } else { &told };
            if title == "Lexical Density" {
                value = value.as_f64().map(|percent| (percent.round() / 100.0).into()).unwrap_or_default();
            }
            let needed = match title {
                "Language" => 0.95,
                "Sentiment" | "Subjectivity" | "Average Words Per Sentence" | "Reading Ease" => 0.98,
                _ => 0.995,
            };
            let tolerance = if is_language { Tolerance::Equal } else { Tolerance::Absolute(1e-6) };
            let found = property(title).unwrap().of(&Analysis::new(sentence, language));
            compare(&mut tally.mostly(title, tolerance, needed), &found, &value, || format!("row {row} {sentence:?}"));
        }
    }
    tally.print("properties of 7,340 sentences (the predecessor, 2023)");
}

/// A column of a Parquet file as JSON values.
fn column(file: &std::path::Path, name: &str) -> Vec<Value> {
    let mut values = Vec::new();
    for batch in rows(file) {
        let array = batch.column_by_name(name).unwrap();
        let options = arrow_cast::display::FormatOptions::default();
        let shown = arrow_cast::display::ArrayFormatter::try_new(array, &options).unwrap();
        for row in 0..batch.num_rows() {
            let text = shown.value(row).to_string();
            values.push(match array.data_type() {
                _ if array.is_null(row) => Value::Null,
                arrow_schema::DataType::Float64 | arrow_schema::DataType::Int64 => {
                    text.parse::<f64>().ok().filter(|number| number.is_finite()).into()
                }
                _ => text.into(),
            });
        }
    }
    values
}
