//! Files whose right answers others made: `TEST_DATA_DIR` names a folder with `manifest.json`.
//!
//! The manifest is a list of `{path, format, expect: {outcome, rows, columns, accept, …}}`. Each miss is named; the last
//! line is `corpus: N of M files as expected (P %)`.

use std::collections::BTreeMap;
use std::path::Path;

use parquet::file::reader::{FileReader, SerializedFileReader};
use serde_json::Value;
use textmill::core::intake::LocalSource;
use textmill::core::tabular::format::FormatName;
use textmill::operations::parquet_conversion::{ConversionOptions, FileOutcome, FileStatus, TableOutcome, convert};

use crate::knowledge_base::{self, generation, lines};
use crate::pdf_text::Pdfs;
use crate::support::{reference_data, run, unattended};

/// Share of files that must come out as expected, in thousandths.
const WANTED: usize = 980;

#[test]
fn corpus() {
    let Some(data) = reference_data() else { return };
    if !data.join("manifest.json").is_file() {
        return;
    }
    let manifest: Vec<Value> = read_json(&data.join("manifest.json"));
    let target = tempfile::tempdir().unwrap();
    let outcomes = convert_all(&data.join("files"), target.path());
    let pdfs = Pdfs::of(outcomes.values(), target.path());
    let mut misses = Vec::new();
    for entry in &manifest {
        let path = text(entry, "path").trim_start_matches("files/");
        let outcome = outcomes.get(path);
        let verdict = match text(entry, "format") {
            "pdf" => pdfs.judge(entry),
            "excel" => judge_workbook(&entry["expect"], outcome, target.path()),
            _ => judge(&entry["expect"], outcome, target.path()),
        };
        if let Err(miss) = verdict {
            misses.push(format!("miss: {path}: {miss}"));
        }
    }
    let mut total = manifest.len();
    if data.join("kb_manifest.json").is_file() {
        let before = misses.len();
        let lists = kb_tree(&data, &mut misses);
        println!("kb_tree: {} of {lists} files as expected", lists + before - misses.len());
        assert_eq!(misses.len(), before, "keyword lists must come out whole: {misses:#?}");
        let files = total - before;
        println!("files: {files} of {total} as expected ({} %)", percent(files, total));
        total += lists;
    }
    for miss in &misses {
        println!("{miss}");
    }
    let good = total - misses.len();
    println!("corpus: {good} of {total} files as expected ({} %)", percent(good, total));
    assert!(good * 1000 >= WANTED * total, "fewer than {WANTED} in a thousand as expected");
}

fn percent(part: usize, whole: usize) -> String {
    let tenths = part * 1000 / whole;
    format!("{}.{}", tenths / 10, tenths % 10)
}

fn convert_all(source: &Path, target: &Path) -> BTreeMap<String, FileOutcome> {
    let source = LocalSource::at(source).unwrap();
    let outcome = convert(&source, target, &ConversionOptions::default(), &unattended()).unwrap();
    let summary = outcome.summary;
    assert_eq!(summary.rows_in, summary.rows_out + summary.rows_rejected);
    outcome.files.into_iter().map(|file| (file.source.clone(), file)).collect()
}

fn judge(expect: &Value, outcome: Option<&FileOutcome>, target: &Path) -> Result<(), String> {
    let outcome = outcome.ok_or("not in the outcome")?;
    let error = outcome.error.as_ref().map(ToString::to_string);
    let found = match outcome.status {
        FileStatus::Converted => Some(shape(outcome, target)?),
        FileStatus::Failed | FileStatus::Skipped => None,
    };
    let told = || format!("{:?} {:?} {:?}", outcome.status, outcome.reason, error);
    match (text(expect, "outcome"), found) {
        ("table", None) => Err(format!("a table was expected, got {}", told())),
        // Reading on past bad records is no silent success: each of them is an error with its line.
        ("error" | "table_or_error", Some(_)) if outcome.rows_rejected > 0 => Ok(()),
        ("table" | "table_or_error" | "text_or_table" | "skipped_or_table", Some(shape)) => fits(expect, shape),
        // Documents were skipped when the manifest was written; now they are read, and must then have text.
        ("skipped", Some((rows, 3))) if is_document(outcome) && rows > 0 => Ok(()),
        ("error" | "empty_or_error", Some(shape)) => Err(format!("an error was expected, got {shape:?}")),
        ("skipped", Some(shape)) => Err(format!("should be skipped, got {shape:?}")),
        (_, None) => Ok(()),
        (other, _) => Err(format!("unknown expectation {other}")),
    }
}

fn fits(expect: &Value, (rows, columns): (u64, u64)) -> Result<(), String> {
    let pair = |rows: &Value, columns: &Value| Some((rows.as_u64()?, columns.as_u64()?));
    let mut accepted: Vec<_> = pair(&expect["rows"], &expect["columns"]).into_iter().collect();
    if expect["header_ambiguous"] == true {
        accepted.extend(accepted.clone().into_iter().map(|(rows, columns)| (rows + 1, columns)));
    }
    let listed = expect["accept"].as_array().map(Vec::as_slice).unwrap_or_default();
    accepted.extend(listed.iter().filter_map(|entry| pair(&entry[0], &entry[1])));
    if accepted.is_empty() || accepted.contains(&(rows, columns)) {
        return Ok(());
    }
    Err(format!("{rows} × {columns}, expected {accepted:?}"))
}

fn is_document(outcome: &FileOutcome) -> bool {
    let formats = outcome.tables.iter().map(|table| table.report.format);
    formats.into_iter().all(|format| matches!(format, FormatName::Docx | FormatName::Html))
}

/// Each sheet by its name; sheets without a value are no tables.
fn judge_workbook(expect: &Value, outcome: Option<&FileOutcome>, target: &Path) -> Result<(), String> {
    let sheets: Vec<_> =
        expect["sheets"].as_array().into_iter().flatten().filter(|sheet| sheet["columns"] != 0).collect();
    let found = outcome.ok_or("not in the outcome")?;
    let is_empty = expect["sheets"].is_array() && sheets.is_empty();
    // Where a table is only allowed, the sheets say what one reader saw.
    if sheets.is_empty() || expect["outcome"] != "table" || found.status != FileStatus::Converted {
        return if is_empty && found.error.is_none() { Ok(()) } else { judge(expect, outcome, target) };
    }
    for sheet in sheets {
        let name = text(sheet, "name");
        let is_it = |table: &&TableOutcome| table.report.sheet.as_ref().is_some_and(|found| found.name == name);
        let table = found.tables.iter().find(is_it).ok_or_else(|| format!("no sheet {name}"))?;
        let (rows, columns) = table_shape(table, target)?;
        let mut accepted: Vec<_> = sheet["rows"].as_u64().into_iter().collect();
        accepted.extend(expect["accept_rows"].as_array().into_iter().flatten().filter_map(Value::as_u64));
        if expect["header_ambiguous"] == true {
            accepted.extend(accepted.clone().into_iter().map(|rows| rows + 1));
        }
        if !accepted.contains(&rows) || sheet["columns"].as_u64() != Some(columns) {
            return Err(format!("{name}: {rows} × {columns}, expected {accepted:?} × {}", sheet["columns"]));
        }
    }
    Ok(())
}

/// Rows and columns of the first table as a Parquet reader sees them.
fn shape(outcome: &FileOutcome, target: &Path) -> Result<(u64, u64), String> {
    table_shape(outcome.tables.first().ok_or("converted without a table")?, target)
}

fn table_shape(table: &TableOutcome, target: &Path) -> Result<(u64, u64), String> {
    let output = table.output.as_ref().ok_or("converted without an output")?;
    let file = std::fs::File::open(target.join(&output.path)).map_err(|error| error.to_string())?;
    let reader = SerializedFileReader::new(file).map_err(|error| error.to_string())?;
    let metadata = reader.metadata().file_metadata();
    let rows = u64::try_from(metadata.num_rows()).unwrap();
    if rows != table.rows_out {
        return Err(format!("the report says {} rows, the file has {rows}", table.rows_out));
    }
    Ok((rows, metadata.schema().get_fields().len() as u64))
}

fn kb_tree(data: &Path, misses: &mut Vec<String>) -> usize {
    let manifest: Vec<Value> = read_json(&data.join("kb_manifest.json"));
    let target = tempfile::tempdir().unwrap();
    let outcomes = convert_all(&data.join("kb_tree"), target.path());
    for entry in &manifest {
        let path = text(entry, "path");
        if let Err(miss) = judge_list(entry, outcomes.get(path), target.path()) {
            misses.push(format!("miss: kb_tree/{path}: {miss}"));
        }
    }
    manifest.len()
}

fn judge_list(entry: &Value, outcome: Option<&FileOutcome>, target: &Path) -> Result<(), String> {
    let outcome = outcome.ok_or("not in the outcome")?;
    if outcome.status != FileStatus::Converted {
        let empty = entry["non_empty_lines"] == 0;
        let unread = empty || ["unchecked"].iter().any(|ending| outcome.source.ends_with(ending));
        let told = outcome.reason.is_some() || outcome.error.is_some();
        return if unread && told { Ok(()) } else { Err(format!("{:?} {:?}", outcome.status, outcome.reason)) };
    }
    if outcome.source.ends_with("xlsx") {
        // The manifest counts lines of its bytes.
        return if outcome.rows_out > 0 { Ok(()) } else { Err("a workbook without rows".to_owned()) };
    }
    // Keyword lists have no header: every line is a row, and a tab parts synonyms.
    let widest = entry["tab_widths"].as_array().into_iter().flatten().filter_map(Value::as_u64).max();
    let (rows, columns) = shape(outcome, target)?;
    let lines = entry["non_empty_lines"].as_u64();
    if lines == Some(rows)
        && outcome.rows_rejected == 0
        && (widest == Some(columns) || outcome.source.ends_with("jsonl"))
    {
        return Ok(());
    }
    Err(format!("{rows} × {columns}, expected {lines:?} × {widest:?}"))
}

fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> T {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

/// The keyword lists as a knowledge base: every line that holds anything is the content of a record, at its place, and the
/// folders are those of the tree.
///
/// What is compared: a line's cells between tabs, blank ones left out, one tab between the others, each as it stands in the
/// file; in lines with quotes, quotes aside on both sides.
#[test]
fn keyword_lists_become_a_knowledge_base() {
    let Some(data) = reference_data().filter(|data| data.join("kb_manifest.json").is_file()) else { return };
    let manifest: Vec<Value> = read_json(&data.join("kb_manifest.json"));
    let (folder, tree) = (tempfile::tempdir().unwrap(), data.join("kb_tree"));
    let output = run(folder.path(), &["kb", "build", tree.to_str().unwrap(), "--name", "kb", "--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", crate::support::text(&output.stderr));
    let entries: BTreeMap<String, Value> = lines(&generation(folder.path()).join("files.jsonl"))
        .into_iter()
        .map(|file| (text(&file, "path").to_owned(), file))
        .collect();
    let mut records: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for record in knowledge_base::records(folder.path()) {
        records.entry(text(&record["meta"], "path").to_owned()).or_default().push(record);
    }
    assert_eq!(entries.len(), manifest.len(), "every file has an entry");
    let (mut misses, mut compared) = (Vec::new(), 0);
    for listed in &manifest {
        let path = text(listed, "path");
        let found = records.get(path).map(Vec::as_slice).unwrap_or_default();
        match judge_records(listed, &entries[path], found, &tree) {
            Ok(lines) => compared += lines,
            Err(miss) => misses.push(format!("miss: kb_tree/{path}: {miss}")),
        }
    }
    println!(
        "kb_tree as a knowledge base: {} of {} files, {compared} lines",
        manifest.len() - misses.len(),
        manifest.len()
    );
    assert!(misses.is_empty(), "{misses:#?}");
}

/// How many lines were compared.
fn judge_records(listed: &Value, entry: &Value, records: &[Value], tree: &Path) -> Result<usize, String> {
    let path = text(listed, "path");
    let ending = path.rsplit('.').next().unwrap_or_default();
    if records.iter().any(|record| record["meta"]["folders"] != listed["folders"]) {
        return Err(format!("folders {}, expected {}", records[0]["meta"]["folders"], listed["folders"]));
    }
    if entry["status"] != "read" {
        let is_right = listed["non_empty_lines"] == 0 || ending == "unchecked";
        return if is_right && entry["status"] == "skipped" { Ok(0) } else { Err(format!("{entry}")) };
    }
    if ending == "xlsx" {
        // The manifest counts lines of its bytes.
        return if records.is_empty() { Err("a workbook without records".to_owned()) } else { Ok(0) };
    }
    let content = std::fs::read_to_string(tree.join(path)).map_err(|error| error.to_string())?;
    let wanted: Vec<_> = content.lines().zip(1_u64..).filter(|(line, _)| !line.trim().is_empty()).collect();
    if wanted.len() != records.len() {
        return Err(format!("{} records of {} lines", records.len(), wanted.len()));
    }
    if ending == "jsonl" {
        return Ok(0);
    }
    for ((line, number), record) in wanted.iter().zip(records) {
        let cells: Vec<_> = line.split('\t').filter(|cell| !cell.trim().is_empty()).collect();
        let (wanted, found) = (cells.join("\t"), text(record, "content"));
        let is_equal = wanted == found || wanted.contains('"') && wanted.replace('"', "") == found.replace('"', "");
        if !is_equal || record["meta"]["row"].as_u64() != Some(*number) {
            return Err(format!("line {number} is {wanted:?}, the record {found:?} of row {}", record["meta"]["row"]));
        }
    }
    Ok(wanted.len())
}
