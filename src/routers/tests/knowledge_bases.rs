use std::collections::BTreeMap;

use super::*;
use crate::core::tabular::format::FormatName;
use crate::operations::knowledge_base::{FileEntry, FileStatus, KnowledgeBaseOptions, Manifest, Meta, Record, Summary};

const BASE: &str = "/v1/knowledge-bases/esg";

fn record(path: &str, row: u64, content: &str) -> Record {
    let mut folders: Vec<_> = path.split('/').map(str::to_owned).collect();
    let file = folders.pop().unwrap();
    let meta = Meta {
        path: path.to_owned(),
        folders,
        file,
        format: FormatName::Delimited,
        sha256: "0".repeat(64),
        sheet: None,
        page: None,
        row: Some(row),
        heading: None,
        chunk: None,
        columns: BTreeMap::new(),
    };
    Record::new(content.to_owned(), meta)
}

/// Builds `esg` out of files and their lines.
fn build(service: &Service, generation: &str, files: &[(&str, &[&str])]) -> Vec<Record> {
    let name = "esg".parse().unwrap();
    let draft = service.knowledge_bases.draft(&name).unwrap();
    let mut writer = draft.records().unwrap();
    let (mut records, mut entries) = (Vec::new(), Vec::new());
    for (path, lines) in files {
        let first_record = records.len() as u64;
        records.extend((1..).zip(*lines).map(|(row, line)| record(path, row, line)));
        entries.push(FileEntry {
            path: (*path).to_owned(),
            status: FileStatus::Read,
            reason: None,
            error: None,
            format: Some(FormatName::Delimited),
            sha256: Some("0".repeat(64)),
            size_bytes: 1,
            records: lines.len() as u64,
            rejected: 0,
            duplicates: 0,
            first_record,
        });
    }
    for record in &records {
        writer.push_lines(format!("{}\n", serde_json::to_string(record).unwrap()).as_bytes()).unwrap();
    }
    let written = writer.finish().unwrap();
    draft.write_files(&entries).unwrap();
    let summary = Summary { files: files.len() as u64, records: written.count, ..Summary::default() };
    let manifest = Manifest {
        name,
        generation: generation.to_owned(),
        textmill: "0.0.0".to_owned(),
        options: KnowledgeBaseOptions::default(),
        settings: String::new(),
        summary,
        fields: Vec::new(),
        sha256: written.sha256,
        size_bytes: written.size_bytes,
    };
    draft.publish(&manifest).unwrap();
    records
}

const FILES: [(&str, &[&str]); 4] = [
    ("DFG/Primary/RECYCLING.tsv", &["recycle", "re-use", "MÜLL"]),
    ("DFG/Primary/WASTE.tsv", &["waste"]),
    ("DFG-old/WASTE.tsv", &["rubbish"]),
    ("top.txt", &["müll again", "end"]),
];

fn contents(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|record| record["content"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_knowledge_base_is_listed_described_and_removed() {
    let service = Service::start().await;
    assert_eq!(service.get("/v1/knowledge-bases").await.json(), json!({"items": [], "next_cursor": null}));
    service.get(BASE).await.problem(404, "not-found");
    build(&service, "g1", &FILES);
    let manifest = service.get(BASE).await.json();
    assert_eq!((&manifest["generation"], &manifest["summary"]["records"]), (&json!("g1"), &json!(7)));
    let list = service.get("/v1/knowledge-bases").await.json();
    assert_eq!((&list["items"][0]["name"], &list["items"][0]["manifest"]), (&json!("esg"), &manifest));
    let draft = service.knowledge_bases.draft(&"esg".parse().unwrap()).unwrap();
    service.call(Method::DELETE, BASE).await.problem(409, "resource-in-use");
    drop(draft);
    assert_eq!(service.call(Method::DELETE, BASE).await.status, StatusCode::NO_CONTENT);
    service.call(Method::DELETE, BASE).await.problem(404, "not-found");
}

#[tokio::test]
async fn a_list_goes_on_behind_its_cursor_and_a_damaged_base_hides_no_other() {
    let service = Service::start().await;
    build(&service, "g1", &FILES);
    for name in ["a", "zoo"] {
        let folder = service.path().join("knowledge-bases").join(name);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("current"), "nothing").unwrap();
    }
    let first = service.get("/v1/knowledge-bases?limit=2").await.json();
    assert_eq!((&first["items"][0]["name"], &first["items"][0]["manifest"]), (&json!("a"), &json!(null)));
    assert_eq!(first["items"][1]["name"], "esg");
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = service.get(&format!("/v1/knowledge-bases?limit=2&cursor={cursor}")).await.json();
    assert_eq!((&second["items"][0]["name"], &second["next_cursor"]), (&json!("zoo"), &json!(null)));
    service.get("/v1/knowledge-bases?cursor=x").await.problem(400, "invalid-cursor");
}

#[tokio::test]
async fn records_come_in_pages_with_filters_that_the_cursor_remembers() {
    let service = Service::start().await;
    let records = build(&service, "g1", &FILES);
    let all = service.get(&format!("{BASE}/records")).await.json();
    assert_eq!(all["items"], serde_json::to_value(&records).unwrap());
    assert_eq!(all["next_cursor"], json!(null));
    let below = service.get(&format!("{BASE}/records?folder=DFG&limit=3")).await.json();
    assert_eq!(contents(&below), ["recycle", "re-use", "MÜLL"]);
    let cursor = below["next_cursor"].as_str().unwrap();
    let next = service.get(&format!("{BASE}/records?folder=DFG&limit=3&cursor={cursor}")).await.json();
    assert_eq!((contents(&next), &next["next_cursor"]), (vec!["waste"], &json!(null)));
    let other = service.get(&format!("{BASE}/records?folder=DFG-old&cursor={cursor}")).await;
    other.problem(400, "invalid-cursor");
    let text = service.get(&format!("{BASE}/records?text=m%C3%BCll")).await.json();
    assert_eq!(contents(&text), ["MÜLL", "müll again"]);
    let file = service.get(&format!("{BASE}/records?path=DFG-old/WASTE.tsv")).await.json();
    assert_eq!(contents(&file), ["rubbish"]);
    service.get(&format!("{BASE}/records?folder=dfg")).await.problem(404, "not-found");
    service.get(&format!("{BASE}/records?folder=")).await.problem(400, "invalid-parameter");
}

#[tokio::test]
async fn a_cursor_ends_with_its_generation() {
    let service = Service::start().await;
    build(&service, "g1", &FILES);
    let page = service.get(&format!("{BASE}/records?limit=1")).await.json();
    build(&service, "g2", &FILES);
    let cursor = page["next_cursor"].as_str().unwrap();
    let problem = service.get(&format!("{BASE}/records?limit=1&cursor={cursor}")).await.problem(400, "invalid-cursor");
    assert!(problem["hint"].as_str().unwrap().contains("begin again without a cursor"), "{problem:#}");
}

#[tokio::test]
async fn the_whole_stream_has_the_lines_as_they_stand_in_the_file() {
    let service = Service::start().await;
    build(&service, "g1", &FILES);
    let stream = async |query: &str| {
        let request = Request::get(format!("{BASE}/records{query}")).header("accept", "application/x-ndjson");
        service.send(request.body(Body::empty()).unwrap()).await
    };
    let all = stream("").await;
    assert_eq!((all.status, all.header("content-type")), (StatusCode::OK, "application/x-ndjson"));
    let file = service.path().join("knowledge-bases/esg/g1/records.jsonl");
    assert_eq!(all.text(), std::fs::read_to_string(file).unwrap());
    let some = stream("?folder=DFG/Primary&text=WASTE").await.text();
    assert_eq!(some.lines().count(), 1);
    assert_eq!(serde_json::from_str::<Value>(&some).unwrap()["content"], "waste");
}

#[tokio::test]
async fn the_tree_tells_how_much_is_in_each_folder() {
    let service = Service::start().await;
    build(&service, "g1", &FILES);
    let root = service.get(&format!("{BASE}/tree?files=true")).await.json();
    assert_eq!((&root["path"], &root["record_count"], &root["file_count"]), (&json!(""), &json!(7), &json!(4)));
    let dfg = json!({"path": "DFG", "name": "DFG", "record_count": 4, "file_count": 2, "folder_count": 1,
        "folders": null, "files": null});
    assert_eq!(root["folders"][0], dfg);
    assert_eq!(root["files"], json!([{"path": "top.txt", "name": "top.txt", "status": "read", "record_count": 2}]));
    let all = service.get(&format!("{BASE}/tree?folder=DFG/&depth=9&files=true")).await.json();
    assert_eq!(all["folders"][0]["path"], "DFG/Primary");
    assert_eq!(all["folders"][0]["files"][1]["path"], "DFG/Primary/WASTE.tsv");
    service.get(&format!("{BASE}/tree?folder=nowhere")).await.problem(404, "not-found");
}
