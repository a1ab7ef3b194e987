//! Graphs of a knowledge base, loaded into the engines that they are written for.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::support::{json, repository, run, text, textmill};

/// Texts that quoting, escaping and encoding can go wrong on.
const HARD: [&str; 5] = [
    "It's \"quoted\" \\ and 'quoted', recycled;",
    "two\nlines // and a -- comment */",
    "ünïcödé 循環 \u{1f33f} \u{200d} <b>&amp;</b> {id: $x}",
    "a, comma | a `tick` \\n not a line",
    "closed loops, recycling and more recycling",
];

/// A knowledge base of lists and of a table that is hard to write.
fn built() -> (tempfile::TempDir, Value) {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source");
    let write = |path: &str, content: &str| {
        let path = source.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    };
    write("DFG/Primary/RECYCLING.tsv", "recycle\nclosed loop\n");
    write("DFG/Social/WAGES.tsv", "fair wages\nliving wage\n");
    let cells = HARD.map(|content| format!("\"{}\"", content.replace('"', "\"\"")));
    write("Notes & <things>/O'Brien.csv", &format!("text\n{}\n", cells.join("\n")));
    let output = run(folder.path(), &["kb", "build", "source", "--name", "esg", "--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    (folder, json(&output))
}

fn graph(folder: &Path, format: &str, output: &str) -> Value {
    let output = run(folder, &["kb", "graph", "esg", "--format", format, "-o", output, "--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    json(&output)
}

/// The Python that has the engines; `None`, and why, where it can't be had.
fn python() -> Option<PathBuf> {
    let found = Command::new(repository().join("tests/support/graph_engines.sh")).output();
    match found {
        Ok(output) if output.status.success() => Some(text(&output.stdout).trim().into()),
        Ok(output) => {
            println!("skipped: {}", text(&output.stderr));
            None
        }
        Err(error) => {
            println!("skipped: graph_engines.sh can't be run: {error}");
            None
        }
    }
}

/// Writes the graph, loads it, and compares what is in the engine with what was written.
fn loads_into(engine: &str, format: &str, place: &str) {
    let Some(python) = python() else { return };
    let (folder, _) = built();
    let counts = graph(folder.path(), format, place);
    let script = repository().join("tests/support/graph_engines.py");
    let output = Command::new(python).arg(script).args([engine, place]).current_dir(folder.path()).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let found = json(&output);
    for (name, count) in [("Folder", "folders"), ("File", "files"), ("Record", "records"), ("Concept", "concepts")] {
        assert_eq!(found["counts"][name], counts[count], "{name}");
    }
    let edges =
        ["CONTAINS", "HAS_RECORD", "MENTIONS", "SIMILAR_TO"].map(|name| found["counts"][name].as_u64().unwrap());
    assert_eq!(json!(edges.iter().sum::<u64>()), counts["edges"]);
    assert_eq!(edges[1], counts["records"].as_u64().unwrap());
    let contents: Vec<&str> =
        found["contents"].as_array().unwrap().iter().map(|row| row["content"].as_str().unwrap()).collect();
    for content in HARD {
        assert!(contents.contains(&content), "{content:?} is not among {contents:#?}");
    }
    let mention = json!({ "content": HARD[4], "name": "DFG/Primary/RECYCLING", "number": 3 });
    assert!(found["mentions"].as_array().unwrap().contains(&mention), "{:#}", found["mentions"]);
}

#[test]
fn a_script_of_cypher_runs_on_falkordb_twice_with_one_result() {
    loads_into("falkordb", "cypher", "graph.cypher");
}

#[test]
fn csv_files_load_into_kuzu() {
    loads_into("kuzu", "neo4j-csv", "graph");
}

#[test]
fn graphml_opens_in_networkx() {
    loads_into("networkx", "graphml", "graph.graphml");
}

#[test]
fn csv_files_have_the_headers_of_neo4j_admin() {
    let (folder, _) = built();
    graph(folder.path(), "neo4j-csv", "graph");
    let head = |name: &str| {
        let file = fs::read_to_string(folder.path().join("graph").join(name)).unwrap();
        file.lines().next().unwrap().to_owned()
    };
    assert_eq!(head("folders.csv"), "id:ID(Folder),name,path,:LABEL");
    assert_eq!(head("files.csv"), "id:ID(File),name,path,format,records:long,:LABEL");
    let records = "id:ID(Record),name,content,path,sheet,page:long,row:long,heading,chunk:long,:LABEL";
    assert_eq!(head("records.csv"), records);
    assert_eq!(head("concepts.csv"), "id:ID(Concept),name,:LABEL");
    assert_eq!(head("folder_contains_file.csv"), ":START_ID(Folder),:END_ID(File),:TYPE");
    assert_eq!(head("record_mentions_concept.csv"), ":START_ID(Record),:END_ID(Concept),count:long,:TYPE");
    assert_eq!(head("record_similar_to_record.csv"), ":START_ID(Record),:END_ID(Record),score:double,:TYPE");
}

#[test]
fn the_same_base_built_elsewhere_gives_the_same_graph() {
    let bytes = || {
        let (folder, _) = built();
        graph(folder.path(), "json", "graph.json");
        fs::read(folder.path().join("graph.json")).unwrap()
    };
    assert_eq!(bytes(), bytes());
}

#[test]
fn a_graph_of_nothing_that_is_there_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["kb", "graph", "nothing", "--format", "json", "-o", "graph.json"];
    let output = textmill(folder.path()).args(arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("there is no knowledge base `nothing`"), "{}", text(&output.stderr));
    assert!(!folder.path().join("graph.json").exists());
}
