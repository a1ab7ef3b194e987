//! The goldens and the files that they are about.

use std::path::PathBuf;

use serde_json::Value;

use crate::support::reference_data;

/// The goldens of deepchecks and evidently.
pub(super) fn goldens() -> Option<Value> {
    let file = reference_data()?.join("reference/drift-golden.json");
    file.exists().then(|| serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap())
}

/// A file of the folder `drift`.
pub(super) fn drift_file(name: &str) -> PathBuf {
    reference_data().unwrap().join("drift").join(name)
}

/// A file of the folder `esg`, if there is one.
pub(super) fn esg_file(name: &str) -> Option<PathBuf> {
    let file = reference_data()?.join("esg").join(name);
    file.exists().then_some(file)
}

/// The texts of a file of the folder `drift`.
pub(super) fn texts(file: &str) -> Vec<String> {
    column(file, "text")
}

/// A column of a file of the folder `drift`.
pub(super) fn column(file: &str, name: &str) -> Vec<String> {
    let mut reader = csv::Reader::from_path(drift_file(file)).unwrap();
    let place = reader.headers().unwrap().iter().position(|header| header == name).unwrap();
    reader.records().map(|record| record.unwrap()[place].to_owned()).collect()
}

/// Both sides of all sets that have goldens of their own: name of the set, side, goldens.
pub(super) fn sides(goldens: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    let sets = goldens["deepchecks"]["sets"].as_object().unwrap();
    sets.iter().flat_map(|(set, golden)| {
        let files = golden["files"].as_object().unwrap();
        files.iter().map(move |(side, golden)| (set.as_str(), side.as_str(), golden))
    })
}
