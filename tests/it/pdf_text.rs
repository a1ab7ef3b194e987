//! Text of PDFs beside that of another reader: `TEST_DATA_DIR` names a folder with `pdf_reference_text.jsonl.gz`.
//!
//! Each line of it is `{path, pymupdf}`. Two texts are compared by the characters in them, in whatever order, after NFKC
//! and without white space: the F1 of what both have. `manifest.json` beside it says which files must have text at all.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use serde_json::Value;
use textmill::core::intake::LocalSource;
use textmill::core::tabular::report::TableNote;
use textmill::operations::parquet_conversion::{ConversionOptions, FileOutcome, FileStatus, convert};
use unicode_normalization::UnicodeNormalization;

use crate::conversion::rows;
use crate::support::{reference_data, unattended};

/// Characters of the other reader below which a file is not compared.
const FEW: usize = 200;
/// Characters of a file that the other reader cuts off after so many.
const CUT: usize = 60_000;
/// The mean F1 that must be reached.
const WANTED: f64 = 0.9;

#[test]
fn pdf_text_of_the_corpus() {
    let Some(data) = reference_data() else { return };
    let reference = data.join("pdf_reference_text.jsonl.gz");
    if !reference.is_file() {
        return;
    }
    let target = tempfile::tempdir().unwrap();
    let pdfs = convert_pdfs(&data.join("files"), target.path());
    let mut scores = Vec::new();
    for line in BufReader::new(flate2::read::GzDecoder::new(File::open(reference).unwrap())).lines() {
        let entry: Value = serde_json::from_str(&line.unwrap()).unwrap();
        let (path, wanted) = (entry["path"].as_str().unwrap(), characters(entry["pymupdf"].as_str().unwrap()));
        if wanted.values().sum::<usize>() >= FEW {
            let ours = pdfs.0.get(path).map(|pdf| characters(&pdf.text())).unwrap_or_default();
            scores.push((f1(&wanted, &ours), path.to_owned()));
        }
    }
    scores.sort_by(|a, b| a.0.total_cmp(&b.0));
    for (score, path) in scores.iter().take_while(|(score, _)| *score < WANTED) {
        println!("pdf: {path}: character F1 {score:.3}");
    }
    let mean = mean(&scores);
    println!("pdf: mean character F1 {mean:.3} over {} files", scores.len());
    assert!(mean >= WANTED);
    let manifest: Vec<Value> = serde_json::from_slice(&std::fs::read(data.join("manifest.json")).unwrap()).unwrap();
    let judged: Vec<_> =
        manifest.iter().filter(|entry| entry["format"] == "pdf").map(|entry| pdfs.judge(entry)).collect();
    let misses: Vec<_> = judged.iter().filter_map(|verdict| verdict.as_ref().err()).collect();
    println!("pdf: {} of {} files as expected", judged.len() - misses.len(), judged.len());
    assert!(misses.is_empty(), "{misses:#?}");
}

#[expect(clippy::cast_precision_loss, reason = "a handful of files")]
fn mean(scores: &[(f64, String)]) -> f64 {
    scores.iter().map(|(score, _)| score).sum::<f64>() / scores.len() as f64
}

/// A PDF as it was converted.
struct Pdf {
    outcome: FileOutcome,
    /// Number and text of each page.
    pages: Vec<(i64, Option<String>)>,
}

impl Pdf {
    fn text(&self) -> String {
        let text: Vec<_> = self.pages.iter().filter_map(|(_, text)| text.as_deref()).collect();
        text.join("\n").chars().take(CUT).collect()
    }

    fn tells_of_pages_without_text(&self) -> bool {
        let mut notes = self.outcome.tables.iter().flat_map(|table| &table.notes);
        notes.any(|note| matches!(note, TableNote::PagesWithoutText { .. } | TableNote::UnreadablePages { .. }))
    }
}

/// PDFs by their path in the manifest.
pub(crate) struct Pdfs(BTreeMap<String, Pdf>);

impl Pdfs {
    /// Those among what was converted into `target`.
    pub(crate) fn of<'a>(outcomes: impl IntoIterator<Item = &'a FileOutcome>, target: &Path) -> Self {
        let pdfs = outcomes.into_iter().filter(|file| file.source.to_lowercase().ends_with(".pdf"));
        let pdf = |file: &FileOutcome| Pdf { pages: pages(file, target), outcome: file.clone() };
        Self(pdfs.map(|file| (format!("files/{}", file.source), pdf(file))).collect())
    }

    /// Whether one came out as the manifest says.
    pub(crate) fn judge(&self, entry: &Value) -> Result<(), String> {
        judge(entry, &self.0)
    }
}

fn convert_pdfs(source: &Path, target: &Path) -> Pdfs {
    let options = ConversionOptions { include: vec!["**/*.pdf".to_owned()], ..ConversionOptions::default() };
    let outcome = convert(&LocalSource::at(source).unwrap(), target, &options, &unattended()).unwrap();
    Pdfs::of(&outcome.files, target)
}

fn pages(file: &FileOutcome, target: &Path) -> Vec<(i64, Option<String>)> {
    let mut pages = Vec::new();
    for table in &file.tables {
        for batch in rows(&target.join(&table.output.as_ref().unwrap().path)) {
            let numbers = batch.column(0).as_primitive::<Int64Type>().values().iter().copied();
            pages.extend(numbers.zip(batch.column(2).as_string::<i32>().iter().map(|text| text.map(str::to_owned))));
        }
    }
    pages
}

fn characters(text: &str) -> HashMap<char, usize> {
    let mut counts = HashMap::new();
    for c in text.nfkc().filter(|c| !c.is_whitespace()) {
        *counts.entry(c).or_default() += 1;
    }
    counts
}

#[expect(clippy::cast_precision_loss, reason = "texts of some thousand characters")]
fn f1(one: &HashMap<char, usize>, other: &HashMap<char, usize>) -> f64 {
    let both: usize = one.iter().map(|(c, count)| other.get(c).copied().unwrap_or(0).min(*count)).sum();
    let all: usize = one.values().chain(other.values()).sum();
    2.0 * both as f64 / all as f64
}

fn judge(entry: &Value, pdfs: &BTreeMap<String, Pdf>) -> Result<(), String> {
    let (path, expect) = (entry["path"].as_str().unwrap(), &entry["expect"]);
    let pdf = pdfs.get(path).ok_or_else(|| format!("{path}: not in the outcome"))?;
    let (text, converted) = (pdf.text(), pdf.outcome.status == FileStatus::Converted);
    let found = text.chars().filter(|c| !c.is_whitespace()).count();
    let told = || format!("{path}: {found} characters on {} pages, {:?}", pdf.pages.len(), pdf.outcome.error);
    if converted {
        let numbers = pdf.pages.iter().map(|(number, _)| *number);
        let in_order = numbers.eq(1..=i64::try_from(pdf.pages.len()).unwrap());
        let silent = pdf.pages.iter().any(|(_, text)| text.is_none()) && !pdf.tells_of_pages_without_text();
        if !in_order || silent {
            return Err(format!("{}: pages out of order, or without text and not told", told()));
        }
    }
    let wanted = expect["min_chars"].as_u64().map_or(0, |least| usize::try_from(least).unwrap());
    let as_expected = match expect["outcome"].as_str().unwrap_or_default() {
        "text" => {
            let parts = expect["contains"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let all_pages = expect["pages"].as_u64() == Some(pdf.pages.len() as u64);
            converted && all_pages && found >= wanted && parts.into_iter().all(|part| text.contains(part))
        }
        // Other readers see a stray character here and there.
        "no_text_or_error" => !converted || found < 50,
        "error" => !converted,
        _ => true,
    };
    if as_expected { Ok(()) } else { Err(told()) }
}
