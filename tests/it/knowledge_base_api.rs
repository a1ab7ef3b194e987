//! Knowledge bases of a running service, as its users meet them: built by the job queue, read over HTTP and on the
//! command line, loaded by others' programs.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::{Service, copy_tree, json, repository, run, text, textmill, wait_until};

const BASE: &str = "/v1/knowledge-bases/esg";

/// Lists and tables in folders; names that meet.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, content) in [
        ("in/DFG/Primary/RECYCLING.tsv", "recycle\nre-use\n"),
        ("in/DFG/Primary/REDUCE.tsv", "reduce\n"),
        ("in/DFG/Secondary/REDUCE.tsv", "save\n"),
        ("in/Sätze/notes.csv", "note,year\nWe recycle metals.,2023\nWe reduced our waste.,2024\n"),
        ("in/Sätze/notes.tsv", "a list\nof lines\n"),
        ("in/notes/inner.txt", "below a folder\n"),
        ("in/notes.txt", "beside a folder\n"),
    ] {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    folder
}

fn request() -> Value {
    json!({"name": "esg", "source": {"type": "path", "path": "in"}})
}

/// Builds it and waits for the end.
fn build(service: &Service, request: &Value) -> Value {
    let answer = service.client.post(format!("{}/v1/knowledge-bases", service.url)).json(request);
    let answer = answer.header("Prefer", "wait=60").send().unwrap();
    let (status, body) = (answer.status().as_u16(), answer.text().unwrap());
    assert!(status == 200 || status == 202, "{status}: {body}");
    let job: Value = serde_json::from_str(&body).unwrap();
    let ended = service.ended(job["id"].as_str().unwrap());
    assert_eq!(ended["status"], "succeeded", "{ended:#}");
    ended
}

fn contents(page: &Value) -> Vec<String> {
    page["items"].as_array().unwrap().iter().map(|one| one["content"].as_str().unwrap().to_owned()).collect()
}

fn stream(service: &Service, query: &str) -> String {
    let request = service.client.get(format!("{}{BASE}/records{query}", service.url));
    let answer = request.header("accept", "application/x-ndjson").send().unwrap();
    assert_eq!(answer.status(), 200);
    answer.text().unwrap()
}

#[test]
fn a_folder_becomes_a_knowledge_base_that_service_and_command_line_see_alike() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]);
    let job = build(&service, &request());
    assert_eq!((&job["kind"], &job["options"]["name"]), (&json!("knowledge_base"), &json!("esg")));
    let manifest = service.get(BASE);
    assert_eq!(manifest["summary"]["files"], 7);
    let count = manifest["summary"]["records"].as_u64().unwrap();
    let lines = stream(&service, "");
    assert_eq!(lines.lines().count() as u64, count);
    let cat = run(folder.path(), &["kb", "cat", "esg"]);
    assert_eq!((cat.status.code(), text(&cat.stdout)), (Some(0), lines));
    let some = run(folder.path(), &["kb", "cat", "esg", "--folder", "DFG", "--text", "REDUCE"]);
    assert_eq!(text(&some.stdout).lines().count(), 1);
    let list = json(&run(folder.path(), &["kb", "list", "--json"]));
    assert_eq!(list[0], manifest);
    let shown = json(&run(folder.path(), &["kb", "show", "esg", "--files", "--json"]));
    assert_eq!((&shown["generation"], &shown["tree"]["file_count"]), (&manifest["generation"], &json!(7)));
    assert!(text(&run(folder.path(), &["kb", "show", "esg", "--depth", "2"]).stdout).contains("Primary/"));
    let removed = json(&run(folder.path(), &["kb", "rm", "esg", "--json"]));
    assert_eq!(removed, json!({"removed": "esg"}));
    assert_eq!(service.get(BASE)["code"], "not-found");
}

#[test]
fn a_reader_of_records_that_has_seen_enough_is_no_failure() {
    let folder = folder();
    fs::write(folder.path().join("in/long.txt"), "a line of some length, again and again\n".repeat(20_000)).unwrap();
    let built = run(folder.path(), &["kb", "build", "in", "--name", "esg"]);
    assert_eq!(built.status.code(), Some(0), "{}", text(&built.stderr));
    let mut command = textmill(folder.path());
    command.args(["kb", "cat", "esg"]).stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut first = [0; 100];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let ended = child.wait_with_output().unwrap();
    assert_eq!((ended.status.code(), text(&ended.stderr)), (Some(0), String::new()));
}

#[test]
fn a_changed_file_makes_another_generation_and_ends_old_cursors() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]);
    build(&service, &request());
    let first = service.get(BASE);
    let page = service.get(&format!("{BASE}/records?limit=2"));
    let path = format!("{BASE}/records?limit=2&cursor={}", page["next_cursor"].as_str().unwrap());
    build(&service, &request());
    assert_eq!(service.get(BASE)["generation"], first["generation"], "nothing has changed");
    assert_eq!(contents(&service.get(&path)).len(), 2, "the cursor goes on");
    fs::write(folder.path().join("in/notes.txt"), "another line\n").unwrap();
    build(&service, &request());
    assert_ne!(service.get(BASE)["generation"], first["generation"]);
    assert_eq!(service.get(&path)["code"], "invalid-cursor");
    let found = service.get(&format!("{BASE}/records?text=ANOTHER"));
    assert_eq!(contents(&found), ["another line"]);
}

#[test]
fn what_could_not_be_built_is_refused_with_all_its_faults() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]);
    let refused = |body: Value| -> Value {
        let answer = service.client.post(format!("{}/v1/knowledge-bases", service.url)).json(&body).send().unwrap();
        assert!(answer.status().is_client_error(), "{body}");
        answer.json().unwrap()
    };
    let options = json!({"include": ["[a"]});
    let body = refused(json!({"name": "esg", "source": {"type": "path", "path": "absent"}, "options": options}));
    let pointers: Vec<_> = body["errors"].as_array().unwrap().iter().map(|fault| &fault["pointer"]).collect();
    assert_eq!(pointers, ["/source/path", "/options/include/0"], "{body:#}");
    for name in ["", "a/b", "..", ".locks", "a b"] {
        let body = refused(json!({"name": name, "source": {"type": "path", "path": "in"}}));
        assert_eq!((&body["code"], &body["errors"][0]["pointer"]), (&json!("invalid-parameter"), &json!("/name")));
    }
    let body = refused(json!({"name": "esg", "source": {"type": "path", "path": "../.."}}));
    assert_eq!(body["code"], "path-outside-data-root");
    assert_eq!(service.get("/v1/jobs")["items"], json!([]));
}

#[test]
fn a_client_that_hangs_up_in_the_middle_of_a_stream_ends_it() {
    let folder = folder();
    fs::write(folder.path().join("in/long.txt"), "a line of some length, again and again\n".repeat(100_000)).unwrap();
    let built = run(folder.path(), &["kb", "build", "in", "--name", "esg"]);
    assert_eq!(built.status.code(), Some(0), "{}", text(&built.stderr));
    let mut command = textmill(folder.path());
    command.env("TEXTMILL_MAX_CONCURRENT_REQUESTS", "1");
    let service = Service::start_with(command, &[]);
    let mut stream = TcpStream::connect(service.url.trim_start_matches("http://")).unwrap();
    write!(stream, "GET {BASE}/records HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/x-ndjson\r\n\r\n").unwrap();
    stream.read_exact(&mut [0; 1000]).unwrap();
    assert_eq!(service.get(BASE)["code"], "too-many-requests", "one request is still being answered");
    drop(stream);
    wait_until("the stream has ended", || service.get(BASE)["generation"].is_string());
}

/// A Python that has the programs which records are for.
fn python() -> Option<String> {
    match Command::new(repository().join("tests/support/load_records.sh")).output() {
        Ok(output) if output.status.success() => Some(text(&output.stdout).trim().to_owned()),
        Ok(output) => {
            println!("skipped: {}", text(&output.stderr));
            None
        }
        Err(error) => {
            println!("skipped: load_records.sh can't be run: {error}");
            None
        }
    }
}

#[test]
fn records_load_as_they_are_with_haystack_pandas_polars_and_duckdb() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    copy_tree(&repository().join("knowledgebase"), &folder.path().join("in"));
    let built = run(folder.path(), &["kb", "build", "in", "--name", "sample"]);
    // The sample has a line that can't be read.
    assert!(matches!(built.status.code(), Some(0 | 1)), "{}", text(&built.stderr));
    let records = folder.path().join("records.jsonl");
    fs::write(&records, run(folder.path(), &["kb", "cat", "sample"]).stdout).unwrap();
    let count = json(&run(folder.path(), &["kb", "show", "sample", "--json"]))["summary"]["records"].to_string();
    let script = repository().join("tests/support/load_records.py");
    let output = Command::new(python).arg(script).arg(&records).arg(count).output().unwrap();
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    print!("{}", text(&output.stdout));
}

const OLD: &str = "/api/build_knowledgebase?folder_path=in";

fn read(folder: &Path, file: &str) -> String {
    fs::read_to_string(folder.join("output").join(file)).unwrap()
}

#[test]
fn the_old_path_writes_the_old_file_without_overwriting_siblings_and_records_beside_it() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]);
    let url = format!("{}{OLD}", service.url);
    for answer in [service.client.get(&url).send().unwrap(), service.client.post(&url).send().unwrap()] {
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "application/json");
        assert_eq!(answer.headers()["deprecation"], "@1793491200");
        assert_eq!(answer.headers()["link"], "</v1/knowledge-bases>; rel=\"successor-version\"");
        assert_eq!(answer.json::<Value>().unwrap(), json!({"data": "success"}));
        let nested: Value = serde_json::from_str(&read(folder.path(), "knowledge.json")).unwrap();
        let primary = json!({"RECYCLING": ["recycle", "re-use"], "REDUCE": ["reduce"]});
        assert_eq!(nested["DFG"], json!({"Primary": primary, "Secondary": {"REDUCE": ["save"]}}));
        assert_eq!(nested["notes"], json!({"inner": ["below a folder"]}), "a folder keeps its name");
        assert_eq!(nested["notes.txt"], json!(["beside a folder"]), "a file beside it has its whole name");
        assert_eq!(nested["Sätze"]["notes.tsv"], json!(["a list", "of lines"]));
        assert_eq!(nested["Sätze"]["notes.csv"].as_array().unwrap().len(), 2);
        let records = read(folder.path(), "knowledge.jsonl");
        assert_eq!(records.lines().count(), 10);
        for line in records.lines() {
            assert!(serde_json::from_str::<Value>(line).unwrap()["id"].is_string(), "{line}");
        }
        let left: Vec<_> = fs::read_dir(folder.path().join("output")).unwrap().collect();
        assert_eq!(left.len(), 2, "nothing else is left: {left:?}");
    }
}

#[test]
fn the_old_path_does_not_read_what_it_wrote_and_refuses_in_the_old_shape() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]);
    let old = |path: &str| service.client.get(format!("{}/api/build_knowledgebase?folder_path={path}", service.url));
    assert_eq!(old(".").send().unwrap().status(), 200);
    let first = read(folder.path(), "knowledge.json");
    assert_eq!(old(".").send().unwrap().status(), 200);
    assert_eq!(read(folder.path(), "knowledge.json"), first);
    for (path, status) in [("absent", 404), ("..", 403), ("", 400)] {
        let answer = old(path).send().unwrap();
        assert_eq!(answer.status(), status, "{path}");
        let body: Value = answer.json().unwrap();
        assert!(body["error"].as_str().is_some_and(|error| !error.is_empty()), "{body}");
        assert_eq!(body.as_object().unwrap().len(), 1);
    }
    let ahead = old("in").header("sec-purpose", "prefetch").send().unwrap();
    assert_eq!(ahead.status(), 400);
}

#[test]
fn records_are_found_and_their_graph_is_answered_in_every_form() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]);
    build(&service, &request());
    let found = service.get(&format!("{BASE}/search?q=recycled&k=2"));
    assert_eq!((&found["mode"], found["items"].as_array().unwrap().len()), (&json!("text"), 2));
    assert!(found["note"].as_str().unwrap().contains("no index by meaning"), "{found:#}");
    let first = &found["items"][0];
    let (start, end) = (&first["highlights"]["spans"][0]["start"], &first["highlights"]["spans"][0]["end"]);
    assert!(start.as_u64() < end.as_u64(), "{first:#}");
    let below = service.get(&format!("{BASE}/search?q=recycled&mode=text&folder=S%C3%A4tze&filter=format:delimited"));
    assert_eq!(below["items"][0]["record"]["meta"]["file"], "notes.csv");
    assert_eq!(service.get(&format!("{BASE}/search?q=x&mode=meaning"))["code"], "invalid-parameter");
    assert_eq!(service.get(&format!("{BASE}/search"))["code"], "invalid-parameter");
    let graph = service.get(&format!("{BASE}/graph?limit=50"));
    let has = |kind: &str| graph["nodes"].as_array().unwrap().iter().any(|node| node["kind"] == kind);
    assert!(["folder", "file", "record", "concept"].into_iter().all(has), "{graph:#}");
    for (format, media_type, begins) in [
        ("graphml", "application/graphml+xml", "<?xml"),
        ("cypher", "text/plain; charset=utf-8", ""),
        ("neo4j-csv", "application/zip", "PK"),
    ] {
        let answer = service.client.get(format!("{}{BASE}/graph?format={format}", service.url)).send().unwrap();
        assert_eq!((answer.status().as_u16(), &answer.headers()["content-type"]), (200, &media_type.parse().unwrap()));
        let bytes = answer.bytes().unwrap();
        assert!(bytes.len() > 100 && bytes.starts_with(begins.as_bytes()), "{format}: {}", text(&bytes));
    }
}

#[test]
fn a_few_texts_are_annotated_at_once_and_a_table_by_a_job() {
    let folder = folder();
    let service = Service::start(folder.path(), &[]);
    build(&service, &request());
    let post = |body: Value| -> Value {
        let request = service.client.post(format!("{}/v1/annotations", service.url)).json(&body);
        request.header("Prefer", "wait=60").send().unwrap().json().unwrap()
    };
    let answer = post(json!({"knowledge_base": "esg", "texts": ["Größe: we recycled it.", "nothing"]}));
    let mention = &answer["items"][0]["mentions"][0];
    assert_eq!((&mention["concept"], &mention["phrase"]), (&json!("DFG/Primary/RECYCLING"), &json!("recycle")));
    assert_eq!((&mention["start"], &mention["end"], &mention["how"]), (&json!(10), &json!(18), &json!("inflected")));
    assert_eq!(answer["items"][1]["mentions"], json!([]));
    let source = json!({"type": "path", "path": "in/Sätze/notes.csv"});
    let job = post(json!({"knowledge_base": "esg", "source": source, "text_column": "note"}));
    assert_eq!((&job["status"], &job["kind"]), (&json!("succeeded"), &json!("annotation")), "{job:#}");
    assert_eq!((&job["result"]["rows"], &job["result"]["mentions"]), (&json!(2), &json!(2)), "{job:#}");
    let artifacts = service.get(&format!("/v1/jobs/{}/artifacts", job["id"].as_str().unwrap()));
    assert_eq!(artifacts["items"][0]["name"], "notes.csv.annotated.parquet");
    for (body, pointer) in [
        (json!({"knowledge_base": "esg", "texts": []}), "/texts"),
        (json!({"knowledge_base": "esg", "texts": ["a"], "options": {"threshold": 2}}), "/options/threshold"),
        (json!({"knowledge_base": "none", "source": source, "text_column": "note"}), "/knowledge_base"),
        (json!({"knowledge_base": "esg", "source": source}), "/text_column"),
    ] {
        assert_eq!(post(body.clone())["errors"][0]["pointer"], pointer, "{body}");
    }
}

#[test]
fn a_build_by_meaning_keeps_its_vectors_and_is_searched_by_them() {
    let store = crate::embeddings_api::Store::tiny();
    let folder = store.folder();
    fs::create_dir(folder.join("in")).unwrap();
    fs::write(folder.join("in/a.txt"), "a cat sat\na dog ran\na tree\n").unwrap();
    let mut command = store.command();
    command.env("TEXTMILL_EMBEDDINGS_CACHE_DIR", "kept").env("TEXTMILL_EMBEDDINGS_CACHE_BYTES", "100000000");
    let service = Service::start_with(command, &[]);
    build(&service, &json!({"name": "esg", "source": {"type": "path", "path": "in"}, "options": {"meaning": true}}));
    let found = service.get(&format!("{BASE}/search?q=a+cat+sat&mode=meaning"));
    assert_eq!((&found["mode"], &found["items"][0]["record"]["content"]), (&json!("meaning"), &json!("a cat sat")));
    let both = service.get(&format!("{BASE}/search?q=cat"));
    assert_eq!((&both["mode"], &both["note"]), (&json!("hybrid"), &json!(null)));
    assert!(fs::read_dir(folder.join("kept")).unwrap().count() > 0, "vectors are kept");
}
