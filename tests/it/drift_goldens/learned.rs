//! Classifiers that tell two sets apart, and what a property tells of a label.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use textmill::core::stats::domain_classifier::{DomainOptions, Reduction, domain_classifier};
use textmill::core::stats::mean_distance::mean_distance;
use textmill::core::stats::mmd::{PermutationOptions, mmd};
use textmill::core::stats::pps::{Feature, predictive_power};
use textmill::core::stats::vectors::Vectors;
use textmill::core::stats::words_classifier::{WordsOptions, words_classifier};
use textmill::core::text::identification::LanguageTable;
use textmill::core::text::properties::{Analysis, PropertyValue, default_properties};

use super::data::{column, drift_file, goldens, sides, texts};
use super::tally::{Tally, Tolerance};

/// Numbers of the vectors in the files.
const DIMENSIONS: usize = 384;

/// Vectors out of a NumPy file of 16-bit floating point numbers.
fn vectors(name: &str) -> Vec<f32> {
    let bytes = std::fs::read(drift_file(name)).unwrap();
    let header = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let (numbers, _) = bytes[10 + header..].as_chunks();
    numbers.iter().map(|number| half(u16::from_le_bytes(*number))).collect()
}

/// A 16-bit floating point number in 32 bits.
fn half(bits: u16) -> f32 {
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f32::from(bits & 0x3ff) / 1024.0);
    let size = if exponent == 0 { fraction * 2_f32.powi(-14) } else { (1.0 + fraction) * 2_f32.powi(exponent - 15) };
    if bits >> 15 == 1 { -size } else { size }
}

#[test]
fn goldens_of_vectors_that_are_told_apart() {
    let Some(goldens) = goldens() else { return };
    let mut tally = Tally::default();
    for (set, golden) in goldens["deepchecks"]["sets"].as_object().unwrap() {
        for (name, reduction) in [("auto", Reduction::Auto), ("pca", Reduction::Principal), ("none", Reduction::Off)] {
            let golden = &golden["pair_checks"][format!("TextEmbeddingsDrift[{name}]")];
            let Some(auc) = golden["value"]["domain_classifier_auc"].as_f64() else { continue };
            let [reference, incoming] = files(golden);
            let sides = [&reference, &incoming].map(|values| Vectors::new(values, DIMENSIONS).unwrap());
            let options = DomainOptions { reduction, ..DomainOptions::default() };
            let found = domain_classifier(sides[0], sides[1], options).unwrap();
            let mut compared = tally.of(&format!("TextEmbeddingsDrift[{name}]: AUC"), Tolerance::Absolute(0.02));
            compared.numbers(Some(found.auc), Some(auc), || set.clone());
        }
    }
    for (set, golden) in goldens["evidently"]["sets"].as_object().unwrap() {
        let golden = &golden["embeddings_drift"];
        let Some(euclidean) = golden["distance_euclidean"]["score"].as_f64() else { continue };
        let [reference, incoming] = files(golden);
        let sides = [&reference, &incoming].map(|values| Vectors::new(values, DIMENSIONS).unwrap());
        let found = mean_distance(sides[0], sides[1], PermutationOptions::default()).unwrap();
        let mut compared = tally.of("distance of mean vectors (evidently)", Tolerance::Relative(1e-9));
        compared.numbers(Some(found.euclidean), Some(euclidean), || format!("{set} euclidean"));
        compared.numbers(found.cosine, golden["distance_cosine"]["score"].as_f64(), || format!("{set} cosine"));
        let found = mmd(sides[0], sides[1], PermutationOptions::default()).unwrap();
        let mut compared = tally.of("MMD of vectors (evidently)", Tolerance::Absolute(1e-4));
        compared.numbers(Some(found.squared.max(0.0)), golden["mmd"]["score"].as_f64(), || set.clone());
    }
    tally.print("vectors that are told apart");
}

fn files(golden: &Value) -> [Vec<f32>; 2] {
    ["reference", "incoming"].map(|side| vectors(golden["files"][side].as_str().unwrap()))
}

#[test]
fn goldens_of_words_that_tell_sets_apart() {
    let Some(goldens) = goldens() else { return };
    let mut tally = Tally::default();
    for (set, golden) in goldens["evidently"]["sets"].as_object().unwrap() {
        let sides = ["reference", "incoming"].map(|side| texts(golden[side].as_str().unwrap()));
        let [reference, incoming] = sides.each_ref().map(|texts| texts.iter().map(String::as_str).collect::<Vec<_>>());
        let golden_of = |name: &str| &golden[name];
        let told = |rows: usize| {
            let [reference, incoming] = [&reference, &incoming].map(|texts| &texts[..rows.min(texts.len())]);
            words_classifier(reference, incoming, WordsOptions::default()).unwrap()
        };
        let found = told(usize::MAX);
        let auc = golden_of("text_content_drift")["auc"].as_f64();
        tally.of("text drift: AUC", Tolerance::Absolute(0.01)).numbers(Some(found.auc), auc, || set.clone());
        let auc = golden_of("text_content_drift_percentile")["auc"].as_f64();
        let few = told(800).auc;
        tally.of("text drift, 800 rows: AUC", Tolerance::Absolute(0.01)).numbers(Some(few), auc, || set.clone());
        for (side, name) in found.sides.iter().zip(["words_reference", "words_current"]) {
            let golden: BTreeSet<&str> =
                golden_of("text_content_drift")[name].as_array().unwrap().iter().filter_map(Value::as_str).collect();
            let ours: BTreeSet<&str> = side.words.iter().map(|word| word.word.as_str()).collect();
            for word in &golden {
                let mut compared = tally.mostly(&format!("text drift: {name} {set}"), Tolerance::Equal, 0.7);
                compared.equal(&ours.contains(word), &true, || (*word).to_owned());
            }
        }
    }
    tally.print("words that tell sets apart (evidently)");
}

#[test]
fn goldens_of_properties_that_tell_the_label() {
    let Some(goldens) = goldens() else { return };
    let mut tally = Tally::default();
    for (set, side, golden) in sides(&goldens) {
        let Some(powers) = golden["single_dataset_checks"]["PropertyLabelCorrelation"]["value"].as_object() else {
            continue;
        };
        let file = golden["file"].as_str().unwrap();
        let (texts, labels) = (texts(file), column(file, "label"));
        let analyses: Vec<_> = texts.iter().map(|text| Analysis::new(text, &LanguageTable)).collect();
        for property in default_properties() {
            let Some(power) = powers.get(property.title) else { continue };
            let values = analyses.iter().map(|analysis| property.of(analysis));
            let rows: Vec<_> = values.zip(&labels).filter(|(_, label)| !label.is_empty()).collect();
            let mut compared = tally.mostly("PropertyLabelCorrelation", Tolerance::Absolute(0.05), 0.98);
            compared.numbers(Some(score(&rows)), power.as_f64(), || format!("{set} {side} {}", property.title));
        }
    }
    tally.print("properties that tell the label (deepchecks)");
}

/// The predictive power score of rows that have a label, whose value may be missing.
fn score(rows: &[(PropertyValue, &String)]) -> f64 {
    let present: Vec<_> = rows.iter().filter(|(value, _)| *value != PropertyValue::Missing).collect();
    let labels: BTreeSet<&str> = present.iter().map(|(_, label)| label.as_str()).collect();
    let classes: Vec<usize> =
        present.iter().map(|(_, label)| labels.iter().position(|one| one == label).unwrap()).collect();
    let mut names = BTreeMap::new();
    let (mut numbers, mut categories) = (Vec::new(), Vec::new());
    for (value, _) in present {
        match value {
            PropertyValue::Number(number) => numbers.push(*number),
            PropertyValue::Category(name) => {
                let next = names.len();
                categories.push(*names.entry(name.clone()).or_insert(next));
            }
            PropertyValue::Missing => {}
        }
    }
    let feature = if numbers.is_empty() { Feature::Categories(&categories) } else { Feature::Numbers(&numbers) };
    predictive_power(feature, &classes, 42).score
}
