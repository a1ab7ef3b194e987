//! `textmill classify tokens`: entities from one form to another, and what others read of it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Float32Type;
use serde_json::{Value, json as object};
use textmill::core::embeddings::{Embedder, LocalEmbedder, LocalOptions};
use textmill::core::intake::LocalSource;
use textmill::operations::classification::{ClassificationOptions, Engines, build_dataset};
use textmill::operations::knowledge_base::KnowledgeBases;

use crate::conversion::rows;
use crate::support::{json, minilm, reference_data, repository, run, text, unattended};

fn folder_with(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        std::fs::write(folder.path().join(name), content).unwrap();
    }
    folder
}

fn tokens(folder: &Path, arguments: &[&str]) -> Output {
    run(folder, &[&["classify", "tokens"], arguments].concat())
}

/// Converts, which must leave nothing out; the file.
fn converted(folder: &Path, from: &str, to: &str) -> String {
    let done = tokens(folder, &[from, "-o", to]);
    assert!(done.status.success(), "{from} to {to}: {}", text(&done.stderr));
    std::fs::read_to_string(folder.join(to)).unwrap()
}

const CONLL: &str =
    "Ana\tB-person\nvisits\tO\nNew\tB-place\nYork\tI-place\n,\tO\n\"\tO\n#yes\tO\n\nRome\tB-place\nBern\tB-place\n";

#[test]
fn every_form_becomes_every_other_and_the_same_again() {
    let folder = folder_with(&[("a.conll", CONLL)]);
    let names = ["b.conll", "b.iob.jsonl", "b.spans.jsonl", "b.csv", "b.tsv", "b.parquet"];
    for name in names {
        let done = tokens(folder.path(), &["a.conll", "-o", name, "--json"]);
        assert!(done.status.success(), "{name}: {}", text(&done.stderr));
        assert_eq!(json(&done)["entities"], object!({ "person": 1, "place": 3 }), "{name}");
    }
    for from in names {
        for to in ["c.conll", "c.iob.jsonl", "c.csv"] {
            converted(folder.path(), from, to);
            if from != "b.spans.jsonl" {
                let wanted = folder.path().join(to.replace("c.", "b."));
                let [wanted, found] =
                    [wanted, folder.path().join(to)].map(|path| std::fs::read_to_string(path).unwrap());
                assert_eq!(wanted, found, "{from} to {to}");
            }
        }
    }
    assert_eq!(converted(folder.path(), "b.conll", "c.conll"), CONLL);
    let iob = std::fs::read_to_string(folder.path().join("b.iob.jsonl")).unwrap();
    assert_eq!(iob.lines().nth(1).unwrap(), r#"{"tokens":["Rome","Bern"],"tags":["B-place","B-place"]}"#);
    let spans = std::fs::read_to_string(folder.path().join("b.spans.jsonl")).unwrap();
    let first: Value = serde_json::from_str(spans.lines().next().unwrap()).unwrap();
    assert_eq!(first["text"], "Ana visits New York , \" #yes");
    assert_eq!(first["spans"][1], object!({ "start": 11, "end": 19, "label": "place" }));
    let batch = rows(&folder.path().join("b.parquet")).remove(0);
    assert_eq!(batch.column_by_name("tags").unwrap().as_list::<i32>().value(1).as_string::<i32>().value(0), "B-place");
}

#[test]
fn spans_stay_where_they_are_and_become_tags_of_words_and_marks() {
    let spans = r#"{"text":"ü😀 closed-loop Systeme.","spans":[{"start":3,"end":14,"label":"A/b c","how":"exact"}]}
{"text":"Abfallwirtschaft heute","entities":[[0,6,"X"]]}

{"text":"supply chain management","spans":[[0,12,"A"],[7,23,"B"]]}
{"text":null,"spans":[]}
{"text":"short","spans":[[2,9,"A"]]}
no json
"#;
    let folder = folder_with(&[("a.jsonl", spans)]);
    let done = tokens(folder.path(), &["a.jsonl", "-o", "a.iob.jsonl", "--json"]);
    let outcome = json(&done);
    assert_eq!(done.status.code(), Some(1), "rows were left out");
    assert_eq!(
        (&outcome["from"], &outcome["rows_read"], &outcome["rows_written"]),
        (&"spans".into(), &6.into(), &4.into())
    );
    assert_eq!((&outcome["spans_overlapping"], &outcome["spans_widened"]), (&1.into(), &1.into()));
    assert_eq!(outcome["labels_renamed"], object!(["A/b c"]));
    let examples: Vec<_> =
        outcome["not_fitting"]["examples"].as_array().unwrap().iter().map(|told| told.as_str().unwrap()).collect();
    assert_eq!(examples[0], "row 5 (line 6): the span 2 to 9 does not lie in a text of 5 characters");
    assert!(examples[1].starts_with("row 6 (line 7): `no json` is no object"), "{}", examples[1]);
    let iob = std::fs::read_to_string(folder.path().join("a.iob.jsonl")).unwrap();
    let first = r#"{"tokens":["ü","😀","closed","-","loop","Systeme","."],"tags":["O","O","B-A/b_c","I-A/b_c","I-A/b_c","O","O"]}"#;
    assert_eq!(iob.lines().next().unwrap(), first);
    assert_eq!(iob.lines().nth(1).unwrap(), r#"{"tokens":["Abfallwirtschaft","heute"],"tags":["B-X","O"]}"#);
    assert_eq!(iob.lines().nth(3).unwrap(), r#"{"tokens":[],"tags":[]}"#);
    let table = tokens(folder.path(), &["a.jsonl", "-o", "s.parquet", "--to", "span-table"]);
    assert_eq!(table.status.code(), Some(1));
    let back = converted(folder.path(), "s.parquet", "back.spans.jsonl");
    assert!(
        back.starts_with(r#"{"text":"ü😀 closed-loop Systeme.","spans":[{"start":3,"end":14,"label":"A/b c"}]}"#),
        "{back}"
    );
    let csv = tokens(folder.path(), &["s.parquet", "-o", "s.csv", "--to", "span-table"]);
    assert!(csv.status.success());
    assert_eq!(converted(folder.path(), "s.csv", "again.spans.jsonl"), back);
}

#[test]
fn what_does_not_follow_is_mended_and_told_with_its_place_or_refused() {
    let table = "id,text,iob_tags\n1,a b c,I-x O I-x\n2,a b,O\n3,a b,O PER\n4,a  b,B-x E-x\n5,,\n";
    let folder = folder_with(&[("a.csv", table)]);
    let done = tokens(folder.path(), &["a.csv", "-o", "a.conll", "--json"]);
    let outcome = json(&done);
    assert_eq!(done.status.code(), Some(1));
    assert_eq!(
        std::fs::read_to_string(folder.path().join("a.conll")).unwrap(),
        "a\tB-x\nb\tO\nc\tB-x\n\na\tB-x\nb\tI-x\n"
    );
    assert_eq!((&outcome["tags_mended"], &outcome["mended"]["rows"]), (&2.into(), &1.into()));
    assert_eq!(outcome["mended"]["examples"], object!(["row 1, token 1: `I-x` at the beginning, and 1 more"]));
    assert_eq!(
        outcome["not_fitting"]["examples"],
        object!(["row 2: 2 tokens and 1 tags", "row 3: token 2: `PER` is no tag"])
    );
    assert_eq!((&outcome["rows_without_tokens"], &outcome["columns_left_out"]), (&1.into(), &object!(["id"])));
    let told = text(&tokens(folder.path(), &["a.csv", "-o", "-", "--to", "conll"]).stderr);
    assert!(told.contains("row 3: token 2: `PER` is no tag") && told.contains("1 row mended"), "{told}");

    let strict = tokens(folder.path(), &["a.csv", "-o", "strict.conll", "--strict"]);
    assert_eq!(strict.status.code(), Some(2));
    assert!(text(&strict.stderr).contains("3 rows"), "{}", text(&strict.stderr));
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "{left:?}");

    std::fs::write(folder.path().join("one.conll"), "a I-x\nb I-x\nc B-x\n").unwrap();
    let done = tokens(folder.path(), &["one.conll", "-o", "-", "--to", "conll", "--iob1", "--strict"]);
    assert_eq!((text(&done.stdout).as_str(), done.status.code()), ("a\tB-x\nb\tI-x\nc\tB-x\n", Some(0)));
}

#[test]
fn what_a_form_cannot_hold_is_left_out_and_told() {
    let iob = "{\"tokens\":[\"New York\",\"a\\tb\"],\"tags\":[\"B-place\",\"O\"]}\n{\"tokens\":[\"ok\\u00a0\"],\"tags\":[\"O\"]}\n";
    let folder = folder_with(&[("a.jsonl", iob)]);
    let told = |to: &str| {
        let done = tokens(folder.path(), &["a.jsonl", "-o", to, "--json"]);
        let outcome = json(&done);
        (done.status.code().unwrap(), outcome["not_fitting"]["examples"][0].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(told("a.conll"), (1, "row 1 (line 1): token 2 is empty or parted: `a\\tb`".to_owned()));
    assert_eq!(told("a.csv"), (1, "row 1 (line 1): token 1 is empty or parted: `New York`".to_owned()));
    assert_eq!(told("a.parquet"), (0, String::new()));
    assert_eq!(converted(folder.path(), "a.parquet", "b.iob.jsonl").replace('\u{a0}', "\\u00a0"), iob);
    assert_eq!(converted(folder.path(), "a.csv", "b.conll"), "ok\u{a0}\tO\n");
    assert_eq!(converted(folder.path(), "a.conll", "b.conll"), "ok\u{a0}\tO\n");
}

#[test]
fn what_cannot_be_converted_is_said_with_what_to_do() {
    let folder =
        folder_with(&[("a.csv", "txt,iob_tags\na,O\nb,O\n"), ("n.csv", "text,tags\n1 2,O\n"), ("a.conll", "a\tO\n")]);
    for (arguments, told) in [
        (&["a.csv", "-o", "a.conll"][..], "did you mean `txt`?"),
        (&["a.conll", "-o", "a.jsonl"], "--to"),
        (&["a.conll", "-o", "-"], "does not say its form"),
        (&["missing.conll", "-o", "b.conll"], "missing.conll"),
        (&["a.csv", "-o", "b.conll", "--text-column", "txt", "--spans-column", "iob_tagz"], "iob_tags"),
    ] {
        let done = tokens(folder.path(), arguments);
        let said = text(&done.stderr).replace("`to`", "--to");
        assert!(done.status.code() == Some(2) && said.contains(told), "{arguments:?}: {said}");
    }
    let done = tokens(folder.path(), &["n.csv", "-o", "-", "--to", "iob"]);
    assert!(text(&done.stderr).contains("2 tokens and 1 tags"), "{}", text(&done.stderr));
}

#[test]
fn what_annotate_writes_is_read() {
    let folder = folder_with(&[("said.csv", "id,text\n1,We recycled it\n2,\n3,closed loop\n")]);
    std::fs::create_dir_all(folder.path().join("lists/E S")).unwrap();
    std::fs::write(folder.path().join("lists/E S/RECYCLING.tsv"), "recycle\nclosed loop\nloop\n").unwrap();
    for arguments in [
        &["kb", "build", "lists", "--name", "own"][..],
        &[
            "annotate",
            "said.csv",
            "--kb",
            "own",
            "-o",
            "a.parquet",
            "--export",
            "iob",
            "--export",
            "conll",
            "--export",
            "spans",
        ],
    ] {
        let done = run(folder.path(), arguments);
        assert!(done.status.success(), "{}", text(&done.stderr));
    }
    let wanted = "We\tO\nrecycled\tB-E_S/RECYCLING\nit\tO\n\nclosed\tB-E_S/RECYCLING\nloop\tI-E_S/RECYCLING\n";
    for from in ["a.conll", "a.iob.jsonl", "a.spans.jsonl", "a.parquet"] {
        let done = tokens(folder.path(), &[from, "-o", "-", "--to", "conll"]);
        assert_eq!(text(&done.stdout), wanted, "{from}: {}", text(&done.stderr));
    }
}

/// A Python with seqeval; `None` where it can't be had, after saying so.
fn python_with_seqeval() -> Option<PathBuf> {
    match Command::new(repository().join("tests/support/seqeval.sh")).output() {
        Ok(made) if made.status.success() => Some(PathBuf::from(text(&made.stdout).trim())),
        Ok(made) => {
            println!("skipped: {}", text(&made.stderr).trim());
            None
        }
        Err(error) => {
            println!("skipped: seqeval.sh can't be run: {error}");
            None
        }
    }
}

/// What seqeval makes of a file of CoNLL, held against itself.
fn by_seqeval(python: &Path, conll: &Path) -> Value {
    let script = repository().join("tests/support/seqeval_report.py");
    let done = Command::new(python).arg(script).arg(conll).output().unwrap();
    assert!(done.status.success(), "{}", text(&done.stderr));
    json(&done)
}

#[test]
fn seqeval_reads_what_is_written_and_counts_the_same_entities() {
    let Some(python) = python_with_seqeval() else { return };
    let folder = folder_with(&[("a.conll", CONLL)]);
    let mut files = vec![("a.conll".to_owned(), folder.path().join("a.conll"))];
    for part in ["train", "test"] {
        let wnut = reference_data().map(|data| data.join(format!("drift/wnut17_{part}.csv")));
        files.extend(wnut.filter(|file| file.exists()).map(|file| (format!("wnut17_{part}.conll"), file)));
    }
    for (name, source) in files {
        let target = folder.path().join(format!("out_{name}"));
        let done = tokens(folder.path(), &[source.to_str().unwrap(), "-o", target.to_str().unwrap(), "--json"]);
        assert!(done.status.success(), "{}", text(&done.stderr));
        let report = by_seqeval(&python, &target);
        assert_eq!((&report["f1"], &report["precision"]), (&1.0.into(), &1.0.into()), "{name}");
        let ours: BTreeMap<String, u64> = serde_json::from_value(json(&done)["entities"].clone()).unwrap();
        let theirs: BTreeMap<String, u64> = serde_json::from_value(report["entities"].clone()).unwrap();
        assert_eq!(ours, theirs, "{name}");
        println!("seqeval: {name}: {} sentences, {} entities, F1 1.0", report["sentences"], ours.values().sum::<u64>());
    }
}

/// Builds the sample's knowledge base and a data set of its statements as the stored job says it.
fn statements(folder: &Path, format: &str) -> Value {
    let sample = repository().join("knowledgebase");
    let built = run(folder, &["kb", "build", sample.to_str().unwrap(), "--name", "sustainability"]);
    // The sample has a line that can't be read.
    assert!(matches!(built.status.code(), Some(0 | 1)), "{}", text(&built.stderr));
    let stored = std::fs::read_to_string(repository().join("jobs/classification/entities.toml")).unwrap();
    let stored: toml::Table = toml::from_str(&stored).unwrap();
    let mut options: ClassificationOptions = stored["options"].clone().try_into().unwrap();
    options.format = serde_json::from_value(format.into()).unwrap();
    let bases = KnowledgeBases::new(folder.join(".textmill/knowledge-bases"));
    let base = bases.open(options.label_by_concepts.as_ref().unwrap()).unwrap();
    let source = LocalSource::at(&repository().join(stored["source"].as_str().unwrap())).unwrap();
    let engines = Engines { base: Some(&base), ..Engines::default() };
    let card = build_dataset(&source, &folder.join(format), &options, &engines, &unattended()).unwrap();
    serde_json::to_value(card).unwrap()
}

#[test]
fn the_stored_job_tags_the_concepts_of_the_sample() {
    let folder = folder_with(&[]);
    let card = statements(folder.path(), "conll");
    let labels = card["labels"].as_array().unwrap();
    let mentions: u64 = labels.iter().map(|label| label["rows"].as_u64().unwrap()).sum();
    assert!(labels.len() >= 3 && mentions >= 100, "{labels:?}");
    assert!(card["labelled_by"].as_str().unwrap().starts_with("sustainability "));
    let mut counted: BTreeMap<String, u64> = BTreeMap::new();
    let mut sentences = 0;
    let names = card["files"].as_array().unwrap().iter().map(|file| file["name"].as_str().unwrap());
    for name in names.filter(|name| name.strip_suffix(".conll").is_some()) {
        let done = tokens(&folder.path().join("conll"), &[name, "-o", "again.conll", "--strict", "--json"]);
        assert!(done.status.success(), "{}", text(&done.stderr));
        let [before, after] =
            [name, "again.conll"].map(|name| std::fs::read(folder.path().join("conll").join(name)).unwrap());
        assert_eq!(before, after);
        let outcome = json(&done);
        sentences += outcome["rows_written"].as_u64().unwrap();
        for (label, count) in outcome["entities"].as_object().unwrap() {
            *counted.entry(label.clone()).or_default() += count.as_u64().unwrap();
        }
    }
    assert_eq!(sentences, card["rows"]["written"].as_u64().unwrap());
    let told: BTreeMap<String, u64> = labels
        .iter()
        .map(|label| (label["label"].as_str().unwrap().to_owned(), label["rows"].as_u64().unwrap()))
        .collect();
    assert_eq!(told, counted, "the card counts mentions");
    statements(folder.path(), "parquet");
    let all = tokens(folder.path(), &["parquet/dataset.parquet", "-o", "all.conll", "--json"]);
    assert_eq!(json(&all)["entities"], serde_json::to_value(&counted).unwrap());
}

#[test]
fn a_data_set_of_tags_keeps_them_and_tells_what_it_mended_or_left_out() {
    let table = "id,text,iob_tags\n1,a b c,I-x O I-x\n2,d e,O\n3,f g,B-y I-y\n4,h,O\n5,i j,O B-x\n6,k,B-y\n";
    let folder = folder_with(&[("a.csv", table)]);
    let build = |more: &[&str]| {
        let fixed = ["classify", "build", "a.csv", "--text-column", "text", "-o", "out", "--json"];
        run(folder.path(), &[&fixed[..], more].concat())
    };
    let done = build(&["--task", "entities", "--tags-column", "iob_tags", "--split", "train=60,test=40"]);
    let card = json(&done);
    assert_eq!((&card["rows"]["read"], &card["rows"]["written"]), (&6.into(), &5.into()), "{}", text(&done.stderr));
    assert_eq!(card["rows"]["left_out"]["tags_not_fitting"], 1);
    let findings = card["findings"].as_array().unwrap();
    let told = |kind: &str| findings.iter().find(|finding| finding["kind"] == kind).unwrap()["examples"][0].clone();
    assert_eq!(told("invalid_tags"), "row 1, token 1: `I-x` at the beginning, and 1 more");
    assert_eq!(told("tags_not_fitting"), "row 2: 2 tokens and 1 tags");
    let conll = build(&["--format", "conll"]);
    assert_eq!(json(&conll)["detail"], "CoNLL is for entities");
    let nothing = build(&["--task", "entities"]);
    assert!(text(&nothing.stdout).contains("tags_column"), "{}", text(&nothing.stdout));
}

/// How far a model for sentences gets that was not trained for these labels: the table of docs/entities.md.
#[test]
fn labels_by_meaning_are_right_the_more_often_the_further_they_lead() {
    let Some(model) = minilm() else {
        println!("entities: no labels by meaning compared, TEST_MODEL_DIR names no model");
        return;
    };
    let sources = repository().join("jobs/classification/source");
    let described = std::fs::read_to_string(sources.join("emotions_descriptions.toml")).unwrap();
    let embedder: Arc<dyn Embedder> = Arc::new(LocalEmbedder::open(&model, LocalOptions::default()).unwrap());
    let folder = folder_with(&[]);
    let options = ClassificationOptions {
        text_column: vec!["text".to_owned()],
        label_by_meaning: Some(toml::from_str(&described).unwrap()),
        margin: 0.0,
        ..ClassificationOptions::default()
    };
    let engines = Engines { embedder: Some(embedder), ..Engines::default() };
    let source = LocalSource::at(&sources.join("emotions.csv")).unwrap();
    build_dataset(&source, folder.path(), &options, &engines, &unattended()).unwrap();
    // The lead is the confidence, so one run tells what any margin would.
    let mut told: Vec<(f32, bool)> = Vec::new();
    for batch in rows(&folder.path().join("dataset.parquet")) {
        let [found, right] = ["label", "emotion"].map(|name| batch.column_by_name(name).unwrap().as_string::<i32>());
        let leads = batch.column_by_name("confidence").unwrap().as_primitive::<Float32Type>();
        told.extend((0..batch.num_rows()).map(|row| (leads.value(row), found.value(row) == right.value(row))));
    }
    let measured = [0.0, 0.02, 0.05, 0.1].map(|margin| {
        let sure = told.iter().filter(|(lead, _)| *lead >= margin).count();
        let hits = told.iter().filter(|(lead, is_right)| *lead >= margin && *is_right).count();
        println!("entities: margin {margin}: {sure} of {} told, {hits} of them right", told.len());
        (sure * 100 / told.len(), hits * 100 / sure)
    });
    assert!(measured.is_sorted_by(|a, b| a.0 > b.0 && a.1 <= b.1), "{measured:?}");
    assert!(measured[0].1 >= 65 && measured[2].0 >= 50 && measured[2].1 >= 80, "{measured:?}");
}
