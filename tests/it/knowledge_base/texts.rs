//! Long texts in pieces, tidied, and told apart from those that are there already.

use std::fmt::Write as _;
use std::fs;

use super::{HOME, built, bytes, contents, entries, folder_with, generation, records, write};
use crate::embeddings_api::Store;
use crate::support::text;

fn page(body: &str) -> String {
    format!("<html><head><title>T</title></head><body><h1>Glass</h1><p>{body}</p></body></html>")
}

#[test]
fn documents_are_parted_between_sentences_and_rows_are_not() {
    let long = "Glass is sorted by colour. It is melted, e.g. at night. ".repeat(60);
    let table = format!("id,text\n1,\"{long}\"\n");
    let folder = folder_with(&[("page.html", &page(&long)), ("rows.csv", &table)]);
    built(folder.path(), &[]);
    let of = |file: &str| -> Vec<_> {
        records(folder.path()).into_iter().filter(|record| record["meta"]["file"] == file).collect()
    };
    let pieces = of("page.html");
    let parted: Vec<_> = pieces.iter().filter(|record| record["meta"]["heading"] == "Glass").collect();
    assert!(parted.len() >= 3, "{pieces:#?}");
    for (piece, number) in parted.iter().zip(1..) {
        let content = piece["content"].as_str().unwrap();
        assert!(content.ends_with("colour.") || content.ends_with("night."), "{content}");
        assert_eq!(piece["meta"]["chunk"], number);
    }
    let rows = of("rows.csv");
    assert_eq!((rows.len(), &rows[0]["meta"]["chunk"]), (1, &serde_json::Value::Null));

    built(folder.path(), &["--chunk-by", "sentence", "--chunk-size", "3", "--chunk-overlap", "1"]);
    let rows = of("rows.csv");
    assert_eq!(rows.len(), 60, "three sentences each, one of them again");
    assert_eq!(rows[1]["meta"]["columns"], serde_json::json!({}), "the text is not repeated in each piece");
    assert!(rows.iter().all(|row| row["meta"]["row"] == 2));
}

#[test]
fn tokens_of_a_model_are_counted() {
    let store = Store::tiny();
    let folder = store.command().get_current_dir().unwrap().to_owned();
    fs::create_dir_all(folder.join("in")).unwrap();
    fs::write(folder.join("in/a.txt"), "the old house. the old tree. the cat sat.\n").unwrap();
    let build = ["kb", "build", "in", "--name", "kb", "--chunk-by", "token", "--chunk-size", "8"];
    let output = store.command().args(build).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(contents(&folder), ["the old house. the old tree.", "the cat sat."]);
    let manifest: serde_json::Value = serde_json::from_slice(&bytes(&folder)["manifest.json"]).unwrap();
    assert_eq!(manifest["options"]["chunk_model"], "tiny");
    let output = store.command().args(build).args(["--meaning"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(generation(&folder).join("vectors").is_dir() && generation(&folder).join("text").is_dir());
}

/// A PDF of pages with these lines, from top to bottom.
fn pdf(pages: &[Vec<String>]) -> Vec<u8> {
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        String::new(),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    let mut kids = Vec::new();
    for lines in pages {
        let mut shown = String::new();
        for line in lines {
            writeln!(shown, "({line}) Tj 0 -40 Td").unwrap();
        }
        let text = format!("BT /F1 12 Tf 72 720 Td\n{shown}ET");
        objects.push(format!("<< /Length {} >>\nstream\n{text}\nendstream", text.len()));
        let content = objects.len();
        let resources = "/Resources << /Font << /F1 3 0 R >> >>";
        objects.push(format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] {resources} /Contents {content} 0 R >>"
        ));
        kids.push(format!("{} 0 R", objects.len()));
    }
    objects[1] = format!("<< /Type /Pages /Kids [{}] /Count {} >>", kids.join(" "), kids.len());
    let mut file = String::from("%PDF-1.4\n");
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for (object, number) in objects.iter().zip(1..) {
        writeln!(table, "{:010} 00000 n ", file.len()).unwrap();
        writeln!(file, "{number} 0 obj\n{object}\nendobj").unwrap();
    }
    let begin = file.len();
    let trailer = format!("trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{begin}\n%%EOF\n", objects.len() + 1);
    (file + &table + &trailer).into_bytes()
}

#[test]
fn headers_and_footers_of_a_pdf_are_left_out_if_that_is_wished() {
    let folder = folder_with(&[("a.txt", "  two   blanks \n")]);
    let words = ["Paper", "Glass", "Metal", "Wood"];
    let page = |(number, word): (usize, &&str)| {
        let body = [format!("{word} is sorted."), format!("{word} is melted.")];
        [&["Annual report".to_owned()], &body[..], &[format!("Page {number} of 4")]].concat()
    };
    let pages: Vec<_> = words.iter().enumerate().map(|(number, word)| page((number + 1, word))).collect();
    write(folder.path(), "report.pdf", pdf(&pages));
    built(folder.path(), &[]);
    let first = contents(folder.path())[1].clone();
    assert!(first.contains("Annual report") && first.contains("Page 1 of 4"), "{first}");
    built(folder.path(), &["--clean", "white_space,empty_lines,repeated_lines"]);
    let wanted = words.map(|word| format!("{word} is sorted.\n{word} is melted."));
    assert_eq!(contents(folder.path())[1..], wanted);
    assert_eq!(contents(folder.path())[0], "two blanks");
    let numbers: Vec<_> = records(folder.path())[1..].iter().map(|record| record["meta"]["page"].as_u64()).collect();
    assert_eq!(numbers, [1, 2, 3, 4].map(Some));
}

#[test]
fn repeated_contents_are_counted_or_left_out_and_come_back_when_the_first_is_gone() {
    let folder =
        folder_with(&[("a.txt", "Waste paper\nglass\n"), ("b.txt", "waste  PAPER\nwood\n"), ("c.txt", "glass\n")]);
    let outcome = built(folder.path(), &[]);
    assert_eq!((&outcome["summary"]["records"], &outcome["summary"]["duplicates"]), (&5.into(), &2.into()));
    assert_eq!(entries(folder.path())["c.txt"]["duplicates"], 1);

    let outcome = built(folder.path(), &["--dedupe", "drop"]);
    assert_eq!((&outcome["summary"]["records"], &outcome["summary"]["duplicates"]), (&3.into(), &2.into()));
    assert_eq!(contents(folder.path()), ["Waste paper", "glass", "wood"]);
    let entries = entries(folder.path());
    assert_eq!((&entries["b.txt"]["records"], &entries["b.txt"]["first_record"]), (&1.into(), &2.into()));
    assert_eq!(entries["c.txt"]["records"], 0);

    fs::remove_file(folder.path().join("in/a.txt")).unwrap();
    built(folder.path(), &["--dedupe", "drop"]);
    assert_eq!(contents(folder.path()), ["waste  PAPER", "wood", "glass"]);
    let left: Vec<_> = fs::read_dir(folder.path().join(HOME)).unwrap().collect();
    assert_eq!(left.len(), 2);
}

#[test]
fn fields_are_counted_without_what_was_left_out() {
    let mut table = String::from("id,text\n");
    (0..5).for_each(|row| writeln!(table, "7,{}", ["same", "other"][row % 2]).unwrap());
    let folder = folder_with(&[("a.csv", &table)]);
    built(folder.path(), &["--dedupe", "drop"]);
    let manifest: serde_json::Value = serde_json::from_slice(&bytes(folder.path())["manifest.json"]).unwrap();
    assert_eq!(manifest["fields"], serde_json::json!([{"name": "id", "records": 2}, {"name": "text", "records": 2}]));
}
